"""The sample newsroom in Elasticsearch, with the names and places that the program adds."""

import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from elastic.fixtures import drop
from elastic.newsroom import newsroom_articles
from ingest.cli.lookup import names_of, place_of
from ingest.ids import entry_id
from ingest.model import Alert, Delivery, Entry, EntryState, Feed, FeedState, Run
from ingest.store.elastic import ElasticStore
from ingest.store.port import Save, Saved

sys.path.insert(0, str(Path(__file__).parents[2] / "ops"))  # scripts, no package

MONDAY = datetime(2026, 3, 2, 10, 20, tzinfo=UTC)
"""When the newsroom's first article appears: to read it off the articles would tag them all."""


def work():
    """Feeds, runs, alerts, deliveries and a dead entry, as a week of polling leaves them."""
    bad = FeedState(
        last_checked_at=MONDAY,
        error="http-404",
        error_detail="not there",
        failures=3,
        failing_since=MONDAY,
        last_new_at=MONDAY,
    )
    well = FeedState(last_checked_at=MONDAY, last_new_at=MONDAY - timedelta(days=3))
    yield Feed("f1", "https://courier.example/rss", title="Courier", state=well)
    yield Feed("f2", "https://wire.example/rss", state=bad)
    yield Feed("f3", "https://muted.example/rss", muted=True, added_at=MONDAY)
    for day in range(3):
        start = MONDAY + timedelta(days=day)
        counters = {"feeds_polled": 12, "feeds_failed": day, "articles_new": 40, "odd": 1}
        yield Run(f"r{day}", start, finished_at=start + timedelta(seconds=9), counters=counters)
    yield Alert("a1", "offers", "v", ("x",), MONDAY, MONDAY, "Minsk is offered", ())
    for state in ("delivered", "dead"):
        yield Delivery(f"d-{state}", "a1", "desk", MONDAY, state=state)
    yield Entry(
        entry_id("f1", "g"),
        "f1",
        "https://courier.example/1",
        "courier.example",
        "A page of poison",
        "h",
        MONDAY,
        MONDAY,
        state=EntryState.DEAD,
        reason="page-poison: the worker died",
    )


@pytest.fixture(scope="session")
def newsroom_store(elastic_server, elastic_settings, elastic_client):
    """The store of the newsroom; what other tests write goes elsewhere."""
    prefix = f"test-{uuid.uuid4().hex[:12]}"
    with ElasticStore.open(
        elastic_server.url, prefix, elastic_settings, locate=place_of, names=names_of
    ) as store:
        results = store.save([Save(article) for article in newsroom_articles()])
        assert all(isinstance(result, Saved) for result in results)
        for record in work():
            assert store.put([record]) != [None]
        store.refresh()
        yield store
    drop(elastic_client, prefix)
