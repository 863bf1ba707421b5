"""Dates of feeds: the standards, and what publishers in nine languages write instead.

One reader of our own in place of feedparser's, which gives wrong dates (not none) for an epoch,
`MSK`, `0000-00-00` and compact ISO times, and none for names in other languages than English.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MAX_DATE_CHARS: Final = 100
EARLIEST: Final = datetime(1995, 1, 1, tzinfo=UTC)
FUTURE_SLACK: Final = timedelta(days=2)

# Month names by their beginnings, folded (case and accents gone), longest first where two share
# three letters: en de fr es pl tr, then ru uk be. Inflected forms begin alike.
_MONTH_STEMS: Final = (
    ("jan", "ene", "sty", "oca", "янв", "січ", "сту"),
    ("feb", "fev", "lut", "sub", "фев", "лют"),
    ("mar", "mae", "мар", "бер", "сак"),
    ("apr", "avr", "abr", "kwi", "nis", "апр", "кві", "кра"),
    ("may", "mai", "maj", "mei", "маи", "мая", "тра"),
    ("jun", "juin", "cze", "haz", "июн", "чер", "чэр"),
    ("jul", "juil", "lip", "tem", "июл", "лип", "ліп"),
    ("aug", "aou", "ago", "sie", "agu", "авг", "сер", "жні"),
    ("sep", "set", "wrz", "eyl", "сен", "вер"),
    ("oct", "okt", "paz", "eki", "окт", "жов", "кас"),
    ("nov", "lis", "kas", "ноя", "лис", "ліс"),
    ("dec", "dez", "dic", "gru", "ara", "дек", "гру", "сне"),
)
# Weekdays that begin like a month: Tuesday (fr, es), Sunday and Monday (tr), Wednesday (uk, be).
_NOT_MONTHS: Final = ("mardi", "martes", "pazar", "серед", "серад")

_MONTHS: Final = {  # a stem that two months share means the earlier one
    stem: number
    for number, stems in reversed([*enumerate(_MONTH_STEMS, start=1)])
    for stem in stems
}
_STEM_CHARS: Final = sorted({len(stem) for stem in _MONTHS}, reverse=True)

_HOUR: Final = 60
ZONES: Final = {
    name: minutes
    for minutes, names in {
        0: "z utc ut gmt wet",
        1 * _HOUR: "cet mez bst west",
        2 * _HOUR: "cest mesz eet sast cat",
        3 * _HOUR: "eest msk мск trt fet",
        4 * _HOUR: "msd samt gst azt get amt",
        5 * _HOUR: "yekt pkt uzt",
        5 * _HOUR + 30: "ist",
        6 * _HOUR: "omst",
        7 * _HOUR: "krat novt wib ict",
        8 * _HOUR: "irkt hkt sgt awst",
        9 * _HOUR: "yakt jst kst",
        10 * _HOUR: "vlat aest",
        11 * _HOUR: "magt aedt",
        12 * _HOUR: "pett nzst",
        -3 * _HOUR: "brt art adt",
        -4 * _HOUR: "edt ast",
        -5 * _HOUR: "est cdt",
        -6 * _HOUR: "cst mdt",
        -7 * _HOUR: "mst pdt",
        -8 * _HOUR: "pst akdt",
        -9 * _HOUR: "akst",
        -10 * _HOUR: "hst",
    }.items()
    for name in names.split()
}

_EPOCH = re.compile(r"[0-9]{9,10}(?:\.[0-9]+)?|[0-9]{13}")
_CLOCK = r"(?P<hour>[0-9]{1,2})(?::(?P<min>[0-9]{2}))(?::(?P<sec>[0-9]{2})(?:[.,][0-9]+)?)?"
_ISO = re.compile(
    r"(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})"
    rf"(?:(?:\s*t\s*|[\s,_]+){_CLOCK}\s*(?P<zone>.*))?"
)
_COMPACT = re.compile(
    r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"
    r"(?:t?(?P<hour>[0-9]{2})(?P<min>[0-9]{2})(?P<sec>[0-9]{2})?(?:[.,][0-9]+)?\s*(?P<zone>.*))?"
)
_CJK = re.compile(
    rf"(?P<y>[0-9]{{4}})年(?P<m>[0-9]{{1,2}})月(?P<d>[0-9]{{1,2}})日\s*(?:{_CLOCK}\s*(?P<zone>.*))?"
)
_DAY_FIRST = re.compile(
    r"(?:\D*\s)?(?P<d>[0-9]{1,2})[./-](?P<m>[0-9]{1,2})[./-](?P<y>[0-9]{4}|[0-9]{2})\.?"
    rf"(?:(?:\s*г\.?)?(?:[\s,|-]|um|at|в)*{_CLOCK}\s*(?P<zone>.*))?"
)
_CLOCK_IN_WORDS = re.compile(
    r"(?<![0-9])([0-9]{1,2})(?::|h\s?|\.)([0-9]{2})(?:[:.]([0-9]{2}))?(?:[.,][0-9]+)?(?![0-9])"
    r"\s*([ap]\.?m\.?(?![a-z]))?"
)
_OFFSET = re.compile(r"\s*(?:gmt|utc?)?\s*([+-])([0-9]{1,2}):?([0-9]{2})?(?![0-9])")
_ZONE_NAME = re.compile(r"[\s(]*([a-zа-я]{1,5})\b")
_WORD = re.compile(r"[^\W\d_]{3,}")
_NUMBER = re.compile(r"(?<![0-9])[0-9]{1,4}(?![0-9])")


def parse_date(text: str, timezone_name: str = "") -> tuple[datetime | None, bool]:
    """Read a date.

    Day before month in numbers (05.02.2024 is in February). A date without a zone is read in
    `timezone_name`, else in UTC.

    Args:
        text: as the feed has it; anything.
        timezone_name: IANA name, "" or an unknown one for UTC.

    Returns:
        (aware UTC datetime or None, whether the text had no zone). No plausibility is judged here.
    """
    folded = _fold(text[:MAX_DATE_CHARS])
    if not folded or len(text) > MAX_DATE_CHARS:
        return None, False
    try:
        if _EPOCH.fullmatch(folded):
            return _from_epoch(folded), False
        found = _in_numbers(folded) or _in_words(folded)
        if found is None:
            return None, False
        naive, zone = found
        if zone is not None:
            return naive.replace(tzinfo=zone).astimezone(UTC), False
        return naive.replace(tzinfo=_zone_of(timezone_name)).astimezone(UTC), True
    except (ValueError, OverflowError):
        return None, False


def plausible(published_at: datetime | None, fetched_at: datetime) -> datetime | None:
    """Return the date if it lies between 1995 and two days after the fetch, else None."""
    if published_at is None or not EARLIEST <= published_at <= fetched_at + FUTURE_SLACK:
        return None
    return published_at


def _fold(text: str) -> str:
    if text.isascii():
        return " ".join(text.lower().split())
    text = unicodedata.normalize("NFKD", text.replace("ı", "i").replace("ł", "l").casefold())
    kept = "".join(char for char in text if not unicodedata.combining(char))
    return " ".join(kept.replace("\u2212", "-").split())


def _zone_of(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _from_epoch(digits: str) -> datetime:
    seconds = int(digits) / 1000 if len(digits) == 13 and "." not in digits else float(digits)
    return datetime.fromtimestamp(int(seconds), UTC)


def _in_numbers(text: str) -> tuple[datetime, tzinfo | None] | None:
    for pattern in (_ISO, _COMPACT, _CJK, _DAY_FIRST):
        match = pattern.fullmatch(text)
        if match is None:
            continue
        part = match.groupdict()
        year, month, day = _year(part["y"]), int(part["m"]), int(part["d"])
        if pattern is _DAY_FIRST and month > 12 >= day:
            month, day = day, month
        hour, minute, second = (int(part[name] or 0) for name in ("hour", "min", "sec"))
        tail = part["zone"] or ""
        hour = _twelve_hours(hour, tail[:2])
        return _naive((year, month, day), (hour, minute, second)), _read_zone(tail)[0]
    return None


def _in_words(text: str) -> tuple[datetime, tzinfo | None] | None:
    months = [month for word in _WORD.findall(text) if (month := _month(word))]
    if not months:
        return None
    clock = _CLOCK_IN_WORDS.search(text)
    hour = minute = second = 0
    zone: tzinfo | None = None
    rest = text
    if clock:
        hour, minute, second = (int(clock.group(n) or 0) for n in (1, 2, 3))
        hour = _twelve_hours(hour, (clock.group(4) or "")[:1] + "m")
        zone, used = _read_zone(text[clock.end() :])
        rest = f"{text[: clock.start()]} {text[clock.end() + used :]}"
    numbers = _NUMBER.findall(rest)
    years = [number for number in numbers if len(number) == 4]
    days = [number for number in numbers if len(number) <= 2]
    if not years and len(days) == 2:
        years = [days.pop()]  # RFC 822: 05 Feb 24
    if len(years) != 1 or len(days) != 1:
        return None
    # The last month named: a weekday may begin like one ("mar. 05 fév.").
    return _naive((_year(years[0]), months[-1], int(days[0])), (hour, minute, second)), zone


def _month(word: str) -> int:
    if word.startswith(_NOT_MONTHS):
        return 0
    return next((number for n in _STEM_CHARS if (number := _MONTHS.get(word[:n], 0))), 0)


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 70 else 1900)


def _twelve_hours(hour: int, mark: str) -> int:
    if mark == "pm" and hour < 12:
        return hour + 12
    return 0 if mark == "am" and hour == 12 else hour


def _naive(date: tuple[int, int, int], clock: tuple[int, int, int]) -> datetime:
    """ISO 8601 allows 24:00 for the end of a day, and a leap second is the second before."""
    if clock == (24, 0, 0):
        return datetime(*date) + timedelta(days=1)  # noqa: DTZ001  zone comes next
    hour, minute, second = clock
    return datetime(*date, hour, minute, min(second, 59))  # noqa: DTZ001  as above


def _read_zone(tail: str) -> tuple[tzinfo | None, int]:
    """Return the zone that a date's tail begins with, and how many characters it takes."""
    offset = _OFFSET.match(tail)
    if offset:
        minutes = int(offset.group(2)) * 60 + int(offset.group(3) or 0)
        if minutes < 16 * 60:
            sign = -1 if offset.group(1) == "-" else 1
            return timezone(timedelta(minutes=sign * minutes)), offset.end()
    name = _ZONE_NAME.match(tail)
    if name and name.group(1) in ZONES:
        return timezone(timedelta(minutes=ZONES[name.group(1)])), name.end()
    return None, 0
