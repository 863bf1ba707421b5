"""Train the weights of who an act is by: a conditional logit over `ingest.tag.proposer`'s features.

Every sentence that tells a labelled act is an example; a person or state named twice in it is right at
each mention. Fitted by L-BFGS with a penalty on the squares of the weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ingest.model import Status
from ingest.tag.document import Document, inside
from ingest.tag.evaluate import key_of
from ingest.tag.matrix import cases_of
from ingest.tag.proposer import Candidate, Scene

PENALTY = 10.0
MIN_COUNT = 5  # a feature of fewer candidates teaches nothing
SMALL = 3  # weights under this, in hundredths, decide nothing

Choice = tuple[list[list[str]], list[bool]]  # features of each candidate, and whether it is right


def choices(doc: Document, raw: Mapping[str, Any]) -> list[Choice]:
    """The examples of one article.

    Args:
        doc: read, with the labelled roles.
        raw: the labelled article.
    """
    by: dict[tuple[str, Status], set[str]] = {}
    labelled: dict[tuple[str, Status], set[int]] = {}  # where the sentences that say it best begin
    for act in raw.get("proposals", ()):
        for name in act["venues"]:
            key = key_of(name), act["status"]
            by.setdefault(key, set()).add(key_of(act["proposer"]))
            labelled.setdefault(key, set()).add(act["start"])
    made = []
    for sentence in doc.read:
        start = doc.original(sentence.start, sentence.end)[0]
        places = inside(doc.places, sentence)
        scene: Scene | None = None
        for key, who in by.items():
            named = [p for p in places if key_of(p.entity.name) == key[0]]
            told = [p for p in named if p.role == key[1]]
            if not told and start in labelled[key]:
                told = named
            if told:
                scene = scene or Scene(doc, sentence)
                right = [_name(one) in who for one in scene.candidates]
                if any(right):
                    made.append((scene.features(told[0], key[1]), right))
    return made


def _name(one: Candidate) -> str:
    return key_of(one.person.entity.name if one.person else one.who)


def fit_choices(examples: Sequence[Choice]) -> dict[str, int]:
    """One weight for each feature, in hundredths, small ones left out."""
    vocabulary, cases = cases_of([row for rows, _right in examples for row in rows], MIN_COUNT)
    if not vocabulary:
        return {}
    turned = cases.T.tocsr()
    sizes = np.array([len(rows) for rows, _right in examples])
    firsts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    right = np.array([one for _rows, rights in examples for one in rights])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        sums = (cases @ weights.astype(np.float32)).astype(np.float64)
        shares = np.exp(sums - np.repeat(np.maximum.reduceat(sums, firsts), sizes))
        ours = np.where(right, shares, 0.0)
        whole, part = np.add.reduceat(shares, firsts), np.add.reduceat(ours, firsts)
        slopes = shares / np.repeat(whole, sizes) - ours / np.repeat(part, sizes)
        value = float((np.log(whole) - np.log(part)).sum() + PENALTY / 2 * (weights @ weights))
        return value, turned @ slopes + PENALTY * weights

    found = minimize(
        loss, np.zeros(len(vocabulary)), jac=True, method="L-BFGS-B", options={"maxiter": 150}
    )
    scaled = np.rint(found.x * 100).astype(int)
    return {
        name: int(weight)
        for name, weight in zip(vocabulary, scaled, strict=True)
        if abs(weight) >= SMALL
    }
