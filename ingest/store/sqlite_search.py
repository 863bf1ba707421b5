"""Search over the SQLite file: the query tree becomes sets of rows, leaf by leaf.

Words, phrases and prefixes are asked of FTS5, values and days of the bits, the rest of indexes;
AND, OR, NOT and facet counts are then arithmetic on sets (`bits.Bits`).
"""

# ruff: noqa: S608  table and column names are ours, never a user's; values are bound
from __future__ import annotations

import heapq
import math
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, assert_never

from ingest.model import Article, Proposal
from ingest.query.ast import (
    All,
    And,
    DateRange,
    FieldIs,
    LeaderIs,
    Node,
    Not,
    Or,
    Phrase,
    PlaceIs,
    Prefix,
    ProposalIs,
    Word,
)
from ingest.query.match import binds
from ingest.query.projection import FIELD_OF, place_role, ranked_leaders, ranked_venues
from ingest.query.snippets import cut_snippet
from ingest.store.bits import CHUNK, NONE, Bits
from ingest.store.cursor import MAX_LIMIT, Cursor, check_search, decode_cursor, encode_cursor
from ingest.store.port import FACETS, FacetValue, Hit, Page, ProposalRow, Search
from ingest.store.records import decode, index_time, index_value
from ingest.store.rows import proposal_row
from ingest.store.sqlite_bits import count_days, count_values, read_all, read_days, read_values

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

TITLE_WEIGHT = 4.0
_BATCH = 500
_ONE = ord("1")

Row = tuple[float, str, str, int]
"""score, effective_at, id, rowid: what hits are sorted by, in that order."""


class SqliteSearch:
    """The reads of one call; the caller holds a snapshot (a transaction)."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._found: dict[Node, Bits] = {}

    def search(self, search: Search) -> Page:
        """Run a search (see `Articles.search`)."""
        check_search(search, FACETS)
        cursor = decode_cursor(search)
        scores = self._scores(search.node) if search.sort == "relevance" else {}
        found = self._find(search.node)
        if search.ids is not None:
            found &= self._by_id(search.ids)
        limit, seen = search.limit, cursor.seen if cursor else 0
        if search.sort == "relevance":
            limit = max(0, min(limit, MAX_LIMIT - seen))
            rows = self._best(scores, found, cursor, limit + 1)
        else:
            rows = self._by_time(found, cursor, limit + 1, newest=search.sort == "newest")
        page = rows[:limit]
        seen += len(page)
        more = len(rows) > limit > 0 and (search.sort != "relevance" or seen < MAX_LIMIT)
        return Page(
            total=len(found),
            hits=tuple(self._hit(row, search) for row in page),
            facets={name: self._facet(name, found, search) for name in search.facets},
            next=_cursor(page[-1], search.sort, seen) if more else "",
        )

    def proposals(
        self,
        node: Node,
        *,
        since: datetime | None,
        until: datetime | None,
        limit: int | None,
    ) -> list[ProposalRow]:
        """List proposals (see `Articles.proposals`)."""
        node = And((node, DateRange(since, until)))
        found = self._find(node)
        rows: list[ProposalRow] = []
        for rowid, ordinal in self._db.execute(
            "SELECT article, ordinal FROM proposal WHERE effective_at >= ? AND effective_at < ? "
            "ORDER BY effective_at DESC, id DESC",
            (index_time(since) if since else "", index_time(until) if until else "~"),
        ):
            if limit is not None and len(rows) >= limit:
                break
            if rowid not in found:
                continue
            proposal = self._proposal(rowid, ordinal)

            def holds(leaf: Node, rowid: int = rowid) -> bool:
                return rowid in self._find(leaf)

            if binds(node, proposal, holds):
                rows.append(proposal_row(self._article(rowid), ordinal, proposal))
        return rows

    def _proposal(self, rowid: int, ordinal: int) -> Proposal:
        sql = "SELECT doc FROM proposal WHERE article = ? AND ordinal = ?"
        return decode(Proposal, self._db.execute(sql, (rowid, ordinal)).fetchone()[0])

    def _article(self, rowid: int) -> Article:
        sql = "SELECT doc FROM article WHERE rowid = ?"
        return decode(Article, self._db.execute(sql, (rowid,)).fetchone()[0])

    # --- the tree -------------------------------------------------------------------------------

    def _find(self, node: Node) -> Bits:
        if node not in self._found:
            self._found[node] = self._evaluate(node)
        return self._found[node]

    def _evaluate(self, node: Node) -> Bits:
        match node:
            case All():
                return read_all(self._db)
            case Word() | Phrase() | Prefix():
                table, expressions = _full_text(node)
                return self._rows_of(
                    f"SELECT rowid FROM {table} WHERE {table} MATCH ?", " OR ".join(expressions)
                )
            case LeaderIs(entities=entities):
                return self._values("leader", entities)
            case PlaceIs(entities=None, roles=roles):
                return self._values("role", roles)
            case PlaceIs(entities=entities, roles=roles):
                pairs = [place_role(entity, role) for entity in entities or () for role in roles]
                return self._values("place_role", pairs)
            case ProposalIs():
                return self._proposing(node)
            case FieldIs(field="id", values=values):
                return self._by_id(values)
            case FieldIs(field=field, values=values):
                return self._values(FIELD_OF[field], values)
            case DateRange(start=start, end=end):
                return self._dated(start, end)
            case And(children=children):
                return self._all_of(children)
            case Or(children=children):
                found = NONE
                for child in children:
                    found |= self._find(child)
                return found
            case Not(child=child):
                return self._find(All()) - self._find(child)
            case _:
                assert_never(node)

    def _all_of(self, children: tuple[Node, ...]) -> Bits:
        negated: list[Node] = [child.child for child in children if isinstance(child, Not)]
        plain = [child for child in children if not isinstance(child, Not)]
        found = self._find(plain[0]) if plain else self._find(All())
        for child in plain[1:]:
            found &= self._find(child)
        for unwanted in negated:
            found -= self._find(unwanted)
        return found

    def _values(self, field: str, values: Iterable[str]) -> Bits:
        return read_values(self._db, field, (str(index_value(value)) for value in values))

    def _by_id(self, ids: Iterable[str]) -> Bits:
        sql = "SELECT rowid FROM article WHERE id = ?"
        return Bits.of(
            row[0]
            for article_id in dict.fromkeys(ids)
            for row in self._db.execute(sql, (index_value(article_id),))
        )

    def _rows_of(self, sql: str, *values: str) -> Bits:
        return Bits.of(chain.from_iterable(self._db.execute(sql, values)))

    def _proposing(self, node: ProposalIs) -> Bits:
        clauses: list[str] = []
        values: list[str] = []
        for column, wanted in (("venue", node.venues), ("status", node.statuses)):
            if wanted is not None:
                clauses.append(f"{column} IN ({_marks(wanted)})")
                values += wanted
        if node.proposers is not None:
            marks = _marks(node.proposers)
            clauses.append(f"(proposer IN ({marks}) OR country IN ({marks}))")
            values += node.proposers * 2
        for party in node.parties:
            clauses.append("instr(parties, ?) > 0")
            values.append(joined((party,)))
        return self._rows_of(
            f"SELECT article FROM bound WHERE {' AND '.join(clauses) or 'true'}",
            *(str(index_value(value)) for value in values),
        )

    def _dated(self, start: datetime | None, end: datetime | None) -> Bits:
        """Whole days by their bits, the days at both ends by the index."""
        if start and end and start >= end:
            return NONE
        first = start.astimezone(UTC) if start else None
        last = end.astimezone(UTC) if end else None
        found = read_days(
            self._db,
            first.date().isoformat() if first else "",
            last.date().isoformat() if last else "~",
        )
        edges = []
        if first and last and first.date() == last.date():
            edges = [(first, last)]
        else:
            if first:
                edges.append((first, _day_start(first) + timedelta(days=1)))
            if last:
                edges.append((_day_start(last), last))
        for low, high in edges:
            found |= self._rows_of(
                "SELECT rowid FROM article WHERE effective_at >= ? AND effective_at < ?",
                index_time(low),
                index_time(high),
            )
        return found

    # --- the order ------------------------------------------------------------------------------

    def _by_time(
        self, found: Bits, cursor: Cursor | None, count: int, *, newest: bool
    ) -> list[Row]:
        after = (str(cursor.values[-1]), cursor.id) if cursor else None
        return self._walk(found, after, count, newest=newest)

    def _walk(
        self, found: Bits, after: tuple[str, str] | None, count: int, *, newest: bool
    ) -> list[Row]:
        """Return the first rows after (effective_at, id) in that order."""
        if len(found) <= 2 * count:  # few: fetch them and sort
            rows = self._rows(found, {})
            rows = [row for row in rows if after is None or _beyond(row[1:3], after, newest=newest)]
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

    def _rows(self, rowids: Iterable[int], scores: dict[int, float]) -> list[Row]:
        wanted = list(rowids)
        rows: list[Row] = []
        for at in range(0, len(wanted), _BATCH):
            batch = wanted[at : at + _BATCH]
            marks = ", ".join("?" * len(batch))
            rows += [
                (scores.get(rowid, 0.0), moment, article_id, rowid)
                for rowid, moment, article_id in self._db.execute(
                    f"SELECT rowid, effective_at, id FROM article WHERE rowid IN ({marks})", batch
                )
            ]
        return rows

    def _best(
        self, scores: dict[int, float], found: Bits, cursor: Cursor | None, count: int
    ) -> list[Row]:
        """Return the first rows after the cursor by (score, effective_at, id), downwards.

        Hits that no word speaks for (score 0) come last, newest first.
        """
        flags = {chunk: found.flags(chunk) for chunk in found.chunks}
        scores = {
            rowid: score
            for rowid, score in scores.items()
            if (chunk := rowid // CHUNK) in flags and flags[chunk][rowid % CHUNK] == _ONE
        }
        top = float(cursor.values[0]) if cursor else math.inf
        rows: list[Row] = []
        if cursor and top > 0.0:  # the rest of the score that the last page ended in
            last = (*cursor.values, cursor.id)
            ties = self._rows([at for at, score in scores.items() if score == top], scores)
            rows = [row for row in ties if row[:3] < last]
        below = [(score, rowid) for rowid, score in scores.items() if score < top]
        if len(rows) < count and below:
            least = heapq.nlargest(count - len(rows), below)[-1][0]
            rows += self._rows([at for score, at in below if score >= least], scores)
        rows.sort(reverse=True)
        if len(rows) < count:
            after = (str(cursor.values[1]), cursor.id) if cursor and top == 0.0 else None
            rest = found - Bits.of(scores)
            rows += self._walk(rest, after, count - len(rows), newest=True)
        return rows[:count]

    def _scores(self, node: Node) -> dict[int, float]:
        """Return each article's bm25 summed over the words that the query does not negate."""
        scores: dict[int, float] = {}
        total = self._db.execute("SELECT count(*) FROM article").fetchone()[0]
        for word in _scored(node):
            table, expressions = _full_text(word)
            sql = (
                f"SELECT rowid, -bm25({table}, {TITLE_WEIGHT}, 1.0) FROM {table} "
                f"WHERE {table} MATCH ?"
            )
            parts = [self._db.execute(sql, (each,)).fetchall() for each in expressions]
            found = self._found[word] = Bits.of(row for part in parts for row, _ in part)
            wanted = _rarity(total, len(found))
            for part in parts:
                # A word is as rare as it is in all languages together, not in this one's texts.
                factor = wanted / _rarity(total, len(part))
                for rowid, score in part:
                    scores[rowid] = scores.get(rowid, 0.0) + score * factor
        return scores

    # --- what is shown --------------------------------------------------------------------------

    def _hit(self, row: Row, search: Search) -> Hit:
        article = self._article(row[3])
        return Hit(
            article=article,
            score=row[0],
            snippet=cut_snippet(article, search.node) if search.highlight else (),
            leaders=ranked_leaders(article),
            venues=ranked_venues(article),
        )

    def _facet(self, name: str, found: Bits, search: Search) -> tuple[FacetValue, ...]:
        if name == "day":
            counts = count_days(self._db, search.timezone, found)
        else:
            counts = count_values(self._db, name, found)
        top = sorted(counts, key=lambda item: (-item[1], item[0]))[: search.facet_size]
        return tuple(FacetValue(value, count) for value, count in top)


def joined(parties: tuple[str, ...]) -> str:
    """Return parties as text in which one can be looked up."""
    return f"|{'|'.join(parties)}|"


def _marks(values: tuple[str, ...]) -> str:
    return ", ".join("?" * len(values))


def _day_start(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _beyond(here: tuple[str, str], after: tuple[str, str], *, newest: bool) -> bool:
    return here < after if newest else here > after


def _rarity(total: int, count: int) -> float:
    """FTS5's own inverse document frequency, floor included."""
    idf = math.log((total - count + 0.5) / (count + 0.5))
    return idf if idf > 0 else 1e-6


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _full_text(node: Word | Phrase | Prefix) -> tuple[str, list[str]]:
    """Return the table to ask and the MATCH expressions, any of which makes a hit."""
    match node:
        case Word(stems=stems):
            return "stems", [_quoted(stem) for stem in stems]
        case Phrase(terms=terms):
            return "terms", [_quoted(" ".join(terms))]
        case Prefix(text=text):
            return "terms", [f"{_quoted(text)} *"]


def _scored(node: Node) -> Iterator[Word | Phrase | Prefix]:
    match node:
        case Word() | Phrase() | Prefix():
            yield node
        case And(children=children) | Or(children=children):
            for child in children:
                yield from _scored(child)


def _cursor(row: Row, sort: str, seen: int) -> str:
    values = row[:2] if sort == "relevance" else row[1:2]
    return encode_cursor(Cursor(sort, values, row[2], seen))
