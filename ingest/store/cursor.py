"""Cursors: where a page of hits ended. Opaque to callers, the same on every adapter."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ingest.errors import UsageError

if TYPE_CHECKING:
    from ingest.store.port import Search

MAX_LIMIT = 1000
"""Hits of one page, and of all pages by relevance together."""

SORTS = ("relevance", "newest", "oldest")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last hit of a page.

    Attributes:
        values: what the hit was sorted by: [effective_at] as text, or [score, effective_at].
        id: the hit's article.
        seen: hits shown so far.
    """

    sort: str
    values: tuple[str | float, ...]
    id: str
    seen: int


def encode_cursor(cursor: Cursor) -> str:
    """Return the cursor as URL-safe text."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def decode_cursor(search: Search) -> Cursor | None:
    """Return the search's cursor, or None on the first page.

    Raises:
        UsageError: it is damaged, or of another sort.
    """
    if not search.cursor:
        return None
    way_out = "start again without a cursor"
    try:
        raw = base64.urlsafe_b64decode(search.cursor.encode() + b"=" * (-len(search.cursor) % 4))
        cursor = msgspec.json.decode(raw, type=Cursor)
    except (UnicodeEncodeError, binascii.Error, msgspec.DecodeError) as exc:
        raise UsageError("cursor", "is damaged", way_out) from exc
    kinds = (float, str) if cursor.sort == "relevance" else (str,)
    given = tuple(float if isinstance(v, int) else type(v) for v in cursor.values)
    if given != kinds or cursor.seen < 0:
        raise UsageError("cursor", "is damaged", way_out)
    if cursor.sort != search.sort:
        raise UsageError("cursor", f"belongs to a search by {cursor.sort}", way_out)
    return cursor


def check_search(search: Search, facets: tuple[str, ...]) -> None:
    """Raise UsageError where a search asks for what no adapter gives."""
    if search.sort not in SORTS:
        raise UsageError(f"sort {search.sort}", "is unknown", f"one of {', '.join(SORTS)}")
    if not 0 <= search.limit <= MAX_LIMIT:
        raise UsageError(f"limit {search.limit}", "is out of range", f"0 to {MAX_LIMIT}")
    if search.facet_size < 0:
        raise UsageError(f"facet size {search.facet_size}", "is negative")
    try:
        ZoneInfo(search.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise UsageError(
            f"time zone {search.timezone}", "is unknown", "write one such as Europe/Warsaw"
        ) from exc
    unknown = [name for name in search.facets if name not in facets]
    if unknown:
        raise UsageError(f"facet {unknown[0]}", "is unknown", f"one of {', '.join(facets)}")
