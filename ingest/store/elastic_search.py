"""Search in Elasticsearch: the query tree becomes its query language, facets aggregations.

Everything is matched by the fields that `ingest.query.projection` fills, so hits and counts are
those of the embedded store. Words score by BM25; what is exact filters and scores nothing.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, assert_never

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
from ingest.query.match import binds
from ingest.query.projection import FIELD_OF, place_role, ranked_leaders, ranked_venues
from ingest.query.snippets import cut_snippet
from ingest.store.cursor import MAX_LIMIT, Cursor, check_search, decode_cursor, encode_cursor
from ingest.store.elastic_documents import PROJECTED
from ingest.store.elastic_records import any_of, decoded
from ingest.store.port import FACETS, FacetValue, Hit, Page, ProposalRow, Search
from ingest.store.records import index_time, index_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ingest.store.elastic_wire import Wire

TITLE_WEIGHT = 4.0
MOMENT = "order.effective_at"
SHARD_VALUES = 2000
"""Facet values that each shard counts: counts are exact on one shard, and nearly so on more."""

Query = dict[str, Any]

NONE: Query = {"match_none": {}}


class ElasticSearch:
    """Reads over the indices of articles and proposals."""

    def __init__(self, wire: Wire, *, articles: str, proposals: str) -> None:
        self._wire = wire
        self._articles = articles
        self._proposals = proposals

    def search(self, search: Search) -> Page:
        """Run a search (see `Articles.search`): hits, total and facets in one request."""
        check_search(search, FACETS)
        cursor = decode_cursor(search)
        seen = cursor.seen if cursor else 0
        limit = search.limit
        if search.sort == "relevance":
            limit = max(0, min(limit, MAX_LIMIT - seen))
        after = {"search_after": [*cursor.values, cursor.id]} if cursor else {}
        reply = self._wire.search(
            self._articles,
            query=narrowed(compiled(search.node), search.ids),
            sort=sort_of(search.sort),
            size=limit + 1,  # one more shows whether there is a next page
            source={"excludes": list(PROJECTED)},
            aggs=aggregations(search) or None,
            track_total_hits=True,
            # copies of a shard score a little differently: pages of one query ask the same one
            preference=hashlib.sha256(repr(search.node).encode("utf-8", "replace")).hexdigest(),
            **after,
        )
        hits = reply["hits"]["hits"]
        page = hits[:limit]
        seen += len(page)
        more = len(hits) > len(page) > 0 and (search.sort != "relevance" or seen < MAX_LIMIT)
        return Page(
            total=reply["hits"]["total"]["value"],
            hits=tuple(to_hit(hit, search) for hit in page),
            facets=facets_of(reply.get("aggregations", {}), search),
            next=encode_cursor(to_cursor(page[-1], search.sort, seen)) if more else "",
        )

    def proposals(
        self,
        node: Node,
        *,
        since: datetime | None,
        until: datetime | None,
        limit: int | None,
    ) -> list[ProposalRow]:
        """List proposals (see `Articles.proposals`).

        The articles are searched, newest first, with every leaf of the query named, so that the
        reply says which of them hold; the proposals are then read and bound page by page.
        """
        leaves = list(dict.fromkeys(leaves_of(node)))
        query = all_of(
            [compiled(And((node, DateRange(since, until)))), nested({"match_all": {}})],
            [named(compiled(leaf), str(at)) for at, leaf in enumerate(leaves)],
        )
        rows: list[ProposalRow] = []
        after: dict[str, Any] = {}
        while limit is None or len(rows) < limit:
            reply = self._wire.search(
                self._articles,
                query=query,
                sort=sort_of("newest"),
                size=MAX_LIMIT,
                source=["id"],
                track_total_hits=False,
                **after,
            )
            hits = reply["hits"]["hits"]
            holding = {
                hit["_source"]["id"]: {leaves[int(at)] for at in hit.get("matched_queries", ())}
                for hit in hits
            }
            rows += [
                row
                for row in self._rows(holding)
                if binds(node, row.proposal, holding[row.article_id].__contains__)
            ]
            if len(hits) < MAX_LIMIT:
                break
            after = {"search_after": hits[-1]["sort"]}
        return rows if limit is None else rows[: max(limit, 0)]

    def _rows(self, article_ids: Iterable[str]) -> list[ProposalRow]:
        """Return the proposals of some articles, newest first."""
        found: list[ProposalRow] = []
        after: dict[str, Any] = {}
        query = {"terms": {"article_id": list(article_ids)}}
        while True:
            reply = self._wire.search(
                self._proposals,
                query=query,
                sort=[{"id": "desc"}],
                size=MAX_LIMIT,
                track_total_hits=False,
                **after,
            )
            hits = reply["hits"]["hits"]
            found += [
                decoded(ProposalRow, {**hit["_source"], "proposal": hit["_source"]}) for hit in hits
            ]
            if len(hits) < MAX_LIMIT:
                break
            after = {"search_after": hits[-1]["sort"]}
        return sorted(found, key=lambda row: (row.effective_at, row.id), reverse=True)


# --- the query -------------------------------------------------------------------------------


def compiled(node: Node) -> Query:
    """Return the query of a tree."""
    match node:
        case All():
            return unscored({"match_all": {}})
        case Word(stems=stems):
            return in_text("match", "stems", " ".join(stems)) if stems else NONE
        case Phrase(terms=terms):
            return in_text("match_phrase", "terms", " ".join(terms)) if terms else NONE
        case Prefix(text=text):
            return any_of(
                {"prefix": {"token.title_terms": {"value": text, "boost": TITLE_WEIGHT}}},
                {"prefix": {"token.text_terms": {"value": text}}},
            )
        case LeaderIs(entities=entities):
            return exact("facet.leader", entities)
        case PlaceIs(entities=None, roles=roles):
            return exact("facet.role", roles)
        case PlaceIs(entities=entities, roles=roles):
            pairs = [place_role(entity, role) for entity in entities or () for role in roles]
            return exact("facet.place_role", pairs)
        case ProposalIs():
            return unscored(nested(all_of(list(clauses(node)) or [{"match_all": {}}])))
        case FieldIs(field="id", values=values):
            return exact("id", values)
        case FieldIs(field=field, values=values):
            return exact(f"facet.{FIELD_OF[field]}", values)
        case DateRange(start=start, end=end):
            bounds = {"gte": start and index_time(start), "lt": end and index_time(end)}
            given = {name: value for name, value in bounds.items() if value}
            return unscored({"range": {MOMENT: given}} if given else {"match_all": {}})
        case And(children=children):
            return (
                {"bool": {"must": list(map(compiled, children))}} if children else compiled(All())
            )
        case Or(children=children):
            return any_of(*map(compiled, children)) if children else NONE
        case Not(child=child):
            return {"bool": {"must_not": compiled(child), "filter": {"match_all": {}}}}
        case _:
            assert_never(node)


def clauses(node: ProposalIs) -> Iterable[Query]:
    """Return what one proposal has to meet."""
    if node.proposers is not None:
        yield terms("proposal.proposer", node.proposers)
    for party in node.parties:
        yield terms("proposal.party", (party,))
    if node.statuses is not None:
        yield terms("proposal.status", node.statuses)
    if node.venues is not None:
        yield terms("proposal.venue", node.venues)


def in_text(kind: str, stream: str, text: str) -> Query:
    """Return the query of tokens in the headline, which counts more, or the text."""
    given = {"query": text, "analyzer": "whitespace"}  # not what Kibana's searches go through
    return any_of(
        {kind: {f"token.title_{stream}": given | {"boost": TITLE_WEIGHT}}},
        {kind: {f"token.text_{stream}": given}},
    )


def terms(field: str, values: Sequence[str]) -> Query:
    """Return the query of any of some exact values."""
    return {"terms": {field: [index_value(value) for value in values]}}


def exact(field: str, values: Sequence[str]) -> Query:
    """Return the same, without a score."""
    return unscored(terms(field, values))


def unscored(query: Query) -> Query:
    """Return a query that filters alone."""
    return {"bool": {"filter": query}}


def nested(query: Query) -> Query:
    """Return a query of one of the article's proposals."""
    return {"nested": {"path": "proposal", "query": query}}


def all_of(queries: list[Query], wanted: Sequence[Query] = ()) -> Query:
    """Return the query that all of some satisfy; `wanted` decides nothing."""
    optional = {"should": list(wanted), "minimum_should_match": 0} if wanted else {}
    return {"bool": {"filter": queries, **optional}}


def named(query: Query, name: str) -> Query:
    """Return a query that the reply names where it holds."""
    return {"bool": {"filter": query, "_name": name}}


def leaves_of(node: Node) -> Iterable[Node]:
    """Return what a tree is made of, but for the clauses that are asked of proposals."""
    match node:
        case And(children=children) | Or(children=children):
            for child in children:
                yield from leaves_of(child)
        case Not(child=child):
            yield from leaves_of(child)
        case ProposalIs():
            return
        case _:
            yield node


def narrowed(query: Query, ids: Sequence[str] | None) -> Query:
    """Return a query within some articles."""
    return query if ids is None else {"bool": {"must": query, "filter": terms("id", ids)}}


def sort_of(sort: str) -> list[dict[str, str]]:
    """Return the order of hits: stable, so that a cursor can go on behind the last."""
    way = "asc" if sort == "oldest" else "desc"
    by_time = [{MOMENT: way}, {"id": way}]
    return [{"_score": "desc"}, *by_time] if sort == "relevance" else by_time


# --- the answer ------------------------------------------------------------------------------


def aggregations(search: Search) -> dict[str, Any]:
    """Return the aggregations that count the facets."""
    size = search.facet_size
    found: dict[str, Any] = {}
    for name in search.facets if size else ():
        if name == "day":
            found[name] = {
                "date_histogram": {
                    "field": "effective_at",
                    "calendar_interval": "day",
                    "time_zone": search.timezone,
                    "format": "yyyy-MM-dd",
                    "min_doc_count": 1,
                }
            }
        else:
            shard_size = max(size, SHARD_VALUES)
            found[name] = {
                "terms": {"field": f"facet.{name}", "size": size, "shard_size": shard_size}
            }
    return found


def facets_of(found: Mapping[str, Any], search: Search) -> dict[str, tuple[FacetValue, ...]]:
    """Return the counted facets: the most frequent values, then by name."""
    facets: dict[str, tuple[FacetValue, ...]] = {}
    for name in search.facets:
        buckets = found[name]["buckets"] if name in found else ()
        values = [
            FacetValue(bucket.get("key_as_string", bucket["key"]), bucket["doc_count"])
            for bucket in buckets
        ]
        values.sort(key=lambda facet: (-facet.count, facet.value))
        facets[name] = tuple(values[: search.facet_size])
    return facets


def to_hit(hit: Mapping[str, Any], search: Search) -> Hit:
    """Return a hit, with a snippet of our own cutting."""
    article = decoded(Article, hit["_source"])
    return Hit(
        article=article,
        score=hit["sort"][0] if search.sort == "relevance" else 0.0,
        snippet=cut_snippet(article, search.node) if search.highlight else (),
        leaders=ranked_leaders(article),
        venues=ranked_venues(article),
    )


def to_cursor(hit: Mapping[str, Any], sort: str, seen: int) -> Cursor:
    """Return where a page ended."""
    *values, article_id = hit["sort"]
    return Cursor(sort, tuple(values), article_id, seen)
