"""What the tests of the Elasticsearch store ask of it behind its back."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from storing import act, leader, make_article, place

from ingest.settings import load_settings
from ingest.store.elastic import ElasticStore
from ingest.store.rows import mention_rows, proposal_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.model import Article

TEXT = "Lukashenko offered Minsk, and Erdogan offered Istanbul. Both wait for an answer."


def told(key="a", mentions=3, proposals=2, **more) -> Article:
    """An article with so many mentions and proposals."""
    all_mentions = (
        leader("lukashenko", TEXT, "Lukashenko"),
        place("minsk-by", "proposed", TEXT, "Minsk"),
        place("istanbul-tr", "proposed", TEXT, "Istanbul"),
    )
    all_proposals = (act(end=len(TEXT)), act(venues=("istanbul-tr",), country="TR", end=20))
    return make_article(
        key,
        text=more.pop("text", TEXT),
        mentions=all_mentions[:mentions],
        proposals=all_proposals[:proposals],
        **more,
    )


@contextmanager
def opened(url: str, prefix: str, **more) -> Iterator[ElasticStore]:
    """The store of a prefix."""
    with ElasticStore.open(url, prefix, load_settings().elasticsearch, **more) as store:
        yield store


def check_projections(store: ElasticStore, client, article_ids) -> None:
    """Assert that the projections of the articles are what they embed, and none besides."""
    store.refresh()
    for article_id in article_ids:
        article = store.get_article(article_id)
        assert article is not None
        assert store.mentions([article_id]) == list(mention_rows(article))
        for index, rows in (
            ("mentions", mention_rows(article)),
            ("proposals", proposal_rows(article)),
        ):
            found = client.search(
                index=f"{store.prefix}-{index}",
                query={"term": {"article_id": article_id}},
                size=1000,
            )
            assert sorted(hit["_id"] for hit in found["hits"]["hits"]) == sorted(
                row.id for row in rows
            )


def edited(article: Article, other: Article) -> Article:
    """The stored article with another's text and tags: what a second save brings."""
    return replace(other, id=article.id, revision=article.revision)
