"""Search over the SQLite file: the query tree becomes sets of rows, leaf by leaf.

Words, phrases and prefixes are asked of FTS5, values and days of the bits, the rest of indexes;
AND, OR, NOT and facet counts are then arithmetic on sets (`bits.Bits`).
"""

# ruff: noqa: S608  table and column names are ours, never a user's; values are bound
from __future__ import annotations

from datetime import UTC, datetime, timedelta
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
from ingest.store.bits import NONE, Bits
from ingest.store.cursor import MAX_LIMIT, Cursor, check_search, decode_cursor, encode_cursor
from ingest.store.port import FACETS, FacetValue, Hit, Page, ProposalRow, Search
from ingest.store.records import decode, index_time, index_value
from ingest.store.relevance import full_text
from ingest.store.rows import proposal_row
from ingest.store.sqlite_bits import (
    count_days,
    read_all,
    read_days,
    read_values,
    top_values,
    values_of,
)
from ingest.store.sqlite_order import Row, SqliteOrder, placeholders, rows_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

FEW = 200
"""Facets of so many articles are counted one by one, of more by bits."""


class SqliteSearch:
    """The reads of one call; the caller holds a snapshot (a transaction)."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._found: dict[Node, Bits] = {}
        self._order = SqliteOrder(db, self._find)

    def search(self, search: Search) -> Page:
        """Run a search (see `Articles.search`)."""
        check_search(search, FACETS)
        cursor = decode_cursor(search)
        found = self._find(search.node)
        if search.ids is not None:
            found &= self._by_id(search.ids)
        limit, seen = search.limit, cursor.seen if cursor else 0
        if search.sort == "relevance":
            limit = max(0, min(limit, MAX_LIMIT - seen))
            rows = self._order.by_relevance(search.node, found, cursor, limit + 1)
        else:
            after = (str(cursor.values[-1]), cursor.id) if cursor else None
            newest = search.sort == "newest"
            rows = self._order.by_time(found, after, limit + 1, newest=newest)
        page = rows[:limit]
        seen += len(page)
        more = len(rows) > limit > 0 and (search.sort != "relevance" or seen < MAX_LIMIT)
        return Page(
            total=len(found),
            hits=tuple(self._hit(row, search) for row in page),
            facets=self._facets(found, search),
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
                table, expressions = full_text(node)
                return rows_of(
                    self._db,
                    f"SELECT rowid AS row FROM {table} WHERE {table} MATCH ?",
                    " OR ".join(expressions),
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

    def _proposing(self, node: ProposalIs) -> Bits:
        clauses: list[str] = []
        values: list[str] = []
        for column, wanted in (("venue", node.venues), ("status", node.statuses)):
            if wanted is not None:
                clauses.append(f"{column} IN ({placeholders(wanted)})")
                values += wanted
        if node.proposers is not None:
            marks = placeholders(node.proposers)
            clauses.append(f"(proposer IN ({marks}) OR country IN ({marks}))")
            values += node.proposers * 2
        for party in node.parties:
            clauses.append("instr(parties, ?) > 0")
            values.append(joined((party,)))
        return rows_of(
            self._db,
            f"SELECT article AS row FROM bound WHERE {' AND '.join(clauses) or 'true'}",
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
            found |= rows_of(
                self._db,
                "SELECT rowid AS row FROM article WHERE effective_at >= ? AND effective_at < ?",
                index_time(low),
                index_time(high),
            )
        return found

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

    def _facets(self, found: Bits, search: Search) -> dict[str, tuple[FacetValue, ...]]:
        size = search.facet_size
        names = [name for name in search.facets if name != "day"]
        counts: dict[str, Iterable[tuple[str, int]]] = {}
        if len(found) <= FEW:
            few = values_of(self._db, names, found)
            counts = {name: few[name].items() for name in names}
        else:
            counts = {name: top_values(self._db, name, found, size) for name in names}
        if "day" in search.facets:
            counts["day"] = count_days(self._db, search.timezone, found, size)
        return {
            name: tuple(
                FacetValue(value, count)
                for value, count in sorted(counts[name], key=lambda item: (-item[1], item[0]))[
                    :size
                ]
            )
            for name in search.facets
        }


def joined(parties: tuple[str, ...]) -> str:
    """Return parties as text in which one can be looked up."""
    return f"|{'|'.join(parties)}|"


def _day_start(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _cursor(row: Row, sort: str, seen: int) -> str:
    values = row[:2] if sort == "relevance" else row[1:2]
    return encode_cursor(Cursor(sort, values, row[2], seen))
