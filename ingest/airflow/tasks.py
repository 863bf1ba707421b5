"""The bodies of the DAGs' tasks: open the edges, run a stage, say in one line what was done.

Each returns what goes through XCom: keys and counts, never texts.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypedDict

import structlog
from airflow.sdk.exceptions import AirflowSkipException

from ingest import ids
from ingest.airflow.alarms import CUT_OFF
from ingest.airflow.running import (
    airflow_settings,
    finished,
    known,
    opened_services,
    opened_store,
    told,
)
from ingest.errors import FetchError, LeaseHeldError, UsageError
from ingest.leases import lease
from ingest.metrics import keep_run, kind_of, lag_counters
from ingest.model import Article, Entry, EntryState, Run
from ingest.ops import Alarms
from ingest.pipeline import stages
from ingest.pipeline.health import after_pass
from ingest.pipeline.plan import counts_of, drop_plans, hosts_line, read_plan
from ingest.pipeline.services import utc_now
from ingest.store.port import Where
from ingest.workers import default_size

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Awaitable, Callable, Generator, Mapping

    from ingest.ops import Cause
    from ingest.pipeline.plan import Plan
    from ingest.pipeline.services import Services
    from ingest.settings import Settings
    from ingest.store.port import Store

    Stage = Callable[[Services, Plan, int], Awaitable[Counter[str]]]

log = structlog.get_logger()

MAX_SPANS = 200  # mapped tasks of one run; more days than that share them


class BatchKey(TypedDict):
    """What names a batch in XCom: the run, its number in the plan, hosts for people."""

    run: str
    batch: int
    hosts: str


class Span(TypedDict):
    """A stretch of days, ISO dates, both included."""

    first: str
    last: str
    name: str


@contextmanager
def _opened(*, create: bool = False) -> Generator[tuple[Settings, Store]]:
    with told():
        settings = airflow_settings()
        with opened_store(settings, create=create) as store:
            yield settings, store


# --- poll_feeds ---------------------------------------------------------------------------------


def due_batches(run: str) -> list[BatchKey]:
    """Plan the run, once; returns a key for each of its batches."""
    with _opened() as (settings, store):
        slots = 1 if settings.store.startswith("sqlite:") else settings.airflow.slots
        plan = stages.plan_run(store, settings, run, utc_now(), slots=slots)
        log.info(hosts_line(plan.batches), stamp=plan.stamp.tagging)
        finished("due_batches", {"batches": len(plan.batches)}, settings)
        return [
            BatchKey(run=run, batch=at, hosts=batch.label) for at, batch in enumerate(plan.batches)
        ]


def poll_batch(key: BatchKey) -> dict[str, int]:
    """Poll the batch's feeds."""
    return _run_stage("fetch_feeds", key, stages.poll_batch)


def fetch_batch(key: BatchKey) -> dict[str, int]:
    """Fetch the batch's pages into the archive."""
    return _run_stage("fetch_pages", key, stages.fetch_batch, ("archive",))


def save_batch(key: BatchKey) -> dict[str, int]:
    """Extract, tag and store the batch's pages."""
    return _run_stage("extract_tag_index", key, stages.save_batch)


def _run_stage(
    name: str, key: BatchKey, stage: Stage, also_well: tuple[Cause, ...] = ()
) -> dict[str, int]:
    structlog.contextvars.bind_contextvars(run=key["run"], batch=key["batch"])
    with _opened() as (settings, store):
        plan = read_plan(store, key["run"])
        share = _shared_out(settings, len(plan.batches))
        counts = asyncio.run(_staged(share, store, plan, key["batch"], stage))
        return finished(f"{name} of {key['hosts']}", counts, settings, also_well)


def _shared_out(settings: Settings, batches: int) -> Settings:
    """The settings of one of several batches at work at once: each starts its own workers."""
    if settings.extract.workers or batches < 2:
        return settings
    share = len(os.sched_getaffinity(0)) // batches
    workers = max(1, min(default_size(), share))
    return settings.model_copy(
        update={"extract": settings.extract.model_copy(update={"workers": workers})}
    )


async def _staged(
    settings: Settings, store: Store, plan: Plan, batch: int, stage: Stage
) -> Counter[str]:
    async with opened_services(settings, store) as services:
        services.stamp = plan.stamp
        return await stage(services, plan, batch)


def announce(run: str) -> dict[str, int]:
    """Return the run's counters, for the asset event.

    Raises:
        AirflowSkipException: nothing is new, so no event is due.
    """
    with _opened() as (settings, store):
        counts = _keep_counts(store, read_plan(store, run))
        waiting = store.count(Entry, Where("state", "=", EntryState.STORED))
        said = finished("announce", counts, settings)
        if not (counts["articles_new"] or counts["articles_updated"] or waiting):
            raise AirflowSkipException("nothing is new")
        return said


def _keep_counts(store: Store, plan: Plan) -> Counter[str]:
    """Leave the run's record in the store, once; returns what its batches have done."""
    counts = counts_of(store, plan)
    counts["feeds_due"] = sum(len(batch.feeds) for batch in plan.batches)
    record = ids.sha256("run", plan.run)
    keep_run(
        store, Run(record, plan.made_at, 0, utc_now(), counters=dict(counts), stamp=plan.stamp)
    )
    return counts


def verdict(run: str) -> dict[str, int]:
    """Look at the whole: fail where most feeds fail, since then the network or proxy is at fault.

    Raises:
        AirflowFailException: more than half of at least ten feeds that were due; asking the store
            again would say the same.
    """
    with _opened() as (settings, store):
        plan = read_plan(store, run)
        counts = _keep_counts(store, plan)
        failing, due = stages.failing_share(store, plan)
        if stages.is_cut_off(failing, due):
            raise FetchError(
                CUT_OFF,
                f"{failing} of {due} that were due fail",
                "look at the network, DNS and fetch.proxy; summitwatch feeds list names them",
            )
        alarms = Alarms(settings.ops, settings.fetch)
        asyncio.run(after_pass(alarms, settings, store, counts, utc_now()))
        return finished("verdict", {"failing": failing, "due": due}, settings)


# --- raise_alerts -------------------------------------------------------------------------------


def raise_alerts() -> dict[str, int]:
    """Let the rules see what was stored, and deliver what they raise."""
    from ingest.alerts.deliver import deliver  # only this DAG needs them
    from ingest.alerts.evaluate import evaluate
    from ingest.alerts.rulebook import take_rules
    from ingest.tag.desk import readable_stamp

    with _opened() as (settings, store):
        began = utc_now()
        rules = take_rules(store, settings, began)
        stamp = replace(readable_stamp(store), rules=rules.number)
        lags_s: list[float] = []

        async def run() -> dict[str, int]:
            await Alarms(settings.ops, settings.fetch).learn(rules.channels)
            with lease(store, "evaluate", clock=utc_now):
                seen = await asyncio.to_thread(evaluate, store, rules, None, utc_now())
            async with opened_services(settings, store) as services:
                sent = await deliver(
                    store,
                    rules,
                    services.fetcher,
                    utc_now,
                    templates=services.templates,
                    lags_s=lags_s,
                )
            parts = {kind_of("deliveries", state): count for state, count in sent.items()}
            aside = len(seen.failed_rules)
            return {"alerts": len(seen.alerts), "rules_set_aside": aside, **parts}

        try:
            counts = asyncio.run(run())
        except LeaseHeldError as exc:
            raise AirflowSkipException(f"another run sees to it: {exc}") from exc
        record = ids.sha256("alerts", began.isoformat())
        if any(counts.values()):
            counters = counts | lag_counters(lags_s)
            keep_run(store, Run(record, began, 0, utc_now(), counters=counters, stamp=stamp))
        return finished("raise_alerts", counts, settings)


# --- retag --------------------------------------------------------------------------------------


def article_spans(params: Mapping[str, Any]) -> list[Span]:
    """Return the days on which articles were stored, in at most 200 stretches."""
    with _opened() as (settings, store):
        since = known(params, "since", "only_stale")["since"]
        first = _edge(store, "first_stored_at")
        last = _edge(store, "-first_stored_at")
        if first is None or last is None:
            finished("days", {}, settings)
            return []
        asked = _day("since", since) if since else first
        spans = [
            span
            for span in _split(max(first, asked), last)
            if store.count_articles(*_stored_within(span))
        ]
        finished("days", {"spans": len(spans)}, settings)
        return spans


def retag_span(span: Span, *, only_stale: bool) -> dict[str, int]:
    """Tag the articles stored on some days anew."""
    from ingest.pipeline.retag import is_stale, retag
    from ingest.tag.desk import tagger_of
    from ingest.tag.tagger import Tagger

    with _opened() as (settings, store):
        Tagger.read_twice(settings.tagging.reader)
        found: list[Article] = store.find_articles(*_stored_within(span))
        tagger = tagger_of(store)
        ids_ = [a.id for a in found if not only_stale or is_stale(a, tagger)]
        report = retag(store, ids=ids_)
        return finished(f"retag {span['name']}", report.counts, settings)


# --- backfill_archive ---------------------------------------------------------------------------


def archive_spans(params: Mapping[str, Any]) -> list[Span]:
    """Return the days of the archive between two dates, both included."""
    from ingest.archive import Archive

    with _opened(create=True) as (settings, _store):
        asked = known(params, "from", "to")
        first, last = asked["from"], asked["to"]
        start, end = _day("from", first), _day("to", last)
        if end < start:
            raise UsageError("to", f"{last} is before {first}", "name the earlier date as from")
        days = [day for day in Archive(settings.archive.url).days() if start <= day <= end]
        finished("days", {"days": len(days)}, settings)
        return [Span(first=f"{d}", last=f"{d}", name=f"{d}") for d in days]


def backfill_span(span: Span) -> dict[str, int]:
    """Read the archive of some days into the store."""
    from ingest.alerts.rulebook import rules_in_force
    from ingest.pipeline.backfill import backfill_day

    with _opened() as (settings, store):
        rules = rules_in_force(store, settings)

        async def run() -> Counter[str]:
            async with opened_services(settings, store) as services:
                await backfill_day(services, rules, date.fromisoformat(span["first"]))
                return services.counters

        return finished(f"backfill {span['name']}", asyncio.run(run()), settings)


# --- housekeeping -------------------------------------------------------------------------------


def housekeep() -> dict[str, int]:
    """Do a day's housekeeping, and drop the plans of past runs."""
    from ingest.pipeline import housekeeping  # only this DAG needs it

    with _opened() as (settings, store):

        async def run() -> housekeeping.HousekeepingReport:
            async with opened_services(settings, store) as services:
                return await asyncio.to_thread(housekeeping.housekeep, services)

        report = asyncio.run(run())
        log.info(report.summary)
        for warning in report.warnings:
            log.warning("housekeeping_warning", reason=warning)
        counts = {f"deleted_{name.replace(' ', '_')}": n for name, n in report.deleted.items()}
        counts |= {"repaired": report.repaired, "warnings": len(report.warnings)}
        counts["plans_dropped"] = drop_plans(store, utc_now())
        return finished("housekeeping", counts, settings)


# --- days ---------------------------------------------------------------------------------------


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except (ValueError, TypeError) as exc:
        raise UsageError(name, f"{text!r} is no date", "write YYYY-MM-DD") from exc


def _edge(store: Store, order: str) -> date | None:
    found = store.find_articles(order_by=order, limit=1)
    return found[0].first_stored_at.date() if found else None


def _split(first: date, last: date) -> list[Span]:
    days = (last - first).days + 1
    each = max(1, -(-days // MAX_SPANS))
    spans = []
    for start in range(0, max(days, 0), each):
        begin = first + timedelta(days=start)
        end = min(last, begin + timedelta(days=each - 1))
        name = f"{begin}" if begin == end else f"{begin} to {end}"
        spans.append(Span(first=f"{begin}", last=f"{end}", name=name))
    return spans


def _stored_within(span: Span) -> tuple[Where, Where]:
    begin = datetime.combine(date.fromisoformat(span["first"]), time(), UTC)
    end = datetime.combine(date.fromisoformat(span["last"]), time(), UTC) + timedelta(days=1)
    return Where("first_stored_at", ">=", begin), Where("first_stored_at", "<", end)
