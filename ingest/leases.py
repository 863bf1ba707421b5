"""Leases: who is at work. They save work; correctness is compare-and-set on the records."""

from __future__ import annotations

import os
import socket
import time
import uuid
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, TypeVar

from ingest.errors import HalfBackupError, LeaseHeldError, MigratingError
from ingest.model import Lease, Note

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

LEASE_TTL = timedelta(minutes=5)  # longer than a chunk takes; renewed after each


RESTORE_NOTE = "restore"
"""A note that stands in a store from the first restored record to the last."""

R = TypeVar("R", Lease, Note)


class Leases(Protocol):
    """Where leases are kept: a store, or an adapter's records alone."""

    def get(self, kind: type[R], record_id: str) -> R | None: ...
    def put(self, records: Sequence[Lease]) -> list[Lease | None]: ...
    def delete(self, kind: type[Lease], ids: Iterable[str]) -> int: ...


def is_alive(lease: Lease) -> bool:
    """Whether the holder may still be at work: false for a dead process on this very host."""
    if lease.host != socket.gethostname():
        return True
    if lease.pid == os.getpid():
        return True
    try:
        os.kill(lease.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class HeldLease:
    """A lease in hand; `renew` it after each chunk."""

    def __init__(self, records: Leases, lease: Lease, clock: Callable[[], datetime]) -> None:
        self._records, self._lease, self._clock = records, lease, clock

    def renew(self) -> None:
        """Push the expiry on; raises LeaseHeldError if another run took over meanwhile."""
        held = self._records.put([replace(self._lease, expires_at=self._clock() + LEASE_TTL)])[0]
        if held is None:
            raise LeaseHeldError(self._lease.id, "the lease was lost to another run", "let it end")
        self._lease = held

    def release(self) -> None:
        """Give it back, if it is still ours."""
        current = self._records.get(Lease, self._lease.id)
        if current is not None and current.holder == self._lease.holder:
            self._records.delete(Lease, [self._lease.id])


@contextmanager
def lease(
    records: Leases, name: str, *, clock: Callable[[], datetime]
) -> Generator[HeldLease, None, None]:
    """Hold the lease `name` (`poll`, `evaluate`, `deliver`, `migrate`) while the block runs.

    A lease that expired, or whose holder was a process of this host that is gone (kill -9), is
    taken over.

    Raises:
        LeaseHeldError: another run holds it; names its host, pid, start and expiry.
    """
    now = clock()
    found = records.get(Lease, name)
    if found is not None and found.expires_at > now and is_alive(found):
        raise LeaseHeldError(
            f"lease {name!r}",
            f"held by pid {found.pid} on {found.host}, started {found.started_at:%Y-%m-%d %H:%M:%S}Z,"
            f" expires {found.expires_at:%H:%M:%S}Z",
            "let that run end, or wait for the expiry",
        )
    wanted = Lease(
        id=name,
        holder=uuid.uuid4().hex,
        host=socket.gethostname(),
        pid=os.getpid(),
        started_at=now,
        expires_at=now + LEASE_TTL,
        revision=found.revision if found else 0,
    )
    taken = records.put([wanted])[0]
    if taken is None:
        raise LeaseHeldError(f"lease {name!r}", "another run took it just now", "let it end")
    held = HeldLease(records, taken, clock)
    try:
        yield held
    finally:
        held.release()


def wait_to_write(
    records: Leases, clock: Callable[[], datetime], *, patience_s: float = 120.0
) -> None:
    """Return once no migration closes the store: asked before each chunk that is written.

    Raises:
        MigratingError: it takes too long.
        HalfBackupError: a restore into this store was cut off.
    """
    if records.get(Note, RESTORE_NOTE) is not None:
        raise HalfBackupError(
            "the store",
            "holds the beginning of a restore",
            "finish it: summitwatch restore, with the same folder and store",
        )
    deadline = time.monotonic() + patience_s
    while True:
        found = records.get(Lease, "migrate")
        if found is None or found.expires_at <= clock() or not is_alive(found):
            return
        if time.monotonic() > deadline:
            raise MigratingError(
                "the store",
                f"has been closed for writing since {found.started_at:%H:%M:%S}Z by a migration",
                "let it end; summitwatch migrate --dry-run shows it",
            )
        time.sleep(0.2)
