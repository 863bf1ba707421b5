"""A refusal or readiness to meet at all, with no place named: by rules, in nine languages.

A word of refusing or of being ready, close to a word of meeting, said of a leader or a state that
stands before it as its subject, or by the one whose words they are. What another state says of it is
none, nor is what might be, what was long ago, and readiness to help or to host. A sentence that names
a place for the meeting is a proposal's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.model import VENUE_ROLES, MeetingStance
from ingest.tag.document import inside
from ingest.tag.features import read_sentences
from ingest.tag.gazetteer import ADJECTIVE
from ingest.tag.parties import speaks_for
from ingest.tag.proposer import state_code
from ingest.tag.stance_cues import STOP, Cue, Span, Stand, find_cues, find_meetings
from ingest.tag.stance_speakers import (
    find_speaker,
    find_subjects,
    find_tellers,
    identity,
    is_state,
    is_told_by_another,
)
from ingest.tag.stance_words import StanceWords, stance_words
from ingest.tag.when import is_background

if TYPE_CHECKING:
    from ingest.tag.document import Document, Found, Sentence

SURE = 0.6  # of a state's role, where that is a venue
# What is behind these is the other side.
_WITH = re.compile(
    r"(?<!\w)(?:with|talk to|talking to|speak to|speaking to|с|со|з|із|зі|зь|z|ze|mit|avec|parler a|con)"
    r" (?:the |der |dem |la |le |el |l')?$"
)
_OURS = 6  # stances of one article at most: a digest of the day is no source of them


def find_stances(doc: Document) -> list[MeetingStance]:
    """Return the stances of a text in its order; each speaker's of a kind once."""
    words = stance_words(doc.lang)
    if words is None or not (doc.people or doc.places):
        return []
    meets = find_meetings(doc, words)
    if not meets:
        return []
    found: dict[tuple[str, Stand], MeetingStance] = {}
    sentences = doc.read or read_sentences(doc)
    for at, spans in meets.items():
        for stance in _stances(doc, sentences, at, spans, words):
            found.setdefault((stance.by, stance.stand), stance)
    return list(found.values())[:_OURS]


def _stances(
    doc: Document, sentences: list[Sentence], at: int, meets: list[Span], words: StanceWords
) -> Iterator[MeetingStance]:
    sentence, text = sentences[at], doc.folded.text
    if sentence.question:
        return
    cues = find_cues(doc, sentence, meets, words)
    if not cues or is_background(text[sentence.start : sentence.end], doc.day):
        return
    names = find_subjects(doc, sentence, cues, words)
    if any(_is_venue(doc, p) and p not in names for p in inside(doc.places, sentence)):
        return
    told = find_tellers(doc, sentence, names, words)
    taken: set[str] = set()
    for cue in cues:
        speaker = find_speaker(doc, sentences, at, cue, names, told, words)
        if speaker is None:
            continue
        by, name, country = identity(doc, speaker)
        if not by or (country or by) in taken:
            continue
        if any(is_told_by_another(doc, teller, tell, speaker, cue) for tell, teller in told):
            continue
        parties, sure = _parties(doc, sentence, cue, country)
        if len(parties) < 2 or not _is_among(doc, sentence, cue, country, words):
            continue
        taken.add(country or by)
        start, end = doc.original(sentence.start, sentence.end)
        yield MeetingStance(
            by=by,
            by_name=name,
            country=country,
            stand=cue.stand,
            parties=parties,
            start=start,
            end=end,
            confidence=0.7 if sure else 0.5,
            rule=f"{text[slice(*cue.span)]} + {text[slice(*cue.meet)]}; by {speaker.how}",
        )


def _is_venue(doc: Document, place: Found) -> bool:
    """Whether a place is where somebody would meet, and not one who would."""
    if place.role not in VENUE_ROLES or _is_party(doc, place):
        return False
    return place.confidence >= SURE or not is_state(doc, place)


def _is_party(doc: Document, place: Found) -> bool:
    """Whether a place is the other side: "talks with Kyiv"."""
    text = doc.folded.text
    if place.role == "government":
        return True
    if doc.lang == "tr":
        return text.startswith(" ile ", place.end)
    return bool(_WITH.search(text, max(0, place.start - 20), place.start))


def _parties(
    doc: Document, sentence: Sentence, cue: Cue, country: str | None
) -> tuple[tuple[str, ...], bool]:
    """Who would meet, and whether the sentence says so."""
    own = {country} if country else set()
    others = set(_states(doc, sentence.start, sentence.end)) - own
    if not others:
        others = set(_adjectives(doc, cue)) - own
    if not others:
        states = [p for p in inside(doc.places, sentence) if is_state(doc, p)]
        others = {code for p in states if (code := state_code(p.entity.country))} - own
    if others:
        return tuple(sorted(others | own)), True
    return tuple(sorted({*own, *_likeliest(doc, country)})), False


def _adjectives(doc: Document, cue: Cue) -> list[str]:
    """States that an adjective near the cue names: "talks with the Americans"."""
    low, high = min(cue.span[0], cue.meet[0]) - 25, max(cue.span[1], cue.meet[1]) + 40
    countries = doc.gazetteer.compiled.countries
    rows = [row for hit in doc.hits if low <= hit.start < high for row in hit.rows(ADJECTIVE)[:1]]
    return [code for row in rows if (code := state_code(countries[row].code))]


def _is_among(
    doc: Document, sentence: Sentence, cue: Cue, country: str | None, words: StanceWords
) -> bool:
    """Whether the speaker is one of those who would meet: not in "wants talks between X and Y"."""
    text = doc.folded.text
    match = words.among.search(text, cue.meet[1], min(cue.meet[1] + 25, sentence.end))
    if match:
        others = set(_states(doc, match.end(), sentence.end))
        return not others or country in others
    stop = STOP.search(text, cue.meet[1], sentence.end)
    high = min(cue.meet[1] + 60, stop.start() if stop else sentence.end)
    behind = [p for p in (*doc.people, *doc.places) if cue.meet[1] <= p.start < high]
    theirs = set(_states(doc, cue.meet[1], high)) - {country}
    if len(theirs) > 1 and country not in _states(doc, cue.meet[1], high):
        first = min(behind, key=lambda p: p.start)
        return bool(_WITH.search(text, max(0, first.start - 20), first.start))
    offered = set(_states(doc, cue.span[1], cue.meet[0])) - {country}
    return not (offered and theirs - offered)


def _states(doc: Document, start: int, end: int) -> list[str]:
    codes = [speaks_for(doc, p) for p in doc.people if start <= p.start < end]
    codes += [
        state_code(p.entity.country)
        for p in doc.places
        if start <= p.start < end and _is_party(doc, p)
    ]
    return [code for code in codes if code and code != "VA"]


def _likeliest(doc: Document, country: str | None) -> list[str]:
    """The state that the article names most beside the speaker's."""
    counts: dict[str, int] = {}
    for code in _states(doc, 0, len(doc.visible)):
        if code != country:
            counts[code] = counts.get(code, 0) + 1
    return sorted(counts, key=lambda code: (-counts[code], code))[:1]
