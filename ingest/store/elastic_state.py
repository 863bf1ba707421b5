"""How far a migration of Elasticsearch indices came: a note among the records."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from ingest.errors import LeaseHeldError
from ingest.model import Note

if TYPE_CHECKING:
    from ingest.store.elastic_records import ElasticRecords

NOTE = "migration"


class Index(msgspec.Struct):
    """One index on its way.

    Attributes:
        done: documents up to this sequence number of the old index are copied.
        swapped: the new index's highest number when the aliases were swapped; -1: not yet.
        fields: copy these top-level fields alone; none named: all.
    """

    old: str
    new: str
    done: int = -1
    swapped: int = -1
    fields: list[str] = []


class State(msgspec.Struct):
    """All indices of a migration: `copying`, `done` (the old ones are kept), or on the way `back`."""

    phase: Literal["copying", "done", "back"]
    started_at: datetime
    indices: dict[str, Index]
    swapped_at: datetime | None = None

    @classmethod
    def read(cls, records: ElasticRecords) -> State | None:
        """Return what is noted, or None."""
        note = records.get(Note, NOTE)
        return msgspec.json.decode(note.value, type=cls) if note else None

    def write(self, records: ElasticRecords) -> None:
        """Note it; raises LeaseHeldError where another migration has noted something meanwhile."""
        note = records.get(Note, NOTE) or Note(NOTE, "")
        written = records.put([replace(note, value=msgspec.json.encode(self).decode())])
        if written == [None]:
            raise LeaseHeldError("migration", "another one is at work", "let it end")

    def delete(self, records: ElasticRecords) -> None:
        """Forget it."""
        records.delete(Note, (NOTE,))

    def names(self) -> tuple[str, ...]:
        """The new indices."""
        return tuple(one.new for one in self.indices.values())

    def kept(self) -> tuple[str, ...]:
        """The former indices, once they are former."""
        return tuple(one.old for one in self.indices.values()) if self.phase == "done" else ()
