"""Words of refusing and of readiness beside words of meeting, in a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ingest.tag.stance_words import StanceWords

if TYPE_CHECKING:
    from ingest.tag.document import Document, Sentence

Stand = Literal["refused", "ready"]
Span = tuple[int, int]

NEAR = 60  # letters between the word of refusing or readiness and that of meeting
CLOSE = 22  # the same for words that say so only of what they stand beside: "not", "wants to"
MANY, FEW, FEWEST = 99, 3, 2  # words between them, at most
STOP = re.compile(r"[^\w\s'-]")
# Talking to these is no meeting of states.
_PRESS = re.compile(
    r".{0,12}(?:reporter|journalist|press|журналист|журналіст|прес|dziennikar|mediam|gazeteci|basin|periodist|prensa)"
)
_FIXED = frozenset({"en", "fr", "es"})  # "not" stands before what it denies
_BREAK = re.compile(r"[;:!?]|, (?:but|а|но|але|aber|mais|pero|ama|ale|albo) ")
_CLAUSE_START = re.compile(r".*[,;:(\"«“„]|.* - ")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Cue:
    """A word of refusing or readiness with its word of meeting.

    Attributes:
        gap: letters between the two.
    """

    stand: Stand
    span: Span
    meet: Span
    gap: int


def find_meetings(doc: Document, words: StanceWords) -> dict[int, list[Span]]:
    """Words of meeting by the number of their sentence, those apart that only tell when something is."""
    text = doc.folded.text
    spans = [m.span() for m in words.meet.finditer(text)]
    spans += [
        seen.span()
        for person in doc.people
        for seen in words.see.finditer(text, max(0, person.start - 25), person.start)
        if not STOP.search(text, seen.end(), person.start)
    ]
    found: dict[int, list[Span]] = {}
    for start, end in sorted(set(spans)):
        low, word = max(0, start - 40), _WORD.match(text, start)
        occasion = words.at.search(text[low : word.end() if word else end])
        if _PRESS.match(text, end) or (occasion and not words.part.search(text, low, start)):
            continue
        found.setdefault(doc.sentence_index(start), []).append((start, end))
    return found


def find_cues(
    doc: Document, sentence: Sentence, meets: list[Span], words: StanceWords
) -> list[Cue]:
    """Words of refusing and readiness, each with the nearest word of meeting; the nearest first.

    Of two about one meeting the refusal counts, "declined to accept an invitation to talks", and
    before both what only looks like one.
    """
    text, low, high = doc.folded.text, sentence.start, sentence.end
    accepts = [m.span() for m in words.accept.finditer(text, low, high)]
    refusals = _apart(words.refuse, text, low, high, accepts)
    denials = _apart(words.negated, text, low, high, accepts + refusals)
    readies = _apart(words.ready, text, low, high, accepts + refusals)
    wishes = _apart(words.want, text, low, high, accepts + refusals + denials + readies)
    made: list[tuple[int, Cue]] = []
    sorts: tuple[tuple[int, Stand, list[Span], int, int], ...] = (
        (0, "ready", accepts, NEAR, MANY),
        (1, "refused", refusals, NEAR, MANY),
        (1, "refused", denials, CLOSE, FEWEST),
        (2, "ready", readies, NEAR, MANY),
        (2, "ready", wishes, CLOSE, FEW),
    )
    for rank, stand, spans, near, few in sorts:
        for span in spans:
            gaps = [
                (gap, m)
                for m in meets
                if (gap := _gap(text, span, m, near, few, words)) is not None
                and not (stand == "refused" and words.joined.search(text, span[1], m[0]))
                and not (few == FEWEST and doc.lang in _FIXED and span[0] > m[0])
            ]
            if gaps and not _is_unreal(text, low, span, words):
                gap, meet = min(gaps)
                behind = rank == 1 and span[0] > meet[1] and STOP.search(text, meet[1], span[0])
                made.append((3 if behind else rank, Cue(stand, span, meet, gap)))
    nearest: dict[Span, int] = {}
    for _rank, cue in made:
        nearest[cue.meet] = min(cue.gap, nearest.get(cue.meet, cue.gap))
    made.sort(key=lambda one: (nearest[one[1].meet], one[0], one[1].gap))
    return [cue for _rank, cue in made]


def _apart(
    pattern: re.Pattern[str], text: str, low: int, high: int, others: list[Span]
) -> list[Span]:
    """Where an expression stands, but not upon one of others."""
    spans = [m.span() for m in pattern.finditer(text, low, high)]
    return [s for s in spans if not any(s[0] < end and start < s[1] for start, end in others)]


def _gap(text: str, span: Span, meet: Span, near: int, few: int, words: StanceWords) -> int | None:
    """Letters between two spans; None where they are too far apart, or it is about something else."""
    start, end = min(span[1], meet[1]), max(span[0], meet[0])
    if start > end:
        return 0
    if words.see.fullmatch(text, *meet):
        near, few = CLOSE, FEW
    if end - start > near or text.count(" ", start, end) > few + 1:
        return None
    if _BREAK.search(text, start, end) or words.other.search(text, span[1], span[1] + 20):
        return None
    low = start if span[0] < meet[0] else max(0, meet[0] - 12)
    return None if words.other.search(text, low, max(end, meet[1])) else end - start


def _is_unreal(text: str, low: int, span: Span, words: StanceWords) -> bool:
    """Whether the clause says that it might be or that it was long ago."""
    start = clause_start(text, low, span[0])
    return bool(
        words.unsure.search(text, start, span[1] + 12)
        or words.maybe.search(text, low, span[0])
        or words.had.search(text, start, span[1] + 12)
    )


def clause_start(text: str, low: int, at: int) -> int:
    """Behind the last punctuation before an offset."""
    opened = _CLAUSE_START.match(text, low, at)
    return opened.end() if opened else low
