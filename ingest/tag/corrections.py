"""Corrections by the desk, as JSON lines: what a mention, a proposal or a meeting is after all.

A correction of a text is anchored by article, surface, folded sentence and the surface's occurrence
in it, so it holds when the article is edited elsewhere, and for the same sentence in other articles.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from ingest import ids
from ingest.errors import SettingsError, UsageError
from ingest.model import ROLES, VENUE_ROLES
from ingest.tag.fold import fold_text
from ingest.tag.sentences import sentence_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_CHARS = 16 * 2**20
# Elsewhere a sentence must say enough to be the same by more than chance: "Minsk, 4 March" is not.
MIN_WORDS = 4
# In its own article an edited sentence is still the same if so much of it is left.
SIMILAR = 0.8
_ID = re.compile(r"c[0-9a-f]{8}")


class Was(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the tagger had said, to find it again and for people to read."""

    entity: str | None = None
    role: str | None = None
    kind: str = ""
    proposer: str | None = None
    status: str = ""
    venues: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()


class Correction(msgspec.Struct, frozen=True, omit_defaults=True):
    """One correction; of the fields that change something, those left None change nothing.

    Attributes:
        kind: what is corrected; `meeting` holds a meeting's id, the others an anchor.
        by, at: who made it and when.
        article, surface, sentence, occurrence: the anchor; `sentence` is folded.
        said, lang, published: the sentence as written, for the case that `evaluate` runs.
        none: it is no mention, or no proposal.
        proposer: entity id, ISO code, or "" for nobody.
        name, hide, merge, split: of a meeting: its name; out of sight; joined with another one;
            these venues (entity ids) are a meeting of their own.
    """

    id: str
    kind: Literal["mention", "proposal", "meeting"]
    by: str
    at: datetime
    article: str = ""
    surface: str = ""
    sentence: str = ""
    occurrence: int = 0
    said: str = ""
    lang: str = ""
    published: datetime | None = None
    was: Was = Was()
    none: bool = False
    role: str | None = None
    entity: str | None = None
    proposer: str | None = None
    status: str | None = None
    venues: tuple[str, ...] | None = None
    parties: tuple[str, ...] | None = None
    meeting: str = ""
    name: str | None = None
    hide: bool = False
    merge: str | None = None
    split: tuple[str, ...] | None = None

    @property
    def change(self) -> str:
        """What it changes, for people to read."""
        told = ["none"] if self.none else []
        for field in ("role", "entity", "status", "proposer", "venues", "parties", "name", "merge"):
            value = getattr(self, field)
            if value is not None:
                told.append(f"{field} {','.join(value) if isinstance(value, tuple) else value}")
        told += ["hidden"] if self.hide else []
        told += [f"split {','.join(self.split)}"] if self.split else []
        return "; ".join(told)


def with_id(correction: Correction) -> Correction:
    """Return the correction with the id that its anchor, author and time give it."""
    c = correction
    parts = (c.kind, c.meeting, c.article, c.surface, c.sentence, str(c.occurrence), c.by)
    digest = ids.sha256("correction", *parts, c.at.isoformat())
    return msgspec.structs.replace(c, id=f"c{digest[:8]}")


def parse_corrections(text: str, source: str = "corrections") -> tuple[Correction, ...]:
    """Read JSON lines.

    Raises:
        SettingsError: names file, line and correction.
    """
    if len(text) > MAX_CHARS:
        raise SettingsError(source, f"is longer than {MAX_CHARS:,} characters", "split it")
    found: dict[str, Correction] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{source}:{number}"
        try:
            one = msgspec.json.decode(line.encode(), type=Correction)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as exc:
            raise SettingsError(where, f"is no correction: {exc}"[:300], "mend the line") from exc
        if reason := _wrong(one):
            raise SettingsError(f"{where}: {one.id[:20]}", reason, "mend the line")
        if one.id in found:
            raise SettingsError(f"{where}: {one.id}", "stands twice", "take one of them out")
        found[one.id] = one
    return tuple(found.values())


def dump_corrections(corrections: Iterable[Correction]) -> str:
    """Write corrections as `parse_corrections` reads them."""
    return "".join(msgspec.json.encode(one).decode() + "\n" for one in corrections)


def _wrong(one: Correction) -> str:
    if not _ID.fullmatch(one.id):
        return "has no id such as c0123abcd"
    if one.at.tzinfo is None:
        return "its time has no zone"
    if one.kind == "meeting":
        changes = one.hide or one.name is not None or one.merge or one.split
        return "" if one.meeting and changes else "names no meeting, or changes nothing"
    if not one.sentence or not one.surface or one.occurrence < 0:
        return "has no anchor: sentence, surface and occurrence"
    if one.role is not None and one.role not in ROLES:
        return f"role {one.role[:20]!r} is none; one of {', '.join(ROLES)}"
    if one.status is not None and one.status not in VENUE_ROLES:
        return f"status {one.status[:20]!r} is none; one of {', '.join(VENUE_ROLES)}"
    of_mention = one.role is not None or one.entity is not None
    of_proposal = any(
        value is not None for value in (one.proposer, one.status, one.venues, one.parties)
    )
    if one.kind == "mention" and not (one.none or of_mention):
        return "changes nothing: role, entity or none"
    if one.kind == "proposal" and not (one.none or of_proposal):
        return "changes nothing: proposer, status, venues, parties or none"
    return ""


# --- where a correction holds ------------------------------------------------------------------


def sentence_key(text: str) -> str:
    """Return a sentence as corrections compare it: folded, blanks as one."""
    return " ".join(fold_text(text).text.split())


@dataclass(frozen=True, slots=True)
class Place:
    """Where a correction holds in a text: its sentence and its surface, half-open offsets."""

    sentence: tuple[int, int]
    start: int
    end: int


class Corrections:
    """Corrections by the sentence that they are anchored in."""

    def __init__(self, corrections: Sequence[Correction] = ()) -> None:
        self.all = tuple(corrections)
        self._by_sentence: defaultdict[str, list[Correction]] = defaultdict(list)
        self._by_article: defaultdict[str, list[Correction]] = defaultdict(list)
        for one in self.all:
            if one.kind != "meeting":
                self._by_sentence[one.sentence].append(one)
                self._by_article[one.article].append(one)

    def __bool__(self) -> bool:
        return bool(self._by_sentence)

    @property
    def meetings(self) -> tuple[Correction, ...]:
        """Those of meetings, in the order they were made."""
        return tuple(one for one in self.all if one.kind == "meeting")

    def find(
        self, folded: str, bounds: Sequence[tuple[int, int]], article: str = ""
    ) -> list[tuple[Correction, Place]]:
        """Return the corrections that hold in a text, in the order they were made.

        Args:
            folded: the text, folded without moving an offset.
            bounds: its sentences.
            article: its id; corrections made in it hold even if their sentence was edited a little.
        """
        found: list[tuple[Correction, Place]] = []
        unmet = dict.fromkeys(one.id for one in self._by_article.get(article, ()))
        keys = [" ".join(folded[start:end].split()) for start, end in bounds]
        for key, sentence in zip(keys, bounds, strict=True):
            for one in self._by_sentence.get(key, ()):
                if one.article != article and len(key.split()) < MIN_WORDS:
                    continue
                place = _place(folded, sentence, one)
                if place is not None:
                    unmet.pop(one.id, None)
                    found.append((one, place))
        found += [
            (one, place)
            for one in self._by_article.get(article, ())
            if one.id in unmet and (place := _edited(folded, bounds, keys, one)) is not None
        ]
        order = {one.id: at for at, one in enumerate(self.all)}
        return sorted(found, key=lambda pair: order[pair[0].id])


def find_in(corrections: Corrections, text: str, lang: str, article: str = "") -> set[str]:
    """Return the ids of the corrections that hold in a text."""
    folded = fold_text(text)
    bounds = sentence_bounds(folded.visible, lang.lower()[:2])
    return {one.id for one, _place in corrections.find(folded.text, bounds, article)}


def occurrence_in(sentence: str, surface: str, offset: int) -> int:
    """Return which of the surface's namings in a sentence begins at (or nearest to) an offset."""
    starts = [start for start, _end in _namings(fold_text(sentence).text, fold_text(surface).text)]
    if not starts:
        return 0
    return min(range(len(starts)), key=lambda n: abs(starts[n] - offset))


def _namings(text: str, surface: str) -> list[tuple[int, int]]:
    if not surface:
        return []
    pattern = rf"(?<!\w){re.escape(surface)}(?!\w)"
    return [match.span() for match in re.finditer(pattern, text)]


def _place(folded: str, sentence: tuple[int, int], one: Correction) -> Place | None:
    start, end = sentence
    spans = _namings(folded[start:end], fold_text(one.surface).text)
    if one.occurrence >= len(spans):
        return None
    low, high = spans[one.occurrence]
    return Place(sentence, start + low, start + high)


def _edited(
    folded: str, bounds: Sequence[tuple[int, int]], keys: Sequence[str], one: Correction
) -> Place | None:
    """The place in the sentence that is most like the anchored one, if it is like enough."""
    best: tuple[float, Place] | None = None
    for key, sentence in zip(keys, bounds, strict=True):
        matcher = difflib.SequenceMatcher(None, one.sentence, key, autojunk=False)
        if min(matcher.real_quick_ratio(), matcher.quick_ratio()) < SIMILAR:
            continue
        ratio = matcher.ratio()
        place = _place(folded, sentence, one) if ratio >= SIMILAR else None
        if place is not None and (best is None or ratio > best[0]):
            best = ratio, place
    return best[1] if best else None


def undone(corrections: Sequence[Correction], correction_id: str) -> tuple[Correction, ...]:
    """Return the corrections without one of them; raises UsageError if it is not there."""
    kept = tuple(one for one in corrections if one.id != correction_id)
    if len(kept) == len(corrections):
        raise UsageError(correction_id, "is no correction", "see: summitwatch correct list")
    return kept


def redirected(corrections: Iterable[Correction], redirects: Mapping[str, str]) -> list[Correction]:
    """Return the corrections with merged and promoted entities as they are called now."""

    def now(entity: str | None) -> str | None:
        return None if entity is None else redirects.get(entity, entity)

    return [
        msgspec.structs.replace(
            one,
            entity=now(one.entity),
            proposer=now(one.proposer),
            venues=None if one.venues is None else tuple(redirects.get(v, v) for v in one.venues),
            was=msgspec.structs.replace(
                one.was,
                entity=now(one.was.entity),
                proposer=now(one.was.proposer),
                venues=tuple(redirects.get(v, v) for v in one.was.venues),
            ),
        )
        for one in corrections
    ]
