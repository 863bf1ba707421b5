"""Whose refusal or readiness a sentence tells: its subject, or the one whose words it gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.tag.document import inside
from ingest.tag.features import clause_of, is_capital
from ingest.tag.fold import fold
from ingest.tag.parties import speaks_for
from ingest.tag.proposer import state_code
from ingest.tag.stance_cues import STOP, Cue, Span, clause_start
from ingest.tag.stance_words import StanceWords

if TYPE_CHECKING:
    from ingest.tag.document import Document, Found, Sentence

BESIDE = 16  # letters between a state and a word of refusing or readiness that it is the subject of
TELLING = 60  # letters between a name and the word that says that it tells something
_TURKISH_OBJECT = re.compile(r" ile\b|'?y?l[ae]\b|'?[yn]?[aeiu]\b|'?[dt][ae]n\b")
_TURKISH_SUBJECT_OF_CLAUSE = re.compile(r"'?n?[iu]n\b")
_TURKISH_NOMINAL = re.compile(r"\w(?:dig|tig|dug|tug|ceg|cag)[iu]\w*")
_ACCORDING = re.compile(r" zufolge\b|'?[yn]?[ae] gore\b")
_BENDS = frozenset({"ru", "uk", "be", "pl"})
_DROPS_PRONOUNS = frozenset({"es", "tr", "pl"})
_QUOTES = re.compile(r": ?[\"«„“]")
_BEHIND = re.compile(r"[,\"'»“”!-] ?(?:[^\W\d]{1,3} )?$")  # ends what is quoted: ", said Putin"


def find_subjects(
    doc: Document, sentence: Sentence, cues: list[Cue], words: StanceWords
) -> list[Found]:
    """Leaders and states of a sentence that may be the subject of a verb, in text order."""
    text = doc.folded.text
    names = inside(doc.people, sentence)
    names += [p for p in inside(doc.places, sentence) if _may_speak(doc, p, cues)]
    names.sort(key=lambda f: f.start)
    subjects = []
    last = sentence.start
    for name in names:
        before = doc.visible[max(last, name.start - 30) : name.start].lower()
        last = name.end
        if words.object.search(before) or words.source.search(before):
            continue
        if _ACCORDING.match(text, name.end):
            continue
        if doc.lang == "tr" and _TURKISH_OBJECT.match(text, name.end):
            continue
        subjects.append(name)
    if doc.lang in _BENDS:
        return [name for name in subjects if _is_nominative(doc, name)] or subjects
    return subjects


def _may_speak(doc: Document, place: Found, cues: list[Cue]) -> bool:
    """Whether a place is a government, whatever its role where it is a state right before a cue."""
    if place.role == "government" or place.confidence < 0.5:
        return True
    text = doc.folded.text
    return is_state(doc, place) and any(
        0 < cue.span[0] - place.end <= BESIDE and not STOP.search(text, place.end, cue.span[0])
        for cue in cues
    )


def is_state(doc: Document, place: Found) -> bool:
    """Whether a place is a state or its capital."""
    return place.entity.kind == "country" or is_capital(doc, place)


def _is_nominative(doc: Document, found: Found) -> bool:
    if found.how == "title":
        return True
    last = doc.folded.text[found.start : found.end].rpartition(" ")[2]
    names = [name for spelled in found.entity.names.values() for name in spelled]
    return any(fold(name).rpartition(" ")[2] == last for name in names)


def find_tellers(
    doc: Document, sentence: Sentence, names: list[Found], words: StanceWords
) -> list[tuple[Span, Found]]:
    """Who tells something in a sentence, with the word that says so."""
    text = doc.folded.text
    found: list[tuple[Span, Found]] = []
    for match in words.tell.finditer(text, sentence.start, sentence.end):
        start, end = match.span()
        after = [n for n in names if end <= n.start <= end + TELLING]
        before = [n for n in names if n.end <= start]
        if after and _BEHIND.search(text, sentence.start, start):
            found.append((match.span(), after[0]))
        elif doc.lang == "tr" and before:
            free = [n for n in before if not _TURKISH_SUBJECT_OF_CLAUSE.match(text, n.end)]
            found += [((start, end), name) for name in free[:1]]
        elif before and start - before[-1].end <= TELLING:
            found.append((match.span(), before[-1]))
    for match in _QUOTES.finditer(text, sentence.start, sentence.end):
        before = [n for n in names if n.end <= match.start()]
        found += [(match.span(), name) for name in before[-1:]]
    others = [
        p
        for p in inside([*doc.people, *doc.places], sentence)
        if p.kind == "leader" or p.role == "government"
    ]
    for name in others:
        words_before = doc.visible[max(sentence.start, name.start - 40) : name.start].lower()
        if words.source.search(words_before) or _ACCORDING.match(text, name.end):
            found.append(((name.start, name.start), name))
    return found


def find_speaker(
    doc: Document,
    sentences: list[Sentence],
    at: int,
    cue: Cue,
    names: list[Found],
    told: list[tuple[Span, Found]],
    words: StanceWords,
) -> Found | None:
    """Who stands last before the cue as a subject, in its clause or else in the sentence.

    Where nobody does, whose words they are; for a pronoun the first subject of the sentence before.
    """
    sentence, text = sentences[at], doc.folded.text
    before = [name for name in reversed(names) if name.end <= cue.span[0]]
    if before:
        low, _high = clause_of(sentence, cue.span[0])
        near = [name for name in before if name.start >= low] or before
        if doc.lang == "de":  # an object may stand before the verb, but behind the subject
            start = clause_start(text, sentence.start, cue.span[0])
            return next((name for name in reversed(before) if name.start >= start), before[0])
        if doc.lang == "tr" and not _TURKISH_NOMINAL.search(text, cue.span[0], cue.span[1] + 12):
            free = [n for n in before if not _TURKISH_SUBJECT_OF_CLAUSE.match(text, n.end)]
            return (free or near)[0]
        return near[0]
    if told:
        return told[0][1]
    if at and (doc.lang in _DROPS_PRONOUNS or words.he.search(text, sentence.start, cue.span[0])):
        return next(iter(find_subjects(doc, sentences[at - 1], [], words)), None)
    return None


def is_told_by_another(doc: Document, teller: Found, tell: Span, speaker: Found, cue: Cue) -> bool:
    """Whether somebody of another state tells of the speaker."""
    if teller is speaker:
        return False
    about = tell[1] <= speaker.start or tell[0] >= cue.span[1]
    theirs = identity(doc, teller)[2]
    return about and theirs is not None and theirs != identity(doc, speaker)[2]


def identity(doc: Document, found: Found) -> tuple[str, str, str | None]:
    """Id, name and state of a leader; a state's code for all three."""
    if found.kind == "leader":
        return found.entity.id, found.entity.name, speaks_for(doc, found)
    code = state_code(found.entity.country) or ""
    return code, code, code or None
