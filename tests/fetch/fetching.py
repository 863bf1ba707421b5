"""One request in a loop of its own, for tests that need no more."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ingest.fetch.client import Fetcher
from ingest.fetch.resolve import Resolver, map_resolver
from ingest.fetch.result import FetchResult
from ingest.settings import FetchSettings

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def limits(**changes: Any) -> FetchSettings:
    """Settings with a deadline that suits a test."""
    return FetchSettings(**{"timeout_s": 3.0, **changes})


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
    async def one() -> FetchResult:
        async with Fetcher(settings or limits(), resolver=resolver, **(fetcher or {})) as client:
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
        async with Fetcher(settings or limits(), resolver=resolver) as client:
            return await client.post(url, body, now=NOW, **arguments)

    return asyncio.run(one())
