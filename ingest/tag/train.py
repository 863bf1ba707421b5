"""Train the weights on labelled articles: `python -m ingest.tag.train FILE.jsonl …`.

Roles: a softmax regression over the features of `ingest.tag.features`, by scikit-learn. Who an act is
by: `ingest.tag.train_proposer`; who would meet: `ingest.tag.train_parties`. Same files, same weights. The
confidences are set by a cross-validation by topic, whose figures are printed; `--cv` writes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ingest.model import ROLES
from ingest.tag.document import Found
from ingest.tag.features import Surroundings, read_sentences
from ingest.tag.gazetteer import Gazetteer
from ingest.tag.lanes import MOST, packed
from ingest.tag.matrix import cases_of
from ingest.tag.reader import Reader
from ingest.tag.roles import WEIGHTS, RoleModel, decide
from ingest.tag.tagger import Tagger
from ingest.tag.train_parties import fit_sides, sides
from ingest.tag.train_proposer import choices, fit_choices

Example = tuple[list[str], int, float]  # features, role, weight
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
FOLDS = 5  # of a cross-validation
STRENGTH = 0.1  # how far the weights may go: the inverse of the penalty on their squares
MIN_COUNT = 4  # a feature of fewer examples teaches nothing
SMALL = 4  # weights under this, in hundredths, decide nothing
BALANCE = 0.5  # how far rare roles weigh more

# Articles written to be rich in thin roles would teach that every place is a venue: they weigh less.
RICH = 0.5
# A sentence written to show a role alone stands for many: news of one line has no more than that.
PLAIN = 6.0


class Labelled:
    """A labelled article: features of each place found, and its gold role (or -1)."""

    def __init__(self, tagger: Tagger, raw: dict[str, Any]) -> None:
        empty = RoleModel("none", {})
        stamp = raw.get("published")
        day = datetime.fromisoformat(stamp) if stamp else None
        self.id = raw["id"]
        self.raw = raw
        self.weight = RICH if raw["id"].startswith("more-") else PLAIN if raw.get("short") else 1.0
        self.short = bool(raw.get("short")) or "mentions" not in raw
        self.doc = tagger.read(raw["text"], raw["lang"], day, model=empty)
        sentences = self.doc.read = read_sentences(self.doc)
        around = Surroundings(self.doc, sentences)
        self.names = [[*chain(*around.features(i))] for i in range(len(self.doc.places))]
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


def balance(roles: NDArray[np.int_]) -> NDArray[np.float64]:
    """What an example of each of ROLES weighs, given the roles of all: rare ones more."""
    share = np.bincount(roles, minlength=len(ROLES)) / len(roles)
    return np.asarray((1 / np.maximum(share * len(ROLES), 0.05)) ** BALANCE)


def fit(examples: list[Example]) -> dict[str, list[int]]:
    """Softmax regression; weights in hundredths, small ones left out.

    A weight larger than a packed row holds is cut to that, and named on stderr: every fold of a
    cross-validation is cut likewise, so its figures are those of the weights that are written.
    """
    vocabulary, cases = cases_of([sorted(set(names)) for names, _r, _w in examples], MIN_COUNT)
    roles = np.array([role for _names, role, _weight in examples])
    weight = np.array([w for _names, _role, w in examples]) * balance(roles)[roles]
    regression = LogisticRegression(C=STRENGTH, fit_intercept=False, max_iter=300)  # "bias" is one
    regression.fit(cases, roles, sample_weight=weight)
    scaled = np.zeros((len(vocabulary), len(ROLES)), int)
    scaled[:, regression.classes_] = np.rint(regression.coef_.T * 100)
    for at in np.flatnonzero(np.abs(scaled).max(axis=1) > MOST):
        sys.stderr.write(f"{vocabulary[at]}: weights {scaled[at].tolist()} are cut to {MOST}\n")
    scaled = scaled.clip(-MOST, MOST)
    return {
        name: row.tolist()
        for name, row in zip(vocabulary, scaled, strict=True)
        if np.abs(row).max() >= SMALL
    }


def _examples(articles: list[Labelled]) -> list[Example]:
    return [
        (n, g, a.weight) for a in articles for n, g in zip(a.names, a.gold, strict=True) if g >= 0
    ]


def train(articles: list[Labelled]) -> RoleModel:
    """Fit roles, proposers and parties to labelled articles."""
    weights = fit(_examples(articles))
    whole = [a for a in articles if not a.short]
    for article in whole:
        for place, role in zip(article.doc.places, article.gold, strict=True):
            place.role = ROLES[role] if role >= 0 else "location"
    proposers = fit_choices([c for a in whole for c in choices(a.doc, a.raw)])
    parties = fit_sides([s for a in whole for s in sides(a.doc, a.raw)])
    digest = hashlib.sha256(json.dumps([weights, proposers, parties]).encode()).hexdigest()[:8]
    rows = {name: packed(row) for name, row in weights.items()}
    return RoleModel(digest, rows, proposers, parties)


def folds_of(raws: Sequence[Mapping[str, Any]], folds: int) -> list[set[str]]:
    """Ids of articles in parts that share no topic: the states that meet in most of its proposals."""
    topics: dict[str, list[str]] = {}
    for raw in raws:
        pairs = Counter("+".join(sorted(p["parties"][:2])) for p in raw.get("proposals", ()))
        topic = pairs.most_common(1)[0][0] if pairs else raw["id"]
        topics.setdefault(topic, []).append(raw["id"])
    parts: list[set[str]] = [set() for _ in range(folds)]
    for _topic, ids in sorted(topics.items(), key=lambda item: (-len(item[1]), item[0])):
        min(parts, key=len).update(ids)
    return parts


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


def cross_validate(
    articles: list[Labelled], readers: Sequence[Reader] = ()
) -> list[tuple[int, int, float]]:
    """(gold, said, chance) of each place found, by weights that had not seen the article's topic.

    Args:
        articles: labelled.
        readers: second readers, each trained without the topics of one fold, in their order.
    """
    told: list[tuple[int, int, float]] = []
    whole = [a for a in articles if not a.short]
    for fold, held in enumerate(folds_of([a.raw for a in whole], FOLDS)):
        model = train([a for a in articles if a.id not in held])
        reader = readers[fold] if readers else None
        for article in whole:
            if article.id in held:
                title = article.raw.get("title") or ""
                decide(article.doc, [[names] for names in article.names], model, reader, title)
                told += [
                    (gold, ROLES.index(p.role), p.confidence)
                    for gold, p in zip(article.gold, article.doc.places, strict=True)
                    if gold >= 0 and p.role
                ]
    return told


def calibrate(told: list[tuple[int, int, float]], bins: int = 12) -> list[tuple[float, float]]:
    """Chance -> share that was right, never falling: bins of equal size, pooled where they fall."""
    ranked = sorted((chance, gold == said) for gold, said, chance in told)
    size = max(len(ranked) // bins, 1)
    pools: list[list[float]] = []  # [sum of chances, right, count]
    for start in range(0, len(ranked), size):
        part = ranked[start : start + size]
        pools.append([sum(c for c, _r in part), float(sum(r for _c, r in part)), float(len(part))])
        while len(pools) > 1 and pools[-2][1] / pools[-2][2] >= pools[-1][1] / pools[-1][2]:
            last = pools.pop()
            pools[-1] = [x + y for x, y in zip(pools[-1], last, strict=True)]
    return [(round(c / n, 3), round(right / n, 3)) for c, right, n in pools]


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


def read_articles(paths: list[Path]) -> list[Labelled]:
    """Labelled articles in a fixed shuffled order."""
    tagger = Tagger(Gazetteer.load(), RoleModel("none", {}))
    raws = [raw for path in paths for raw in _read_file(path)]
    raws.sort(key=lambda raw: hashlib.sha256(raw["id"].encode()).hexdigest())
    return [Labelled(tagger, raw) for raw in raws]


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--cv", action="store_true")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    articles = read_articles(args.files)
    told = cross_validate(articles)
    sys.stdout.write(json.dumps(figures([(g, p) for g, p, _c in told])) + "\n")
    if args.cv:
        return 0
    model = train(articles)
    args.out.write_text(
        json.dumps(
            {
                "version": model.version,
                "calibration": calibrate(told),
                "proposers": model.proposers,
                "parties": model.parties,
                "weights": model.weights,
            },
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
