"""The plan of a scheduled run: which feeds make up which batch, under which of the desk's revisions.

It is written once under the run's id, and read back by every stage of that run on whatever machine,
so a stage that is run again sees the same feeds and the same revisions.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from ingest.errors import ConflictError, UsageError
from ingest.model import DeskStamp, Note
from ingest.store.port import Where
from ingest.urls import host_of, registrable_domain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.model import Entry, Feed
    from ingest.store.port import Records

FEEDS_PER_BATCH = 100
KEPT = timedelta(days=7)  # a run older than that is not cleared and run again
HOSTS_SHOWN = 3
_PLAN, _TALLY = "plan/", "tally/"


@dataclass(frozen=True)
class Batch:
    """Feeds polled by one chain of tasks; no registrable domain is in two batches."""

    feeds: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The hosts, for people: `courier.example, haber.example +4`."""
        shown = ", ".join(self.domains[:HOSTS_SHOWN]) or "waiting pages"
        more = len(self.domains) - HOSTS_SHOWN
        return f"{shown} +{more}" if more > 0 else shown


@dataclass(frozen=True)
class Plan:
    """What one run does.

    Attributes:
        run: the scheduler's id of the run.
        made_at: feeds due then are polled, and none twice.
        stamp: the desk's revisions that the run works under.
    """

    run: str
    made_at: datetime
    stamp: DeskStamp
    batches: tuple[Batch, ...]

    def owner(self, entry: Entry) -> int:
        """Return the batch that an entry's page falls to: each entry has exactly one.

        The batch of its host's domain, so that pages of one host are asked for by one process; a
        page of no such domain goes with its feed; what is left over is spread by domain.
        """
        domain = registrable_domain(entry.host)
        found = self._by_domain.get(domain)
        if found is None:
            found = self._by_feed.get(entry.feed_id)
        if found is None:
            found = zlib.crc32((domain or entry.feed_id).encode()) % len(self.batches)
        return found

    @cached_property
    def _by_domain(self) -> dict[str, int]:
        return {name: at for at, batch in enumerate(self.batches) for name in batch.domains}

    @cached_property
    def _by_feed(self) -> dict[str, int]:
        return {name: at for at, batch in enumerate(self.batches) for name in batch.feeds}


def split_feeds(feeds: Iterable[Feed], slots: int) -> tuple[Batch, ...]:
    """Split feeds by registrable domain into min(slots, feeds / 100) batches of like size."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for feed in feeds:
        groups[registrable_domain(host_of(feed.url))].append(feed.id)
    total = sum(map(len, groups.values()))
    count = min(max(1, slots), math.ceil(total / FEEDS_PER_BATCH), len(groups))
    members: list[list[str]] = [[] for _ in range(count)]
    domains: list[list[str]] = [[] for _ in range(count)]
    for domain, ids in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        lightest = min(range(count), key=lambda at: (len(members[at]), at))
        members[lightest] += ids
        domains[lightest].append(domain)
    return tuple(Batch(tuple(m), tuple(d)) for m, d in zip(members, domains, strict=True))


def write_plan(records: Records, plan: Plan) -> Plan:
    """Store a plan unless its run has one; returns the one that is stored."""
    body = msgspec.json.encode(plan).decode()
    records.put([Note(_PLAN + plan.run, body)])  # refused where it exists: the first one counts
    return read_plan(records, plan.run)


def find_plan(records: Records, run: str) -> Plan | None:
    """Return the plan of a run, or None."""
    note = records.get(Note, _PLAN + run)
    return msgspec.json.decode(note.value, type=Plan) if note else None


def read_plan(records: Records, run: str) -> Plan:
    """Return the plan of a run; raises UsageError where there is none."""
    plan = find_plan(records, run)
    if plan is None:
        raise UsageError(
            f"run {run}",
            "has no plan in this store",
            f"plans are kept {KEPT.days} days; clear its first task, or trigger a new run",
        )
    return plan


def add_counts(records: Records, run: str, batch: int, counts: Counter[str]) -> None:
    """Add to what a batch has done so far; kept in the store, so that a killed task loses a chunk."""
    name = f"{_TALLY}{run}/{batch}"
    for _ in range(8):
        note = records.get(Note, name) or Note(name, "{}")
        total = Counter(msgspec.json.decode(note.value, type=dict[str, int])) + counts
        if records.put([Note(name, msgspec.json.encode(total).decode(), note.revision)])[0]:
            return
    raise ConflictError(name, "lost 8 writes to other writers", "run the task again")


def counts_of(records: Records, plan: Plan) -> Counter[str]:
    """Return what all batches of a run have done so far."""
    names = [f"{_TALLY}{plan.run}/{at}" for at in range(len(plan.batches))]
    total: Counter[str] = Counter()
    for note in records.get_many(Note, names).values():
        total.update(msgspec.json.decode(note.value, type=dict[str, int]))
    return total


def drop_plans(records: Records, now: datetime) -> int:
    """Delete plans and counts of runs that are past; returns how many plans."""
    old = []
    for note in records.find(Note, Where("id", "prefix", _PLAN)):
        plan = msgspec.json.decode(note.value, type=Plan)
        if plan.made_at < now - KEPT:
            old += [f"{_TALLY}{plan.run}/{at}" for at in range(len(plan.batches))]
            old.append(note.id)
    records.delete(Note, old)
    return sum(name.startswith(_PLAN) for name in old)


def hosts_line(batches: Sequence[Batch]) -> str:
    """Say what was planned, in one line."""
    feeds = sum(len(batch.feeds) for batch in batches)
    return f"{feeds} feeds in {len(batches)} batches: {'; '.join(b.label for b in batches)}"
