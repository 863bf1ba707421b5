"""Meetings known from before, and what the desk made of them. Pure.

A meeting keeps its id when its reports are read anew; it may be named, hidden, merged or split.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from ingest import ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ingest.board import Part
    from ingest.tag.corrections import Correction

GAP = timedelta(days=21)  # a longer silence begins another meeting of the same parties
MAX_ARTICLES = 60  # remembered of a meeting, the newest
MAX_KNOWN = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of a meeting: its chief parties, its time, articles that report it."""

    id: str
    core: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    articles: tuple[str, ...] = ()


def identify(parts: Sequence[Part], known: Sequence[Known]) -> list[str]:
    """Return an id for each part, in step: that of the known meeting it goes on with, or its own.

    A known meeting goes on in the part that shares most articles with it, or in one of the same
    chief parties at the same time. Each id is given once.
    """
    pairs = [
        (points, -at, one, at)
        for at, part in enumerate(parts)
        for one in known
        if (points := _likeness(part, one))
    ]
    found: dict[int, str] = {}
    for _points, _order, one, at in sorted(
        pairs, key=lambda pair: (pair[0], pair[1], pair[2].id), reverse=True
    ):
        if at not in found and one.id not in found.values():
            found[at] = one.id
    taken = {*found.values(), *(one.id for one in known)}
    for at, part in enumerate(parts):
        if at not in found:
            found[at] = _own_id(part, taken)
            taken.add(found[at])
    return [found[at] for at in range(len(parts))]


def _likeness(part: Part, known: Known) -> tuple[int, int, float] | None:
    """How much a part is a known meeting: articles shared, the same parties, nearness; None: not."""
    shared = len(set(part.articles) & set(known.articles))
    first, last = part.news[0].effective_at, part.news[-1].effective_at
    meets = first - GAP <= known.last_at and known.first_at - GAP <= last
    same = part.core == known.core and meets
    if not same and 2 * shared < min(len(part.articles), len(known.articles) or 1):
        return None
    if not same and not shared:
        return None
    return shared, int(same), -abs((first - known.first_at).total_seconds())


def _own_id(part: Part, taken: set[str]) -> str:
    own = ids.sha256("meeting", *part.core, part.news[0].article_id)
    count = 0
    while own in taken:
        count += 1
        own = ids.sha256("meeting", *part.core, part.news[0].article_id, str(count))
    return own


def corrected(
    parts: Mapping[str, Part], corrections: Iterable[Correction]
) -> dict[str, tuple[Part, str]]:
    """Return the meetings after the desk's corrections: id -> its reports and its name."""
    found = dict(parts)
    names: dict[str, str] = {}
    for one in corrections:
        part = found.get(one.meeting)
        if one.name is not None:
            names[one.meeting] = one.name
        if part is None:
            continue
        if one.hide:
            del found[one.meeting]
        elif one.merge:
            del found[one.meeting]
            found[one.merge] = _joined(found.get(one.merge), part)
        elif one.split:
            found |= _split(one.meeting, part, one.split)
    return {key: (part, names.get(key, "")) for key, part in found.items()}


def _joined(target: Part | None, part: Part) -> Part:
    if target is None:
        return part
    rows = {row.id: row for row in (*target.rows, *part.rows)}.values()
    return replace(target, rows=tuple(sorted(rows, key=lambda r: (r.effective_at, r.id))))


def _split(meeting: str, part: Part, venues: tuple[str, ...]) -> dict[str, Part]:
    """Reports of these venues as a meeting of their own, the others as before."""
    apart = [bool(set(row.proposal.venues) & set(venues)) for row in part.rows]
    own = tuple(row for row, is_apart in zip(part.rows, apart, strict=True) if is_apart)
    rest = tuple(row for row, is_apart in zip(part.rows, apart, strict=True) if not is_apart)
    parts = {meeting: replace(part, rows=rest), split_id(meeting, venues): replace(part, rows=own)}
    if not all(one.news for one in parts.values()):
        return {meeting: part}
    return parts


def split_id(meeting: str, venues: Sequence[str]) -> str:
    """Return the id of what is split off a meeting."""
    return ids.sha256("meeting-split", meeting, *sorted(venues))


def remembered(known: Sequence[Known], parts: Mapping[str, Part]) -> tuple[Known, ...]:
    """Return what is known with these meetings added, the latest first."""
    found = {one.id: one for one in known}
    for key, part in parts.items():
        before = found.get(key)
        first, last = part.news[0].effective_at, part.news[-1].effective_at
        articles = dict.fromkeys((*(before.articles if before else ()), *part.articles))
        found[key] = Known(
            key,
            part.core,
            min(first, before.first_at) if before else first,
            max(last, before.last_at) if before else last,
            tuple(articles)[-MAX_ARTICLES:],
        )
    return tuple(sorted(found.values(), key=lambda one: (one.last_at, one.id), reverse=True))[
        :MAX_KNOWN
    ]


def load_known(text: str) -> tuple[Known, ...]:
    """Read what `dump_known` wrote; of another version nothing."""
    try:
        return msgspec.json.decode(text.encode(), type=tuple[Known, ...])
    except (msgspec.MsgspecError, UnicodeError):
        return ()


def dump_known(known: Sequence[Known]) -> str:
    """Write what is known as JSON."""
    plain: Any = msgspec.json.encode(tuple(known))
    return str(plain.decode())
