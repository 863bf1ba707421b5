"""Compile the people: full names, names that may stand alone, spellings in nine languages."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.tag.build import Builder, case_rule, leader_id, surname_of
from ingest.tag.gazetteer import LEADER, SURNAME, Entity, Office
from ingest.tag.sources import read_offices, rows, split_names
from ingest.tag.translit import LATIN_LANGS, to_belarusian, to_latin, to_ukrainian


def add_leaders(build: Builder) -> None:
    """Add everybody of leaders.tsv with offices."""
    offices = read_offices()
    for source in ("leaders.tsv", "leaders_more.tsv"):
        for label, country, russian, others, *_ in rows(source):
            held = offices.pop(label, [])
            # a person of the second file is named whole before the family name alone counts, unless in office
            weight = int(source == "leaders.tsv")
            add_leader(build, label, country, russian, others, held, weight)
    if offices:
        raise SystemExit(f"offices.tsv names people that leaders.tsv lacks: {', '.join(offices)}")


# Whose names newspapers carry over from the Cyrillic spelling, by rule.
_CYRILLIC_COUNTRIES = frozenset({"RU", "UA", "BY", "SU", "KZ", "KG", "TJ", "TM", "UZ", "AM", "AZ", "BG"})  # fmt: skip


# Whose names Polish, Turkish and German spell by sound: the family name, from the Cyrillic one.
_EASTERN_COUNTRIES = frozenset(
    {"GE", "IL", "SY", "IQ", "LB", "EG", "LY", "SA", "YE", "AE", "JO", "PS", "SD", "AF", "PK", "IR", "GR", "CY", "MN", "AL", "XK", "MK", "RS", "BA"}
)  # fmt: skip


def _carried(
    country: str, names: dict[str, list[str]], short: dict[str, list[str]]
) -> Iterator[tuple[str, str]]:
    """(language, spelling) of a name of the east in Latin letters; `~` marks a family name."""
    if country in _EASTERN_COUNTRIES:
        for lang in ("pl", "tr", "de"):
            for spelled in short.get("ru", [])[:1]:
                made = to_latin(spelled, lang, breathed=True)
                if len(made) > 4 and "-" not in made:
                    yield lang, "~" + made
        return
    if country not in _CYRILLIC_COUNTRIES:
        return
    source = "uk" if country == "UA" else "ru"
    for lang in LATIN_LANGS:
        for table, mark in ((names, ""), (short, "~")):
            for spelled in table.get(source, [])[:1]:
                yield lang, mark + to_latin(spelled, lang)


_PATRONYMIC = ("евич", "ович", "евна", "овна", "йович", "івна", "авіч", "евіч", "еўна", "аўна")


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
                and (not last.endswith(_PATRONYMIC) or plain_ru.endswith(_PATRONYMIC))
            ):
                short.setdefault(lang, []).append(last)
    entity = Entity(
        id=leader_id(label),
        kind="leader",
        name=label,
        country=country,
        qid=build.qids.get(leader_id(label)),
        names={lang: tuple(dict.fromkeys(found)) for lang, found in names.items()},
        offices=tuple(offices),
        weight=weight,
    )
    ref = build.add_entity(entity)
    for table, kind in ((names, LEADER), (short, SURNAME)):
        for lang, found in table.items():
            for spelled in dict.fromkeys(found):
                # a Latin name takes Polish and German endings
                for written in ("pl", "de") if lang in ("", "en") else (lang,):
                    if kind == LEADER and _stands_alone(spelled, written, short):
                        build.add_form(spelled, ref, kind, case_rule(spelled))
                    else:
                        build.add_name(spelled, written, ref, kind)


def _stands_alone(name: str, lang: str, short: dict[str, list[str]]) -> bool:
    """Whether the family name is listed too: its endings, behind a given name, find the whole."""
    given, _, family = name.rpartition(" ")
    wanted = ("", "en") if lang in ("pl", "de") else ()
    return bool(given) and any(family in short.get(one, ()) for one in (lang, *wanted))
