"""Compile the places: states and their adjectives, curated places, towns of GeoNames."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from ingest.tag.aliases import SOVIET, made_in
from ingest.tag.build import Builder, case_rule, forms_in_texts, script_language, slug
from ingest.tag.fold import fold
from ingest.tag.gazetteer import (
    ADJECTIVE,
    ALL_CAPS,
    ANY_CASE,
    CAPITAL,
    CURATED,
    PLACE,
    SURNAME,
    Country,
    Entity,
    unpack,
)
from ingest.tag.inflect import inflect, inflect_adjective
from ingest.tag.sources import LABELLED_POPULATION, LANGS, rows, split_names
from ingest.tag.translit import LATIN_LANGS, to_belarusian, to_ukrainian

# Smaller towns are more often a word than a place in the news; GeoNames has none here.
MIN_POPULATION = 15_000
# The English names of towns below this get no endings: their forms would be a third of the file.
INFLECTED_POPULATION = 100_000
# Towns below this whose name is short, or ends like a family name or an adjective: a word too often.
_SURELY_TOWNS = 100_000
_LIKE_A_WORD = re.compile(r"[^ -]{1,4}|[^ -]+(?:[оеё]в|[иы]н|[оеи]ва|ина)")
_LIKE_AN_ADJECTIVE = re.compile(r"[^ -]+(?:[иы]й|ой|[ое]е|[ая]я|[ыи]е|sk[iy])")
_GREAT = 100_000  # towns as great lose no name to an ending of another's
# Towns as great keep a name that is a form of a leader's family name too.
_KEEPS_ITS_NAME = 300_000
_SHORT = 4  # letters: a spelling made by rule that nobody has confirmed is longer
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
            # «Мьянма (Бирма)» explains; nobody writes it
            names.setdefault(lang, []).extend(n for n in found if not n.endswith(")"))
        for lang, spelled in [*split_names(cells[4], ";"), *build.more_spellings(label)]:
            names.setdefault(lang, []).append(spelled)
        build.countries.append(Country(code, cells[2] or "pres", cells[3]))
        entity_id = f"place:{slug(label)}-{code.lower()}"
        is_elsewhere = (label, code) in curated_places or entity_id in build.redirects
        if code not in ("EU", "UN", "NATO") and not is_elsewhere:
            add_place(build, entity_id, "country", label, code, names)
        add_adjectives(build, len(build.countries) - 1, cells[5:])


def capitals_of(build: Builder) -> dict[str, str]:
    """ISO code -> id of the capital, or "".

    It lies in its own state; that of a state that is no more, or that few recognise, in another.
    """
    named: dict[str, list[Entity]] = {}
    for entity in build.entities:
        if entity.kind != "leader":
            named.setdefault(entity.name, []).append(entity)
    found = {}
    for state in build.countries:
        towns = named.get(state.capital, [])
        if state.capital and not towns:
            raise SystemExit(f"countries.tsv: no file has {state.capital}, capital of {state.code}")
        likeliest = max(
            towns,
            key=lambda e: (e.country == state.code, e.kind == "city", e.weight),
            default=None,
        )
        found[state.code] = likeliest.id if likeliest else ""
    return found


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
) -> int:
    """Add one place and the forms of all its names; returns its row."""
    kept = {lang: tuple(dict.fromkeys(found)) for lang, found in names.items() if found}
    ref = build.add_entity(
        Entity(
            id=entity_id,
            kind=kind,
            name=label,
            country=country,
            qid=build.qids.get(entity_id),
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
    return ref


def add_curated_places(
    build: Builder, towns: dict[tuple[str, str], list[str]]
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
        found = _town(towns, names, country) if kind == "city" else None
        if kind == "region" and (same := towns.get((_letters(label), country))):
            build.towns.append((len(build.entities), int(same[4]), same[6]))
        where = (float(found[2]), float(found[3]), int(found[4])) if found else (None, None, None)
        weight = max(int(found[5]) if found else 0, CURATED)
        suffix = country.lower() or "xx"
        ref = add_place(
            build,
            f"place:{slug(label)}-{suffix}",
            kind,
            label,
            country,
            names,
            where=where,
            weight=weight,
        )
        if kind == "city":
            build.towns.append(
                (ref, int(found[4]), f"en:{found[0]};{found[6]}") if found else (ref, 0, "")
            )
            if found:
                taken.add((fold(found[0]), country))
        taken.add((fold(label), country))
        taken.update((fold(n), country) for found_names in names.values() for n in found_names)
    return taken


def add_cities(build: Builder, cities: Iterable[list[str]], taken: set[tuple[str, str]]) -> None:
    """Add the towns of GeoNames that nobody curated, but one whose id leads to what it is: Singapore."""
    for name, country, lat, lon, geonames, population, others in cities:
        if (fold(name), country) in taken or int(population) < MIN_POPULATION:
            continue
        if int(population) < LABELLED_POPULATION and not _is_name_of_its_own(
            build, name, int(geonames)
        ):
            continue
        taken.add((fold(name), country))
        entity_id = f"place:{slug(name)}-{country.lower()}"
        if entity_id in build.row_by_id:
            entity_id = f"{entity_id}-{geonames}"
        if entity_id in build.redirects:
            continue
        ref = add_place(
            build, entity_id, "city", name, country, {"en": [name]},
            where=(float(lat), float(lon), int(geonames)), weight=int(population),
        )  # fmt: skip
        build.towns.append((ref, int(geonames), others))


def _letters(name: str) -> str:
    """A name without marks: "Ta'if" is "Taif"."""
    return "".join(filter(str.isalpha, fold(name)))


def towns_by_name(cities: Iterable[list[str]]) -> dict[tuple[str, str], list[str]]:
    """(letters of a label, of an English or of a Russian name; country) -> row of the greatest such town."""
    towns: dict[tuple[str, str], list[str]] = {}
    others: dict[tuple[str, str], list[str]] = {}
    for row in cities:
        towns.setdefault((_letters(row[0]), row[1]), row)
        for lang, name in split_names(row[6], ";"):
            if lang in ("en", "ru"):
                others.setdefault((_letters(name), row[1]), row)
    return {**others, **towns}


def _town(
    towns: dict[tuple[str, str], list[str]], names: dict[str, list[str]], country: str
) -> list[str] | None:
    """The row of GeoNames for a curated city, by its label or another of its names."""
    for name in (*names["en"], *names.get("", ()), *names.get("ru", ())):
        if row := towns.get((_letters(name), country)):
            return row
    return None


def add_town_names(build: Builder) -> None:
    """Add what CLDR and GeoNames call the towns in other languages, where it means nothing better known.

    All names that the other sources give stand before: of two places of one name the one that bears
    it in those sources has it, or the greater.
    """
    of_cldr: dict[int, list[tuple[str, str]]] = {}
    for row in rows("cldr_cities.tsv"):
        of_cldr.setdefault(int(row[0]), []).append((row[1], row[2]))
    kept: list[tuple[int, str, str, frozenset[str]]] = []
    for ref, geonames, cell in build.towns:
        town = build.entities[ref]
        sure = dict.fromkeys(of_cldr.get(geonames, ()))
        given = [pair for pair in split_names(cell, ";") if pair not in sure]
        unsure = [(lang, name) for lang, name in given if not _is_like_a_word(name, town)]
        if any(_is_of_the_land(build, name, ref) for lang, name in unsure if lang == "ru"):
            unsure = []  # Чеджу is the island: the town on it has a name of its own or none
        words = build.town_words.get(geonames, frozenset())
        known = {lang: list(found) for lang, found in town.names.items()}
        for lang, name in dict.fromkeys((*sure, *unsure, *_made(town, unsure))):
            is_sure = (lang, name) in sure
            if _is_free(build, name, ref, sure=is_sure) and (is_sure or fold(name) not in words):
                known.setdefault(lang, []).append(name)
                kept.append((ref, lang, name, words))
        names = {lang: tuple(dict.fromkeys(found)) for lang, found in known.items()}
        build.entities[ref] = msgspec.structs.replace(town, names=names)
    # all names before any of their endings: Nakuru is no case of Naqoura («Накура», «Накуру»)
    for ref, _lang, name, _words in kept:
        build.add_form(name, ref, PLACE, case_rule(name))
    for ref, lang, name, likelier in kept:
        for form in inflect(name, lang)[1:] if case_rule(name) != ALL_CAPS else ():
            if fold(form) not in likelier and _is_free(build, form, ref, is_name=False):
                build.add_form(form, ref, PLACE, CAPITAL)


def _is_like_a_word(name: str, town: Entity) -> bool:
    if town.weight >= CURATED:
        return False
    if town.country == "RU" and _LIKE_AN_ADJECTIVE.fullmatch(name):
        return True
    return town.weight < _SURELY_TOWNS and _LIKE_A_WORD.fullmatch(name) is not None


def _is_of_the_land(build: Builder, name: str, ref: int) -> bool:
    """Whether a town's name is that of a region or state it lies in."""
    town = build.entities[ref]
    named = [build.entities[row] for row in _places(build, name)]
    return any(e.kind != "city" and e.country == town.country for e in named)


def _places(build: Builder, name: str) -> list[int]:
    targets = map(unpack, build.forms.get(forms_in_texts(name)[0], ()))
    return [row for row, kind, _case in targets if kind == PLACE]


def _made(town: Entity, names: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Latin spellings by rule, for a town of which is written in Russian, or Ukrainian."""
    if town.country not in SOVIET:
        return []
    given = {
        lang: (*town.names.get(lang, ()), *(n for own, n in names if own == lang))
        for lang in ("ru", "uk")
    }
    return [
        (lang, name)
        for lang in LATIN_LANGS
        for name in made_in(lang, town.country, given)
        if len(name) > _SHORT
    ]


def _is_name_of_its_own(build: Builder, name: str, geonames: int) -> bool:
    """Whether a small town's name is no word and no person's."""
    form = forms_in_texts(name)[0]
    kinds = {unpack(target)[1] for target in build.forms.get(form, ())}
    words = build.town_words.get(geonames, ())
    return form not in words and form not in build.given and kinds <= {PLACE}


def _is_free(
    build: Builder, name: str, ref: int, *, sure: bool = False, is_name: bool = True
) -> bool:
    """Whether a name means no one else: no person, no state, no place as great or greater.

    Args:
        sure: the name is beyond doubt; only curated places stand before it.
        is_name: not an ending of it, which yields to a great town's own name.
    """
    town = build.entities[ref]
    if not sure and fold(name) in build.given:
        return False
    for row, kind, _case in map(unpack, build.forms.get(forms_in_texts(name)[0], ())):
        if kind == SURNAME and is_name and (sure or town.weight >= _KEEPS_ITS_NAME):
            continue
        if kind != PLACE:
            return False
        other = build.entities[row]
        most = CURATED if sure else town.weight if is_name else _GREAT
        if row != ref and (other.kind != "city" or other.weight >= most):
            return False
    return True


def add_genitives(build: Builder) -> None:
    """Add the German genitive of place names of no given language ("Moskaus"), where it is no one else's."""
    for name, ref in build.german:
        for form in inflect(name, "de")[1:]:
            if _is_free(build, form, ref):
                build.add_form(form, ref, PLACE, CAPITAL)
