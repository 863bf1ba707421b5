"""The embedded store: one SQLite file, every write in one IMMEDIATE transaction."""

# ruff: noqa: S608  table and column names are ours, never a user's; values are bound
from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ingest.errors import StoreError, UsageError
from ingest.ids import proposal_id
from ingest.model import Article, Entry, Mention, UrlAlias
from ingest.query.projection import project
from ingest.store.port import (
    Lost,
    MentionRow,
    Page,
    ProposalRow,
    Record,
    Refused,
    Save,
    Saved,
    SaveResult,
    Search,
    Where,
)
from ingest.store.records import (
    MAX_DOC_BYTES,
    check_where,
    decode,
    encode,
    index_value,
    indexed_values,
    kind_name,
    scrub,
    with_revision,
)
from ingest.store.rows import mention_row
from ingest.store.sqlite_bits import BitsWriter, time_values
from ingest.store.sqlite_schema import TABLES, check_version, connect, table_of, translated_errors
from ingest.store.sqlite_search import SqliteSearch, joined

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator, Iterable, Mapping, Sequence
    from datetime import datetime

    from ingest.query.ast import Node
    from ingest.query.projection import Projection

R = TypeVar("R", bound=Record)

_BATCH = 500


class SqliteStore:
    """`Store` over one file. Safe for threads (a lock) and for processes (SQLite's own)."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db = db
        self._lock = threading.RLock()
        self.path = path
        self.name = f"sqlite:///{path}"

    @classmethod
    def open(cls, path: Path | str, *, create: bool = True) -> SqliteStore:
        """Open the file; raises StoreDownError, StoreFullError or SchemaError (see `connect`)."""
        path = Path(path)
        return cls(connect(path, create=create), path)

    # --- records --------------------------------------------------------------------------------

    def get(self, kind: type[R], record_id: str) -> R | None:
        return self.get_many(kind, (record_id,)).get(record_id)

    def get_many(self, kind: type[R], ids: Iterable[str]) -> dict[str, R]:
        wanted = list(dict.fromkeys(map(index_value, ids)))
        found: dict[str, R] = {}
        with self._read():
            for at in range(0, len(wanted), _BATCH):
                batch = wanted[at : at + _BATCH]
                marks = ", ".join("?" * len(batch))
                rows = self._db.execute(
                    f"SELECT id, doc FROM {table_of(kind)} WHERE id IN ({marks})", batch
                )
                found.update((row_id, decode(kind, doc)) for row_id, doc in rows)
        return found

    def put(self, records: Sequence[R]) -> list[R | None]:
        clean = [scrub(record) for record in records]
        if any(isinstance(record, Article) for record in clean):
            raise UsageError("an article", "is written by save, with its projections")
        with self._write():
            return [self._put(record) for record in clean]

    def find(
        self, kind: type[R], *where: Where, order_by: str = "id", limit: int | None = None
    ) -> list[R]:
        check_where(kind, where, order_by)
        clause, values = _conditions(where)
        field, way = order_by.removeprefix("-"), "DESC" if order_by.startswith("-") else "ASC"
        order = f"id {way}" if field == "id" else f"{field} {way}, id {way}"
        with self._read():
            rows = self._db.execute(
                f"SELECT doc FROM {table_of(kind)}{clause} ORDER BY {order} LIMIT ?",
                (*values, -1 if limit is None else max(limit, 0)),
            )
            return [decode(kind, doc) for (doc,) in rows]

    def count(self, kind: type[R], *where: Where) -> int:
        check_where(kind, where)
        clause, values = _conditions(where)
        with self._read():
            count: int = self._db.execute(
                f"SELECT count(*) FROM {table_of(kind)}{clause}", values
            ).fetchone()[0]
        return count

    def delete(self, kind: type[R], ids: Iterable[str]) -> int:
        if kind is Article:
            return self.delete_articles(ids)
        with self._write():
            return sum(
                self._db.execute(f"DELETE FROM {table_of(kind)} WHERE id = ?", (text_id,)).rowcount
                for text_id in map(index_value, set(ids))
            )

    def _put(self, record: R) -> R | None:
        kind = type(record)
        table = table_of(kind)
        written = with_revision(record, record.revision + 1)
        values = (written.revision, encode(written), *indexed_values(written))
        columns = ("revision", "doc", *kind.INDEXED)
        if record.revision == 0:
            marks = ", ".join("?" * (len(columns) + 1))
            cursor = self._db.execute(
                f"INSERT OR IGNORE INTO {table} (id, {', '.join(columns)}) VALUES ({marks})",
                (written.id, *values),
            )
        else:
            sets = ", ".join(f"{column} = ?" for column in columns)
            cursor = self._db.execute(
                f"UPDATE {table} SET {sets} WHERE id = ? AND revision = ?",
                (*values, written.id, record.revision),
            )
        return written if cursor.rowcount == 1 else None

    # --- articles -------------------------------------------------------------------------------

    def save(self, saves: Sequence[Save]) -> list[SaveResult]:
        prepared = [_prepare(save) for save in saves]  # no work inside the transaction
        with self._write():
            bits = BitsWriter(self._db)
            results: list[SaveResult] = [
                item if isinstance(item, Refused) else self._save(item, bits) for item in prepared
            ]
            bits.flush()
        return results

    def _save(self, item: _Prepared, bits: BitsWriter) -> SaveResult:
        article, entry = item.article, item.entry
        row = self._db.execute(
            "SELECT rowid, revision, doc FROM article WHERE id = ?", (article.id,)
        ).fetchone()
        if (row[1] if row else 0) != article.revision:
            return Lost(article.id, "article")
        if entry is not None and self._revision(Entry, entry.id) != entry.revision:
            return Lost(article.id, "entry")
        if row:
            self._drop_projections(row[0], bits)
        if row and row[2] == encode(article):
            written, rowid = article, row[0]  # a repeat: only the projections are written again
        else:
            written = with_revision(article, article.revision + 1)
            rowid = self._write_article(written, row[0] if row else None)
        self._write_projections(written, rowid, item.projection, bits)
        return Saved(
            article=written,
            entry=self._put(entry) if entry is not None else None,
            created=row is None,
        )

    def _revision(self, kind: type[Record], record_id: str) -> int:
        row = self._db.execute(
            f"SELECT revision FROM {table_of(kind)} WHERE id = ?", (record_id,)
        ).fetchone()
        return row[0] if row else 0

    def _write_article(self, article: Article, rowid: int | None) -> int:
        values = (article.revision, encode(article), *indexed_values(article))
        columns = ("revision", "doc", *Article.INDEXED)
        if rowid is None:
            marks = ", ".join("?" * (len(columns) + 1))
            cursor = self._db.execute(
                f"INSERT INTO article (id, {', '.join(columns)}) VALUES ({marks})",
                (article.id, *values),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid
        sets = ", ".join(f"{column} = ?" for column in columns)
        self._db.execute(f"UPDATE article SET {sets} WHERE rowid = ?", (*values, rowid))
        return rowid

    def _write_projections(
        self, article: Article, rowid: int, projection: Projection, bits: BitsWriter
    ) -> None:
        db, moment = self._db, index_value(article.effective_at)
        db.executemany(
            "INSERT INTO mention (article, ordinal, doc) VALUES (?, ?, ?)",
            [(rowid, at, encode(mention)) for at, mention in enumerate(article.mentions)],
        )
        db.executemany(
            "INSERT INTO proposal (article, ordinal, id, effective_at, doc) VALUES (?, ?, ?, ?, ?)",
            [
                (rowid, at, proposal_id(article.id, at), moment, encode(proposal))
                for at, proposal in enumerate(article.proposals)
            ],
        )
        db.executemany(
            "INSERT OR IGNORE INTO bound (venue, status, article, ordinal, proposer, country, "
            "parties) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (venue, p.status, rowid, at, p.proposer, p.proposer_country, joined(p.parties))
                for at, p in enumerate(article.proposals)
                for venue in p.venues or ("",)
            ],
        )
        marks = bits.mark(rowid, projection.values() | time_values(article.effective_at))
        db.execute("INSERT INTO marks (article, value_keys) VALUES (?, ?)", (rowid, marks))
        title, text = projection.title, projection.text
        db.execute(
            "INSERT INTO stems (rowid, title, text) VALUES (?, ?, ?)",
            (rowid, " ".join(title.stems), " ".join(text.stems)),
        )
        db.execute(
            "INSERT INTO terms (rowid, title, text) VALUES (?, ?, ?)",
            (rowid, " ".join(title.terms), " ".join(text.terms)),
        )

    def _drop_projections(self, rowid: int, bits: BitsWriter) -> None:
        bits.unmark(
            rowid,
            self._db.execute("SELECT value_keys FROM marks WHERE article = ?", (rowid,)).fetchone()[
                0
            ],
        )
        for table in ("marks", "mention", "proposal", "bound"):
            self._db.execute(f"DELETE FROM {table} WHERE article = ?", (rowid,))
        for table in ("stems", "terms"):
            self._db.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))

    def get_article(self, article_id: str) -> Article | None:
        return self.get_articles((article_id,)).get(article_id)

    def get_articles(self, ids: Iterable[str]) -> dict[str, Article]:
        return self.get_many(Article, ids)

    def find_articles(
        self, *where: Where, order_by: str = "id", limit: int | None = None
    ) -> list[Article]:
        return self.find(Article, *where, order_by=order_by, limit=limit)

    def count_articles(self, *where: Where) -> int:
        return self.count(Article, *where)

    def search(self, search: Search) -> Page:
        with self._read():
            return SqliteSearch(self._db).search(search)

    def proposals(
        self,
        node: Node,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[ProposalRow]:
        with self._read():
            return SqliteSearch(self._db).proposals(node, since=since, until=until, limit=limit)

    def mentions(self, article_ids: Iterable[str]) -> list[MentionRow]:
        rows: list[MentionRow] = []
        with self._read():
            for article_id in dict.fromkeys(article_ids):
                article = self.get_article(article_id)
                found = self._db.execute(
                    "SELECT ordinal, mention.doc FROM article JOIN mention "
                    "ON mention.article = article.rowid WHERE article.id = ? ORDER BY ordinal",
                    (index_value(article_id),),
                )
                rows += [
                    mention_row(article, ordinal, decode(Mention, doc))
                    for ordinal, doc in found
                    if article is not None
                ]
        return rows

    def repair(self, articles: Sequence[Article]) -> int:
        differing = [article for article in articles if not self._is_projected(article)]
        self.save([Save(article) for article in differing])
        return len(differing)

    def _is_projected(self, article: Article) -> bool:
        with self._read():
            row = self._db.execute(
                "SELECT rowid FROM article WHERE id = ?", (article.id,)
            ).fetchone()
            return row is not None and all(
                [bytes(doc) for (doc,) in self._db.execute(query, row)]
                == [encode(e) for e in embedded]
                for query, embedded in (
                    (
                        "SELECT doc FROM mention WHERE article = ? ORDER BY ordinal",
                        article.mentions,
                    ),
                    (
                        "SELECT doc FROM proposal WHERE article = ? ORDER BY ordinal",
                        article.proposals,
                    ),
                )
            )

    def delete_articles(self, ids: Iterable[str]) -> int:
        deleted = 0
        with self._write():
            bits = BitsWriter(self._db)
            for article_id in map(index_value, set(ids)):
                row = self._db.execute(
                    "SELECT rowid FROM article WHERE id = ?", (article_id,)
                ).fetchone()
                self._db.execute(
                    f"DELETE FROM {table_of(UrlAlias)} WHERE article_id = ?", (article_id,)
                )
                if row:
                    self._drop_projections(row[0], bits)
                    self._db.execute("DELETE FROM article WHERE rowid = ?", row)
                    deleted += 1
            bits.flush()
        return deleted

    # --- the connection -------------------------------------------------------------------------

    def check(self) -> str:
        """Read the file through; returns "" or the first things that are wrong."""
        with self._read():
            rows = [row[0] for row in self._db.execute("PRAGMA quick_check(5)")]
        return "" if rows == ["ok"] else "; ".join(map(str, rows))

    def free_bytes(self) -> int:
        """Return what is free on the file's disk."""
        return shutil.disk_usage(self.path.parent).free

    def stats(self) -> Mapping[str, int | str]:
        """Return rows by kind, `bytes` of the file and the schema version."""
        with self._read():
            counts: dict[str, int | str] = {
                kind_name(kind): self._db.execute(
                    f"SELECT count(*) FROM {table_of(kind)}"
                ).fetchone()[0]
                for kind in TABLES
            }
            for table in ("mention", "proposal"):
                counts[table] = self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            counts["schema"] = self._db.execute("PRAGMA user_version").fetchone()[0]
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        counts["bytes"] = sum(file.stat().st_size for file in files if file.exists())
        return counts

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def _write(self) -> Generator[None]:
        with self._transaction("BEGIN IMMEDIATE"):
            check_version(self._db, self.name)
            yield

    @contextmanager
    def _read(self) -> Generator[None]:
        """One snapshot for all statements of a call, and of the calls within it."""
        with self._lock:
            if self._db.in_transaction:
                yield
            else:
                with self._transaction("BEGIN"):
                    yield

    @contextmanager
    def _transaction(self, begin: str) -> Generator[None]:
        with self._lock, translated_errors(self.name):
            self._db.execute(begin)
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


class _Prepared:
    """A save, ready to write."""

    __slots__ = ("article", "entry", "projection")

    def __init__(self, article: Article, entry: Entry | None, projection: Projection) -> None:
        self.article, self.entry, self.projection = article, entry, projection


def _prepare(save: Save) -> _Prepared | Refused:
    article = scrub(save.article)
    size = len(encode(article))
    if size > MAX_DOC_BYTES:
        return Refused(
            article.id, f"too-large: {size:,} bytes, at most {MAX_DOC_BYTES:,} are stored"
        )
    entry = scrub(save.entry) if save.entry is not None else None
    return _Prepared(article, entry, project(article))


def _conditions(where: tuple[Where, ...]) -> tuple[str, list[Any]]:
    """Return the WHERE clause (or "") and its values; fields are checked before."""
    clauses: list[str] = []
    values: list[Any] = []
    for condition in where:
        clause, bound = _condition(condition)
        clauses.append(f"({clause})")
        values.extend(bound)
    return (f" WHERE {' AND '.join(clauses)}" if clauses else ""), values


def _condition(condition: Where) -> tuple[str, list[Any]]:
    field, op = condition.field, condition.op
    if op == "in":
        wanted = [index_value(value) for value in condition.value]
        present = [value for value in wanted if value is not None]
        if len(present) > 30_000:  # SQLite takes 32,766 values
            raise StoreError(f"{field} in", f"{len(present):,} values are too many", "ask in parts")
        clause = f"{field} IN ({', '.join('?' * len(present))})"
        return (f"{clause} OR {field} IS NULL" if None in wanted else clause), present
    value = index_value(condition.value)
    if value is None:
        return f"{field} IS {'NOT ' if op == '!=' else ''}NULL", []
    if op == "prefix":
        return f"{field} >= ? AND {field} <= ?", [value, f"{value}\U0010ffff"]
    if op == "<=":
        return f"{field} <= ? OR {field} IS NULL", [value]
    return f"{field} {op} ?", [value]
