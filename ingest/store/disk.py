"""How long the store's disk lasts at the pace of the last days. Pure, but for its notes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from ingest.model import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store.port import Records

NOTE = "sizes"
KEPT_DAYS = 30
WARN_DAYS = 14
"""Less than that left is told: time to order a disk, or to keep less."""


class Size(msgspec.Struct, frozen=True):
    """What one day's housekeeping found.

    Attributes:
        store_bytes: of the store; archive_bytes: of raw pages, where both share a disk.
    """

    day: date
    store_bytes: int
    archive_bytes: int = 0

    @property
    def total(self) -> int:
        return self.store_bytes + self.archive_bytes


def read_sizes(records: Records) -> tuple[Size, ...]:
    """Return the sizes of the last days, oldest first."""
    note = records.get(Note, NOTE)
    return msgspec.json.decode(note.value, type=tuple[Size, ...]) if note else ()


def add_size(records: Records, size: Size) -> tuple[Size, ...]:
    """Note today's size; returns all that are kept."""
    note = records.get(Note, NOTE) or Note(NOTE, "")
    others = [one for one in read_sizes(records) if one.day != size.day]
    sizes = (*others, size)[-KEPT_DAYS:]
    records.put([replace(note, value=msgspec.json.encode(sizes).decode())])
    return sizes


def growth_per_day(sizes: Sequence[Size]) -> float | None:
    """Return bytes a day between the first and the last size; None before there are two days."""
    if len(sizes) < 2 or sizes[-1].day == sizes[0].day:
        return None
    return (sizes[-1].total - sizes[0].total) / (sizes[-1].day - sizes[0].day).days


def days_left(sizes: Sequence[Size], free_bytes: int) -> float | None:
    """Return for how many days the free bytes last; None where it does not grow, or not yet known."""
    growth = growth_per_day(sizes)
    return None if growth is None or growth <= 0 else max(free_bytes, 0) / growth


def watermark_bytes(setting: str, headroom: str, total_bytes: int) -> int:
    """Return how many bytes may be used before Elasticsearch's watermark, of a disk so large.

    Args:
        setting: a share of the disk ("85%", "0.85"), or what must stay free ("50gb").
        headroom: the most that a share keeps free ("200gb", "-1": no limit).

    Source: Elasticsearch reference, disk-based shard allocation settings.
    """
    if setting.endswith("%") or setting.replace(".", "", 1).isdigit():
        share = float(setting.rstrip("%")) / (100 if setting.endswith("%") else 1)
        spare = total_bytes * (1 - share)
        most = _bytes(headroom)
        return int(total_bytes - (min(spare, most) if most >= 0 else spare))
    return total_bytes - _bytes(setting)


def _bytes(text: str) -> int:
    units = {"b": 1, "kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40, "pb": 2**50}
    number = text.lower().rstrip("bkmgtp")
    return int(float(number) * units.get(text.lower()[len(number) :] or "b", 1))
