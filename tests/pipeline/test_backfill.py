"""The archive read into a store again: the same articles, no alerts, nothing twice."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.alerts.rulebook import rules_in_force
from ingest.cli.app import app
from ingest.cli.runs import one_pass
from ingest.demo.desk import add_feeds, demo_settings
from ingest.demo.newsroom import Newsroom, story_start
from ingest.demo.server import NewsroomServer
from ingest.fetch.resolve import map_resolver
from ingest.model import Alert, Entry, EntryState
from ingest.pipeline.services import utc_now
from ingest.store import open_store

SITES = ("wire", "archive")


@pytest.fixture(scope="module")
def archived(tmp_path_factory):
    """A folder with the archive of a pass over two sites, and the store that it filled."""
    folder = tmp_path_factory.mktemp("archived")
    whole = Newsroom.load(story_start(utc_now()))
    newsroom = replace(
        whole,
        sites=tuple(site for site in whole.sites if site.key in SITES),
        all_articles=tuple(a for a in whole.all_articles if a.site.key in SITES),
    )
    settings = demo_settings(str(folder))
    with NewsroomServer(newsroom) as server, open_store(settings.store) as store:
        server.set_edition(2)
        feeds = add_feeds(store, newsroom)
        resolver = map_resolver(server.resolver_map())
        rules = rules_in_force(store, settings)
        stop = asyncio.Event()
        asyncio.run(one_pass(settings, store, rules, stop=stop, resolver=resolver, feeds=feeds))
    return folder


@pytest.fixture
def backfill(archived, tmp_path, monkeypatch):
    """Run `backfill` into a store of the test's own; returns its JSON."""
    monkeypatch.setenv("SUMMITWATCH_ARCHIVE__URL", str(archived / "demo-archive"))
    monkeypatch.setenv("SUMMITWATCH_ALERTS__RULES", str(Path("ingest/demo/rules.yaml").resolve()))
    monkeypatch.setenv("SUMMITWATCH_EXTRACT__WORKERS", "1")

    def run(*words, code=0, store="new.sqlite"):
        call = ["--store", f"sqlite:///{tmp_path}/{store}", "backfill", "--json", *words]
        done = CliRunner().invoke(app, call)
        assert done.exit_code == code, done.output
        return json.loads(done.stdout) if code == 0 else done.output

    return run


def texts(store):
    return {a.id: (a.title, a.text, a.lang, a.published_at) for a in store.find_articles()}


def test_an_empty_store_gets_what_the_first_one_has(archived, backfill, tmp_path):
    told = backfill()
    assert told["days"] in (1, 2)
    with (
        open_store(f"sqlite:///{archived}/demo.sqlite") as first,
        open_store(f"sqlite:///{tmp_path}/new.sqlite") as second,
    ):
        assert texts(second) == texts(first)
        assert told["counters"]["articles_new"] == len(texts(first)) > 10
        assert {entry.state for entry in second.find(Entry)} == {EntryState.DONE}
        assert all(entry.history for entry in second.find(Entry))
        assert second.find(Alert) == []
        before = texts(second)
    again = backfill()
    assert "articles_new" not in again["counters"]
    with open_store(f"sqlite:///{tmp_path}/new.sqlite") as second:
        assert texts(second) == before
        assert {entry.state for entry in second.find(Entry)} == {EntryState.DONE}


def test_an_entry_that_waits_is_left_to_those_it_waits_for(backfill, tmp_path):
    backfill()
    with open_store(f"sqlite:///{tmp_path}/new.sqlite") as store:
        entry = store.find(Entry)[0]
        store.put([replace(entry, state=EntryState.STORED, history=False)])
    backfill()
    with open_store(f"sqlite:///{tmp_path}/new.sqlite") as store:
        kept = store.get(Entry, entry.id)
        assert (kept.state, kept.history) == (EntryState.STORED, False)


def test_other_days_are_not_read(backfill):
    day = (utc_now() - timedelta(days=30)).date().isoformat()
    assert backfill("--to", day) == {"days": 0, "counters": {}}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "yesterday"), "'yesterday' is no date"),
        (("--from", "2026-02-02", "--to", "2026-01-01"), "2026-01-01 is before 2026-02-02"),
    ],
)
def test_dates_that_cannot_be(backfill, words, said):
    assert said in backfill(*words, code=2)
