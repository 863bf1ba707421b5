"""Quality of the stances, refusals and readiness to meet at all: a table and a JSON line.

python benchmarks/stances.py                # tests/data/stances/apart.jsonl, which no rule was made after
python benchmarks/stances.py --half tune    # the half that the rules were made after
python benchmarks/stances.py --half tune --errors
"""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.model import MeetingStance
from ingest.tag import Tagger
from ingest.tag.evaluate import score_stances

DATA = Path(__file__).parent.parent / "tests" / "data"
SHOWN = ("stance", "refused", "ready", "stance_full")


def load(half: str) -> list[dict[str, Any]]:
    """Articles of a half; one without a text is one of the labelled articles of `tagging`."""
    lines = (DATA / "stances" / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    wanted = {row["id"] for row in rows if "text" not in row}
    others: dict[str, dict[str, Any]] = {}
    for path in sorted((DATA / "tagging").glob("*.jsonl")):
        if path.stem == "heldout" or not wanted:
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            article = json.loads(line)
            if article["id"] in wanted:
                others[article["id"]] = article
    return [others.get(row["id"], {}) | row for row in rows]


def tag(tagger: Tagger, article: dict[str, Any]) -> tuple[MeetingStance, ...]:
    return tagger.tag(
        article["text"],
        lang=article["lang"],
        title=article.get("title", ""),
        published=datetime.fromisoformat(article["published"]),
    ).stances


def show_errors(article: dict[str, Any], said: tuple[MeetingStance, ...]) -> None:
    gold = {(one["country"], one["stand"], one["start"]): one for one in article["stances"]}
    ours = {(one.country, one.stand, one.start): one for one in said}
    for key in sorted(gold.keys() ^ ours.keys(), key=str):
        sort = "missed" if key in gold else "false"
        at = gold[key] if key in gold else {"start": ours[key].start, "end": ours[key].end}
        rule = "" if key in gold else f" [{ours[key].rule}]"
        words = article["text"][at["start"] : at["end"]]
        print(f"{article['id']} {sort} {key[0]} {key[1]}: {words}{rule}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--half", choices=("tune", "apart"), default="apart")
    parser.add_argument("--errors", action="store_true", help="tell what is wrong")
    arguments = parser.parse_args()
    tagger = Tagger.load()
    pairs = [(article, tag(tagger, article)) for article in load(arguments.half)]
    if arguments.errors:
        for article, said in pairs:
            show_errors(article, said)
    print(f"{'':<6}{'n':>5}" + "".join(f"{name + ' P / R / F1':>28}" for name in SHOWN))
    whole = score_stances(pairs)
    for lang in [*sorted({article["lang"] for article, _said in pairs}), "all"]:
        part = [pair for pair in pairs if lang in ("all", pair[0]["lang"])]
        figures = score_stances(part)
        cells = [f"{v['p']:.3f} / {v['r']:.3f} / {v['f1']:.3f}" for v in map(figures.get, SHOWN)]
        print(f"{lang:<6}{len(part):>5}" + "".join(f"{cell:>28}" for cell in cells))
    print(json.dumps({"benchmark": "stances", "half": arguments.half, **whole}))


if __name__ == "__main__":
    main()
