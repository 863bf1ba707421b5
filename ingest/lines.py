"""The one English line that leads every record, made from its fields alone."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ingest.query.analysis import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.model import Proposal, Status
    from ingest.store.port import ProposalRow

PERHAPS_BELOW = 0.5  # a reader must see that such a line may be wrong


def short_name(entity: str | None, name: str | None) -> str:
    """Return the surname where the entity's id tells which word it is, else the whole name.

    `leader:lukashenko-alexander`, "Alexander Lukashenko" -> "Lukashenko".
    """
    if not name:
        return "nobody named"
    if entity is None or not entity.startswith("leader:"):
        return name
    key = entity.removeprefix("leader:").partition("-")[0]
    return next((word for word in name.split() if fold(word) == key), name)


def listed(words: Sequence[str], last: str) -> str:
    """Join: `a`, `a or b`, `a, b or c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def who(proposal: Proposal) -> str:
    """Return `Lukashenko (BY)`, `UA` or ""."""
    name = proposal.proposer_name
    if not name:
        return ""
    short = short_name(proposal.proposer, name)
    country = proposal.proposer_country
    return f"{short} ({country})" if country and country != short else short


def talks(parties: Sequence[str]) -> str:
    """Return ` for RU-UA-US talks`, or "" where nobody is named."""
    return f" for {'-'.join(parties)} talks" if parties else ""


def act(proposal: Proposal) -> str:
    """Say who did what with which venues, without date and confidence."""
    by, parties = who(proposal), talks(proposal.parties)
    venues = proposal.venue_names
    status: Status = proposal.status
    match status:
        case "proposed":
            places = listed(venues, "or")
            if not by:
                return f"{places} {'is' if len(venues) == 1 else 'are'} floated{parties}"
            return f"{by} offers {places}{parties}"
        case "agreed":
            said = f"{by}: " if by else ""
            return f"{said}{listed(venues, 'and')} agreed{parties}"
        case "rejected":
            if not by:
                return f"{listed(venues, 'and')} ruled out{parties}"
            return f"{by} refuses {listed(venues, 'and')}{parties}"
        case "hosted":
            said = f"{by}: " if by else ""
            meeting = f"{'-'.join(proposal.parties)} talks" if proposal.parties else "talks"
            return f"{said}{meeting} held in {listed(venues, 'and')}"


def line_of(row: ProposalRow, timezone: str = "UTC") -> str:
    """Return `4 Mar: Lukashenko (BY) offers Minsk or Geneva for RU-UA talks; confidence .87`."""
    proposal = row.proposal
    day = row.effective_at.astimezone(ZoneInfo(timezone))
    perhaps = "perhaps " if proposal.confidence < PERHAPS_BELOW else ""
    shown = f"{min(proposal.confidence, 0.99):.2f}".lstrip("0")
    recalled = " (recalled)" if proposal.background else ""
    return f"{day.day} {day:%b}: {perhaps}{act(proposal)}{recalled}; confidence {shown}"
