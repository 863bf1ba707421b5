"""What is different on the board between two looks at it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ingest.board_matrix import matrix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.board import Meeting


@dataclass(frozen=True, slots=True)
class Word:
    """A standing of a venue or of a party on it: who made it so, when, where, in which sentence."""

    standing: str
    by: str = ""
    at: datetime | None = None
    source: str = ""
    sentence: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class SeenVenue:
    """A venue of a look: its standing, and each party's."""

    name: str
    word: Word
    parties: dict[str, Word] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeenMeeting:
    """A meeting of a look; venues by entity id, "any venue" under ""."""

    title: str
    venues: dict[str, SeenVenue]


@dataclass(frozen=True, slots=True)
class Look:
    """The board as somebody saw it at a time."""

    at: datetime | None
    meetings: dict[str, SeenMeeting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        kind: `venue` (new on the board), `standing` (of a venue), `stance` (of a party on it),
            `gone` (no report of it is left).
        party: of a `stance`, else "".
        before: "" where there was nothing.
    """

    meeting: str
    title: str
    kind: str
    venue: str
    party: str
    before: str
    word: Word


def title_of(meeting: Meeting) -> str:
    """Return how a meeting is called: the desk's name for it, else its parties."""
    return meeting.name or "-".join(meeting.parties) or "parties not named"


def look_at(meetings: Iterable[Meeting], at: datetime | None) -> Look:
    """Return what there is to compare of a board."""
    return Look(at, {meeting.id: _seen(meeting) for meeting in meetings})


def _seen(meeting: Meeting) -> SeenMeeting:
    venues: dict[str, SeenVenue] = {}
    newest = {venue.entity: venue.history[-1].row for venue in meeting.venues}
    for row in matrix(meeting).rows:
        parties = {
            party: Word(cell.stance, cell.by, cell.at, cell.source, cell.sentence, cell.url)
            for party, cell in row.cells.items()
        }
        report = newest.get(row.entity)
        word = Word("")
        if report is not None:
            word = Word(
                row.standing,
                report.proposal.proposer_name or "",
                report.effective_at,
                report.source,
                report.sentence,
                report.url,
            )
        venues[row.entity] = SeenVenue(row.name, word, parties)
    return SeenMeeting(title_of(meeting), venues)


def changes(before: Look, now: Look) -> list[Change]:
    """Return what is different: new venues, new or reversed standings, what is gone.

    A venue that only went over from one meeting to another, with more reports in hand, is neither
    new nor gone.
    """
    found: list[Change] = []
    held = {(e, v.word.standing, v.word.sentence) for e, v in _venues(before)}
    there = {entity for entity, _venue in _venues(now)}
    for key, meeting in now.meetings.items():
        former = before.meetings.get(key)
        old_venues = former.venues if former else {}
        for entity, venue in meeting.venues.items():
            old = old_venues.get(entity)
            moved = (entity, venue.word.standing, venue.word.sentence) in held
            if old is not None or not moved:
                found += _of_venue(key, meeting.title, entity, venue, old)
    for key, meeting in before.meetings.items():
        found += [
            _change(key, meeting.title, "gone", venue.name, venue.word.standing)
            for entity, venue in meeting.venues.items()
            if entity and entity not in there
        ]
    return found


def _venues(look: Look) -> list[tuple[str, SeenVenue]]:
    return [pair for meeting in look.meetings.values() for pair in meeting.venues.items()]


def _change(meeting: str, title: str, kind: str, venue: str, before: str) -> Change:
    return Change(meeting, title, kind, venue, "", before, Word(""))


def _of_venue(
    key: str, title: str, entity: str, venue: SeenVenue, old: SeenVenue | None
) -> list[Change]:
    found: list[Change] = []
    if entity and old is None:
        found.append(Change(key, title, "venue", venue.name, "", "", venue.word))
    elif old is not None and old.word.standing != venue.word.standing:
        found.append(Change(key, title, "standing", venue.name, "", old.word.standing, venue.word))
    for party, word in venue.parties.items():
        former = old.parties[party].standing if old and party in old.parties else ""
        # the word that brought the venue, or turned its standing, is told already
        told = any(change.word.sentence == word.sentence for change in found)
        if word.standing != former and not told:
            found.append(Change(key, title, "stance", venue.name, party, former, word))
    return found


def dump_look(look: Look) -> str:
    """Write a look as JSON."""
    return msgspec.json.encode(look).decode()


def load_look(text: str) -> Look | None:
    """Read what `dump_look` wrote; None where another version did."""
    try:
        return msgspec.json.decode(text.encode(), type=Look)
    except (msgspec.MsgspecError, UnicodeError):
        return None
