"""What publishers say about polling, in headers and in the document, as seconds."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DAY_S: Final = 86_400
_PERIODS_S: Final = {
    "always": 0,
    "hourly": 3600,
    "daily": _DAY_S,
    "dayly": _DAY_S,  # a common slip
    "weekly": 7 * _DAY_S,
    "monthly": 30 * _DAY_S,
    "yearly": 365 * _DAY_S,
}
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DIRECTIVE = re.compile(r'([a-z-]+)(?:\s*=\s*"?([^",;\s]*)"?)?')
_LONGEST_S: Final = 400 * _DAY_S


def ttl_seconds(text: str) -> int | None:
    """RSS `ttl`, written in minutes."""
    minutes = _number(text)
    return None if minutes is None or minutes <= 0 else _bounded(minutes * 60)


def update_period_seconds(period: str, frequency: str) -> int | None:
    """`sy:updatePeriod` divided by `sy:updateFrequency` (once a day where one is missing)."""
    if not period and not frequency:
        return None
    period_s = _PERIODS_S.get(period.strip().lower() or "daily")
    if period_s is None:
        return None
    times = _number(frequency) or 1.0
    return _bounded(period_s / times) if times > 0 else None


def hours_to_skip(texts: Iterable[str]) -> tuple[int, ...]:
    """`skipHours`: UTC hours 0..23 (24 means 0); all 24 of them mean nothing."""
    numbers = [_number(text) for text in texts]
    hours = {int(number) % 24 for number in numbers if number is not None and 0 <= number <= 24}
    return tuple(sorted(hours)) if len(hours) < 24 else ()


def days_to_skip(texts: Iterable[str]) -> tuple[int, ...]:
    """`skipDays`: 0 (Monday) .. 6; all seven mean nothing."""
    days = {_DAYS.index(day) for text in texts if (day := text.strip().lower()) in _DAYS}
    return tuple(sorted(days)) if len(days) < 7 else ()


def freshness_seconds(headers: Mapping[str, str], now: datetime) -> int | None:
    """How long the answer is fresh: max-age less Age, else Expires; None if it does not say.

    `no-cache` and `no-store` cancel max-age (RFC 9111 5.2.2).
    """
    if "cache-control" not in headers and "expires" not in headers:
        return None
    control = dict(_DIRECTIVE.findall(headers.get("cache-control", "").lower()))
    if "no-cache" in control or "no-store" in control:
        return None
    max_age = _number(control.get("s-maxage") or control.get("max-age") or "")
    if max_age is not None:
        return _bounded(max(0.0, max_age - (_number(headers.get("age", "")) or 0.0)))
    expires = _http_date(headers.get("expires", ""))
    if expires is None:
        return None
    return _bounded(max(0.0, (expires - now).total_seconds()))


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> int | None:
    """`Retry-After` in seconds from now, written as seconds or as a date; None if absent."""
    text = headers.get("retry-after", "")
    seconds = _number(text)
    if seconds is not None:
        return _bounded(seconds) if seconds >= 0 else None
    date = _http_date(text)
    return None if date is None else _bounded(max(0.0, (date - now).total_seconds()))


def forbids_validators(headers: Mapping[str, str]) -> bool:
    """`Expires: 0` or -1 says that nothing of this answer may be used again."""
    return headers.get("expires", "").strip() in {"0", "-1"}


def _number(text: str) -> float | None:
    text = text.strip()
    if not re.fullmatch(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?", text):
        return None
    return float(text)


def _bounded(seconds: float) -> int:
    return int(min(seconds, _LONGEST_S))


def _http_date(text: str) -> datetime | None:
    if not text or len(text) > 64:
        return None
    try:
        date = parsedate_to_datetime(text)
        if date.tzinfo is None:
            return None
        date + timedelta(0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date
