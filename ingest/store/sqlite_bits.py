"""Which articles have which value (leader, role, source, day, ...), kept as bits in the file.

`value` numbers the values; `bits` holds, for each value and chunk of rows, one little-endian
integer under the key `value << CHUNK_SHIFT | chunk`, so that a value's chunks lie together.
"""

# ruff: noqa: S608  table and column names are ours, never a user's; values are bound
from __future__ import annotations

import collections
import heapq
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from ingest.store.bits import CHUNK, NONE, Bits

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

CHUNK_SHIFT = 24

_OF_FIELD = f"""
SELECT value.value, bits.key & {(1 << CHUNK_SHIFT) - 1}, bits.bits FROM value JOIN bits
ON bits.key >= value.key << {CHUNK_SHIFT} AND bits.key < (value.key + 1) << {CHUNK_SHIFT}
WHERE value.field = ?"""

_OF_KEY = f"""
SELECT key & {(1 << CHUNK_SHIFT) - 1}, bits FROM bits
WHERE key >= ? << {CHUNK_SHIFT} AND key < (? + 1) << {CHUNK_SHIFT}"""


class BitsWriter:
    """Changes of one transaction, written together by `flush`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._keys: dict[tuple[str, str], int] = {}
        self._bits: dict[int, int] = {}
        self._counts: dict[int, int] = {}

    def mark(self, row: int, values: Mapping[str, Iterable[str]]) -> bytes:
        """Set the row's bit in these values; returns what `unmark` takes."""
        keys = sorted(self._key(field, value) for field in values for value in values[field])
        for key in keys:
            self._set(key, row, on=True)
        return msgspec.json.encode(keys)

    def unmark(self, row: int, marks: bytes) -> None:
        """Clear the row's bit wherever `mark` set it."""
        for key in decode_keys(marks):
            self._set(key, row, on=False)

    def _set(self, key: int, row: int, *, on: bool) -> None:
        chunk, place = divmod(row, CHUNK)
        at = key << CHUNK_SHIFT | chunk
        old = self._load(at)
        new = old | 1 << place if on else old & ~(1 << place)
        self._bits[at] = new
        self._counts[key] = self._counts.get(key, 0) + (new > old) - (new < old)

    def flush(self) -> None:
        """Write what changed."""
        self._db.executemany(
            "INSERT OR REPLACE INTO bits (key, bits) VALUES (?, ?)",
            [(at, _bytes(bits)) for at, bits in self._bits.items() if bits],
        )
        self._db.executemany(
            "DELETE FROM bits WHERE key = ?", [(at,) for at, bits in self._bits.items() if not bits]
        )
        self._db.executemany(
            "UPDATE value SET count = count + ? WHERE key = ?",
            [(change, key) for key, change in self._counts.items() if change],
        )
        self._bits.clear()
        self._counts.clear()

    def _load(self, at: int) -> int:
        if at not in self._bits:
            row = self._db.execute("SELECT bits FROM bits WHERE key = ?", (at,)).fetchone()
            self._bits[at] = int.from_bytes(row[0], "little") if row else 0
        return self._bits[at]

    def _key(self, field: str, value: str) -> int:
        pair = (field, value)
        if pair not in self._keys:
            row = self._db.execute(
                "SELECT key FROM value WHERE field = ? AND value = ?", pair
            ).fetchone()
            self._keys[pair] = (
                row[0]
                if row
                else self._db.execute(
                    "INSERT INTO value (field, value) VALUES (?, ?) RETURNING key", pair
                ).fetchone()[0]
            )
        return self._keys[pair]


def decode_keys(marks: bytes) -> list[int]:
    """Return the keys of an article's values."""
    return msgspec.json.decode(marks, type=list[int])


def _bytes(bits: int) -> bytes:
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def read_all(db: sqlite3.Connection) -> Bits:
    """Return every article: each has one language."""
    found = NONE
    for chunks in read_field(db, "language").values():
        found |= Bits(chunks)
    return found


def read_values(db: sqlite3.Connection, field: str, values: Iterable[str]) -> Bits:
    """Return the articles that have any of the values."""
    found = NONE
    for value in values:
        rows = db.execute(f"{_OF_FIELD} AND value.value = ?", (field, value))
        found |= Bits({chunk: int.from_bytes(raw, "little") for _, chunk, raw in rows})
    return found


def read_days(db: sqlite3.Connection, after: str, before: str) -> Bits:
    """Return the articles of the UTC days between two ISO dates, neither included."""
    found = NONE
    rows = db.execute(
        f"{_OF_FIELD} AND value.value > ? AND value.value < ?", ("utc_day", after, before)
    )
    for _, chunk, raw in rows:
        found |= Bits({chunk: int.from_bytes(raw, "little")})
    return found


def read_field(db: sqlite3.Connection, field: str) -> dict[str, dict[int, int]]:
    """Return the chunks of every value of a field."""
    found: dict[str, dict[int, int]] = {}
    for value, chunk, raw in db.execute(_OF_FIELD, (field,)):
        found.setdefault(value, {})[chunk] = int.from_bytes(raw, "little")
    return found


def top_values(
    db: sqlite3.Connection, field: str, among: Bits, size: int
) -> Iterable[tuple[str, int]]:
    """Return (value, how many of these articles have it): at least the `size` commonest.

    Values are taken by how many articles have them in all, until none that is left can be among
    the commonest.
    """
    counts: dict[str, int] = {}
    best: list[int] = []  # a heap of the `size` highest counts
    rows = db.execute(
        "SELECT key, value, count FROM value WHERE field = ? AND count > 0 ORDER BY count DESC",
        (field,),
    )
    for key, value, total in rows:
        if len(best) == size and (not best or total < best[0]):
            break
        common = sum(
            (int.from_bytes(raw, "little") & among.chunks[chunk]).bit_count()
            for chunk, raw in db.execute(_OF_KEY, (key, key))
            if chunk in among.chunks
        )
        if common:
            counts[value] = common
            (heapq.heappush if len(best) < size else heapq.heappushpop)(best, common)
    return counts.items()


def values_of(
    db: sqlite3.Connection, fields: Iterable[str], among: Bits
) -> dict[str, dict[str, int]]:
    """Return the count of every value of some fields among few articles."""
    counts: collections.Counter[int] = collections.Counter()
    for row in among:
        marks = db.execute("SELECT value_keys FROM marks WHERE article = ?", (row,)).fetchone()[0]
        counts.update(decode_keys(marks))
    found: dict[str, dict[str, int]] = {field: {} for field in fields}
    for key, count in counts.items():
        field, value = db.execute("SELECT field, value FROM value WHERE key = ?", (key,)).fetchone()
        if field in found:
            found[field][value] = count
    return found


# --- days ---------------------------------------------------------------------------------------

_QUARTERS = 96


def time_values(moment: datetime) -> dict[str, frozenset[str]]:
    """Return the UTC day of a moment, and its quarter of an hour within that day.

    Together they tell the day in any zone: since 1972 all offsets are multiples of 15 minutes.
    """
    utc = moment.astimezone(UTC)
    quarter = utc.hour * 4 + utc.minute // 15
    return {
        "utc_day": frozenset({utc.date().isoformat()}),
        "quarter": frozenset({f"{quarter:02}"}),
    }


def count_days(
    db: sqlite3.Connection, tz: str, among: Bits, size: int
) -> Iterator[tuple[str, int]]:
    """Yield (day in that zone, how many of these articles fall on it): the `size` fullest."""
    if tz == "UTC":
        yield from top_values(db, "utc_day", among, size)
        return
    zone = ZoneInfo(tz)
    days = {
        date.fromisoformat(day): among & Bits(chunks)
        for day, chunks in read_field(db, "utc_day").items()
    }
    days = {day: found for day, found in days.items() if found.chunks}
    before: list[Bits] = []  # before[n]: the articles of the first n quarters of their UTC day
    counts: dict[date, int] = {}
    for day, found in days.items():
        first, quarter, after = _midnight(day, zone)
        early = len(found)
        if quarter < _QUARTERS:
            before = before or _cumulated(db)
            early = len(found & before[quarter])
            counts[after] = counts.get(after, 0) + len(found) - early
        counts[first] = counts.get(first, 0) + early
    yield from ((day.isoformat(), count) for day, count in counts.items() if count)


def _midnight(day: date, zone: ZoneInfo) -> tuple[date, int, date]:
    """Return the zone's date as a UTC day begins, the quarter in which it ends, and the next."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    first = start.astimezone(zone).date()
    follower = first + timedelta(days=1)
    midnight = datetime(follower.year, follower.month, follower.day, tzinfo=zone).astimezone(UTC)
    quarter = (midnight - start) // timedelta(minutes=15)
    return first, quarter, midnight.astimezone(zone).date()


def _cumulated(db: sqlite3.Connection) -> list[Bits]:
    quarters = read_field(db, "quarter")
    found = [NONE]
    for quarter in range(_QUARTERS):
        found.append(found[-1] | Bits(quarters.get(f"{quarter:02}", {})))
    return found
