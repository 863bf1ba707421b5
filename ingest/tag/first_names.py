"""Given names that people bear, whoever they are: what makes "Ivanka Trump" nobody we know.

The list (`first_names.tsv`) is open: names are many. It is asked where nothing else tells a name from a
word: at the start of a sentence, in capitals throughout, in German, and of names that are towns too.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import cache

from ingest.tag.fold import fold
from ingest.tag.sources import rows

_NONE: frozenset[str] = frozenset()
_SHORTEST = 3  # letters
_LONGEST_ENDING = 3
_LOST = frozenset("aeioyаеиоыйяьі")  # last letters that an ending takes the place of
# Endings that a name may have taken, what they may stand instead of, and the least before them.
_BENT = {
    "ru": ("а я у ю ом ем е и ы ой ей ою ею", "а я й ь", 3),
    "uk": ("а я у ю ом ем єм є е и і ї ой ою ею єю ові еві єві", "а я й ь о", 3),
    "be": ("а я у ю ом ам ем е і ы ой ай яй ею", "а я й ь о", 3),
    "pl": ("a u owi em iem ie ego emu im y i e o", "a y i", 5),  # of many peoples' names
}
_ENDINGS = {
    lang: (tuple(endings.split()), ("", *nominative.split()), least)
    for lang, (endings, nominative, least) in _BENT.items()
}


# The list has Cyrillic names in Russian letters.
_AS_RUSSIAN = str.maketrans("іїыєэґў", "иииеегв")


@cache
def _lists() -> dict[str, frozenset[str]]:
    listed: dict[str, set[str]] = {}
    for group, words, *_ in rows("first_names.tsv"):
        listed.setdefault(group, set()).update(words.split(" "))
    return {group: frozenset(words) for group, words in listed.items()}


def _listed(group: str) -> frozenset[str]:
    return _lists().get(group, _NONE)


def _unbent(plain: str, lang: str) -> Iterator[str]:
    """What a word may be the ending of: itself, and each name it may be bent from."""
    yield plain
    endings, nominatives, least = _ENDINGS.get(lang, ((), (), 0))
    for ending in endings:
        if plain.endswith(ending) and len(plain) - len(ending) >= least:
            for nominative in nominatives:
                yield plain[: -len(ending)] + nominative


def is_listed(word: str) -> bool:
    """Whether a word is a given name as it is spelled."""
    plain = fold(word)
    return plain in _listed("latin") or plain.translate(_AS_RUSSIAN) in _listed("cyrillic")


def is_form_of(word: str, name: str) -> bool:
    """Whether a word is a name as it is spelled, or may be a form of it where names bend."""
    plain, own = fold(word), fold(name)
    stem = own[:-1] if own[-1:] in _LOST else own
    return plain == own or (
        len(stem) >= _SHORTEST
        and plain.startswith(stem)
        and len(plain) - len(stem) <= _LONGEST_ENDING
    )


def is_first_name(word: str, lang: str, leaders: Container[str] = ()) -> bool:
    """Whether a word with a capital, where any word may have one, is somebody's given name.

    Args:
        word: as a text in `lang` has it, perhaps bent.
        lang: of the text.
        leaders: folded given names of those whom the gazetteer has.
    """
    plain = fold(word)
    if plain in _listed(lang):
        return False
    if len(plain) >= _SHORTEST and plain in leaders:
        return True
    names = _listed("cyrillic" if lang in ("ru", "uk", "be") else "latin")
    first, hyphen, second = word.partition("-")
    if hyphen and second[:1].isupper() and fold(first).translate(_AS_RUSSIAN) in names:
        return True  # Jean-Christophe
    return any(name.translate(_AS_RUSSIAN) in names for name in _unbent(plain, lang))


def is_word(word: str, lang: str) -> bool:
    """Whether a word that opens a sentence is listed as no given name, though some bear it."""
    return fold(word) in _listed(lang)
