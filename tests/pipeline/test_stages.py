"""A pass as stages: planned once, resumable, each entry in one batch, under one stamp of the desk."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from storing import make_entry

from ingest import desk, ids
from ingest.demo.desk import add_feeds, demo_settings
from ingest.demo.newsroom import Newsroom, story_start
from ingest.demo.server import NewsroomServer
from ingest.desk import DeskStamp
from ingest.errors import StoreDownError, UsageError
from ingest.fetch.resolve import map_resolver
from ingest.model import Entry, EntryState, Feed, Note
from ingest.pipeline import plan as planning
from ingest.pipeline import stages
from ingest.pipeline.opening import open_services
from ingest.pipeline.plan import Plan, counts_of, drop_plans, read_plan, split_feeds
from ingest.pipeline.services import utc_now
from ingest.store import open_store
from ingest.tag.desk import tagger_at
from ingest.urls import host_of, registrable_domain

SITES = ("wire", "vestnik", "haber")
OVERLAY = """
entities:
  - id: leader:doe-jane
    kind: leader
    name: Jane Doe
    country: US
    names: {en: [Jane Doe]}
"""


def of_sites(newsroom):
    sites = tuple(site for site in newsroom.sites if site.key in SITES)
    articles = tuple(a for a in newsroom.all_articles if a.site.key in SITES)
    return replace(newsroom, sites=sites, all_articles=articles)


class Room:
    """A few sites of the newsroom, and a store to read them into."""

    def __init__(self, folder, store, server):
        self.settings = demo_settings(str(folder))
        self.store, self.server = store, server

    def run(self, *steps):
        """Run stages (function, plan, batch) as one process would, each with services of its own."""

        async def one(stage, plan, batch):
            resolver = map_resolver(self.server.resolver_map())
            async with open_services(self.settings, self.store, resolver=resolver) as services:
                services.stamp = plan.stamp
                return Counter(await stage(services, plan, batch))

        return [asyncio.run(one(*step)) for step in steps]

    def plan(self, run="r1", slots=3):
        return stages.plan_run(self.store, self.settings, run, utc_now(), slots=slots)

    def all_of(self, plan, batch):
        todo = (stages.poll_batch, stages.fetch_batch, stages.save_batch)
        return self.run(*((stage, plan, batch) for stage in todo))


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "FEEDS_PER_BATCH", 2)
    monkeypatch.setenv("SUMMITWATCH_EXTRACT__WORKERS", "1")
    newsroom = of_sites(Newsroom.load(story_start(utc_now())))
    with (
        NewsroomServer(newsroom) as server,
        open_store(f"sqlite:///{tmp_path}/demo.sqlite") as store,
    ):
        server.set_edition(2)
        add_feeds(store, newsroom)
        found = Room(tmp_path, store, server)
        found.newsroom = newsroom
        yield found


def revisions(store):
    return {article.id: article.revision for article in store.find_articles()}


def test_a_plan_is_written_once(room):
    plan = room.plan()
    assert len(plan.batches) == 2
    room.run((stages.poll_batch, plan, 0))
    assert room.plan() == plan == read_plan(room.store, "r1")
    later = room.plan("r2")
    assert {f for b in later.batches for f in b.feeds} == set(plan.batches[1].feeds)


def test_stages_store_everything_and_run_again_change_nothing(room):
    plan = room.plan()
    for batch in range(len(plan.batches)):
        room.all_of(plan, batch)
    late = sum(1 for a in room.newsroom.all_articles if a.page == "late")
    assert room.store.count_articles() == len(room.newsroom.all_articles)
    states = Counter(entry.state for entry in room.store.find(Entry))
    assert set(states) <= {EntryState.STORED, EntryState.NEW}
    assert states[EntryState.NEW] <= late
    counts, before = counts_of(room.store, plan), revisions(room.store)
    assert counts["articles_new"] == len(before)
    assert counts["feeds_polled"] == sum(len(batch.feeds) for batch in plan.batches)
    asked = len(room.server.ledger)
    for batch in range(len(plan.batches)):
        room.all_of(plan, batch)
    assert revisions(room.store) == before
    assert counts_of(room.store, plan) == counts
    assert len(room.server.ledger) == asked  # nobody was asked twice


def test_a_stage_that_fails_in_the_middle_is_resumed(room, monkeypatch):
    monkeypatch.setattr(stages, "CHUNK_ITEMS", 5)
    plan = room.plan(slots=1)
    room.run((stages.poll_batch, plan, 0), (stages.fetch_batch, plan, 0))
    waiting = len(room.store.find(Entry))
    real, calls = room.store.save, []

    def dies(saves):
        calls.append(len(saves))
        if len(calls) == 3:
            raise StoreDownError("store", "pulled out")
        return real(saves)

    monkeypatch.setattr(room.store, "save", dies)
    with pytest.raises(StoreDownError):
        room.run((stages.save_batch, plan, 0))
    monkeypatch.setattr(room.store, "save", real)
    stored = room.store.count_articles()
    assert 0 < stored < len(room.newsroom.all_articles)
    room.run((stages.save_batch, plan, 0))
    assert room.store.count_articles() == len(room.newsroom.all_articles)
    assert counts_of(room.store, plan)["articles_new"] == room.store.count_articles()
    assert len(room.store.find(Entry)) == waiting


def test_a_run_keeps_the_desks_revisions_that_it_began_with(room):
    desk.publish(room.store, "overlay", OVERLAY, author="ann", now=utc_now())
    plan = room.plan()
    room.all_of(plan, 0)
    seen = room.store.count_articles()
    changed = OVERLAY.replace("[Jane Doe]", "[Jane Doe, Ms Doe]")  # between two batches
    desk.publish(room.store, "overlay", changed, author="ben", now=utc_now())
    room.all_of(plan, 1)
    versions = {article.tagger_version for article in room.store.find_articles()}
    assert 0 < seen < room.store.count_articles()
    assert versions == {tagger_at(room.store, plan.stamp).version}
    assert versions.pop().endswith("+o1")
    for feed in room.store.find(Feed):
        room.store.put([replace(feed, next_check_at=None)])
    assert room.plan("r2").stamp == DeskStamp(overlay=2)


def test_what_is_cut_off():
    assert [stages.is_cut_off(*pair) for pair in ((9, 9), (5, 10), (6, 10), (1, 500))] == [
        False,
        False,
        True,
        False,
    ]


def test_waiting_pages_make_a_batch_without_feeds(room):
    now = utc_now()
    for feed in room.store.find(Feed):
        room.store.put([replace(feed, muted=True)])
    assert room.plan("nothing").batches == ()
    room.store.put([replace(make_entry("late"), next_try_at=now - timedelta(hours=1))])
    (batch,) = room.plan("late").batches
    assert batch.feeds == ()
    assert batch.label == "waiting pages"


def test_plans_past_their_week_are_dropped(room):
    old = Plan("old", utc_now() - timedelta(days=8), DeskStamp(), ())
    planning.write_plan(room.store, old)
    plan = room.plan()
    room.run((stages.poll_batch, plan, 0))
    assert drop_plans(room.store, utc_now()) == 1
    assert read_plan(room.store, "r1") == plan
    with pytest.raises(UsageError, match="run old: has no plan"):
        read_plan(room.store, "old")
    drop_plans(room.store, utc_now() + timedelta(days=8))
    assert not [note for note in room.store.find(Note) if "/" in note.id]


urls = st.builds(
    lambda host, path: f"https://{host}/{path}",
    st.from_regex(r"(a|b|www\.a|news\.b|c{1,3}|d)\.(example|co\.uk)", fullmatch=True),
    st.integers(0, 999),
)


@given(urls=st.lists(urls, max_size=300, unique=True), slots=st.integers(1, 9))
def test_batches_share_feeds_but_no_publisher(urls, slots):
    feeds = [Feed(id=ids.feed_id(url), url=url) for url in urls]
    batches = split_feeds(feeds, slots)
    assert Counter(f for b in batches for f in b.feeds) == Counter(feed.id for feed in feeds)
    domains = [domain for batch in batches for domain in batch.domains]
    assert sorted(domains) == sorted({registrable_domain(host_of(url)) for url in urls})
    assert len(batches) <= min(slots, -(-len(urls) // planning.FEEDS_PER_BATCH))
    assert all(batch.feeds for batch in batches)


@given(urls=st.lists(urls, min_size=1, max_size=300, unique=True), host=st.sampled_from(["a.example", "zz.example", ""]))  # fmt: skip
def test_each_entry_has_one_owner(urls, host):
    feeds = [Feed(id=ids.feed_id(url), url=url) for url in urls]
    plan = Plan("r", utc_now(), DeskStamp(), split_feeds(feeds, 4))
    for feed in (feeds[0].id, "unknown"):
        owner = plan.owner(replace(make_entry("x"), host=host, feed_id=feed))
        assert 0 <= owner < len(plan.batches)
        assert owner == plan.owner(replace(make_entry("y"), host=host, feed_id=feed))
