"""Words of refusing, of readiness and of meeting, by language: data/stances.tsv compiled."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingest.tag.fold import fold

_SOURCE = Path(__file__).parent / "data" / "stances.tsv"
_GROUP = re.compile(r"\([^()]*\)")
_STEM = re.compile(r"(?<!\\w)\*")
_ARTICLE = r"(?:the |der |dem |den |die |le |la |les |l'|l’|el |los )?"
_NOWHERE = r"(?!)"


@dataclass(frozen=True, slots=True)
class StanceWords:
    """The expressions of one language over folded text; the file says what each class is.

    Attributes:
        object: ends the text before a name that is who is spoken to or of.
        source: ends the text before a name that a view is ascribed to.
    """

    meet: re.Pattern[str]
    see: re.Pattern[str]
    refuse: re.Pattern[str]
    ready: re.Pattern[str]
    # "not", "if", "and": words of Python's own
    negated: re.Pattern[str]
    want: re.Pattern[str]
    accept: re.Pattern[str]
    other: re.Pattern[str]
    part: re.Pattern[str]
    at: re.Pattern[str]
    tell: re.Pattern[str]
    unsure: re.Pattern[str]
    maybe: re.Pattern[str]
    had: re.Pattern[str]
    among: re.Pattern[str]
    he: re.Pattern[str]
    joined: re.Pattern[str]
    object: re.Pattern[str]
    source: re.Pattern[str]


@cache
def _sources() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = {}
    for line in _SOURCE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            kind, lang, items = line.split("\t")
            listed = items.split(";")
            made = listed if kind in ("to", "of", "by") else map(_expression, listed)
            table.setdefault(lang, {})[kind] = _by_first_letter(made)
    return table


def _expression(item: str) -> str:
    """An item of the list as an expression."""
    item = fold(item).replace(" … ", r"(?: [\w'-]+){0,4} ")
    return _STEM.sub(r"\\w*", item)


def _by_first_letter(items: Iterable[str]) -> str:
    """One expression for all, in which a word is tried only with those that begin as it does."""
    groups: dict[str, list[str]] = {}
    for item in items:
        plain = item[:1].isalpha() and item[1:2] not in ("?", "*") and "|" not in _outside(item)
        groups.setdefault(item[0] if plain else "", []).append(item[1:] if plain else item)
    loose = groups.pop("", [])
    return "|".join([*(f"{first}(?:{'|'.join(rest)})" for first, rest in groups.items()), *loose])


def _outside(item: str) -> str:
    """An expression without its groups."""
    while (bare := _GROUP.sub("", item)) != item:
        item = bare
    return item


@cache
def stance_words(lang: str) -> StanceWords | None:
    """The words of a language; None for one without a list. Compiled when first asked for."""
    listed = _sources().get(lang)
    if listed is None:
        return None
    names = ("meet", "see", "refuse", "ready", "not", "want", "accept", "other", "part", "at", "tell", "if", "maybe",
             "had", "among", "he", "and")  # fmt: skip
    ends = {"at": r"\Z"}
    patterns = [
        re.compile(rf"(?<!\w)(?:{listed.get(name, _NOWHERE)})(?!\w){ends.get(name, '')}")
        for name in names
    ]
    to, of = listed["to"], listed.get("of", _NOWHERE)
    object_ = rf"(?<!\w)(?:(?:{to}) {_ARTICLE}(?:[^\W\d]+ ){{0,2}}|(?:{of}) ?{_ARTICLE})\Z"
    source = rf"(?<!\w)(?:{listed.get('by', _NOWHERE)}) {_ARTICLE}(?:[\w-]+ ){{0,3}}\Z"
    return StanceWords(*patterns, *map(re.compile, (object_, source)))
