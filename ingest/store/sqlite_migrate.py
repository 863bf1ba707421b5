"""The SQLite file to another schema: opening does it; this looks, says it, and takes it back."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from ingest.errors import StoreError
from ingest.leases import lease
from ingest.store import sqlite_schema
from ingest.store.migrating import Part, Plan, Progress, Report, no_progress
from ingest.store.sqlite import SqliteStore
from ingest.store.sqlite_schema import kept_path, save_copy, translated_errors, version_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from pathlib import Path


class SqliteMigration:
    """`Migration` of one file. The copy that opening makes before a step is what is kept."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self.path, self._clock = path, clock
        self.name = f"sqlite:///{path}"

    def plan(self) -> Plan:
        """See `Migration.plan`."""
        version = version_of(self.path)
        size = sum(file.stat().st_size for file in self._files())
        wanted = sqlite_schema.SCHEMA_VERSION
        parts: tuple[Part, ...] = ()
        if version < wanted:
            parts = (Part(str(self.path), version, wanted, self._articles(), size),)
        free = shutil.disk_usage(self.path.parent).free
        return Plan(self.name, parts, free, kept=tuple(map(str, self._kept().values())))

    def _files(self) -> list[Path]:
        names = (self.path.name, f"{self.path.name}-wal")
        return [f for f in map(self.path.with_name, names) if f.exists()]

    def _articles(self) -> int:
        with translated_errors(str(self.path)), closing(sqlite3.connect(self.path)) as db:
            count: int = db.execute("SELECT count(*) FROM article").fetchone()[0]
        return count

    def _kept(self) -> dict[int, Path]:
        """Return the kept copies by their schema version."""
        name = re.compile(rf"{re.escape(self.path.name)}\.v(\d+)\.kept")
        found: dict[int, Path] = {}
        if not self.path.parent.is_dir():
            return found
        for file in self.path.parent.iterdir():
            match = name.fullmatch(file.name)
            if match:
                found[int(match[1])] = file
        return found

    def migrate(self, progress: Progress = no_progress) -> Report:
        """See `Migration.migrate`."""
        plan = self.plan()
        if not plan.parts:
            return Report(())
        (part,) = plan.parts
        progress(part.name, 0, part.documents)
        SqliteStore.open(self.path, create=False).close()
        progress(part.name, part.documents, part.documents)
        kept = kept_path(self.path, part.now)
        return Report((part.name,), part.documents, kept=(str(kept),))

    def rollback(self, progress: Progress = no_progress) -> Report:
        """See `Migration.rollback`. What was stored since lies in the file that it names."""
        version = version_of(self.path)
        former = [number for number in self._kept() if number < version]
        if not former:
            raise StoreError(
                self.name,
                "no migration is kept to go back from",
                "restore a backup: summitwatch restore DIR --to STORE",
            )
        kept = self._kept()[max(former)]
        with SqliteStore.open(self.path, create=False) as store:
            before = store.count_articles()
            with lease(store, "poll", clock=self._clock):  # nobody ingests meanwhile
                pass
        progress(str(self.path), 0, before)
        aside = kept_path(self.path, version)
        save_copy(self.path, aside)
        with (
            translated_errors(self.name),
            closing(sqlite3.connect(kept)) as source,
            closing(sqlite3.connect(self.path, timeout=sqlite_schema.BUSY_TIMEOUT_S)) as target,
        ):
            source.backup(target)  # one transaction: a kill leaves the file as it was
        after = self._articles()
        kept.unlink()
        note = f"{before - after:,} articles stored since lie in {aside} alone"
        return Report((str(self.path),), after, kept=(str(aside),), note=note)

    def drop_expired(self, now: datetime, keep: timedelta) -> tuple[str, ...]:
        """See `Migration.drop_expired`."""
        dropped = []
        for file in self._kept().values():
            with suppress(FileNotFoundError):
                if datetime.fromtimestamp(file.stat().st_mtime, UTC) + keep <= now:
                    file.unlink()
                    dropped.append(str(file))
        return tuple(dropped)

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
