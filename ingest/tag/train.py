"""Train the role weights on labelled articles: `python -m ingest.tag.train FILE.jsonl …`.

A softmax regression by AdaGrad over the features of `ingest.tag.features`. Same files, same
weights. Needs numpy. `--cv` prints cross-validated figures and writes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from ingest.model import ROLES
from ingest.tag.document import Found
from ingest.tag.features import features, read_sentences
from ingest.tag.gazetteer import Gazetteer
from ingest.tag.roles import WEIGHTS, RoleModel, assign_roles
from ingest.tag.tagger import Tagger

Example = tuple[list[str], int]
_ARTICLE_WIDE = (
    "at=",
    "nth=",
    "count=",
    "no-people",
    "own-people",
    "people=",
    "dateline",
    "prev:",
    "bias",
)
EPOCHS, RATE, DECAY, MIN_COUNT, BALANCE = 8, 0.08, 2e-2, 1, 0.3
SMALL = 9  # weights under this, in hundredths, decide nothing


class _Article:
    """A labelled article: features of each place found, and its gold role (or -1)."""

    def __init__(self, tagger: Tagger, raw: dict[str, Any]) -> None:
        empty = RoleModel("none", {})
        stamp = raw.get("published")
        day = datetime.fromisoformat(stamp) if stamp else None
        self.id = raw["id"]
        self.doc = tagger.read(raw["text"], raw["lang"], day, model=empty)
        sentences = read_sentences(self.doc)
        self.names = [features(self.doc, sentences, p, i) for i, p in enumerate(self.doc.places)]
        if raw.get("short"):  # a sentence says nothing of how an article is built
            self.names = [
                [n for n in names if not n.startswith(_ARTICLE_WIDE)] for names in self.names
            ]
        self.gold = [_gold_role(raw, p) for p in self.doc.places]


def _gold_role(raw: dict[str, Any], place: Found) -> int:
    """The labelled role of a place found: by its span, or by its name where it has but one role."""
    if "mentions" in raw:
        for mention in raw["mentions"]:
            if mention["kind"] == "venue" and (mention["start"], mention["end"]) == (
                place.start,
                place.end,
            ):
                return ROLES.index(mention["role"])
        return -1
    roles = raw["venues"].get(place.entity.name) or []
    return ROLES.index(roles[0]) if len(roles) == 1 else -1


def fit(examples: list[Example], seed: int = 7) -> dict[str, list[int]]:
    """Softmax regression; weights in hundredths, small ones left out."""
    counts = Counter(name for names, _role in examples for name in set(names))
    vocabulary = sorted(name for name, count in counts.items() if count >= MIN_COUNT)
    number = {name: i for i, name in enumerate(vocabulary)}
    kept = [
        (np.array([number[n] for n in dict.fromkeys(names) if n in number], dtype=np.int32), role)
        for names, role in examples
    ]
    weights = np.zeros((len(vocabulary), len(ROLES)), dtype=np.float32)
    squares = np.full_like(weights, 1e-2)
    share = np.bincount([role for _names, role in kept], minlength=len(ROLES)) / max(len(kept), 1)
    balance = (1 / np.maximum(share * len(ROLES), 0.05)) ** BALANCE
    order = random.Random(seed)
    for _epoch in range(EPOCHS):
        order.shuffle(kept)
        for index, role in kept:
            rows = weights[index]
            logits = rows.sum(axis=0)
            chances = np.exp(logits - logits.max())
            chances /= chances.sum()
            chances[role] -= 1
            step = chances * balance[role] + DECAY * rows
            squares[index] += step * step
            weights[index] = rows - RATE * step / np.sqrt(squares[index])
    scaled = np.rint(weights * 100).astype(int)
    return {
        name: scaled[i].tolist()
        for i, name in enumerate(vocabulary)
        if np.abs(scaled[i]).max() > SMALL
    }


def _examples(articles: list[_Article]) -> list[Example]:
    return [(n, g) for a in articles for n, g in zip(a.names, a.gold, strict=True) if g >= 0]


def train(articles: list[_Article]) -> RoleModel:
    """Fit the classifier to labelled articles."""
    weights = fit(_examples(articles))
    digest = hashlib.sha256(json.dumps(weights).encode()).hexdigest()[:8]
    return RoleModel(digest, weights)


def figures(pairs: list[tuple[int, int]]) -> dict[str, float]:
    """F1 of each role and their mean, over (gold, predicted)."""
    out: dict[str, float] = {}
    for index, role in enumerate(ROLES):
        right = sum(g == p == index for g, p in pairs)
        said, true = sum(p == index for _g, p in pairs), sum(g == index for g, _p in pairs)
        out[role] = round(2 * right / (said + true), 4) if said + true else 0.0
    out["macro"] = round(sum(out.values()) / len(ROLES), 4)
    out["accuracy"] = round(sum(g == p for g, p in pairs) / max(len(pairs), 1), 4)
    return out


def cross_validate(articles: list[_Article], folds: int = 5) -> dict[str, float]:
    """Figures over articles the weights had not seen (places found only)."""
    pairs = []
    for fold_index in range(folds):
        model = train([a for i, a in enumerate(articles) if i % folds != fold_index])
        for article in articles[fold_index::folds]:
            assign_roles(article.doc, model)
            pairs += [
                (g, ROLES.index(p.role)) for g, p in zip(article.gold, article.doc.places, strict=True)
                if g >= 0 and p.role
            ]  # fmt: skip
    return figures(pairs)


_MARK = re.compile(r"\[([^\]|]+)\|([PARHGL])\]")
_LETTER = {role[0].upper(): role for role in ROLES}


def _marked(name: str, lang: str, text: str) -> dict[str, Any]:
    """A short text whose places are marked like `[Minsk|P]`, as a labelled article."""
    mentions, plain, last = [], "", 0
    for match in _MARK.finditer(text):
        plain += text[last : match.start()]
        span = {"start": len(plain), "end": len(plain) + len(match[1])}
        mentions.append({**span, "kind": "venue", "role": _LETTER[match[2]]})
        plain, last = plain + match[1], match.end()
    return {
        "id": name,
        "short": True,
        "lang": lang,
        "text": plain + text[last:],
        "mentions": mentions,
    }


def _read_file(path: Path) -> list[dict[str, Any]]:
    """Labelled articles of a JSON lines file, or of a file of the sample newsroom."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines() if line]
    if path.suffix == ".tsv":
        return [
            _marked(f"{path.stem}-{number}", *line.split("\t")[:2])
            for number, line in enumerate(text.splitlines())
            if line and not line.startswith("#")
        ]
    rows = yaml.safe_load(text)
    return [{**row, "lang": path.stem, "published": None} for row in rows if row.get("text")]


def read_articles(paths: list[Path]) -> list[_Article]:
    """Labelled articles in a fixed shuffled order."""
    tagger = Tagger(Gazetteer.load(), RoleModel("none", {}))
    raws = [raw for path in paths for raw in _read_file(path)]
    raws.sort(key=lambda raw: hashlib.sha256(raw["id"].encode()).hexdigest())
    return [_Article(tagger, raw) for raw in raws]


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--cv", action="store_true")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    articles = read_articles(args.files)
    if args.cv:
        sys.stdout.write(json.dumps(cross_validate(articles)) + "\n")
        return 0
    model = train(articles)
    args.out.write_text(
        json.dumps(
            {"version": model.version, "weights": model.weights},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        + "\n",
        encoding="utf-8",
    )
    sys.stdout.write(f"{args.out}: {args.out.stat().st_size} bytes, version {model.version}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
