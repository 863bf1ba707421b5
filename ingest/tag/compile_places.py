"""Compile the places: states and their adjectives, curated places, towns of GeoNames."""

from __future__ import annotations

from collections.abc import Iterable

from ingest.tag.build import Builder, script_language, slug
from ingest.tag.fold import fold
from ingest.tag.gazetteer import (
    ADJECTIVE,
    ALL_CAPS,
    ANY_CASE,
    CAPITAL,
    CURATED,
    PLACE,
    Country,
    Entity,
)
from ingest.tag.inflect import inflect, inflect_adjective
from ingest.tag.sources import LANGS, rows, split_names
from ingest.tag.translit import to_belarusian, to_ukrainian

# Towns below this are more often a word than a place in the news.
MIN_POPULATION = 30_000
# Towns below this get no endings: their forms would be a third of the file.
INFLECTED_POPULATION = 300_000
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
