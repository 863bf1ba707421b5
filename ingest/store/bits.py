"""Sets of row numbers as chunks of big integers: AND, OR and counting at memory speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

CHUNK = 16_384
"""Rows of a chunk: 2 KiB when full. A rare value costs memory only where it occurs."""

_ONE = ord("1")


class Bits:
    """An immutable set of non-negative row numbers: chunk number -> bits, none of them zero."""

    __slots__ = ("chunks",)

    def __init__(self, chunks: Mapping[int, int]) -> None:
        self.chunks = chunks

    @classmethod
    def of(cls, rows: Iterable[int]) -> Bits:
        """Return the set of these rows."""
        flags: dict[int, bytearray] = {}
        first, flag = 0, flags.setdefault(0, bytearray(b"0" * CHUNK))
        for row in rows:
            place = row - first
            if not 0 <= place < CHUNK:
                chunk, place = divmod(row, CHUNK)
                first = chunk * CHUNK
                flag = flags.setdefault(chunk, bytearray(b"0" * CHUNK))
            flag[place] = _ONE
        chunks = {chunk: int(flag[::-1], 2) for chunk, flag in flags.items()}
        return cls({chunk: bits for chunk, bits in chunks.items() if bits})

    def __and__(self, other: Bits) -> Bits:
        both = {n: bits & other.chunks.get(n, 0) for n, bits in self.chunks.items()}
        return Bits({n: bits for n, bits in both.items() if bits})

    def __or__(self, other: Bits) -> Bits:
        chunks = dict(self.chunks)
        for n, bits in other.chunks.items():
            chunks[n] = chunks.get(n, 0) | bits
        return Bits(chunks)

    def __sub__(self, other: Bits) -> Bits:
        rest = {n: bits & ~other.chunks.get(n, 0) for n, bits in self.chunks.items()}
        return Bits({n: bits for n, bits in rest.items() if bits})

    def __len__(self) -> int:
        return sum(bits.bit_count() for bits in self.chunks.values())

    def __contains__(self, row: int) -> bool:
        chunk, place = divmod(row, CHUNK)
        return bool(self.chunks.get(chunk, 0) >> place & 1)

    def __iter__(self) -> Iterator[int]:
        """Yield the rows upwards."""
        for chunk in sorted(self.chunks):
            flags = self.flags(chunk)
            first = chunk * CHUNK
            place = flags.find(b"1")
            while place >= 0:
                yield first + place
                place = flags.find(b"1", place + 1)

    def flags(self, chunk: int) -> bytes:
        """Return b"1" or b"0" for every row of a chunk, upwards: the fast way to ask many."""
        return f"{self.chunks.get(chunk, 0):0{CHUNK}b}"[::-1].encode()


NONE = Bits({})
