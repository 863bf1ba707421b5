"""`change`: a venue's new standing is told once for each meeting, venue and party."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alerts.newsdesk import DAY0, HOUR, make_article, offer, rules_of, store_article

from ingest.alerts.deliver import delivery_id
from ingest.alerts.evaluate import evaluate
from ingest.alerts.trying import dry_run
from ingest.model import Alert, AlertGroup, Delivery

CHANGE = rules_of("  - {id: moves, type: change, to: [file]}\n")
WORDS = {
    "proposed": "offered",
    "agreed": "agreed on",
    "rejected": "refused",
    "hosted": "held talks in",
}


def report(store, hour, status, *, venue="Minsk", by="Lukashenko", parties=("RU", "UA"), **more):
    """Store an article in which somebody says something of a venue, and evaluate."""
    at = DAY0 + hour * HOUR
    say = offer(
        more.pop("text", f"{by} {WORDS[status]} {venue} after {hour} hours."),
        by,
        status=status,
        parties=parties,
    )
    article = make_article(say, slug=f"{hour}-{status}-{venue}-{by}-{len(parties)}", at=at)
    entry = store_article(store, article, **more)
    return evaluate(store, CHANGE, [entry.id], at)


def told(store):
    return sorted((a.period_start, a.key[0][6:], a.key[-1], a.state) for a in store.find(Alert))


DAYS = 24


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        pytest.param([(0, "proposed"), (5, "proposed")], [], id="an-offer-is-no-change"),
        pytest.param(
            [(0, "proposed"), (5, "agreed"), (9, "agreed"), (300, "agreed")],
            [(5, "agreed", "open")],
            id="once",
        ),
        pytest.param([(0, "agreed")], [(0, "agreed", "open")], id="out-of-the-blue"),
        pytest.param(
            [(0, "agreed"), (30, "rejected"), (40, "agreed"), (60, "rejected")],
            [(0, "agreed", "open"), (30, "rejected", "open")],
            id="to-and-fro-is-told-once-each",
        ),
        pytest.param(
            [(0, "agreed"), (23, "rejected")], [(0, "agreed", "disputed")], id="contrary-in-a-day"
        ),
        pytest.param(
            [(0, "rejected"), (3, "hosted")],
            [(0, "rejected", "disputed")],
            id="held-though-refused",
        ),
        pytest.param(
            [(0, "agreed"), (20, "rejected"), (26, "rejected")],
            [(0, "agreed", "disputed"), (26, "rejected", "open")],
            id="what-was-contrary-is-told-when-it-stays",
        ),
        pytest.param(
            [(0, "agreed"), (3, "hosted")],
            [(0, "agreed", "open"), (3, "hosted", "open")],
            id="held-as-agreed",
        ),
        pytest.param(
            [(0, "agreed"), (22 * DAYS, "agreed")],
            [(0, "agreed", "open"), (22 * DAYS, "agreed", "open")],
            id="another-meeting-after-three-weeks",
        ),
        pytest.param(
            [(0, "agreed"), (15 * DAYS, "proposed"), (30 * DAYS, "agreed")],
            [(0, "agreed", "open")],
            id="the-same-meeting-while-it-is-spoken-of",
        ),
    ],
)
def test_standings(store, reports, expected):
    for hour, status in reports:
        report(store, hour, status)
    assert told(store) == [(DAY0 + h * HOUR, "minsk-by", s, state) for h, s, state in expected]


def test_a_report_that_is_read_again_contradicts_nothing_that_came_after_it(store):
    for hour, status in ((8, "hosted"), (16, "rejected"), (31, "agreed"), (16, "rejected")):
        report(store, hour, status)
    assert told(store) == [
        (DAY0 + 8 * HOUR, "minsk-by", "hosted", "disputed"),
        (DAY0 + 31 * HOUR, "minsk-by", "agreed", "open"),
    ]


def test_venues_parties_and_meetings_are_told_apart(store):
    report(store, 0, "agreed")
    report(store, 1, "agreed", venue="Istanbul")
    report(store, 2, "agreed", by="Putin")
    report(store, 3, "agreed", parties=("AM", "AZ"))
    report(store, 4, "agreed", parties=("RU", "UA", "US"))
    report(store, 5, "agreed", parties=("UA",))
    report(store, 6, "agreed", parties=())
    keys = {alert.key for alert in store.find(Alert)}
    leader = "leader:lukashenko-alexander"
    assert keys == {
        ("place:minsk-by", leader, "RU-UA", "agreed"),
        ("place:istanbul-tr", leader, "RU-UA", "agreed"),
        ("place:minsk-by", "leader:putin-vladimir", "RU-UA", "agreed"),
        ("place:minsk-by", leader, "AM-AZ", "agreed"),
    }


def test_a_disputed_alert_shows_both_sentences_and_tells_who_got_it(store):
    report(store, 0, "agreed")
    (alert,) = store.find(Alert)
    row = store.get(Delivery, delivery_id(alert.id, "file"))
    from dataclasses import replace

    store.put([replace(row, state="delivered", delivered_at=DAY0 + HOUR)])
    for hour in (5, 6):
        report(store, hour, "rejected")
    (alert,) = store.find(Alert)
    assert (alert.state, alert.changed_at) == ("disputed", DAY0 + 5 * HOUR)
    assert [item.sentence for item in alert.evidence] == [
        "Lukashenko agreed on Minsk after 0 hours.",
        "Lukashenko refused Minsk after 5 hours.",
    ]
    rows = store.find(Delivery)
    assert {(row.purpose, row.state) for row in rows} == {
        ("alert", "delivered"),
        ("dispute", "pending"),
    }


def test_what_is_disputed_before_it_was_sent_goes_out_once(store):
    report(store, 0, "agreed")
    report(store, 5, "rejected")
    assert [row.purpose for row in store.find(Delivery)] == ["alert"]


def test_a_full_alert_still_shows_the_contrary_sentence(store):
    for hour in range(7):
        report(store, hour, "agreed")
    report(store, 8, "rejected")
    (alert,) = store.find(Alert)
    assert len(alert.evidence) == 5
    assert "refused" in alert.evidence[-1].sentence


def test_history_teaches_what_is_settled(store):
    report(store, 0, "agreed", history=True)
    assert store.find(Alert) == []
    assert store.count(AlertGroup) == 1
    report(store, 5, "agreed")
    assert store.find(Alert) == []
    report(store, 6, "rejected")
    assert [state for *_, state in told(store)] == ["open"]  # there is no alert to dispute


def test_a_rule_that_is_added_later_knows_what_the_store_holds(store):
    other = rules_of("  - {id: other, type: new, key: [venue]}\n")
    entry = store_article(store, make_article(offer(status="agreed"), slug="old"))
    evaluate(store, other, [entry.id], DAY0)
    report(store, 1, "agreed")
    assert [a for a in store.find(Alert) if a.rule_id == "moves"] == []


def test_mere_mentions_of_a_venue_are_no_standing(store):
    from alerts.newsdesk import Say

    store_article(store, make_article(Say("Minsk would host it, some say.", role="agreed")))
    assert evaluate(store, CHANGE, None, DAY0).alerts == []


def test_a_dry_run_tells_the_same(store):
    for hour, status in ((0, "agreed"), (9, "rejected"), (50, "rejected"), (80, "hosted")):
        at = DAY0 + hour * HOUR
        text = f"Lukashenko {WORDS[status]} Minsk after {hour} hours."
        article = make_article(offer(text, status=status), slug=str(hour), at=at, published=at)
        entry = store_article(store, article)
        evaluate(store, CHANGE, [entry.id], at)
    live = {(a.id, a.state, tuple(e.sentence for e in a.evidence)) for a in store.find(Alert)}
    tried = dry_run(store, CHANGE, DAY0, DAY0 + timedelta(days=9))
    assert {(a.id, a.state, tuple(e.sentence for e in a.evidence)) for a in tried} == live
    assert len(live) == 3
