"""The given name in front of a family name: is it this person's, however it is spelled?

A family name that is known often stands behind a given name that is not spelled as the gazetteer has
it ("Гасан Саламе", "Kirył Dmitrijew", "Steve'a Witkoffa"). The two are one mention if the word in
front sounds like a given name of the person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ingest.tag.capitals import PARTICLE, opens_sentence
from ingest.tag.document import Document, Found
from ingest.tag.first_names import is_form_of, is_listed, is_word
from ingest.tag.fold import CYRILLIC_UPPER, LATIN_UPPER, fold
from ingest.tag.gazetteer import PLACE, Entity
from ingest.tag.heard import stems_of
from ingest.tag.sound import LEAST, alike, keys, sound

_UPPER = LATIN_UPPER + CYRILLIC_UPPER
_NAME = rf"(?:[{_UPPER}][\w'’-]*\w(?: [{_UPPER}]\.)*|[{_UPPER}]\.) "
# Up to three words in capitals, initials among them, and particles, that end where the name begins.
_FRONT = re.compile(
    rf"(?<![\w.])(?:{_NAME}){{1,3}}(?:(?:(?i:{PARTICLE.pattern})[ -]){{0,2}}|[{_UPPER}][\w'’]+-)$"
)
_WORD = re.compile(rf"[{_UPPER}][\w'’-]*\w")
# "Zayed bin Sultan Al Nahyan" is no Sultan.
_PATRONYMIC = re.compile(r"(?<= )(?:bin|ibn|ben|бин|ибн|бен|бін|ібн) \w+ ")
_MUHAMMAD = frozenset(sound(name, "en") for name in ("Muhammad", "Mohammed", "Mohamed", "Muhammed"))
_VOWELS = frozenset("aeiouh")  # and h, which many languages drop
# Where foreign names are mostly copied, letter by letter,
_COPIED = frozenset({"en", "de", "fr", "es", ""})
# and whose names are: they are written with Latin letters at home.
_COPYING = frozenset(
    """AD AO AR AT AU BE BF BI BJ BO BR CA CD CF CG CH CI CL CM CO CR CU CV CZ DE DK DO EC EE ES FI FR GA GB GN GQ GT GW HN HR
    HT HU IE IS IT JM LI LT LU LV MC ML MT MX MZ NE NI NL NO NZ PA PE PL PT PY RO RW SE SI SK SM SN SV TD TG US UY VE ZA""".split()  # noqa: SIM905
)


def sounds_like(word: str, given: str, lang: str, *, sure: bool = True) -> bool:
    """Whether a word, perhaps with an ending, may be a given name in another spelling.

    Args:
        word: as a text has it.
        given: the sound of the name.
        lang: of the text.
        sure: whether the same consonants, or nearly the same sound, are enough; else it takes both.
    """
    for stem in stems_of(word, lang):
        if given and _opens(stem) == _opens(given):
            same = not set(keys(stem)).isdisjoint(keys(given))
            near = alike(stem, given) >= LEAST
            if (same or near) if sure else (same and near):
                return True
    return False


def _opens(told: str) -> str:
    """The class of a first sound: a vowel, or its consonants."""
    return "" if told[:1] in _VOWELS else keys(told[:1])[0]


def given_names(entity: Entity, lang: str) -> dict[str, frozenset[str]]:
    """The words of a person's names but the last of each, and how they sound.

    Args:
        lang: of a text, which may have copied the name from another language.
    """
    return _given(entity.id, tuple(entity.names.items()), lang)


@lru_cache(maxsize=4_000)
def _given(
    _id: str, names: tuple[tuple[str, tuple[str, ...]], ...], lang: str
) -> dict[str, frozenset[str]]:
    return {
        word: frozenset({sound(word, own or "en"), sound(word, lang)})
        for own, spelled in names
        for name in spelled
        for word in _givens(name)
    }


def _givens(name: str) -> list[str]:
    return [
        word
        for word in _PATRONYMIC.sub("", name).split(" ")[:-1]
        if word[:1].isupper() and len(word.rstrip(".")) > 1
    ]


def _is_muhammad(word: str, lang: str) -> bool:
    """Whether a given name is one that so many bear that it alone tells nobody."""
    return not _MUHAMMAD.isdisjoint(stems_of(word, lang))


@lru_cache(maxsize=4_000)
def _has_more_names(_id: str, names: tuple[str, ...]) -> bool:
    """Whether whoever is called so is never named by that one given name: Mohamed Irfaan Ali."""
    return not any(
        _PATRONYMIC.search(name)
        or (len(givens := _givens(name)) == 1 and _is_muhammad(givens[0], "en"))
        for name in names
    )


def is_given(word: str, entity: Entity, lang: str, *, sure: bool) -> bool:
    """Whether a word in front is their given name, nearly letter by letter where names are copied, else by sound.

    Args:
        word: as a text in `lang` has it.
        sure: as of `sounds_like`.
    """
    givens = given_names(entity, lang)
    if is_anothers(word, entity, lang):
        return False
    if lang in _COPIED:
        return any(_nearly(fold(word), fold(given)) for given in givens)
    sounds = frozenset().union(*givens.values())
    return any(sounds_like(word, given, lang, sure=sure) for given in sounds)


_SAME_LETTERS = re.compile(r"ph|ck|eo|(?<=d)er$|o$|[cqwxyjzh]")
_PLAIN = {
    "ph": "f",
    "ck": "k",
    "eo": "io",
    "er": "r",
    "c": "k",
    "q": "k",
    "w": "v",
    "x": "ks",
    "y": "i",
    "j": "i",
    "z": "s",
}
_TWICE = re.compile(r"(.)\1+")


@lru_cache(maxsize=20_000)
def _plain(name: str) -> str:
    """A given name without what papers spell at will: Victor, Viktor; Anthony, Antony; Gustav, Gustavo."""
    return _TWICE.sub(r"\1", _SAME_LETTERS.sub(lambda m: _PLAIN.get(m[0], ""), fold(name)))


def is_anothers(word: str, entity: Entity, lang: str) -> bool:
    """Whether a word is a given name that is spelled like theirs, but is another: Michel, not Micheál."""
    if entity.country not in _COPYING or not is_listed(word):
        return False
    if lang in _COPIED:
        return _plain(word) not in map(_plain, given_names(entity, lang))
    if lang == "tr":
        return False
    sounds = {sound(word, lang), *stems_of(word, lang)}
    return not any(
        is_form_of(word, given) or not told.isdisjoint(sounds)
        for given, told in given_names(entity, lang).items()
    )


@lru_cache(maxsize=20_000)
def _nearly(one: str, other: str) -> bool:
    if one == other:
        return True
    return min(len(one), len(other)) > 3 and one[0] == other[0] and alike(one, other) >= LEAST


def find_given(
    text: str, start: int, entities: list[Entity], lang: str, sure: frozenset[str] = frozenset()
) -> tuple[int, Entity] | None:
    """Where the name begins whose family name stands at `start`, and whose it is.

    Args:
        text: the visible text.
        start: of the family name.
        entities: who bears it, likeliest first.
        lang: of the text.
        sure: ids of those in office or well known, of whom a likeness is enough.

    Returns:
        None if no word in front sounds like a given name of any of them.
    """
    front = _FRONT.search(text, max(0, start - 60), start)
    if front is None:
        return None
    words = list(_WORD.finditer(text, front.start(), start))
    if words and is_word(words[0][0], lang) and opens_sentence(text, words[0].start()):
        del words[0]  # "Pero Sánchez dijo"
    best: tuple[int, Entity] | None = None
    for entity in entities:
        fits = [is_given(word[0], entity, lang, sure=entity.id in sure) for word in words]
        if True not in fits:
            continue
        first = fits.index(True)
        if (
            sum(fits) == 1
            and _is_muhammad(words[first][0], lang)
            and _has_more_names(entity.id, entity.names.get("en", ()))
        ):
            continue
        # "Ким Чен Нам" has the family name of Kim Yong-nam in front, but not his given name.
        if entity.country in FAMILY_FIRST and not all(fits[first:]):
            continue
        if best is None or words[first].start() < best[0]:
            best = words[first].start(), entity
    return best


# Whose family name comes first: "Ма Їнцзю" is "Ма" ever after.
FAMILY_FIRST = frozenset({"CN", "TW", "KP", "KR", "VN"})
_SLAVIC = frozenset({"ru", "uk", "be", "pl"})
_CAPITAL_BEFORE = re.compile(rf"(?:[{_UPPER}][\w'’.-]*|-) ?$")
_CAPITAL_BEHIND = re.compile(rf"['’]?\w{{0,3}}[ -]\(?[{_UPPER}0-9]")
_WORDS = frozenset({"He", "She", "An", "Do", "So", "Lo", "Ho", "Ha", "No", "Le", "La", "Der", "Die", "Das", "Los", "Las", "El"})  # fmt: skip
_TAIL = re.compile(r"\w*")
_ENDINGS = frozenset(
    "а у ом ем ові еві ю я і ы е о ою ей ой ам ай й owi em iem a u ie ę ą y o i".split()  # noqa: SIM905
) | {""}
_HONOURED = re.compile(r" (?:Bey|Paşa|Hanım|Efendi)(?!\w)")


def _places_of(text: str, stem: str, after: int) -> Iterator[int]:
    """Where words begin that begin so, behind an offset."""
    at = text.find(stem, after)
    while at >= 0:
        before = text[at - 1 : at]
        if not (before.isalnum() or before in ("_", "'", "’", "-")) or at == 0:
            yield at
        at = text.find(stem, at + len(stem))


def find_first_names(doc: Document) -> list[Found]:
    """Where one named in full is named by the first word alone: "Raúl", "Ма", "Hakan Bey"."""
    firsts: dict[str, dict[str, Entity]] = {}
    seen: dict[str, int] = {}
    for found in doc.people:
        surface = doc.visible[found.start : found.end]
        first, _, rest = surface.partition(" ")
        if found.how != "full" or not rest or not first[:1].isupper() or not first.isalpha():
            continue
        if len(first) < 4 and found.entity.country not in FAMILY_FIRST:
            continue
        firsts.setdefault(first, {})[found.entity.id] = found.entity
        seen.setdefault(first, found.start)
    made: list[Found] = []
    if not firsts:
        return made
    places = {hit.start for hit in doc.hits if hit.has(PLACE)}
    for first, entities in firsts.items():
        if len(entities) > 1 or first in _WORDS:
            continue
        entity = next(iter(entities.values()))
        bends = doc.lang in _SLAVIC and len(first) > 3
        stem = first.rstrip("аяоaoyй") if bends else first
        for start in _places_of(doc.visible, stem, seen[first]):
            tail = _TAIL.match(doc.visible, start + len(stem))
            ending = tail[0] if tail is not None else ""
            if ending not in (_ENDINGS if bends else ("",)):
                continue
            end = start + len(stem) + len(ending)
            if doc.visible[end : end + 1] == "-":
                continue
            if start in places or _CAPITAL_BEHIND.match(doc.visible, end):
                continue
            before = _CAPITAL_BEFORE.search(doc.visible, max(0, start - 24), start)
            if before is not None and (
                fold(before[0].strip()) in doc.gazetteer.given_names
                or not opens_sentence(doc.visible, before.start())
            ):
                continue
            honoured = _HONOURED.match(doc.visible, end) if doc.lang == "tr" else None
            made.append(
                Found(
                    start,
                    honoured.end() if honoured else end,
                    entity,
                    "leader",
                    "surname",
                    "first-name",
                    0.7,
                )
            )
    return made
