"""The tagger as the desk has set it: the shipped gazetteer, the overlay, the corrections.

What a store holds is read once for each pair of revisions; a revision that this program cannot read
is passed over, and the last good one stays in use.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import structlog

from ingest import desk
from ingest.errors import SettingsError
from ingest.model import DeskStamp
from ingest.tag.corrections import Corrections, parse_corrections, redirected
from ingest.tag.overlay import EMPTY, Overlay, parse_overlay
from ingest.tag.tagger import Tagger

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.model import DeskKind
    from ingest.store.port import Records
    from ingest.tag.corrections import Correction
    from ingest.tag.gazetteer import Gazetteer

T = TypeVar("T")

log = structlog.get_logger()
_lock = threading.Lock()
_made: dict[tuple[str, str, str, DeskStamp], Tagger] = {}
KEPT = 4  # taggers held at once: the one in use, and those a comparison asks for


def tagger_of(records: Records) -> Tagger:
    """Return the tagger with the newest overlay and corrections of a store that can be read.

    Raises:
        StoreError: the store cannot be read.
    """
    numbers, overlay = _good(records, "overlay", parse_overlay, EMPTY)
    none: tuple[Correction, ...] = ()
    marks, corrections = _good(records, "corrections", parse_corrections, none)
    stamp = DeskStamp(overlay=numbers[0], corrections=marks[0])
    return _tagger((numbers[1], marks[1], stamp), overlay, corrections)


def tagger_at(records: Records, stamp: DeskStamp) -> Tagger:
    """Return the tagger under the revisions that a run began with.

    Raises:
        UsageError: a revision is gone.
        SettingsError: a revision cannot be read by this program.
    """
    overlay, text = EMPTY, ""
    if stamp.overlay:
        text = desk.numbered(records, "overlay", stamp.overlay).body
        overlay = parse_overlay(text, f"overlay revision {stamp.overlay}")
    marks: tuple[Correction, ...] = ()
    marked = ""
    if stamp.corrections:
        marked = desk.numbered(records, "corrections", stamp.corrections).body
        marks = parse_corrections(marked, f"corrections revision {stamp.corrections}")
    return _tagger((text, marked, replace(stamp, rules=0)), overlay, marks)


def _tagger(
    key: tuple[str, str, DeskStamp], overlay: Overlay, corrections: tuple[Correction, ...]
) -> Tagger:
    """The tagger under an overlay and corrections, made once for each pair of texts and numbers."""
    stamp, base = key[2], Tagger.load()
    if not stamp.tagging:
        return base
    wanted = (base.version, *key)
    with _lock:
        if wanted not in _made:
            while len(_made) >= KEPT:
                del _made[next(iter(_made))]
            redirects = {**base.gazetteer.redirects, **overlay.redirects}
            kept = Corrections(redirected(corrections, redirects))
            _made[wanted] = base.with_desk(overlay, kept, stamp)
        return _made[wanted]


def readable_stamp(records: Records) -> DeskStamp:
    """Return the newest revisions that `tagger_of` can read, and the rules' newest."""
    none: tuple[Correction, ...] = ()
    numbers, _ = _good(records, "overlay", parse_overlay, EMPTY)
    marks, _ = _good(records, "corrections", parse_corrections, none)
    return replace(desk.stamp(records), overlay=numbers[0], corrections=marks[0])


def gazetteer_of(records: Records) -> Gazetteer:
    """Return the gazetteer with a store's overlay: what names in queries and rules mean.

    Raises:
        StoreError: the store cannot be read.
    """
    return tagger_of(records).gazetteer


def overlay_of(records: Records, number: int | None = None) -> tuple[int, Overlay]:
    """Return a revision's number and overlay: the newest, or the one asked for; 0 is empty.

    Raises:
        SettingsError: it cannot be read by this program.
        UsageError: there is no such revision.
    """
    if number == 0:
        return 0, EMPTY
    found = desk.latest(records, "overlay") if number is None else desk.numbered(records, "overlay", number)  # fmt: skip
    if found is None:
        return 0, EMPTY
    return found.number, parse_overlay(found.body, f"overlay revision {found.number}")


def corrections_of(records: Records, number: int | None = None) -> tuple[int, Corrections]:
    """Return a revision's number and corrections, as `overlay_of`."""
    if number == 0:
        return 0, Corrections()
    found = desk.latest(records, "corrections") if number is None else desk.numbered(records, "corrections", number)  # fmt: skip
    if found is None:
        return 0, Corrections()
    source = f"corrections revision {found.number}"
    return found.number, Corrections(parse_corrections(found.body, source))


def _good(
    records: Records, kind: DeskKind, parse: Callable[[str, str], T], empty: T
) -> tuple[tuple[int, str], T]:
    """The newest revision that can be read: its number, its text and what it says."""
    newest = desk.latest(records, kind)
    if newest is None:
        return (0, ""), empty
    try:
        return (newest.number, newest.body), parse(newest.body, f"{kind} revision {newest.number}")
    except SettingsError as exc:
        log.warning("desk_revision_unreadable", kind=kind, number=newest.number, reason=str(exc))
    for former in desk.history(records, kind):
        if former.number < newest.number:
            try:
                return (former.number, former.body), parse(former.body, kind)
            except SettingsError:
                continue
    return (0, ""), empty
