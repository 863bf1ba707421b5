"""A crash between any two writes, and evaluators at work at once: nothing lost, nothing twice."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from datetime import timedelta

import pytest
from alerts.newsdesk import DAY0, HOUR, PLACES, make_article, offer, rules_of, store_article
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.alerts.evaluate import evaluate
from ingest.alerts.groups import delivery_id
from ingest.model import Alert, AlertGroup, Delivery, Entry, EntryState
from ingest.store.sqlite import SqliteStore

RULES = rules_of(
    """
  - {id: offers, type: match, when: {status: proposed}, group_by: [venue], to: [file, stdout]}
  - {id: pairs, type: new, key: [leader, venue], to: [file]}
"""
)


class CrashError(Exception):
    pass


class Crashing:
    """A store that dies before or after its n-th write."""

    def __init__(self, store, at, *, after):
        self._store, self._left, self._after = store, at, after

    def __getattr__(self, name):
        return getattr(self._store, name)

    def put(self, records):
        """Each record is a write of its own: only that is promised."""
        written = []
        for record in records:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise CrashError
            written += self._store.put([record])
            if self._left == 0:
                raise CrashError
        return written


def crashes(store, at, now, entry_ids=None, *, after=False):
    try:
        evaluate(Crashing(store, at, after=after), RULES, entry_ids, now)
    except CrashError:
        return True
    return False


def outcome(store):
    """Everything that must not depend on crashes."""
    alerts = {(a.rule_id, a.key, a.period_start) for a in store.find(Alert)}
    rows = {row.id for row in store.find(Delivery)}
    expected = {delivery_id(a.id, channel) for a in store.find(Alert) for channel in a.to}
    assert rows == expected
    assert all(entry.state is EntryState.DONE for entry in store.find(Entry))
    return alerts


def fill(store):
    hours = (0, 2, 30, 31, 60)
    texts = ("Lukashenko offered Minsk.", "Lukashenko offered Minsk or Istanbul.")
    for number, hour in enumerate(hours):
        article = make_article(offer(texts[number % 2]), slug=str(number), at=DAY0 + hour * HOUR)
        store_article(store, article, history=number == 4)


@pytest.mark.parametrize("after", [False, True], ids=["before-the-write", "after-the-write"])
def test_a_crash_at_every_write_changes_nothing(tmp_path, after):
    with SqliteStore.open(tmp_path / "calm.sqlite") as store:
        fill(store)
        evaluate(store, RULES, None, DAY0 + 99 * HOUR)
        calm = outcome(store)
    assert len(calm) == 6
    at, crashed = 0, True
    while crashed:
        at += 1
        with SqliteStore.open(tmp_path / f"{at}.sqlite") as store:
            fill(store)
            crashed = crashes(store, at, DAY0 + 99 * HOUR, after=after)
            evaluate(store, RULES, None, DAY0 + 200 * HOUR)
            assert outcome(store) == calm, f"crash at write {at}"
    assert at > 20


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_crashes_and_parts_in_any_order_lose_and_repeat_nothing(tmp_path_factory, data):
    """Evaluations of any part of the queue, most of them dying, then one that ends well.

    Every match lies in an alert's period, or is older than its group's latest one; no two alerts
    of a group are less than a period apart; `new` raises each pair once.
    """
    folder = tmp_path_factory.mktemp("crash")
    with SqliteStore.open(folder / "s.sqlite") as store:
        times = data.draw(st.lists(st.integers(0, 80), min_size=1, max_size=8))
        entries = []
        for number, hour in enumerate(times):
            venue = data.draw(st.sampled_from(("Minsk", "Istanbul")))
            article = make_article(
                offer(f"Lukashenko offered {venue}."), slug=str(number), at=DAY0 + hour * HOUR
            )
            entries.append(store_article(store, article).id)
        for _ in range(data.draw(st.integers(0, 6))):
            part = data.draw(st.none() | st.lists(st.sampled_from(entries), min_size=1))
            at, after = data.draw(st.integers(1, 14)), data.draw(st.booleans())
            crashes(store, at, DAY0 + 99 * HOUR, part, after=after)
        evaluate(store, RULES, None, DAY0 + 200 * HOUR)
        outcome(store)
        alerts = store.find(Alert)
        for venue in ("Minsk", "Istanbul"):
            place = PLACES[venue]
            told = [
                store.get_article(entry.article_id).first_stored_at
                for entry in store.find(Entry)
                if venue in store.get_article(entry.article_id).text
            ]
            starts = sorted(a.period_start for a in alerts if a.key == (place,))
            assert bool(starts) == bool(told)
            assert all(b - a >= timedelta(hours=24) for a, b in itertools.pairwise(starts))
            for time in told:
                covered = any(s <= time < s + timedelta(hours=24) for s in starts)
                assert covered or time < starts[-1]
            pairs = [a for a in alerts if a.rule_id == "pairs" and a.key[1] == place]
            assert len(pairs) == bool(told)


def test_an_evaluator_that_died_before_the_next_period_is_made_good(store):
    """The opener's alert is missing when another article ends the period: it is raised then."""
    first = store_article(store, make_article(offer(), slug="1"))
    evaluate(store, RULES, [], DAY0)  # notes the rules
    assert crashes(store, 1, DAY0, [first.id], after=True)  # only the group is written
    assert (store.count(AlertGroup), store.count(Alert)) == (1, 0)
    second = store_article(store, make_article(offer(), slug="2", at=DAY0 + 30 * HOUR))
    evaluate(store, RULES, [second.id], DAY0 + 30 * HOUR)
    evaluate(store, RULES, None, DAY0 + 31 * HOUR)
    starts = [a.period_start for a in store.find(Alert) if a.rule_id == "offers"]
    assert sorted(starts) == [DAY0, DAY0 + 30 * HOUR]
    outcome(store)


def test_two_evaluators_at_once_raise_nothing_twice(tmp_path):
    path = tmp_path / "shared.sqlite"
    with SqliteStore.open(path) as store:
        for number in range(40):
            venue = ("Minsk", "Istanbul", "Geneva", "Moscow")[number % 4]
            article = make_article(
                offer(f"Lukashenko offered {venue}."), slug=str(number), at=DAY0 + number * HOUR
            )
            store_article(store, article)
    gate = threading.Barrier(3, timeout=100)
    reports, errors = [], []

    def work():
        try:
            with SqliteStore.open(path) as own:
                gate.wait()
                reports.append(evaluate(own, RULES, None, DAY0 + 99 * HOUR))
        except BaseException as exc:  # noqa: BLE001
            errors.append(exc)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    created = Counter(alert.id for report in reports for alert in report.alerts)
    assert set(created.values()) == {1}
    with SqliteStore.open(path) as store:
        assert len(outcome(store)) == len(created)
        assert {a.id for a in store.find(Alert)} == set(created)
        assert sum(a.rule_id == "pairs" for a in store.find(Alert)) == 4
        assert sum(a.rule_id == "offers" for a in store.find(Alert)) == 8
