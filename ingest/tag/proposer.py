"""Who an act is by: every candidate of the sentence is weighed, nobody too.

A conditional logit over the people and states of the sentence, the person of the sentence before and
"nobody named". Its weights are trained by `ingest.tag.train` with those of the roles.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.model import Status
from ingest.tag.document import Document, Found, Sentence
from ingest.tag.features import clause_of

_JOINED = re.compile(
    r"(?:,? (?:and|with|и|с|со|та|і|й|з|із|зь|i|oraz|z|und|mit|et|avec|y|e|con|ve|ile) |, | - |, \w+ )(?:[^\W\d]+ ){0,4}"
)
_OBJECT_BEFORE = re.compile(
    r"(?<!\w)(with|to|for|between|of|by way of|than|against|from|с|со|для|между|к|от|против|з|із|для|між|до|від|проти|паміж|да|ад|"
    r"z|dla|między|do|od|przeciw|mit|für|zwischen|von|an|gegen|avec|pour|entre|de|à|contre|con|para|a|contra) (?:[^\W\d]+ ){0,3}$"
)
_BY = re.compile(r"(?<!\w)(?:by|von|par|por|przez|tarafından|according to|laut|selon|según|według|словам|словами|паводле|за словами) (?:[^\W\d]+ ){0,4}$")  # fmt: skip
_PRONOUN = re.compile(
    r"(?<!\w)(?:he|she|his|her|он|она|его|ее|він|вона|його|її|ён|яна|яго|яе|er|sie|il|elle|son|él|ella|jego|jej)(?!\w)"
)
_SPEAKING = ("say", "suggest", "offer", "invite", "refuse", "prefer", "want", "settle", "accept", "ready", "host", "possible", "travel", "meet", "signed", "not", "future")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody an act may be by: a person, a state by its place mention, or nobody.

    Attributes:
        found: the mention; None is nobody named.
        sort: person, state, recalled (of the sentence before) or nobody.
    """

    found: Found | None
    sort: str


def candidates(doc: Document, sentence: Sentence) -> list[Candidate]:
    """All who an act in a sentence may be by; nobody first."""
    made = [Candidate(None, "nobody")]
    made += [Candidate(p, "person") for p in doc.people if sentence.start <= p.start < sentence.end]
    states: set[str] = set()
    for place in doc.places:
        inside = sentence.start <= place.start < sentence.end
        if inside and place.role == "government" and place.entity.country not in states:
            states.add(place.entity.country)
            made.append(Candidate(place, "state"))
    index = doc.sentence_index(sentence.start)
    if index:
        start, end = doc.sentences[index - 1]
        before = [p for p in doc.people if start <= p.start < end]
        here = {c.found.entity.id for c in made if c.found}
        for person in dict.fromkeys(before[i].entity.id for i in (0, -1) if before):
            if person not in here:
                first = next(p for p in before if p.entity.id == person)
                made.append(Candidate(first, "recalled"))
    return made


def candidate_features(
    doc: Document, sentence: Sentence, venue: Found, status: Status, one: Candidate, among: int
) -> list[str]:
    """Names of the features of one candidate."""
    text = doc.folded.text
    people = [p for p in doc.people if sentence.start <= p.start < sentence.end]
    says = {k for s, e, k in sentence.concepts if k in ("say", "suggest", "offer", "refuse")}
    head = f"{one.sort}|{status}"
    found = [head, f"{one.sort}|{doc.lang}", f"{head}|people={min(len(people), 3)}"]
    found += [f"{head}|said:{k}" for k in says]
    if one.found is None:
        found.append(f"{head}|among={min(among, 4)}")
        if _PRONOUN.search(text, sentence.start, venue.start):
            found.append(f"{head}|pronoun")
        return found
    at = one.found
    if one.sort == "recalled":
        before = doc.sentences[doc.sentence_index(sentence.start) - 1]
        pronoun = bool(_PRONOUN.search(text, sentence.start, venue.start))
        found.append(f"{head}|pronoun={pronoun}|first={at.start - before[0] < 30}")
        found.append(
            f"{head}|quoted={text[sentence.start : sentence.start + 1] in '«„“' + chr(34)}"
        )
        found.append(f"{head}|alone={not people}")
        return found
    order = [p.start for p in people].index(at.start) if one.sort == "person" else 0
    side = "before" if at.end <= venue.start else "after"
    low, high = clause_of(sentence, venue.start)
    same = low <= at.start < high
    ahead = text[max(sentence.start, at.start - 34) : at.start]
    found += [
        f"{head}|order={min(order, 3)}", f"{head}|{side}", f"{head}|{side}|same={same}",
        f"{head}|opens={at.start - sentence.start < 6}", f"{head}|how={at.how}",
        f"{head}|gap={min(abs(venue.start - at.start) // 40, 4)}", f"{side}|order={min(order, 3)}|{one.sort}",
    ]  # fmt: skip
    if word := _OBJECT_BEFORE.search(ahead):
        found += [f"{one.sort}|object", f"{head}|object", f"{one.sort}|obj={word[1]}|{doc.lang}"]
    if _BY.search(ahead):
        found += [f"{one.sort}|by", f"{head}|by"]
    if at.entity.country and at.entity.country == venue.entity.country:
        found.append(f"{head}|own-venue")
    found += _verbs(sentence, at, head)
    if one.sort == "person":
        found += _pairs(doc, people, order, head)
    return found


def _verbs(sentence: Sentence, at: Found, head: str) -> list[str]:
    """What is said right after a name, and right before it."""
    after = [(s - at.end, k) for s, _e, k in sentence.concepts if 0 <= s - at.end <= 45]
    before = [(at.start - e, k) for _s, e, k in sentence.concepts if 0 <= at.start - e <= 16]
    found = [f"{head}|then:{k}" for _gap, k in sorted(after)[:3] if k in _SPEAKING]
    found += [f"{head}|ahead:{k}" for _gap, k in sorted(before)[:2] if k in _SPEAKING]
    if after:
        found.append(f"{head.split('|', maxsplit=1)[0]}|next:{min(after)[1]}")
    return found


def _pairs(doc: Document, people: list[Found], order: int, head: str) -> list[str]:
    """Whether a person is named together with another one."""
    text, found = doc.folded.text, []
    for left, right in ((order - 1, order), (order, order + 1)):
        if left >= 0 and right < len(people):
            gap = text[people[left].end : people[right].start]
            if len(gap) < 40 and _JOINED.fullmatch(gap):
                found.append(f"{head}|joined={'second' if right == order else 'first'}")
    return found


def choose(
    doc: Document, sentence: Sentence, venue: Found, status: Status, weights: Mapping[str, int]
) -> Candidate:
    """The likeliest of the candidates."""
    every = candidates(doc, sentence)

    def points(one: Candidate) -> int:
        names = candidate_features(doc, sentence, venue, status, one, len(every))
        return sum(weights.get(name, 0) for name in names)

    return max(every, key=points)
