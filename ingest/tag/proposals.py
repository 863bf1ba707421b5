"""Who proposed, agreed, refused or held a meeting where: records made from mentions and roles."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from ingest.model import VENUE_ROLES, Proposal, Status
from ingest.tag.document import Document, Found, Sentence
from ingest.tag.features import clause_of
from ingest.tag.when import is_background, when_named

# Two names joined: "Trump and Putin", „Merkel und Macron“, "Putin ile Erdoğan".
_JOINED = re.compile(
    r"(?:,? (?:and|with|и|с|со|та|і|й|з|із|зь|i|oraz|z|und|mit|et|avec|y|e|con|ve|ile) |, | - |, \w+ )(?:[^\W\d]+ ){0,4}"
)
_SPEAKS = frozenset({"say", "offer", "propose", "drop", "reject", "agree"})
# Words that make the next name somebody's other party, not the one who speaks.
_OBJECT_BEFORE = re.compile(
    r"(?:with|to|for|between|of|by way of|than|с|со|для|между|к|з|із|для|між|до|паміж|z|dla|między|mit|für|zwischen|von|"
    r"avec|pour|entre|de|con|para|a) (?:[^\W\d]+ ){0,3}$"
)
_BY = re.compile(r"(?:by|von|par|por|przez) (?:[^\W\d]+ ){0,4}$")
_PRONOUN = re.compile(
    r"(?<!\w)(?:he|she|his|her|он|она|его|ее|він|вона|його|її|ён|яна|яго|яе|er|sie|il|elle|son|él|ella|jego|jej)(?!\w)"
)
_KEPT_CODE = re.compile(r"[A-Z]{2}|NATO")
_OURS = frozenset({"XC", "YU", "CS"})  # our codes for states without one in ISO 3166


@dataclass(slots=True)
class _Act:
    status: Status
    venues: list[Found]
    sentence: Sentence
    person: Found | None
    country: str | None


def find_proposals(doc: Document) -> list[Proposal]:
    """One record for each act: a status, the venues a sentence names for it, and who says so.

    An act told again by nobody in particular, or by the same person, is not recorded twice.
    """
    if not any(p.role in VENUE_ROLES for p in doc.places):
        return []
    acts = [act for sentence in doc.read for act in _acts(doc, sentence)]
    made: list[Proposal] = []
    seen: set[tuple[str | None, str, str]] = set()
    for act in acts:
        who = act.person.entity.name if act.person else act.country
        fresh = [v for v in act.venues if not _known(seen, who, v.entity.id, act.status)]
        if not fresh:
            continue
        seen.update((who, v.entity.id, act.status) for v in fresh)
        made.append(_record(doc, act, fresh, who))
    return made


def _known(
    seen: set[tuple[str | None, str, str]], who: str | None, venue: str, status: str
) -> bool:
    if (who, venue, status) in seen:
        return True
    told = any(v == venue and s == status for _w, v, s in seen)
    return told and (who is None or status in ("hosted", "agreed"))


def _acts(doc: Document, sentence: Sentence) -> list[_Act]:
    inside = [p for p in doc.places if sentence.start <= p.start < sentence.end]
    acts = []
    for status in VENUE_ROLES:
        venues = [p for p in inside if p.role == status]
        unique = list({v.entity.id: v for v in reversed(venues)}.values())[::-1]
        if unique:
            person, country = _speaker(doc, sentence, unique[0], status)
            acts.append(_Act(status, unique, sentence, person, country))
    return sorted(acts, key=lambda act: act.venues[0].start)


def _speaker(
    doc: Document, sentence: Sentence, venue: Found, status: Status
) -> tuple[Found | None, str | None]:
    """The leader who says it, else the state that does."""
    people = [p for p in doc.people if sentence.start <= p.start < sentence.end]
    joined = _joined(doc, people)
    best: tuple[float, Found] | None = None
    clause = clause_of(sentence, venue.start)
    for order, person in enumerate(people):
        points = _speaks(doc, sentence, person) + (0.6 if order == 0 else 0.0)
        points += 0.5 if person.end <= venue.start else 0.0
        points += 0.5 if clause[0] <= person.start < clause[1] else 0.0
        if id(person) in joined:
            points -= 1.2 if status in ("hosted", "agreed") else 0.3
        if best is None or points > best[0]:
            best = (points, person)
    need = 1.2 if status in ("hosted", "agreed") else 0.6
    if best and best[0] >= need:
        return best[1], None
    state = _state(doc, sentence, venue) if status != "hosted" else None
    if (
        state is None
        and not people
        and _PRONOUN.search(doc.folded.text, sentence.start, venue.start)
    ):
        return _last_speaker(doc, sentence), None
    return None, state


def _last_speaker(doc: Document, sentence: Sentence) -> Found | None:
    """The one whom "he" or "she" takes up: the first person of the sentence before."""
    index = doc.sentence_index(sentence.start)
    if index == 0:
        return None
    start, end = doc.sentences[index - 1]
    return next((p for p in doc.people if start <= p.start < end), None)


def _joined(doc: Document, people: list[Found]) -> set[int]:
    """People named together as one pair."""
    together: set[int] = set()
    text = doc.folded.text
    for left, right in itertools.pairwise(people):
        gap = text[left.end : right.start]
        if len(gap) < 40 and _JOINED.fullmatch(gap):
            together |= {id(left), id(right)}
    return together


def _speaks(doc: Document, sentence: Sentence, person: Found) -> float:
    """How much the words around a name make it the one who speaks."""
    text = doc.folded.text
    before = text[max(sentence.start, person.start - 30) : person.start]
    points = 0.0
    if _OBJECT_BEFORE.search(before):
        points -= 0.7
    if _BY.search(before):
        points += 0.4
    near = [
        kind
        for start, end, kind in sentence.cues
        if -30 <= start - person.end <= 45 or 0 <= person.start - end <= 14
    ]
    if any(kind in _SPEAKS for kind in near):
        points += 0.5
    return points


def _state(doc: Document, sentence: Sentence, venue: Found) -> str | None:
    for place in doc.places:
        if not sentence.start <= place.start < sentence.end or place.role != "government":
            continue
        before = doc.folded.text[max(sentence.start, place.start - 24) : place.start]
        if place.end <= venue.start and not _OBJECT_BEFORE.search(before):
            return state_code(place.entity.country)
    for person in doc.people:
        if sentence.start <= person.start < sentence.end and person.how == "state":
            return state_code(person.entity.country)
    return None


def state_code(country: str) -> str | None:
    """The code of a state or organisation as records name it; None where it has none."""
    return country if _KEPT_CODE.fullmatch(country) and country not in _OURS else None


def speaks_for(doc: Document, person: Found) -> str | None:
    """The state or organisation a leader speaks for on the article's day."""
    office = doc.gazetteer.office_at(person.entity, doc.day)
    return state_code(office.country if office else person.entity.country)


def _parties(doc: Document, act: _Act) -> tuple[str, ...]:
    """States that would meet: those of the sentence, else the most named of the article."""
    hosts = {v.entity.country for v in act.venues}
    local = _named(doc, act.sentence.start, act.sentence.end, act)
    local = [c for c in local if c not in hosts or _is_party(doc, c)]
    if len(local) >= 2:
        return tuple(sorted(local[:5]))
    counts: dict[str, int] = {}
    for code in _named(doc, 0, len(doc.visible), act, every=True):
        counts[code] = counts.get(code, 0) + 1
    ranked = [c for c in sorted(counts, key=lambda c: (-counts[c], c)) if c not in hosts]
    return tuple(sorted({*local, *ranked[: max(0, 2 - len(local))]}))


def _is_party(doc: Document, code: str) -> bool:
    return sum(p.entity.country == code for p in doc.people) >= 2


def _named(doc: Document, start: int, end: int, act: _Act, *, every: bool = False) -> list[str]:
    found: list[str] = []
    for person in doc.people:
        if start <= person.start < end and (
            every or person is not act.person or _is_party(doc, person.entity.country)
        ):
            code = speaks_for(doc, person)
            if code and code != "VA":
                found.append(code)
    for place in doc.places:
        if start <= place.start < end and place.role == "government":
            code = state_code(place.entity.country)
            if code:
                found.append(code)
    return found if every else list(dict.fromkeys(found))


def _record(doc: Document, act: _Act, venues: list[Found], who: str | None) -> Proposal:
    start, end = doc.original(act.sentence.start, act.sentence.end)
    country = speaks_for(doc, act.person) if act.person else act.country
    sentence = doc.folded.text[act.sentence.start : act.sentence.end]
    confidence = min(v.confidence for v in venues) * (0.95 if who else 0.85)
    return Proposal(
        proposer=act.person.entity.id if act.person else act.country,
        proposer_name=who,
        proposer_country=country,
        venues=tuple(v.entity.id for v in venues),
        venue_names=tuple(v.entity.name for v in venues),
        parties=_parties(doc, act),
        status=act.status,
        start=start,
        end=end,
        confidence=round(confidence, 2),
        rule=f"{venues[0].rule}; by "
        + (
            f"{act.person.how} in the sentence"
            if act.person
            else "state"
            if act.country
            else "nobody named"
        ),
        when=when_named(sentence, doc.day, act.status),
        background=act.status == "hosted" and is_background(sentence, doc.day),
    )
