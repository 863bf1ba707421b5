"""False venues in news that is not about talks: a table and a JSON line.

python benchmarks/plain.py    # tests/data/plain/apart.jsonl, which nothing learned from
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ingest.model import VENUE_ROLES
from ingest.tag import Gazetteer, Tagger
from ingest.tag.evaluate import tag_article
from ingest.tag.reader import Reader
from ingest.tag.roles import RoleModel

APART = Path(__file__).parent.parent / "tests" / "data" / "plain" / "apart.jsonl"


def venues(article: dict[str, Any]) -> set[tuple[int, int, str]]:
    """Start, end and role of each venue of a labelled or tagged article."""
    return {
        (m["start"], m["end"], m["role"])
        for m in article["mentions"]
        if m.get("role") in VENUE_ROLES
    }


def count(tagger: Tagger, articles: list[dict[str, Any]]) -> dict[str, int]:
    """Venues labelled, said and right, and articles in which one is wrong."""
    pairs = [(venues(a), venues(tag_article(tagger, a))) for a in articles]
    return {
        "articles": len(pairs),
        "labelled": sum(len(gold) for gold, _said in pairs),
        "said": sum(len(said) for _gold, said in pairs),
        "right": sum(len(gold & said) for gold, said in pairs),
        "articles_with_a_false_one": sum(bool(said - gold) for gold, said in pairs),
    }


def main() -> None:
    articles = [json.loads(line) for line in APART.read_text(encoding="utf-8").splitlines()]
    gazetteer, model = Gazetteer.load(), RoleModel.load()
    found = {"words": count(Tagger(gazetteer, model), articles)}
    reader = Reader.load()
    if reader is not None:
        found["with the reader"] = count(Tagger(gazetteer, model, reader), articles)
    names = list(found["words"])
    print(f"{'':<18}" + "".join(f"{name.replace('_', ' '):>28}" for name in names))
    for who, figures in found.items():
        print(f"{who:<18}" + "".join(f"{figures[name]:>28}" for name in names))
    print(json.dumps({"benchmark": "plain", **found}))


if __name__ == "__main__":
    main()
