"""What the desk had forgotten must not come back: asked for each chunk before it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest import ids
from ingest.model import Tombstone
from ingest.urls import host_of, normalize_url, registrable_domain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ingest.store.port import Records


def stone_of_url(url: str, at: datetime) -> Tombstone:
    """Return the tombstone of an address."""
    return Tombstone(_id("url", normalize_url(url)), "url", at)


def stone_of_source(source: str, at: datetime) -> Tombstone:
    """Return the tombstone of a publisher's registrable domain."""
    return Tombstone(_id("source", source), "source", at, source)


def forgotten(records: Records, urls: Iterable[str]) -> set[str]:
    """Return those of the addresses that were forgotten, themselves or with their publisher."""
    stones_of = {
        url: (
            _id("url", normalize_url(url)),
            _id("source", registrable_domain(host_of(url))),
        )
        for url in set(urls)
        if url
    }
    found = records.get_many(Tombstone, {stone for pair in stones_of.values() for stone in pair})
    return {url for url, pair in stones_of.items() if any(stone in found for stone in pair)}


def _id(what: str, key: str) -> str:
    return ids.sha256("tombstone", what, key)
