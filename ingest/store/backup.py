"""A store as files, and back: the same for every adapter.

A backup is a folder of JSON lines, gzipped, some thousand records a file, and `manifest.json` with
counts and checksums, written last: without it the folder is half a backup. Records of a kind are
complete each by itself; kinds follow each other so that what comes later may know more, never less
(an entry before the article that it became), so that ingest may go on meanwhile. Leases stay out,
and so do raw pages: the archive is named in the manifest.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import uuid
import zlib
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime  # msgspec reads the annotations at run time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ingest import __version__
from ingest.errors import (
    BackupError,
    DamagedBackupError,
    HalfBackupError,
    NewerBackupError,
    NotEmptyError,
    StoreError,
)
from ingest.leases import RESTORE_NOTE, lease
from ingest.model import Article, Note
from ingest.store.copying import BATCH, COPIED, OWN_NOTES, Copied, batches, write_batch
from ingest.store.records import MAX_DOC_BYTES, decode, encode, kind_name, with_revision

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from ingest.store.port import Record, Store

FORMAT = 1
MANIFEST = "manifest.json"
JOURNAL = "manifest.part.json"
PART_RECORDS = 5000
PART_BYTES = 64 * 2**20
_FILE = re.compile(r"[a-z_]+-\d{5}\.jsonl\.gz", re.ASCII)
KIND_OF: dict[str, type[Record]] = {kind_name(kind): kind for kind in COPIED}


class Part(msgspec.Struct):
    """One file: how many records it holds, and the SHA-256 of its bytes."""

    file: str
    records: int
    sha256: str


class Kind(msgspec.Struct):
    """The records of one kind.

    Attributes:
        fields: that a record has; a program that does not know one must not restore it.
        last: id of the last one written.
        checksum: sum of the SHA-256 of every record, modulo 2 ** 256: whatever their order.
        is_done: all of them are written.
    """

    fields: list[str]
    records: int = 0
    last: str = ""
    checksum: str = f"{0:064x}"
    is_done: bool = False
    parts: list[Part] = []


class Manifest(msgspec.Struct):
    """What a backup holds."""

    id: str
    made_at: datetime
    source: str
    archive: str = ""
    format: int = FORMAT
    program: str = __version__
    kinds: dict[str, Kind] = {}

    @property
    def records(self) -> int:
        return sum(kind.records for kind in self.kinds.values())


# --- writing -----------------------------------------------------------------------------------


def back_up(
    store: Store,
    folder: Path,
    *,
    now: datetime,
    archive: str = "",
    progress: Callable[[str, int], None] = lambda *_: None,
) -> Manifest:
    """Write a backup into a folder that is empty, or holds the half of one; then read it back.

    Args:
        archive: where the raw pages lie.
        progress: told (kind, records written of it) after each file.

    Raises:
        BackupError: the folder holds something else, or cannot be written.
    """
    with _written(folder):
        manifest = _begun(folder, store, now, archive)
        for name, kind in KIND_OF.items():
            at = manifest.kinds.setdefault(name, Kind([field.name for field in fields(kind)]))  # type: ignore[arg-type]  # every kind is a dataclass
            if at.is_done:
                continue
            for lines, last in _parts(store, kind, at.last):
                file = f"{name}-{len(at.parts) + 1:05d}.jsonl.gz"
                digest = _publish(folder / file, gzip.compress(b"".join(lines), 6, mtime=0))
                at.parts.append(Part(file, len(lines), digest))
                at.records += len(lines)
                at.checksum = added(at.checksum, lines)
                at.last = last
                _publish(folder / JOURNAL, msgspec.json.encode(manifest))
                progress(name, at.records)
            at.is_done = True
        _publish(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        (folder / JOURNAL).unlink(missing_ok=True)
    return verify(folder)


def added(checksum: str, lines: Iterable[bytes]) -> str:
    """Return the checksum with more records in it; each line ends with a line feed."""
    total = int(checksum, 16)
    for line in lines:
        total += int.from_bytes(hashlib.sha256(line.rstrip(b"\n")).digest())
    return f"{total % 2**256:064x}"


def _begun(folder: Path, store: Store, now: datetime, archive: str) -> Manifest:
    """Return the manifest of the half that is there, or a new one."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / MANIFEST).exists():
        raise BackupError(str(folder), "holds a backup already", "name another folder")
    if (folder / JOURNAL).exists():
        half = _decoded(folder / JOURNAL)
        if half.source != store.name:
            raise HalfBackupError(
                str(folder), f"holds half a backup of {half.source}", "name another folder"
            )
        return half
    if any(file.suffix != ".part" for file in folder.iterdir()):
        raise BackupError(str(folder), "is not empty", "name another folder")
    return Manifest(uuid.uuid4().hex, now, store.name, archive)


def _parts(store: Store, kind: type[Record], last: str) -> Iterator[tuple[list[bytes], str]]:
    """Yield the lines of a file, and the id of the last record that was read for it."""
    lines: list[bytes] = []
    size = 0
    for batch in batches(store, kind, last):
        new = [encode(record) + b"\n" for record in map(as_backed_up, batch) if record is not None]
        lines += new
        size += sum(map(len, new))
        last = batch[-1].id
        if len(lines) + BATCH > PART_RECORDS or size > PART_BYTES:
            yield lines, last
            lines, size = [], 0
    if lines:
        yield lines, last


def as_backed_up(record: Record) -> Record | None:
    """Return a record as a backup holds it: its revision counts the writes of one store."""
    if isinstance(record, Note) and record.id.startswith(OWN_NOTES):
        return None
    return with_revision(record, 0)


def _publish(path: Path, data: bytes) -> str:
    """Write a file whole or not at all, on the disk when this returns; returns its SHA-256."""
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return hashlib.sha256(data).hexdigest()


@contextmanager
def _written(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as exc:
        raise BackupError(
            str(exc.filename or folder),
            f"cannot be written: {exc.strerror or exc}",
            "make room or name another folder; run again into this one, it goes on where it was",
        ) from exc


# --- reading -----------------------------------------------------------------------------------


def verify(folder: Path) -> Manifest:
    """Return the manifest of a whole backup that this program can read.

    Raises:
        HalfBackupError: it was cut off.
        DamagedBackupError: a file is missing or is not what was written.
        NewerBackupError: made by a newer program.
        BackupError: the folder holds no backup.
    """
    if not (folder / MANIFEST).is_file():
        if (folder / JOURNAL).is_file():
            raise HalfBackupError(
                str(folder), "is half a backup", "finish it: summitwatch backup into this folder"
            )
        raise BackupError(str(folder), "holds no backup", "name the folder of one")
    manifest = _decoded(folder / MANIFEST)
    _known(folder, manifest)
    for kind in manifest.kinds.values():
        for part in kind.parts:
            _read(folder, part)
    return manifest


def _decoded(path: Path) -> Manifest:
    try:
        raw = path.read_bytes()
        if msgspec.json.decode(raw, type=dict[str, Any]).get("format", FORMAT) > FORMAT:
            raise _newer(path.parent)
        return msgspec.json.decode(raw, type=Manifest)
    except (msgspec.DecodeError, OSError, TypeError, UnicodeDecodeError) as exc:
        raise _damaged(path, f"cannot be read: {exc}") from exc


def _known(folder: Path, manifest: Manifest) -> None:
    for name, kind in manifest.kinds.items():
        known = KIND_OF.get(name)
        if known is None or not set(kind.fields) <= {field.name for field in fields(known)}:  # type: ignore[arg-type]  # every kind is a dataclass
            raise _newer(folder)


def _newer(folder: Path) -> NewerBackupError:
    return NewerBackupError(
        str(folder), "was made by a newer summitwatch", "upgrade summitwatch, then restore"
    )


def _damaged(path: Path, reason: str) -> DamagedBackupError:
    return DamagedBackupError(str(path), reason, "restore another backup; this one was left alone")


def _read(folder: Path, part: Part) -> bytes:
    """Return a file's bytes; raises DamagedBackupError unless they are what was written."""
    path = folder / part.file
    if not _FILE.fullmatch(part.file):
        raise _damaged(folder / MANIFEST, "names a file that no backup has")
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise _damaged(path, f"cannot be read: {exc.strerror or exc}") from exc
    if hashlib.sha256(data).hexdigest() != part.sha256:
        raise _damaged(path, "has another checksum than the manifest says")
    return data


def _records(folder: Path, kind: type[Record], part: Part) -> list[Record]:
    path = folder / part.file
    limit = PART_BYTES + (BATCH + 1) * MAX_DOC_BYTES  # no file of ours is larger
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(_read(folder, part), limit)
    except zlib.error as exc:
        raise _damaged(path, f"cannot be unpacked: {exc}") from exc
    if not unpacker.eof:
        raise _damaged(path, "is cut short or far too large")
    lines = plain.rstrip(b"\n").split(b"\n")
    if len(lines) != part.records:
        raise _damaged(path, f"holds {len(lines):,} records, not {part.records:,}")
    try:
        return [decode(kind, line) for line in lines]
    except StoreError as exc:
        raise _damaged(path, exc.reason) from exc


def restore(
    folder: Path,
    store: Store,
    *,
    clock: Callable[[], datetime],
    progress: Callable[[str, int], None] = lambda *_: None,
) -> Manifest:
    """Fill an empty store from a backup; run again, it goes on where it was cut off.

    Everything is as it was: feed states, what waits for the rules, what waits to be delivered.

    Raises:
        NotEmptyError: the store holds something.
        BackupError: see `verify`.
        LeaseHeldError: somebody ingests there.
    """
    manifest = verify(folder)
    with lease(store, "poll", clock=clock) as held:
        _begin(store, manifest)
        for name, kind in KIND_OF.items():
            at = manifest.kinds.get(name, Kind([]))
            done = Copied()
            for part in at.parts:
                records = _records(folder, kind, part)
                for start in range(0, len(records), BATCH):
                    write_batch(store, kind, records[start : start + BATCH], done)
                    held.renew()
                progress(name, done.written)
            if done.refused:
                raise BackupError(store.name, f"refuses {done.refused[0][0]}: {done.refused[0][1]}")
        for name, kind in KIND_OF.items():
            _compare(store, kind, manifest.kinds.get(name, Kind([])))
        store.delete(Note, [RESTORE_NOTE])
    return manifest


def _begin(store: Store, manifest: Manifest) -> None:
    """See that the store is empty, or holds the beginning of this very backup."""
    note = store.get(Note, RESTORE_NOTE)
    if note is not None:
        if note.value != manifest.id:
            raise HalfBackupError(
                store.name,
                "holds the beginning of another restore",
                "finish that one, or restore into an empty store",
            )
        return
    for name, kind in KIND_OF.items():
        count = store.count_articles() if kind is Article else store.count(kind)
        if count:
            raise NotEmptyError(
                store.name,
                f"holds {count:,} of {name}",
                "name an empty store: another file, or another prefix",
            )
    store.put([Note(RESTORE_NOTE, manifest.id)])


def _compare(store: Store, kind: type[Record], wanted: Kind) -> None:
    """Raise StoreError unless the store holds what the manifest says."""
    count, checksum = 0, f"{0:064x}"
    for batch in batches(store, kind):
        lines = [encode(record) for record in map(as_backed_up, batch) if record is not None]
        count += len(lines)
        checksum = added(checksum, lines)
    if (count, checksum) != (wanted.records, wanted.checksum):
        raise StoreError(
            store.name,
            f"{kind_name(kind)}: {count:,} records, {wanted.records:,} in the backup, or some differ",
            "restore into another empty store, with nobody at work on it",
        )
