"""What the pages show of the board: plain values for the templates. Pure."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ingest.board_changes import title_of
from ingest.board_matrix import ANY_VENUE, matrix
from ingest.lines import line_of, short_name
from ingest.tag.sources import rows
from ingest.web.shown import day, evidence, language, minute, short_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.board import Meeting, Venue
    from ingest.board_matrix import Cell
    from ingest.model import Article

SHORT_ID = 10  # as `summitwatch board` prints it
COURSE_WIDTH = 120  # of the picture of a venue's standings, in its own units
_BARS = {"proposed": (4, 4), "agreed": (2, 8), "hosted": (0, 12), "rejected": (2, 8)}  # y, height


def evidence_ids(meetings: Iterable[Meeting]) -> set[str]:
    """Return the articles whose sentences the board shows."""
    return {venue.newest.article_id for meeting in meetings for venue in meeting.venues}


def meeting_values(
    meeting: Meeting, articles: Mapping[str, Article], timezone: str
) -> dict[str, object]:
    """Return what the board is given of one meeting.

    Args:
        articles: by id, to mark the sentences; a sentence whose article is not here is unmarked.
    """
    latest = {row.stance.country or row.stance.by: row for row in reversed(meeting.stances)}
    return {
        "id": meeting.id,
        "short_id": meeting.id[:SHORT_ID],
        "title": title_of(meeting),
        "parties": [country_name(party) for party in meeting.parties],
        "days": _span(day(meeting.first_at, timezone), day(meeting.last_at, timezone)),
        "days_short": _span(
            short_day(meeting.first_at, timezone), short_day(meeting.last_at, timezone)
        ),
        "background": meeting.background,
        "any_anchor": _anchor(meeting, ""),
        "table": _table(meeting, timezone),
        "venues": [
            _venue_values(venue, articles.get(venue.newest.article_id), timezone)
            | {"anchor": _anchor(meeting, venue.entity)}
            for venue in meeting.venues
        ],
        "stances": [
            {
                "by": row.stance.by_name,
                "stand": row.stance.stand,
                "when": short_day(row.effective_at, timezone),
                "sentence": row.sentence,
                "lang": row.lang,
                "language": language(row.lang),
                "outlet": row.publisher or row.source,
                "article": row.article_id,
            }
            for row in sorted(latest.values(), key=lambda row: row.effective_at, reverse=True)
        ],
    }


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"


@cache
def _country_names() -> dict[str, str]:
    return {row[0]: row[1] for row in rows("countries.tsv")}


def country_name(code: str) -> str:
    """Return `Belarus` for `BY`; the code itself where we know no name."""
    return _country_names().get(code, code)


def _table(meeting: Meeting, timezone: str) -> dict[str, object]:
    """The matrix, each venue with the course of its standings."""
    found = matrix(meeting)
    venues = {venue.entity: venue for venue in meeting.venues}
    return {
        "parties": [(party, country_name(party)) for party in found.parties],
        "has_others": bool(found.others),
        "rows": [
            {
                "name": "Any venue" if row.name == ANY_VENUE else row.name,
                "anchor": _anchor(meeting, row.entity),
                "standing": row.standing,
                "outlets": venues[row.entity].outlets if row.entity else "",
                "course": course(venues[row.entity], meeting, timezone) if row.entity else None,
                "cells": [_cell_values(row.cells.get(party), timezone) for party in found.parties],
                "others": [
                    (party, country_name(party), _cell_values(row.cells[party], timezone))
                    for party in found.others
                    if party in row.cells
                ],
            }
            for row in found.rows
        ],
    }


def _anchor(meeting: Meeting, entity: str) -> str:
    return f"{meeting.id[:SHORT_ID]}-{entity.partition(':')[2] or 'any'}"


def _cell_values(cell: Cell | None, timezone: str) -> dict[str, str] | None:
    if cell is None:
        return None
    return {
        "stance": cell.stance,
        "by": short_name(cell.by_id, cell.by) if ":" in cell.by_id else "",
        "when": short_day(cell.at, timezone),
        "article": cell.article_id,
    }


def course(venue: Venue, meeting: Meeting, timezone: str) -> dict[str, object]:
    """Return the standings that a venue took as bars over the days of its meeting, and in words."""
    whole = (meeting.last_at - meeting.first_at).total_seconds()
    starts = [
        COURSE_WIDTH * (turn.row.effective_at - meeting.first_at).total_seconds() / whole
        if whole
        else 0.0
        for turn in venue.history
    ]
    ends = [*starts[1:], float(COURSE_WIDTH)]
    return {
        "bars": [
            {
                "standing": turn.standing,
                "x": round(min(x, COURSE_WIDTH - 2.0), 1),
                "width": round(max(end - x, 2.0), 1),
                "y": _BARS[turn.standing][0],
                "height": _BARS[turn.standing][1],
            }
            for turn, x, end in zip(venue.history, starts, ends, strict=True)
        ],
        "words": ", ".join(
            f"{turn.standing} {short_day(turn.row.effective_at, timezone)}"
            for turn in venue.history
        ),
    }


def _venue_values(venue: Venue, article: Article | None, timezone: str) -> dict[str, object]:
    row = venue.newest
    said: dict[str, list[str]] = {}
    for stance in venue.stances:
        if stance.by:
            name = short_name(stance.by, stance.row.proposal.proposer_name)
            since = short_day(stance.since, timezone)
            said.setdefault(stance.status, []).append(f"{name} ({since})")
    return {
        "name": venue.name,
        "standing": venue.standing,
        "since": short_day(venue.since, timezone),
        "outlets": venue.outlets,
        "said": said,
        "line": line_of(row, timezone),
        "pieces": evidence(row, article),
        "lang": row.lang,
        "language": language(row.lang),
        "outlet": row.publisher or row.source,
        "when": minute(row.effective_at, timezone),
        "iso": row.effective_at.isoformat(),
        "title": row.title or "untitled",
        "article": row.article_id,
    }
