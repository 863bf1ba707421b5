"""A read-only table of words in a trie: a million forms are there in milliseconds, in a few MB.

A plain dict of them takes most of a second to build, each time a process starts (decision 16).
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from array import array
from collections.abc import ItemsView, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import marisa_trie

from ingest.tag.remembered import Remembered

V = TypeVar("V")


class Forms(Mapping[str, V], Generic[V]):
    """Words to values, which can say with which of them a text begins."""

    @abstractmethod
    def prefixes(self, text: str) -> list[str]:
        """Words that a text, without lone surrogates, begins with, shorter ones first."""

    @abstractmethod
    def begins(self, start: str) -> bool:
        """Whether any word begins so; asked of the words of a text, which recur."""


class FormTable(Forms[V], Generic[V]):
    """The words in a trie.

    Args:
        trie: of the words, as `packed_words` gives it.
        numbers: 32 bits a word, little-endian: by the trie's number of a word, which value is its.
        values: each value once.
    """

    def __init__(self, trie: bytes, numbers: bytes, values: Sequence[V]) -> None:
        self._trie = marisa_trie.Trie()
        self._trie.frombytes(trie)
        self._numbers = array("I", numbers)
        if sys.byteorder == "big":
            self._numbers.byteswap()
        if len(self._trie) != len(self._numbers):
            raise ValueError("the table's words and values are not as many")
        self._values = values
        self._begins = Remembered(self._find_begins)

    def prefixes(self, text: str) -> list[str]:
        found: list[str] = self._trie.prefixes(text)
        return found

    def begins(self, start: str) -> bool:
        return self._begins[start]

    def _find_begins(self, start: str) -> bool:
        return next(self._trie.iterkeys(start), None) is not None

    def __getitem__(self, word: str) -> V:
        number: int = self._trie[word]
        return self._values[self._numbers[number]]

    def __contains__(self, word: object) -> bool:
        return word in self._trie

    def __iter__(self) -> Iterator[str]:
        return iter(self._trie)

    def __len__(self) -> int:
        return len(self._numbers)

    def items(self) -> ItemsView[str, V]:
        """All words with their values: their numbers come with them, so none is looked up."""
        return _Items(self)

    def numbered(self) -> Iterator[tuple[str, V]]:
        """All words with their values."""
        for word, number in self._trie.iteritems():
            yield word, self._values[self._numbers[number]]


class _Items(ItemsView[str, V]):
    def __init__(self, table: FormTable[V]) -> None:
        super().__init__(table)
        self._table = table

    def __iter__(self) -> Iterator[tuple[str, V]]:
        return self._table.numbered()


def packed_words(table: Mapping[str, V]) -> tuple[bytes, bytes, tuple[V, ...]]:
    """What a `FormTable` of these words is made from: the trie, the numbers, the values."""
    trie = marisa_trie.Trie(list(table))
    number: dict[V, int] = {}
    numbers = array("I", bytes(4 * len(table)))
    for word, value in table.items():
        numbers[trie[word]] = number.setdefault(value, len(number))
    if sys.byteorder == "big":
        numbers.byteswap()
    return trie.tobytes(), numbers.tobytes(), tuple(number)


class Changed(Forms[V], Generic[V]):
    """A table with some words changed, added or (None) taken away; the table itself stays as it is."""

    def __init__(self, base: Forms[V], changes: Mapping[str, V | None]) -> None:
        self.base = base
        self.changes = changes
        self._set = marisa_trie.Trie([w for w, value in changes.items() if value is not None])
        self._len = (
            len(base)
            + sum(value is not None and word not in base for word, value in changes.items())
            - sum(value is None and word in base for word, value in changes.items())
        )

    def prefixes(self, text: str) -> list[str]:
        kept = [word for word in self.base.prefixes(text) if word not in self.changes]
        return sorted([*kept, *self._set.prefixes(text)], key=len)

    def begins(self, start: str) -> bool:
        return self.base.begins(start) or (next(self._set.iterkeys(start), None) is not None)

    def __getitem__(self, word: str) -> V:
        if word not in self.changes:
            return self.base[word]
        value = self.changes[word]
        if value is None:
            raise KeyError(word)
        return value

    def __contains__(self, word: object) -> bool:
        if word in self.changes:
            return self.changes[word] is not None  # type: ignore[index]  # a key, so a string
        return word in self.base

    def __iter__(self) -> Iterator[str]:
        yield from (word for word in self.base if word not in self.changes)
        yield from (word for word, value in self.changes.items() if value is not None)

    def __len__(self) -> int:
        return self._len
