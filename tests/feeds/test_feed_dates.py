"""Dates as publishers write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.feeds.dates import parse_date, plausible

TEN = datetime(2024, 2, 5, 10, 0, tzinfo=UTC)
SEVEN = TEN - timedelta(hours=3)
DAY = datetime(2024, 2, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        pytest.param("Mon, 05 Feb 2024 10:00:00 GMT", TEN, id="rfc822"),
        pytest.param("Mon, 05 Feb 2024 13:00:00 +0300", TEN, id="rfc822-offset"),
        pytest.param("Mon, 05 Feb 2024 05:00:00 EST", TEN, id="rfc822-zone-name"),
        pytest.param("Mon, 05 Feb 24 10:00 UT", TEN, id="rfc822-two-digit-year"),
        pytest.param("05 Feb 2024 10:00:00 Z", TEN, id="rfc822-no-weekday"),
        pytest.param("Mon, 5 Feb 2024 13:00:00 +0300 (MSK)", TEN, id="rfc822-comment"),
        pytest.param("Mon, 05 Feb 2024 13:00:00 GMT+3", TEN, id="gmt-plus"),
        pytest.param("Mon, 05 Feb 2024 10:00:00 MSK", SEVEN, id="msk"),
        pytest.param("Mon, 05 Feb 2024 11:00:00 CET", TEN, id="cet"),
        pytest.param("Mon, 05 Feb 2024 12:00:00 EET", TEN, id="eet"),
        pytest.param("Mon Feb  5 10:00:00 GMT 2024", TEN, id="asctime-zone"),
        pytest.param("2024-02-05T10:00:00Z", TEN, id="iso"),
        pytest.param("2024-02-05T13:00:00+03:00", TEN, id="iso-offset"),
        pytest.param("2024-02-05T13:00:00.123456+0300", TEN, id="iso-fraction"),
        pytest.param("2024-02-05T07:00-03:00", TEN, id="iso-west"),
        pytest.param("2024-02-05 10:00:00 UTC", TEN, id="iso-blank"),
        pytest.param("20240205T100000Z", TEN, id="iso-compact"),
        pytest.param("2024-02-04T24:00:00Z", DAY, id="midnight-as-24"),
        pytest.param("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC), id="leap"),
        pytest.param("1707127200", TEN, id="epoch"),
        pytest.param("1707127200000", TEN, id="epoch-milliseconds"),
    ],
)  # fmt: skip
def test_dates_with_a_zone(text: str, at: datetime) -> None:
    assert parse_date(text, "Europe/Warsaw") == (at, False)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        pytest.param("2024-02-05T10:00:00", TEN, id="iso"),
        pytest.param("2024-02-05", DAY, id="iso-day"),
        pytest.param("2024/02/05 10:00", TEN, id="slashes"),
        pytest.param("20240205", DAY, id="compact-day"),
        pytest.param("20240205100000", TEN, id="compact"),
        pytest.param("05.02.2024 10:00", TEN, id="day-first"),
        pytest.param("05.02.2024", DAY, id="day-first-no-time"),
        pytest.param("05.02.24, 10:00", TEN, id="day-first-short-year"),
        pytest.param("5/2/2024 10:00", TEN, id="day-first-slashes"),
        pytest.param("02/15/2024", datetime(2024, 2, 15, tzinfo=UTC), id="month-first-if-it-must"),
        pytest.param("2024年02月05日", DAY, id="cjk"),
        pytest.param("Feb 5, 2024", DAY, id="en-us"),
        pytest.param("February 5, 2024, 10:00 am", TEN, id="en-am"),
        pytest.param("Feb 4, 2024 12:00 AM", DAY - timedelta(days=1), id="en-midnight"),
        pytest.param("Monday, 05 Feb 2024 10:00", TEN, id="en-long-weekday"),
        pytest.param("Mon Feb  5 10:00:00 2024", TEN, id="asctime"),
        pytest.param("5 февраля 2024 г., 10:00", TEN, id="ru"),
        pytest.param("Пн, 05 фев 2024 10:00", TEN, id="ru-short"),
        pytest.param("5 мая 2024", datetime(2024, 5, 5, tzinfo=UTC), id="ru-may"),
        pytest.param("7 май 2024", datetime(2024, 5, 7, tzinfo=UTC), id="ru-may-nominative"),
        pytest.param("понеділок, 5 лютого 2024 р. 10:00", TEN, id="uk"),
        pytest.param("середа, 6 березня 2024", datetime(2024, 3, 6, tzinfo=UTC), id="uk-wednesday"),
        pytest.param("14 серпня 2024", datetime(2024, 8, 14, tzinfo=UTC), id="uk-august"),
        pytest.param("5 лютага 2024, 10:00", TEN, id="be"),
        pytest.param("3 кастрычніка 2024", datetime(2024, 10, 3, tzinfo=UTC), id="be-october"),
        pytest.param("3 лістапада 2024", datetime(2024, 11, 3, tzinfo=UTC), id="be-november"),
        pytest.param("3 ліпеня 2024", datetime(2024, 7, 3, tzinfo=UTC), id="be-july"),
        pytest.param("poniedziałek, 5 lutego 2024, 10:00", TEN, id="pl"),
        pytest.param("14 października 2024", datetime(2024, 10, 14, tzinfo=UTC), id="pl-october"),
        pytest.param("3 listopada 2024", datetime(2024, 11, 3, tzinfo=UTC), id="pl-november"),
        pytest.param("Montag, 5. Februar 2024, 10:00 Uhr", TEN, id="de"),
        pytest.param("3. März 2024", datetime(2024, 3, 3, tzinfo=UTC), id="de-march"),
        pytest.param("lundi 5 février 2024 à 10h00", TEN, id="fr"),
        pytest.param("mardi 6 août 2024", datetime(2024, 8, 6, tzinfo=UTC), id="fr-tuesday"),
        pytest.param("mar. 09 juil. 2024", datetime(2024, 7, 9, tzinfo=UTC), id="fr-short-tuesday"),
        pytest.param("9 juin 2024", datetime(2024, 6, 9, tzinfo=UTC), id="fr-june"),
        pytest.param("lunes, 5 de febrero de 2024, 10:00", TEN, id="es"),
        pytest.param("martes 3 de septiembre de 2024", datetime(2024, 9, 3, tzinfo=UTC), id="es-tuesday"),
        pytest.param("5 Şubat 2024 Pazartesi 10:00", TEN, id="tr"),
        pytest.param("3 Kasım 2024 Pazar", datetime(2024, 11, 3, tzinfo=UTC), id="tr-sunday"),
        pytest.param("3 Ağustos 2024", datetime(2024, 8, 3, tzinfo=UTC), id="tr-august"),
    ],
)  # fmt: skip
def test_dates_without_a_zone_are_flagged(text: str, at: datetime) -> None:
    assert parse_date(text) == (at, True)


def test_a_date_without_a_zone_is_read_in_the_feeds_timezone() -> None:
    assert parse_date("05.02.2024 13:00", "Europe/Moscow") == (TEN, True)
    assert parse_date("5 lipca 2024, 12:00", "Europe/Warsaw")[0] == datetime(
        2024, 7, 5, 10, tzinfo=UTC
    )
    assert parse_date("05.02.2024 10:00", "Mars/Phobos") == (TEN, True)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("yesterday", id="word"),
        pytest.param("0000-00-00 00:00:00", id="zeros"),
        pytest.param("2024-13-05", id="month-13"),
        pytest.param("30 Feb 2024", id="february-30"),
        pytest.param("2024-02-05T25:00:00Z", id="hour-25"),
        pytest.param("5 February", id="no-year"),
        pytest.param("99999999999999999999", id="long-number"),
        pytest.param("5 Feb 2024 " + "x" * 200, id="too-long"),
    ],
)
def test_what_is_no_date_gives_none(text: str) -> None:
    assert parse_date(text) == (None, False)


@given(st.text(max_size=120), st.sampled_from(["", "Europe/Kyiv", "../etc/passwd", "\0"]))
def test_any_text_gives_utc_or_none(text: str, zone: str) -> None:
    at, zoneless = parse_date(text, zone)
    assert at is None or at.tzinfo is UTC
    assert not (zoneless and at is None)


@given(st.datetimes(min_value=datetime(1995, 1, 1), max_value=datetime(2090, 1, 1)))  # noqa: DTZ001
def test_standard_forms_come_back(naive: datetime) -> None:
    at = naive.replace(microsecond=0, tzinfo=UTC)
    for text in (
        at.isoformat(),
        at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        at.strftime("%Y%m%dT%H%M%SZ"),
    ):
        assert parse_date(text) == (at, False), text  # fmt: skip


@pytest.mark.parametrize(
    ("at", "kept"),
    [
        pytest.param(TEN, True, id="past"),
        pytest.param(TEN + timedelta(days=2), True, id="two-days-ahead"),
        pytest.param(TEN + timedelta(days=2, seconds=1), False, id="further-ahead"),
        pytest.param(datetime(1994, 12, 31, tzinfo=UTC), False, id="before-1995"),
    ],
)
def test_plausible(at: datetime, kept: bool) -> None:
    assert plausible(at, TEN) == (at if kept else None)
    assert plausible(None, TEN) is None
