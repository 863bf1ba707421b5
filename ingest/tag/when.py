"""The day a sentence names for a meeting, in nine languages, against the article's date."""

from __future__ import annotations

import re
from datetime import date, timedelta

from ingest.model import Status

_WEEKDAYS = (
    "monday|понедельник|понеділ[ок]к|панядзел[ак]к|poniedzialek|montag|lundi|lunes|pazartesi",
    "tuesday|вторник|вівторок|аўторак|ауторак|wtorek|dienstag|mardi|martes|sali",
    "wednesday|сред[уы]|серед[уи]|сераду|srod[eay]|mittwoch|mercredi|miercoles|carsamba",
    "thursday|четверг|четвер|чацвер|czwartek|donnerstag|jeudi|jueves|persembe",
    "friday|пятниц[уы]|п'ятниц[юі]|пятніцу|piatek|freitag|vendredi|viernes|cuma",
    "saturday|суббот[уы]|субот[уи]|sobot[eay]|samstag|sonnabend|samedi|sabado|cumartesi",
    "sunday|воскресенье|неділ[юі]|нядзелю|niedziel[eai]|sonntag|dimanche|domingo|pazar",
)
_MONTHS = (
    "jan|янв|січ|студз|stycz|ene|janv|ocak", "feb|фев|лют|fev|subat|luty|luteg", "mar(?!t[ei])|мар|бер|сак|marz|mars",
    "apr|апр|квіт|крас|kwie|avr|abr|nisan", "may|ма[йя]|трав|maj|mai|mayis|mayo", "jun|июн|черв|чэрв|czerw|juin|haz",
    "jul|июл|лип|ліп|lipc|juil|tem", "aug|авг|серп|жн|sierp|aou|ago", "sep|сен|верес|вер|wrze|eyl",
    "oct|okt|окт|жовт|кастр|pazdz|ekim", "nov|ноя|листоп|ліст|listop|kas", "dec|dez|дек|груд|снеж|grud|dic|aral",
)  # fmt: skip
_DAY_MONTH = re.compile(
    r"(?<!\d)(\d{1,2})(?:\.|st|nd|rd|th|er|º)?(?: de| of)? ("
    + "|".join(f"(?:{m})" for m in _MONTHS)
    + r")\w*"
    r"(?:(?: de)? (\d{4}))?"
)
_MONTH_DAY = re.compile(r"(?<!\w)(january|february|march|april|may|june|july|august|september|october|november|december|"
                        r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.? (\d{1,2})(?!\d)(?:,? (\d{4}))?")  # fmt: skip
_TOMORROW = re.compile(r"(?<!\w)(?:tomorrow|завтра|заутра|jutro|morgen|demain|manana|yarin)(?!\w)")
_YESTERDAY = re.compile(
    r"(?<!\w)(?:yesterday|вчера|учора|вчора|wczoraj|gestern|hier|ayer|dun)(?!\w)"
)
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_DECADES = re.compile(
    r"(?<!\w)(?:years ago|лет назад|років тому|гадоу таму|lat temu|vor .{1,12} jahren|il y a .{1,12} ans|hace .{1,12} anos|yil once)"
)


# A named accord of the past, and "then": what was signed or held under it is long past.
_ACCORD = re.compile(
    r"(?<!\w)(?:(?:minsk|oslo|dayton|camp david|abraham|taif|helsinki|budapest|good friday) "
    r"(?:accords?|agreements?|memorandum|abkommen)|"
    r"(?:accords? de|acuerdos? de) (?:minsk|oslo|dayton|camp david|helsinki)|"
    r"(?:минск|мінськ|мінск|осло|дейтон|дэйтан|кэмп-дэвид|кемп-девід|хельсинк|гельсінськ|хельсінкск|будапешт|беловеж|біловезьк|белавежск)\w* "
    r"(?:соглашени|договоренност|меморандум|угод|домовленост|пагаднен|мемарандум)\w*|"
    r"(?:porozumie\w+|memorandum) (?:minski\w+|z oslo|z dayton|z camp david|budapeszt\w+)|"
    r"(?:minsker|osloer|dayton-?|budapester) ?(?:abkommen|vereinbarung\w*|memorandum)|"
    r"(?:minsk|oslo|dayton|camp david|budapeste) (?:anlasma|mutabakat)\w*)"
)
_THEN = re.compile(
    r"(?<!\w)(?:back then|at the time|in those days|в те годы|в то время|тоді ж|у ті роки|у тыя гады|wowczas|"
    r"w tamtych latach|damals|seinerzeit|a l'epoque|en aquel entonces|en aquella epoca|o zamanlar|o donemde)(?!\w)"
)
_SOON = re.compile(r"(?<!\w)(?:today|yesterday|this week|сегодня|вчера|сьогодні|вчора|сення|учора|dzis\w*|wczoraj|heute|gestern|"
                   r"aujourd'hui|hier|hoy|ayer|bugun|dun)(?!\w)")  # fmt: skip


def when_named(sentence: str, day: date | None, status: Status) -> str | None:
    """ISO date that a folded sentence names, or None.

    Weekdays are taken as the next one for a meeting to come, the last one for a meeting held.
    """
    if day is None:
        return None
    for match in _DAY_MONTH.finditer(sentence):
        month = next((i + 1 for i, m in enumerate(_MONTHS) if re.match(m, match[2])), None)
        return _made(day, match[3], month, int(match[1]), status)
    for match in _MONTH_DAY.finditer(sentence):
        month = next((i + 1 for i, m in enumerate(_MONTHS) if re.match(m, match[1])), None)
        return _made(day, match[3], month, int(match[2]), status)
    if _TOMORROW.search(sentence) and status != "hosted":
        return (day + timedelta(days=1)).isoformat()
    if _YESTERDAY.search(sentence) and status == "hosted":
        return (day - timedelta(days=1)).isoformat()
    if status not in ("agreed", "hosted"):
        return None
    for number, names in enumerate(_WEEKDAYS):
        if re.search(rf"(?<!\w)(?:{names})(?!\w)", sentence):
            ahead = (number - day.weekday()) % 7
            step = ahead or 7 if status == "agreed" else -((day.weekday() - number) % 7)
            return (day + timedelta(days=step)).isoformat()
    return None


def _made(
    day: date, year: str | None, month: int | None, number: int, status: Status
) -> str | None:
    if month is None:
        return None
    try:
        if year:
            return date(int(year), month, number).isoformat()
        guess = date(day.year, month, number)
        if status == "hosted" and guess > day:
            guess = date(day.year - 1, month, number)
        elif status != "hosted" and (day - guess).days > 60:
            guess = date(day.year + 1, month, number)
    except ValueError:
        return None
    return guess.isoformat()


def is_background(sentence: str, day: date | None) -> bool:
    """Whether a folded sentence about a meeting held recalls one of more than 60 days ago."""
    if _DECADES.search(sentence):
        return True
    if day is None:
        return False
    years = [int(y) for y in _YEAR.findall(sentence)]
    if years and max(years) < (day - timedelta(days=60)).year:
        return True
    named = when_named(sentence, day, "hosted")
    if named:
        return (day - date.fromisoformat(named)).days > 60
    is_past = _ACCORD.search(sentence) or _THEN.search(sentence)
    return bool(is_past and not _SOON.search(sentence) and not years)
