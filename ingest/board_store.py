"""The board of a store: its reports and stances read, what is known of meetings kept."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.articles import STANCE_FLAG
from ingest.board import StanceRow, board, parts_of
from ingest.board_changes import Look, dump_look, load_look
from ingest.board_known import dump_known, load_known, remembered
from ingest.errors import StoreError
from ingest.model import Note
from ingest.query.ast import All, And, DateRange, FieldIs
from ingest.store.port import Search
from ingest.tag.desk import corrections_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ingest.board import Meeting, Part
    from ingest.board_known import Known
    from ingest.store.port import ProposalRow, Store

MEETINGS = "meetings"
LAST_LOOK = "board-last-look"
PAGE = 500
TRIES = 3


def known_meetings(store: Store) -> tuple[Known, ...]:
    """Return the meetings that the store has seen."""
    note = store.get(Note, MEETINGS)
    return load_known(note.value) if note else ()


def read_board(
    store: Store,
    *,
    since: datetime | None,
    until: datetime | None = None,
    known_at: datetime | None = None,
    parties: Sequence[str] = (),
    remember: bool = False,
) -> tuple[Meeting, ...]:
    """Return the board.

    Args:
        since, until: reports published then; None is open.
        known_at: only what the store held at that time.
        remember: note the meetings, so that they keep their ids; where the store cannot be
            written the board is shown all the same.

    Raises:
        StoreError: it cannot be read.
        SettingsError: the stored corrections cannot be read.
    """
    rows = store.proposals(All(), since=since, until=until)
    told = list(stance_rows(store, since, until))
    if known_at is not None:
        rows = [row for row in rows if row.first_stored_at <= known_at]
        told = [row for row in told if row.first_stored_at <= known_at]
    if remember:
        with contextlib.suppress(StoreError):
            remember_meetings(store, rows)
    _number, corrections = corrections_of(store)
    return board(
        rows,
        parties,
        known=known_meetings(store),
        corrections=corrections.meetings,
        stances=told,
    )


def stance_rows(
    store: Store, since: datetime | None, until: datetime | None
) -> Iterator[StanceRow]:
    """Yield the refusals and readiness without a place, newest first."""
    flagged = FieldIs("flag", (STANCE_FLAG,))
    node = And((flagged, DateRange(since, until))) if since or until else flagged
    cursor = ""
    while True:
        page = store.search(Search(node, sort="newest", limit=PAGE, cursor=cursor, highlight=False))
        for article in (hit.article for hit in page.hits):
            for stance in article.stances:
                yield StanceRow(
                    stance,
                    article.text[stance.start : stance.end],
                    article.id,
                    article.url,
                    article.source,
                    article.publisher,
                    article.lang,
                    article.effective_at,
                    article.first_stored_at,
                )
        cursor = page.next
        if not cursor:
            return


def remember_meetings(store: Store, rows: Sequence[ProposalRow]) -> None:
    """Note the meetings of these reports with their ids; one that goes on keeps its own.

    Raises:
        StoreError: the store cannot be written.
    """
    for _ in range(TRIES):
        note = store.get(Note, MEETINGS) or Note(MEETINGS, "")
        known = load_known(note.value)
        parts: Mapping[str, Part] = parts_of(rows, known)
        after = remembered(known, parts)
        if after == known or store.put([replace(note, value=dump_known(after))])[0] is not None:
            return


def last_look(store: Store) -> Look | None:
    """Return the board as it was when somebody last asked for its changes."""
    note = store.get(Note, LAST_LOOK)
    return load_look(note.value) if note else None


def keep_look(store: Store, look: Look) -> None:
    """Keep a look for the next `--since-last`; of two at once the later one stays."""
    note = store.get(Note, LAST_LOOK) or Note(LAST_LOOK, "")
    store.put([replace(note, value=dump_look(look))])
