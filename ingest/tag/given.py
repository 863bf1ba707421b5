"""The given name in front of a family name: is it this person's, however it is spelled?

A family name that is known often stands behind a given name that is not spelled as the gazetteer has
it ("Гасан Саламе", "Kirył Dmitrijew", "Steve'a Witkoffa"). The two are one mention if the word in
front sounds like a given name of the person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache

from ingest.tag.document import Document, Found
from ingest.tag.fold import fold
from ingest.tag.gazetteer import PLACE, Entity

_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĻŁŃŅŇŌŐŒŘŚŞŠŢŤŪŮŰŲŹŻŽȘȚƏА-ЯЁІЇЄҐЎ"
_PARTICLE = (
    r"(?:[Aa]l|[Ee]l|[Aa]s|[Aa]sh|[Aa]sz|bin|ben|ibn|van|von|der|den|de|da|di|del|la|dos|du|ould|uld|ul|"
    r"аль|эль|ель|ас|аш|бин|бен|бін|ван|фон|дер|дэр|де|дэ|да|ді|ду|дос|душ|дус|ульд|уль)"
)
# Up to three words in capitals, initials among them, and particles, that end where the name begins.
_FRONT = re.compile(
    rf"(?<![\w.])((?:[{_UPPER}][\w'’-]*\w(?: [{_UPPER}]\.)*|[{_UPPER}]\.) ){{1,3}}(?:{_PARTICLE}[ -]){{0,2}}$|"
    rf"(?<![\w.])((?:[{_UPPER}][\w'’-]*\w(?: [{_UPPER}]\.)*|[{_UPPER}]\.) ){{1,3}}(?:{_PARTICLE}-|[{_UPPER}][\w'’]+-)$"
)
_WORD = re.compile(rf"[{_UPPER}][\w'’-]*\w")
_LATIN = (
    ("tsch", "c"), ("dsch", "j"), ("sch", "s"), ("szcz", "s"), ("tch", "c"), ("dj", "j"), ("dz", "j"), ("dż", "j"), ("cz", "c"), ("sz", "s"),
    ("kh", "h"), ("ch", "h"), ("gh", "g"), ("sh", "s"), ("zh", "j"), ("ph", "f"), ("th", "t"), ("ts", "c"), ("tz", "c"), ("qu", "k"),
    ("ck", "k"), ("q", "k"), ("x", "ks"), ("w", "v"), ("ü", "u"),
)  # fmt: skip
_CYRILLIC = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "є": "e", "ж": "j", "з": "z", "и": "i", "і": "i", "ї": "i",
        "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h",
        "ц": "c", "ч": "c", "ш": "s", "щ": "s", "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "u", "я": "a", "ў": "v", "'": "", "’": "",
    }
)  # fmt: skip
# Sounds that languages write for one another: "Гасан" is Hassan, "Жазэф" is Joseph, "Хавіер" is Javier.
_CLASSES = str.maketrans("dgzjcqy", "tkssski")


@lru_cache(maxsize=20_000)
def _skeleton(word: str) -> str:
    """The consonants of a word in classes that spellings share, h left out."""
    text = fold(word.lower().replace("ў", "в")).translate(_CYRILLIC)
    for letters, sound in _LATIN:
        text = text.replace(letters, sound)
    text = text.translate(_CLASSES)
    text = re.sub(r"[^a-z]|[aeiouh]", "", text.replace("g", "k"))
    return re.sub(r"(.)\1+", r"\1", text)


@lru_cache(maxsize=20_000)
def sounds_like(word: str, given: str) -> bool:
    """Whether a word, perhaps with an ending, may be this given name in another spelling.

    Args:
        word: as a text has it.
        given: as the gazetteer has it.
    """
    one, other = _skeleton(word), _skeleton(given)
    if not one or not other or _opens(word) != _opens(given):
        return False
    if one == other:
        return True
    if one.startswith(other):  # an ending: "Steve'em", "Хуаном", "Antony'ego"
        return one[len(other) :] in ("m", "k", "v", "p", "km")
    return (
        len(other) > 2
        and len(one) > 2
        and one[:2] == other[:2]
        and abs(len(one) - len(other)) < 2
        and one[:-1] in (other, other[:-1])
    )


_VOWEL = re.compile("[aeiouyh]")


@lru_cache(maxsize=20_000)
def _opens(word: str) -> str:
    """The class of the first sound: a vowel (or h, which many languages drop), or its consonant."""
    text = fold(word).translate(_CYRILLIC)
    return "" if _VOWEL.match(text) else _skeleton(word)[:1]


def given_names(entity: Entity) -> frozenset[str]:
    """The words of a person's names but the last of each."""
    return _given(entity.id, tuple(entity.names.items()))


@lru_cache(maxsize=4_000)
def _given(_id: str, names: tuple[tuple[str, tuple[str, ...]], ...]) -> frozenset[str]:
    return frozenset(
        word
        for _lang, spelled in names
        for name in spelled
        for word in name.split(" ")[:-1]
        if word[:1].isupper() and len(word) > 1
    )


_PLAIN_LATIN = frozenset({"en", "de", "fr", "es", ""})


def _is_given(word: str, given: str, lang: str, *, sure: bool) -> bool:
    """Whether a word in front is the given name: by sound where names are spelled by sound, else nearly letter by letter."""
    if lang not in _PLAIN_LATIN:
        return sounds_like(word, given) if sure else _skeleton(word) == _skeleton(given) and _opens(word) == _opens(given)  # fmt: skip
    return _nearly(fold(word), fold(given))


@lru_cache(maxsize=20_000)
def _nearly(one: str, other: str) -> bool:
    if one == other:
        return True
    if len(one) < 4 or len(other) < 4 or one[0] != other[0]:
        return False
    return SequenceMatcher(None, one, other).ratio() > 0.75


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
    best: tuple[int, Entity] | None = None
    for entity in entities:
        givens = given_names(entity)
        for word in words:
            if any(_is_given(word[0], given, lang, sure=entity.id in sure) for given in givens):
                if best is None or word.start() < best[0]:
                    best = word.start(), entity
                break
    return best


# Whose family name comes first: "Ма Їнцзю" is "Ма" ever after.
_FAMILY_FIRST = frozenset({"CN", "TW", "KP", "KR", "VN"})
_SLAVIC = frozenset({"ru", "uk", "be", "pl"})
_CAPITAL_BEFORE = re.compile(rf"(?:[{_UPPER}][\w'’.-]*|-) ?$")
_CAPITAL_BEHIND = re.compile(rf"['’]?\w{{0,3}}[ -]\(?[{_UPPER}0-9]")
_WORDS = frozenset({"He", "She", "An", "Do", "So", "Lo", "Ho", "Ha", "No", "Le", "La", "Der", "Die", "Das", "Los", "Las", "El"})  # fmt: skip
_TAIL = re.compile(r"\w*")
_ENDINGS = frozenset(
    [
        "",
        *[
            "а",
            "у",
            "ом",
            "ем",
            "ові",
            "еві",
            "ю",
            "я",
            "і",
            "ы",
            "е",
            "о",
            "ою",
            "ей",
            "ой",
            "ам",
            "ай",
            "ем",
            "й",
            "owi",
            "em",
            "iem",
            "a",
            "u",
            "ie",
            "ę",
            "ą",
            "y",
            "o",
            "i",
        ],
    ]
)
_HONOURED = re.compile(r" (?:Bey|Paşa|Hanım|Efendi)(?!\w)")


def _opens_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 3) : start].rstrip()
    return not before or before[-1] in '.!?:…"«„“'


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
        if len(first) < 4 and found.entity.country not in _FAMILY_FIRST:
            continue
        firsts.setdefault(first, {})[found.entity.id] = found.entity
        seen.setdefault(first, found.start)
    places = {hit.start for hit in doc.hits if hit.has(PLACE)}
    made: list[Found] = []
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
            if before is not None and not _opens_sentence(doc.visible, before.start()):
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
