"""What the desk sets (rules, gazetteer overlay, corrections) as numbered revisions in the store.

Each change stores the whole text anew under the next number, so a run that read numbers at its
start can be repeated, and workers on several machines agree. Files are import and export.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from ingest.errors import ConflictError, UsageError
from ingest.model import DeskKind, DeskRevision, DeskStamp
from ingest.store.port import Where

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.store.port import Records

KINDS: tuple[DeskKind, ...] = get_args(DeskKind)
_HISTORY = {
    "rules": "summitwatch rules history",
    "overlay": "summitwatch gazetteer history",
    "corrections": "summitwatch correct history",
}


def latest(records: Records, kind: DeskKind) -> DeskRevision | None:
    """Return the newest revision, or None."""
    found = records.find(DeskRevision, _of(kind), order_by="-id", limit=1)
    newest = found[0] if found else None
    # a search may lag behind the last write; reading by id does not
    while following := records.get(DeskRevision, _id(kind, newest.number + 1 if newest else 1)):
        newest = following
    return newest


def numbered(records: Records, kind: DeskKind, number: int) -> DeskRevision:
    """Return revision `number`; raises UsageError if there is none."""
    found = records.get(DeskRevision, _id(kind, number))
    if found is None:
        raise UsageError(
            f"{kind} revision {number}", "is not in this store", f"see: {_HISTORY[kind]}"
        )
    return found


def history(records: Records, kind: DeskKind) -> list[DeskRevision]:
    """Return every revision, newest first."""
    return records.find(DeskRevision, _of(kind), order_by="-id")


def publish(
    records: Records,
    kind: DeskKind,
    body: str,
    *,
    author: str,
    now: datetime,
    note: str = "",
    after: int | None = None,
) -> DeskRevision:
    """Store `body` as the next revision; the same text as the newest stores nothing.

    Args:
        after: the number that the change was made from; None: whatever is newest.

    Raises:
        ConflictError: somebody published meanwhile (or since `after`); nothing was written.
    """
    newest = latest(records, kind)
    number = newest.number if newest else 0
    if after is not None and after != number:
        raise _conflict(kind, number)
    if newest is not None and newest.body == body:
        return newest
    made = DeskRevision(_id(kind, number + 1), kind, number + 1, body, author, now, note)
    (stored,) = records.put([made])
    if stored is None:
        raise _conflict(kind, number + 1)
    return stored


def stamp(records: Records) -> DeskStamp:
    """Return the numbers in force now."""
    found = {kind: latest(records, kind) for kind in KINDS}
    return DeskStamp(**{kind: one.number if one else 0 for kind, one in found.items()})


def _of(kind: DeskKind) -> Where:
    return Where("id", "prefix", f"{kind}-")


def _id(kind: DeskKind, number: int) -> str:
    return f"{kind}-{number:08d}"


def _conflict(kind: DeskKind, number: int) -> ConflictError:
    return ConflictError(
        kind, f"was changed meanwhile: it is at revision {number}", "read it again and repeat"
    )
