"""Copy one store into another: every record and article, compared at the end.

Records are matched by id; one that the target has with the same content is left alone, so a copy
that was cut off goes on where it stopped, and a second one only brings what is new. Revisions count
the writes of one store and are not compared.

Nothing copied raises an alert: an entry that the alert rules have not seen is taken for seen, and
what is still to be delivered stays with the source.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ingest.errors import StoreError
from ingest.ids import sha256
from ingest.leases import RESTORE_NOTE
from ingest.model import Article, Delivery, Entry, EntryState, Lease, Note
from ingest.store.port import Record, Refused, Save, Saved, Where
from ingest.store.records import KINDS, encode, kind_name, with_revision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest.store.port import Store

R = TypeVar("R", bound=Record)

BATCH = 200
NOTE = "copy:"
"""Ids of the notes that remember how far a copy came."""

OWN_NOTES = (NOTE, "migration", RESTORE_NOTE)
"""Notes about the work on one store mean nothing in another: they are not copied."""

COPIED: tuple[type[Record], ...] = (*(kind for kind in KINDS if kind is not Lease), Article)


@dataclass(slots=True)
class Copied:
    """What a copy did to one kind.

    Attributes:
        read: records of the source; written: those that the target did not have like that.
        left: not copied on purpose (undelivered alerts).
        unseen: entries taken for seen by the alert rules.
        refused: (id, reason) of articles that the target does not take.
    """

    read: int = 0
    written: int = 0
    left: int = 0
    unseen: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


class Progress(msgspec.Struct):
    """How far a copy from a source came: the last id of the kind that it is at."""

    kind: str = ""
    last: str = ""


def copy_store(
    source: Store, target: Store, *, progress: Callable[[str, int], None] = lambda *_: None
) -> dict[str, Copied]:
    """Copy everything but leases; returns what was done, by kind.

    Args:
        progress: told (kind, records read of it) after each batch.

    Raises:
        StoreError: a store failed, somebody else writes to the target, or the two differ at the
            end. Run again: the copy goes on where it stopped.
    """
    note_id = f"{NOTE}{sha256(source.name)}"
    at = _resumed(target, note_id)
    names = [kind_name(kind) for kind in COPIED]
    first = names.index(at.kind) if at.kind in names else 0
    done: dict[str, Copied] = {}
    for kind in COPIED[first:]:
        name = kind_name(kind)
        copied = done[name] = Copied()
        last = at.last if name == at.kind else ""
        for batch in batches(source, kind, last):
            _copy_batch(target, kind, batch, copied)
            progress(name, copied.read)
            _remember(target, note_id, Progress(name, batch[-1].id))
    _remember(target, note_id, Progress())  # the next copy begins anew
    _compare(source, target, done)
    return done


def batches(store: Store, kind: type[R], last: str = "") -> Iterator[list[R]]:
    """Yield all records of a kind behind an id, in the order of ids."""
    while True:
        after = (Where("id", ">", last),) if last else ()
        batch = _find(store, kind, after)
        if not batch:
            return
        yield batch
        last = batch[-1].id


def checksum(store: Store, kind: type[Record]) -> tuple[int, str]:
    """Return how many records of a kind a copy holds, and a hash over all of them."""
    digest, count = hashlib.sha256(), 0
    for batch in batches(store, kind):
        for record in filter(None, map(as_copied, batch)):
            digest.update(encode(record))
            count += 1
    return count, digest.hexdigest()


def as_copied(record: R) -> R | None:
    """Return what the target holds of a record, with revision 0; None if it stays behind."""
    new: Any = with_revision(record, 0)
    match new:
        case Entry(state=EntryState.STORED):
            return replace(new, state=new.after)  # type: ignore[return-value]  # the same kind
        case Delivery(state="pending"):
            return None
        case Note() if new.id.startswith(OWN_NOTES):
            return None
    found: R = new
    return found


def _find(store: Store, kind: type[R], where: tuple[Where, ...]) -> list[R]:
    if kind is Article:
        return store.find_articles(*where, limit=BATCH)  # type: ignore[return-value]  # R is Article
    return store.find(kind, *where, limit=BATCH)


def _copy_batch(target: Store, kind: type[Record], batch: Sequence[Any], copied: Copied) -> None:
    new = [record for record in map(as_copied, batch) if record is not None]
    copied.read += len(batch)
    copied.left += len(batch) - len(new)
    if kind is Entry:
        copied.unseen += sum(entry.state is EntryState.STORED for entry in batch)
    write_batch(target, kind, new, copied)


def write_batch(target: Store, kind: type[Record], new: Sequence[Any], copied: Copied) -> None:
    """Write those of one kind that the target has not, or not like that.

    Raises:
        StoreError: somebody else writes to the target meanwhile.
    """
    ids = [record.id for record in new]
    known = target.get_articles(ids) if kind is Article else target.get_many(kind, ids)
    changed = [
        with_revision(record, known[record.id].revision if record.id in known else 0)
        for record in new
        if record.id not in known or with_revision(known[record.id], 0) != record
    ]
    if kind is Article:
        _save(target, changed, copied)
    else:
        if None in target.put(changed):
            raise _busy(target)
        copied.written += len(changed)


def _save(target: Store, articles: Sequence[Article], copied: Copied) -> None:
    for result in target.save([Save(article) for article in articles]):
        match result:
            case Saved():
                copied.written += 1
            case Refused(article_id=article_id, reason=reason):
                copied.refused.append((article_id, reason))
            case _:
                raise _busy(target)


def _busy(target: Store) -> StoreError:
    return StoreError(
        target.name, "somebody else writes to it meanwhile", "stop ingest there and copy again"
    )


def _resumed(target: Store, note_id: str) -> Progress:
    note = target.get(Note, note_id)
    return msgspec.json.decode(note.value, type=Progress) if note else Progress()


def _remember(target: Store, note_id: str, at: Progress) -> None:
    note = target.get(Note, note_id) or Note(note_id, "")
    if target.put([replace(note, value=msgspec.json.encode(at).decode())]) == [None]:
        raise _busy(target)


def _compare(source: Store, target: Store, done: dict[str, Copied]) -> None:
    """Raise StoreError where counts or checksums differ."""
    refused = {article_id for copied in done.values() for article_id, _ in copied.refused}
    for kind in COPIED:
        if kind is Article and refused:
            continue  # known to differ, and reported
        here, there = checksum(source, kind), checksum(target, kind)
        if here != there:
            raise StoreError(
                target.name,
                f"{kind_name(kind)}: {there[0]:,} records there, {here[0]:,} in {source.name}, "
                "or some differ",
                "copy into an empty store, with ingest stopped on both",
            )
