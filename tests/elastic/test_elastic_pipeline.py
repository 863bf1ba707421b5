"""The whole pipeline over the newsroom into Elasticsearch, which is away for its first run."""

import asyncio

import pytest

from elastic.looking import check_projections, opened
from elastic.proxy import proxied
from ingest.alerts.rules import load_rules
from ingest.cli.runs import one_pass
from ingest.demo.desk import add_feeds, demo_settings
from ingest.demo.newsroom import Newsroom, story_start
from ingest.demo.server import NewsroomServer
from ingest.demo.truth import article_truth
from ingest.errors import StoreDownError
from ingest.fetch.resolve import map_resolver
from ingest.model import Alert, Entry, EntryState, Feed
from ingest.pipeline.services import utc_now
from ingest.query.ast import All
from ingest.store.port import Where


@pytest.mark.timeout(600)
def test_a_run_without_the_store_loses_nothing(
    elastic_url, elastic_prefix, elastic_client, tmp_path, monkeypatch
):
    for name in ("FIRST_PAUSE_S", "LONGEST_PAUSE_S"):
        monkeypatch.setattr(f"ingest.store.elastic_wire.{name}", 0.001)
    newsroom = Newsroom.load(story_start(utc_now()))
    settings = demo_settings(str(tmp_path))
    with (
        NewsroomServer(newsroom) as server,
        proxied(elastic_url) as (proxy, faults),
        opened(proxy, elastic_prefix) as store,
    ):

        def poll():
            return asyncio.run(
                one_pass(
                    settings,
                    store,
                    load_rules(settings),
                    stop=asyncio.Event(),
                    resolver=map_resolver(server.resolver_map()),
                    feeds=add_feeds(store, newsroom),
                )
            )

        server.set_edition(1)
        add_feeds(store, newsroom)
        faults.kinds, faults.rate, faults.paths = ("reset-before",), 1.0, ("/_bulk",)
        with pytest.raises(StoreDownError) as found:
            poll()
        assert found.value.exit_code == 5
        faults.rate = 0.0
        assert all(feed.state.last_checked_at is None for feed in store.find(Feed))
        assert store.count(Entry) == 0

        poll()
        server.set_edition(2)
        poll()
        store.refresh()
        told = [article_truth(article) for article in newsroom.all_articles]
        articles = store.find_articles()
        assert len({article.id for article in articles}) == len(articles) == len(told)
        assert {article.title for article in articles} == {truth["title"] for truth in told}
        check_projections(store, elastic_client, [article.id for article in articles])
        assert store.count(Entry, Where("state", "=", EntryState.STORED)) == 0
        assert store.count(Alert) > 0
        assert len(store.proposals(All())) == sum(len(a.proposals) for a in articles)

        before = store.stats()
        poll()
        after = store.stats()
        assert {kind: after[kind] for kind in ("article", "mention", "proposal", "alert")} == {
            kind: before[kind] for kind in ("article", "mention", "proposal", "alert")
        }
