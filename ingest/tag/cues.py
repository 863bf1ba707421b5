"""Words that speak of offering, refusing, settling, holding: by language.

From data/cues.tsv (classes wide enough for rules, with phrases) and data/concepts.tsv (words of one
meaning, a column for each language: what one language teaches the classifier holds in the others).
Each word of a language is looked up once and remembered; phrases are found by one expression.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from ingest.tag.fold import fold

_SOURCE = Path(__file__).parent / "data" / "cues.tsv"
_CONCEPTS = Path(__file__).parent / "data" / "concepts.tsv"
CLASSES = (
    "propose", "reject", "agree", "hosted", "say", "war", "meet", "past",
    "neg", "drop", "fut", "cond", "offer", "go",
)  # fmt: skip
LANGS = ("en", "ru", "uk", "be", "pl", "de", "fr", "es", "tr")
_WORD = re.compile(r"\w+'?")
_BARE = re.compile(r"\w+(?:-\w+)?")
_MAX_REMEMBERED = 60_000


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


class Lexicon:
    """The cues and concepts of one language."""

    def __init__(self, lang: str) -> None:
        table = _sources().get(lang) or _sources()["en"]
        self._words: list[tuple[str, re.Pattern[str]]] = []
        self._phrases: list[tuple[str, re.Pattern[str]]] = []
        every: list[str] = []
        for kind in CLASSES:
            items = [(item, _expression(item)) for item in table.get(kind, [])]
            single = [e for item, e in items if " " not in item]
            several = sorted((e for item, e in items if " " in item), key=len, reverse=True)
            if single:
                self._words.append((kind, re.compile("|".join(single))))
            if several:
                self._phrases.append((kind, re.compile("|".join(several))))
                every += several
        every.sort(key=len, reverse=True)
        self._phrase = re.compile(r"(?<!\w)(?:" + "|".join(every) + r")(?!\w)") if every else None
        self._known: dict[str, tuple[str, ...]] = {}
        self._concept_words = [
            (concept, re.compile("|".join(_expression(i) for i in items if " " not in i)))
            for concept, items in _concepts()[lang]
        ]
        self._known_concepts: dict[str, tuple[str, ...]] = {}

    def _classes(self, word: str) -> tuple[str, ...]:
        found = self._known.get(word)
        if found is None:
            bare = word.rstrip("'")
            spelled = (word,) if bare == word else (word, bare)
            found = tuple(k for k, p in self._words if any(map(p.fullmatch, spelled)))
            if len(self._known) < _MAX_REMEMBERED and len(word) < 40:
                self._known[word] = found
        return found

    def concepts_of(self, word: str) -> tuple[str, ...]:
        """Concepts that a folded word may stand for."""
        found = self._known_concepts.get(word)
        if found is None:
            found = tuple(c for c, p in self._concept_words if p.fullmatch(word))
            if len(self._known_concepts) < _MAX_REMEMBERED and len(word) < 40:
                self._known_concepts[word] = found
        return found

    def concepts(self, folded: str, start: int, end: int) -> list[tuple[int, int, str]]:
        """(start, end, concept) of every word with a meaning we list, in text order."""
        return [
            (match.start(), match.end(), concept)
            for match in _BARE.finditer(folded, start, end)
            for concept in self.concepts_of(match[0])
        ]

    def find(self, folded: str, start: int, end: int) -> list[tuple[int, int, str]]:
        """(start, end, class) of every cue in folded[start:end], in text order."""
        found = [
            (match.start(), match.end(), kind)
            for match in _WORD.finditer(folded, start, end)
            for kind in self._classes(match[0])
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
