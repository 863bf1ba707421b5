"""Text in pieces of words, as the encoder below the reader was taught it.

The likeliest way to cut each word into the pieces of a vocabulary, by Viterbi. A tokenizer library would
do the same, and bring eight packages and an HTTP client of its own.

Source: Kudo, Subword Regularization, ACL 2018.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

MARK = "\u2581"  # stands for the space in front of a word
UNKNOWN = 3  # the piece for what the vocabulary lacks
LONGEST = 64  # characters cut at once: a longer "word" is no word
KEPT = 24  # characters of a word whose cut is remembered
# What parts words: spaces, and what the encoder's normaliser makes spaces of.
_WORD = re.compile(r"[^\s\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]{1,64}")
_DROPPED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\x8f\x9f]")

Span = tuple[int, int]
Cut = tuple[
    tuple[int, int, int], ...
]  # piece, first and last-plus-one character of the marked word


class Pieces:
    """A vocabulary: (piece, log probability), the first four of them marks."""

    def __init__(self, vocabulary: Sequence[tuple[str, float]]) -> None:
        self._known = {
            piece: (number, score)
            for number, (piece, score) in enumerate(vocabulary)
            if number > UNKNOWN
        }
        self._longest = max(map(len, self._known), default=1)
        self._penalty = min((score for _n, score in self._known.values()), default=0.0) - 10
        self._cut = lru_cache(maxsize=50_000)(self._cut_word)

    def encode(self, text: str, most: int = 10_000) -> tuple[list[int], list[Span]]:
        """Pieces, and where each stands in the text, in code points; any string will do.

        Args:
            most: how many pieces are enough; the rest of the text is left.
        """
        numbers: list[int] = []
        spans: list[Span] = []
        for match in _WORD.finditer(text):
            if len(numbers) >= most:
                break
            word, start = match.group(), match.start()
            if unicodedata.is_normalized("NFKC", word) and not _DROPPED.search(word):
                cut = self._cut if len(word) <= KEPT else self._cut_word
                for number, first, past in cut(word):
                    numbers.append(number)
                    spans.append((start + max(first - 1, 0), start + past - 1))
            else:  # pieces of another spelling: each stands for the whole word
                for part in unicodedata.normalize("NFKC", _DROPPED.sub("", word)).split():
                    for number, _first, _past in self._cut_word(part[:LONGEST]):
                        numbers.append(number)
                        spans.append(match.span())
        return numbers, spans

    def _cut_word(self, word: str) -> Cut:
        text = MARK + word
        size = len(text)
        best = [0.0] + [float("-inf")] * size
        came: list[tuple[int, int]] = [(0, 0)] * (size + 1)  # start, piece
        for start in range(size):
            here = best[start]
            for end in range(start + 1, min(start + self._longest, size) + 1):
                found = self._known.get(text[start:end])
                if found is not None and here + found[1] > best[end]:
                    best[end], came[end] = here + found[1], (start, found[0])
            if here + self._penalty > best[start + 1]:
                best[start + 1], came[start + 1] = here + self._penalty, (start, UNKNOWN)
        pieces: list[tuple[int, int, int]] = []
        end = size
        while end:
            start, number = came[end]
            if pieces and number == UNKNOWN == pieces[-1][0]:  # what is unknown is one piece
                pieces[-1] = (UNKNOWN, start, pieces[-1][2])
            else:
                pieces.append((number, start, end))
            end = start
        return tuple(reversed(pieces))
