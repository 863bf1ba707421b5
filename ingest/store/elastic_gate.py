"""Waiting while the indices are closed for writing, since a migration swaps them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ingest.errors import MigratingError
from ingest.model import Lease
from ingest.store.elastic_mappings import check, mappings_behind
from ingest.store.elastic_wire import read_only

if TYPE_CHECKING:
    from ingest.store.elastic_mappings import Mappings
    from ingest.store.elastic_records import ElasticRecords
    from ingest.store.elastic_wire import Wire

LEASE = "migrate"
"""Held while the indices are closed."""

PAUSE_S = 0.2
PATIENCE_S = 120.0
"""A migration closes the indices for seconds."""


class Gate:
    """What a writer does at a closed index: wait, then see whether it may still write."""

    def __init__(
        self,
        wire: Wire,
        records: ElasticRecords,
        prefix: str,
        mappings: Mappings,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._wire, self._records = wire, records
        self._prefix, self._mappings = prefix, mappings
        self._patience_s = patience_s

    def wait(self, reason: str) -> None:
        """Return once the indices are open again.

        Raises:
            StoreFullError: somebody else closed them.
            MigratingError: the migration that closed them was cut off, or takes too long.
            SchemaError: it is over, and the indices are now another version's.
        """
        deadline = time.monotonic() + self._patience_s
        seen = False
        while True:
            lease = self._records.get(Lease, LEASE)
            if lease is None:
                break
            seen = True
            if lease.expires_at <= datetime.now(UTC) or time.monotonic() > deadline:
                raise cut_off(self._wire.name)
            time.sleep(PAUSE_S)
        if not seen and self._is_closed():
            raise read_only(self._wire.name, reason)
        check(self._wire, self._prefix, mappings_behind(self._wire, self._prefix), self._mappings)

    def _is_closed(self) -> bool:
        """Whether an index is closed still: the migration may have ended before we looked."""
        wire = self._wire
        there = wire.call(
            lambda: wire.client.indices.get_settings(
                index=f"{self._prefix}-*", name="index.blocks.write"
            )
        )
        aliases = wire.call(lambda: wire.client.indices.get_alias(name=f"{self._prefix}-*"))
        return any(there[name]["settings"] for name in aliases if name in there)


def cut_off(name: str) -> MigratingError:
    """Return the error of indices that a migration closed and did not open again."""
    return MigratingError(
        name,
        "is closed for writing by a migration that was cut off or takes long; searches go on",
        "run again what was cut off: summitwatch migrate, or summitwatch migrate --rollback",
    )
