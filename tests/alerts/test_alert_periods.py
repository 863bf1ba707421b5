"""Periods that grow or break off, alerts that wait, silences."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from alerts.newsdesk import DAY0, HOUR, make_article, offer, rules_of, store_article

from ingest.alerts.evaluate import evaluate
from ingest.model import Alert, Delivery, Silence

WAITS = rules_of(
    "  - {id: w, type: match, when: {status: proposed}, group_by: [venue], wait: 10m, to: file}\n"
)
SENTENCES = ("Lukashenko offered Minsk.", "Lukashenko offered Minsk again, and again.")


def rule(realert, group_by="[venue]"):
    return rules_of(
        f"  - {{id: r, type: match, when: {{venue: Minsk}}, group_by: {group_by},"
        f" realert: {realert}, to: [file]}}\n"
    )


def tell(store, rules, hour, status="proposed", text="Lukashenko offered Minsk."):
    at = DAY0 + hour * HOUR
    article = make_article(offer(text, status=status), slug=f"{hour}-{status}", at=at)
    entry = store_article(store, article)
    return evaluate(store, rules, [entry.id], at).alerts


def starts(store):
    return sorted((a.period_start - DAY0) / HOUR for a in store.find(Alert))


@pytest.mark.parametrize(
    ("realert", "hours", "expected"),
    [
        pytest.param("{every: 2h}", range(10), [0, 2, 4, 6, 8], id="steady"),
        pytest.param(
            "{every: 1h, exponential_max: 8h}",
            range(40),
            [0, 1, 3, 7, 15, 23, 31, 39],
            id="doubling",
        ),
        pytest.param(
            "{every: 1h, exponential_max: 8h}",
            [0, 1, 2, 3, 30, 31, 33],
            [0, 1, 3, 30, 31, 33],
            id="a-pause-begins-anew",
        ),
    ],
)
def test_periods(store, realert, hours, expected):
    for hour in hours:
        tell(store, rule(realert), hour)
    assert starts(store) == expected


def test_a_change_within_the_period_is_told_at_once_and_once(store):
    rules = rule("{every: 24h, escalate_on: [status]}")
    for hour, status in ((0, "proposed"), (1, "proposed"), (2, "rejected"), (3, "proposed")):
        tell(store, rules, hour, status)
    tell(store, rules, 4, "rejected")
    tell(store, rules, 25, "rejected")
    alerts = sorted(store.find(Alert), key=lambda a: a.period_start)
    assert [(a.key, (a.period_start - DAY0) / HOUR) for a in alerts] == [
        (("place:minsk-by", "proposed"), 0),
        (("place:minsk-by", "rejected"), 2),
        (("place:minsk-by", "rejected"), 25),
    ]


def test_two_standings_in_one_article_are_two_alerts(store):
    rules = rule("{every: 24h, escalate_on: [status]}")
    article = make_article(
        offer("Lukashenko offered Minsk."),
        offer("Putin refused Minsk.", "Putin", status="rejected"),
    )
    entry = store_article(store, article)
    assert {a.key[1] for a in evaluate(store, rules, [entry.id], DAY0).alerts} == {
        "proposed",
        "rejected",
    }


def test_an_alert_waits_and_takes_in_what_comes_meanwhile(store):
    tell(store, WAITS, 0, text=SENTENCES[0])
    (row,) = store.find(Delivery)
    assert row.next_try_at == DAY0 + timedelta(minutes=10)
    tell(store, WAITS, 0.1, text=SENTENCES[1])
    (alert,) = store.find(Alert)
    assert tuple(item.sentence for item in alert.evidence) == SENTENCES
    assert store.count(Delivery) == 1


def test_evidence_joins_up_to_five_sentences(store):
    for number in range(9):
        tell(store, WAITS, number / 10, text=f"Lukashenko offered Minsk {number} times.")
    (alert,) = store.find(Alert)
    assert [item.sentence[-8] for item in alert.evidence] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("key", "hours", "states"),
    [
        pytest.param((), (0, 2), ["silenced"], id="the-rule"),
        pytest.param(("place:minsk-by",), (0, 2), ["silenced"], id="the-group"),
        pytest.param(("place:geneva-ch",), (0, 2), ["open"], id="another-group"),
        pytest.param((), (-2, 0), ["open"], id="over"),
        pytest.param((), (1, 2), ["open"], id="not-yet"),
    ],
)
def test_silences(store, key, hours, states):
    start, end = (DAY0 + hour * HOUR for hour in hours)
    store.put([Silence("s", "w", start, end, "ann", key, "a drill")])
    store.put([Silence("o", "other", DAY0 - HOUR, DAY0 + HOUR, "ann")])
    tell(store, WAITS, 0)
    alerts = store.find(Alert)
    assert [alert.state for alert in alerts] == states
    assert store.count(Delivery) == (states == ["open"])
    assert alerts[0].silenced_by == ("s" if states == ["silenced"] else "")


def test_after_a_silence_the_period_still_holds(store):
    store.put([Silence("s", "w", DAY0, DAY0 + HOUR, "ann")])
    tell(store, WAITS, 0)
    tell(store, WAITS, 2)
    assert [alert.state for alert in store.find(Alert)] == ["silenced"]
    tell(store, WAITS, 24)
    assert sorted(alert.state for alert in store.find(Alert)) == ["open", "silenced"]


def test_a_repeat_of_a_silenced_alert_sends_nothing_either(store):
    store.put([Silence("s", "w", DAY0, DAY0 + HOUR, "ann")])
    tell(store, WAITS, 0)
    entry = store_article(store, make_article(offer(SENTENCES[0]), slug="0-proposed", at=DAY0))
    evaluate(store, WAITS, [entry.id], DAY0 + 5 * HOUR)
    assert store.count(Delivery) == 0


def test_an_acknowledged_alert_stays_so_when_evidence_joins(store):
    tell(store, WAITS, 0, text=SENTENCES[0])
    (alert,) = store.find(Alert)
    store.put([replace(alert, state="acked")])
    tell(store, WAITS, 1, text=SENTENCES[1])
    (alert,) = store.find(Alert)
    assert (alert.state, len(alert.evidence)) == ("acked", 2)
