"""Dates in a query: `7d`, `24h`, `today`, `2026-03`, `2026-03-04`, `2026-03-04T18:00`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ingest.errors import QueryError

_AGO = re.compile(r"(\d{1,6})([hdw])", re.IGNORECASE)
_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

FORMS = "write 7d, 24h, 2w, today, 2026-03-04 or 2026-03-04T18:00"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time [start, end), aware UTC; a moment has equal ends."""

    start: datetime
    end: datetime


def parse_date(text: str, *, now: datetime, tz: str, position: int) -> Span:
    """Return the day, month, year or moment that a text names, in that time zone.

    `7d` and the like are the moment so long before now.

    Raises:
        QueryError: it names none, or one out of range.
    """
    try:
        span = _parse(text.strip(), now, ZoneInfo(tz))
    except (ValueError, OverflowError):
        span = None
    if span is None:
        raise QueryError(f"{text!r}", "is no date", FORMS, position)
    return span


def _parse(text: str, now: datetime, zone: ZoneInfo) -> Span | None:
    if ago := _AGO.fullmatch(text):
        moment = now - int(ago.group(1)) * _UNITS[ago.group(2).lower()]
        return Span(moment, moment)
    if text.lower() in {"today", "yesterday"}:
        day = now.astimezone(zone).date() - timedelta(days=text.lower() == "yesterday")
        return _days(day, day + timedelta(days=1), zone)
    if found := _DAY.fullmatch(text):
        year, month, day_of_month = (int(part) if part else 0 for part in found.groups())
        first = date(year, month or 1, day_of_month or 1)
        if day_of_month:
            return _days(first, first + timedelta(days=1), zone)
        if month:
            return _days(first, date(year + month // 12, month % 12 + 1, 1), zone)
        return _days(first, date(year + 1, 1, 1), zone)
    if "T" not in text.upper():
        return None
    moment = datetime.fromisoformat(text)
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    return Span(moment, moment)


def _days(first: date, after: date, zone: ZoneInfo) -> Span:
    start, end = (
        datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        for day in (first, after)
    )
    return Span(start, end)
