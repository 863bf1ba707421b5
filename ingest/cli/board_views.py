"""The board's other views: the matrix, the history of standings, what is different."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from ingest.board_changes import title_of
from ingest.board_matrix import matrix
from ingest.cli.output import clean, console, iso, quoted, say
from ingest.lines import short_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ingest.board import Meeting, Turn, Venue
    from ingest.board_changes import Change
    from ingest.board_matrix import Cell

SHORT_ID = 10
STYLES = {
    "proposed": "yellow",
    "agreed": "green",
    "rejected": "red",
    "hosted": "blue",
    "refused": "red",
    "ready": "green",
}


def print_matrix(meeting: Meeting, timezone: str) -> None:
    """Print venues down, parties across; what others say (a host, a mediator) in one column."""
    found = matrix(meeting)
    table = Table(
        title=f"Meeting {title_of(meeting)}  {meeting.id[:SHORT_ID]}", title_justify="left"
    )
    for column in ("venue", "standing", *found.parties, *(("others",) if found.others else ())):
        table.add_column(column, overflow="fold")
    for row in found.rows:
        cells = [_cell(row.cells.get(party), timezone) for party in found.parties]
        told = [(party, row.cells[party]) for party in found.others if party in row.cells]
        others = Text("\n").join(
            Text(f"{party} ").append_text(_cell(cell, timezone, " ")) for party, cell in told
        )
        table.add_row(
            clean(row.name),
            Text(row.standing, STYLES.get(row.standing, "")),
            *cells,
            *((others,) if found.others else ()),
        )
    console().print(table)


def _cell(cell: Cell | None, timezone: str, gap: str = "\n") -> Text:
    if cell is None:
        return Text("")
    who = f"{clean(short_name(cell.by_id, cell.by))}, " if ":" in cell.by_id else ""
    text = Text(cell.stance, STYLES.get(cell.stance, ""))
    text.append(f"{gap}{who}{day(cell.at, timezone)}, {clean(cell.source)}", "default")
    return text


def matrix_json(meeting: Meeting) -> dict[str, Any]:
    """The matrix as JSON: rows of venues with cells by party."""
    found = matrix(meeting)
    return {
        "parties": list(found.parties),
        "others": list(found.others),
        "rows": [
            {
                "venue": row.entity or None,
                "name": row.name,
                "standing": row.standing or None,
                "cells": {
                    party: {
                        "stance": cell.stance,
                        "by": cell.by,
                        "by_id": cell.by_id,
                        "at": iso(cell.at),
                        "source": cell.source,
                        "sentence": cell.sentence,
                        "url": cell.url,
                        "article": cell.article_id,
                    }
                    for party, cell in sorted(row.cells.items())
                },
            }
            for row in found.rows
        ],
    }


def history_json(meeting: Meeting) -> list[dict[str, Any]]:
    """Every standing that a venue of the meeting took, oldest first."""
    return [
        {
            "at": iso(turn.row.effective_at),
            "venue": venue.entity,
            "name": venue.name,
            "before": turn.before or None,
            "standing": turn.standing,
            "by": turn.row.proposal.proposer_name,
            "sentence": turn.row.sentence,
            "source": turn.row.source,
            "article": turn.row.article_id,
        }
        for turn, venue in _turns(meeting)
    ]


def _turns(meeting: Meeting) -> list[tuple[Turn, Venue]]:
    turns = [(turn, venue) for venue in meeting.venues for turn in venue.history]
    return sorted(turns, key=lambda pair: (pair[0].row.effective_at, pair[1].entity))


def print_history(meeting: Meeting, timezone: str) -> None:
    """Print the standings that its venues took, oldest first."""
    for turn, venue in _turns(meeting):
        by = turn.row.proposal.proposer_name
        came = f"{turn.before} -> {turn.standing}" if turn.before else turn.standing
        said = f"{came} by {clean(by)}" if by else came
        at = turn.row.effective_at.astimezone(ZoneInfo(timezone))
        say(f"    {at:%Y-%m-%d}  {clean(venue.name)}: {said}, {clean(turn.row.source)}", "dim")


def print_stances(meeting: Meeting, timezone: str) -> None:
    """Print the refusals and readiness without a place, the newest of each party."""
    seen: set[str] = set()
    for row in meeting.stances:
        key = row.stance.country or row.stance.by
        if key in seen:
            continue
        seen.add(key)
        when = day(row.effective_at, timezone)
        say(f"  any venue             {clean(row.stance.by_name)}: {row.stance.stand} ({when})")
        say(f"    {quoted(row.sentence)}")
        at = f"{row.effective_at:%Y-%m-%d %H:%M}Z"
        say(f"    {row.lang}, {clean(row.publisher or row.source)}, {at}, {row.url}", "dim")


def print_changes(found: Sequence[Change], timezone: str) -> None:
    """Print what is different, meeting by meeting."""
    meeting = ""
    for change in found:
        if change.meeting != meeting:
            meeting = change.meeting
            say(f"Meeting {clean(change.title)}  {meeting[:SHORT_ID]}", style="bold underline")
        _print_change(change, timezone)


def _print_change(change: Change, timezone: str) -> None:
    word = change.word
    venue = clean(change.venue)
    if change.kind == "gone":
        say(f"  - {venue}: no report of it is left (was {change.before})")
        return
    what = f"{change.before or 'nothing'} -> {word.standing}"
    if change.kind == "venue":
        line = f"  + {venue}: {word.standing}"
    elif change.kind == "standing":
        line = f"  ~ {venue}: {what}"
    else:
        line = f"  ~ {change.party} on {venue}: {what}"
    by = f" by {clean(word.by)}" if word.by and word.by != change.party else ""
    when = f", {day(word.at, timezone)}" if word.at else ""
    say(f"{line}{by}{when}, {clean(word.source)}", style=STYLES.get(word.standing, ""))
    say(f"    {quoted(word.sentence)}")


def change_json(change: Change) -> dict[str, Any]:
    """One difference as JSON."""
    word = change.word
    return {
        "meeting": change.meeting,
        "title": change.title,
        "kind": change.kind,
        "venue": change.venue,
        "party": change.party or None,
        "before": change.before or None,
        "now": word.standing or None,
        "by": word.by or None,
        "at": iso(word.at),
        "source": word.source or None,
        "sentence": word.sentence or None,
        "url": word.url or None,
    }


def day(moment: datetime, timezone: str) -> str:
    """Return `4 Mar` in the desk's zone."""
    local = moment.astimezone(ZoneInfo(timezone))
    return f"{local.day} {local:%b}"
