"""One pass over everything that is due, in order; what a crash left behind comes first."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest import ids
from ingest.alerts.deliver import deliver
from ingest.alerts.evaluate import Evaluation, evaluate
from ingest.model import Entry, EntryState, Feed, Run
from ingest.pipeline.daily import do_daily
from ingest.pipeline.pages import due_entries, fetch_pages
from ingest.pipeline.poll import due_feeds, poll_feeds
from ingest.pipeline.stages import from_archive, save_pages
from ingest.pipeline.twins import settle_twins
from ingest.store.port import Where

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from ingest.alerts.rules import RuleSet
    from ingest.leases import HeldLease
    from ingest.pipeline.pages import Page
    from ingest.pipeline.services import Services


@dataclass(slots=True)
class PassReport:
    """What a pass did.

    Attributes:
        counters: by name (`feeds_polled`, `articles_new`, `entries_dead`, ...).
        evaluation: alerts created, and what history would have raised.
        oldest_waiting: when the oldest entry that still waits for its page was first seen.
    """

    counters: Counter[str] = field(default_factory=Counter)
    evaluation: Evaluation = field(default_factory=Evaluation)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    oldest_waiting: datetime | None = None


async def run_pass(
    services: Services, rules: RuleSet, held: HeldLease, feeds: Sequence[Feed] | None = None
) -> PassReport:
    """Poll what is due, fetch, extract, tag, store, evaluate, deliver. Stops after a chunk.

    Args:
        feeds: poll these whether due or not; None: those that are due.

    Raises:
        StoreError, ArchiveError: the pass stopped; what was acknowledged is stored.
    """
    report = PassReport(counters=services.counters, started_at=services.clock())
    await _save_pages(services, rules, report, held, _left_behind(services))
    if not services.stop.is_set():
        due = due_feeds(services.store, services.settings, services.clock())
        await poll_feeds(services, due if feeds is None else feeds)
        held.renew()
    if not services.stop.is_set():
        entries, twins = due_entries(services)
        services.progress("pages", 0, len(entries))
        pages = fetch_pages(services, entries)
        await _save_pages(services, rules, report, held, pages, total=len(entries))
        settled = await asyncio.to_thread(settle_twins, services, twins)
        await asyncio.to_thread(_evaluate, services, rules, report, settled)
    await asyncio.to_thread(_evaluate, services, rules, report, None)
    await deliver(
        services.store, rules, services.fetcher, services.clock, print_line=services.print_line
    )
    if not services.stop.is_set():
        await asyncio.to_thread(do_daily, services)
    report.finished_at = services.clock()
    report.oldest_waiting = _oldest_waiting(services)
    services.store.put([_run_record(report)])
    return report


async def _save_pages(
    services: Services,
    rules: RuleSet,
    report: PassReport,
    held: HeldLease,
    pages: AsyncIterator[list[Page]],
    *,
    total: int = 0,
) -> None:
    """Save chunks as they come; the rules see each chunk as it is stored."""
    done = 0

    async def after(chunk: Sequence[Page], stored: Sequence[str]) -> None:
        nonlocal done
        await asyncio.to_thread(_evaluate, services, rules, report, stored)
        held.renew()
        done += len(chunk)
        if total:
            services.progress("pages", done, total)

    await save_pages(services, pages, after)


def _left_behind(services: Services) -> AsyncIterator[list[Page]]:
    """Chunks of entries whose page is in the archive but whose article is not stored yet."""
    entries = services.store.find(Entry, Where("state", "=", EntryState.FETCHED))
    return from_archive(services, entries)


def _evaluate(
    services: Services, rules: RuleSet, report: PassReport, entry_ids: Sequence[str] | None
) -> None:
    if entry_ids is not None and not entry_ids:
        return
    report.evaluation.add(evaluate(services.store, rules, entry_ids, services.clock()))


def _oldest_waiting(services: Services) -> datetime | None:
    waiting = services.store.find(
        Entry, Where("state", "=", EntryState.NEW), order_by="first_seen_at", limit=1
    )
    return waiting[0].first_seen_at if waiting else None


def _run_record(report: PassReport) -> Run:
    assert report.started_at is not None
    counters = dict(report.counters)
    counters["alerts"] = len(report.evaluation.alerts)
    return Run(
        id=ids.sha256("run", report.started_at.isoformat()),
        started_at=report.started_at,
        finished_at=report.finished_at,
        counters=counters,
    )
