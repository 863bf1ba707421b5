"""Who proposed, agreed, refused or held a meeting where: records made from mentions and roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.model import VENUE_ROLES, Proposal, Status
from ingest.tag.document import Document, Found, Sentence
from ingest.tag.proposer import Choice, Scene, state_code
from ingest.tag.when import is_background, when_named

_WHERE = {"recalled": "before", "told": "in the sentence before", "next": "in the sentence after"}


@dataclass(slots=True)
class _Act:
    status: Status
    venues: list[Found]
    sentence: Sentence
    by: Choice

    @property
    def person(self) -> Found | None:
        return self.by.one.person

    @property
    def country(self) -> str | None:
        return None if self.person else self.by.one.who or None


def find_proposals(doc: Document, weights: Mapping[str, int]) -> list[Proposal]:
    """One record for each act: a status, the venues a sentence names for it, and who says so.

    A place is offered, agreed on, refused or used once in an article, however often that is told: by
    the first sentence that names somebody for it, or else by the first.

    Args:
        doc: with roles.
        weights: of who an act is by (`ingest.tag.proposer`).
    """
    told: dict[tuple[str, Status], _Act] = {}
    scene: Scene | None = None
    for venue in sorted(doc.places, key=lambda place: place.start):
        if venue.role not in VENUE_ROLES:
            continue
        key = venue.entity.id, venue.role
        if key in told and told[key].by.one.who:
            continue
        sentence = doc.read[doc.sentence_index(venue.start)]
        if scene is None or scene.sentence is not sentence:
            scene = Scene(doc, sentence)
        by = scene.choose(venue, venue.role, weights)
        if key not in told or by.one.who:
            told[key] = _Act(venue.role, [venue], sentence, by)
    acts: dict[tuple[int, Status, str], _Act] = {}
    for act in sorted(told.values(), key=lambda act: act.venues[0].start):
        same = acts.setdefault((act.sentence.start, act.status, act.by.one.who), act)
        if same is not act:
            same.venues += act.venues
    return [_record(doc, act) for act in acts.values()]


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


def _named_how(act: _Act) -> str:
    """How and where whoever an act is by is named, for people to read."""
    if not act.by.one.who:
        return "nobody named"
    where = _WHERE.get(act.by.one.sort, "in the sentence")
    return f"{act.person.how if act.person else 'state'} {where}"


def _record(doc: Document, act: _Act) -> Proposal:
    venues, person = act.venues, act.person
    who = person.entity.name if person else act.country
    start, end = doc.original(act.sentence.start, act.sentence.end)
    country = speaks_for(doc, person) if person else act.country
    sentence = doc.folded.text[act.sentence.start : act.sentence.end]
    confidence = min(v.confidence for v in venues) * (0.95 if who else 0.85)
    return Proposal(
        proposer=person.entity.id if person else act.country,
        proposer_name=who,
        proposer_country=country,
        venues=tuple(v.entity.id for v in venues),
        venue_names=tuple(v.entity.name for v in venues),
        parties=_parties(doc, act),
        status=act.status,
        start=start,
        end=end,
        confidence=round(confidence, 2),
        rule=f"{venues[0].rule}; by {_named_how(act)} ({act.by.chance:.2f}: {act.by.why})",
        when=when_named(sentence, doc.day, act.status),
        background=act.status == "hosted" and is_background(sentence, doc.day),
    )
