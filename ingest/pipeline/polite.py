"""Requests that wait their turn: the host's record is claimed before each one, across processes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from ingest.fetch import robots
from ingest.fetch.hosts import Granted, Resting, Wait
from ingest.fetch.result import FetchFailed

if TYPE_CHECKING:
    from ingest.fetch.result import FetchResult
    from ingest.model import Host
    from ingest.pipeline.services import Services


async def polite_get(
    services: Services,
    url: str,
    *,
    kind: Literal["feed", "page"],
    etag: str = "",
    last_modified: str = "",
    user_agent: str = "",
) -> FetchResult:
    """Fetch once the host allows it.

    A resting host gives a FetchFailed with code `resting`, a page that robots.txt forbids one with
    code `robots`; neither sees a request.
    """
    turn = await _turn(services, url)
    if isinstance(turn, FetchFailed):
        return turn
    if kind == "page" and services.settings.fetch.robots:
        allowed = await _robots(services, url, turn)
        if allowed is not None:
            await services.gate.release(url, services.clock(), unused=True)
            return allowed
    try:
        result = await services.fetcher.get(
            url,
            kind=kind,
            etag=etag,
            last_modified=last_modified,
            headers={"User-Agent": user_agent} if user_agent else None,
            now=services.clock(),
        )
    finally:
        await services.gate.release(url, services.clock())
    await services.gate.learn(result)
    return result


async def _turn(services: Services, url: str) -> Host | FetchFailed:
    while True:
        hold_s = services.settings.fetch.timeout_s
        match await services.gate.claim(url, services.clock(), hold_s=hold_s):
            case Granted(host=host):
                return host
            case Wait(seconds=seconds):
                await asyncio.sleep(seconds)
            case Resting(until=until, reason=reason):
                now = services.clock()
                return FetchFailed(
                    url=url,
                    code="resting",
                    detail=f"the host rests until {until:%Y-%m-%d %H:%M}Z: {reason}",
                    fetched_at=now,
                    headers={"retry-after": str(max(int((until - now).total_seconds()), 1))},
                )


async def _robots(services: Services, url: str, host: Host) -> FetchFailed | None:
    """Ask robots.txt, from the host's record while it is fresh; None where the page is allowed."""
    now = services.clock()
    if not robots.is_fresh(host.robots_status, host.robots_at, now):
        answer = await services.fetcher.get(robots.robots_url(url), kind="robots", now=now)
        host = await services.gate.keep_robots(url, answer, now)
    if robots.is_allowed(host.robots_status, host.robots, url):
        return None
    unreachable = host.robots_status == robots.UNREACHABLE
    detail = (
        "the host's robots.txt cannot be read, so nothing of it is fetched"
        if unreachable
        else "the host's robots.txt asks us not to fetch this page"
    )
    return FetchFailed(url=url, code="robots", detail=detail, fetched_at=now, passing=unreachable)
