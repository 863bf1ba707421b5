"""What public sources say of Wikidata ids; read by qids.py, which names their files."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import yaml

from ingest.tag.fold import fold

NOWHERE = 999.0
Point = tuple[str, str, list[str], str, float, float, str, int]
QUOTED = r'("(?:[^"\\]|\\.)*")'


def points(folder: Path) -> Iterator[Point]:
    """Source, kind, names, country, latitude, longitude, Wikidata id, GeoNames id."""
    for path in folder.glob("naturalearth/*.json"):
        for feature in json.loads(path.read_text("utf-8"))["features"]:
            row = {key.lower(): value for key, value in feature["properties"].items()}
            names = [row["name"], *(row["namealt"] or "").split("|"), row["nameascii"] or ""]
            at = float(row["latitude"]), float(row["longitude"])
            yield "naturalearth", "city", names, row["iso_a2"], *at, row["wikidataid"], int(row["geonameid"] or 0)  # fmt: skip
    for path in folder.glob("csc/*.json"):
        for row in json.loads(path.read_text("utf-8")):
            kind, code = (
                ("country", row["iso2"]) if "iso2" in row else ("city", row["country_code"])
            )
            at = float(row["latitude"] or NOWHERE), float(row["longitude"] or NOWHERE)
            yield "csc", kind, [row["name"]], code, *at, row.get("wikiDataId") or "", 0
    for path in folder.glob("csc/states.sqlite3"):
        for name, code, qid in sqlite3.connect(path).execute("select name, country_code, wikiDataId from states"):  # fmt: skip
            yield "csc", "region", [name], code, NOWHERE, NOWHERE, qid or "", 0
    try:
        from rigour.territories import get_territories
    except ImportError:
        return
    for place in get_territories():
        kind = "region" if "-" in place.code else "country"
        yield "territories", kind, [place.name], place.code[:2].upper(), NOWHERE, NOWHERE, place.qid, 0  # fmt: skip


def named(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Source, name in a text or a list, Wikidata id."""
    for path in folder.glob("nerel/**/*.ann"):
        text = path.read_text("utf-8")
        surfaces = dict(re.findall(r"^(T\d+)\t\S+ [\d ;]+\t(.+)", text, re.MULTILINE))
        for mention, qid, label in re.findall(r"Reference (T\d+) Wikidata:(Q\d+)\t(.+)", text):
            words = label.split()
            short = f"{words[0]} {words[-1]}" if len(words) == 3 else ""  # no patronymic
            yield from (
                ("nerel", n, qid) for n in {surfaces.get(mention, ""), label.strip(), short}
            )
    for path in folder.glob("rubq/*.json"):
        for question in json.loads(path.read_text("utf-8")):
            answers = [a for a in question["answers"] if a["type"] == "uri"]
            only = question["answer_text"] if len(answers) == 1 else ""
            yield from (("rubq", a.get("label") or only or "", a["value"].rpartition("/")[2]) for a in answers)  # fmt: skip
    pairs = (("officeholder", "officeholderLabel"), ("personID", "person"), ("person", "name"), ("id", "name"))  # fmt: skip
    for path in folder.glob("leaders/*.csv"):
        for row in csv.DictReader(path.open(encoding="utf-8")):
            yield from (("everypolitician", row.get(name) or "", row[key]) for key, name in pairs if re.fullmatch(r"Q\d+", row.get(key) or ""))  # fmt: skip
    for path in folder.glob("congress/*.yaml"):
        for person in yaml.load(path.read_text("utf-8"), yaml.CSafeLoader):
            name = person["name"]
            for first in {name["first"], name.get("nickname") or name["first"]}:
                yield "congress", f"{first} {name['last']}", person["id"].get("wikidata", "")


def labels(folder: Path) -> dict[str, set[str]]:
    """Wikidata id -> its folded Wikidata labels."""
    found: dict[str, set[str]] = defaultdict(set)
    shapes = {"elevant/*.jsonl": r'"entity_id": "(Q\d+)", "name": ', "wdcities/*.ts": r'entity/(Q\d+)",\s+"cityLabel": '}  # fmt: skip
    for pattern, shape in shapes.items():
        for path in folder.glob(pattern):
            for qid, name in re.findall(shape + QUOTED, path.read_text("utf-8")):
                found[qid].add(fold(json.loads(name)))
    return found
