"""Train the weights that tell towns from words: `python -m ingest.tag.train_towns FILES… [--cv]`.

FILES are labelled articles (JSON lines). Each hit that may be a town nobody curated is an example; it
is a place if the labels have that span and name. Words that come again and again (Union, Fleet) count
by the square root of their number, or they would decide alone. Writes `data/towns.tsv`; with `--cv`
prints how right weights are about topics that they have not seen.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from ingest.tag.evaluate import key_of
from ingest.tag.gazetteer import Gazetteer, is_uncurated
from ingest.tag.places import candidates, evidence
from ingest.tag.roles import RoleModel
from ingest.tag.tagger import Tagger
from ingest.tag.towns import SURE, WEIGHTS, features
from ingest.tag.train import FOLDS, folds_of

STRENGTH = 4.0
# What the labelled articles hardly have, set by hand: no town stands so.
SET = {
    "quote": -300,
    "hyphen": -300,
    "hyphen-before": -300,
    "name-behind": -300,
    "name-before": -300,
    "small-word": -300,
    "elsewhere-name": -70,
    # As sure as its country, of a short name less: OAS is a town, too.
    "dateline": 250,
}


@dataclass(frozen=True, slots=True)
class Example:
    """A hit that may be a town."""

    article: str
    surface: str
    names: tuple[str, ...]
    right: bool


def examples_of(tagger: Tagger, raw: dict[str, Any]) -> list[Example]:
    """The hits of one labelled article that may be towns."""
    gold = {
        (m["start"], m["end"]): key_of(m["name"]) for m in raw["mentions"] if m["kind"] == "venue"
    }
    stamp = raw.get("published")
    doc = tagger.read(raw["text"], raw["lang"], datetime.fromisoformat(stamp) if stamp else None)
    known = evidence(doc)
    return [
        Example(
            raw["id"],
            doc.visible[doc.hits[number].start : doc.hits[number].end],
            tuple(features(number, entity, known)),
            gold.get(doc.original(doc.hits[number].start, doc.hits[number].end))
            == key_of(entity.name),
        )
        for number, entity in candidates(known)
        if is_uncurated(entity)
    ]


def fit(examples: Sequence[Example]) -> dict[str, int]:
    """Logistic regression; weights in hundredths."""
    names = sorted({name for one in examples for name in one.names} - set(SET))
    often = Counter((one.surface, one.right) for one in examples)
    cases = np.array([[name in one.names for name in names] for one in examples], float)
    regression = LogisticRegression(C=STRENGTH, fit_intercept=False, max_iter=500)  # "bias" is one
    regression.fit(
        cases,
        [one.right for one in examples],
        sample_weight=[often[one.surface, one.right] ** -0.5 for one in examples],
    )
    learned = dict(zip(names, np.rint(regression.coef_[0] * 100).astype(int).tolist(), strict=True))
    return learned | SET


def says(table: dict[str, int], one: Example) -> bool:
    """Whether these weights call an example a town."""
    return sum(table.get(name, 0) for name in one.names) > SURE


def cross_validate(examples: Sequence[Example], parts: Iterable[set[str]]) -> tuple[int, int, int]:
    """(right, wrong, missed) of weights that had not seen the topic."""
    right = wrong = missed = 0
    for part in parts:
        table = fit([one for one in examples if one.article not in part])
        for one in (one for one in examples if one.article in part):
            said = says(table, one)
            right += said and one.right
            wrong += said and not one.right
            missed += one.right and not said
    return right, wrong, missed


def write(table: dict[str, int], examples: Sequence[Example], path: Path = WEIGHTS) -> None:
    """Write the weights, each with how often it was seen with a town and with none."""
    seen = Counter((name, one.right) for one in examples for name in set(one.names))
    lines = [
        "# feature, weight in hundredths (a town if they sum to more than SURE), seen with a town, with none",
        "# written by ingest.tag.train_towns; ingest/tag/towns.py says what each means",
    ]
    for name, weight in sorted(table.items(), key=lambda item: (-item[1], item[0])):
        lines.append(f"{name}\t{weight}\t{seen[name, True]}\t{seen[name, False]}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> int:
    """Train, or cross-validate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--cv", action="store_true")
    args = parser.parse_args()
    tagger = Tagger(Gazetteer.load(), RoleModel.load())
    raws = [json.loads(line) for path in args.files for line in path.open(encoding="utf-8")]
    examples = [one for raw in raws for one in examples_of(tagger, raw)]
    if args.cv:
        right, wrong, missed = cross_validate(examples, folds_of(raws, FOLDS))
        precision, recall = right / (right + wrong), right / (right + missed)
        sys.stdout.write(
            f"{len(examples)} hits: {right} towns found, {wrong} wrong, {missed} missed; "
            f"precision {precision:.3f}, recall {recall:.3f}\n"
        )
        return 0
    write(fit(examples), examples)
    return 0


if __name__ == "__main__":
    sys.exit(main())
