"""A store to files and back, from either adapter into either."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from storing import NOW, act, make_article, make_entry, place, saved
from typer.testing import CliRunner

from ingest import model
from ingest.cli.app import app
from ingest.errors import (
    BackupError,
    DamagedBackupError,
    HalfBackupError,
    NewerBackupError,
    NotEmptyError,
)
from ingest.leases import wait_to_write
from ingest.model import Entry, EntryState, Feed, FeedState, Lease, Note
from ingest.store import backup as backups
from ingest.store import open_store
from ingest.store.backup import back_up, restore, verify
from ingest.store.copying import COPIED
from ingest.store.records import kind_name

RECORDS = (
    Feed(id="f", url="http://x.example/feed", state=FeedState(etag='"abc"', failures=0.5)),
    make_entry("waits", state=EntryState.STORED),
    model.UrlAlias(id="http://courier.example/a", article_id="a"),
    model.Tombstone(id="t", what="source", source="gone.example", at=NOW),
    model.DeskRevision(
        id="rules-00000001", kind="rules", number=1, body="a: ж\n", author="ann", at=NOW
    ),
    model.DeskRevision(
        id="corrections-00000001", kind="corrections", number=1, body="{}", author="b", at=NOW
    ),
    model.AlertGroup(id="g", rule_id="r", key=("leader:a", "place:b"), period_start=NOW),
    model.Delivery(id="d", alert_id="a", channel="desk", created_at=NOW),
    Note("n", "v"),
    Note("copy:x", "stays"),
    Note("migration", "stays"),
    Lease(id="x", holder="h", host="h", pid=1, started_at=NOW, expires_at=NOW),
)


def fill(store) -> None:
    for record in RECORDS:
        store.put([record])
    mentions = (place("minsk-by", "proposed"),)
    made = [make_article(f"a{n}", mentions=mentions, proposals=(act(),)) for n in range(7)]
    (first, *_) = saved(store, *made)
    saved(store, replace(first, title="Edited"))  # revision 2: not what a restored one has


def other(tmp_path):
    return open_store(f"sqlite:///{tmp_path}/other.sqlite")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "backup"


@pytest.fixture
def made(tmp_path, folder):
    """A backup of an embedded store."""
    with other(tmp_path) as store:
        fill(store)
        return back_up(store, folder, now=NOW, archive="s3://pages")


def told(manifest):
    return {name: (kind.records, kind.checksum) for name, kind in manifest.kinds.items()}


def test_from_either_store_into_either(store, tmp_path, folder):
    fill(store)
    first = back_up(store, folder, now=NOW)
    assert first.kinds["article"].records == 7
    assert first.kinds["note"].records == 1
    with other(tmp_path) as target:
        restore(folder, target, clock=lambda: NOW)
        assert target.get(Feed, "f").state == RECORDS[0].state
        assert target.get(Entry, RECORDS[1].id).state is EntryState.STORED
        assert target.find(model.Delivery)[0].state == "pending"
        assert target.find(Note) == [Note("n", "v", revision=1)]
        assert len(target.mentions([a.id for a in target.find_articles()])) == 7
        assert target.count(Lease) == 0
        second = back_up(target, tmp_path / "second", now=NOW)
    assert told(second) == told(first)


def test_into_either_store(made, store, folder):
    restore(folder, store, clock=lambda: NOW)
    refresh = getattr(store, "refresh", lambda: None)
    refresh()
    assert store.count_articles() == 7
    assert store.get(model.DeskRevision, "rules-00000001").body == "a: ж\n"
    with pytest.raises(NotEmptyError, match="holds") as error:
        restore(folder, store, clock=lambda: NOW)
    assert "empty store" in error.value.way_out


def test_every_kind_is_in_it_but_leases(made):
    assert set(made.kinds) == {kind_name(kind) for kind in COPIED}
    assert "lease" not in made.kinds
    assert made.archive == "s3://pages"


def test_a_backup_that_was_cut_off_goes_on(tmp_path, folder, monkeypatch, made):
    monkeypatch.setattr(backups, "PART_RECORDS", backups.BATCH)
    half = tmp_path / "half"
    with other(tmp_path) as store:
        publish = backups._publish
        count = iter(range(100))

        def dying(path, data):
            if path.suffix == ".gz" and next(count) == 4:
                raise OSError(28, "No space left on device", str(path))
            return publish(path, data)

        with monkeypatch.context() as patch:
            patch.setattr(backups, "_publish", dying)
            with pytest.raises(BackupError, match="No space left") as error:
                back_up(store, half, now=NOW)
            assert "goes on" in error.value.way_out
        with pytest.raises(HalfBackupError, match="half a backup"):
            verify(half)
        with open_store(f"sqlite:///{tmp_path}/empty.sqlite") as target:
            with pytest.raises(HalfBackupError):
                restore(half, target, clock=lambda: NOW)
            assert target.count(Note) == 0
            with pytest.raises(HalfBackupError, match="half a backup of"):
                back_up(target, half, now=NOW)
        assert told(back_up(store, half, now=NOW)) == told(made)
        with pytest.raises(BackupError, match="already"):
            back_up(store, half, now=NOW)


def test_a_restore_that_was_cut_off_goes_on(made, tmp_path, folder):
    url = f"sqlite:///{tmp_path}/target.sqlite"

    def stop(kind, done):
        if kind == "desk_revision":
            raise KeyboardInterrupt

    with open_store(url) as store:
        with pytest.raises(KeyboardInterrupt):
            restore(folder, store, clock=lambda: NOW, progress=stop)
        assert store.count(Feed) == 1
        assert store.count_articles() == 0
        with pytest.raises(HalfBackupError, match="summitwatch restore"):
            wait_to_write(store, lambda: NOW)  # nobody ingests into the half of a store
        restore(folder, store, clock=lambda: NOW)
        assert store.count_articles() == 7
        assert store.find(Note) == [Note("n", "v", revision=1)]


def article_file(folder):
    return folder / "article-00001.jsonl.gz"


def flip(folder):
    data = bytearray(article_file(folder).read_bytes())
    data[len(data) // 2] ^= 1
    article_file(folder).write_bytes(data)


def cut(folder):
    article_file(folder).write_bytes(article_file(folder).read_bytes()[:-20])


def remove(folder):
    article_file(folder).unlink()


def in_manifest(change):
    def damage(folder):
        path = folder / "manifest.json"
        manifest = json.loads(path.read_text())
        change(manifest)
        path.write_text(json.dumps(manifest))

    return damage


def outside(manifest):
    manifest["kinds"]["article"]["parts"][0]["file"] = "../../etc/passwd"


def newer_field(manifest):
    manifest["kinds"]["feed"]["fields"].append("of_two")


def newer_kind(manifest):
    manifest["kinds"]["saga"] = {"fields": ["id"]}


@pytest.mark.parametrize(
    ("damage", "error", "reason"),
    [
        pytest.param(flip, DamagedBackupError, "checksum", id="wrong-checksum"),
        pytest.param(cut, DamagedBackupError, "checksum", id="cut"),
        pytest.param(remove, DamagedBackupError, "cannot be read", id="missing-file"),
        pytest.param(in_manifest(outside), DamagedBackupError, "no backup has", id="path-outside"),
        pytest.param(
            in_manifest(lambda m: m.pop("kinds") and m.update(kinds=3)),
            DamagedBackupError,
            "cannot be read",
            id="manifest",
        ),
        pytest.param(in_manifest(newer_field), NewerBackupError, "newer", id="newer-field"),
        pytest.param(in_manifest(newer_kind), NewerBackupError, "newer", id="newer-kind"),
        pytest.param(
            in_manifest(lambda m: m.update(format=2)), NewerBackupError, "newer", id="newer-format"
        ),
        pytest.param(
            lambda folder: (folder / "manifest.json").unlink(), BackupError, "no backup", id="none"
        ),
    ],
)
def test_a_damaged_or_newer_backup_is_refused_before_anything_is_written(
    made, tmp_path, folder, damage, error, reason
):
    damage(folder)
    with open_store(f"sqlite:///{tmp_path}/target.sqlite") as store:
        with pytest.raises(error, match=reason) as raised:
            restore(folder, store, clock=lambda: NOW)
        assert raised.value.way_out
        assert all(count == 0 for name, count in store.stats().items() if name in made.kinds)


def test_a_folder_of_something_else_is_left_alone(tmp_path, folder):
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    with other(tmp_path) as store, pytest.raises(BackupError, match="not empty"):
        back_up(store, folder, now=NOW)


def test_the_commands(made, tmp_path, folder):
    source = f"sqlite:///{tmp_path}/other.sqlite"
    target = f"sqlite:///{tmp_path}/target.sqlite"
    new = str(tmp_path / "b")
    told_json = CliRunner().invoke(app, ["--store", source, "backup", new, "--json"])
    assert json.loads(told_json.stdout)["records"]["article"] == 7
    again = CliRunner().invoke(app, ["--store", source, "backup", new])
    assert (again.exit_code, "[SW-BACKUP]" in again.output) == (1, True)
    restored = CliRunner().invoke(app, ["restore", new, "--to", target])
    assert "checksums are equal" in restored.output
    assert "raw pages" in restored.output
    twice = CliRunner().invoke(app, ["restore", new, "--to", target])
    assert "[SW-RESTORE-NOT-EMPTY]" in twice.output
