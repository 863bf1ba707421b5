"""`doctor`: what is well, what is not, and the command that mends it. Works with the store down."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from ingest.archive import Archive
from ingest.cli.context import CALL, ERROR, command
from ingest.cli.output import clean, console, counted, print_json
from ingest.cli.searches import JsonOption
from ingest.coverage import ago
from ingest.errors import IngestError
from ingest.leases import is_alive
from ingest.metrics import last_good
from ingest.model import Delivery, Entry, EntryState, Feed, Lease, RuleState
from ingest.pipeline.services import utc_now
from ingest.settings import Settings, settings_file
from ingest.store import open_store
from ingest.store.disk import WARN_DAYS, days_left, growth_per_day, read_sizes
from ingest.store.port import Where
from ingest.workers import WorkerPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ingest.store.port import Store

CHECKS = (
    "store",
    "disk",
    "archive",
    "alarms",
    "days of disk",
    "lease",
    "feeds",
    "workers",
    "reader",
    "outbox",
    "clock",
    "corrections",
)
LOW_DISK_BYTES = 1 * 2**30
CLOCK_SLACK = timedelta(minutes=5)
PAGE = (
    b"<html><head><title>Check</title></head><body><article><p>%s</p></article></body></html>"
    % (b"A page that the doctor made to see whether the workers read what they are given. " * 8)
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: what was looked at, whether it is well, and what mends it."""

    name: str
    well: bool
    detail: str
    mend: str = ""


@command
def doctor(
    max_age: Annotated[
        str, typer.Option(help="Also fail if the last pass is older: 30m, 2h.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Check settings, store, disk, archive, alarms, lease, feeds, workers, reader, outbox and clock."""
    max_age_s = _seconds(max_age) if max_age else None
    findings = list(_findings(max_age_s))
    sick = [finding for finding in findings if not finding.well]
    if as_json:
        print_json(
            {
                "well": not sick,
                "checks": [
                    {"name": f.name, "well": f.well, "detail": f.detail, "mend": f.mend or None}
                    for f in findings
                ],
            }
        )
    else:
        for finding in findings:
            line = Text("ok    " if finding.well else "MEND  ", "green" if finding.well else "red")
            line.append(f"{finding.name:<12} {clean(finding.detail)}", style="default")
            console().print(line)
            if finding.mend and not finding.well:
                console().print(Text(f"      -> {finding.mend}", style="yellow"))
    if sick:
        raise typer.Exit(ERROR)


def _findings(max_age_s: int | None) -> Iterator[Finding]:
    try:
        settings = CALL.settings()
    except IngestError as exc:
        yield Finding("settings", well=False, detail=str(exc), mend=f"edit {settings_file()}")
        yield from _unseen(CHECKS, "without settings")
        return
    source = settings_file()
    yield Finding(
        "settings", well=True, detail=f"read from {source if source.is_file() else 'defaults'}"
    )
    store: Store | None = None
    try:
        store = open_store(settings.store, settings.prefix, create=False)
        wrong = store.check()
        shown = ", ".join(f"{key} {value}" for key, value in store.stats().items())
        yield Finding(
            "store",
            well=not wrong,
            detail=f"{settings.store}: {wrong or shown}",
            mend="see docs/operations/errors.md; or: summitwatch restore DIR --to an empty store",
        )
    except IngestError as exc:
        detail = f"{exc.thing}: {exc.reason}"
        yield Finding("store", well=False, detail=detail, mend=exc.way_out or "see the reason")
    yield _disk(settings)
    yield _archive(settings)
    yield _alarms(settings)
    if store is None:
        yield from _unseen(("days of disk", "lease", "feeds"), "the store is down")
    else:
        yield from _looked(store, {"days of disk": _days, "lease": _lease, "feeds": _feeds})
    yield _workers(settings)
    yield _reader(settings)
    if store is None:
        yield from _unseen(("outbox", "clock", "corrections"), "the store is down")
        return
    yield from _looked(store, {"outbox": _outbox, "clock": _clock, "corrections": _corrections})
    if max_age_s is not None:
        yield from _looked(store, {"last pass": partial(_last_pass, limit_s=max_age_s)})
    store.close()


def _unseen(names: Iterable[str], why: str) -> Iterator[Finding]:
    for name in names:
        yield Finding(name, well=False, detail=f"not looked at: {why}")


def _looked(store: Store, checks: Mapping[str, Callable[[Store], Finding]]) -> Iterator[Finding]:
    for name, check in checks.items():
        try:
            yield check(store)
        except IngestError as exc:
            yield Finding(name, well=False, detail=str(exc), mend=exc.way_out or "see the reason")


def _disk(settings: Settings) -> Finding:
    path = Path(settings.store.removeprefix("sqlite:///") if "sqlite" in settings.store else ".")
    while not path.is_dir():
        path = path.parent
    free = shutil.disk_usage(path).free
    writable = os.access(path, os.W_OK)
    return Finding(
        "disk",
        well=free > LOW_DISK_BYTES and writable,
        detail=f"{free / 2**30:.1f} GiB free at {path}{'' if writable else ', not writable'}",
        mend="free some space, or move store and archive.url elsewhere",
    )


def _days(store: Store) -> Finding:
    """How long the store's disk lasts, or the server's until Elasticsearch's low watermark."""
    free = store.free_bytes()
    sizes = read_sizes(store)
    growth, left = growth_per_day(sizes), days_left(sizes, free)
    if growth is None:
        detail = f"{free / 2**30:.1f} GiB left; the pace is known after two days of runs"
    elif left is None:
        detail = f"{free / 2**30:.1f} GiB left, and the store does not grow"
    else:
        detail = f"{free / 2**30:.1f} GiB left, {left:,.0f} days at {growth / 2**20:,.1f} MiB a day"
    return Finding(
        "days of disk",
        well=free > 0 and (left is None or left >= WARN_DAYS),
        detail=detail,
        mend="make the disk larger, or keep less: retention.* and archive.keep_days",
    )


def _archive(settings: Settings) -> Finding:
    try:
        archive = Archive(settings.archive.url)
        days = archive.days()
        archive.probe()
    except IngestError as exc:
        return Finding(
            "archive", well=False, detail=str(exc), mend=exc.way_out or "see archive.url"
        )
    span = f"{days[0]} to {days[-1]}" if days else "empty"
    return Finding("archive", well=True, detail=f"{settings.archive.url}: {span}, can be written")


def _lease(store: Store) -> Finding:
    held = store.get(Lease, "poll")
    if held is None:
        return Finding("lease", well=True, detail="free")
    since = ago((utc_now() - held.started_at).total_seconds())
    detail = f"held by pid {held.pid} on {held.host} for {since}"
    stale = held.expires_at < utc_now() or not is_alive(held)
    return Finding(
        "lease", well=True, detail=detail + (", stale: the next run takes it" if stale else "")
    )


def _feeds(store: Store) -> Finding:
    feeds = store.find(Feed)
    polled = [feed for feed in feeds if not feed.muted]
    failing = [feed for feed in polled if feed.state.error]
    gaps = [feed for feed in polled if feed.state.gap_from]
    dead = store.count(Entry, Where("state", "=", EntryState.DEAD))
    detail = f"{counted(len(polled), 'feed')} polled, {len(failing)} failing, {len(gaps)} with gaps"
    detail += f", {counted(dead, 'dead entry', 'dead entries')}"
    if failing:
        worst = min(failing, key=lambda feed: feed.state.failing_since or utc_now())
        detail += f"; {worst.url}: {worst.state.error}: {worst.state.error_detail}"
    if not polled:
        mend = "summitwatch feeds mute --off --all" if feeds else "summitwatch feeds add URL"
        return Finding("feeds", well=False, detail=detail, mend=mend)
    return Finding(
        "feeds",
        well=2 * len(failing) <= len(polled),
        detail=detail,
        mend="summitwatch feeds list --failing, then feeds check URL",
    )


def _alarms(settings: Settings) -> Finding:
    """Troubles that are not over, and whether the desk's templates and `ops.to` can be used."""
    from ingest.alerts.templates import Templates  # noqa: PLC0415  jinja2 is large
    from ingest.ops import CAUSES, Alarms  # noqa: PLC0415  doctor must start without the pipeline

    try:
        alarms = Alarms(settings.ops, settings.fetch)
        Templates(settings.alerts.templates).check()
    except IngestError as exc:
        return Finding("alarms", well=False, detail=str(exc), mend=exc.way_out or "see the reason")
    raised = [cause for cause in CAUSES if alarms.is_raised(cause)]
    told = "told to ops.to" if settings.ops.to else "told to nobody: ops.to is not set"
    return Finding(
        "alarms",
        well=not raised,
        detail=f"{', '.join(raised) or 'none raised'}; {told}",
        mend="mend what is named; the next pass that goes well says that it is over",
    )


def _workers(settings: Settings) -> Finding:
    header = {"url": "", "content_type": "text/html", "now": utc_now(), "min_chars": 20}

    async def ask() -> str:
        extract = settings.extract
        async with WorkerPool(
            1, deadline_s=extract.deadline_s, max_memory_bytes=extract.max_memory_bytes
        ) as pool:
            found = await pool.call(
                "extract_article", header | {"max_html_bytes": extract.max_html_bytes}, PAGE
            )
            return str(found.text)

    try:
        text = asyncio.run(ask())
    except IngestError as exc:
        return Finding(
            "workers", well=False, detail=str(exc), mend="raise extract.max_memory_bytes"
        )
    return Finding(
        "workers", well="doctor made" in text, detail="a worker read a page", mend="make install"
    )


def _reader(settings: Settings) -> Finding:
    from ingest.tag.reader import Reader  # noqa: PLC0415  doctor starts without the tagger

    if not settings.tagging.reader:
        return Finding("reader", well=True, detail="off (tagging.reader): roles by words alone")
    try:
        reader = Reader.load()
        if reader is None:
            return Finding(
                "reader",
                well=True,
                detail="not installed, roles by words alone: pip install 'summitwatch[reader]'",
            )
        reader.warm()
    except IngestError as exc:
        return Finding("reader", well=False, detail=str(exc), mend=exc.way_out or "make install")
    return Finding("reader", well=True, detail=f"places are read twice, weights {reader.version}")


def _outbox(store: Store) -> Finding:
    pending = store.count(Delivery, Where("state", "=", "pending"))
    dead = store.count(Delivery, Where("state", "=", "dead"))
    failed = [rule for rule in store.find(RuleState) if rule.failed_since]
    detail = f"{pending} pending, {dead} dead, {counted(len(failed), 'rule')} set aside"
    if failed:
        detail += f"; {failed[0].id}: {failed[0].error}"
    return Finding(
        "outbox",
        well=not dead and not failed,
        detail=detail,
        mend="mend the channel, then alerts retry; mend the rule, then alerts enable",
    )


def _clock(store: Store) -> Finding:
    now = utc_now()
    newest = store.find_articles(order_by="-first_stored_at", limit=1)
    ahead = newest[0].first_stored_at - now if newest else timedelta(0)
    return Finding(
        "clock",
        well=ahead <= CLOCK_SLACK,
        detail=f"{now:%Y-%m-%d %H:%M:%S}Z"
        + (
            f", but the store holds times {ago(ahead.total_seconds())} ahead"
            if ahead > CLOCK_SLACK
            else ""
        ),
        mend="set the clock (timedatectl set-ntp true)",
    )


def _corrections(store: Store) -> Finding:
    from ingest.cli.correct import unfit  # noqa: PLC0415  doctor starts without the tagger

    lost = unfit(store)
    shown = ", ".join(f"{one.id} in {one.article[:12]}" for one in lost[:10])
    return Finding(
        "corrections",
        well=not lost,
        detail=f"{len(lost)} no longer fit: {shown}" if lost else "all fit, or none were made",
        mend="look at the article: summitwatch explain ID; then correct it anew, and correct undo",
    )


def _last_pass(store: Store, limit_s: int) -> Finding:
    last = last_good(store)
    at = last.finished_at if last else None
    age_s = (utc_now() - at).total_seconds() if at else None
    return Finding(
        "last pass",
        well=age_s is not None and age_s <= limit_s,
        detail=f"{ago(age_s)} ago" if age_s is not None else "none yet that ended well",
        mend="summitwatch run --every 5m, or see docs/operations.md for a systemd unit",
    )


def _seconds(text: str) -> int:
    from ingest.cli.runs import seconds_of  # noqa: PLC0415  doctor must start without the pipeline

    return seconds_of(text, "--max-age")
