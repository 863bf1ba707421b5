"""Sentence bounds for nine languages, by rules: no model, one pass."""

from __future__ import annotations

import re
from bisect import bisect_right

_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|$)|\n+")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(«„\"'])(?:"
    r"[A-ZÀ-ÞА-ЯІЇЄҐЎŁŚŻĆŻ]|Mr|Mrs|Ms|Dr|St|Gen|Col|Lt|Sen|Rep|Gov|Prof|Jr|Sr|vs|etc|No|Rev|Hon|Amb|Sgt|Capt|"
    r"U\.S|U\.N|U\.K|a\.m|p\.m|e\.g|i\.e|J\.D|H\.E|S\.E|M|MM|Mme|Sr|Sra|Dn|EE|UU|"
    r"г|гг|им|ул|др|т\.д|т\.п|т\.е|млн|млрд|тыс|руб|см|стр|св|р|рр|ім|вул|тис|гл|"
    r"ul|im|prof|dr|min|gen|płk|np|tzw|tys|mln|mld|wg|ok|godz|św|ks|"
    r"z\.B|u\.a|d\.h|bzw|ca|Nr|Abs|sog|usw|Hr|Fr|Jan|Feb|Mar|Apr|Aug|Sept|Sep|Oct|Nov|Dec|"
    r"p\.ej|pág|art|núm|Ud|Uds|vb|vs|örn|Av|Doç|Yrd)\.$"
)
_ORDINAL = re.compile(r"(?:^|\s)\d{1,3}\.$")
# No sentence of a news text is longer; a page without full stops is cut here.
MAX_SENTENCE = 1500
_ORDINAL_LANGS = frozenset({"de", "tr", "pl", ""})


def sentence_bounds(text: str, lang: str = "") -> list[tuple[int, int]]:
    """Half-open offsets of the sentences of a text, in order, without the space between.

    A line break always ends a sentence; a full stop does not after an abbreviation, an initial, or
    (German, Turkish, Polish) an ordinal number, nor before a small letter.
    """
    bounds: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        end = match.end()
        if match[0][0] != "\n":
            if match[0] == "." and _ABBREVIATION.search(text, max(start, end - 14), end):
                continue
            if (
                match[0] == "."
                and lang in _ORDINAL_LANGS
                and _ORDINAL.search(text, max(start, end - 6), end)
            ):
                continue
            following = text[end : end + 3].lstrip(" \"'“„«(—–-¿¡")
            if following[:1].islower():
                continue
        else:
            end = match.start()
        _append(bounds, text, start, end)
        start = match.end()
    _append(bounds, text, start, len(text))
    return bounds


def _append(bounds: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while end - start > MAX_SENTENCE:
        cut = text.rfind(" ", start + 1, start + MAX_SENTENCE)
        cut = cut if cut > start else start + MAX_SENTENCE
        _add(bounds, text, start, cut)
        start = cut
    _add(bounds, text, start, end)


def _add(bounds: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        bounds.append((start, end))


def sentence_at(bounds: list[tuple[int, int]], starts: list[int], offset: int) -> int:
    """Index of the sentence that holds `offset` (the nearest before it)."""
    del bounds
    return max(bisect_right(starts, offset) - 1, 0)
