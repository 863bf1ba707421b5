"""Entries to pages: fetch politely, archive in chunks, then mark the entries fetched."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from structlog.contextvars import bound_contextvars

from ingest.archive import RawPage
from ingest.extract.media import media_name
from ingest.fetch.result import Fetched, FetchFailed, NotModified
from ingest.leases import wait_to_write
from ingest.model import Entry, EntryState
from ingest.pipeline.streams import by_host
from ingest.pipeline.tombstones import forgotten
from ingest.pipeline.twins import split_twins
from ingest.store.port import Where
from ingest.urls import registrable_domain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence
    from datetime import datetime

    from ingest.pipeline.services import Services

RETRY_AFTER = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=16))  # within 24 h
SELECT_LIMIT = 5000


@dataclass(frozen=True, slots=True)
class Page:
    """An entry with what its page gave: a raw page, a failure, or neither (it has no link)."""

    entry: Entry
    raw: RawPage | None = None
    failure: FetchFailed | None = None


def due_entries(
    services: Services, mine: Callable[[Entry], bool] | None = None
) -> tuple[list[Entry], list[Entry]]:
    """Entries whose page is to be fetched now, at most `pages_per_host` a host, newest first.

    Args:
        mine: which to look at; None: all.

    Returns:
        (entries, twins): twins link to the page of one of the entries, see `settle_twins`.
    """
    found = services.store.find(
        Entry,
        Where("state", "=", EntryState.NEW),
        Where("next_try_at", "<=", services.clock()),
        order_by="-first_seen_at",
        limit=SELECT_LIMIT,
    )
    pages, twins = split_twins(found if mine is None else filter(mine, found))
    budget: defaultdict[str, int] = defaultdict(int)
    chosen = []
    for entry in pages:
        budget[entry.host] += 1
        if not entry.host or budget[entry.host] <= services.settings.fetch.pages_per_host:
            chosen.append(entry)
    return chosen, twins


async def fetch_pages(services: Services, entries: Iterable[Entry]) -> AsyncIterator[list[Page]]:
    """Yield chunks of fetched pages, archived, their entries marked `fetched`.

    A failed page comes with its failure and its entry as it was; deciding what follows is
    `after_failure`'s. Entries that another run moved on meanwhile are left out.
    """
    groups: defaultdict[str, list[Entry]] = defaultdict(list)
    deadline = time.monotonic() + services.settings.fetch.pages_budget_s
    for entry in entries:
        groups[registrable_domain(entry.host)].append(entry)

    async def fetch_one(entry: Entry) -> Page:
        if not entry.url:
            return Page(entry)
        if media := media_name(entry.url):  # nothing to read there: not even asked for
            detail = f"{media}, not a page"
            failure = FetchFailed(entry.url, "media", detail, services.clock(), passing=False)
            return Page(entry, failure=failure)
        with bound_contextvars(entry=entry.id[:12]):
            result = await services.polite.get(entry.url, kind="page")
        match result:
            case Fetched():
                return Page(entry, raw=_raw_page(result))
            case FetchFailed():
                return Page(entry, failure=result)
            case NotModified():  # never: no validators were sent
                failure = FetchFailed(
                    entry.url, "protocol", "304 without a condition", result.fetched_at, 304
                )
                return Page(entry, failure=failure)

    def size(page: Page) -> int:
        return len(page.raw.body) if page.raw else 0

    def should_stop() -> bool:
        return services.stop.is_set() or time.monotonic() > deadline

    async for chunk in by_host(groups, fetch_one, should_stop=should_stop, size=size):
        yield await asyncio.to_thread(_archive_and_mark, services, chunk)


def _raw_page(result: Fetched) -> RawPage:
    return RawPage(
        url=result.url,
        final_url=result.final_url,
        status=result.status,
        headers=dict(result.headers),
        body=result.body,
        fetched_at=result.fetched_at,
        kind="page",
    )


def _archive_and_mark(services: Services, chunk: Sequence[Page]) -> list[Page]:
    wait_to_write(services.store, services.clock)
    chunk = _without_forgotten(services, chunk)
    fetched = [page for page in chunk if page.raw is not None]
    refs = services.archive.write_chunk(
        [page.raw for page in fetched if page.raw], services.clock()
    )
    marked = [
        replace(
            page.entry,
            state=EntryState.FETCHED,
            archive_ref=ref,
            final_url=page.raw.final_url,
            content_type=page.raw.headers.get("content-type", ""),
            fetched_at=page.raw.fetched_at,
            reason="",
        )
        for page, ref in zip(fetched, refs, strict=True)
        if page.raw
    ]
    written = services.store.put(marked)
    done = [
        replace(page, entry=entry)
        for page, entry in zip(fetched, written, strict=True)
        if entry is not None
    ]
    return done + [page for page in chunk if page.raw is None]


def _without_forgotten(services: Services, chunk: Sequence[Page]) -> list[Page]:
    """Drop pages that the desk had forgotten, with their entries; they are not archived."""
    ends = {page.entry.id: page.raw.final_url if page.raw else "" for page in chunk}
    urls = [page.entry.url for page in chunk]
    gone = forgotten(services.store, [*urls, *ends.values()])
    dropped = {page.entry.id for page in chunk if {page.entry.url, ends[page.entry.id]} & gone}
    if dropped:
        services.counters["entries_forgotten"] += services.store.delete(Entry, dropped)
    return [page for page in chunk if page.entry.id not in dropped]


def after_failure(entry: Entry, failure: FetchFailed, now: datetime, *, tries: int) -> Entry:
    """Decide what becomes of an entry whose page failed; state and reason, not yet stored.

    A passing failure keeps it `new` with a later `next_try_at`, `tries` times at most; a host that
    rests does not count as a try. A 404 is passing here: feeds often list a page some minutes
    before the publisher's cache has it. Anything else ends the wait for the page: `stored`, so that its
    feed summary is what the rules see.
    """
    reason = f"{failure.code}: {failure.detail}"
    if failure.code == "resting":
        return replace(entry, reason=reason, next_try_at=now + RETRY_AFTER[0])
    tried = entry.tries + 1
    if (failure.passing or failure.status == 404) and tried < tries:
        wait = RETRY_AFTER[min(tried, len(RETRY_AFTER)) - 1]
        return replace(entry, reason=reason, tries=tried, next_try_at=now + wait)
    return replace(
        entry,
        reason=reason,
        tries=tried,
        next_try_at=None,
        state=EntryState.STORED,
        after=EntryState.DONE,
    )
