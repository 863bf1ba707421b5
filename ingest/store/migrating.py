"""What a migration of a store plans and reports: the same words for both adapters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, Self, TypeAlias

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told (what is copied, how far, of how much)."""


def no_progress(what: str, done: int, total: int) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """An index or a file that is not in the version of this program.

    Attributes:
        now, wanted: versions.
        documents, size_bytes: what it holds.
    """

    name: str
    now: int
    wanted: int
    documents: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a migration would do.

    Attributes:
        parts: those to be migrated; none: nothing to do.
        free_bytes: on the store's disk.
        underway: a migration was begun and not ended: the next one goes on there.
        kept: what a former migration left, for a rollback.
    """

    store: str
    parts: tuple[Part, ...]
    free_bytes: int
    underway: bool = False
    kept: tuple[str, ...] = ()

    @property
    def needed_bytes(self) -> int:
        """Room for the copies, and a tenth more."""
        return sum(part.size_bytes for part in self.parts) * 11 // 10


@dataclass(frozen=True, slots=True)
class Report:
    """What a migration, or its rollback, did.

    Attributes:
        parts: what is now in another version, by name.
        documents: copied, those that changed meanwhile counted again.
        closed_s: for how long nothing could be written.
        kept: the former index or file.
        note: what a person must know.
    """

    parts: tuple[str, ...]
    documents: int = 0
    closed_s: float = 0.0
    kept: tuple[str, ...] = ()
    note: str = ""


class Migration(Protocol):
    """A store's way to this program's version, and back."""

    def plan(self) -> Plan:
        """Look, and change nothing."""
        ...

    def migrate(self, progress: Progress = no_progress) -> Report:
        """Bring the store to this program's version; goes on where one was cut off."""
        ...

    def rollback(self, progress: Progress = no_progress) -> Report:
        """Bring it back to the version before; raises StoreError where nothing is kept."""
        ...

    def drop_expired(self, now: datetime, keep: timedelta) -> tuple[str, ...]:
        """Delete what was kept for a rollback and is older; returns its names."""
        ...

    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...
