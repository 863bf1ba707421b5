"""Words that speak of offering, refusing, settling, holding: by language.

From data/cues.tsv (classes wide enough for rules, with phrases) and data/concepts.tsv (words of one
meaning, a column for each language: what one language teaches the classifier holds in the others).
Each word of a language is looked up once and remembered; phrases are found by one expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from ingest.tag.fold import fold
from ingest.tag.remembered import Remembered

_SOURCE = Path(__file__).parent / "data" / "cues.tsv"
_CONCEPTS = Path(__file__).parent / "data" / "concepts.tsv"
CLASSES = (
    "propose", "reject", "agree", "hosted", "say", "war", "meet", "past",
    "neg", "drop", "fut", "cond", "offer", "go",
)  # fmt: skip
LANGS = ("en", "ru", "uk", "be", "pl", "de", "fr", "es", "tr")
_WORD = re.compile(r"\w+'?")
_BARE = re.compile(r"\w+(?:-\w+)?")
_NOTHING: frozenset[str] = frozenset()


def _expression(item: str) -> str:
    """An item of the list as an expression; `*` ends a stem, anything with a backslash is one."""
    folded = fold(item)
    if "\\" in folded:
        return folded[:-1] + r"\w*" if folded.endswith("*") else folded
    return r"\w*".join(re.escape(part) for part in folded.split("*"))


@lru_cache(maxsize=1)
def _sources() -> dict[str, dict[str, list[str]]]:
    table: dict[str, dict[str, list[str]]] = {lang: {} for lang in LANGS}
    for line in _SOURCE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        kind, lang, items = line.split("\t")[:3]
        table[lang].setdefault(kind, []).extend(filter(None, (i.strip() for i in items.split(";"))))
    return table


@lru_cache(maxsize=1)
def _concepts() -> dict[str, list[tuple[str, list[str]]]]:
    table: dict[str, list[tuple[str, list[str]]]] = {lang: [] for lang in LANGS}
    for line in _CONCEPTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        concept, *cells = line.split("\t")
        for lang, cell in zip(LANGS, cells, strict=True):
            table[lang].append((concept, [i.strip() for i in cell.split(";") if i.strip()]))
    return table


class _Words:
    """Words and stems with what they are in: a look-up for each length of a word, no expressions.

    Args:
        listed: (what, item) in the order of what; an item is a word, a stem with `*`, or an expression.
    """

    def __init__(self, listed: Iterable[tuple[str, str]]) -> None:
        self._order: dict[str, int] = {}
        self._whole: dict[str, set[str]] = {}
        self._stems: dict[str, set[str]] = {}
        self._expressions: list[tuple[str, re.Pattern[str]]] = []
        for what, item in listed:
            self._order.setdefault(what, len(self._order))
            folded = fold(item)
            if "\\" in folded or "*" in folded[:-1]:
                self._expressions.append((what, re.compile(_expression(item))))
            elif folded.endswith("*"):
                self._stems.setdefault(folded[:-1], set()).add(what)
            else:
                self._whole.setdefault(folded, set()).add(what)

    def of(self, word: str) -> tuple[str, ...]:
        """What a folded word is in, in order."""
        found = set(self._whole.get(word, ()))
        for end in range(len(word), 0, -1):
            found |= self._stems.get(word[:end], _NOTHING)
            if word[end - 1] in "-'":
                break  # a stem goes on with letters only
        found.update(what for what, p in self._expressions if p.fullmatch(word))
        return tuple(sorted(found, key=self._order.__getitem__))


class Lexicon:
    """The cues and concepts of one language."""

    def __init__(self, lang: str) -> None:
        table = _sources().get(lang) or _sources()["en"]
        cues = [(kind, item) for kind in CLASSES for item in table.get(kind, [])]
        phrases = [(kind, _expression(item)) for kind, item in cues if " " in item]
        phrases.sort(key=lambda phrase: len(phrase[1]), reverse=True)
        self._phrases = [
            (kind, re.compile("|".join(e for k, e in phrases if k == kind)))
            for kind in CLASSES
            if any(k == kind for k, _expression in phrases)
        ]
        every = "|".join(expression for _kind, expression in phrases)
        self._phrase = re.compile(rf"(?<!\w)(?:{every})(?!\w)") if every else None
        self._cue_words = _Words((kind, item) for kind, item in cues if " " not in item)
        self._concept_words = _Words(
            (concept, item)
            for concept, items in _concepts()[lang]
            for item in items
            if " " not in item
        )
        self._classes = Remembered(self._classes_of)
        self._concepts = Remembered(self._concept_words.of)

    def _classes_of(self, word: str) -> tuple[str, ...]:
        found = self._cue_words.of(word)
        if word.endswith("'"):  # an apostrophe of the word, or a quotation mark behind it
            found += self._cue_words.of(word.rstrip("'"))
        return tuple(dict.fromkeys(found))

    def concepts_of(self, word: str) -> tuple[str, ...]:
        """Concepts that a folded word may stand for."""
        return self._concepts[word]

    def concepts(self, folded: str, start: int, end: int) -> list[tuple[int, int, str]]:
        """(start, end, concept) of every word with a meaning we list, in text order."""
        return [
            (match.start(), match.end(), concept)
            for match in _BARE.finditer(folded, start, end)
            for concept in self._concepts[match[0]]
        ]

    def find(self, folded: str, start: int, end: int) -> list[tuple[int, int, str]]:
        """(start, end, class) of every cue in folded[start:end], in text order."""
        found = [
            (match.start(), match.end(), kind)
            for match in _WORD.finditer(folded, start, end)
            for kind in self._classes[match[0]]
        ]
        if self._phrase is not None:
            for match in self._phrase.finditer(folded, start, end):
                found += [
                    (match.start(), match.end(), kind)
                    for kind, p in self._phrases
                    if p.fullmatch(match[0])
                ]
        return sorted(found)


@lru_cache(maxsize=16)
def lexicon(lang: str) -> Lexicon:
    """The lexicon of a language; the English one for a language we do not know."""
    return Lexicon(lang if lang in LANGS else "en")


def find_cues(folded: str, start: int, end: int, lang: str) -> list[tuple[int, int, str]]:
    """(start, end, class) of every cue in folded[start:end], in text order."""
    return lexicon(lang if lang in LANGS else "en").find(folded, start, end)
