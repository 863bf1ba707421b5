"""Elasticsearch to another mapping and back, on the real server, with ingest and searches on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from storing import hits, make_article, make_entry, place, saved

from ingest.errors import (
    IngestError,
    LeaseHeldError,
    MigratingError,
    NewerSchemaError,
    OlderSchemaError,
    SchemaError,
    StoreDeniedError,
    StoreError,
    StoreFullError,
)
from ingest.leases import lease
from ingest.model import Article, Entry, Lease, Note
from ingest.pipeline.services import utc_now
from ingest.store import elastic_copying
from ingest.store.port import Save, Saved

pytestmark = pytest.mark.timeout(600)


def article(key, **more):
    return make_article(
        key, title=f"Minsk {key}", mentions=(place("minsk-by", "proposed"),), **more
    )


@pytest.fixture
def desk(elastic_desk):
    with elastic_desk.old() as store:
        saved(store, *(article(f"a{n}") for n in range(30)))
        store.put([Note("kept", "1"), Note("deleted", "1")])
    return elastic_desk


def titles(store):
    return sorted(found.title for found in store.find_articles())


def test_it_moves_everything_and_says_so(desk):
    with desk.migration() as migration:
        plan = migration.plan()
        assert {part.name for part in plan.parts} == {
            f"{desk.prefix}-articles-v1",
            f"{desk.prefix}-records-v1",
        }
        assert sum(part.documents for part in plan.parts) == 32
        assert plan.free_bytes > plan.needed_bytes > 0
        assert desk.behind("articles").endswith("-v1")
        told = []

        def see(*step) -> None:
            told.append(step)
            with desk.migration() as second, pytest.raises(LeaseHeldError):
                second.migrate()
            with pytest.raises(OlderSchemaError, match="summitwatch migrate"):
                desk.new()

        report = migration.migrate(see)
        assert report.documents >= 32
        assert report.closed_s > 0
        assert told
        assert migration.plan().parts == ()
        assert set(migration.plan().kept) == set(report.kept)
        assert migration.migrate().parts == ()
    assert desk.behind("articles").endswith("-v2")
    assert desk.behind("mentions").endswith("-v1")
    with pytest.raises(NewerSchemaError, match="upgrade"):
        desk.old()
    with desk.new() as store:
        assert len(hits(store, "minsk")) == 30
        first = store.find_articles(limit=1)[0]
        assert isinstance(store.save([Save(replace(first, title="Edited"))])[0], Saved)
        store.refresh()  # another connection gave the lease back within the last second
        assert store.count(Lease) == 0
    with desk.migration() as migration:
        week = timedelta(days=7)
        assert migration.drop_expired(utc_now() + timedelta(days=6), week) == ()
        dropped = migration.drop_expired(utc_now() + timedelta(days=8), week)
        assert set(dropped) == set(report.kept)
        assert not desk.indices() & set(dropped)


class Ingest(threading.Thread):
    """Writes articles, edits and entries, and deletes; starts its store anew when told to upgrade."""

    def __init__(self, desk) -> None:
        super().__init__()
        self.desk, self.end = desk, threading.Event()
        self.acknowledged: dict[str, Article] = {}
        self.entries: list[Entry] = []
        self.deleted: set[str] = set()
        self.upgrades = 0
        self.failure: Exception | None = None

    def run(self) -> None:
        store = self.desk.old()
        number = 0
        try:
            while not self.end.is_set():
                try:
                    self.write(store, number)
                    number += 1
                except NewerSchemaError:
                    store.close()
                    store = self.desk.new()
                    self.upgrades += 1
        except IngestError as exc:
            self.failure = exc
        finally:
            store.close()

    def write(self, store, number: int) -> None:
        new = article(f"live{number}")
        results = store.save([Save(new, make_entry(f"live{number}"))])
        match results[0]:
            case Saved(article=stored, entry=entry):
                self.acknowledged[stored.id] = stored
                self.entries.append(entry)
        if number % 3 == 0 and self.acknowledged:
            last = next(reversed(self.acknowledged.values()))
            edited = store.save([Save(replace(last, title=f"Minsk edited {number}"))])[0]
            if isinstance(edited, Saved):
                self.acknowledged[last.id] = edited.article
        if number % 5 == 4:
            gone = next(iter(self.acknowledged))
            if store.delete_articles([gone]):
                self.deleted.add(gone)
                del self.acknowledged[gone]


def wait_until(reached) -> None:
    """Look again and again; the limit of the test's time ends what never comes."""
    while not reached():
        time.sleep(0.01)


class Searching(threading.Thread):
    """Searches without a pause; any failure, and any loss of what was there, is kept."""

    def __init__(self, store) -> None:
        super().__init__()
        self.store, self.end = store, threading.Event()
        self.searches, self.failures = 0, []

    def run(self) -> None:
        while not self.end.is_set():
            try:
                if len([t for t in hits(self.store, "minsk") if t.startswith("Minsk a")]) != 30:
                    self.failures.append("fewer hits")
            except Exception as exc:  # noqa: BLE001  any is a failure
                self.failures.append(repr(exc))
            self.searches += 1


def test_searches_never_fail_and_no_write_is_lost_meanwhile(desk, monkeypatch):
    monkeypatch.setattr(elastic_copying, "RANGE", 10)  # many ranges, so that much comes between
    ingest = Ingest(desk)
    with desk.old() as reader:
        searching = Searching(reader)
        ingest.start()
        searching.start()
        wait_until(lambda: searching.searches >= 3 and ingest.entries)
        with desk.migration() as migration:
            migration.migrate()
            before_end = searching.searches
            wait_until(lambda: searching.searches >= before_end + 3)
        for thread in (ingest, searching):
            thread.end.set()
            thread.join()
    assert ingest.failure is None
    assert searching.failures == []
    assert searching.searches > 5
    assert desk.behind("articles").endswith("-v2")
    with desk.new() as store:
        assert store.get_articles(ingest.acknowledged) == ingest.acknowledged
        assert store.get_articles(ingest.deleted) == {}
        found = store.get_many(Entry, [entry.id for entry in ingest.entries])
        assert len(found) == len(ingest.entries) > 0
        store.refresh()
        assert store.count_articles() == 30 + len(ingest.acknowledged)


def test_what_was_deleted_and_leases_are_brought_as_they_are(desk):
    with ExitStack() as stack:
        store = stack.enter_context(desk.old())
        held = stack.enter_context(lease(store, "poll", clock=utc_now))
        gone = store.find_articles(limit=1)[0]

        def meanwhile(*step) -> None:
            store.delete(Note, ["deleted"])
            store.delete_articles([gone.id])

        with desk.migration() as migration:
            migration.migrate(meanwhile)
        held.renew()  # a run that was under way still holds what it held
        new = stack.enter_context(desk.new())
        assert new.get(Note, "deleted") is None
        assert new.get(Note, "kept").value == "1"
        assert new.get_article(gone.id) is None
        new.refresh()
        assert new.count_articles() == 29


KILLED = """
import os, signal, sys, time
from pathlib import Path
sys.path.insert(0, "tests")
from keeping.conftest import next_mappings
from ingest.pipeline.services import utc_now
from ingest.settings import load_settings
from ingest.store import elastic_copying, elastic_migrate
url, prefix, folder, at = sys.argv[1:]
elastic_copying.RANGE = 10
def die(*step):
    os.kill(os.getpid(), signal.SIGKILL)
if at == "swapped":
    elastic_migrate.ElasticMigration._conclude = die
elif at == "closed":
    elastic_migrate.ElasticMigration._swap = die
migration = elastic_migrate.ElasticMigration.open(
    url, prefix, load_settings().elasticsearch, utc_now, next_mappings(Path(folder)))
migration.migrate(die if at == "copying" else lambda *step: None)
"""


def kill_at(desk, at):
    command = [sys.executable, "-c", KILLED, desk.url, desk.prefix, str(desk.folder), at]
    done = subprocess.run(command, capture_output=True, check=False, env=os.environ)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


@pytest.mark.parametrize(
    ("at", "way"), [("copying", "back"), ("closed", "forward"), ("swapped", "back")]
)
def test_a_kill_is_resumed_or_taken_back(desk, at, way, monkeypatch):
    with desk.old() as store:
        before = titles(store)
    kill_at(desk, at)
    if at != "swapped":
        assert desk.behind("articles").endswith("-v1")
        with desk.old() as store:
            assert len(hits(store, "minsk")) == 30
            if at == "closed":
                monkeypatch.setattr(store._wire.closed.__self__, "_patience_s", 0.3)
                with pytest.raises(MigratingError, match="summitwatch migrate"):
                    store.put([Note("new", "")])
    with desk.migration() as migration:
        if at != "swapped":
            assert migration.plan().underway
        if way == "forward":
            migration.migrate()
        else:
            migration.rollback()
    version = "v2" if way == "forward" else "v1"
    assert desk.behind("articles").endswith(version)
    assert desk.behind("records").endswith(version)
    with desk.new() if way == "forward" else desk.old() as store:
        assert titles(store) == before
        saved(store, article("after"))
    if way == "back":
        assert not any(name.endswith("-v2") for name in desk.indices())


def test_rolled_back_with_what_was_stored_since(desk):
    with desk.migration() as migration:
        migration.migrate()
        with desk.new() as store:
            saved(store, article("since"))
            store.delete(Note, ["deleted"])
        report = migration.rollback()
        assert report.documents >= 1
        with pytest.raises(StoreError, match="no migration is kept"):
            migration.rollback()
    with desk.old() as store:
        assert "Minsk since" in titles(store)
        assert len(titles(store)) == 31
        assert store.get(Note, "deleted") is None
        saved(store, article("again"))
    with desk.migration() as migration:
        migration.migrate()
    with desk.new() as store:
        assert len(titles(store)) == 32


# --- bad input -----------------------------------------------------------------------------------


def test_a_full_disk_in_the_middle(desk, monkeypatch):
    monkeypatch.setattr(elastic_copying, "RANGE", 10)
    name = f"{desk.prefix}-articles-v2"
    block = {"index.blocks.read_only_allow_delete": True}

    def fill(what, done, total) -> None:
        desk.client.indices.put_settings(index=name, settings=block)

    with desk.migration() as migration:
        with monkeypatch.context() as patch:
            patch.setattr(migration, "_free_bytes", lambda: 10)
            with pytest.raises(StoreFullError, match="nothing was begun"):
                migration.migrate()
        assert name not in desk.indices()
        with pytest.raises(StoreFullError, match="read-only") as told:
            migration.migrate(fill)
        assert "goes on from here" in told.value.way_out
        with desk.old() as store:
            saved(store, article("meanwhile"))
        desk.client.indices.put_settings(index=name, settings=dict.fromkeys(block))
        migration.migrate()
    with desk.new() as store:
        assert len(titles(store)) == 31


def test_a_foreign_index_under_the_name(desk):
    name = f"{desk.prefix}-articles-v2"
    desk.client.indices.create(index=name, mappings={"_meta": {"application": "theirs"}})
    with desk.migration() as migration, pytest.raises(SchemaError, match="another program's"):
        migration.migrate()
    with desk.old() as store:
        saved(store, article("goes-on"))


def test_a_foreign_index_where_the_store_is_to_be_made(elastic_desk):
    name = f"{elastic_desk.prefix}-articles-v1"
    elastic_desk.client.indices.create(index=name)
    with pytest.raises(SchemaError, match="another program's") as told:
        elastic_desk.old()
    assert told.value.code == "SW-SCHEMA-FOREIGN"
    assert "prefix" in told.value.way_out


def test_a_document_that_the_new_mapping_refuses(desk):
    file = desk.folder / "articles-v2.json"
    body = json.loads(file.read_text())
    body["mappings"]["properties"]["source"] = {"type": "ip"}
    file.write_text(json.dumps(body))
    with desk.migration() as migration:
        with pytest.raises(StoreError, match="does not take") as told:
            migration.migrate()
        assert "--rollback" in told.value.way_out
        migration.rollback()
    with desk.old() as store:
        saved(store, article("goes-on"))
        assert len(titles(store)) == 31


def test_a_role_without_the_right(desk):
    if not desk.settings.password:
        pytest.skip("this server has no users")
    rights = ["read", "write", "monitor", "view_index_metadata", "maintenance"]
    key = desk.client.security.create_api_key(
        name=desk.prefix,
        role_descriptors={
            "few": {
                "cluster": ["monitor"],
                "indices": [{"names": [f"{desk.prefix}-*"], "privileges": rights}],
            }
        },
    )["encoded"]
    few = desk.settings.model_copy(update={"api_key": SecretStr(key), "user": "", "password": None})
    with desk.migration(few) as migration:
        with pytest.raises(StoreDeniedError, match="may not do this") as told:
            migration.migrate()
        assert "rights" in told.value.way_out
    assert desk.behind("articles").endswith("-v1")
    with desk.old() as store:
        saved(store, article("goes-on"))
