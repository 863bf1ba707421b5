"""Turns and rests of hosts: pure decisions, and the gate over a real store."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from fetching import NOW
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.fetch.hosts import (
    Granted,
    HostGate,
    Resting,
    Turn,
    Wait,
    decide,
    domain_key,
    host_key,
    rest_of,
    retry_after_s,
)
from ingest.fetch.result import Fetched, FetchFailed, Hop
from ingest.model import Host
from ingest.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL = "http://www.courier.example/feed"


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


# --- pure --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host", "domain"),
    [
        ("http://www.courier.example/a", "www.courier.example", "*.courier.example"),
        ("https://WWW.courier.example./a", "www.courier.example", "*.courier.example"),
        ("https://www.courier.example:443/", "www.courier.example", "*.courier.example"),
        ("http://www.courier.example:8080/", "www.courier.example:8080", "*.courier.example"),
        ("http://news.bbc.co.uk/", "news.bbc.co.uk", "*.bbc.co.uk"),
        ("http://u:p@a.example/", "a.example", "*.a.example"),
    ],
)
def test_keys(url: str, host: str, domain: str) -> None:
    assert (host_key(url), domain_key(url)) == (host, domain)


@pytest.mark.parametrize("url", ["", "nonsense", "http://", "http://h:99999/", "http://a b/"])
def test_no_key_without_a_host(url: str) -> None:
    assert host_key(url) == ""


@pytest.mark.parametrize(
    ("host", "domain", "turn"),
    [
        pytest.param(None, None, Host("h", next_start_at=after(2)), id="unknown"),
        pytest.param(
            Host("h", 3, next_start_at=after(0)),
            None,
            Host("h", 3, next_start_at=after(2)),
            id="free",
        ),
        pytest.param(Host("h", 3, next_start_at=after(1.5)), None, Wait(1.5), id="in-its-pause"),
        pytest.param(
            Host("h", 3, rest_until=after(60), rest_reason="503"),
            None,
            Resting(after(60), "503"),
            id="host-rests",
        ),
        pytest.param(
            Host("h", 3),
            Host("*.d", 1, rest_until=after(60), rest_reason="429"),
            Resting(after(60), "429"),
            id="domain-rests",
        ),
        pytest.param(
            Host("h", 3, rest_until=after(0), rest_reason="503"),
            Host("*.d", 1, rest_until=after(-9)),
            Host("h", 3, rest_until=after(0), rest_reason="503", next_start_at=after(2)),
            id="rested",
        ),
    ],
)
def test_decisions(host: Host | None, domain: Host | None, turn: object) -> None:
    assert decide(host, domain, NOW, key="h", busy_s=2) == turn


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("120, 120", 120.0),
        ("9" * 400, 999999999999.0),
        ("Mon, 02 Mar 2026 12:02:00 GMT", 120.0),
        ("Monday, 02-Mar-26 12:02:00 GMT", 120.0),
        ("Mon, 02 Mar 2026 11:00:00 GMT", None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Mon, 99 Mar 2026 12:02:00 GMT", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after_s({"retry-after": text}, NOW) == seconds


def refusal(status: int, *, retry_after: str = "", hops: tuple[Hop, ...] = ()) -> FetchFailed:
    headers = {"retry-after": retry_after} if retry_after else {}
    return FetchFailed(URL, f"http-{status}", "no", NOW, status, headers=headers, hops=hops)


@pytest.mark.parametrize(
    ("result", "key", "seconds"),
    [
        pytest.param(refusal(429), "*.courier.example", 3600, id="429-rests-the-domain"),
        pytest.param(refusal(429, retry_after="600"), "*.courier.example", 600, id="as-asked"),
        pytest.param(
            refusal(429, retry_after="1"), "*.courier.example", 60, id="at-least-a-minute"
        ),
        pytest.param(refusal(429, retry_after="999999"), "*.courier.example", 86400, id="capped"),
        pytest.param(
            refusal(503, retry_after="600"), "www.courier.example", 600, id="503-rests-the-host"
        ),
        pytest.param(
            refusal(429, hops=(Hop(URL, 302, "http://feeds.tribune.example/x"),)),
            "*.tribune.example",
            3600,
            id="whoever-answered",
        ),
    ],
)
def test_rests(result: FetchFailed, key: str, seconds: float) -> None:
    rest = rest_of(result, cap_s=86400)
    assert rest is not None
    assert rest[:2] == (key, after(seconds))
    assert str(result.status) in rest[2]


@pytest.mark.parametrize("status", [404, 500, 503])
def test_other_refusals_rest_nobody(status: int) -> None:
    assert rest_of(refusal(status), cap_s=86400) is None
    assert rest_of(Fetched(URL, URL, 200, {}, b"", NOW), cap_s=86400) is None


# --- over a store ------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore.open(tmp_path / "hosts.sqlite") as opened:
        yield opened


def claim(gate: HostGate, now: datetime, url: str = URL, hold_s: float = 0) -> Turn:
    return asyncio.run(gate.claim(url, now, hold_s=hold_s))


def test_one_at_a_time_with_a_pause(store: SqliteStore) -> None:
    gate = HostGate(store, pause_s=2)
    assert isinstance(claim(gate, after(0), hold_s=30), Granted)
    assert claim(gate, after(5)) == Wait(27)  # still under way
    asyncio.run(gate.release(URL, after(6)))
    assert claim(gate, after(7)) == Wait(1)
    assert isinstance(claim(gate, after(8)), Granted)


def test_a_process_that_died_holds_nobody_up_for_long(store: SqliteStore) -> None:
    gate = HostGate(store, pause_s=2)
    claim(gate, after(0), hold_s=30)
    assert isinstance(claim(gate, after(32)), Granted)


def test_hosts_do_not_wait_for_each_other(store: SqliteStore) -> None:
    gate = HostGate(store, pause_s=2)
    claim(gate, NOW, hold_s=30)
    assert isinstance(claim(gate, NOW, "http://tribune.example/"), Granted)
    assert isinstance(claim(gate, NOW, "http://courier.example/"), Granted)


def test_a_429_rests_the_domain_and_a_503_the_host(store: SqliteStore) -> None:
    gate = HostGate(store, pause_s=0)
    asyncio.run(gate.learn(refusal(503, retry_after="600")))
    assert isinstance(claim(gate, after(1)), Resting)
    assert isinstance(claim(gate, after(1), "http://courier.example/"), Granted)
    asyncio.run(gate.learn(refusal(429, retry_after="900")))
    assert claim(gate, after(1), "http://courier.example/") == Resting(
        after(900), "HTTP 429, Retry-After given"
    )
    assert isinstance(claim(gate, after(1), "http://tribune.example/"), Granted)
    assert isinstance(claim(gate, after(900), "http://courier.example/"), Granted)


def test_a_rest_is_never_shortened(store: SqliteStore) -> None:
    gate = HostGate(store, pause_s=0)
    asyncio.run(gate.rest("www.courier.example", after(600), "long"))
    asyncio.run(gate.rest("www.courier.example", after(60), "short"))
    assert claim(gate, NOW) == Resting(after(600), "long")


def test_a_crawl_delay_raises_the_pause(store: SqliteStore) -> None:
    gate = HostGate(store, pause_s=2)
    body = b"User-agent: *\nCrawl-delay: 30"
    robots = Fetched(URL, URL, 200, {}, body, NOW)
    asyncio.run(gate.keep_robots(URL, robots, NOW))
    claim(gate, after(0))
    assert claim(gate, after(1)) == Wait(29)


def test_unreachable_rules_leave_the_last_ones(store: SqliteStore) -> None:
    gate = HostGate(store, pause_s=2)
    rules = Fetched(URL, URL, 200, {}, b"User-agent: *\nCrawl-delay: 30\nDisallow: /x", NOW)
    asyncio.run(gate.keep_robots(URL, rules, NOW))
    host = asyncio.run(gate.keep_robots(URL, refusal(503), after(90000)))
    assert "Disallow: /x" in host.robots
    assert (host.robots_status, host.crawl_delay_s, host.robots_at) == (0, 30.0, after(90000))
    gone = FetchFailed(URL, "http-404", "no", NOW, 404)
    host = asyncio.run(gate.keep_robots(URL, gone, after(99999)))
    assert (host.robots, host.robots_status, host.crawl_delay_s) == ("", 404, None)


def test_of_many_processes_one_gets_the_turn(tmp_path: Path) -> None:
    """Eight connections to one file, at one instant of the clock."""
    path = tmp_path / "hosts.sqlite"
    SqliteStore.open(path).close()
    turns: list[Turn] = []
    start = threading.Barrier(8)

    def one() -> None:
        with SqliteStore.open(path) as mine:
            gate = HostGate(mine, pause_s=2)
            start.wait(100)
            turns.append(claim(gate, NOW))

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert len(turns) == 8
    assert [type(turn) for turn in turns].count(Granted) == 1
    assert {type(turn) for turn in turns} == {Granted, Wait}


STEPS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(["claim", "release"]), st.integers(0, 9)),
    max_size=25,
)


@settings(max_examples=20, deadline=None)
@given(steps=STEPS)
def test_no_two_requests_meet_at_a_host(steps: list[tuple[int, str, int]]) -> None:
    """Two processes, any order of claims and releases: the pause is kept, the hold as well."""
    hold_s, pause_s = 7, 2
    with tempfile.TemporaryDirectory() as folder, SqliteStore.open(f"{folder}/h.sqlite") as store:
        gates = [HostGate(store, pause_s=pause_s) for _ in range(2)]
        holder: int | None = None
        now = free_at = 0
        for who, step, seconds in steps:
            now += seconds
            if step == "claim":
                granted = isinstance(claim(gates[who], after(now), hold_s=hold_s), Granted)
                assert granted == (now >= free_at)
                if granted:
                    holder, free_at = who, now + hold_s + pause_s
            elif holder == who and now < free_at:
                asyncio.run(gates[who].release(URL, after(now)))
                holder, free_at = None, now + pause_s


def test_rests_are_told_from_hosts_of_the_same_name(store: SqliteStore) -> None:
    """A bare domain's own server may rest without its subdomains."""
    gate = HostGate(store, pause_s=0)
    until = datetime(2026, 3, 2, 13, tzinfo=UTC)
    asyncio.run(gate.rest(host_key("http://courier.example/"), until, "503"))
    assert isinstance(claim(gate, NOW, "http://courier.example/"), Resting)
    assert isinstance(claim(gate, NOW, URL), Granted)
