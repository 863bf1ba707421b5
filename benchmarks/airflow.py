"""Seconds from trigger to green on Airflow, against the same work by `summitwatch run`.

    python benchmarks/airflow.py [--feeds 1,50,500] [--rounds 1] [--elasticsearch]

A real Airflow (LocalExecutor, SQLite) on this machine, warm: it has run `poll_feeds` once before.
Each feed is of a publisher of its own and has one new article for each pass; both sides read equal
news, in turns, into a store of their own. `added` is the difference. With --elasticsearch the store
is the Elasticsearch that ELASTICSEARCH_URL names (as in the tests), where 500 feeds are four batches;
on SQLite all feeds are one. Memory is the peak of proportional set sizes, sampled twice a second.
Needs `make install-airflow`. Prints a table and one JSON line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "airflow"), str(ROOT / "tests")]

from airflow_station import PYTHON, Station  # noqa: E402
from ingest import ids  # noqa: E402
from ingest.model import Feed  # noqa: E402
from ingest.pipeline.services import utc_now  # noqa: E402
from ingest.store import open_store  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.store.port import Store

BATCHES = 4  # at once, as `airflow.slots` says
WORDS = [
    "the",
    "envoys",
    "spoke",
    "of",
    "a",
    "truce",
    "and",
    "said",
    "Minsk",
    "could",
    "host",
    "it",
]


class Publisher:
    """Any number of hosts on one loopback port, in a thread; `edition` decides what is new."""

    def __init__(self) -> None:
        self.edition, self.port = 0, 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        self._ready.wait()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._answer, "127.0.0.1", 0, limit=2**16)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            host = re.search(r"(?i)host: ([^\r:]+)", asked)[1]
            path = asked.split(" ")[1]
            kind, body = self._page(host, path)
            status = "200 OK" if body else "404 Not Found"
            head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
        finally:
            writer.close()

    def _page(self, host: str, path: str) -> tuple[str, bytes]:
        if path == "/feed":
            link = f"http://{host}/a{self.edition}"
            item = f"<item><title>News {self.edition} of {host}</title><link>{link}</link></item>"
            head = '<?xml version="1.0"?><rss version="2.0"><channel>'
            feed = f"{head}<title>{host}</title>{item}</channel></rss>"
            return "application/rss+xml", feed.encode()
        if not path.startswith("/a"):
            return "text/plain", b""
        rows = [f"{' '.join(WORDS[at:] + WORDS[:at])}, {host}{path} {at}." for at in range(9)]
        text = "".join(f"<p>{row.capitalize()}</p>" for row in rows)
        page = f"<html lang=en><title>News</title><article><h1>News {path}</h1>{text}</article>"
        return "text/html; charset=utf-8", page.encode()


class Memory:
    """Peaks of the station's memory by part, in MiB."""

    def __init__(self, station: Station) -> None:
        self.peak: dict[str, float] = {}
        self._station, self._stop = station, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        parts = {process.pid: name for name, process in self._station.parts.items()}
        while not self._stop.wait(0.5):
            now: dict[str, float] = {}
            for pid in self._station.pids():
                try:
                    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                except OSError:
                    continue
                part = parts.get(int(stat[3]), "other")
                name = "workers" if part == "scheduler" and pid not in parts else part
                now[name] = now.get(name, 0.0) + int(re.search(r"Pss:\s+(\d+)", rollup)[1]) / 1024
            for name, mib in now.items():
                self.peak[name] = max(self.peak.get(name, 0.0), mib)

    def end(self) -> dict[str, int]:
        self._stop.set()
        self._thread.join()
        return {name: round(mib) for name, mib in sorted(self.peak.items())}


@contextmanager
def settings(
    folder: Path, publisher: Publisher, hosts: list[str], *, elastic: bool
) -> Iterator[tuple[dict[str, str], Store]]:
    """The environment of one side, and its store, filled with the feeds."""
    env = {
        "SUMMITWATCH_STORE": f"sqlite:///{folder}/store.sqlite",
        "SUMMITWATCH_ARCHIVE__URL": f"{folder}/archive",
        "SUMMITWATCH_OPS__STATE": f"{folder}/ops.json",
        "SUMMITWATCH_FETCH__HOST_PAUSE_S": "0",
        "SUMMITWATCH_FETCH__ROBOTS": "false",
        "SUMMITWATCH_FETCH__PINNED": ",".join(f"{h}=127.0.0.1:{publisher.port}" for h in hosts),
    }
    if elastic:
        env["SUMMITWATCH_STORE"] = os.environ["ELASTICSEARCH_URL"]
        env["SUMMITWATCH_PREFIX"] = f"bench-{uuid.uuid4().hex[:8]}"
        env |= {k: v for k, v in os.environ.items() if k.startswith("SUMMITWATCH_ELASTICSEARCH__")}
    feeds = [
        Feed(ids.feed_id(f"http://{h}/feed"), f"http://{h}/feed", muted=True, added_at=utc_now())
        for h in hosts
    ]
    with open_store(env["SUMMITWATCH_STORE"], env.get("SUMMITWATCH_PREFIX", "x")) as store:
        store.put(feeds)
        yield env, store


def make_due(store: Store, count: int) -> None:
    """Let the first feeds be due, and mute the others."""
    feeds = sorted(store.find(Feed), key=lambda feed: feed.url)
    store.put(
        [replace(feed, muted=at >= count, next_check_at=None) for at, feed in enumerate(feeds)]
    )


def at_rest(station: Station) -> None:
    """Wait until no run is under way."""

    def idle() -> bool:
        return all(run["state"] in ("success", "failed") for run in station.runs("poll_feeds"))

    station.wait_for(idle, 900, what="poll_feeds at rest")


def on_airflow(station: Station) -> float:
    """Trigger to green, in seconds."""
    start = time.monotonic()
    run = station.trigger("poll_feeds")
    if station.finish("poll_feeds", run, 900) != "success":
        raise SystemExit(f"the run was red: {station.states('poll_feeds', run)}")
    return time.monotonic() - start


def by_itself(env: dict[str, str]) -> float:
    """The same by `summitwatch run`, its start included."""
    start = time.monotonic()
    command = [PYTHON, "-m", "ingest", "run", "--json"]
    subprocess.run(command, env={**os.environ, **env}, check=True, capture_output=True)
    return time.monotonic() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", default="1,50,500")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--elasticsearch", action="store_true")
    options = parser.parse_args()
    sizes = [int(size) for size in options.feeds.split(",")]
    hosts = [f"pub{at:04}.example" for at in range(max(sizes))]
    publisher = Publisher()
    rows, expected = [], 0
    with tempfile.TemporaryDirectory(prefix="summitwatch-bench-") as name:
        folder = Path(name)
        for each in ("home", "airflow", "alone"):
            (folder / each).mkdir()
        elastic = options.elasticsearch
        with (
            settings(folder / "airflow", publisher, hosts, elastic=elastic) as (env, store),
            settings(folder / "alone", publisher, hosts, elastic=elastic) as (own, other),
            Station(
                folder / "home",
                **env,
                AIRFLOW__CORE__PARALLELISM=str(BATCHES),
                SUMMITWATCH_AIRFLOW__POLL_SCHEDULE="0 0 1 * *",  # runs of ours alone
            ) as station,
        ):
            station.unpause("poll_feeds")
            station.wait_for(lambda: station.runs("poll_feeds"), what="the first run")
            memory = Memory(station)
            for size in sizes:
                scheduled, alone = [], []
                for _ in range(options.rounds):
                    publisher.edition += 1
                    at_rest(station)
                    make_due(store, size)
                    scheduled.append(on_airflow(station))
                    make_due(other, size)
                    alone.append(by_itself(own))
                    expected += size
                    if not store.count_articles() == other.count_articles() == expected:
                        raise SystemExit("a side did not store one new article for each feed")
                rows.append((size, statistics.median(scheduled), statistics.median(alone)))
            peak = memory.end()
    print(f"{'feeds':>6} {'Airflow s':>10} {'run s':>8} {'added s':>8}")
    for size, scheduled, alone in rows:
        print(f"{size:>6} {scheduled:>10.1f} {alone:>8.1f} {scheduled - alone:>8.1f}")
    print("peak MiB: " + ", ".join(f"{part} {mib}" for part, mib in peak.items()))
    result = {
        "benchmark": "airflow",
        "store": "elasticsearch" if elastic else "sqlite",
        "rows": [
            {"feeds": size, "airflow_s": round(a, 1), "run_s": round(b, 1), "added_s": round(a - b, 1)}
            for size, a, b in rows
        ],
        "peak_mib": peak,
        "load": os.getloadavg()[0],
    }  # fmt: skip
    print(json.dumps(result))


if __name__ == "__main__":
    main()
