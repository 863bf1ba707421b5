"""Wikidata ids of the gazetteer against public sources (docs/tagging.md, "Wikidata ids").

    python benchmarks/qids.py FOLDER [LIST]

FOLDER holds, each optional: naturalearth/*.json (ne_10m_populated_places as GeoJSON), csc/*.json and
csc/states.sqlite3 (countries-states-cities-database), elevant/*.jsonl (its benchmarks and cases),
wdcities/*.ts (a Wikidata query over towns, tinySearch), nerel/**/*.ann, rubq/*.json, leaders/*.csv
(every-politician), congress/*.yaml; `rigour` is asked if it is installed. LIST is a table whose first
column is entity ids; without one, every entity that a source knows. Prints a row each: id, label, kind,
the Wikidata id that two sources agree on or "none", who says so, who says otherwise.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path

from qid_sources import NOWHERE, labels, named, points

from ingest.tag.fold import fold
from ingest.tag.gazetteer import Entity, Gazetteer

NEAR = 0.6  # degrees between a town of ours and its namesake in a source
SAME = {"HK": "CN"}  # their country -> ours


def names_of(entity: Entity) -> set[str]:
    return {fold(n) for found in entity.names.values() for n in found} | {fold(entity.name)}


def collect(folder: Path, gazetteer: Gazetteer) -> dict[str, dict[str, str]]:
    """Entity id -> source -> Wikidata id."""
    votes: dict[str, dict[str, str]] = defaultdict(dict)
    nearest: dict[tuple[str, str], float] = {}
    by_name: dict[tuple[str, str, str], list[Entity]] = defaultdict(list)
    for entity in gazetteer.compiled.entities:
        for name in names_of(entity):
            by_name[name, entity.country, entity.kind].append(entity)
    by_geonames = {e.geonames: e for e in gazetteer.compiled.entities if e.geonames}
    for source, kind, names, code, lat, lon, qid, geonames in points(folder):
        found = [by_geonames[geonames]] if geonames in by_geonames else []
        for name in filter(None, names):
            for ours in ("country", "region") if kind == "country" else (kind,):
                found += by_name[fold(name), SAME.get(code, code), ours]
        for entity in found if qid else ():
            away = NEAR  # where the place of either is not known
            if geonames and geonames == entity.geonames:
                away = 0.0
            elif entity.lat is not None and entity.lon is not None and lat != NOWHERE:
                away = abs(entity.lat - lat) + abs(entity.lon - lon)
            if away <= NEAR and away < nearest.get((entity.id, source), NOWHERE):
                nearest[entity.id, source] = away
                votes[entity.id][source] = qid
    heard: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for source, name, qid in named(folder):
        one_word = source in ("nerel", "rubq") and " " not in name
        ids = gazetteer.resolve("venue" if one_word else "any", name) if qid and name else ()
        if ids and not (len(ids) > 1 and ids[1].startswith("leader:")):
            heard[ids[0], source][qid] += 1
    for (entity_id, source), counts in heard.items():
        votes[entity_id][source] = counts.most_common(1)[0][0]
    return votes


def main() -> None:
    folder, gazetteer = Path(sys.argv[1]), Gazetteer.load()
    votes, called = collect(folder, gazetteer), labels(folder)
    listed = Path(sys.argv[2]).read_text("utf-8").splitlines() if sys.argv[2:] else []
    wanted = [line.split("\t")[0] for line in listed]
    for entity in map(gazetteer.entity, wanted or [e.id for e in gazetteer.compiled.entities]):
        if entity is None:
            continue
        said = votes.get(entity.id, {})
        candidates = {*said.values(), *([entity.qid] if entity.qid else [])}
        exact = {q for q in candidates if fold(entity.name) in called.get(q, ())}
        alike = exact or {q for q in candidates if called.get(q, set()) & names_of(entity)}
        if len(alike) == 1:
            said["labels"] = alike.pop()
        if not said and not wanted:
            continue
        ranked = [*Counter(said.values()).most_common(2), ("", 0), ("", 0)]
        (first, most), (_, next_most) = ranked[:2]
        yes = sorted(source for source, qid in said.items() if qid == first)
        # csc often has a town's district, which bears its name
        twins = entity.kind == "city" and yes == ["csc", "labels"]
        agreed = first if most >= 2 and most > next_most and not twins else "none"
        no = sorted(f"{source}:{qid}" for source, qid in said.items() if qid != agreed)
        print(entity.id, entity.name, entity.kind, agreed, ",".join(yes) if agreed != "none" else "", ",".join(no), sep="\t")  # fmt: skip


if __name__ == "__main__":
    main()
