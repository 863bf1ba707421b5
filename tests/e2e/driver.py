"""One pass over the newsroom in a process of its own, which can kill itself on the way.

driver.py FOLDER PORT START KILL_AT [DELAY_MS [SITES]]: the store, archive and alerts lie in FOLDER, the
newsroom answers at PORT with a story that begins on START, and the process sends itself SIGKILL
DELAY_MS after the store's KILL_AT-th write has begun, at the latest before it closes the store
(0: never). SITES, joined by commas, are those polled. Prints the number of writes.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

from ingest.alerts.rules import load_rules
from ingest.cli.runs import one_pass
from ingest.demo.desk import add_feeds, demo_settings
from ingest.demo.newsroom import Newsroom
from ingest.fetch.resolve import map_resolver
from ingest.pipeline import streams
from ingest.store import open_store


class Suicidal:
    """A store that ends its process during a chosen write."""

    def __init__(self, store, kill_at: int, delay_s: float) -> None:
        self._store, self.kill_at, self._delay_s = store, kill_at, delay_s
        self.writes = 0

    def __getattr__(self, name: str):
        found = getattr(self._store, name)
        if name not in {"put", "save", "delete"}:
            return found

        def write(*args, **kwargs):
            self.writes += 1
            if self.writes == self.kill_at:
                if self._delay_s == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                timer = threading.Timer(self._delay_s, os.kill, (os.getpid(), signal.SIGKILL))
                timer.start()
            return found(*args, **kwargs)

        return write


def of_sites(newsroom: Newsroom, sites: str) -> Newsroom:
    """The newsroom with only these sites and their articles; "" means all."""
    if not sites:
        return newsroom
    keys = set(sites.split(","))
    kept = tuple(site for site in newsroom.sites if site.key in keys)
    articles = tuple(a for a in newsroom.all_articles if a.site.key in keys)
    return replace(newsroom, sites=kept, all_articles=articles)


def main() -> None:
    folder, port, start, kill_at, delay_ms, sites = (*sys.argv[1:], "0", "")[:6]
    os.environ["SUMMITWATCH_EXTRACT__WORKERS"] = "1"  # starting one costs more than it reads
    streams.CHUNK_ITEMS = 10  # more chunks, more places to die in
    newsroom = of_sites(Newsroom.load(date.fromisoformat(start)), sites)
    settings = demo_settings(folder)
    resolver = map_resolver({site.domain: ("127.0.0.1", int(port)) for site in newsroom.sites})
    with open_store(settings.store) as real:
        store = Suicidal(real, int(kill_at), float(delay_ms) / 1000)
        feeds = add_feeds(store, newsroom)
        rules = load_rules(settings)
        report = asyncio.run(
            one_pass(settings, store, rules, stop=asyncio.Event(), resolver=resolver, feeds=feeds)
        )
        if store.kill_at:  # how many writes there are depends on how far the last life came
            os.kill(os.getpid(), signal.SIGKILL)
    Path(folder, "counters.txt").write_text(repr(dict(report.counters)), encoding="utf-8")
    print(store.writes)  # noqa: T201


if __name__ == "__main__":
    main()
