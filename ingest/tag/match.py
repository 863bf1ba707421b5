"""Find every form of the gazetteer in a text: one pass over its words, case rules.

At the start of each word of the folded text the table says which forms the text goes on with
(decision 18); of those that end where a word does in its script, the longest is taken, leftmost first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ingest.tag.fold import Folded
from ingest.tag.formtable import Forms
from ingest.tag.gazetteer import ALL_CAPS, CAPITAL, unpack

WORD = re.compile(r"\w+")
LONGEST = 160  # letters; no form is longer, a desk's (at most 120) with its ending neither
# What a site is called, behind what it is: the mention is Украина in "гостиница «Украина»".
_CLOSING = '»"“”'
_QUOTED = re.compile(r"[^«\"„“]*[«\"„“]([^»\"“”]+)[»\"“”]")


@dataclass(frozen=True, slots=True)
class Hit:
    """A form found: offsets into the visible text, and what it may stand for.

    Attributes:
        targets: the rows that the case rules allow, by their kind; at least one.
    """

    start: int
    end: int
    targets: Mapping[int, tuple[int, ...]]

    def rows(self, kind: int) -> tuple[int, ...]:
        """Rows of one kind."""
        return self.targets.get(kind, ())

    def has(self, kind: int) -> bool:
        """Whether it may be of this kind."""
        return kind in self.targets


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether text[start:end], not empty, stands between word boundaries, in any script."""
    # Asked of every word that a name might begin with, most of which go on after `end`.
    after = text[end : end + 1]
    if after.isalnum() or after == "_":
        last = text[end - 1]
        if last.isalnum() or last == "_":
            return False
    before = text[start - 1 : start]  # empty at the start of the text
    if before.isalnum() or before == "_":
        first = text[start]
        return not (first.isalnum() or first == "_")
    return True


def whole_places(text: str, word: str, after: int = 0) -> Iterator[int]:
    """Where a word or name, not empty, begins that stands whole in a text, from an offset on."""
    at = text.find(word, after)
    while at >= 0:
        if is_whole(text, at, at + len(word)):
            yield at
        at = text.find(word, at + len(word))


def find_hits(forms: Forms[tuple[int, ...]], folded: Folded) -> list[Hit]:
    """Hits in text order, never overlapping; offsets are into `folded.visible`.

    Args:
        forms: folded form -> its packed targets.
    """
    text = folded.text
    hits: list[Hit] = []
    last = 0
    for word in WORD.finditer(text):
        start = word.start()
        if start < last or not forms.begins(word[0]):
            continue
        for form in reversed(forms.prefixes(text[start : start + LONGEST])):
            end = start + len(form)
            if not is_whole(text, start, end):
                continue
            if targets := _allowed(forms[form], *_case(folded.visible[start:end])):
                last = end
                if form[-1] in _CLOSING and (quoted := _QUOTED.fullmatch(form)):
                    start, end = start + quoted.start(1), start + quoted.end(1)
                hits.append(Hit(start, end, targets))
                break
    return hits


def _case(surface: str) -> tuple[bool, bool]:
    """Whether a name as it is written begins like a name, and whether it is all in capitals."""
    begins = surface[:1].isupper() or not surface[:1].isalpha()
    return begins, all(c.isupper() for c in surface if c.isalpha())


@lru_cache(20_000)
def _allowed(targets: tuple[int, ...], capital: bool, caps: bool) -> Mapping[int, tuple[int, ...]]:
    """The rows of a form's targets that its case allows, by kind."""
    allowed: dict[int, tuple[int, ...]] = {}
    for row, kind, case in map(unpack, targets):
        if (case != CAPITAL or capital) and (case != ALL_CAPS or caps):
            allowed[kind] = (*allowed.get(kind, ()), row)
    return allowed
