"""Once a day: delete what is past its time, mend projections, and say how everything stands."""

from __future__ import annotations

import importlib.resources
import re
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import structlog

from ingest import desk
from ingest.errors import StoreDeniedError
from ingest.model import Entry, EntryState, Feed, Note
from ingest.pipeline.retention import delete_old
from ingest.store import open_migration
from ingest.store.disk import WARN_DAYS, Size, add_size, days_left
from ingest.store.port import Where

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ingest.archive import Archive
    from ingest.pipeline.services import Services
    from ingest.settings import Settings
    from ingest.store.port import Store

log = structlog.get_logger()

CURSOR = "repair"
REPAIR_S = 30.0
"""Of a day's upkeep for comparing projections; a large store is read through in some weeks."""

REPAIR_BATCH = 200
STALE_DAYS = 365
"""Offices change hands: names that nobody has looked at for so long miss the newest holders."""

# days 29 to 31 are passed over: not every month has them, and some days do not matter here
_DATE = re.compile(r"\b(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])\b")
LARGE_FILE_BYTES = 100 * 2**20


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How the feeds are doing: how many are polled, failing, with gaps, gone for good (410)."""

    polled: int = 0
    failing: int = 0
    gaps: int = 0
    gone: int = 0
    worst: str = ""


@dataclass(frozen=True, slots=True)
class HousekeepingReport:
    """What a day's housekeeping did and found.

    Attributes:
        deleted: records, raw pages (`chunks`), kept indices, by what.
        repaired: articles whose projections were not what they say.
        damage: what reading the store through found; "" is well.
        dead: dead letters by the code of their reason.
        names_at: the newest date that the gazetteer, with the desk's overlay, knows of.
        store_bytes, archive_bytes, alerts_file_bytes: sizes.
        days_left: of disk at the pace of the last days; None: not known, or it does not grow.
        warnings: what a person should look at.
    """

    deleted: Mapping[str, int] = field(default_factory=dict)
    repaired: int = 0
    damage: str = ""
    dead: Mapping[str, int] = field(default_factory=dict)
    feeds: FeedHealth = FeedHealth()
    names_at: date | None = None
    store_bytes: int = 0
    archive_bytes: int = 0
    alerts_file_bytes: int = 0
    days_left: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """One line that says it all."""
        deleted = ", ".join(f"{count:,} {what}" for what, count in self.deleted.items() if count)
        feeds = f"{self.feeds.failing} of {self.feeds.polled} feeds failing"
        left = "" if self.days_left is None else f", disk for {self.days_left:,.0f} days"
        mib = (self.store_bytes + self.archive_bytes) / 2**20
        return (
            f"housekeeping: deleted {deleted or 'nothing'}; repaired {self.repaired};"
            f" {sum(self.dead.values()):,} dead letters; {feeds}; {mib:,.0f} MiB{left};"
            f" {len(self.warnings)} warnings"
        )


def housekeep(services: Services) -> HousekeepingReport:
    """Do a day's housekeeping; done again it finds less to do, and changes nothing else.

    Raises:
        StoreError, ArchiveError: the store or the archive failed; the rest is done the next time.
    """
    settings, store, clock = services.settings, services.store, services.clock
    now = clock()
    deleted = delete_old(store, settings.retention, clock)
    oldest = now.date() - timedelta(days=settings.archive.keep_days)
    deleted["chunks"] = services.archive.delete_before(oldest)
    warnings: list[str] = []
    try:
        deleted["former indices"] = _drop_former(settings, now)
    except StoreDeniedError as exc:  # a key that only ingests need not be able to do that
        warnings.append(f"what a migration kept is past its time and stays: {exc}")
    repaired = repair(store, now)
    damage = store.check()
    dead = Counter(
        entry.reason.partition(":")[0] or "unknown"
        for entry in store.find(Entry, Where("state", "=", EntryState.DEAD))
    )
    feeds = feed_health(store.find(Feed))
    sizes = add_size(store, _size(store, services.archive, now))
    alerts_file = settings.alerts.file
    report = HousekeepingReport(
        deleted=+deleted,
        repaired=repaired,
        damage=damage,
        dead=dict(dead.most_common()),
        feeds=feeds,
        names_at=names_at(store),
        store_bytes=sizes[-1].store_bytes,
        archive_bytes=sizes[-1].archive_bytes,
        alerts_file_bytes=alerts_file.stat().st_size if alerts_file.is_file() else 0,
        days_left=days_left(sizes, store.free_bytes()),
    )
    return replace(report, warnings=(*warnings, *_warnings(report, settings, now)))


def _drop_former(settings: Settings, now: datetime) -> int:
    kept = timedelta(days=settings.retention.old_index_days)
    with open_migration(
        settings.store,
        settings.prefix,
        clock=lambda: now,
        elasticsearch=settings.elasticsearch,
    ) as migration:
        return len(migration.drop_expired(now, kept))


def repair(store: Store, now: datetime, *, budget_s: float = REPAIR_S) -> int:
    """Compare projections with what is embedded: the newest articles, then where we left off.

    Returns:
        How many articles had others; they are written anew.
    """
    until = time.monotonic() + budget_s
    repaired = 0
    last = now - timedelta(days=2)
    while time.monotonic() < until:
        batch = store.find_articles(
            Where("first_stored_at", ">", last), order_by="first_stored_at", limit=REPAIR_BATCH
        )
        if not batch or batch[-1].first_stored_at == last:
            break
        repaired += store.repair(batch)
        last = batch[-1].first_stored_at
    note = store.get(Note, CURSOR) or Note(CURSOR, "")
    at = note.value
    while time.monotonic() < until:
        after = (Where("id", ">", at),) if at else ()
        batch = store.find_articles(*after, limit=REPAIR_BATCH)
        repaired += store.repair(batch)
        at = batch[-1].id if len(batch) == REPAIR_BATCH else ""
        if not at:
            break  # read through: tomorrow from the beginning
    store.put([replace(note, value=at)])
    return repaired


def feed_health(feeds: list[Feed]) -> FeedHealth:
    """Count how the feeds are doing; the worst has failed longest."""
    polled = [feed for feed in feeds if not feed.muted]
    failing = [feed for feed in polled if feed.state.error]
    known = [feed for feed in failing if feed.state.failing_since]
    worst = min(known, key=lambda feed: str(feed.state.failing_since), default=None)
    return FeedHealth(
        polled=len(polled),
        failing=len(failing),
        gaps=sum(1 for feed in polled if feed.state.gap_from),
        gone=sum(1 for feed in feeds if feed.state.gone),
        worst=f"{worst.url}: {worst.state.error}" if worst else "",
    )


def names_at(store: Store) -> date | None:
    """Return the newest date that the names know of: of an office, or of the desk's overlay.

    Read from the list that the gazetteer is made of: loading that takes half a second.
    """
    offices = (importlib.resources.files("ingest.tag") / "data" / "offices.tsv").read_text("utf-8")
    found = [date.fromisoformat(day) for day in _DATE.findall(offices)]
    overlay = desk.latest(store, "overlay")
    if overlay is not None:
        found.append(overlay.at.date())
    return max(found, default=None)


def _size(store: Store, archive: Archive, now: datetime) -> Size:
    stored = int(store.stats()["bytes"])
    return Size(now.date(), stored, archive.size())


def _warnings(report: HousekeepingReport, settings: Settings, now: datetime) -> list[str]:
    said = []
    if report.damage:
        said.append(f"the store is damaged: {report.damage}")
    if report.repaired:
        said.append(f"projections of {report.repaired:,} articles were not what they say")
    if report.days_left is not None and report.days_left < WARN_DAYS:
        said.append(f"the disk is full in {report.days_left:.0f} days at this pace")
    if report.feeds.polled and 2 * report.feeds.failing > report.feeds.polled:
        said.append(f"{report.feeds.failing} of {report.feeds.polled} feeds fail")
    if report.names_at is None or (now.date() - report.names_at).days > STALE_DAYS:
        said.append(
            f"the gazetteer knows of nothing after {report.names_at or 'ever'}:"
            " upgrade, or add new holders of offices to the overlay"
        )
    if report.alerts_file_bytes > LARGE_FILE_BYTES:
        said.append(f"{settings.alerts.file} has {report.alerts_file_bytes:,} bytes: rotate it")
    return said
