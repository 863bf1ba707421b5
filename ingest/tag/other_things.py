"""Names of places that mean something else in most articles: LAN, Java, Jupiter, the airline Emirates, Kate York.

An article about talks seldom has them; an article about anything else has little else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ingest.tag.capitals import opens_sentence
from ingest.tag.document import Document
from ingest.tag.first_names import is_first_name
from ingest.tag.fold import CYRILLIC_UPPER, LATIN_UPPER, fold
from ingest.tag.gazetteer import ADJECTIVE, PLACE, Entity
from ingest.tag.match import Hit, whole_places
from ingest.tag.towns import LIST

# Things, people and heavenly bodies better known than the place: it is meant where its state is spoken of.
_THINGS = frozenset(
    """
    babel cypress draper java kali merkur mercury newton opera rogers vista vite ява юпитер юпітэр юпітер
    ньютон ньютан
    """.split()  # noqa: SIM905
)
# Universities in America, and a planet: the town is what something is in, or has its state behind it.
_RATHER_OTHERS = frozenset(["columbia", "cornell", "princeton", "stanford", "yale", "jupiter"])
_ACRONYM = 4  # letters, at most, of a name in capitals that is more often an abbreviation
_SHOUTED = 0.6  # share of the words of a line
_WORD = re.compile(r"[^\W\d_]{2,}")
_DIRECT_CURRENT_BEFORE = re.compile(r"(?:\d|kw|volts?|amps?|ac|ac[/-]) ?$")
_DIRECT_CURRENT_BEHIND = re.compile(
    r"[ -](?:fast|power|charg|motor|current|voltage|to|comics|universe|adapter|input|output|supply|link)"
)
_IN = re.compile(r"(?<!\w)(?:in|en|w|a) $")
_GIVEN = re.compile(rf"([{LATIN_UPPER}{CYRILLIC_UPPER}][\w'’-]+) $")


def is_something_else(
    doc: Document, hit: Hit, index: int, entity: Entity, countries: Mapping[str, int]
) -> bool:
    """Whether a name is rather that of a thing, a firm, a body in the sky, or an abbreviation."""
    form = doc.folded.text[hit.start : hit.end]
    before = doc.folded.text[max(0, hit.start - 12) : hit.start]
    if _is_abbreviation(doc, hit, entity):
        return True
    if form in _THINGS:
        return not _is_spoken_of_otherwise(doc, hit, entity, countries)
    if form in _RATHER_OTHERS and entity.country == "US":
        return not (_IN.search(before) or doc.visible.startswith(", ", hit.end))
    if doc.lang == "en" and form == "europa":
        return True  # Jupiter's moon
    if doc.lang == "en" and form == "england":
        return before.endswith("new ")
    if doc.lang == "en" and form == "emirates":
        return not before.endswith(("the ", "arab "))
    if form == "dc":
        return bool(
            _DIRECT_CURRENT_BEFORE.search(before)
            or _DIRECT_CURRENT_BEHIND.match(doc.folded.text, hit.end)
        )
    return doc.lang == "en" and form == "washington" and _is_the_state(doc, index)


def _is_abbreviation(doc: Document, hit: Hit, entity: Entity) -> bool:
    """Whether a short name in capitals is none of a headline or a dateline: a LAN is not Lány."""
    surface = doc.visible[hit.start : hit.end]
    if len(surface) > _ACRONYM or not surface.isupper() or not surface.isalpha():
        return False
    if any(name.isupper() for names in entity.names.values() for name in names):
        return False
    low = doc.visible.rfind("\n", 0, hit.start) + 1
    if (
        not doc.visible[low : hit.start].strip(" «„“\"'*•–—-/(")
        or doc.visible[low : hit.start].isupper()
    ):
        return False
    high = doc.visible.find("\n", hit.end)
    words = _WORD.findall(doc.visible, low, high if high >= 0 else len(doc.visible))
    return sum(map(str.isupper, words)) <= _SHOUTED * len(words)


def _is_spoken_of_otherwise(
    doc: Document, hit: Hit, entity: Entity, countries: Mapping[str, int]
) -> bool:
    """Whether another name than this one speaks of a place's state."""
    if not countries.get(entity.country):
        return False
    form = doc.folded.text[hit.start : hit.end]
    return any(
        entity.country in doc.states_of(other)
        for other in doc.hits
        if (other.has(PLACE) or other.has(ADJECTIVE))
        and not doc.folded.text[other.start : other.end].startswith(form)
    )


def _is_the_state(doc: Document, index: int) -> bool:
    """Whether it is the state in the northwest, of which the gazetteer has no entry: "Kent, Washington"."""
    every = doc.gazetteer.compiled.entities
    hit = doc.hits[index]
    kinds: list[str] = []
    for other in (index - 1, index + 1):
        if not 0 <= other < len(doc.hits):
            kinds.append("")
            continue
        first, second = sorted((hit, doc.hits[other]), key=lambda h: h.start)
        rows = doc.hits[other].rows(PLACE)
        beside = doc.folded.text[first.end : second.start]
        american = [every[row] for row in rows if every[row].country == "US"]
        if not american or not (LIST.fullmatch(beside) or beside.strip() == ","):
            kinds.append("")
        else:
            kinds.append("city" if all(e.kind == "city" for e in american) else "region")
    before = doc.folded.text[hit.start - 2 : hit.start]
    return kinds == ["region", "region"] or (
        kinds[0] == "city" and kinds[1] == "" and before == ", "
    )


def is_borne(doc: Document, hit: Hit) -> bool:
    """Whether the text gives the name to a person elsewhere: "Kate York" makes York hers."""
    surface = doc.visible[hit.start : hit.end]
    if " " in surface or doc.lang == "de":
        return False
    key = f"\0{surface}"  # no word that anybody else asks for
    if key not in doc.inside:
        doc.inside[key] = any(
            (given := _GIVEN.search(doc.visible, max(0, at - 30), at)) is not None
            and is_first_name(given[1], doc.lang, doc.gazetteer.given_names)
            and fold(given[1]) not in _TOWARDS
            and not (opens_sentence(doc.visible, at))
            for at in whole_places(doc.visible, surface)
        )
    return doc.inside[key]


_TOWARDS = frozenset(
    ["in", "an", "de", "la", "san", "santa", "saint", "st", "los", "las", "el", "al"]
)
