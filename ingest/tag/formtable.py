"""A read-only table of words in a trie: a million forms are there in milliseconds, in a few MB.

A plain dict of them takes most of a second to build, each time a process starts (decision 16).
"""

from __future__ import annotations

from array import array
from collections.abc import ItemsView, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import marisa_trie

V = TypeVar("V")


class FormTable(Mapping[str, V], Generic[V]):
    """Words to values, of which each is kept once.

    Args:
        trie: of the words, as `packed_words` gives it.
        of: by the trie's number of a word: which value is its.
        values: each value once.
        starts: what the words begin with, for those who would go through all of them.
    """

    def __init__(
        self, trie: bytes, of: Sequence[int], values: Sequence[V], starts: tuple[str, ...] = ()
    ) -> None:
        self._trie = marisa_trie.Trie()
        self._trie.frombytes(trie)
        if len(self._trie) != len(of):
            raise ValueError("the table's words and values are not as many")
        self._of = of
        self._values = values
        self.starts = starts

    def __getitem__(self, word: str) -> V:
        number: int = self._trie[word]
        return self._values[self._of[number]]

    def __contains__(self, word: object) -> bool:
        return word in self._trie

    def __iter__(self) -> Iterator[str]:
        return iter(self._trie)

    def __len__(self) -> int:
        return len(self._of)

    def items(self) -> ItemsView[str, V]:
        """All words with their values: their numbers come with them, so none is looked up."""
        return _Items(self)

    def numbered(self) -> Iterator[tuple[str, V]]:
        """All words with their values."""
        for word, number in self._trie.iteritems():
            yield word, self._values[self._of[number]]


class _Items(ItemsView[str, V]):
    def __init__(self, table: FormTable[V]) -> None:
        super().__init__(table)
        self._table = table

    def __iter__(self) -> Iterator[tuple[str, V]]:
        return self._table.numbered()


def packed_words(table: Mapping[str, int]) -> tuple[bytes, array[int]]:
    """The trie of the table's words, and their values by the trie's numbers."""
    trie = marisa_trie.Trie(list(table))
    of = array("I", bytes(4 * len(table)))
    for word, value in table.items():
        of[trie[word]] = value
    return trie.tobytes(), of


class Changed(Mapping[str, V], Generic[V]):
    """A table with some words changed, added or (None) taken away; the table itself stays as it is."""

    def __init__(self, base: Mapping[str, V], changes: Mapping[str, V | None]) -> None:
        self.base = base
        self.changes = changes
        self._len = (
            len(base)
            + sum(value is not None and word not in base for word, value in changes.items())
            - sum(value is None and word in base for word, value in changes.items())
        )

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


def words_added(table: Mapping[str, V], base: Mapping[str, V]) -> list[str]:
    """Words of a table that its base lacks; where it is the base with changes, only those are looked at."""
    known = table.changes if isinstance(table, Changed) and table.base is base else table
    return [word for word in known if word in table and word not in base]
