"""The SQLite file itself: opening, refusing, migrating; full disks, locks, kills."""

import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest
from storing import hits, leader, make_article, make_entry, place, saved

from ingest.errors import SchemaError, SettingsError, StoreDownError, StoreFullError
from ingest.model import Entry, EntryState, Feed, Note
from ingest.query import ast
from ingest.query.projection import project
from ingest.store import open_store, sqlite_schema
from ingest.store.port import Save, Search, Where
from ingest.store.sqlite import SqliteStore
from ingest.store.sqlite_schema import APPLICATION_ID, SCHEMA_VERSION, translated_errors

TESTS = Path(__file__).parents[1]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.sqlite"


@pytest.fixture
def filled(path):
    with SqliteStore.open(path) as store:
        saved(store, make_article(title="Minsk", mentions=(place("minsk-by", "proposed"),)))
    return path


def raw(path):
    return sqlite3.connect(path, isolation_level=None)


def tamper(path, sql):
    db = raw(path)
    db.execute(sql)
    db.close()


# --- opening -----------------------------------------------------------------------------------


def test_a_store_is_made_with_its_folder_and_found_again(tmp_path):
    url = f"sqlite:///{tmp_path}/new/deep/store%20one.sqlite"
    with open_store(url) as store:
        store.put([Note("n", "v")])
    assert (tmp_path / "new/deep/store one.sqlite").is_file()
    with open_store(url, create=False) as store:
        assert store.get(Note, "n").value == "v"


def test_the_file_says_whose_it_is(filled):
    db = raw(filled)
    assert db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    assert db.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
    assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    db.close()


@pytest.mark.parametrize("url", ["", "sqlite://x", "sqlite:///", "postgres://x/y", "store.sqlite"])
def test_an_unknown_kind_of_store_is_refused(url):
    with pytest.raises(SettingsError, match="sqlite:///"):
        open_store(url)


def absent(path):
    pass


def empty(path):
    path.touch()


def text(path):
    path.write_text("feeds and articles")


def folder(path):
    path.mkdir()


def foreign(path):
    tamper(path, "CREATE TABLE theirs (x)")


def foreign_id(path):
    tamper(path, "PRAGMA application_id = 7")


def newer(path):
    SqliteStore.open(path).close()
    tamper(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")


def zeroed(path):
    SqliteStore.open(path).close()
    with path.open("r+b") as file:
        file.write(bytes(100))


@pytest.mark.parametrize(
    ("make", "create", "error", "reason"),
    [
        pytest.param(absent, False, StoreDownError, "no such store", id="absent"),
        pytest.param(empty, False, StoreDownError, "empty file", id="empty"),
        pytest.param(text, True, StoreDownError, "no SQLite file", id="text"),
        pytest.param(folder, True, StoreDownError, "is a folder", id="folder"),
        pytest.param(foreign, True, SchemaError, "another program's", id="foreign"),
        pytest.param(foreign_id, True, SchemaError, "another program's", id="foreign-id"),
        pytest.param(newer, True, SchemaError, "upgrade summitwatch", id="newer"),
        pytest.param(zeroed, True, StoreDownError, "header is damaged", id="zeroed-header"),
    ],
)
def test_a_file_that_is_no_store_of_ours_is_left_alone(path, make, create, error, reason):
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(error, match=reason) as raised:
        SqliteStore.open(path, create=create)
    assert str(path) in str(raised.value)
    assert raised.value.way_out
    assert (path.read_bytes() if path.is_file() else None) == before


def test_an_empty_file_becomes_a_store_where_one_is_to_be_made(path):
    path.touch()
    with SqliteStore.open(path) as store:
        assert store.count_articles() == 0


def test_a_path_with_a_nul_is_an_error_of_ours(tmp_path):
    with pytest.raises(StoreDownError):
        SqliteStore.open(f"{tmp_path}/a\x00b")


@pytest.mark.parametrize("again", range(8))  # one in six met the file half made
def test_two_that_open_a_new_file_at_once_both_get_it(path, again):
    opened, failed = [], []

    def work():
        try:
            opened.append(SqliteStore.open(path))
        except Exception as exc:  # noqa: BLE001
            failed.append(exc)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
    for store in opened:
        assert store.count(Feed) == 0
        store.close()
    assert (len(opened), failed) == (6, [])


# --- schema ------------------------------------------------------------------------------------


def test_a_newly_indexed_field_is_filled_from_the_documents(path, monkeypatch):
    @dataclass(frozen=True, slots=True)
    class Host:
        INDEXED: ClassVar = ("rest_until", "rest_reason")
        id: str
        revision: int = 0
        rest_until: str | None = None
        rest_reason: str = ""

    from ingest.model import Host as Former

    with SqliteStore.open(path) as store:
        store.put([Former("a.example", rest_reason="429"), Former("b.example")])
    tables = tuple(Host if kind is Former else kind for kind in sqlite_schema.TABLES)
    monkeypatch.setattr(sqlite_schema, "TABLES", tables)
    with SqliteStore.open(path) as store:
        assert [h.id for h in store.find(Host, Where("rest_reason", "=", "429"))] == ["a.example"]


def test_migrations_run_once_and_in_order(filled, monkeypatch):
    def add_column(db):
        db.execute("ALTER TABLE meta ADD COLUMN extra TEXT")

    steps = (*sqlite_schema.MIGRATIONS, add_column)
    monkeypatch.setattr(sqlite_schema, "MIGRATIONS", steps)
    monkeypatch.setattr(sqlite_schema, "SCHEMA_VERSION", len(steps))
    for _ in range(2):
        with SqliteStore.open(filled) as store:
            assert hits(store, "minsk") == ["Minsk"]
            assert store.stats()["schema"] == len(steps)


def test_a_migration_that_fails_leaves_the_old_version_whole(filled, monkeypatch):
    def fail(db):
        db.execute("DROP TABLE meta")
        db.execute("NO SUCH STATEMENT")

    with monkeypatch.context() as patch:
        patch.setattr(sqlite_schema, "MIGRATIONS", (*sqlite_schema.MIGRATIONS, fail))
        patch.setattr(sqlite_schema, "SCHEMA_VERSION", 2)
        with pytest.raises(Exception, match="syntax"):
            SqliteStore.open(filled)
    with SqliteStore.open(filled) as store:
        assert hits(store, "minsk") == ["Minsk"]


# --- trouble -----------------------------------------------------------------------------------


def test_a_locked_store_says_so(filled, monkeypatch):
    monkeypatch.setattr(sqlite_schema, "BUSY_TIMEOUT_S", 0.1)
    holder = raw(filled)
    holder.execute("BEGIN IMMEDIATE")
    with SqliteStore.open(filled) as store:
        with pytest.raises(StoreDownError, match="locked") as raised:
            store.put([Note("n", "")])
        assert raised.value.way_out
        assert hits(store, "minsk") == ["Minsk"]  # readers go on
        holder.execute("ROLLBACK")
        assert store.put([Note("n", "")]) != [None]
    holder.close()


def test_a_full_disk_loses_nothing_that_was_acknowledged(path):
    acknowledged = []
    with SqliteStore.open(path) as store:
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages + 60}")
        (entry,) = store.put([make_entry()])
        with pytest.raises(StoreFullError, match="full") as raised:
            for number in range(1000):
                marked = replace(entry, state=EntryState.STORED, tries=number)
                article = make_article(str(number), text=f"Minsk {number} " * 100)
                (result,) = store.save([Save(article, marked)])
                entry = result.entry
                acknowledged.append(article.id)
        assert raised.value.way_out
        assert acknowledged
        assert store.count_articles() == len(acknowledged)
        assert store.get(Entry, entry.id) == entry
        assert len(hits(store, "minsk")) == len(acknowledged)
        store._db.execute("PRAGMA max_page_count = 1000000")
        saved(store, make_article("room"))
    with SqliteStore.open(path) as store:
        assert store.check() == ""
        assert_whole(store)
        assert store.count_articles() == len(acknowledged) + 1


FILL = """
import sys
from dataclasses import replace
sys.path.insert(0, sys.argv[2])
from ingest.errors import StoreFullError
from ingest.store.port import Save
from ingest.store.sqlite import SqliteStore
from storing import make_article
with SqliteStore.open(sys.argv[1]) as store:
    try:
        for number in range(10000):
            store.save([Save(make_article(str(number), text="Minsk " * 2000))])
            print(number, flush=True)
    except StoreFullError:
        sys.exit(5)
"""


def start(script, path, **more):
    return subprocess.Popen(
        [sys.executable, "-c", script, str(path), str(TESTS)],
        stdout=subprocess.PIPE,
        text=True,
        **more,
    )


def test_a_file_size_limit_is_a_full_disk(path):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    with start(FILL, path, preexec_fn=limit) as process:
        lines = process.stdout.read().split()
        assert process.wait(timeout=300) == 5
    with SqliteStore.open(path) as store:
        assert store.check() == ""
        assert store.count_articles() == len(lines)
        assert_whole(store)


def test_a_read_only_store_says_so(filled):
    db = sqlite3.connect(f"file:{filled}?mode=ro", uri=True)
    with pytest.raises(StoreFullError, match="read-only"), translated_errors("store"):
        db.execute("DELETE FROM article")
    db.close()


def test_damage_is_found_by_the_check(filled):
    with SqliteStore.open(filled) as store:
        saved(store, *(make_article(str(n), text=f"word{n} " * 200) for n in range(60)))
        assert store.check() == ""
    db = raw(filled)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    with filled.open("r+b") as file:
        file.seek(4096 * 30)
        file.write(b"\xa5" * 4096 * 8)
    found = ""
    try:
        with SqliteStore.open(filled) as store:
            found = store.check()
    except StoreDownError as error:
        found = str(error)
    assert found


# --- kill --------------------------------------------------------------------------------------

INGEST = """
import sys
sys.path.insert(0, sys.argv[2])
from dataclasses import replace
from ingest.model import Entry, EntryState
from ingest.store.port import Save, Where
from ingest.store.sqlite import SqliteStore
from storing import leader, make_article, make_entry, place
with SqliteStore.open(sys.argv[1]) as store:
    store.put([make_entry(str(n)) for n in range(200)])
    while True:
        batch = store.find(Entry, Where("state", "=", "new"), limit=5)
        if not batch:
            break
        saves = []
        for entry in batch:
            article = make_article(entry.title, title=f"Article {entry.title}",
                text=f"Minsk word{entry.title} " * 40,
                mentions=(leader("a"), place("minsk-by", "proposed")))
            saves.append(Save(article, replace(entry, state=EntryState.STORED,
                                               article_id=article.id)))
        store.save(saves)
        print(len(saves), flush=True)
        sys.stdin.readline()
print("done", flush=True)
"""


def assert_whole(store):
    """The full-text rows, bits and projections are exactly those of the articles."""
    db = store._db
    for table in ("stems", "terms"):
        db.execute(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == store.count_articles()
    for article in store.find_articles():
        rowid = db.execute("SELECT rowid FROM article WHERE id = ?", (article.id,)).fetchone()[0]
        projection = project(article)
        assert db.execute("SELECT title, text FROM stems WHERE rowid = ?", (rowid,)).fetchone() == (
            " ".join(projection.title.stems),
            " ".join(projection.text.stems),
        )
        assert [row.mention for row in store.mentions([article.id])] == list(article.mentions)
    counted = store.search(Search(ast.All(), limit=0, facets=("source",))).facets["source"]
    assert sum(value.count for value in counted) == store.count_articles()


def test_kill_dash_nine_loses_nothing_and_doubles_nothing(path):
    progress = set()
    for round_ in range(11):  # at most four saves of five in each of the first ten
        with start(INGEST, path, stdin=subprocess.PIPE) as process:
            if round_ < 10:
                for _ in range(1 + round_ % 3):
                    assert process.stdout.readline() == "5\n"
                    process.stdin.write("\n")
                    process.stdin.flush()
                time.sleep(0.002 * round_)  # somewhere within the next transaction
                process.kill()
            out = process.communicate()[0]
        with SqliteStore.open(path) as store:
            assert store.check() == ""
            assert_whole(store)
            stored = store.count(Entry, Where("state", "=", EntryState.STORED))
            assert store.count_articles() == stored
            progress.add(stored)
    assert out.endswith("done\n")
    assert stored == 200
    assert len(progress) == 11


def test_a_repeat_mends_projections(filled):
    with SqliteStore.open(filled) as store:
        (article,) = store.find_articles()
        store._db.execute("DELETE FROM stems")
        store._db.execute("DELETE FROM mention")
        assert hits(store, "minsk") == []
        saved(store, article)
        assert hits(store, "minsk") == ["Minsk"]
        assert_whole(store)


def test_deleted_rows_take_their_bits_along(path):
    with SqliteStore.open(path) as store:
        articles = saved(
            store, *(make_article(str(n), mentions=(leader(str(n)),)) for n in range(20))
        )
        store.delete_articles([article.id for article in articles])
        assert store._db.execute("SELECT count(*) FROM bits").fetchone()[0] == 0
        assert store._db.execute("SELECT sum(count) FROM value").fetchone()[0] == 0
