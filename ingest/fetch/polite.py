"""Fetching as a good guest: the host's turn first, robots.txt before pages, rests respected."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from ingest.fetch import robots
from ingest.fetch.hosts import Granted, Resting, Wait, host_key
from ingest.fetch.result import FetchFailed, FetchResult, Hop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from ingest.fetch.client import Fetcher
    from ingest.fetch.hosts import HostGate
    from ingest.model import Host


# A host is held for as long as a request may take, and mostly free long before that.
RECHECK_S: Final = 1.0


class PoliteFetcher:
    """A fetcher behind the gate of the hosts.

    Args:
        fetcher: does the requests.
        gate: knows whose turn it is, over all processes.
        clock: aware UTC.
        timeout_s: the fetcher's deadline; a host is held that long at most.
        ask_robots: whether robots.txt is asked before a page. Feeds are never asked for: they
            are published to be polled.
        patience_s: longest wait for a turn; beyond it the result is `busy-host`.
        sleep: waits; the tests' clock has its own.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        gate: HostGate,
        *,
        clock: Callable[[], datetime],
        timeout_s: float,
        ask_robots: bool = True,
        patience_s: float = 120.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._fetcher, self._gate = fetcher, gate
        self._clock, self._sleep = clock, sleep
        self._timeout_s, self._patience_s = timeout_s, patience_s
        self._ask_robots = ask_robots

    async def get(
        self,
        url: str,
        *,
        kind: Literal["feed", "page"] = "feed",
        etag: str = "",
        last_modified: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> FetchResult:
        """GET in the host's turn; a redirect to another host waits for that host's turn.

        Returns:
            As `Fetcher.get`; besides FetchFailed with `resting` (its headers carry the seconds
            left as `retry-after`), `busy-host` or `robots`, for which nothing was sent.
        """
        target = url
        hops: tuple[Hop, ...] = ()
        while True:
            result = await self._get_at_host(
                target,
                kind,
                etag=etag,
                last_modified=last_modified,
                headers=headers,
                former=hops,
            )
            if not (isinstance(result, FetchFailed) and result.code == "elsewhere"):
                return replace(result, url=url, hops=result.hops or hops)
            hops = result.hops
            target = hops[-1].location
            # Secrets stay with the host they are for; our name goes everywhere.
            headers = {k: v for k, v in (headers or {}).items() if k.lower() == "user-agent"}

    async def _get_at_host(
        self,
        url: str,
        kind: Literal["feed", "page"],
        *,
        etag: str,
        last_modified: str,
        headers: Mapping[str, str] | None,
        former: tuple[Hop, ...],
    ) -> FetchResult:
        if not host_key(url):
            return FetchFailed(url, "bad-url", "no host to ask", self._clock(), passing=False)
        if kind == "page" and self._ask_robots:
            refused = await self._check_rules(url)
            if refused is not None:
                return refused
        refused = await self._turn(url)
        if refused is not None:
            return refused
        try:
            result = await self._fetcher.get(
                url,
                kind=kind,
                etag=etag,
                last_modified=last_modified,
                headers=headers,
                former=former,
                may_leave=False,
                now=self._clock(),
            )
        finally:
            await self._gate.release(url, self._clock())
        await self._gate.learn(result)
        return result

    async def _turn(self, url: str) -> FetchFailed | None:
        """Wait for the host's turn and take it; None once it is ours."""
        waited = 0.0
        while True:
            turn = await self._gate.claim(url, self._clock(), hold_s=self._timeout_s)
            match turn:
                case Granted():
                    return None
                case Resting(until, reason):
                    left_s = max(1, math.ceil((until - self._clock()).total_seconds()))
                    return FetchFailed(
                        url,
                        "resting",
                        f"{host_key(url)} rests until {until:%Y-%m-%d %H:%M}Z: {reason}",
                        self._clock(),
                        headers={"retry-after": str(left_s)},
                    )
                case Wait(seconds):
                    if waited >= self._patience_s:
                        detail = f"{host_key(url)} is busy for up to {seconds:.0f} s more"
                        return FetchFailed(url, "busy-host", detail, self._clock())
                    seconds = min(seconds, RECHECK_S)
                    waited += seconds
                    await self._sleep(seconds)

    async def _check_rules(self, url: str) -> FetchFailed | None:
        """Ask robots.txt, unless what the host's record has of it still holds."""
        host = self._gate.known(url)
        if host is None or not robots.is_fresh(host.robots_status, host.robots_at, self._clock()):
            refused = await self._turn(url)  # a request like any other
            if refused is not None:
                return refused
            try:
                answer = await self._fetcher.get(
                    robots.robots_url(url), kind="robots", now=self._clock()
                )
                host = await self._gate.keep_robots(url, answer, self._clock())
            finally:
                await self._gate.release(url, self._clock())
            await self._gate.learn(answer)
        if robots.is_allowed(host.robots_status, host.robots, url):
            return None
        return _forbidden(host, url, self._clock())


def _forbidden(host: Host, url: str, now: datetime) -> FetchFailed:
    if host.robots_status == robots.UNREACHABLE and not host.robots:
        detail = (
            f"robots.txt of {host.id} cannot be had, which forbids all until it can; "
            "asked again within the hour"
        )
        return FetchFailed(url, "robots", detail, now)
    return FetchFailed(
        url, "robots", f"robots.txt of {host.id} forbids this page", now, passing=False
    )
