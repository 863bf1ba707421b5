"""Work records: compare-and-set, conditions, order; and many writers at once."""

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from operator import attrgetter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storing import NOW, make_article, make_entry

from ingest import model
from ingest.errors import UsageError
from ingest.model import Article, Entry, EntryState, Feed, Host, Note, UrlAlias
from ingest.store.port import Where
from ingest.store.records import KINDS

SAMPLES = (
    Feed(
        id="f", url="http://a.example/\x00\u202e", muted=True, interval_s=60, former_urls=("x", ""),
        next_check_at=NOW, state=model.FeedState(etag='W/"ä"', recent_ids=("1", "2"), failures=0.25),
    ),
    make_entry("e", state=EntryState.FETCHED, content="<p>Ёж\n\t😀</p>", published_at=NOW),
    Host(id="a.example", crawl_delay_s=2.5, rest_until=NOW + timedelta(microseconds=1)),
    UrlAlias(id="http://a.example/" + "x" * 3000, article_id="a"),
    model.Lease(id="poll", holder="h", host="h", pid=1, started_at=NOW, expires_at=NOW),
    model.Run(id="r", started_at=NOW, counters={"new": 3}),
    Note(id="n", value=""),
    model.Tombstone(id="t", what="url", at=NOW),
    model.DeskRevision(
        id="rules-00000001", kind="rules", number=1, body="a: ж", author="ann", at=NOW
    ),
    model.RuleState(id="r", enabled=False, window_end=NOW),
    model.RuleWindow(
        id="w", rule_id="r", started_at=NOW, end=NOW, counts=((("place:b",), 3), ((), 1))
    ),
    model.Silence(id="s", rule_id="r", created_at=NOW, until=NOW, author="ann", key=("a", "b")),
    model.AlertGroup(
        id="g", rule_id="r", key=("leader:a", "place:b"), period_start=NOW,
        told=(model.Told("agreed", NOW, "a", ("RU", "UA"), NOW),),
    ),
    model.Alert(
        id="a", rule_id="r", rule_version="1", key=(), period_start=NOW, created_at=NOW, line="l",
        evidence=(
            model.Evidence(
                article_id="a", mention="m", sentence="s", title="t", url="u", source="s",
                lang="en", line="l", published_at=None,
            ),
        ),
    ),
    model.Delivery(id="d", alert_id="a", channel="c", created_at=NOW),
)  # fmt: skip


def test_every_kind_has_a_sample():
    assert {type(record) for record in SAMPLES} == set(KINDS)


@pytest.mark.parametrize("record", SAMPLES, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_as_it_was_put(store, record):
    assert store.put([record]) == [replace(record, revision=1)]
    assert store.get(type(record), record.id) == replace(record, revision=1)


def test_a_new_record_is_created_only_if_its_id_is_absent(store):
    store.put([UrlAlias("http://a.example/", "first")])
    assert store.put([UrlAlias("http://a.example/", "second")]) == [None]
    assert store.get(UrlAlias, "http://a.example/").article_id == "first"


def test_an_update_needs_the_revision_that_is_stored(store):
    (first,) = store.put([Note("n", "1")])
    (second,) = store.put([replace(first, value="2")])
    assert second == Note("n", "2", revision=2)
    assert store.put([replace(first, value="stale")]) == [None]
    assert store.put([Note("absent", "", revision=3)]) == [None]
    assert store.get(Note, "n") == second
    assert store.get(Note, "absent") is None


def test_one_conflict_leaves_the_others_written(store):
    store.put([Note("b", "old")])
    assert [bool(found) for found in store.put([Note(i, "new") for i in "abc"])] == [
        True,
        False,
        True,
    ]
    assert store.get_many(Note, "abcd").keys() == {"a", "b", "c"}
    assert store.get(Note, "b").value == "old"


def test_the_same_id_twice_in_one_call_is_written_once(store):
    assert store.put([Note("a", "1"), Note("a", "2")])[1] is None
    assert store.get(Note, "a").value == "1"


def test_kinds_do_not_mix(store):
    store.put([Note("same", "note")])
    store.put([Host("same")])
    assert store.get(Note, "same").value == "note"
    assert store.delete(Note, ["same", "absent"]) == 1
    assert store.get(Host, "same") is not None


def test_lone_surrogates_become_one_replacement_each(store):
    (written,) = store.put([Note("n", "a\ud800b\udfffc")])
    assert written.value == "a\ufffdb\ufffdc"
    assert store.get(Note, "n") == written


def test_articles_are_not_written_as_records(store):
    with pytest.raises(UsageError):
        store.put([make_article()])
    assert store.get_article(make_article().id) is None


def test_thousands_of_ids_in_one_call(store):
    store.put([Note(str(number), "") for number in range(1200)])
    assert len(store.get_many(Note, map(str, range(5000)))) == 1200
    assert store.count(Note, Where("id", "in", tuple(map(str, range(3000))))) == 1200


def entry_of(number, state, minutes, host):
    return make_entry(
        str(number),
        state=state,
        next_try_at=None if minutes is None else NOW + timedelta(minutes=minutes),
        feed_id=host,
    )


entries = st.lists(
    st.tuples(
        st.sampled_from(EntryState),
        st.none() | st.integers(-2, 2),
        st.sampled_from(("", "a", "ab")),
    ),
    max_size=6,
).map(lambda rows: [entry_of(number, *row) for number, row in enumerate(rows)])
times = st.integers(-2, 2).map(lambda minutes: NOW + timedelta(minutes=minutes))
ops = st.sampled_from(("=", "!=", "<=", ">=", "<", ">"))
conditions = st.one_of(
    st.builds(Where, st.just("next_try_at"), ops, times),
    st.builds(Where, st.just("next_try_at"), st.sampled_from(("=", "!=")), st.none()),
    st.builds(Where, st.just("next_try_at"), st.just("in"), st.tuples(st.none(), times)),
    st.builds(Where, st.just("state"), ops, st.sampled_from(EntryState)),
    st.builds(
        Where, st.just("state"), st.just("in"), st.lists(st.sampled_from(EntryState)).map(tuple)
    ),
    st.builds(Where, st.just("feed_id"), st.just("prefix"), st.sampled_from(("", "a", "ab", "b"))),
)
COMPARE = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
}


def satisfies(record, condition) -> bool:
    value = getattr(record, condition.field)
    if condition.op == "in":
        return value in condition.value
    if condition.op == "prefix":
        return value.startswith(condition.value)
    if condition.value is None:
        return (value is None) == (condition.op == "=")
    if value is None:
        return condition.op == "<="
    return COMPARE[condition.op](value, condition.value)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    records=entries,
    where=st.lists(conditions, max_size=3),
    field=st.sampled_from(("id", "next_try_at", "state", "feed_id")),
    down=st.booleans(),
    limit=st.none() | st.integers(0, 3),
)
def test_find_means_what_the_port_says(store, records, where, field, down, limit):
    store.delete(Entry, [entry.id for entry in store.find(Entry)])
    store.put(records)
    expected = [entry for entry in records if all(satisfies(entry, each) for each in where)]
    expected.sort(key=attrgetter("id"), reverse=down)
    unset = [entry for entry in expected if getattr(entry, field) is None]
    present = [entry for entry in expected if getattr(entry, field) is not None]
    present.sort(key=attrgetter(field), reverse=down)
    expected = present + unset if down else unset + present
    found = store.find(Entry, *where, order_by=f"-{field}" if down else field, limit=limit)
    assert [entry.id for entry in found] == [entry.id for entry in expected][:limit]
    assert store.count(Entry, *where) == len(expected)


@pytest.mark.parametrize(
    ("where", "order_by"),
    [
        pytest.param((Where("content", "=", "x"),), "id", id="not-indexed"),
        pytest.param((Where("id; DROP TABLE r_entry", "=", "x"),), "id", id="injection"),
        pytest.param((Where("state", "~", "x"),), "id", id="operator"),
        pytest.param((Where("next_try_at", "<=", None),), "id", id="none-compared"),
        pytest.param((Where("next_try_at", "<=", NOW.replace(tzinfo=None)),), "id", id="naive"),
        pytest.param((), "-content", id="order"),
    ],
)
def test_a_condition_that_no_index_serves_is_refused(store, where, order_by):
    with pytest.raises(UsageError):
        store.find(Entry, *where, order_by=order_by)


def test_prefixes_of_ids_find_records_and_articles(store):
    store.put([Note("abc1", ""), Note("abc2", ""), Note("abd", "")])
    assert [note.id for note in store.find(Note, Where("id", "prefix", "abc"))] == ["abc1", "abc2"]
    assert Article.INDEXED


# --- many writers ------------------------------------------------------------------------------

COUNT_UP = """
import sys, threading
from dataclasses import replace
from ingest.model import Note
from ingest.store import open_store

def count_up(store, times):
    while times:
        note = store.get(Note, "counter")
        times -= store.put([replace(note, value=str(int(note.value) + 1))])[0] is not None

with open_store(sys.argv[1], sys.argv[2]) as store:
    threads = [threading.Thread(target=count_up, args=(store, 100)) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


@pytest.mark.timeout(900)
def test_four_writers_in_two_processes_lose_no_increment(backend):
    with backend.open() as store:
        store.put([Note("counter", "0")])
    workers = [
        subprocess.Popen([sys.executable, "-c", COUNT_UP, backend.url, backend.prefix])
        for _ in range(2)
    ]
    try:
        assert [worker.wait(timeout=400) for worker in workers] == [0, 0]
    finally:
        for worker in workers:
            worker.kill()
    with backend.open() as store:
        assert store.get(Note, "counter") == Note("counter", "400", revision=401)


def test_threads_share_one_store(store):
    store.put([Note("counter", "0")])

    def count_up():
        left = 25
        while left:
            note = store.get(Note, "counter")
            left -= store.put([replace(note, value=str(int(note.value) + 1))])[0] is not None

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=200)
    assert store.get(Note, "counter").value == "100"


def test_one_of_two_claims_wins(backend):
    with backend.open() as one, backend.open() as other:
        one.put([Host("a.example")])
        first, second = one.get(Host, "a.example"), other.get(Host, "a.example")
        won = one.put([replace(first, next_start_at=NOW)])
        lost = other.put([replace(second, next_start_at=NOW + timedelta(seconds=9))])
        assert (won[0].next_start_at, lost) == (NOW, [None])
        assert other.get(Host, "a.example").next_start_at == NOW
