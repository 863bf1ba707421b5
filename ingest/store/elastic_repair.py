"""Projections that are not what their article says: found by comparing, written anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.store.elastic_documents import article_key
from ingest.store.elastic_records import decoded, find_all
from ingest.store.elastic_wire import Action
from ingest.store.port import MentionRow, ProposalRow, Save
from ingest.store.rows import mention_rows, proposal_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.model import Article
    from ingest.store.elastic_articles import ElasticArticles
    from ingest.store.elastic_wire import Wire

BATCH = 100


def repair(articles: ElasticArticles, wire: Wire, wanted: Sequence[Article]) -> int:
    """See `Articles.repair`."""
    wire.refresh(articles.mentions, articles.proposals)
    repaired = 0
    for start in range(0, len(wanted), BATCH):
        batch = {article.id: article for article in wanted[start : start + BATCH]}
        repaired += _repair(articles, wire, batch)
    return repaired


def _repair(articles: ElasticArticles, wire: Wire, batch: dict[str, Article]) -> int:
    mentions = _rows(wire, articles.mentions, list(batch))
    proposals = _rows(wire, articles.proposals, list(batch))
    differing = [
        article
        for article in batch.values()
        if mentions.get(article.id, {}) != {row.id: row for row in mention_rows(article)}
        or proposals.get(article.id, {}) != {row.id: row for row in proposal_rows(article)}
    ]
    if not differing:
        return 0
    articles.save([Save(article) for article in differing])
    keys = {article_key(article.id): article for article in differing}
    stored = wire.read(articles.articles, keys, source=["projected", "revision"])
    surplus = []
    for key, article in keys.items():
        if key not in stored:
            continue  # deleted meanwhile, its projections before it
        source = stored[key]["_source"]
        if source["revision"] != article.revision:
            continue  # saved meanwhile: whoever did it has written them
        version = source["projected"]["base"] + article.revision
        expected = {row.id for row in mention_rows(article)}
        expected |= {row.id for row in proposal_rows(article)}
        for index, rows in ((articles.mentions, mentions), (articles.proposals, proposals)):
            surplus += [
                Action("delete", index, row_id, version=version)
                for row_id in rows.get(article.id, {})
                if row_id not in expected
            ]
    wire.bulk(surplus)
    return len(differing)


def _rows(wire: Wire, index: str, article_ids: list[str]) -> dict[str, dict[str, Any]]:
    """Return the projections of some articles: article id -> row id -> row."""
    kind, name = (
        (MentionRow, "mention") if index.endswith("mentions") else (ProposalRow, "proposal")
    )
    found: dict[str, dict[str, Any]] = {}
    query = {"terms": {"article_id": article_ids}}
    for source in find_all(wire, index, query, [{"id": "asc"}], None):
        row: Any = decoded(kind, {**source, name: source})
        found.setdefault(row.article_id, {})[row.id] = row
    return found
