"""One request in a loop of its own, for tests that need no more."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ingest.fetch.client import Fetcher
from ingest.fetch.resolve import Resolver, map_resolver
from ingest.fetch.result import FetchResult
from ingest.settings import FetchSettings

# Loading the trusted roots takes 50 ms each time, and most of these tests speak no TLS.
NO_ROOTS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


class FastLoop(asyncio.SelectorEventLoop):
    """A loop whose clock a test puts forward: a deadline passes without the wait for it."""

    ahead_s = 0.0

    def time(self) -> float:
        return super().time() + self.ahead_s


def limits(**changes: Any) -> FetchSettings:
    """Settings with a deadline that only a hanging test meets."""
    return FetchSettings(**{"timeout_s": 60.0, **changes})


def names(port: int, *hosts: str) -> Resolver:
    """Names that all stand for one server on loopback."""
    return map_resolver(dict.fromkeys(hosts or ("courier.example",), ("127.0.0.1", port)))


def get(
    url: str,
    settings: FetchSettings | None = None,
    *,
    resolver: Resolver | None = None,
    fetcher: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> FetchResult:
    given = {"ssl_context": NO_ROOTS, **(fetcher or {})}

    async def one() -> FetchResult:
        async with Fetcher(settings or limits(), resolver=resolver, **given) as client:
            return await client.get(url, now=NOW, **arguments)

    return asyncio.run(one())


def post(
    url: str,
    body: bytes,
    settings: FetchSettings | None = None,
    *,
    resolver: Resolver | None = None,
    **arguments: Any,
) -> FetchResult:
    async def one() -> FetchResult:
        async with Fetcher(settings or limits(), resolver=resolver, ssl_context=NO_ROOTS) as client:
            return await client.post(url, body, now=NOW, **arguments)

    return asyncio.run(one())
