"""Train the weights of who would meet: a logistic regression over `ingest.tag.parties`' features.

Every state that acts in an article is an example at each of its labelled acts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from ingest.tag.document import inside
from ingest.tag.evaluate import key_of
from ingest.tag.matrix import cases_of
from ingest.tag.parties import Act, Spoken, speaks_for
from ingest.tag.proposer import state_code

if TYPE_CHECKING:
    from ingest.tag.document import Document, Found, Sentence

STRENGTH = 0.1  # how far the weights may go: the inverse of the penalty on their squares
MIN_COUNT = 5  # a feature of fewer examples teaches nothing
SMALL = 3  # weights under this, in hundredths, decide nothing

Side = tuple[list[str], bool]  # features of a state that acts; whether it is a party


def _venues(doc: Document, act: dict[str, Any]) -> tuple[Sentence | None, list[Found]]:
    """The sentence of a labelled act, and its venues there; (None, []) where it was cut otherwise."""
    for sentence in doc.read:
        if doc.original(sentence.start, sentence.end)[0] == act["start"]:
            names = {key_of(venue) for venue in act["venues"]}
            places = inside(doc.places, sentence)
            return sentence, [p for p in places if key_of(p.entity.name) in names]
    return None, []


def sides(doc: Document, raw: Mapping[str, Any]) -> Iterator[Side]:
    """Every state as a party of every labelled act.

    Args:
        doc: read, with the labelled roles.
        raw: the labelled article.
    """
    spoken = Spoken(doc)
    speakers = {key_of(p.entity.name): speaks_for(doc, p) for p in doc.people}
    for act in raw.get("proposals", ()):
        sentence, venues = _venues(doc, act)
        if sentence is None or not venues:
            continue
        hosts = frozenset(filter(None, (state_code(p.entity.country) for p in venues)))
        by = act["proposer"]
        asked = Act(act["status"], sentence, hosts, speakers.get(key_of(by), by) if by else None)
        for code in spoken.acting:
            yield spoken.features(asked, code), code in act["parties"]


def fit_sides(every: list[Side]) -> dict[str, int]:
    """Logistic regression; one weight for each feature, in hundredths, small ones left out."""
    vocabulary, cases = cases_of([names for names, _party in every], MIN_COUNT)
    regression = LogisticRegression(C=STRENGTH, fit_intercept=False, max_iter=300)  # "bias" is one
    regression.fit(cases, [party for _names, party in every])
    scaled = np.rint(regression.coef_[0] * 100).astype(int)
    return {n: int(w) for n, w in zip(vocabulary, scaled, strict=True) if abs(w) >= SMALL}
