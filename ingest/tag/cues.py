"""Words that speak of offering, refusing, settling, holding: by language, from data/cues.tsv."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from ingest.tag.fold import fold

_SOURCE = Path(__file__).parent / "data" / "cues.tsv"
CLASSES = ("propose", "reject", "agree", "hosted", "say", "war", "meet", "past")
LANGS = ("en", "ru", "uk", "be", "pl", "de", "fr", "es", "tr")


def _pattern(items: list[str]) -> re.Pattern[str]:
    """Whole words; `*` ends a stem; longest first."""
    parts = []
    for item in sorted(set(items), key=len, reverse=True):
        folded = fold(item)
        stem = folded.endswith("*")
        body = re.escape(folded.rstrip("*")).replace(r"\*\ ", r"\w*\ ")
        parts.append(body + (r"\w*" if stem else r"(?!\w)"))
    return re.compile(r"(?<!\w)(?:" + "|".join(parts) + ")")


@lru_cache(maxsize=1)
def _sources() -> dict[str, dict[str, list[str]]]:
    table: dict[str, dict[str, list[str]]] = {lang: {} for lang in LANGS}
    for line in _SOURCE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        kind, lang, items = line.split("\t")[:3]
        table[lang].setdefault(kind, []).extend(filter(None, (i.strip() for i in items.split(";"))))
    return table


@lru_cache(maxsize=16)
def patterns(lang: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """(class, pattern) pairs of a language; English ones for a language we do not know."""
    table = _sources().get(lang) or _sources()["en"]
    return tuple((kind, _pattern(table[kind])) for kind in CLASSES if kind in table)


def find_cues(folded: str, start: int, end: int, lang: str) -> list[tuple[int, int, str]]:
    """(start, end, class) of every cue in folded[start:end], in text order."""
    found = [
        (match.start(), match.end(), kind)
        for kind, pattern in patterns(lang)
        for match in pattern.finditer(folded, start, end)
    ]
    return sorted(found)
