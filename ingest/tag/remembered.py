"""Answers about words that are found once: a text asks of every word, and words recur."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")
_MOST = 60_000
_LONG = 40  # letters; a word of more is none that recurs


class Remembered(dict[str, V], Generic[V]):
    """What `find` says of a word, asked once for each; of long words, and of too many, each time.

    Args:
        find: of a word.
    """

    def __init__(self, find: Callable[[str], V]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, word: str) -> V:
        found = self._find(word)
        if len(self) < _MOST and len(word) < _LONG:
            self[word] = found
        return found
