"""The SQLite file: opening it, its schema, its migrations, its errors in our words.

Each kind of record, articles among them, has a table made from the model: id, revision, the
indexed fields, the document. An article's rowid ties the rest together: its bits (`sqlite_bits`:
leaders, places, roles, days, ... for filters and facets; `marks` remembers which), `mention`,
`proposal`, `bound` (what a proposal is searched by, a row for each venue) and the full-text rows.
The full-text tables hold ready-made token streams (`ingest.query.projection`), so their tokenizer
only has to part words at spaces: `ascii` takes every letter beyond ASCII for a part of a word.
(`unicode61` knows the letters of Unicode 6.1 only and would split words at younger ones.)
"""

# ruff: noqa: S608  table and column names are ours, never a user's; values are bound
from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ingest.errors import (
    NewerSchemaError,
    OlderSchemaError,
    SchemaError,
    StoreAbsentError,
    StoreDamagedError,
    StoreDownError,
    StoreError,
    StoreFullError,
    StoreLockedError,
)
from ingest.model import Article
from ingest.store.records import KINDS, decode, indexed_values, kind_name

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ingest.store.port import Record

APPLICATION_ID = 0x53756D57  # "SumW"
BUSY_TIMEOUT_S = 30.0
MAGIC = b"SQLite format 3\x00"

_V1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE marks (article INTEGER PRIMARY KEY, value_keys BLOB NOT NULL);
CREATE TABLE value (
    key INTEGER PRIMARY KEY,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    count INTEGER NOT NULL DEFAULT 0,
    UNIQUE (field, value)
);
CREATE INDEX value_count ON value (field, count);
CREATE TABLE bits (key INTEGER PRIMARY KEY, bits BLOB NOT NULL);
CREATE TABLE mention (
    article INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    doc BLOB NOT NULL,
    PRIMARY KEY (article, ordinal)
) WITHOUT ROWID;
CREATE TABLE proposal (
    article INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    id TEXT NOT NULL,
    effective_at TEXT NOT NULL,
    doc BLOB NOT NULL,
    PRIMARY KEY (article, ordinal)
) WITHOUT ROWID;
CREATE INDEX proposal_newest ON proposal (effective_at, id);
CREATE TABLE bound (
    venue TEXT NOT NULL,
    status TEXT NOT NULL,
    article INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    proposer TEXT,
    country TEXT,
    parties TEXT NOT NULL,
    PRIMARY KEY (venue, status, article, ordinal)
) WITHOUT ROWID;
CREATE INDEX bound_article ON bound (article);
CREATE INDEX bound_status ON bound (status, proposer, country, article);
CREATE VIRTUAL TABLE stems USING fts5 (title, text, tokenize = 'ascii');
CREATE VIRTUAL TABLE terms USING fts5 (title, text, tokenize = 'ascii');
INSERT INTO meta VALUES ('shape', '');
"""


def _statements(script: str) -> Callable[[sqlite3.Connection], None]:
    def run(db: sqlite3.Connection) -> None:
        # Not executescript: it would commit what came before.
        for statement in script.split(";\n"):
            if statement.strip():
                db.execute(statement)

    return run


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (_statements(_V1),)
"""Step n brings version n to n + 1. A released step never changes."""

TABLES: tuple[type[Record], ...] = (Article, *KINDS)

SCHEMA_VERSION = len(MIGRATIONS)


@contextmanager
def translated_errors(name: str) -> Generator[None]:
    """Turn SQLite's errors into ours; callers never see sqlite3."""
    try:
        yield
    except sqlite3.Error as exc:
        raise _translated(name, exc) from exc


def _translated(name: str, exc: sqlite3.Error) -> StoreError:
    code = getattr(exc, "sqlite_errorname", "")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreLockedError(
            name,
            f"is locked by another program for more than {BUSY_TIMEOUT_S:.0f} s",
            "end the program that holds it and run again",
        )
    if code.startswith("SQLITE_READONLY"):
        return StoreFullError(
            name, "is read-only", "give this user the right to write the file and its folder"
        )
    if code == "SQLITE_FULL" or code.startswith("SQLITE_IOERR_WRITE"):
        return StoreFullError(
            name, "the disk or the file's quota is full", "make room and run again"
        )
    if code.startswith("SQLITE_IOERR"):
        return StoreFullError(
            name, f"the disk cannot be read or written ({code})", "check the disk and run again"
        )
    if code.startswith("SQLITE_CANTOPEN"):
        return StoreDownError(
            name, "cannot be opened", "check the path and the rights of its folder"
        )
    if code == "SQLITE_NOTADB":
        return StoreDamagedError(
            name, "is no SQLite file, or its header is damaged", "name another file, or restore it"
        )
    if code.startswith("SQLITE_CORRUPT"):
        return StoreDamagedError(
            name, "is damaged", "move it away and restore a copy, or ingest again"
        )
    return StoreError(name, f"failed: {exc} {code}".rstrip(), "run: summitwatch doctor")


def connect(path: Path, *, create: bool) -> sqlite3.Connection:
    """Open the file, made or migrated as needed, in WAL mode.

    Raises:
        StoreDownError: absent or empty and not to be created, unreadable, damaged, locked (its
            subclasses tell which).
        StoreFullError: read-only, or the disk is full.
        SchemaError: another program's file, or a newer schema.
    """
    name = str(path)
    is_new = _check_file(path, create=create)
    with translated_errors(name):
        db = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
    try:
        with translated_errors(name):
            _prepare(db, name, is_new=is_new)
    except BaseException:
        db.close()
        raise
    return db


def _check_file(path: Path, *, create: bool) -> bool:
    """Return whether the file is yet to be made."""
    name = str(path)
    way_out = "name the store with --store sqlite:///path, or make it with: summitwatch run"
    if "\0" in name:
        raise StoreDownError(repr(name), "is no path: it has a NUL", "name a file")
    try:
        if path.is_dir():
            raise StoreDownError(name, "is a folder, not a store", "name a file")
        if not path.exists():
            if not create:
                raise StoreAbsentError(name, "there is no such store", way_out)
            path.parent.mkdir(parents=True, exist_ok=True)
            return True
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError as exc:
        raise StoreDownError(
            name, f"cannot be opened: {exc}", "check the path and its rights"
        ) from exc
    if not head:
        if not create:
            raise StoreAbsentError(name, "is an empty file, not a store", way_out)
        return True
    if head != MAGIC:
        raise StoreDamagedError(
            name, "is no SQLite file, or its header is damaged", "name another file, or restore it"
        )
    return False


def _prepare(db: sqlite3.Connection, name: str, *, is_new: bool) -> None:
    db.execute("PRAGMA foreign_keys = OFF")
    version = _steady_version(db, name, is_new=is_new)
    _refuse_newer(name, version)
    if _pragma(db, "journal_mode") != "wal":
        db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA cache_size = -65536")
    db.execute("PRAGMA mmap_size = 268435456")
    if version < SCHEMA_VERSION or _shape_of(db) != _shape():
        _migrate(db, name)


def _refuse_newer(name: str, version: int) -> None:
    if version > SCHEMA_VERSION:
        raise NewerSchemaError(
            name,
            f"has schema {version}, newer than this program's {SCHEMA_VERSION}",
            "upgrade summitwatch",
        )


def check_version(db: sqlite3.Connection, name: str) -> None:
    """Raise SchemaError if the file was migrated, or rolled back, since it was opened."""
    version = int(_pragma(db, "user_version"))
    _refuse_newer(name, version)
    if version < SCHEMA_VERSION:
        raise OlderSchemaError(
            name,
            f"has schema {version}, older than this program's {SCHEMA_VERSION}",
            "it was rolled back: use the former summitwatch, or run: summitwatch migrate",
        )


def version_of(path: Path) -> int:
    """Return the file's schema version; raises as `connect` does, but for the version."""
    name = str(path)
    _check_file(path, create=False)
    with translated_errors(name), closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as db:
        return _steady_version(db, name, is_new=False)


def kept_path(path: Path, version: int) -> Path:
    """Return where the copy of a file is kept that a migration found in that version."""
    return path.with_name(f"{path.name}.v{version}.kept")


def save_copy(path: Path, copy: Path) -> None:
    """Copy the file as it is now, whole or not at all; raises StoreFullError."""
    size = path.stat().st_size
    if shutil.disk_usage(path.parent).free < 2 * size:  # the steps need room, too
        raise StoreFullError(
            str(path),
            f"is {size:,} bytes, and its disk has not twice as much free for a copy and the steps",
            "make room; nothing was changed",
        )
    part = copy.with_name(f"{copy.name}.{os.getpid()}.part")
    try:
        with (
            translated_errors(str(copy)),
            closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as source,
            closing(sqlite3.connect(part)) as target,
        ):
            target.execute("PRAGMA synchronous = FULL")
            source.backup(target)
        part.replace(copy)
    finally:
        part.unlink(missing_ok=True)


def _pragma(db: sqlite3.Connection, name: str) -> int | str:
    value: int | str = db.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _steady_version(db: sqlite3.Connection, name: str, *, is_new: bool) -> int:
    """`_version` in one view of the file, which another may be making: its id comes with its tables."""
    db.execute("BEGIN")
    try:
        return _version(db, name, is_new=is_new)
    finally:
        db.execute("ROLLBACK")


def _version(db: sqlite3.Connection, name: str, *, is_new: bool) -> int:
    """Return the schema version; raises SchemaError for another program's file."""
    application = _pragma(db, "application_id")
    if application == APPLICATION_ID:
        return int(_pragma(db, "user_version"))
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application == 0 and not tables and (is_new or _pragma(db, "user_version") == 0):
        return 0
    raise SchemaError(name, "is another program's SQLite file", "name another file")


def _shape() -> str:
    shape = {table_of(kind): kind.INDEXED for kind in TABLES}
    return msgspec.json.encode(shape).decode()


def _shape_of(db: sqlite3.Connection) -> str:
    shape: str = db.execute("SELECT value FROM meta WHERE key = 'shape'").fetchone()[0]
    return shape


def _migrate(db: sqlite3.Connection, name: str) -> None:
    """Bring the file up to date in one transaction: a kill leaves the old version, whole.

    A copy of a file in a former version is kept beside it (`sqlite_migrate` goes back to it).
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        version = _version(db, name, is_new=True)  # again: another process may have been faster
        if 0 < version < SCHEMA_VERSION:
            save_copy(Path(name), kept_path(Path(name), version))
        for step in MIGRATIONS[version:]:
            step(db)
        if _shape_of(db) != _shape():
            for kind in TABLES:
                _sync_records(db, kind)
            db.execute("UPDATE meta SET value = ? WHERE key = 'shape'", (_shape(),))
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def table_of(kind: type[Record]) -> str:
    """Return the table of a record kind."""
    return "article" if kind is Article else f"r_{kind_name(kind)}"


def _sync_records(db: sqlite3.Connection, kind: type[Record]) -> None:
    """Give a kind its table, with a column and an index for every indexed field."""
    table = table_of(kind)
    db.execute(
        f"CREATE TABLE IF NOT EXISTS {table} (rowid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, "
        f"revision INTEGER NOT NULL, {''.join(f'{field}, ' for field in kind.INDEXED)}"
        "doc BLOB NOT NULL)"  # last: the columns before it are read without it
    )
    there = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
    missing = [field for field in kind.INDEXED if field not in there]
    for field in missing:
        db.execute(f"ALTER TABLE {table} ADD COLUMN {field}")
    for field in kind.INDEXED:
        db.execute(f"CREATE INDEX IF NOT EXISTS {table}__{field} ON {table} ({field}, id)")
    if missing:
        columns = ", ".join(f"{field} = ?" for field in kind.INDEXED)
        for (rowid,) in db.execute(f"SELECT rowid FROM {table}").fetchall():
            doc = db.execute(f"SELECT doc FROM {table} WHERE rowid = ?", (rowid,)).fetchone()[0]
            values = indexed_values(decode(kind, doc))
            db.execute(f"UPDATE {table} SET {columns} WHERE rowid = ?", (*values, rowid))
