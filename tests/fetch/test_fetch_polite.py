"""The good guest, against a real server and a real store, on a clock of its own."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fetching import NO_ROOTS, NOW, limits, names

from ingest.fetch.client import Fetcher
from ingest.fetch.hosts import HostGate
from ingest.fetch.polite import PoliteFetcher
from ingest.fetch.result import Fetched, FetchFailed, FetchResult
from ingest.model import Host
from ingest.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hostile.server import Conn, HostileServer

HERE, THERE = "courier.example", "tribune.example"


class Desk:
    """A polite fetcher whose clock moves only when it waits."""

    def __init__(self, store: SqliteStore, server: HostileServer) -> None:
        self.now = NOW
        self.waits: list[float] = []
        self.store, self.server = store, server

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)

    def clock(self) -> datetime:
        return self.now

    def get(self, *urls: str, patience_s: float = 120, **arguments: Any) -> list[FetchResult]:
        async def all_of_them() -> list[FetchResult]:
            resolver = names(self.server.port, HERE, THERE)
            async with Fetcher(limits(), resolver=resolver, ssl_context=NO_ROOTS) as fetcher:
                polite = PoliteFetcher(
                    fetcher,
                    HostGate(self.store, pause_s=2),
                    clock=self.clock,
                    timeout_s=3,
                    patience_s=patience_s,
                    sleep=self.sleep,
                )
                return [await polite.get(url, **arguments) for url in urls]

        return asyncio.run(all_of_them())


@pytest.fixture
def desk(tmp_path: Path, hostile: HostileServer) -> Iterator[Desk]:
    with SqliteStore.open(tmp_path / "hosts.sqlite") as store:
        yield Desk(store, hostile)


def test_feeds_wait_their_turn_and_ask_no_robots(desk: Desk) -> None:
    results = desk.get(f"http://{HERE}/feed", f"http://{HERE}/feed?n=3", f"http://{THERE}/feed")
    assert [type(result) for result in results] == [Fetched] * 3
    assert sum(desk.waits) == 2.0
    assert "/robots.txt" not in desk.server.paths()


def test_robots_is_asked_once_a_day_before_pages(desk: Desk) -> None:
    first, second = desk.get(f"http://{HERE}/html", f"http://{HERE}/private/1", kind="page")
    assert isinstance(first, Fetched)
    assert isinstance(second, FetchFailed)
    assert (second.code, second.passing) == ("robots", False)
    assert desk.server.paths() == ["/robots.txt", "/html"]
    assert sum(desk.waits) == 2.0  # the question was a request, too
    desk.now += timedelta(hours=23)
    desk.get(f"http://{HERE}/html", kind="page")
    assert desk.server.paths()[2:] == ["/html"]
    desk.now += timedelta(hours=2)
    desk.get(f"http://{HERE}/html", kind="page")
    assert desk.server.paths()[3:] == ["/robots.txt", "/html"]


def test_a_page_that_is_forbidden_costs_the_host_no_turn(desk: Desk) -> None:
    desk.get(f"http://{HERE}/html", kind="page")
    waited = len(desk.waits)
    desk.get(*[f"http://{HERE}/private/{i}" for i in range(5)], kind="page")
    assert len(desk.waits) == waited


def test_robots_that_cannot_be_had_forbids_for_an_hour(desk: Desk) -> None:
    async def broken(conn: Conn) -> None:
        await conn.answer(status="500 Oops")

    desk.server.routes["/robots.txt"] = broken
    (result,) = desk.get(f"http://{HERE}/html", kind="page")
    assert isinstance(result, FetchFailed)
    assert (result.code, result.passing) == ("robots", True)
    desk.get(f"http://{HERE}/html", kind="page")
    assert desk.server.paths() == ["/robots.txt"]
    desk.now += timedelta(hours=1)
    del desk.server.routes["/robots.txt"]
    (again,) = desk.get(f"http://{HERE}/html", kind="page")
    assert isinstance(again, Fetched)


def test_a_crawl_delay_is_kept(desk: Desk) -> None:
    async def slow(conn: Conn) -> None:
        await conn.answer(b"User-agent: *\nCrawl-delay: 20")

    desk.server.routes["/robots.txt"] = slow
    desk.get(f"http://{HERE}/html", f"http://{HERE}/html", kind="page")
    assert sum(desk.waits) == 40.0


def test_a_429_is_the_last_request_to_the_domain(desk: Desk) -> None:
    url = f"http://{HERE}/status?code=429&after=7200"
    first, second = desk.get(url, f"http://{HERE}/feed")
    assert isinstance(first, FetchFailed)
    assert first.code == "http-429"
    assert isinstance(second, FetchFailed)
    assert (second.code, second.passing) == ("resting", True)
    assert second.headers == {"retry-after": "7200"}
    assert "429" in second.detail
    assert len(desk.server.ledger) == 1


def test_who_has_to_wait_too_long_is_told(desk: Desk) -> None:
    gate = HostGate(desk.store, pause_s=2)
    asyncio.run(gate.claim(f"http://{HERE}/", NOW, hold_s=600))
    (result,) = desk.get(f"http://{HERE}/feed", patience_s=100)
    assert isinstance(result, FetchFailed)
    assert (result.code, result.passing) == ("busy-host", True)
    assert desk.server.ledger == []


def test_a_host_that_is_done_early_is_free_early(desk: Desk) -> None:
    """Another process holds the host for a minute at most, and is done after three seconds."""
    gate = HostGate(desk.store, pause_s=2)
    url = f"http://{HERE}/feed"
    asyncio.run(gate.claim(url, NOW, hold_s=60))
    slept = desk.sleep

    async def meanwhile(seconds: float) -> None:
        await slept(seconds)
        if desk.now == NOW + timedelta(seconds=3):
            await gate.release(url, desk.now)

    desk.sleep = meanwhile  # type: ignore[method-assign]
    (result,) = desk.get(url)
    assert isinstance(result, Fetched)
    assert sum(desk.waits) == 5.0


def test_a_redirect_to_another_host_waits_for_its_turn(desk: Desk) -> None:
    gate = HostGate(desk.store, pause_s=2)
    asyncio.run(gate.claim(f"http://{THERE}/", NOW, hold_s=10))
    url = f"http://{HERE}/redirect?to=http://{THERE}/feed"
    (result,) = desk.get(url, headers={"X-Key": "secret", "User-Agent": "Desk/1"})
    assert isinstance(result, Fetched)
    assert (result.url, result.final_url) == (url, f"http://{THERE}/feed")
    assert [hop.location for hop in result.hops] == [f"http://{THERE}/feed"]
    assert sum(desk.waits) == 12.0
    last = desk.server.ledger[-1]
    assert "x-key" not in last.headers
    assert last.headers["user-agent"] == "Desk/1"


def test_a_redirect_to_another_host_asks_its_robots(desk: Desk) -> None:
    url = f"http://{HERE}/redirect?to=http://{THERE}/private/1"
    (result,) = desk.get(url, kind="page")
    assert isinstance(result, FetchFailed)
    assert result.code == "robots"
    assert THERE in result.detail
    assert result.url == url
    hosts = [asked.headers["host"] for asked in desk.server.ledger]
    assert hosts == [HERE, HERE, THERE]
    assert len(result.hops) == 1


def test_redirects_between_hosts_count_together(desk: Desk) -> None:
    async def ping(conn: Conn) -> None:
        n = int(conn.query["n"]) + 1
        host = THERE if conn.asked.headers["host"] == HERE else HERE
        await conn.answer(status="302 Found", headers={"Location": f"http://{host}/pingpong?n={n}"})

    desk.server.routes["/pingpong"] = ping
    (result,) = desk.get(f"http://{HERE}/pingpong?n=0")
    assert isinstance(result, FetchFailed)
    assert result.code == "redirect-loop"
    assert len(desk.server.ledger) == 6
    assert len(result.hops) == 6


def test_a_turn_is_given_back_whatever_happens(desk: Desk) -> None:
    desk.get(f"http://{HERE}/garbage")
    host = desk.store.get(Host, HERE)
    assert host is not None
    assert host.next_start_at == NOW + timedelta(seconds=2)


@pytest.mark.parametrize("url", ["", "nonsense", "http://", "http://127.1/"])
def test_what_has_no_host_waits_for_none(desk: Desk, url: str) -> None:
    (result,) = desk.get(url)
    assert isinstance(result, FetchFailed)
    assert result.code == "bad-url"
    assert desk.store.count(Host) == 0
