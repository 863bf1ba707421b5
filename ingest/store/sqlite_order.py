"""The order of hits: by time along an index, by relevance among the likeliest."""

# ruff: noqa: S608  table and column names are ours, never a user's; values are bound
from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ingest.query.ast import All, And, Node, Or, Phrase, Prefix, Word
from ingest.store.bits import CHUNK, Bits
from ingest.store.relevance import (
    MAX_SCORED,
    MAX_WORDS,
    TITLE_WEIGHT,
    Counter,
    FullText,
    full_text,
    rarity,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ingest.store.cursor import Cursor

Row = tuple[float, str, str, int]
"""score, effective_at, id, rowid: what hits are sorted by, in that order."""

_BATCH = 500
_ONE = ord("1")
_ROWS = msgspec.json.Decoder(list[int])


class SqliteOrder:
    """Sorts the hits of one search; `find` gives the articles that match a node."""

    def __init__(self, db: sqlite3.Connection, find: Callable[[Node], Bits]) -> None:
        self._db, self._find = db, find

    def by_time(
        self, found: Bits, after: tuple[str, str] | None, count: int, *, newest: bool
    ) -> list[Row]:
        """Return the first rows after (effective_at, id) in that order."""
        # To walk the index until enough are met costs total * count / found steps, to fetch all
        # of them and sort some four steps each.
        if 4 * len(found) ** 2 <= self._total() * count:
            rows = [
                row
                for row in self._rows(found)
                if after is None or _beyond(row[1:3], after, newest=newest)
            ]
            return sorted(rows, reverse=newest)[:count]
        compare, way = ("<", "DESC") if newest else (">", "ASC")
        where = f"WHERE (effective_at, id) {compare} (?, ?)" if after else ""
        flags = {chunk: found.flags(chunk) for chunk in found.chunks}
        rows = []
        for moment, article_id, rowid in self._db.execute(
            f"SELECT effective_at, id, rowid FROM article {where} "
            f"ORDER BY effective_at {way}, id {way}",
            after or (),
        ):
            chunk, place = divmod(rowid, CHUNK)
            if chunk in flags and flags[chunk][place] == _ONE:
                rows.append((0.0, moment, article_id, rowid))
                if len(rows) == count:
                    break
        return rows

    def by_relevance(self, node: Node, found: Bits, cursor: Cursor | None, count: int) -> list[Row]:
        """Return the first rows after the cursor by (score, effective_at, id), downwards."""
        words = list(_scored(node))
        if not words:
            after = (str(cursor.values[1]), cursor.id) if cursor else None
            return self.by_time(found, after, count, newest=True)
        weights = {word: rarity(self._total(), len(self._find(word))) for word in words}
        rows = self._ranked(weights, found, (cursor.seen if cursor else 0) + count)
        if cursor:
            last = (*cursor.values, cursor.id)
            rows = [row for row in rows if row[:3] < last]
        return sorted(rows, reverse=True)[:count]

    def _ranked(self, weights: Mapping[FullText, float], found: Bits, count: int) -> list[Row]:
        """Return the first rows, at least `count` where there are, with their scores.

        Of very many hits the likeliest are scored, those with the rarest words, in the title
        rather than in the text, the newest of them; the rest follow in that order.
        """
        if len(found) <= MAX_SCORED:
            return self._scored_rows(weights, self._rows(found))
        wanted = max(MAX_SCORED, count)
        rows: list[Row] = []
        scored: list[Row] = []
        for rank, group in enumerate(self._groups(weights, found), start=1):
            members = self.by_time(group, None, wanted - len(rows), newest=True)
            window = members[: max(0, MAX_SCORED - len(rows))]
            scored += window
            rows += [(1.0 / (1 + rank), *row[1:]) for row in members]
            if len(rows) >= wanted:
                break
        top = self._scored_rows(weights, scored)
        least = min(row[0] for row in top)
        return top + [(row[0] * least, *row[1:]) for row in rows[len(scored) :]]

    def _groups(self, weights: Mapping[FullText, float], found: Bits) -> list[Bits]:
        """Part the hits by which words they have, and where; the likeliest first."""
        groups = [(0.0, found)]
        for word in sorted(weights, key=lambda word: -weights[word])[:MAX_WORDS]:
            table, expressions = full_text(word)
            title = rows_of(
                self._db,
                f"SELECT rowid AS row FROM {table} WHERE {table} MATCH ?",
                f"title : ({' OR '.join(expressions)})",
            )
            parts = (
                (TITLE_WEIGHT, title),
                (1.0, self._find(word) - title),
                (0.0, found - self._find(word)),
            )
            groups = [
                (likely + weights[word] * factor, both)
                for likely, group in groups
                for factor, part in parts
                if (both := group & part)
            ]
        return [group for _, group in sorted(groups, key=lambda each: -each[0])]

    def _scored_rows(self, weights: Mapping[FullText, float], rows: list[Row]) -> list[Row]:
        counters = [Counter(word, weight) for word, weight in weights.items()]
        for table in dict.fromkeys(counter.table for counter in counters):
            streams = self._fetch(f"SELECT rowid, title, text FROM {table}", (r[3] for r in rows))
            mean = sum(len(text) for _, _, text in streams) / max(len(streams), 1)
            for rowid, title, text in streams:
                for counter in counters:
                    if counter.table == table:
                        counter.count(rowid, title, text, mean)
        return [
            (sum(counter.scores.get(row[3], 0.0) for counter in counters), *row[1:]) for row in rows
        ]

    def _total(self) -> int:
        return len(self._find(All()))

    def _rows(self, rowids: Iterable[int]) -> list[Row]:
        found = self._fetch("SELECT rowid, effective_at, id FROM article", rowids)
        return [(0.0, moment, article_id, rowid) for rowid, moment, article_id in found]

    def _fetch(self, select: str, rowids: Iterable[int]) -> list[tuple[int, str, str]]:
        wanted = list(rowids)
        found: list[tuple[int, str, str]] = []
        for at in range(0, len(wanted), _BATCH):
            batch = wanted[at : at + _BATCH]
            found += self._db.execute(f"{select} WHERE rowid IN ({placeholders(batch)})", batch)
        return found


def rows_of(db: sqlite3.Connection, select: str, *values: str) -> Bits:
    """Return the rows of a SELECT of one column; as one JSON value they come twice as fast."""
    sql = f"SELECT json_group_array(row) FROM ({select})"
    raw: str = db.execute(sql, values).fetchone()[0]
    return Bits.of(_ROWS.decode(raw))


def placeholders(values: Sequence[object]) -> str:
    """Return `?, ?, ...`, one for each value."""
    return ", ".join("?" * len(values))


def _beyond(here: tuple[str, str], after: tuple[str, str], *, newest: bool) -> bool:
    return here < after if newest else here > after


def _scored(node: Node) -> Iterator[FullText]:
    match node:
        case Word() | Phrase() | Prefix():
            yield node
        case And(children=children) | Or(children=children):
            for child in children:
                yield from _scored(child)
