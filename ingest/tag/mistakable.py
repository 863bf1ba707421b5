"""Forms of towns' names that are likelier a word: told by how often they are written (wordfreq).

Used when cities.tsv is taken anew. A great city is written of often, a small town is not: a form that
is more frequent than the town can make it ("March", «Сюрприз» in Arizona) means something
else as a rule.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable

from ingest.tag.fold import fold
from ingest.tag.inflect import inflect

_CYRILLIC = ("ru", "uk")  # there are no frequencies for Belarusian
_LATIN = ("en", "pl", "de", "fr", "es", "tr")
# Up to so many inhabitants a town's name is written so often at most (Zipf's scale: 3 is once in a million words).
_MOST = ((30_000, 2.9), (100_000, 3.3), (300_000, 3.6), (1_000_000, 4.0), (10**9, 4.7))
_AT_HOME = 0.7  # more in the language of the country
_HOME = {
    "RU": "ru",
    "UA": "uk",
    "PL": "pl",
    "DE": "de",
    "FR": "fr",
    "ES": "es",
    "TR": "tr",
    "AT": "de",
}
_OWN_WORD = 1.0  # more frequent by this than the nominative: no form of it
_RARE = 3.3

Frequency = Callable[[str, Iterable[str]], float]


def frequencies() -> Frequency:
    """How often a folded word is written, at most, in some languages; needs the package wordfreq."""
    wordfreq = importlib.import_module("wordfreq")  # wanted here only, no dependency
    tables: dict[str, dict[str, float]] = {}
    for lang in (*_CYRILLIC, *_LATIN):
        table: dict[str, float] = {}
        tables[lang] = table
        for word, frequency in wordfreq.get_frequency_dict(lang).items():
            folded = fold(word)
            table[folded] = max(table.get(folded, 0.0), wordfreq.freq_to_zipf(frequency))

    def zipf(word: str, langs: Iterable[str]) -> float:
        return max(tables[lang].get(word, 0.0) for lang in langs)

    return zipf


def mistakable_forms(
    zipf: Frequency, name: str, lang: str, country: str, population: int, *, sure: bool = False
) -> set[str]:
    """Folded forms of a town's name that it must not have; its nominative among them: none of them.

    Args:
        zipf: from `frequencies`.
        sure: the name itself is beyond doubt, its forms are not.
    """
    first = fold(name)
    langs = _CYRILLIC if lang in ("ru", "uk", "be") else _LATIN
    most = next(limit for size, limit in _MOST if population <= size)
    at_home = _HOME.get(country)
    own = zipf(first, langs)
    if not sure and any(
        zipf(first, (other,)) > most + (_AT_HOME if other == at_home else 0) for other in langs
    ):
        return {first}
    return {
        form
        for form in map(fold, inflect(name, lang))
        if form != first and zipf(form, langs) > max(_RARE, own + _OWN_WORD)
    }
