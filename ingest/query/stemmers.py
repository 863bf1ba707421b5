"""Stems: Snowball's for six languages, light ones of our own for Ukrainian, Belarusian, Polish.

All of them take folded terms (`analysis.fold`). A stem carries its language (`put·tr`): Turkish
cuts "Putin" down to "put", which must not find the English verb. A query word is stemmed in every
language of its script, and each of those stems finds only texts of its language.

The light stemmers strip one ending, the longest that leaves three letters, which joins the cases
of a noun or adjective; they do not try to join word classes. Alternations that stripping cannot
undo (Прага/Празі, Praga/Pradze) are met at query time, by looking for both stems.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING

import Stemmer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LATIN = ("en", "de", "fr", "es", "tr", "pl")
CYRILLIC = ("ru", "uk", "be")
LANGUAGES = LATIN + CYRILLIC

SNOWBALL = {
    "en": "english",
    "ru": "russian",
    "de": "german",
    "fr": "french",
    "es": "spanish",
    "tr": "turkish",
}

MIN_STEM = 3


def _endings(text: str) -> tuple[str, ...]:
    return tuple(sorted(text.split(), key=len, reverse=True))


_UK = _endings(
    "а я у ю і ї и е є о й ь ою ею єю ом ем єм ам ям ах ях ами ями ей ий ій "
    "ого ього ому ьому им їм ім их іх їх ими іми їми ая яя ої єї ую юю ее еє ії ію ією"
)
_BE = _endings(
    "а я у ю і ы е э о й ь ай яй ой ею аю ом ам ем ям ах ях амі ямі ей ы ый ій "
    "ага яга ога ому аму яму ым ім ых іх ымі імі ая яя ую юю ое ае ія ію іяй іі"
)
_PL = _endings(
    "a e i o u y ie ia iu io em om am ach ami iem iam iach iami "
    "ego emu iego iemu ym im ych ich ymi imi ej iej ij"
)

ENDINGS = {"uk": _UK, "be": _BE, "pl": _PL}
"""What the light stemmers strip, the longest first."""


def _strip(term: str, endings: tuple[str, ...]) -> str:
    for ending in endings:
        if len(term) - len(ending) >= MIN_STEM and term.endswith(ending):
            return term[: -len(ending)]
    return term


def _single(stripped: str) -> str:
    """Undo the doubling before -ю: зустріччю, Беларуссю."""
    return stripped[:-1] if len(stripped) > MIN_STEM and stripped[-1] == stripped[-2] else stripped


def _stem_uk(term: str) -> str:
    # A closed syllable changes its vowel (Київ/Києва, Львів/Львова): written one way.
    found = _single(_strip(term, _UK))
    if found.endswith("їв"):
        return found[:-2] + "єв"
    return found[:-2] + "ов" if found.endswith("ів") else found


def _stem_be(term: str) -> str:
    found = _single(_strip(term, _BE))
    return found[:-1] + "в" if found.endswith("ў") else found


_local = threading.local()


def _snowball(lang: str, term: str) -> str:
    # A Snowball stemmer keeps state while it works, so each thread has its own.
    stemmers: dict[str, Callable[[str], str]] = getattr(_local, "stemmers", {})
    if lang not in stemmers:
        stemmers[lang] = Stemmer.Stemmer(SNOWBALL[lang]).stemWord
        _local.stemmers = stemmers
    return stemmers[lang](term)


def is_cyrillic(term: str) -> bool:
    """Whether the term has a Cyrillic letter."""
    return any("Ѐ" <= char <= "ԯ" for char in term)


def _is_latin(term: str) -> bool:
    return any("a" <= char <= "z" or "ß" <= char <= "ɏ" for char in term)


def _language(term: str, lang: str) -> str:
    """Return the language whose stemmer a term takes in a text of that language, or ""."""
    if is_cyrillic(term):
        return lang if lang in CYRILLIC else "ru"
    if _is_latin(term):
        return lang if lang in LATIN else "en"
    return ""


def _stem(term: str, lang: str) -> str:
    match lang:
        case "uk":
            return _stem_uk(term)
        case "be":
            return _stem_be(term)
        case "pl":
            return _strip(term, _PL)
        case "fr" if term.endswith(("ee", "ees")):  # the stemmer knows -ée only with its accent
            return _snowball(lang, "e".join(term.rsplit("ee", 1)))
        case _:
            return _snowball(lang, term)


def stem(term: str, lang: str) -> str:
    """Return the stem of a folded term in a text of that language, with its language.

    A term in the other script takes the stemmer of that script's commonest language here (en,
    ru), and so does any term of a language that we have no stemmer for. Numbers and other scripts
    are their own stems.
    """
    chosen = _language(term, lang)
    return _tagged(_stem(term, chosen), chosen) if chosen else term


def _tagged(word_stem: str, lang: str) -> str:
    return f"{word_stem}·{lang}"


# Last letters of a stem that change before some case endings.
_ALTERNATIONS = {
    "uk": (("г", "з"), ("к", "ц"), ("х", "с")),
    "be": (("г", "з"), ("к", "ц"), ("х", "с"), ("т", "ц"), ("д", "дз")),
    "pl": (("g", "dz"), ("k", "c"), ("r", "rz"), ("t", "c"), ("d", "dz"), ("ch", "sz")),
}
# Cases in -ів, -ові, -аў, -ów, -owi: not stripped, since Харків, Магілёў and Kraków end so too.
_LENGTHENED = {"uk": ("ов", "ев", "єв"), "be": ("ов", "ев", "ав", "яв"), "pl": ("ow",)}


def _variants(word_stem: str, lang: str) -> Iterator[str]:
    for plain, changed in _ALTERNATIONS.get(lang, ()):
        if word_stem.endswith(changed):
            yield word_stem.removesuffix(changed) + plain
        elif word_stem.endswith(plain):
            yield word_stem.removesuffix(plain) + changed
    for ending in _LENGTHENED.get(lang, ()):
        yield word_stem + ending
        if word_stem.endswith(ending) and len(word_stem) > MIN_STEM + len(ending):
            yield word_stem.removesuffix(ending)


@lru_cache(maxsize=10_000)
def query_stems(term: str) -> tuple[str, ...]:
    """Return every stem that a query word looks for, sorted: all languages of its script."""
    languages: tuple[str, ...] = ()
    if is_cyrillic(term):
        languages = CYRILLIC
    elif _is_latin(term):
        languages = LATIN
    stems = {
        _tagged(found, lang)
        for lang in languages
        for word_stem in (_stem(term, lang),)
        for found in (word_stem, *_variants(word_stem, lang))
    }
    return tuple(sorted(stems)) or (term,)
