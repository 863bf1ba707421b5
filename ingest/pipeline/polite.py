"""Requests that wait their turn: the host's record is claimed before each one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from ingest.fetch.hosts import Granted, Resting, Wait
from ingest.fetch.result import FetchFailed

if TYPE_CHECKING:
    from ingest.fetch.result import FetchResult
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
    """Fetch once the host allows it; a resting host gives a FetchFailed with code `resting`.

    Pages are asked of robots.txt first (code `robots` where it forbids them).
    """
    while True:
        match await services.gate.claim(url, services.clock()):
            case Granted():
                break
            case Wait(seconds=seconds):
                await asyncio.sleep(seconds)
            case Resting(until=until, reason=reason):
                return FetchFailed(
                    url=url,
                    code="resting",
                    detail=f"the host rests until {until:%Y-%m-%d %H:%M}Z: {reason}",
                    fetched_at=services.clock(),
                    headers={"x-rest-until": until.isoformat()},
                )
    headers = {"User-Agent": user_agent} if user_agent else None
    return await services.fetcher.get(
        url,
        kind=kind,
        etag=etag,
        last_modified=last_modified,
        headers=headers,
        now=services.clock(),
    )
