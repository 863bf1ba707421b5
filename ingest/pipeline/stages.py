"""A pass as stages that a scheduler can run apart, on several machines, and run again.

`plan_run`, then for each batch `poll_batch`, `fetch_batch`, `save_batch`. Each looks into the store
for what is left to do, so one that was killed or is run again by hand repeats a chunk at most.
`save_pages` and `from_archive` serve `run_pass` too.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from contextlib import aclosing
from typing import TYPE_CHECKING

import structlog

from ingest.errors import ArchiveError
from ingest.model import Entry, EntryState, Feed
from ingest.pipeline.pages import Page, due_entries, fetch_pages
from ingest.pipeline.plan import Batch, Plan, add_counts, find_plan, split_feeds, write_plan
from ingest.pipeline.poll import due_feeds, poll_feeds
from ingest.pipeline.save import save_chunk
from ingest.pipeline.streams import CHUNK_ITEMS
from ingest.pipeline.twins import settle_twins
from ingest.store.port import Where

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from datetime import datetime

    from ingest.pipeline.services import Services
    from ingest.settings import Settings
    from ingest.store.port import Store

log = structlog.get_logger()

CHUNKS_IN_FLIGHT = 2  # one is saved while the next is extracted
FAILING_FEEDS_MIN = 10  # fewer may all be down at once without our being cut off


def plan_run(store: Store, settings: Settings, run: str, now: datetime, *, slots: int) -> Plan:
    """Decide once what a run does; asked again it gives the same answer.

    Where no feed is due but pages wait, one batch without feeds fetches and saves those; no batch
    at all means that there is nothing to do.
    """
    from ingest.tag.desk import readable_stamp  # noqa: PLC0415  large; the other stages need none

    found = find_plan(store, run)
    if found is not None:
        return found
    batches = split_feeds(due_feeds(store, settings, now), slots)
    if not batches and _pages_wait(store, now):
        batches = (Batch(),)
    return write_plan(store, Plan(run, now, readable_stamp(store), batches))


def _pages_wait(store: Store, now: datetime) -> bool:
    waiting = (Where("state", "=", EntryState.NEW), Where("next_try_at", "<=", now))
    return bool(
        store.find(Entry, Where("state", "=", EntryState.FETCHED), limit=1)
        or store.find(Entry, *waiting, limit=1)
    )


async def poll_batch(services: Services, plan: Plan, batch: int) -> Counter[str]:
    """Poll the batch's feeds that this run has not polled yet; returns what was done."""
    feeds = services.store.get_many(Feed, plan.batches[batch].feeds).values()
    left = [feed for feed in feeds if not feed.muted and is_due(feed, plan.made_at)]
    try:
        await poll_feeds(services, left)
    finally:
        _Tally(services, plan, batch).keep()
    return services.counters


def is_due(feed: Feed, now: datetime) -> bool:
    """Whether a feed was to be polled by then."""
    return feed.next_check_at is None or feed.next_check_at <= now


async def fetch_batch(services: Services, plan: Plan, batch: int) -> Counter[str]:
    """Fetch and archive the pages that fall to the batch; returns what was done.

    Entries whose page failed, or that have none, are settled here: what becomes of them hangs on
    the failure, which is not stored.
    """
    tally = _Tally(services, plan, batch)
    entries, _ = due_entries(services, mine=lambda entry: plan.owner(entry) == batch)
    async with aclosing(fetch_pages(services, entries)) as chunks:  # type: ignore[type-var]
        async for chunk in chunks:
            without = [page for page in chunk if page.raw is None]
            if without:
                await save_chunk(services, without)
            services.counters["pages_archived"] += len(chunk) - len(without)
            await asyncio.to_thread(tally.keep)
    return services.counters


async def save_batch(services: Services, plan: Plan, batch: int) -> Counter[str]:
    """Extract, tag and store the archived pages that fall to the batch; returns what was done."""
    tally = _Tally(services, plan, batch)

    async def after(pages: Sequence[Page], stored: Sequence[str]) -> None:  # noqa: ARG001
        await asyncio.to_thread(tally.keep)

    services.archive.probe()  # else an archive that is away would pass for many lost pages
    found = services.store.find(Entry, Where("state", "=", EntryState.FETCHED))
    mine = [entry for entry in found if plan.owner(entry) == batch]
    try:
        await save_pages(services, from_archive(services, mine), after)
        due = (Where("state", "=", EntryState.NEW), Where("next_try_at", "<=", services.clock()))
        waiting = [e for e in services.store.find(Entry, *due) if plan.owner(e) == batch]
        await asyncio.to_thread(settle_twins, services, [entry for entry in waiting if entry.url])
    finally:  # a chunk that was saved as another one failed is counted too
        tally.keep()
    return services.counters


def failing_share(store: Store, plan: Plan) -> tuple[int, int]:
    """Return how many of a run's feeds fail now, and how many it had to poll."""
    ids = [feed for batch in plan.batches for feed in batch.feeds]
    feeds = store.get_many(Feed, ids).values()
    return sum(1 for feed in feeds if feed.state.error and not feed.state.gone), len(ids)


def is_cut_off(failing: int, due: int) -> bool:
    """Whether so many failing feeds say that the fault is on our side."""
    return due >= FAILING_FEEDS_MIN and 2 * failing > due


class _Tally:
    """Adds what was counted since the last time to the batch's counts in the store."""

    def __init__(self, services: Services, plan: Plan, batch: int) -> None:
        self._services, self._plan, self._batch = services, plan, batch
        self._kept: Counter[str] = Counter()
        self._lock = threading.Lock()

    def keep(self) -> None:
        with self._lock:
            counted = Counter(self._services.counters) - self._kept
            if counted:
                add_counts(self._services.store, self._plan.run, self._batch, counted)
                self._kept += counted


# --- shared with a pass -------------------------------------------------------------------------


async def save_pages(
    services: Services,
    pages: AsyncIterator[list[Page]],
    after: Callable[[Sequence[Page], Sequence[str]], Awaitable[None]],
) -> None:
    """Save chunks as they come, at most two at once.

    Args:
        after: called with each chunk once it is saved, and the ids of its entries now `stored`.
    """
    free = asyncio.Semaphore(CHUNKS_IN_FLIGHT)

    async def save(chunk: list[Page]) -> None:
        try:
            await after(chunk, await save_chunk(services, chunk))
        finally:
            free.release()

    try:
        async with aclosing(pages) as chunks, asyncio.TaskGroup() as group:  # type: ignore[type-var]
            async for chunk in chunks:
                await free.acquire()
                group.create_task(save(chunk))
    except BaseExceptionGroup as errors:
        raise _first(errors) from errors


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error inside, which is the cause; the others followed from it."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def from_archive(services: Services, entries: Sequence[Entry]) -> AsyncIterator[list[Page]]:
    """Yield chunks of pages that entries have in the archive; a page lost there comes without."""
    for start in range(0, len(entries), CHUNK_ITEMS):
        if services.stop.is_set():
            return
        chunk = []
        for entry in entries[start : start + CHUNK_ITEMS]:
            raw = None
            try:
                if entry.archive_ref:
                    raw = await asyncio.to_thread(services.archive.read, entry.archive_ref)
            except ArchiveError as exc:
                log.warning("archive_page_missing", entry=entry.id[:12], reason=exc.reason)
            chunk.append(Page(entry, raw=raw))
        yield chunk
