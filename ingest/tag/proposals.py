"""Who proposed, agreed, refused or held a meeting where: records made from mentions and roles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.model import VENUE_ROLES, Proposal, Status
from ingest.tag.document import Document, Found, Sentence
from ingest.tag.proposer import choose
from ingest.tag.when import is_background, when_named

_KEPT_CODE = re.compile(r"[A-Z]{2}|NATO")
_OURS = frozenset({"XC", "YU", "CS"})  # our codes for states without one in ISO 3166


@dataclass(slots=True)
class _Act:
    status: Status
    venues: list[Found]
    sentence: Sentence
    person: Found | None
    country: str | None


def find_proposals(doc: Document, weights: Mapping[str, int]) -> list[Proposal]:
    """One record for each act: a status, the venues a sentence names for it, and who says so.

    An act told again by nobody in particular, or by the same person, is not recorded twice.

    Args:
        doc: with roles.
        weights: of who an act is by (`ingest.tag.proposer`).
    """
    telling = {doc.sentence_index(p.start) for p in doc.places if p.role in VENUE_ROLES}
    acts = [act for at in sorted(telling) for act in _acts(doc, doc.read[at], weights)]
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


def _acts(doc: Document, sentence: Sentence, weights: Mapping[str, int]) -> list[_Act]:
    """The acts of a sentence: its venues by status and by who speaks for each."""
    inside = [p for p in doc.places if sentence.start <= p.start < sentence.end]
    acts: list[_Act] = []
    for status in VENUE_ROLES:
        venues = [p for p in inside if p.role == status]
        unique = list({v.entity.id: v for v in reversed(venues)}.values())[::-1]
        by_speaker: dict[tuple[str, str | None], _Act] = {}
        for venue in unique:
            said = choose(doc, sentence, venue, status, weights)
            person = said.found if said.sort in ("person", "recalled") else None
            country = (
                state_code(said.found.entity.country)
                if said.found is not None and said.sort == "state"
                else None
            )
            key = (person.entity.id if person else "", country)
            if key in by_speaker:
                by_speaker[key].venues.append(venue)
            else:
                by_speaker[key] = _Act(status, [venue], sentence, person, country)
        acts += by_speaker.values()
    return sorted(acts, key=lambda act: act.venues[0].start)


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
