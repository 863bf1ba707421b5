"""Names by their sound: a known person or place in a spelling that nobody wrote down.

Newspapers write a foreign name as they hear it: Ouagadougou is Wagadugu, Уагадугу, Вагадугу. A name is
brought to one rough alphabet (`sound`), and looked up by its consonants (`keys`), where p and b, t and d,
k, g and h, and all hissing sounds are one each; how alike two names then are, vowels and all, is `alike`.

Source of the idea: Russell, US patent 1,261,167 (Soundex), 1918, here over nine spellings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

# Letters and groups of letters to rough sounds; S is every hissing one. Longer ones come first.
_CYRILLIC = (
    ("дж|тч|[жцчшщ]", "S"), ("дз", "z"), ("[гґ]", "g"), ("х", "h"), ("[иіїый]", "i"), ("[еєэё]", "e"),
    ("[ъь']", ""), ("ю", "u"), ("я", "a"), ("[вў]", "v"),
    *zip("абдзклмнопрстуф", "abdzklmnoprstuf", strict=True),
)  # fmt: skip
_BELARUSIAN = (("дз", "d"), ("ц(?=[іеёюяь])", "t"), *_CYRILLIC)
_LATIN = (
    ("tzsch|tsch|shch|dsch|dzh|tch|sch|dż|dź|dž|dj|zh|sh|[şšśșćčçžźż]", "S"), ("dz", "z"), ("t[sz]", "s"),
    ("kh", "h"), ("[gdb]h|th|ph", ""), ("ck", "k"), ("qu(?=[eiéè])|q", "k"), ("w", "v"), ("x", "ks"),
    ("[áàâãāăå]", "a"), ("[äéèêëēęěəœæö]", "e"), ("[íìîïīıýÿy]", "i"), ("[óòôõøōőą]", "o"), ("[úùûüūůű]", "u"),
    ("ñ|ń|ň", "n"), ("[łľ]", "l"), ("ŕ", "r"), ("ř", "S"), ("ß", "s"), ("[đďð]", "d"), ("[ťþ]", "t"), ("[ţ]", "s"), ("ğ", "g"),
)  # fmt: skip
_OWN: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (("ch", "S"), ("oo|ou", "u"), ("ee", "i"), ("c(?=[eiy])", "s"), ("j", "S")),
    "fr": (
        ("ch", "S"), ("ou", "u"), ("gu(?=[eiéèy])", "g"), ("c(?=[eiyéè])", "s"), ("j|g(?=[eiéè])", "S"), ("eau|au", "o"),
    ),
    "es": (
        ("ch", "S"), ("gu(?=[eiéí])", "g"), ("c(?=[eiéí])", "s"), ("j|g(?=[eiéí])", "h"), ("ll", "l"), ("hu(?=[aei])", "v"),
    ),
    "de": (("ch", "h"), ("z", "s"), ("v", "f"), ("ie", "i"), ("c(?=[ei])", "s"), ("j", "i")),
    "pl": (
        ("ch", "h"), ("[csr]z", "S"), ("[scz]i(?=[aeouąęó])", "S"), ("c", "s"), ("j", "i"), ("ó", "u"), ("ni(?=[aeouąęó])", "n"),
    ),
    "tr": (("ch|c|j", "S"),),
}  # fmt: skip
LEAST = 0.8  # sounds less alike than this are two names
_ASPIRATE = {"gh": "g", "dh": "d", "bh": "b", "th": "t", "ph": "f"}
_TWICE = re.compile(r"(.)\1+")
_OTHER = re.compile(r"[^a-zS]")
_CLASSES = str.maketrans(
    {**dict(zip("bpvftdkghszSmnlrcj", "PPFFTTKKKSSSMNLRKS", strict=True)), **dict.fromkeys("aeiou")}
)


def _reader(pairs: Sequence[tuple[str, str]]) -> tuple[re.Pattern[str], tuple[str, ...]]:
    return re.compile("|".join(f"({pattern})" for pattern, _to in pairs)), tuple(
        to for _pattern, to in pairs
    )


_LATIN_READERS = {lang: _reader((*own, *_LATIN)) for lang, own in _OWN.items()}
_CYRILLIC_READERS = {"be": _reader(_BELARUSIAN), "": _reader(_CYRILLIC)}
_HAS_CYRILLIC = re.compile("[а-яіїєґўё]")


@lru_cache(50_000)
def sound(name: str, lang: str) -> str:
    """A name in a rough alphabet: a to z, and S for all hissing sounds.

    Args:
        name: one word or several, of any script; what is not Latin or Cyrillic is dropped.
        lang: whose spelling it is; en where it is none of ours.
    """
    lowered = name.lower().replace("’", "'").replace("ʼ", "'")
    if _HAS_CYRILLIC.search(lowered):
        pattern, to = _CYRILLIC_READERS.get(lang, _CYRILLIC_READERS[""])
    else:
        pattern, to = _LATIN_READERS.get(lang, _LATIN_READERS["en"])
    told = pattern.sub(lambda m: _ASPIRATE.get(m[0]) or to[(m.lastindex or 1) - 1], lowered)
    return _TWICE.sub(r"\1", _OTHER.sub("", told))


@lru_cache(50_000)
def keys(told: str) -> tuple[str, ...]:
    """The consonants of a sound by class, with and without h."""
    full = _TWICE.sub(r"\1", told.translate(_CLASSES))
    bare = _TWICE.sub(r"\1", told.replace("h", "").translate(_CLASSES))
    return (full,) if full == bare else (full, bare)


@lru_cache(50_000)
def alike(one: str, other: str) -> float:
    """How much two sounds agree, 0 to 1; a last vowel, which endings change, does not count."""
    a, b = one.rstrip("aeiou") or one, other.rstrip("aeiou") or other
    if a == b:
        return 1.0
    # Below what any caller takes, an upper bound by length will do.
    bound = 2 * min(len(a), len(b)) / (len(a) + len(b))
    return bound if bound < LEAST else SequenceMatcher(None, a, b, autojunk=False).ratio()
