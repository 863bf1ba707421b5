"""What is raised, when, and that it is raised once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alerts.newsdesk import (
    DAY0,
    HOUR,
    OFFERS,
    PAIRS,
    Say,
    edited,
    make_article,
    offer,
    rules_of,
    store_article,
)

from ingest.alerts.evaluate import evaluate
from ingest.model import Alert, AlertGroup, Delivery, Entry, EntryState


def states(store):
    return {entry.state for entry in store.find(Entry)}


def test_an_offer_raises_one_alert_with_its_sentence_and_line(store):
    article = make_article(offer(), Say("Putin was in Moscow."))
    store_article(store, article)
    report = evaluate(store, OFFERS, None, DAY0 + HOUR)
    (alert,) = report.alerts
    assert (report.evaluated, report.from_history, report.failed_rules) == (1, 0, {})
    assert alert == store.get(Alert, alert.id)
    assert alert.key == ("place:minsk-by",)
    assert alert.line == "2 Mar: Lukashenko (BY) offers Minsk; confidence .90"
    assert alert.period_start == DAY0
    assert alert.created_at == DAY0 + HOUR
    (evidence,) = alert.evidence
    assert evidence.sentence == "Lukashenko offered Minsk for the talks."
    assert (evidence.source, evidence.lang, evidence.url, evidence.title) == (
        "courier.example",
        "en",
        article.url,
        article.title,
    )
    assert evidence.mention == f"{article.id}.p0"
    assert states(store) == {EntryState.DONE}
    assert [row.channel for row in store.find(Delivery)] == ["file"]


def test_a_repeat_raises_nothing(store):
    entry = store_article(store, make_article(offer()))
    assert len(evaluate(store, OFFERS, [entry.id], DAY0).alerts) == 1
    assert evaluate(store, OFFERS, [entry.id], DAY0).evaluated == 0
    store_article(store, store.get_article(entry.article_id))
    again = evaluate(store, OFFERS, None, DAY0 + 99 * HOUR)
    assert (again.evaluated, again.alerts) == (1, [])


@pytest.mark.parametrize(
    ("hours", "alerts"),
    [
        pytest.param((0, 1, 23), 1, id="one-period"),
        pytest.param((0, 24), 2, id="the-period-is-half-open"),
        pytest.param((0, 23, 25), 2, id="a-period-starts-with-its-first-article"),
        pytest.param((0, 23, 46), 2, id="not-with-its-last"),
        pytest.param((25, 0), 1, id="what-is-older-than-the-period-belongs-to-it"),
    ],
)
def test_periods(store, hours, alerts):
    for number, hour in enumerate(hours):
        entry = store_article(store, make_article(offer(), slug=str(number), at=DAY0 + hour * HOUR))
        evaluate(store, OFFERS, [entry.id], DAY0 + 1000 * HOUR)
    assert store.count(Alert) == alerts


def test_a_backlog_gives_the_same_alerts_as_prompt_evaluation(store):
    for number in range(60):
        store_article(store, make_article(offer(), slug=str(number), at=DAY0 + number * HOUR))
    assert evaluate(store, OFFERS, None, DAY0 + 99 * HOUR).evaluated == 60
    starts = sorted(alert.period_start for alert in store.find(Alert))
    assert starts == [DAY0, DAY0 + 24 * HOUR, DAY0 + 48 * HOUR]


def test_groups_are_independent(store):
    store_article(store, make_article(offer("Lukashenko offered Minsk or Istanbul for talks.")))
    report = evaluate(store, OFFERS, None, DAY0)
    assert {alert.key for alert in report.alerts} == {("place:minsk-by",), ("place:istanbul-tr",)}


def test_history_trains_and_is_counted_but_raises_nothing(store):
    store_article(store, make_article(offer(), slug="old"), history=True)
    both = rules_of(
        "  - {id: offers, type: match, when: {status: proposed}, to: file}\n"
        "  - {id: pairs, type: new, key: [leader, venue], to: file}\n"
    )
    report = evaluate(store, both, None, DAY0)
    assert (report.alerts, report.from_history) == ([], 2)
    assert store.count(Alert) == store.count(Delivery) == 0
    assert states(store) == {EntryState.DONE}
    store_article(store, make_article(offer(), slug="late", at=DAY0 + HOUR))
    late = evaluate(store, both, None, DAY0 + HOUR)
    assert [alert.rule_id for alert in late.alerts] == ["offers"]
    (pair,) = store.find(AlertGroup, limit=None, order_by="rule_id")[1:]
    assert pair.from_history


def test_history_is_counted_as_if_its_articles_had_come_one_by_one(store):
    reports = []
    for day in range(6):  # each in a chunk of its own, all stored now
        when = DAY0 - timedelta(days=day, hours=12 * (day % 2))
        entry = store_article(
            store, make_article(offer(), slug=str(day), published=when), history=True
        )
        reports.append(evaluate(store, OFFERS, [entry.id], DAY0))
    total = reports[0]
    for report in reports[1:]:
        total.add(report)
    assert total.from_history == 4  # days 0, 1½, 2, 3½, 4, 5½ ago: from the oldest 5½, 4, 2, 0


def test_an_article_that_is_news_to_one_feed_is_news(store):
    article = make_article(offer())
    store_article(store, article, history=True, feed="old")
    store_article(store, article, history=False, feed="live")
    assert len(evaluate(store, PAIRS, None, DAY0).alerts) == 1


def test_new_raises_each_pair_once_for_ever(store):
    for number, day in enumerate((0, 1, 40)):
        store_article(store, make_article(offer(), slug=str(number), at=DAY0 + timedelta(days=day)))
        evaluate(store, PAIRS, None, DAY0 + timedelta(days=day))
    (alert,) = store.find(Alert)
    assert alert.key == ("leader:lukashenko-alexander", "place:minsk-by")


def test_a_new_rule_that_is_added_later_takes_the_past_for_known(store):
    store_article(store, make_article(offer(), slug="past"))
    evaluate(store, OFFERS, None, DAY0)
    store_article(store, make_article(offer(), slug="a", at=DAY0 + HOUR))
    store_article(
        store,
        make_article(
            offer("Putin offered Geneva for the talks.", "Putin"), slug="b", at=DAY0 + HOUR
        ),
    )
    report = evaluate(store, PAIRS, None, DAY0 + HOUR)
    assert [alert.key for alert in report.alerts] == [("leader:putin-vladimir", "place:geneva-ch")]


def test_editing_a_rule_does_not_refire_the_past(store):
    store_article(store, make_article(offer()))
    assert len(evaluate(store, OFFERS, None, DAY0).alerts) == 1
    wider = rules_of(
        "  - {id: offers, type: match, when: {status: proposed}, group_by: [venue], to: file}\n"
    )
    store_article(store, make_article(offer(), slug="b", at=DAY0 + HOUR))
    assert evaluate(store, wider, None, DAY0 + HOUR).alerts == []


def test_old_articles_raise_nothing_unless_the_rule_says_otherwise(store):
    published = DAY0 - timedelta(hours=49)
    patient = rules_of(
        "  - {id: p, type: match, when: {status: proposed}, max_age: 3d, to: file}\n"
    )
    store_article(store, make_article(offer(), published=published))
    assert evaluate(store, OFFERS, None, DAY0).alerts == []
    store_article(store, make_article(offer(), slug="b", published=published))
    assert len(evaluate(store, patient, None, DAY0).alerts) == 1


def test_age_is_measured_at_the_save_so_that_a_late_evaluation_loses_nothing(store):
    store_article(store, make_article(offer()))
    assert len(evaluate(store, OFFERS, None, DAY0 + timedelta(days=10)).alerts) == 1


def test_what_is_too_old_to_be_told_is_not_taken_for_known(store):
    store_article(store, make_article(offer(), published=DAY0 - timedelta(days=9)))
    evaluate(store, PAIRS, None, DAY0)
    store_article(store, make_article(offer(), slug="b", at=DAY0 + HOUR))
    assert len(evaluate(store, PAIRS, None, DAY0 + HOUR).alerts) == 1


def test_in_an_edited_article_only_new_sentences_are_news(store):
    first = make_article(offer("Lukashenko offered Minsk for the talks."))
    store_article(store, first)
    evaluate(store, PAIRS, None, DAY0)
    former = store.get_article(first.id)
    second = edited(
        former,
        offer("LUKASHENKO  offered Minsk for the talks!".replace("LUKASHENKO", "Lukashenko")),
        offer("Putin offered Geneva.", "Putin"),
        at=DAY0 + HOUR,
    )
    store_article(store, second)
    fresh = rules_of("  - {id: fresh, type: match, when: {status: proposed}, to: file}\n")
    keys = {alert.key[0] for alert in evaluate(store, fresh, None, DAY0 + HOUR).alerts}
    assert keys == {"place:geneva-ch"}


def test_acts_of_long_ago_are_no_news(store):
    store_article(store, make_article(offer(background=True)))
    report = evaluate(store, OFFERS, None, DAY0)
    assert (report.alerts, report.evaluated) == ([], 1)


@pytest.mark.parametrize("after", [EntryState.DONE, EntryState.NEW, EntryState.DEAD])
def test_entries_move_on_to_where_the_pipeline_wants_them(store, after):
    from dataclasses import replace

    entry = store_article(store, make_article(offer()), after=after)
    entry = store.put([replace(entry, next_try_at=DAY0 + HOUR)])[0]
    evaluate(store, OFFERS, [entry.id], DAY0)
    marked = store.get(Entry, entry.id)
    assert (marked.state, marked.next_try_at) == (after, DAY0 + HOUR)


def test_no_rules_still_move_the_entries_on(store):
    store_article(store, make_article(offer()))
    assert evaluate(store, rules_of("version: 1\n"), None, DAY0).evaluated == 1
    assert states(store) == {EntryState.DONE}


def test_an_entry_whose_article_is_gone_moves_on(store):
    entry = store_article(store, make_article(offer()))
    store.delete_articles([entry.article_id])
    assert evaluate(store, OFFERS, None, DAY0).evaluated == 1
    assert states(store) == {EntryState.DONE}


def test_entries_in_other_states_are_left_alone(store):
    from dataclasses import replace

    entry = store_article(store, make_article(offer()))
    store.put([replace(entry, state=EntryState.FETCHED)])
    assert evaluate(store, OFFERS, [entry.id], DAY0).evaluated == 0
    assert states(store) == {EntryState.FETCHED}


def test_an_agency_text_on_two_sites_is_one_alert_with_one_sentence(store):
    for source in ("a.example", "b.example"):
        store_article(store, make_article(offer(), source=source))
    (alert,) = evaluate(store, OFFERS, None, DAY0).alerts
    assert len(alert.evidence) == 1
