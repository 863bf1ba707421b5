"""What Kibana's searches need of the server: our folding and stems as analyzers and a normalizer.

Documents arrive analysed (`ingest.query.analysis`); the program's own queries do too. Somebody who
types into Kibana does not, so the token fields have search analyzers that come to the same terms:
the folding, and each language's stemmer followed by the mark of its language (`put·tr`). The light
stemmers are patterns made of our own lists of endings. `mappings/` holds what is made here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.query.stemmers import ENDINGS, MIN_STEM, SNOWBALL

if TYPE_CHECKING:
    from collections.abc import Iterator

TERMS, STEMS, NAMES = "summitwatch_terms", "summitwatch_stems", "summitwatch_names"
"""Search analyzers of terms and stems; the normalizer of names."""

WORDS = ("title", "text", "token.title_terms", "token.text_terms")
DEFAULT_FIELDS = {
    "articles": [*WORDS, "token.title_stems", "token.text_stems"],
    "mentions": ["sentence", "title"],
    "proposals": ["sentence", "title"],
}
"""Where a word without a field is looked for."""

_CHARACTERS = ["summitwatch_letters", "summitwatch_marks"]
_FOLDING = ["lowercase", "asciifolding"]
# as the server's patterns write them
_MARKS = r"[\u0300-\u036f\u0483-\u0489\u00ad\u200b-\u200d\u2060\ufeff]"
_CYRILLIC = r"[\u0400-\u052f]"
_APOSTROPHES = r"['\u2019\u02bc\u2018`\u00b4]"
_LETTERS = [
    *("и\u0306=>й", "И\u0306=>й", "і\u0308=>ї", "І\u0308=>ї", "у\u0306=>ў", "У\u0306=>ў"),
    *("ё=>е", "Ё=>е", "İ=>i", "I\u0307=>i"),
]

# what follows the strip of an ending, as `stemmers` does it
_AFTER = {
    "uk": ((r"^(.{2,}(.))\2$", "$1"), ("їв$", "єв"), ("ів$", "ов")),
    "be": ((r"^(.{2,}(.))\2$", "$1"), ("ў$", "в")),
    "pl": (),
}


def analysis(index: str) -> dict[str, Any]:
    """Return `index.analysis` of an index; only the articles' has token fields."""
    names = {NAMES: {"type": "custom", "char_filter": _CHARACTERS, "filter": _FOLDING}}
    letters = {
        "summitwatch_letters": {"type": "mapping", "mappings": _LETTERS},
        "summitwatch_marks": _pattern(_MARKS, ""),
    }
    if index != "articles":
        return {"char_filter": letters, "normalizer": names}
    joined = {"summitwatch_joined": _pattern(rf"(?<={_CYRILLIC}){_APOSTROPHES}(?={_CYRILLIC})", "")}
    filters: dict[str, Any] = {}
    chains = []
    for lang, chain in _chains():
        steps = {f"summitwatch_{lang}_{at}": step for at, step in enumerate(chain)}
        filters |= steps
        chains.append(", ".join(steps))
    filters["summitwatch_languages"] = {
        "type": "multiplexer",
        "filters": chains,
        "preserve_original": True,  # numbers and other scripts are their own stems
    }
    return {
        "char_filter": letters | joined,
        "tokenizer": {"summitwatch_words": {"type": "pattern", "pattern": r"[^\p{L}\p{N}]+"}},
        "filter": filters,
        "analyzer": {
            name: {
                "type": "custom",
                "char_filter": [*letters, *joined],
                "tokenizer": "summitwatch_words",
                "filter": [*_FOLDING, *last],
            }
            for name, last in ((TERMS, ()), (STEMS, ("summitwatch_languages",)))
        },
        "normalizer": names,
    }


def _chains() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Return the token filters of each language, in order."""
    for lang, name in SNOWBALL.items():
        stemmer = {"type": "snowball", "language": name.capitalize()}
        yield lang, [stemmer, _pattern("$", f"·{lang}")]
    for lang, endings in ENDINGS.items():
        # the shortest beginning that some ending follows: the longest ending, as we strip it
        strip = _pattern(rf"^(.{{{MIN_STEM},}}?)(?:{'|'.join(sorted(endings))})$", "$1")
        after = [_pattern(pattern, to) for pattern, to in _AFTER[lang]]
        yield lang, [strip, *after, _pattern("$", f"·{lang}")]


def _pattern(pattern: str, replacement: str) -> dict[str, str]:
    return {"type": "pattern_replace", "pattern": pattern, "replacement": replacement}
