"""Search over the SQLite file: the query tree becomes sets of rowids, leaf by leaf."""

# ruff: noqa: S608  table and column names are ours, never a user's; values are bound
from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, assert_never
from zoneinfo import ZoneInfo

from ingest.model import Article
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
from ingest.query.match import binds, is_bound
from ingest.query.projection import FIELD_OF, place_role, ranked_leaders, ranked_venues
from ingest.query.snippets import cut_snippet
from ingest.store.cursor import MAX_LIMIT, Cursor, check_search, decode_cursor, encode_cursor
from ingest.store.port import FACETS, FacetValue, Hit, Page, ProposalRow, Search
from ingest.store.records import decode, index_time, index_value

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

TITLE_WEIGHT = 4.0


class SqliteSearch:
    """Reads of one connection; the caller holds a snapshot (a transaction)."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def search(self, search: Search) -> Page:
        """Run a search (see `Articles.search`)."""
        check_search(search, FACETS)
        cursor = decode_cursor(search)
        found = self._find(search.node)
        if search.ids is not None:
            found &= self._rowids("SELECT rowid FROM article WHERE id = ?", search.ids)
        ordered = self._order(found, search)
        shown = [row for row in ordered if cursor is None or _is_after(row, cursor, search.sort)]
        limit = search.limit
        seen = cursor.seen if cursor else 0
        if search.sort == "relevance":
            limit = max(0, min(limit, MAX_LIMIT - seen))
        page = shown[:limit]
        seen += len(page)
        more = len(shown) > len(page) > 0 and (search.sort != "relevance" or seen < MAX_LIMIT)
        last = _cursor(page[-1], search.sort, seen) if more else ""
        return Page(
            total=len(found),
            hits=tuple(self._hit(row, search) for row in page),
            facets={name: self._facet(name, found, search) for name in search.facets},
            next=last,
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
        leaves: dict[Node, set[int]] = {}
        rows: list[ProposalRow] = []
        for rowid, doc in self._db.execute(
            "SELECT article, doc FROM proposal ORDER BY effective_at DESC, id DESC"
        ):
            if limit is not None and len(rows) >= limit:
                break
            if rowid not in found:
                continue
            row = decode(ProposalRow, doc)

            def holds(leaf: Node, rowid: int = rowid) -> bool:
                if leaf not in leaves:
                    leaves[leaf] = self._find(leaf)
                return rowid in leaves[leaf]

            if binds(node, row.proposal, holds):
                rows.append(row)
        return rows

    def _find(self, node: Node) -> set[int]:
        match node:
            case All():
                return self._all()
            case Word(stems=stems):
                return self._full_text("stems", " OR ".join(map(_quoted, stems)))
            case Phrase(terms=terms):
                return self._full_text("terms", _quoted(" ".join(terms)))
            case Prefix(text=text):
                return self._full_text("terms", f"{_quoted(text)} *")
            case LeaderIs(entities=entities):
                return self._marked("leader", entities)
            case PlaceIs(entities=None, roles=roles):
                return self._marked("role", roles)
            case PlaceIs(entities=entities, roles=roles):
                pairs = [place_role(entity, role) for entity in entities or () for role in roles]
                return self._marked("place_role", pairs)
            case ProposalIs():
                rows = self._db.execute("SELECT article, doc FROM proposal")
                return {
                    rowid
                    for rowid, doc in rows
                    if is_bound(node, decode(ProposalRow, doc).proposal)
                }
            case FieldIs(field="id", values=values):
                return self._rowids("SELECT rowid FROM article WHERE id = ?", values)
            case FieldIs(field=field, values=values):
                return self._marked(FIELD_OF[field], values)
            case DateRange(start=start, end=end):
                return self._dated(start, end)
            case And(children=children):
                sets = [self._find(child) for child in children]
                return set.intersection(*sets) if sets else self._all()
            case Or(children=children):
                return set().union(*(self._find(child) for child in children))
            case Not(child=child):
                return self._all() - self._find(child)
            case _:
                assert_never(node)

    def _all(self) -> set[int]:
        return {row[0] for row in self._db.execute("SELECT rowid FROM article")}

    def _full_text(self, table: str, match: str) -> set[int]:
        rows = self._db.execute(f"SELECT rowid FROM {table} WHERE {table} MATCH ?", (match,))
        return {row[0] for row in rows}

    def _marked(self, field: str, values: Iterable[str]) -> set[int]:
        found: set[int] = set()
        for value in values:
            rows = self._db.execute(
                "SELECT article FROM value JOIN mark ON mark.value = value.key "
                "WHERE field = ? AND value.value = ?",
                (field, index_value(value)),
            )
            found.update(row[0] for row in rows)
        return found

    def _rowids(self, sql: str, values: Iterable[str]) -> set[int]:
        return {row[0] for value in values for row in self._db.execute(sql, (index_value(value),))}

    def _dated(self, start: datetime | None, end: datetime | None) -> set[int]:
        rows = self._db.execute(
            "SELECT rowid FROM article WHERE effective_at >= ? AND effective_at < ?",
            (index_time(start) if start else "", index_time(end) if end else "~"),
        )
        return {row[0] for row in rows}

    def _order(self, found: set[int], search: Search) -> list[tuple[float, str, str, int]]:
        """Return (score, effective_at, id, rowid) of every hit, sorted."""
        scores = self._scores(search.node) if search.sort == "relevance" else {}
        rows = [
            (scores.get(rowid, 0.0), moment, article_id, rowid)
            for rowid, moment, article_id in self._db.execute(
                "SELECT rowid, effective_at, id FROM article"
            )
            if rowid in found
        ]
        rows.sort(reverse=search.sort != "oldest")
        return rows

    def _scores(self, node: Node) -> dict[int, float]:
        scores: dict[int, float] = {}
        for table, match in _scored(node):
            rows = self._db.execute(
                f"SELECT rowid, -bm25({table}, {TITLE_WEIGHT}, 1.0) FROM {table} "
                f"WHERE {table} MATCH ?",
                (match,),
            )
            for rowid, score in rows:
                scores[rowid] = scores.get(rowid, 0.0) + score
        return scores

    def _hit(self, row: tuple[float, str, str, int], search: Search) -> Hit:
        doc = self._db.execute("SELECT doc FROM article WHERE rowid = ?", (row[3],)).fetchone()[0]
        article = decode(Article, doc)
        return Hit(
            article=article,
            score=row[0],
            snippet=cut_snippet(article, search.node) if search.highlight else (),
            leaders=ranked_leaders(article),
            venues=ranked_venues(article),
        )

    def _facet(self, name: str, found: set[int], search: Search) -> tuple[FacetValue, ...]:
        counts: Counter[str] = Counter()
        if name == "day":
            zone = ZoneInfo(search.timezone)
            for rowid, moment in self._db.execute("SELECT rowid, effective_at FROM article"):
                if rowid in found:
                    local = datetime.fromisoformat(moment).astimezone(zone)
                    counts[local.date().isoformat()] += 1
        else:
            for value, rowid in self._db.execute(
                "SELECT value.value, article FROM value JOIN mark ON mark.value = value.key "
                "WHERE field = ?",
                (name,),
            ):
                if rowid in found:
                    counts[value] += 1
        top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: search.facet_size]
        return tuple(FacetValue(value, count) for value, count in top)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _scored(node: Node) -> list[tuple[str, str]]:
    """Return (table, MATCH expression) of the words that a hit is ranked by: all not negated."""
    match node:
        case Word(stems=stems):
            return [("stems", " OR ".join(map(_quoted, stems)))]
        case Phrase(terms=terms):
            return [("terms", _quoted(" ".join(terms)))]
        case Prefix(text=text):
            return [("terms", f"{_quoted(text)} *")]
        case And(children=children) | Or(children=children):
            return [scored for child in children for scored in _scored(child)]
        case _:
            return []


def _is_after(row: tuple[float, str, str, int], cursor: Cursor, sort: str) -> bool:
    if sort == "relevance":
        return row[:3] < (*cursor.values, cursor.id)
    here, there = row[1:3], (*cursor.values, cursor.id)
    return here > there if sort == "oldest" else here < there


def _cursor(row: tuple[float, str, str, int], sort: str, seen: int) -> str:
    values = row[:2] if sort == "relevance" else row[1:2]
    return encode_cursor(Cursor(sort, values, row[2], seen))
