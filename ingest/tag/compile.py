"""Compile the readable sources in `data/` into one file: `python -m ingest.tag.compile`."""

from __future__ import annotations

import json
import sys
from collections.abc import Container

from ingest.tag.build import Builder
from ingest.tag.compile_people import add_leaders
from ingest.tag.compile_places import (
    add_cities,
    add_countries,
    add_curated_places,
    add_genitives,
    add_town_names,
    capitals_of,
    towns_by_name,
)
from ingest.tag.compile_titles import add_titles
from ingest.tag.formtable import FormTable, packed_words
from ingest.tag.gazetteer import COMPILED, Compiled, Country, first_names
from ingest.tag.heard import sounds_of
from ingest.tag.packed import packed, unpacked
from ingest.tag.refresh import refresh
from ingest.tag.sources import rows, sources_hash


def compile_gazetteer() -> bytes:
    """The compiled gazetteer as bytes."""
    build = Builder()
    cities = [row[:7] for row in rows("cities.tsv")]
    by_name = towns_by_name(cities)
    add_leaders(build)
    build.given = first_names(build.entities)
    add_countries(build)
    taken = add_curated_places(build, by_name)
    add_cities(build, cities, taken)
    add_titles(build)
    add_town_names(build)
    add_genitives(build)
    if unknown := build.spellings.keys() - build.spelled:
        raise SystemExit(
            f"spellings.tsv names what no other file has: {', '.join(sorted(unknown))}"
        )
    capitals = capitals_of(build)
    digest = sources_hash()
    compiled = Compiled(
        version="1." + digest[:12],
        sources=digest,
        entities=tuple(build.entities),
        countries=tuple(
            Country(c.code, c.leader_office, capitals[c.code]) for c in build.countries
        ),
        titles=tuple(build.titles),
        epithets=tuple(build.epithets),
        forms=FormTable(*packed_words({f: tuple(t) for f, t in sorted(build.forms.items())})),
        sounds=sounds_of(enumerate(build.entities)),
        redirects=_checked(build.redirects, build.row_by_id),
    )
    return packed(compiled)


def _checked(redirects: dict[str, str], known: Container[str]) -> dict[str, str]:
    """Former ids, each to one that is there."""
    for former, now in redirects.items():
        if former in known or now not in known:
            raise SystemExit(f"redirects.tsv: {former} is there still, or {now} is not")
    return redirects


def main() -> int:
    """Write the compiled file; `--refresh` first takes CLDR and GeoNames anew."""
    if "--refresh" in sys.argv:
        refresh()
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
