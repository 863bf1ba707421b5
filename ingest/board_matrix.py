"""The matrix of a meeting: venues down, parties across, each cell that party's latest word. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.board import Meeting, StanceRow
    from ingest.store.port import ProposalRow

ANY_VENUE = "any venue"


@dataclass(frozen=True, slots=True)
class Cell:
    """A party's latest word on a venue (or on meeting at all), and where it stands.

    Attributes:
        stance: proposed, agreed, rejected or hosted; of "any venue" refused or ready.
        by: who said it for the party: a leader's name, or the party's code itself; `by_id` is
            the leader's entity id, or the code.
    """

    stance: str
    by: str
    by_id: str
    at: datetime
    source: str
    sentence: str
    url: str
    article_id: str


@dataclass(frozen=True, slots=True)
class Row:
    """A venue with the words on it by party; `standing` is "" of "any venue"."""

    entity: str
    name: str
    standing: str
    cells: dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Matrix:
    """`parties` are the meeting's own, then the others who spoke (a host, a mediator)."""

    parties: tuple[str, ...]
    others: tuple[str, ...]
    rows: tuple[Row, ...]


def matrix(meeting: Meeting) -> Matrix:
    """Return the matrix of a meeting.

    A speaker counts for the state that he held office for on the article's day.
    """
    rows = [
        Row(venue.entity, venue.name, venue.standing, _venue_cells(meeting, venue.entity))
        for venue in meeting.venues
    ]
    if meeting.stances:
        rows.append(Row("", ANY_VENUE, "", _any_cells(meeting)))
    spoke = {party for row in rows for party in row.cells}
    return Matrix(
        meeting.parties,
        tuple(sorted(spoke - set(meeting.parties))),
        tuple(rows),
    )


def _venue_cells(meeting: Meeting, entity: str) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    venue = next(v for v in meeting.venues if v.entity == entity)
    for stance in sorted(venue.stances, key=lambda s: (s.row.effective_at, s.row.id)):
        row = stance.row
        party = row.proposal.proposer_country
        if party:
            who = row.proposal
            cells[party] = _cell(
                row, stance.status, who.proposer_name or party, who.proposer or party
            )
    return cells


def _any_cells(meeting: Meeting) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for row in reversed(meeting.stances):
        said = row.stance
        if said.country:
            cells[said.country] = _cell(row, said.stand, said.by_name, said.by)
    return cells


def _cell(row: ProposalRow | StanceRow, stance: str, by: str, by_id: str) -> Cell:
    return Cell(
        stance,
        by,
        by_id,
        row.effective_at,
        row.source,
        row.sentence,
        row.url,
        row.article_id,
    )
