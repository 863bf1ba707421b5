"""Closed windows: which they are, and what spikes, flatlines and digests make of them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alerts.newsdesk import HOUR, Say, make_article, offer, rules_of, store_article
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts import closing, windows
from ingest.alerts.evaluate import evaluate
from ingest.alerts.history import restore
from ingest.alerts.trying import dry_run
from ingest.alerts.windows import GRACE, Window, closed_windows, last_end
from ingest.model import Alert, Delivery, Entry, EntryState, Feed, RuleState, RuleWindow, Run
from ingest.store.sqlite import SqliteStore

SPIKE = rules_of(
    "  - {id: many, type: spike, when: {status: proposed}, window: 6h, baseline: 2d, ratio: 3,"
    " min_count: 3, to: [file]}\n"
)
DIGEST = rules_of(
    '  - {id: daily, type: digest, at: "07:00", tz: Europe/Minsk, top: 3, to: [file]}\n'
)
FEEDS = rules_of("  - {id: silent, type: flatline, window: 6h, baseline: 2d, to: [file]}\n")
WATCH = rules_of(
    "  - {id: offers, type: match, when: {status: proposed}, to: [file]}\n"
    "  - {id: quiet, type: flatline, of: offers, window: 6h, baseline: 2d, below: 1, to: [file]}\n"
)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


def at(hours: float) -> datetime:
    return MIDNIGHT + hours * HOUR


def tell(store, hours, text=None, *, history=False, published=None, **more):
    text = text or f"Lukashenko offered Minsk, hour {hours}."
    article = make_article(
        offer(text, **more), slug=f"{hours}-{text}", at=at(hours), published=published
    )
    return store_article(store, article, history=history)


def seen(store, rules, hours):
    return evaluate(store, rules, None, at(hours)).alerts


# --- which windows -----------------------------------------------------------------------------


def test_windows_follow_each_other_once_their_grace_is_over():
    (rule,) = SPIKE.rules
    assert closed_windows(rule, at(0), at(12)) == [Window(at(0), at(6))]
    assert closed_windows(rule, at(0), at(12) + GRACE) == [
        Window(at(0), at(6)),
        Window(at(6), at(12)),
    ]
    assert closed_windows(rule, at(12), at(13)) == []


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(datetime(2026, 3, 28, 12, tzinfo=UTC), 24, id="plain"),
        pytest.param(datetime(2026, 3, 29, 12, tzinfo=UTC), 23, id="spring"),
        pytest.param(datetime(2026, 10, 25, 12, tzinfo=UTC), 25, id="autumn"),
    ],
)
def test_a_digest_day_is_the_desks_own(day, hours):
    (rule,) = rules_of('  - {id: d, type: digest, at: "08:00", tz: Europe/Warsaw}\n').rules
    end = last_end(rule, day)
    (window,) = closed_windows(rule, end - timedelta(hours=1), day)
    assert window.end == end
    whole = last_end(rule, end - timedelta(microseconds=1))
    assert end - whole == timedelta(hours=hours)


def test_a_weekly_digest_ends_on_monday():
    (rule,) = rules_of('  - {id: d, type: digest, every: week, at: "07:30"}\n').rules
    assert last_end(rule, datetime(2026, 3, 4, tzinfo=UTC)) == datetime(
        2026, 3, 2, 7, 30, tzinfo=UTC
    )
    assert last_end(rule, datetime(2026, 3, 2, 7, tzinfo=UTC)) == datetime(
        2026, 2, 23, 7, 30, tzinfo=UTC
    )


ZONES = st.sampled_from(
    ("UTC", "Europe/Warsaw", "America/St_Johns", "Pacific/Apia", "Asia/Kolkata")
)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 15),
    ZONES,
    st.integers(0, 23),
)
def test_windows_leave_no_gap_and_never_overlap(now, days, zone, hour):
    (rule,) = rules_of(f'  - {{id: d, type: digest, at: "{hour}:30", tz: {zone}}}\n').rules
    after = last_end(rule, now - timedelta(days=days))
    found = closed_windows(rule, after, now)
    edges = [after, *(window.end for window in found)]
    assert [window.start for window in found] == edges[:-1]
    assert all(window.start < window.end <= now - GRACE for window in found)
    assert edges[-1] == max(after, last_end(rule, now - GRACE))


# --- spike -------------------------------------------------------------------------------------


def usual(store, until=48):
    """One offer every six hours, and rules that have seen them."""
    for hours in range(0, until, 6):
        tell(store, hours + 1)
    seen(store, SPIKE, 0)


def test_a_spike_is_told_once_with_what_was_counted(store):
    usual(store)
    for number in range(4):
        tell(store, 49, f"Lukashenko offered Minsk, report {number}.")
    tell(store, 50, "Lukashenko offered Minsk, report 3.")  # a copy on another page
    (alert,) = seen(store, SPIKE, 55)
    assert (alert.key, alert.type) == (("place:minsk-by",), "spike")
    assert (alert.period_start, alert.created_at) == (at(48), at(55))
    assert alert.line == (
        "Minsk: 4 distinct sentences, 1.0 are usual, 4 Mar 00:00 to 4 Mar 06:00 UTC"
        " (sentences are counted: there are no stories yet)"
    )
    assert len(alert.evidence) == 4
    assert seen(store, SPIKE, 56) == seen(store, SPIKE, 61) == []
    assert store.count(Delivery) == 1


@pytest.mark.parametrize(
    ("number", "before", "expected"),
    [
        pytest.param(3, 48, 1, id="three-times-the-usual"),
        pytest.param(2, 48, 0, id="too-few"),
        pytest.param(9, 12, 0, id="nothing-is-usual-yet"),
    ],
)
def test_what_is_a_spike(store, number, before, expected):
    for hours in range(0, before, 6):
        tell(store, hours + 1)
    seen(store, SPIKE, 0)
    for report in range(number):
        tell(store, before + 1, f"Lukashenko offered Minsk, report {report}.")
    assert len(seen(store, SPIKE, before + 7)) == expected


def test_a_first_poll_and_old_articles_are_no_spike(store):
    usual(store)
    for number in range(9):
        tell(store, 49, f"Lukashenko offered Minsk, old report {number}.", history=True)
        tell(store, 49, f"Lukashenko offered Minsk, stale {number}.", published=at(-100))
    assert seen(store, SPIKE, 55) == []
    assert store.count(Alert) == 0


def test_after_downtime_each_window_is_counted_once_from_the_last_one(store):
    usual(store)
    for start in (48, 60, 72):
        for number in range(9):
            tell(store, start + 1, f"Lukashenko offered Minsk, {start} {number}.")
    found = seen(store, SPIKE, 100)
    assert [alert.period_start for alert in found] == [at(48), at(60), at(72)]
    assert store.get(RuleState, "many").window_end == at(96)
    assert seen(store, SPIKE, 101) == []


class DyingError(BaseException):
    """The process is gone: nothing may catch it."""


class Dying:
    """A store that dies at its n-th write."""

    def __init__(self, store, left):
        self._store, self._left = store, left

    def __getattr__(self, name):
        return getattr(self._store, name)

    def put(self, records):
        written = []
        for record in records:
            self._left -= 1
            if self._left == 0:
                raise DyingError
            written += self._store.put([record])
        return written


def test_a_crash_at_any_write_repeats_and_loses_no_window(tmp_path):
    with SqliteStore.open(tmp_path / "0.sqlite") as one:
        usual(one)
        for start in (48, 60):
            for number in range(5):
                tell(one, start + 1, f"Lukashenko offered Minsk, {start} {number}.")
    left, crashed = 0, True
    while crashed:
        left += 2
        path = tmp_path / f"{left}.sqlite"
        shutil.copy(tmp_path / "0.sqlite", path)
        with SqliteStore.open(path) as one:
            try:
                evaluate(Dying(one, left), SPIKE, None, at(70))
                crashed = False
            except DyingError:
                crashed = True
            seen(one, SPIKE, 71)
            alerts = one.find(Alert)
            assert sorted(alert.period_start for alert in alerts) == [at(48), at(60)], left
            assert one.count(Delivery) == 2
    assert left > 20


def test_a_window_rule_that_breaks_is_set_aside_and_goes_on_from_there(store, monkeypatch):
    usual(store)
    for number in range(9):
        tell(store, 49, f"Lukashenko offered Minsk, {number}.")
    with monkeypatch.context() as patch:
        patch.setattr(windows, "spikes", lambda *_: 1 / 0)
        report = evaluate(store, SPIKE, None, at(55))
    assert report.failed_rules == {"many": "ZeroDivisionError: division by zero"}
    assert seen(store, SPIKE, 61) == []
    assert restore(store, SPIKE, SPIKE.rules[0], at(62)) == []
    assert [alert.period_start for alert in seen(store, SPIKE, 62)] == [at(48)]


def test_counts_that_no_baseline_needs_are_dropped(store):
    usual(store, until=240)
    seen(store, SPIKE, 241)
    assert store.count(RuleWindow) <= 3 * 8


def test_an_edited_rule_does_not_raise_the_past_again(store):
    usual(store)
    for number in range(9):
        tell(store, 49, f"Lukashenko offered Minsk, {number}.")
    assert len(seen(store, SPIKE, 55)) == 1
    wider = replace(SPIKE, rules=(replace(SPIKE.rules[0], version="2", min_count=2),))
    assert seen(store, wider, 56) == seen(store, wider, 61) == []


def test_a_dry_run_of_a_spike_tells_what_live_rules_told(store):
    for hours in range(0, 48, 6):
        tell(store, hours + 1, published=at(hours + 1))
    seen(store, SPIKE, 0)
    for number in range(4):
        tell(store, 49, f"Lukashenko offered Minsk, report {number}.", published=at(49))
    live = seen(store, SPIKE, 55)
    tried = dry_run(store, SPIKE, at(0), at(60))
    assert [(a.id, a.line) for a in tried] == [(a.id, a.line) for a in live]
    assert len(live) == 1


# --- digest ------------------------------------------------------------------------------------


def test_a_digest_comes_every_day_that_has_news(store):
    seen(store, DIGEST, 0)
    tell(store, 5, "Putin offered Geneva.", by="Putin")
    tell(store, 6, "Lukashenko refused Istanbul.", status="rejected")
    tell(store, 7, "Lukashenko offered Minsk.", confidence=0.4)
    tell(store, 8, "Zelensky offered Geneva.", by="Zelensky", confidence=0.99)
    store_article(store, make_article(Say("Nobody came to Moscow."), slug="x", at=at(9)))
    assert seen(store, DIGEST, 27) == []
    (alert,) = seen(store, DIGEST, 28.1)
    assert alert.key == ()
    assert alert.line == (
        "digest: 4 sentences in 4 articles, 2 Mar 07:00 to 3 Mar 07:00 Europe/Minsk"
    )
    assert [item.sentence.split()[1] for item in alert.evidence] == [
        "refused",
        "offered",
        "offered",
    ]
    assert alert.evidence[1].sentence == "Zelensky offered Geneva."
    assert seen(store, DIGEST, 60) == []  # a day without news


def test_old_articles_are_counted_in_a_digest_and_nowhere_else(store):
    seen(store, DIGEST, 0)
    tell(store, 5)
    for number in range(6):
        tell(
            store,
            6,
            f"Putin offered Geneva, {number}.",
            by="Putin",
            published=at(-500),
            history=True,
        )
    (alert,) = seen(store, DIGEST, 29)
    assert "1 sentences in 1 articles, 6 more in old articles stored now" in alert.line
    assert len(alert.evidence) == 1


# --- flatline ----------------------------------------------------------------------------------


def run_every_hour(store, first, last):
    store.put([Run(id=f"{hour}", started_at=at(hour)) for hour in range(first, last)])


def entries(store, feed, hours):
    store.put(
        [
            Entry(
                id=f"{feed}-{hour}", feed_id=feed, url="", host="", title="", content_hash="",
                first_seen_at=at(hour), changed_at=at(hour), state=EntryState.DONE,
            )
            for hour in hours
        ]
    )  # fmt: skip


def feeds(store):
    store.put(
        [
            Feed(id="busy", url="http://busy.example/feed", title="Busy", added_at=at(-99)),
            Feed(id="dead", url="http://dead.example/feed", title="Dead", added_at=at(-99)),
            Feed(id="lazy", url="http://lazy.example/feed", added_at=at(-99)),
            Feed(id="mute", url="http://mute.example/feed", added_at=at(-99), muted=True),
        ]
    )
    tell(store, -98)
    entries(store, "busy", range(-97, 80))
    for feed in ("dead", "mute"):
        entries(store, feed, range(-97, 48))
    entries(store, "lazy", range(-97, 48, 24))


def test_a_feed_that_falls_silent_is_told(store):
    feeds(store)
    run_every_hour(store, 0, 80)
    seen(store, FEEDS, 0)
    (alert,) = seen(store, FEEDS, 55)
    assert alert.key == ("dead",)
    assert alert.line == ("feed Dead: 0 new entries, 6.0 are usual, 4 Mar 00:00 to 4 Mar 06:00 UTC")
    assert alert.evidence[0].url == "http://dead.example/feed"
    assert seen(store, FEEDS, 73) == []  # once a day


def test_our_own_silence_is_no_flatline(store):
    feeds(store)
    run_every_hour(store, 0, 50)  # then the program was down
    seen(store, FEEDS, 0)
    assert seen(store, FEEDS, 73) == []


def test_a_rule_that_falls_silent_is_told(store):
    for hours in range(0, 48, 3):
        tell(store, hours + 1)
    seen(store, WATCH, 0)
    run_every_hour(store, 0, 80)
    (alert,) = [a for a in seen(store, WATCH, 55) if a.type == "flatline"]
    assert alert.line == (
        "rule offers: 0 distinct sentences, 2.0 are usual, 4 Mar 00:00 to 4 Mar 06:00 UTC"
    )


def test_a_dry_run_of_a_flatline(store):
    feeds(store)
    run_every_hour(store, 0, 80)
    assert [a.key for a in dry_run(store, FEEDS, at(0), at(60))] == [("dead",)]
    assert store.count(RuleWindow) == 0


def test_no_more_than_so_many_windows_at_once(store, monkeypatch):
    monkeypatch.setattr(closing, "MAX_AT_ONCE", 2)
    usual(store)
    for start in (48, 60, 72):
        for number in range(9):
            tell(store, start + 1, f"Lukashenko offered Minsk, {start} {number}.")
    found = [a.period_start for hours in range(100, 112) for a in seen(store, SPIKE, hours)]
    assert found == [at(48), at(60), at(72)]
