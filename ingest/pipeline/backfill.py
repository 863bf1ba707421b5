"""Archived days read again: feed documents give the entries, archived pages their articles.

For a store that is new or was restored from an older copy, and for a better extractor. What is
read is history: entries end `done` at once, `new` rules learn from them, no alert is raised.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from ingest import ids
from ingest.alerts.evaluate import evaluate
from ingest.errors import ArchiveError
from ingest.feeds.entries import entries_of
from ingest.feeds.parsed import ParsedFeed
from ingest.fetch.result import Fetched
from ingest.model import Entry, EntryState, Feed
from ingest.pipeline.poll import parse_answer
from ingest.pipeline.stages import from_archive, save_pages
from ingest.pipeline.streams import CHUNK_ITEMS
from ingest.pipeline.twins import settle_twins, split_twins
from ingest.urls import normalize_url

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from ingest.alerts.rules import RuleSet
    from ingest.archive import Archive, RawPage
    from ingest.pipeline.pages import Page
    from ingest.pipeline.services import Services

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a page lies in the archive, and what an entry records of it."""

    ref: str
    final_url: str
    content_type: str
    fetched_at: datetime


async def backfill_day(services: Services, rules: RuleSet, day: date) -> Counter[str]:
    """Read one day of the archive into the store; run again it reads the same into the same.

    Entries of a feed that the store does not know stand under the feed's id all the same. An entry
    that waits for its page or for the rules is left to them. A page that the archive lacks is
    replaced by what its feed said.

    Returns:
        The services' counters: `entries_new`, `articles_new`, ...

    Raises:
        ArchiveError: the archive cannot be read.
        StoreError: what was saved stays.
    """
    feeds = {
        url: feed for feed in services.store.find(Feed) for url in (*feed.former_urls, feed.url)
    }
    pages = await asyncio.to_thread(_index, services.archive, day)
    seen: set[str] = set()  # an entry is listed by many documents of a day
    for chunk in services.archive.chunks(day):
        for _, page in _readable(services, chunk):
            if page.kind == "feed":
                feed = feeds.get(page.url) or Feed(id=ids.feed_id(page.url), url=page.url)
                await _read_document(services, rules, feed, page, pages, seen)
    return services.counters


def _index(archive: Archive, day: date) -> dict[str, Kept]:
    """Where each page is, by normalized URL; pages that were tried again came a day later."""
    found: dict[str, Kept] = {}
    for each in (day + timedelta(days=1), day):
        for chunk in archive.chunks(each):
            for ref, page in archive.iterate(chunk):
                if page.kind == "page":
                    found[normalize_url(page.url)] = Kept(
                        ref, page.final_url, page.headers.get("content-type", ""), page.fetched_at
                    )
    return found


def _readable(services: Services, chunk: str) -> Iterator[tuple[str, RawPage]]:
    """The pages of a chunk, up to where it is damaged."""
    try:
        yield from services.archive.iterate(chunk)
    except ArchiveError as exc:
        services.counters["chunks_damaged"] += 1
        log.warning("chunk_damaged", chunk=chunk, reason=str(exc))


async def _read_document(
    services: Services,
    rules: RuleSet,
    feed: Feed,
    page: RawPage,
    pages: Mapping[str, Kept],
    seen: set[str],
) -> None:
    fetched = Fetched(
        url=page.url,
        final_url=page.final_url,
        status=page.status,
        headers=page.headers,
        body=page.body,
        fetched_at=page.fetched_at,
    )
    parsed = await parse_answer(services, feed, fetched)
    services.counters["documents"] += 1
    if not isinstance(parsed, ParsedFeed):
        services.counters["documents_unreadable"] += 1
        return
    listed = [
        entry
        for entry in entries_of(feed, parsed, page.fetched_at, history=True, known={})
        if entry.id not in seen
    ]
    seen.update(entry.id for entry in listed)
    for start in range(0, len(listed), CHUNK_ITEMS):
        todo = await asyncio.to_thread(_queue, services, listed[start : start + CHUNK_ITEMS], pages)
        chosen, twins = split_twins(todo)

        async def after(_: Sequence[Page], stored: Sequence[str]) -> None:
            await asyncio.to_thread(evaluate, services.store, rules, stored, services.clock())

        await save_pages(services, from_archive(services, chosen), after)
        settled = await asyncio.to_thread(settle_twins, services, twins)
        await after((), settled)


def _queue(services: Services, listed: Sequence[Entry], pages: Mapping[str, Kept]) -> list[Entry]:
    """Record new entries, and take up those that are done and whose page is at hand."""
    known = services.store.get_many(Entry, [entry.id for entry in listed])
    wanted = []
    for entry in listed:
        kept = pages.get(normalize_url(entry.url)) if entry.url else None
        stored = known.get(entry.id)
        if stored is None:
            wanted.append(_marked(entry, kept))
        elif kept is not None and stored.state is EntryState.DONE and _is_same(stored, kept):
            wanted.append(_marked(replace(stored, history=True), kept))
    written = [entry for entry in services.store.put(wanted) if entry is not None]
    services.counters["entries_new"] += sum(1 for entry in written if entry.id not in known)
    services.counters["entries_again"] += sum(1 for entry in written if entry.id in known)
    return written


def _is_same(stored: Entry, kept: Kept) -> bool:
    """Whether the page in hand is the one the entry stands for: never an older one."""
    return stored.archive_ref in ("", kept.ref)


def _marked(entry: Entry, kept: Kept | None) -> Entry:
    if kept is None:
        return replace(entry, state=EntryState.FETCHED, next_try_at=None)
    return replace(
        entry,
        state=EntryState.FETCHED,
        archive_ref=kept.ref,
        final_url=kept.final_url,
        content_type=kept.content_type,
        fetched_at=kept.fetched_at,
        next_try_at=None,
        reason="",
    )
