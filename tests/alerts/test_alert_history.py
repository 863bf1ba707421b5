"""Rules set aside and restored, trained and tried on the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from alerts.newsdesk import (
    DAY0,
    HOUR,
    OFFERS,
    PAIRS,
    edited,
    make_article,
    offer,
    rules_of,
    store_article,
)

from ingest.alerts import history
from ingest.alerts.evaluate import evaluate
from ingest.alerts.history import restore
from ingest.alerts.trying import dry_run
from ingest.errors import UsageError
from ingest.model import Alert, AlertGroup, Delivery, Entry, EntryState, RuleState
from ingest.store.port import Save

BOTH = rules_of(
    """
  - {id: offers, type: match, when: {status: proposed}, group_by: [venue], to: [file]}
  - {id: pairs, type: new, key: [leader, venue], to: [file]}
"""
)


def broken(rules, rule_id):
    """The rules with one that raises, as a bug of ours would."""
    return replace(
        rules,
        rules=tuple(
            replace(rule, key=("no such field",)) if rule.id == rule_id else rule
            for rule in rules.rules
        ),
    )


def alerts_of(store, rule_id):
    return {alert.key[-1] for alert in store.find(Alert) if alert.rule_id == rule_id}


@pytest.mark.parametrize("rule_id", ["offers", "pairs"])
def test_a_rule_that_breaks_is_set_aside_and_replays_when_restored(store, rule_id):
    other = "pairs" if rule_id == "offers" else "offers"
    evaluate(store, BOTH, None, DAY0)
    store_article(store, make_article(offer("Lukashenko offered Geneva."), slug="before"))
    evaluate(store, BOTH, None, DAY0)
    bad = broken(BOTH, rule_id)
    for number, text in enumerate(("Lukashenko offered Minsk.", "Lukashenko offered Istanbul.")):
        at = DAY0 + (1 + number) * HOUR
        store_article(store, make_article(offer(text), slug=str(number), at=at))
        report = evaluate(store, bad, None, at)
        assert report.failed_rules == {rule_id: "KeyError: 'no such field'"}
        assert [alert.rule_id for alert in report.alerts] == [other]
    assert {entry.state for entry in store.find(Entry)} == {EntryState.DONE}
    state = store.get(RuleState, rule_id)
    assert (state.failed_since, state.error) == (DAY0 + HOUR, "KeyError: 'no such field'")
    # The bug is mended; the rule stays aside until a person restores it.
    assert evaluate(store, BOTH, None, DAY0 + 3 * HOUR).failed_rules
    alerts = restore(store, BOTH, BOTH.rule(rule_id), DAY0 + 4 * HOUR)
    assert {alert.key[-1] for alert in alerts} == {"place:minsk-by", "place:istanbul-tr"}
    assert alerts_of(store, rule_id) == alerts_of(store, other)
    assert store.get(RuleState, rule_id).failed_since is None
    again = evaluate(store, BOTH, None, DAY0 + 5 * HOUR)
    assert (again.failed_rules, again.alerts) == ({}, [])
    assert restore(store, BOTH, BOTH.rule(rule_id), DAY0 + 6 * HOUR) == []


@pytest.mark.parametrize("rule_id", ["offers", "pairs"])
def test_an_edited_rule_is_restored_by_itself(store, rule_id):
    evaluate(store, BOTH, None, DAY0)
    store_article(store, make_article(offer(), slug="1", at=DAY0 + HOUR))
    evaluate(store, broken(BOTH, rule_id), None, DAY0 + HOUR)
    mended = replace(
        BOTH, rules=tuple(replace(rule, version=f"{rule.version}x") for rule in BOTH.rules)
    )
    report = evaluate(store, mended, None, DAY0 + 2 * HOUR)
    assert [alert.rule_id for alert in report.alerts] == [rule_id]
    assert report.failed_rules == {}


def test_a_rule_that_breaks_again_stays_aside(store):
    evaluate(store, BOTH, None, DAY0)
    store_article(store, make_article(offer(), at=DAY0 + HOUR))
    bad = broken(BOTH, "offers")
    evaluate(store, bad, None, DAY0 + HOUR)
    assert restore(store, bad, bad.rule("offers"), DAY0 + 2 * HOUR) == []
    assert store.get(RuleState, "offers").failed_since == DAY0 + HOUR


def test_a_replay_sees_edits_but_no_history(store):
    first = make_article(offer("Lukashenko offered Geneva."), slug="1")
    store_article(store, first)
    evaluate(store, BOTH, None, DAY0)
    at = DAY0 + HOUR
    former = store.get_article(first.id)
    second = edited(
        former, offer("Lukashenko offered Geneva."), offer("Lukashenko offered Minsk."), at=at
    )
    store_article(store, second)
    store_article(
        store, make_article(offer("Lukashenko offered Istanbul."), slug="2", at=at), history=True
    )
    evaluate(store, broken(BOTH, "offers"), None, at)
    alerts = restore(store, BOTH, BOTH.rule("offers"), DAY0 + 2 * HOUR)
    assert [alert.key for alert in alerts] == [("place:minsk-by",)]


def test_a_new_rule_that_breaks_in_training_is_set_aside(store):
    store_article(store, make_article(offer()))
    evaluate(store, OFFERS, None, DAY0)
    report = evaluate(store, broken(PAIRS, "pairs"), None, DAY0 + HOUR)
    assert "pairs" in report.failed_rules
    alerts = restore(store, PAIRS, PAIRS.rule("pairs"), DAY0 + 2 * HOUR)
    assert (
        alerts,
        store.count(
            AlertGroup,
        ),
    ) == ([], 2)


def test_training_leaves_out_what_waits(store):
    """An article that is stored but not yet seen must not teach the rule its own news."""
    known = make_article(offer("Lukashenko offered Geneva."), slug="1")
    store_article(store, known)
    evaluate(store, OFFERS, None, DAY0)
    former = store.get_article(known.id)
    store_article(
        store,
        edited(
            former,
            offer("Lukashenko offered Geneva."),
            offer("Lukashenko offered Minsk."),
            at=DAY0 + HOUR,
        ),
    )
    store_article(
        store, make_article(offer("Lukashenko offered Istanbul."), slug="2", at=DAY0 + HOUR)
    )
    alerts = evaluate(store, PAIRS, None, DAY0 + HOUR).alerts
    assert {alert.key[1] for alert in alerts} == {"place:minsk-by", "place:istanbul-tr"}
    store_article(
        store, make_article(offer("Lukashenko offered Geneva again."), slug="3", at=DAY0 + 2 * HOUR)
    )
    assert evaluate(store, PAIRS, None, DAY0 + 2 * HOUR).alerts == []


def test_training_leaves_out_an_article_whose_entry_is_not_marked_yet(store):
    """Not every store writes both at once."""
    entry = store_article(store, make_article(offer(), slug="1"))
    store.put([replace(entry, state=EntryState.FETCHED, article_id="")])
    store.save([Save(replace(store.get_article(entry.article_id), entry_id=entry.id))])
    evaluate(store, PAIRS, None, DAY0)
    assert store.count(AlertGroup) == 0
    marked = store.get(Entry, entry.id)
    store.put([replace(marked, state=EntryState.STORED, article_id=entry.article_id)])
    assert len(evaluate(store, PAIRS, None, DAY0).alerts) == 1


def test_training_reads_the_store_page_by_page(store, monkeypatch):
    monkeypatch.setattr(history, "PAGE", 2)
    venues = ("Minsk", "Istanbul", "Geneva", "Moscow") * 2
    for number, venue in enumerate(venues):
        store_article(store, make_article(offer(f"Lukashenko offered {venue}."), slug=str(number)))
    evaluate(store, OFFERS, None, DAY0)
    evaluate(store, PAIRS, [], DAY0)
    groups = store.find(AlertGroup)
    assert sum(group.from_history for group in groups) == 4


# --- dry runs ----------------------------------------------------------------------------------


def test_a_dry_run_tells_what_would_have_been_raised_when_and_writes_nothing(store):
    for number, day in enumerate((20, 10, 9.5, 3)):
        article = make_article(offer(), slug=str(number), published=DAY0 - timedelta(days=day))
        store_article(store, article, history=True)
    now = DAY0 + HOUR
    before = (store.count(Alert), store.count(AlertGroup), store.count(Delivery))
    offers = dry_run(store, OFFERS, now - timedelta(days=15), now)
    assert [alert.created_at for alert in offers] == [
        DAY0 - timedelta(days=10),
        DAY0 - timedelta(days=3),
    ]
    assert [len(alert.evidence) for alert in offers] == [1, 1]
    assert dry_run(store, PAIRS, now - timedelta(days=15), now) == []
    (pair,) = dry_run(store, PAIRS, now - timedelta(days=30), now)
    assert pair.period_start == DAY0 - timedelta(days=20)
    assert before == (store.count(Alert), store.count(AlertGroup), store.count(Delivery))
    assert store.count(RuleState) == 0


def test_a_dry_run_gives_what_live_rules_gave(store):
    """One code path: articles that come as they are published raise what the replay tells."""
    for number in range(30):
        at = DAY0 + number * 5 * HOUR
        venue = ("Minsk", "Istanbul", "Geneva")[number % 3]
        article = make_article(
            offer(f"Lukashenko offered {venue}."), slug=str(number), at=at, published=at
        )
        entry = store_article(store, article)
        evaluate(store, BOTH, [entry.id], at)
    live = {alert.id for alert in store.find(Alert)}
    now = DAY0 + 300 * HOUR
    assert {alert.id for alert in dry_run(store, BOTH, DAY0, now)} == live
    assert len(live) > 6


def test_a_dry_run_of_a_broken_rule_says_so(store):
    store_article(store, make_article(offer()))
    with pytest.raises(UsageError, match="rule offers: breaks: KeyError"):
        dry_run(store, broken(OFFERS, "offers"), DAY0 - HOUR, DAY0 + HOUR)
