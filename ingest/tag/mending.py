"""Corrections at work: on the reading of a text before its proposals are made, then on those."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from ingest.model import Proposal, Role, Status
from ingest.tag.document import Document, Found
from ingest.tag.features import read_sentences
from ingest.tag.gazetteer import Entity

if TYPE_CHECKING:
    from ingest.tag.corrections import Correction, Corrections, Place
    from ingest.tag.gazetteer import Gazetteer

CORRECTED = "corrected"


def rule_of(one: Correction) -> str:
    """Return what stands as the rule of what the desk decided."""
    return f"{CORRECTED} {one.id} by {one.by}"


def mend_mentions(doc: Document, corrections: Corrections, article: str) -> None:
    """Apply the corrections of mentions to `doc.people` and `doc.places`."""
    held = corrections.find(doc.folded.text, doc.sentences, article)
    for one, place in held:
        if one.kind == "mention":
            _mend_mention(doc, one, place)
    doc.people.sort(key=lambda f: f.start)
    doc.places.sort(key=lambda f: f.start)
    if doc.places and not doc.read:
        doc.read = read_sentences(doc)


def _mend_mention(doc: Document, one: Correction, place: Place) -> None:
    standing = [
        f for f in (*doc.people, *doc.places) if f.start < place.end and place.start < f.end
    ]
    exact = [f for f in standing if (f.start, f.end) == (place.start, place.end)]
    now = _corrected(doc, one, place, next(iter(exact or standing), None))
    if now is None and not one.none:
        return  # a role for what is no mention any more
    doc.people[:] = [f for f in doc.people if f not in standing]
    doc.places[:] = [f for f in doc.places if f not in standing]
    if now is not None:
        (doc.people if now.kind == "leader" else doc.places).append(now)


def _corrected(doc: Document, one: Correction, place: Place, found: Found | None) -> Found | None:
    if one.none:
        return None
    entity = entity_of(doc.gazetteer, one.entity) if one.entity else found.entity if found else None
    if entity is None:
        return None
    kind = "leader" if entity.id.startswith("leader:") else "venue"
    role = one.role or (found.role if found else None) or "location"
    return Found(
        place.start,
        place.end,
        entity,
        kind,
        found.how if found and found.kind == kind else ("full" if kind == "leader" else "name"),
        rule_of(one),
        1.0,
        cast("Role", role) if kind == "venue" else None,
    )


def entity_of(gazetteer: Gazetteer, entity_id: str) -> Entity:
    """Return the entity with this id; one that is gone keeps its id as its name."""
    found = gazetteer.entity(entity_id)
    if found is not None:
        return found
    kind = "leader" if entity_id.startswith("leader:") else "city"
    return Entity(entity_id, kind, entity_id.partition(":")[2])


def mend_proposals(
    doc: Document, proposals: list[Proposal], corrections: Corrections, article: str
) -> list[Proposal]:
    """Return the proposals with the corrections applied; one that the tagger lost is made anew."""
    mended = list(proposals)
    for one, place in corrections.find(doc.folded.text, doc.sentences, article):
        if one.kind != "proposal":
            continue
        bounds = doc.original(*place.sentence)
        at = _fitting(mended, one, bounds)
        if one.none:
            if at is not None:
                del mended[at]
            continue
        if at is not None:
            mended[at] = _proposal(doc, one, mended[at])
        elif one.was.venues and one.was.status:
            mended.append(_proposal(doc, one, _former(doc, one, bounds)))
    return sorted(mended, key=lambda p: p.start)


def _fitting(proposals: list[Proposal], one: Correction, bounds: tuple[int, int]) -> int | None:
    """Index of the proposal of a sentence that is most like the one that was corrected."""
    best: tuple[int, int] | None = None
    for at, proposal in enumerate(proposals):
        shared = set(proposal.venues) & {*one.was.venues, *(one.venues or ())}
        if not (bounds[0] <= proposal.start < bounds[1]) or not shared:
            continue
        points = 4 * (proposal.status == one.was.status) + 2 * len(shared)
        points += proposal.proposer == one.was.proposer
        if best is None or points > best[0]:
            best = points, at
    return best[1] if best else None


def _proposal(doc: Document, one: Correction, proposal: Proposal) -> Proposal:
    if one.proposer is not None:
        proposal = _by(doc, one.proposer, proposal)
    if one.venues:
        names = tuple(entity_of(doc.gazetteer, venue).name for venue in one.venues)
        proposal = replace(proposal, venues=one.venues, venue_names=names)
    if one.status is not None:
        proposal = replace(proposal, status=cast("Status", one.status), background=False)
    if one.parties is not None:
        proposal = replace(proposal, parties=one.parties)
    return replace(proposal, confidence=1.0, rule=rule_of(one))


def _by(doc: Document, who: str, proposal: Proposal) -> Proposal:
    """The proposal with another proposer: an entity id, an ISO code, or "" for nobody."""
    if not who.startswith("leader:"):
        code = who or None
        return replace(proposal, proposer=code, proposer_name=code, proposer_country=code)
    entity = entity_of(doc.gazetteer, who)
    office = doc.gazetteer.office_at(entity, doc.day)
    return replace(
        proposal,
        proposer=entity.id,
        proposer_name=entity.name,
        proposer_country=(office.country if office else entity.country) or None,
    )


def _former(doc: Document, one: Correction, bounds: tuple[int, int]) -> Proposal:
    was = one.was
    made = Proposal(
        proposer=None,
        proposer_name=None,
        proposer_country=None,
        venues=was.venues,
        venue_names=tuple(entity_of(doc.gazetteer, venue).name for venue in was.venues),
        parties=was.parties,
        status=cast("Status", was.status),
        start=bounds[0],
        end=bounds[1],
    )
    return _by(doc, was.proposer or "", made)
