"""The `file` channel: one JSON object a line, each alert once.

The file itself says what it holds: under a lock, ids that already stand in it are left out. So a
crash after the write and before the outbox row is marked repeats nothing.
"""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import re
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

# Inside JSON strings these may break a reader's lines or a terminal: C1 controls, separators,
# directions, lone surrogates. json.dumps escapes the rest.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def json_line(record: Mapping[str, object]) -> str:
    """Return one line of JSON, readable in every script, safe on a terminal."""
    text = json.dumps(record, ensure_ascii=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def append_records(path: Path, records: Iterable[Mapping[str, object]]) -> int:
    """Append records whose `id` is not in the file yet; returns how many. On disk when it returns.

    A last line that a crash cut short is dropped; its record is written again.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        _drop_torn_line(file)
        fresh = {str(r["id"]): json_line(r) for r in records if not _holds(file, str(r["id"]))}
        file.seek(0, os.SEEK_END)
        file.write("".join(f"{line}\n" for line in fresh.values()).encode())
        file.flush()
        os.fsync(file.fileno())
    return len(fresh)


def _holds(file: BinaryIO, record_id: str) -> bool:
    if os.fstat(file.fileno()).st_size == 0:
        return False
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return view.find(f'{{"id": {json.dumps(record_id)},'.encode()) >= 0


def _drop_torn_line(file: BinaryIO) -> None:
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        end = view.rfind(b"\n") + 1
    if end < size:
        file.truncate(end)
