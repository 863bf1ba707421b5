"""`summitwatch run`: one pass, or one every so often."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.context import CALL, FEEDS_FAILED, command, opened_store
from ingest.cli.output import counted, print_json, say, talk
from ingest.cli.progress import progress_bars
from ingest.coverage import ago
from ingest.errors import (
    ArchiveError,
    IngestError,
    LeaseHeldError,
    SettingsError,
    StoreError,
    UsageError,
)
from ingest.leases import lease
from ingest.model import Feed
from ingest.pipeline.services import utc_now
from ingest.store.port import Where

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ingest.alerts.rules import RuleSet
    from ingest.fetch.resolve import Resolver
    from ingest.pipeline.run import PassReport
    from ingest.settings import Settings
    from ingest.store.port import Store

MIN_EVERY_S = 10


def seconds_of(text: str, option: str = "--every") -> int:
    """Read `90s`, `5m` or `1h`; raises UsageError."""
    match = re.fullmatch(r"(\d{1,6})([smh])", text.strip())
    if not match or int(match[1]) == 0:
        raise UsageError(option, f"{text!r} is no duration", "write 90s, 5m or 1h")
    return max(int(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]], MIN_EVERY_S)


@command
def run(
    once: Annotated[bool, typer.Option("--once", help="One pass, the default.")] = False,
    every: Annotated[str, typer.Option(help="A pass every 90s, 5m, 1h; SIGTERM ends it.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a pass.")] = False,
) -> None:
    """Poll what is due, fetch, extract, tag, store, raise alerts."""
    if once and every:
        raise UsageError("--once", "cannot be joined with --every", "name one of them")
    pause_s = seconds_of(every) if every else None
    if asyncio.run(_passes(pause_s, as_json=as_json)):
        raise typer.Exit(FEEDS_FAILED)


async def _passes(pause_s: int | None, *, as_json: bool) -> bool:
    """Make one pass, or one after the other; returns whether feeds failed that were well before.

    With a pause, a store or archive that is down ends one pass, not the process; so does another
    run's lease, but for the first pass.
    """
    stop = asyncio.Event()
    started = False
    with stopping(stop):
        while True:
            try:
                report = await _watched_pass(stop, as_json=as_json)
                started = True
            except (StoreError, ArchiveError, LeaseHeldError) as exc:
                if pause_s is None or (isinstance(exc, LeaseHeldError) and not started):
                    raise
                talk(f"error: {exc} [{exc.code}]; the next pass is in {ago(pause_s)}", style="red")
            else:
                if pause_s is None:
                    return bool(report.counters["feeds_newly_failed"])
            if stop.is_set():
                return False
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_s)
            if stop.is_set():
                return False


async def _watched_pass(stop: asyncio.Event, *, as_json: bool) -> PassReport:
    """Make a pass under the settings as they now are, and tell `ops.to` how it went."""
    from ingest.alerts.rulebook import take_rules  # noqa: PLC0415  other commands start without it
    from ingest.ops import Alarms, cause_of, tell_despite  # noqa: PLC0415
    from ingest.pipeline.health import after_pass  # noqa: PLC0415

    try:
        settings = CALL.settings()
    except SettingsError as exc:
        await tell_despite(exc)
        raise
    alarms = Alarms(settings.ops, settings.fetch)
    try:
        with opened_store(settings, create=True) as store:
            rules = take_rules(store, settings, utc_now())
            await alarms.learn(rules.channels)
            lines = talk if as_json else say  # JSON stands alone on stdout
            report = await one_pass(settings, store, rules, stop=stop, print_line=lines)
            print_report(store, report, as_json=as_json)
            await after_pass(alarms, settings, store, report.counters, utc_now())
    except IngestError as exc:
        if cause := cause_of(exc):
            await alarms.raise_(cause, exc)
        raise
    return report


@contextlib.contextmanager
def stopping(stop: asyncio.Event):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """SIGTERM and SIGINT set `stop` while the block runs; a second SIGINT interrupts."""
    loop = asyncio.get_running_loop()

    def first() -> None:
        talk("stopping after the current chunk")
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, first)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def one_pass(
    settings: Settings,
    store: Store,
    rules: RuleSet,
    *,
    stop: asyncio.Event,
    resolver: Resolver | None = None,
    clock: Callable[[], datetime] = utc_now,
    feeds: Sequence[Feed] | None = None,
    print_line: Callable[[str], None] = say,
) -> PassReport:
    """Take the lease, open the edges, run one pass."""
    from ingest.pipeline.opening import open_services  # noqa: PLC0415  as above
    from ingest.pipeline.run import run_pass  # noqa: PLC0415

    with lease(store, "poll", clock=clock) as held, progress_bars() as progress:
        async with open_services(
            settings, store, resolver=resolver, clock=clock, progress=progress
        ) as services:
            services.stop, services.print_line = stop, print_line
            return await run_pass(services, rules, held, feeds)


def failing_feeds(store: Store) -> list[Feed]:
    """Feeds that are polled and failed at their last poll."""
    return [feed for feed in store.find(Feed, Where("muted", "=", False)) if feed.state.error]


def print_report(store: Store, report: PassReport, *, as_json: bool) -> None:
    """Print the pass in one line (or one JSON object) and the feeds known to fail."""
    c, evaluation = report.counters, report.evaluation
    waiting_s = (
        (report.finished_at - report.oldest_waiting).total_seconds()
        if report.oldest_waiting and report.finished_at
        else None
    )
    seconds = (
        (report.finished_at - report.started_at).total_seconds()
        if report.finished_at and report.started_at
        else 0.0
    )
    if as_json:
        print_json(
            {
                "counters": dict(sorted(c.items())),
                "alerts": [alert.id for alert in evaluation.alerts],
                "history_alerts": evaluation.from_history,
                "rules_set_aside": evaluation.failed_rules,
                "failing": [
                    {"feed": feed.url, "error": feed.state.error} for feed in failing_feeds(store)
                ],
                "oldest_waiting_s": waiting_s,
                "seconds": round(seconds, 2),
            }
        )
        return
    for feed in failing_feeds(store):
        talk(f"failing: {feed.url} {feed.state.error}: {feed.state.error_detail}")
    if evaluation.from_history:
        talk(
            f"history: first polls train the rules;"
            f" it would have been {counted(evaluation.from_history, 'alert')}"
        )
    for rule_id, error in evaluation.failed_rules.items():
        talk(f"rule {rule_id} is set aside: {error}", style="yellow")
    if c["feeds_polled"] and c["feeds_polled"] == c["feeds_unchanged"]:
        talk("nothing has changed: every feed answered 304")
    say(
        f"{counted(c['articles_new'], 'new article')}, {c['articles_updated']} updated,"
        f" {counted(c['feeds_failed'], 'failed feed')} of {c['feeds_polled']},"
        f" {counted(len(evaluation.alerts), 'alert')},"
        f" oldest waiting entry {ago(waiting_s) if waiting_s is not None else 'none'};"
        f" {seconds:.1f} s"
    )
