"""Records with everything filled in that a test does not care about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ingest import ids
from ingest.model import Proposal
from ingest.store.port import ProposalRow

DAY0 = datetime(2026, 3, 2, 9, tzinfo=UTC)


def proposal(
    proposer="leader:lukashenko-alexander",
    name="Alexander Lukashenko",
    country="BY",
    venues=("Minsk",),
    parties=("RU", "UA"),
    status="proposed",
    **more,
) -> Proposal:
    return Proposal(
        proposer=proposer,
        proposer_name=name,
        proposer_country=country,
        venues=tuple(f"place:{venue.lower().replace(' ', '-')}-xx" for venue in venues),
        venue_names=tuple(venues),
        parties=tuple(parties),
        status=status,
        start=more.pop("start", 0),
        end=more.pop("end", 10),
        confidence=more.pop("confidence", 0.87),
        **more,
    )


def proposal_row(day=0, source="courier.example", sentence="", at=None, **more) -> ProposalRow:
    when = at or DAY0 + timedelta(days=day)
    found = more.pop("proposal", None) or proposal(**more)
    article = ids.sha256("test", source, str(when), sentence, str(found))
    return ProposalRow(
        id=f"{article}.p0",
        proposal=found,
        sentence=sentence or f"{found.proposer_name} on {found.venue_names} by {source} {day}",
        article_id=article,
        title="A title",
        url=f"http://{source}/a",
        source=source,
        publisher=source,
        lang="en",
        published_at=when,
        effective_at=when,
        first_stored_at=when,
    )
