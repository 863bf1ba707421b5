"""One pass over everything that is due, in order; what a crash left behind comes first."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import structlog
from structlog.contextvars import bound_contextvars

from ingest import ids
from ingest.alerts.deliver import deliver
from ingest.alerts.evaluate import Evaluation, evaluate
from ingest.errors import IngestError, StoreError
from ingest.metrics import keep_run, kind_of, lag_counters
from ingest.model import Entry, EntryState, Feed, Run
from ingest.pipeline.daily import do_daily
from ingest.pipeline.pages import due_entries, fetch_pages
from ingest.pipeline.poll import due_feeds, poll_feeds
from ingest.pipeline.stages import from_archive, save_pages
from ingest.pipeline.twins import settle_twins
from ingest.store.port import Where
from ingest.tag.desk import readable_stamp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from ingest.alerts.rules import RuleSet
    from ingest.leases import HeldLease
    from ingest.pipeline.pages import Page
    from ingest.pipeline.services import Services

log = structlog.get_logger()


@dataclass(slots=True)
class PassReport:
    """What a pass did.

    Attributes:
        counters: by name (`feeds_polled`, `articles_new`, `entries_dead`, ...).
        evaluation: alerts created, and what history would have raised.
        oldest_waiting: when the oldest entry that still waits for its page was first seen.
        lags_s: of each alert delivered, the seconds since its article was stored.
    """

    counters: Counter[str] = field(default_factory=Counter)
    evaluation: Evaluation = field(default_factory=Evaluation)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    oldest_waiting: datetime | None = None
    lags_s: list[float] = field(default_factory=list)


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
    with bound_contextvars(run=_run_id(report)[:12]):
        postman = _Postman(services, rules, report)
        posting = asyncio.create_task(postman.work())
        try:
            if services.stamp is None:
                services.stamp = replace(readable_stamp(services.store), rules=rules.number)
            await _stages(services, rules, report, held, feeds, postman)
            postman.close()
            await posting
            if not services.stop.is_set():
                await asyncio.to_thread(do_daily, services)
        except IngestError as exc:
            _keep_failure(services, report, exc)
            raise
        finally:
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)
        report.finished_at = services.clock()
        report.oldest_waiting = _oldest_waiting(services)
        keep_run(services.store, _run_record(services, report))
        log.info("pass_done", **report.counters)
    return report


async def _stages(
    services: Services,
    rules: RuleSet,
    report: PassReport,
    held: HeldLease,
    feeds: Sequence[Feed] | None,
    postman: _Postman,
) -> None:
    await _save_pages(services, rules, report, held, postman, _left_behind(services))
    if not services.stop.is_set():
        if feeds is None:
            feeds = due_feeds(services.store, services.settings, services.clock())
        services.counters["feeds_due"] += len(feeds)
        await poll_feeds(services, feeds)
        held.renew()
    if not services.stop.is_set():
        entries, twins = due_entries(services)
        services.progress("pages", 0, len(entries))
        pages = fetch_pages(services, entries)
        await _save_pages(services, rules, report, held, postman, pages, total=len(entries))
        settled = await asyncio.to_thread(settle_twins, services, twins)
        await asyncio.to_thread(_evaluate, services, rules, report, settled)
    await asyncio.to_thread(_evaluate, services, rules, report, None)


class _Postman:
    """Delivers beside the pass: an alert waits neither for its end nor for a slow channel."""

    def __init__(self, services: Services, rules: RuleSet, report: PassReport) -> None:
        self._services, self._rules, self._report = services, rules, report
        self._wake, self._closing = asyncio.Event(), False

    def call(self) -> None:
        """There is something to deliver."""
        self._wake.set()

    def close(self) -> None:
        """Deliver once more, then end."""
        self._closing = True
        self._wake.set()

    async def work(self) -> None:
        services = self._services
        while not self._closing or self._wake.is_set():
            await self._wake.wait()
            self._wake.clear()
            counts = await deliver(
                services.store,
                self._rules,
                services.fetcher,
                services.clock,
                templates=services.templates,
                lags_s=self._report.lags_s,
                print_line=services.print_line,
            )
            for state, count in counts.items():
                services.counters[kind_of("deliveries", state)] += count


async def _save_pages(
    services: Services,
    rules: RuleSet,
    report: PassReport,
    held: HeldLease,
    postman: _Postman,
    pages: AsyncIterator[list[Page]],
    *,
    total: int = 0,
) -> None:
    """Save chunks as they come; the rules see each chunk as it is stored."""
    done = 0

    async def after(chunk: Sequence[Page], stored: Sequence[str]) -> None:
        nonlocal done
        if await asyncio.to_thread(_evaluate, services, rules, report, stored):
            postman.call()
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
) -> bool:
    """Let the rules see entries; returns whether alerts were raised."""
    if entry_ids is not None and not entry_ids:
        return False
    evaluation = evaluate(services.store, rules, entry_ids, services.clock())
    report.evaluation.add(evaluation)
    return bool(evaluation.alerts)


def _oldest_waiting(services: Services) -> datetime | None:
    waiting = services.store.find(
        Entry, Where("state", "=", EntryState.NEW), order_by="first_seen_at", limit=1
    )
    return waiting[0].first_seen_at if waiting else None


def _run_id(report: PassReport) -> str:
    assert report.started_at is not None
    return ids.sha256("run", report.started_at.isoformat())


def _run_record(services: Services, report: PassReport, note: str = "") -> Run:
    assert report.started_at is not None
    counters = dict(report.counters) | lag_counters(report.lags_s)
    counters["alerts"] = len(report.evaluation.alerts)
    return Run(
        id=_run_id(report),
        started_at=report.started_at,
        finished_at=report.finished_at,
        counters=counters,
        note=note,
        stamp=services.stamp,
    )


def _keep_failure(services: Services, report: PassReport, exc: IngestError) -> None:
    """Leave a record of a pass that failed, if the store can still take one."""
    report.finished_at = services.clock()
    try:
        keep_run(services.store, _run_record(services, report, note=str(exc)[:500]))
    except StoreError as also:
        log.warning("run_not_recorded", reason=also.reason)
