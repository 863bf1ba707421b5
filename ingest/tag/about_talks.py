"""Whether a text speaks of leaders where it names a place: elsewhere no place is a venue.

The second reader has only read articles about talks, the classifier mostly. In the news at large (a concert
tour, a cup match, an election, a computer) they take "will play in Houston on Friday" for a meeting that
was agreed on. What articles about talks have in common is that they name leaders, of two sides at least,
and often: somebody in every 500 letters around 99.5 % of the labelled venues.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from ingest.model import VENUE_ROLES
from ingest.tag.document import Document, Found, inside
from ingest.tag.gazetteer import TITLE
from ingest.tag.proposer import peoples

_AROUND = 750  # letters before and after a place that are looked at
_EVERY = 500  # letters in which a leader is named
_SIDES = 2  # states and organisations whose leaders or governments are named
_BRIEF = 1_000  # letters of a text in which one side is enough
# Folded: those who are sent to talk.
_DELEGATES = re.compile(
    r"(?<!\w)(?:delega[tcsz]|делегац|делегат|дэлегац|дэлегат|heyet|negotiators?(?!\w)|переговорщик|перемовник|перамоушчык|"
    r"negocjator|unterhandler|negociateur|negociador|muzakereci)"
)


def speaks_of_leaders(doc: Document) -> bool:
    """Whether leaders are spoken of near some place; else nothing in a text is worth a second reading."""
    return any(_is_near_leaders(doc, place) for place in doc.places)


def quiet(doc: Document) -> None:
    """Make a location of every venue in `doc.places` where leaders of two sides are not spoken of."""
    venues = [place for place in doc.places if place.role in VENUE_ROLES]
    if not venues:
        return
    read = [doc] if doc.context is None else [doc, doc.context]
    is_brief = sum(len(one.visible) for one in read) <= _BRIEF
    sides = {person.entity.country for one in read for person in one.people} - {""}
    sides |= {p.entity.country for one in read for p in one.places if p.role == "government"}
    for place in venues:
        if _is_between_governments(doc, place):
            continue
        if not (is_brief or len(sides) >= _SIDES) or not _is_near_leaders(doc, place):
            place.role, place.rule = "location", "no leaders near; " + place.rule


def _is_between_governments(doc: Document, place: Found) -> bool:
    """Whether the sentence speaks of talks, and of a government, an office, a people or delegates.

    Such as "Turkey offered Istanbul for the talks", "the two delegations met in Geneva".
    """
    sentence = doc.read[doc.sentence_index(place.start)]
    start, end = sentence.start, sentence.end
    cues = {kind for _start, _end, kind in sentence.cues}
    if _DELEGATES.search(doc.folded.text, start, end):
        return not cues.isdisjoint(("meet", "hosted"))
    return "meet" in cues and (
        any(kind == "official" for _start, _end, kind in sentence.concepts)
        or any(p.role == "government" for p in inside(doc.places, sentence))
        or any(hit.has(TITLE) and start <= hit.start < end for hit in doc.hits)
        or next(peoples(doc.lang).find(doc, sentence), None) is not None
    )


def _is_near_leaders(doc: Document, place: Found) -> bool:
    """Whether leaders are named often around a place; a headline goes on in its article."""
    low = max(0, place.start - _AROUND)
    high = min(len(doc.visible), place.start + _AROUND)
    named, letters = _people(doc, low, high), high - low
    if doc.context is not None:
        named += _people(doc.context, 0, _AROUND)
        letters += min(len(doc.context.visible), _AROUND)
    # one will do in a text that is shorter than that
    return named > 0 and (named + 1) * _EVERY > letters


def _people(doc: Document, low: int, high: int) -> int:
    """How often leaders are named between two offsets; they stand in text order."""
    people = doc.people
    return bisect_right(people, high, key=_start) - bisect_left(people, low, key=_start)


def _start(found: Found) -> int:
    return found.start
