"""Who proposed, agreed, refused or held a meeting where: from the roles."""

from __future__ import annotations

from ingest.model import VENUE_ROLES, Mention, Proposal
from ingest.tag.document import Document


def find_proposals(doc: Document, mentions: list[Mention]) -> list[Proposal]:
    """One record for each status and sentence that names a venue, merged within the article."""
    made: list[Proposal] = []
    seen: set[tuple[str, str]] = set()
    for start in dict.fromkeys(m.sentence_start for m in mentions):
        inside = [m for m in mentions if m.sentence_start == start]
        leader = next((m for m in inside if m.kind == "leader"), None)
        for status in VENUE_ROLES:
            venues = [m for m in inside if m.role == status and (m.entity, status) not in seen]
            if not venues:
                continue
            seen.update((m.entity, status) for m in venues)
            entity = doc.gazetteer.entity(leader.entity) if leader else None
            made.append(
                Proposal(
                    proposer=leader.entity if leader else None,
                    proposer_name=leader.name if leader else None,
                    proposer_country=entity.country if entity else None,
                    venues=tuple(dict.fromkeys(m.entity for m in venues)),
                    venue_names=tuple(dict.fromkeys(m.name for m in venues)),
                    parties=(),
                    status=status,
                    start=start,
                    end=inside[0].sentence_end,
                    confidence=0.5,
                    rule="sentence",
                )
            )
    return made
