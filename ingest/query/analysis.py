"""The one analysis of text: folded terms, stems and where each stands, for every engine.

A term is a run of letters and digits. Folding makes equal what readers take for the same word:

- case, accents and compatibility forms: `Élysée` = `elysee`, `Łódź` = `lodz`, `ﬁ` = `fi`;
- German ß = ss; Turkish İ I ı i are all `i`, so that İstanbul = ISTANBUL = istanbul;
- Russian ё = е, stress marks dropped. й, ї and ў stay letters of their own: without them
  words and endings fall together (мой/мои, Київ/Киив). і, є and ґ have no plain form;
- apostrophes inside Cyrillic words are joined (м'яч = мяч); elsewhere they part words
  (l'Ukraine, İstanbul'da), which cuts Turkish endings off names;
- soft hyphens and zero-width characters inside a word are nothing.

Stop words stay: `the` is found. Terms over MAX_TERM characters are cut.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from ingest.query.stemmers import stem

MAX_TERM = 100
"""Longer runs are no words; Elasticsearch would cut them at 255 of its own accord."""

# Combining accents and invisible characters belong to the letter before them.
_MARK = "\u0300-\u036f\u0483-\u0489\u00ad\u200b-\u200d\u2060\ufeff"
_APOSTROPHE = "'\u2019\u02bc\u2018`\u00b4"
_TERM = re.compile(
    rf"[^\W_]+(?:(?:[{_MARK}]+|(?<=[\u0400-\u052f])[{_APOSTROPHE}](?=[\u0400-\u052f]))[^\W_]*)*"
)
_PLAIN = str.maketrans(
    {"ı": "i", "İ": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th"}
)


@dataclass(frozen=True, slots=True)
class Streams:
    """A text's folded terms and their stems, in order and in step: what engines index."""

    terms: tuple[str, ...]
    stems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """A text's terms, in order: `terms[i]` and `stems[i]` stand at `offsets[i]`.

    Offsets are half-open code points of the text as given.
    """

    terms: tuple[str, ...]
    stems: tuple[str, ...]
    offsets: tuple[tuple[int, int], ...]


def fold(word: str) -> str:
    """Return the folded form of one word; "" if nothing of it is a letter or digit."""
    if word.isascii():
        return "".join(filter(str.isalnum, word)).lower()[:MAX_TERM]
    word = unicodedata.normalize("NFKD", word.translate(_PLAIN)).casefold().translate(_PLAIN)
    word = unicodedata.normalize("NFKD", word)
    word = word.replace("и\u0306", "й").replace("і\u0308", "ї").replace("у\u0306", "ў")
    return "".join(filter(str.isalnum, word.replace("\u02bc", "")))[:MAX_TERM]  # Unicode's letter ʼ


def fold_text(text: str) -> str:
    """Return the folded terms of a text, joined by spaces."""
    return " ".join(fold_terms(text))


def fold_terms(text: str) -> tuple[str, ...]:
    """Return the folded terms of a text."""
    folded = (fold(match.group()) for match in _TERM.finditer(text))
    return tuple(term for term in folded if term)


def analyze(text: str, lang: str = "und") -> Analysis:
    """Analyse a text of that language (`und`: unknown)."""
    words = _words(lang)
    found = [(*words[match.group()], match.span()) for match in _TERM.finditer(text)]
    found = [each for each in found if each[0]]
    if not found:
        return Analysis((), (), ())
    terms, stems, offsets = zip(*found, strict=True)
    return Analysis(terms, stems, offsets)


def streams(text: str, lang: str = "und") -> Streams:
    """Return the terms and stems of `analyze`, in a third of its time."""
    found = [pair for pair in map(_words(lang).__getitem__, _TERM.findall(text)) if pair[0]]
    if not found:
        return Streams((), ())
    terms, stems = zip(*found, strict=True)
    return Streams(terms, stems)


MAX_WORDS = 100_000
"""Words remembered of a language, about 20 MB; texts of one language use fewer."""


class _Words(dict[str, tuple[str, str]]):
    """Term and stem by word as written: most words of a text have been met before."""

    def __init__(self, lang: str) -> None:
        super().__init__()
        self._lang = lang

    def __missing__(self, word: str) -> tuple[str, str]:
        if len(self) >= MAX_WORDS:
            self.clear()
        term = fold(word)
        self[word] = found = term, stem(term, self._lang)
        return found


@lru_cache(maxsize=12)
def _words(lang: str) -> _Words:
    return _Words(lang)
