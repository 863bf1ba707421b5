"""The SQLite file to another schema and back, with searches on, kills and full disks."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from storing import hits, make_article, place, saved
from typer.testing import CliRunner

from ingest.cli.app import app
from ingest.errors import (
    LeaseHeldError,
    NewerSchemaError,
    OlderSchemaError,
    StoreAbsentError,
    StoreError,
    StoreFullError,
)
from ingest.leases import lease
from ingest.model import Note
from ingest.pipeline.services import utc_now
from ingest.store import open_migration, open_store, sqlite_schema
from ingest.store.sqlite_migrate import SqliteMigration

ROOT = Path(__file__).parents[2]
KEPT = "store.sqlite.v1.kept"

STEP = """
import sys
sys.path.insert(0, {tests!r})
from keeping.test_migrate_sqlite import add_step
from ingest.store import sqlite_schema
sqlite_schema.MIGRATIONS = (*sqlite_schema.MIGRATIONS, {step})
sqlite_schema.SCHEMA_VERSION += 1
"""


def add_step(db):
    db.execute("ALTER TABLE meta ADD COLUMN of_two TEXT")


@pytest.fixture
def url(tmp_path):
    url = f"sqlite:///{tmp_path}/store.sqlite"
    with open_store(url) as store:
        mentions = (place("minsk-by", "proposed"),)
        saved(store, *(make_article(f"a{n}", title="Minsk", mentions=mentions) for n in range(20)))
    return url


def migration(url) -> SqliteMigration:
    return open_migration(url, "x", clock=utc_now)


@pytest.fixture
def upgraded(monkeypatch):
    monkeypatch.setattr(sqlite_schema, "MIGRATIONS", (*sqlite_schema.MIGRATIONS, add_step))
    monkeypatch.setattr(sqlite_schema, "SCHEMA_VERSION", sqlite_schema.SCHEMA_VERSION + 1)


def test_it_says_what_it_would_do_and_does_it_while_searches_go_on(url, tmp_path, upgraded):
    before = (tmp_path / "store.sqlite").read_bytes()
    plan = migration(url).plan()
    (part,) = plan.parts
    assert (part.now, part.wanted, part.documents) == (1, 2, 20)
    assert part.size_bytes > 0
    assert plan.kept == ()
    assert (tmp_path / "store.sqlite").read_bytes() == before
    end, found = threading.Event(), []
    db_version, sqlite_schema.SCHEMA_VERSION = sqlite_schema.SCHEMA_VERSION, 1
    steps, sqlite_schema.MIGRATIONS = sqlite_schema.MIGRATIONS, sqlite_schema.MIGRATIONS[:1]
    reader = open_store(url)
    sqlite_schema.SCHEMA_VERSION, sqlite_schema.MIGRATIONS = db_version, steps

    def search() -> None:
        while not end.is_set():
            found.append(len(hits(reader, "minsk")))

    thread = threading.Thread(target=search)
    thread.start()
    report = migration(url).migrate()
    while len(found) < 3 and thread.is_alive():
        time.sleep(0.01)
    end.set()
    thread.join()
    assert set(found) == {20}
    assert len(found) >= 3
    assert report.kept == (str(tmp_path / KEPT),)
    assert migration(url).migrate().parts == ()
    with open_store(url) as store:
        assert len(hits(store, "minsk")) == 20
    reader.close()


def test_an_older_program_neither_opens_it_nor_writes_to_it(url, monkeypatch):
    with open_store(url) as older:  # at work since before
        with monkeypatch.context() as patch:
            patch.setattr(sqlite_schema, "MIGRATIONS", (*sqlite_schema.MIGRATIONS, add_step))
            patch.setattr(sqlite_schema, "SCHEMA_VERSION", 2)
            migration(url).migrate()
        with pytest.raises(NewerSchemaError, match="upgrade") as told:
            older.put([Note("n", "")])
        assert told.value.code == "SW-SCHEMA-NEWER"
    with pytest.raises(NewerSchemaError, match="upgrade"):
        open_store(url)


def test_rolled_back(url, tmp_path, upgraded):
    with pytest.raises(StoreError, match="no migration is kept"):
        migration(url).rollback()
    migration(url).migrate()
    with open_store(url) as store:
        saved(store, make_article("since", title="Since"))
        with lease(store, "poll", clock=utc_now), pytest.raises(LeaseHeldError):
            migration(url).rollback()
        report = migration(url).rollback()
        with pytest.raises(OlderSchemaError, match="rolled back"):
            store.put([Note("n", "")])
    assert "1 articles stored since lie in" in report.note
    assert not (tmp_path / KEPT).exists()
    aside = tmp_path / "store.sqlite.v2.kept"
    assert report.kept == (str(aside),)
    with open_store(f"sqlite:///{aside}") as store:
        assert store.count_articles() == 21
    assert sqlite_schema.version_of(tmp_path / "store.sqlite") == 1
    assert migration(url).migrate().kept == (str(tmp_path / KEPT),)
    with open_store(url) as store:
        assert store.count_articles() == 20


def test_what_is_kept_is_dropped_after_its_time(url, tmp_path, upgraded):
    migration(url).migrate()
    week = timedelta(days=7)
    assert migration(url).drop_expired(utc_now() + timedelta(days=6), week) == ()
    assert migration(url).drop_expired(utc_now() + timedelta(days=8), week) == (
        str(tmp_path / KEPT),
    )
    assert not (tmp_path / KEPT).exists()


def in_process(url, step, then="", **more):
    code = STEP.format(tests=str(ROOT / "tests"), step=step)
    code += f"import os, signal\nfrom ingest.store import open_store\nopen_store({url!r})\n{then}"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT, **more
    )


def test_a_kill_in_the_middle_leaves_the_old_version_whole(url, tmp_path, upgraded, monkeypatch):
    step = "lambda db: (add_step(db), __import__('os').kill(__import__('os').getpid(), 9))"
    assert in_process(url, step).returncode == -signal.SIGKILL
    assert sqlite_schema.version_of(tmp_path / "store.sqlite") == 1
    migration(url).migrate()
    with open_store(url) as store:
        assert len(hits(store, "minsk")) == 20
    assert sqlite_schema.version_of(tmp_path / KEPT) == 1


def test_a_full_disk_in_the_middle(url, tmp_path):
    size = (tmp_path / "store.sqlite").stat().st_size

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    done = in_process(url, "add_step", preexec_fn=limited)
    assert "StoreFullError" in done.stderr, done.stderr
    assert sqlite_schema.version_of(tmp_path / "store.sqlite") == 1
    assert [f.name for f in tmp_path.iterdir() if "kept" in f.name] == []
    with open_store(url) as store:
        saved(store, make_article("goes-on"))


def test_too_little_room_to_begin(url, tmp_path, upgraded, monkeypatch):
    full = SimpleNamespace(free=10)  # a disk that other files fill
    monkeypatch.setattr(sqlite_schema.shutil, "disk_usage", lambda path: full)
    with pytest.raises(StoreFullError, match="nothing was changed"):
        migration(url).migrate()
    assert sqlite_schema.version_of(tmp_path / "store.sqlite") == 1


def test_the_command(url, tmp_path, upgraded):
    call = ["--store", url, "migrate"]
    shown = CliRunner().invoke(app, [*call, "--dry-run"])
    assert "version 1 to 2, 20 documents" in shown.output
    assert "nothing was changed" in shown.output
    planned = json.loads(CliRunner().invoke(app, [*call, "--dry-run", "--json"]).stdout)
    assert [part["wanted"] for part in planned["parts"]] == [2]
    assert "20 documents copied" in CliRunner().invoke(app, call).output
    assert "nothing to do" in CliRunner().invoke(app, call).output
    assert KEPT in CliRunner().invoke(app, [*call, "--dry-run"]).output
    back = CliRunner().invoke(app, [*call, "--rollback"])
    assert "articles stored since" in back.output
    both = CliRunner().invoke(app, [*call, "--dry-run", "--rollback"])
    assert (both.exit_code, "SW-USAGE" in both.output) == (2, True)


def test_no_store(tmp_path):
    with pytest.raises(StoreAbsentError):
        migration(f"sqlite:///{tmp_path}/none.sqlite").plan()
