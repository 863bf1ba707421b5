"""Quality and speed of the tagger: one table and one JSON line.

python benchmarks/tagging.py                      # shipped weights (fitted to these articles); speed and memory
                                                  # beside spaCy, natasha, regular expressions
python benchmarks/tagging.py --held-out dev.jsonl # weights trained anew without that file
python benchmarks/tagging.py --held-out heldout.jsonl # the shipped weights on what they have not seen
python benchmarks/tagging.py --cv                 # 5-fold cross-validation by topic, all labelled articles
python benchmarks/tagging.py --cv --readers FOLDER # the same with the second reader
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tagging_race import race

from ingest.tag import Gazetteer, Tagger
from ingest.tag.evaluate import score, tag_article
from ingest.tag.reader import Reader
from ingest.tag.train import FOLDS, folds_of, read_articles, train

ROOT = Path(__file__).parent.parent
LABELLED = ROOT / "tests" / "data" / "tagging"
SETS = ("dev.jsonl", "train-en.jsonl", "train-xx.jsonl")
HELD_OUT = "heldout.jsonl"  # no shipped weights have seen it
LEARNED = sorted(path.name for path in LABELLED.glob("*.jsonl") if path.name != HELD_OUT)
EXTRA = [
    LABELLED / "sentences.tsv",
    *sorted((ROOT / "ingest" / "demo" / "articles").glob("*.yaml")),
]


def load(names: Iterable[str]) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for name in names
        for line in (LABELLED / name).read_text(encoding="utf-8").splitlines()
        if line
    ]


def show(title: str, pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    print(
        f"\n{title}\n{'lang':<6}{'n':>5}{'leader':>9}{'place':>9}{'role':>9}{'proposal':>10}{'full':>8}"
    )
    whole = score(pairs)
    for lang in [*sorted({g["lang"] for g, _s in pairs}), "all"]:
        part = pairs if lang == "all" else [p for p in pairs if p[0]["lang"] == lang]
        s = whole if lang == "all" else score(part)
        print(
            f"{lang:<6}{len(part):>5}{s['leader']['f1']:>9.3f}{s['venue']['f1']:>9.3f}"
            f"{s['role_macro_f1']:>9.3f}{s['proposal']['f1']:>10.3f}{s['proposal_full']['f1']:>8.3f}"
        )
    print("roles " + "  ".join(f"{role} {v['f1']:.3f}" for role, v in whole["role"].items()))
    return {
        k: whole[k]
        for k in ("leader", "venue", "role_macro_f1", "proposal", "proposal_full", "parties")
    }


def cross_validate(folder: Path | None) -> list[tuple[Any, Any]]:
    """(labelled, tagged) by weights that had not seen the article, nor another of its topic.

    Args:
        folder: of the readers that `ingest.tag.train_reader --folds` trained; none reads without.
    """
    articles = load(LEARNED)
    read = read_articles([*(LABELLED / name for name in LEARNED), *EXTRA])
    gazetteer, pairs = Gazetteer.load(), []
    for fold, held in enumerate(folds_of(articles, FOLDS)):
        reader = Reader.load(folder / f"fold-{fold}.npz") if folder else None
        tagger = Tagger(gazetteer, train([a for a in read if a.id not in held]), reader)
        pairs += [(a, tag_article(tagger, a)) for a in articles if a["id"] in held]
    return pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--held-out", choices=(*LEARNED, HELD_OUT))
    parser.add_argument("--cv", action="store_true")
    parser.add_argument("--readers", type=Path, help="with --cv: second readers, one a fold")
    args = parser.parse_args()
    if args.cv:
        pairs = cross_validate(args.readers)
        first = [p for p in pairs if p[0]["id"].startswith(("dev-", "train-"))]
        show("the 276 of these", first)
        result = show("5-fold cross-validation (weights had not seen the topic)", pairs)
    elif args.held_out == HELD_OUT:
        pairs = [(a, tag_article(Tagger.load(), a)) for a in load([args.held_out])]
        result = show("held out from the shipped weights", pairs)
    elif args.held_out:
        rest = [LABELLED / name for name in LEARNED if name != args.held_out]
        tagger = Tagger(Gazetteer.load(), train(read_articles([*rest, *EXTRA])))
        pairs = [(a, tag_article(tagger, a)) for a in load([args.held_out])]
        result = show(f"{args.held_out}, held out from the weights", pairs)
    else:
        tagger = Tagger.load()
        result = show(
            "shipped weights, FITTED to these articles",
            [(a, tag_article(tagger, a)) for a in load(SETS)],
        )
        result["race"] = race(load(SETS))
    print(json.dumps({"benchmark": "tagging", **result}))


if __name__ == "__main__":
    main()
