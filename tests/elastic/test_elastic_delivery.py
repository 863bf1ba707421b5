"""Delivery, withdrawals and the records of passes over Elasticsearch: as over SQLite."""

from __future__ import annotations

import json

import pytest
from alerts.newsdesk import DAY0, HOUR
from alerts.sinks import HookSink
from alerts.test_alert_channels import raise_offers, rules_to
from alerts.test_alert_letters import send, take_back

from ingest.metrics import exposition, keep_run, last_good
from ingest.model import Delivery, Run
from ingest.store import open_store


@pytest.fixture
def store(elastic_url, elastic_prefix):
    with open_store(elastic_url, elastic_prefix) as store:
        yield store


def test_a_lost_answer_then_a_withdrawal(store):
    with HookSink("lost") as sink:
        rules = rules_to(f"{{type: webhook, url: '{sink.url}'}}")
        raise_offers(store, rules, "Minsk", "Istanbul")
        lags = []
        assert send(store, rules, sink) == {"failed": 2}
        assert send(store, rules, sink, DAY0 + HOUR, lags_s=lags) == {"delivered": 2}
        assert lags == [3600, 3600]
        assert len(take_back(store)) == 2
        assert send(store, rules, sink, DAY0 + HOUR) == {"delivered": 2}
        assert send(store, rules, sink, DAY0 + HOUR) == {}
    purposes = [json.loads(body)["purpose"] for _, body in sink.ledger]
    assert purposes == ["alert"] * 3 + ["withdrawal"] * 2
    assert set(sink.keys()) == {row.id for row in store.find(Delivery)}


def test_passes_are_counted(store):
    run = Run("r", DAY0, 0, DAY0, {"feeds_due": 3, "feeds_failed_by_http-404": 1})
    assert keep_run(store, run)
    assert not keep_run(store, run)
    assert last_good(store).id == "r"
    page = exposition(store, DAY0)
    assert "summitwatch_feeds_due_total 3\n" in page
    assert 'summitwatch_feeds_failed_total{kind="http-404"} 1\n' in page
