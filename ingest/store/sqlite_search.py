"""Search over the SQLite file: the query tree becomes sets of rows, leaf by leaf.

Words, phrases and prefixes are asked of FTS5, values and days of the bits, the rest of indexes;
AND, OR, NOT and facet counts are then arithmetic on sets (`bits.Bits`).
"""

# ruff: noqa: S608  table and column names are ours, never a user's; values are bound
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, assert_never

import msgspec

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
from ingest.store.relevance import (
    MAX_SCORED,
    MAX_WORDS,
    TITLE_WEIGHT,
    Counter,
    FullText,
    full_text,
    rarity,
)
from ingest.store.rows import proposal_row
from ingest.store.sqlite_bits import (
    count_days,
    read_all,
    read_days,
    read_values,
    top_values,
    values_of,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

FEW = 200
"""Facets of so many articles are counted one by one, of more by bits."""

_BATCH = 500
_ONE = ord("1")
_ROWS = msgspec.json.Decoder(list[int])

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
        found = self._find(search.node)
        if search.ids is not None:
            found &= self._by_id(search.ids)
        limit, seen = search.limit, cursor.seen if cursor else 0
        if search.sort == "relevance":
            limit = max(0, min(limit, MAX_LIMIT - seen))
            rows = self._by_relevance(search.node, found, cursor, limit + 1)
        else:
            rows = self._by_time(found, cursor, limit + 1, newest=search.sort == "newest")
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
                return self._rows_of(
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

    def _rows_of(self, select: str, *values: str) -> Bits:
        """Return the rows of a SELECT of one column; as one JSON value they come twice as fast."""
        sql = f"SELECT json_group_array(row) FROM ({select})"
        raw: str = self._db.execute(sql, values).fetchone()[0]
        return Bits.of(_ROWS.decode(raw))

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
            found |= self._rows_of(
                "SELECT rowid AS row FROM article WHERE effective_at >= ? AND effective_at < ?",
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

    def _by_relevance(
        self, node: Node, found: Bits, cursor: Cursor | None, count: int
    ) -> list[Row]:
        """Return the first rows after the cursor by (score, effective_at, id), downwards."""
        words = list(_scored(node))
        if not words:
            after = (str(cursor.values[1]), cursor.id) if cursor else None
            return self._walk(found, after, count, newest=True)
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
            members = self._walk(group, None, wanted - len(rows), newest=True)
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
            title = self._rows_of(
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
            found += self._db.execute(f"{select} WHERE rowid IN ({_marks(batch)})", batch)
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


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _day_start(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _beyond(here: tuple[str, str], after: tuple[str, str], *, newest: bool) -> bool:
    return here < after if newest else here > after


def _scored(node: Node) -> Iterator[FullText]:
    match node:
        case Word() | Phrase() | Prefix():
            yield node
        case And(children=children) | Or(children=children):
            for child in children:
                yield from _scored(child)


def _cursor(row: Row, sort: str, seen: int) -> str:
    values = row[:2] if sort == "relevance" else row[1:2]
    return encode_cursor(Cursor(sort, values, row[2], seen))
