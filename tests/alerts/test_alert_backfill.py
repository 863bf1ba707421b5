"""Old articles by the hundred: a first poll, a backfill or a copy is no storm."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alerts.newsdesk import DAY0, HOUR, make_article, offer, rules_of, store_article

from ingest.alerts.evaluate import evaluate
from ingest.model import Alert, Delivery, Entry, EntryState
from ingest.store.port import Where

RULES = rules_of(
    """
  - {id: offers, type: match, when: {status: proposed}, group_by: [article], to: file}
  - {id: pairs, type: new, key: [leader, venue], to: file}
  - {id: moves, type: change, to: file}
  - {id: many, type: spike, window: 6h, baseline: 2d, min_count: 2, to: file}
  - {id: daily, type: digest, at: "00:00", to: file}
"""
)
VENUES = ("Minsk", "Istanbul", "Geneva", "Moscow")


def backfill(store, number, *, history):
    """Store so many articles of the last year, all of them now, half of them about new standings."""
    for at in range(number):
        venue = VENUES[at % 4]
        article = make_article(
            offer(f"Lukashenko spoke of {venue}, {at}.", status=("proposed", "agreed")[at % 2]),
            slug=str(at),
            at=DAY0,
            published=DAY0 - timedelta(days=5) - at * HOUR,
        )
        store_article(store, article, history=history)


def no_storm(store, number, *, history):
    evaluate(store, RULES, None, DAY0)
    backfill(store, number, history=history)
    report = evaluate(store, RULES, None, DAY0 + HOUR)
    assert report.evaluated == number
    assert report.alerts == []
    later = evaluate(store, RULES, None, DAY0 + 16 * HOUR)
    (digest,) = later.alerts
    assert digest.rule_id == "daily"
    assert f"{number:,} more in old articles stored now" in digest.line
    assert len(digest.evidence) == 20
    assert store.count(Alert) == store.count(Delivery) == 1
    assert store.count(Entry, Where("state", "=", EntryState.STORED)) == 0


@pytest.mark.parametrize("history", [True, False], ids=["first-poll", "old-articles"])
def test_old_articles_are_told_in_the_digest_alone(store, history):
    no_storm(store, 150, history=history)


@pytest.mark.drill
@pytest.mark.timeout(900)
@pytest.mark.parametrize("history", [True, False], ids=["first-poll", "old-articles"])
def test_ten_thousand_old_articles_are_told_in_the_digest_alone(store, history):
    no_storm(store, 10_000, history=history)
