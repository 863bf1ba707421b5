"""Find every form of the gazetteer in a text: one pass, whole words, case rules.

ahocorasick-rs returns the leftmost-longest hits over the folded text. A hit that does not stand at
word boundaries may hide a shorter one that does, so its stretch is looked at again word by word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import ahocorasick_rs

from ingest.tag.fold import Folded
from ingest.tag.gazetteer import ALL_CAPS, CAPITAL, Gazetteer, unpack

_WORD = re.compile(r"\w+")
_MAX_WORDS = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """A form found: offsets into the visible text, and what it may stand for.

    Attributes:
        targets: (row, kind) pairs that the case rules allow.
    """

    start: int
    end: int
    targets: tuple[tuple[int, int], ...]

    def rows(self, kind: int) -> tuple[int, ...]:
        """Rows of one kind."""
        return tuple(row for row, what in self.targets if what == kind)

    def has(self, kind: int) -> bool:
        """Whether it may be of this kind."""
        return any(what == kind for _row, what in self.targets)


def is_word(text: str, index: int) -> bool:
    """Whether the code point at `index` belongs to a word; False outside the text."""
    return 0 <= index < len(text) and (text[index].isalnum() or text[index] == "_")


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] stands between word boundaries, in any script."""
    before = is_word(text, start - 1) and is_word(text, start)
    after = is_word(text, end) and is_word(text, end - 1)
    return not before and not after


class Matcher:
    """The automaton over all forms of a gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._forms = gazetteer.compiled.forms
        self._keys = tuple(self._forms)
        self._automaton = ahocorasick_rs.AhoCorasick(
            self._keys,
            matchkind=ahocorasick_rs.MatchKind.LeftmostLongest,
            store_patterns=False,
            implementation=ahocorasick_rs.Implementation.ContiguousNFA,
        )

    def find(self, folded: Folded) -> list[Hit]:
        """Hits in text order, never overlapping; offsets are into `folded.visible`."""
        text = folded.text
        spans: list[tuple[int, int]] = []
        for _index, start, end in self._automaton.find_matches_as_indexes(text):
            if is_whole(text, start, end):
                spans.append((start, end))
                continue
            spans.extend(self._rescan(text, start, end))
        return list(self._choose(folded.visible, text, spans))

    def _rescan(self, text: str, start: int, end: int) -> Iterable[tuple[int, int]]:
        while start > 0 and is_word(text, start - 1):
            start -= 1
        for word in _WORD.finditer(text, start, min(end + 1, len(text))):
            stop = word.end()
            while is_word(text, stop):
                stop += 1
            yield from self._forms_at(text, word.start())

    def _forms_at(self, text: str, start: int) -> Iterable[tuple[int, int]]:
        stop, words = start, 0
        while words < _MAX_WORDS and stop < len(text):
            word = _WORD.search(text, stop)
            if word is None or word.start() - stop > 2:
                return
            stop = word.end()
            words += 1
            if text[start:stop] in self._forms:
                yield start, stop

    def _choose(self, visible: str, text: str, spans: list[tuple[int, int]]) -> Iterable[Hit]:
        last = 0
        for start, end in sorted(set(spans), key=lambda s: (s[0], -s[1])):
            if start < last:
                continue
            targets = self._allowed(
                visible[start:end], text[start:end], at_start=_opens(visible, start)
            )
            if targets:
                last = end
                yield Hit(start, end, targets)

    def _allowed(self, surface: str, form: str, *, at_start: bool) -> tuple[tuple[int, int], ...]:
        capital = surface[:1].isupper() or not surface[:1].isalpha()
        letters = [c for c in surface if c.isalpha()]
        caps = all(c.isupper() for c in letters)
        allowed = []
        for target in self._forms[form]:
            row, kind, case = unpack(target)
            if case == CAPITAL and not capital:
                continue
            if case == ALL_CAPS and not caps:
                continue
            allowed.append((row, kind))
        del at_start
        return tuple(allowed)


def _opens(text: str, start: int) -> bool:
    """Whether a sentence starts here."""
    before = text[:start].rstrip()
    return not before or before[-1] in ".!?:\n"
