"""What the stages work with: the edges, opened once for a run and handed in."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.alerts.templates import Templates
    from ingest.archive import Archive
    from ingest.fetch.client import Fetcher
    from ingest.fetch.polite import PoliteFetcher
    from ingest.model import DeskStamp
    from ingest.settings import Settings
    from ingest.store.port import Store
    from ingest.tag import Tagger
    from ingest.workers import WorkerPool


def utc_now() -> datetime:
    """The wall clock, aware UTC."""
    return datetime.now(UTC)


class Progress(Protocol):
    """Told of every step; draws bars on a terminal, or nothing."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


def no_progress(stage: str, done: int, total: int) -> None:
    """Say nothing."""


@dataclass(slots=True)
class Services:
    """The edges of one run.

    Attributes:
        fetcher: for requests of the desk's own (webhooks); `polite` for everything of publishers.
        stop: set by SIGTERM; no new work is begun, the chunk under way is finished.
        saving: held while a chunk is saved: the next must see its articles, to find copies of them.
        templates: what alerts are written with; None: those that ship with the package.
        print_line: takes the lines of the alerts' `stdout` channel.
        counters: what this run did, by name; stored as its `Run` record.
    """

    settings: Settings
    store: Store
    archive: Archive
    fetcher: Fetcher
    polite: PoliteFetcher
    workers: WorkerPool
    clock: Callable[[], datetime] = utc_now
    progress: Progress = no_progress
    templates: Templates | None = None
    print_line: Callable[[str], None] = print
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    counters: Counter[str] = field(default_factory=Counter)
    stamp: DeskStamp | None = None
    loaded: Tagger | None = None

    @property
    def tagger(self) -> Tagger:
        """Loaded for the first article, while the workers start; a run without news needs none.

        With the overlay and corrections of `stamp`, which the run began with; without a stamp with
        those that the store then holds.
        """
        if self.loaded is None:
            from ingest.tag.desk import tagger_at, tagger_of  # noqa: PLC0415  large
            from ingest.tag.tagger import Tagger  # noqa: PLC0415  large

            Tagger.read_twice(self.settings.tagging.reader)
            at = self.stamp
            self.loaded = tagger_of(self.store) if at is None else tagger_at(self.store, at)
            self.loaded.warm()
        return self.loaded
