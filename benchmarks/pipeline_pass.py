"""Our side of pipeline.py: one whole pass into a fresh store, with a clock at every stage.

Reads its order (port, start, hosts, feeds, folder) from standard input and prints one JSON line.
Imports are not in its time; starting the workers and loading the tagger are. The stages are
clocked from outside, by wrapping functions with the CPU time of the thread they run in.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import sys
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from common import children, cpu_of, peak_mib_of

from ingest import ids
from ingest.alerts.rules import load_rules
from ingest.archive import Archive
from ingest.cli.demo import demo_settings
from ingest.fetch.resolve import map_resolver
from ingest.leases import lease
from ingest.logs import configure_logs
from ingest.model import Feed
from ingest.pipeline import poll, run, save
from ingest.pipeline.opening import open_services
from ingest.pipeline.services import utc_now
from ingest.store import open_store
from ingest.store.sqlite import SqliteStore
from ingest.tag import Tagger

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.settings import Settings
    from ingest.store.port import Store

STAGES: tuple[tuple[Any, str, str], ...] = (
    (Archive, "write_chunk", "archive"),
    (Tagger, "load", "load tagger"),
    (Tagger, "tag", "tag"),
    (poll, "_acknowledge", "feeds"),
    (save, "_save_all", "save"),
    (run, "_evaluate", "alerts"),
)
# In a stage they are its own cost; outside of any they keep the hosts' turns.
RECORDS = ("get", "get_many", "find", "put")


class StageClock:
    """CPU seconds of each stage; a stage inside a stage is taken off the outer one."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._open = threading.local()

    def wrap(self, owner: Any, name: str, stage: str, *, only_outermost: bool = False) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(original)
        def timed(*args: Any, **kwargs: Any) -> Any:
            outer: str = getattr(self._open, "stage", "")
            if only_outermost and outer:
                return original(*args, **kwargs)
            self._switch(outer, stage)
            try:
                return original(*args, **kwargs)
            finally:
                self._switch(stage, outer)

        setattr(owner, name, staticmethod(timed) if inspect.ismethod(original) else timed)

    def _switch(self, left: str, entered: str) -> None:
        now = time.thread_time()
        if left:
            self.seconds[left] += now - self._open.since
        self._open.stage, self._open.since = entered, now


def add_feeds(store: Store, urls: list[str]) -> list[Feed]:
    feeds = [Feed(id=ids.feed_id(url), url=url, added_at=utc_now()) for url in urls]
    store.put(feeds)
    return list(store.get_many(Feed, [feed.id for feed in feeds]).values())


async def one_pass(settings: Settings, store: Store, order: dict[str, Any]) -> dict[str, Any]:
    feeds = add_feeds(store, order["feeds"])
    resolver = map_resolver(dict.fromkeys(order["hosts"], ("127.0.0.1", order["port"])))
    polled: dict[str, float] = {}
    poll_feeds = run.poll_feeds

    async def clocked_poll(*args: Any) -> None:
        await poll_feeds(*args)
        polled["workers"] = sum(map(cpu_of, children()))

    run.poll_feeds = clocked_poll
    with lease(store, "poll", clock=utc_now) as held:
        async with open_services(settings, store, resolver=resolver) as services:
            report = await run.run_pass(services, load_rules(settings), held, feeds)
            workers = sum(map(cpu_of, children()))
            memory = [peak_mib_of("self"), *map(peak_mib_of, children())]
    return {
        "counters": dict(report.counters),
        "workers_s": workers,
        "workers_feeds_s": polled["workers"],
        "memory_mib": memory,
    }


def main() -> None:
    order = json.load(sys.stdin)
    settings = demo_settings(order["folder"])
    settings = settings.model_copy(
        update={"fetch": settings.fetch.model_copy(update={"pages_budget_s": 3600.0})}
    )
    configure_logs(settings.log)
    clock = StageClock()
    for owner, name, stage in STAGES:
        clock.wrap(owner, name, stage)
    for name in RECORDS:
        clock.wrap(SqliteStore, name, "hosts", only_outermost=True)
    began, cpu = time.perf_counter(), time.process_time()
    with open_store(settings.store) as store:
        figures = asyncio.run(one_pass(settings, store, order))
        articles = store.count_articles()
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    stages = dict(clock.seconds)
    stages["fetch"] = used - sum(stages.values())
    stages["read feeds"] = figures["workers_feeds_s"]
    stages["extract"] = figures["workers_s"] - figures["workers_feeds_s"]
    print(
        json.dumps(
            {
                "articles": articles,
                "counters": figures["counters"],
                "seconds": seconds,
                "cpu_s": used + figures["workers_s"],
                "main_s": used,
                "stages": stages,
                "peak_mib": sum(figures["memory_mib"]),
                "memory_mib": figures["memory_mib"],
            }
        )
    )


if __name__ == "__main__":
    main()
