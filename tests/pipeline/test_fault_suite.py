"""Every fault of the hostile server under the whole pipeline: the rest completes, the failure is known.

All faults are polled in one pass beside a feed that is well, each as a host of its own; then all of
them as pages of a feed. Pass numbers: the well feed is stored whole, each fault's failure stands in
its state, memory grows by less than 64 MiB, nothing but the test's own servers is dialled.
"""

from __future__ import annotations

import asyncio

import pytest

from hostile.faults import FAULTS
from hostile.server import HostileServer
from hostile.watch import watching_connects, watching_memory
from ingest import ids
from ingest.cli.runs import one_pass
from ingest.fetch.resolve import map_resolver
from ingest.model import Entry, EntryState, Feed
from pipeline.site import BASE, Desk, Site, page, rss, text_about

MIB = 2**20
DEADLINE_S = 8.0  # for every host, the one that is well among them: a slow machine needs some of it
WELL = 5

# Answers that a client may well take: no fault of the fetch, or a feed in the end.
HARMLESS = {
    "/feed", "/echo", "/robots.txt", "/gzip-tail", "/chain", "/short-length", "/length-and-chunked",
    "/cookie", "/empty", "/html", "/pdf", "/status", "/redirect",
}  # fmt: skip
INWARD = [
    "http://127.0.0.1:9200/", "http://localhost/", "http://127.1/", "http://2130706433/",
    "http://0x7f000001/", "http://0/", "http://0.0.0.0/", "http://[::1]/", "http://[::]/",
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/", "http://169.254.169.254/latest/meta-data/", "http://inside.example/",
    "http://rebind.example/",
]  # fmt: skip


async def inside(host: str, port: int) -> list[str]:
    """A resolver that leads inward for every name that is not one of ours."""
    return ["10.1.2.3"] if host == "inside.example" else ["127.0.0.1"]


def paths() -> list[str]:
    return sorted(set(FAULTS) - HARMLESS) + [f"/redirect?to={target}" for target in INWARD]


@pytest.fixture
def desk(tmp_path, site):
    fetch = {"host_pause_s": 0.0, "timeout_s": DEADLINE_S, "concurrency": 20}
    with Desk(tmp_path, site) as found:
        found.settings = found.settings.model_copy(
            update={"fetch": found.settings.fetch.model_copy(update=fetch)}
        )
        yield found


@pytest.fixture
def site():
    with Site() as found:
        items = [
            {"title": f"Well {n}", "link": f"{BASE}/news/{n}", "guid": f"g{n}"} for n in range(WELL)
        ]
        found.pages["/feed.xml"] = rss(items)
        for n in range(WELL):
            found.pages[f"/news/{n}"] = page(f"Well {n}", text_about(f"corn{n}"))
        yield found


def run(desk, hostile: HostileServer, site: Site, count: int):
    """One pass over everything; returns (report, memory, connects)."""
    mapping = {f"f{n}.example": ("127.0.0.1", hostile.port) for n in range(count)}
    mapping["paper.example"] = ("127.0.0.1", site.port)
    resolver = map_resolver(mapping, inside)
    ours = [("127.0.0.1", hostile.port), ("127.0.0.1", site.port)]
    with watching_memory() as memory, watching_connects(*ours) as connects:
        report = asyncio.run(
            one_pass(
                desk.settings,
                desk.store,
                desk.rules,
                stop=asyncio.Event(),
                resolver=resolver,
                feeds=desk.store.find(Feed),
            )
        )
    return report, memory, connects


def test_feeds_that_misbehave_harm_only_themselves(desk, site, hostile):
    faults = paths()
    desk.add()
    for n, path in enumerate(faults):
        url = f"http://f{n}.example{path}"
        desk.store.put([Feed(id=ids.feed_id(url), url=url)])
    desk.poll()  # bombs are built and modules loaded before anything is measured
    report, memory, connects = run(desk, hostile, site, len(faults))
    states = {feed.url: feed.state for feed in desk.store.find(Feed)}
    well = states.pop(f"{BASE}/feed.xml")
    assert well.error == ""
    assert desk.store.count_articles() == WELL
    assert [url for url, state in states.items() if not state.error] == []
    assert [url for url, state in states.items() if not state.error_detail] == []
    for n, path in enumerate(faults):
        if path.startswith("/redirect?"):
            refused = {"blocked-address", "bad-port", "bad-url"}  # the last for odd spellings
            assert states[f"http://f{n}.example{path}"].error in refused, path
    assert report.counters["feeds_failed"] == len(faults)
    assert connects.strays == []
    assert memory.growth < 64 * MIB


def test_pages_that_misbehave_harm_only_themselves(desk, site, hostile):
    faults = paths()
    items = [
        {"title": f"Fault {n}", "link": f"http://f{n}.example{path}", "guid": f"f{n}"}
        for n, path in enumerate(faults)
    ]
    good = [
        {"title": f"Well {n}", "link": f"{BASE}/news/{n}", "guid": f"g{n}"} for n in range(WELL)
    ]
    site.pages["/feed.xml"] = rss(good + items)
    desk.settings = desk.settings.model_copy(
        update={"fetch": desk.settings.fetch.model_copy(update={"robots": False})}
    )
    desk.add()
    _, memory, connects = run(desk, hostile, site, len(faults))
    entries = {entry.title: entry for entry in desk.store.find(Entry)}
    assert desk.store.count_articles() == WELL
    assert all(entries[f"Well {n}"].state is EntryState.DONE for n in range(WELL))
    for n, path in enumerate(faults):
        entry = entries[f"Fault {n}"]
        assert entry.state in {EntryState.NEW, EntryState.DEAD}, (path, entry.state)
        assert entry.reason, path
        assert entry.state is EntryState.DEAD or entry.next_try_at is not None, path
    assert connects.strays == []
    assert memory.growth < 64 * MIB
