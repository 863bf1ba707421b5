"""The board's page asked of a real server: the table, the bars, the marks, what it says of nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from alerts.newsdesk import DAY0, make_article, offer, store_article
from browse import Read, ask, check_safe, served

from ingest.model import Note
from ingest.store.rows import proposal_rows
from ingest.store.sqlite import SqliteStore
from ingest.web.shown import Piece, evidence, language
from ingest.web.shown_board import country_name

DAYS = [DAY0 - timedelta(days=days) for days in (4, 2, 0)]


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    """(headers, page, its text as written) of two meetings, one in Russian."""
    path = tmp_path_factory.mktemp("board") / "store.sqlite"
    parties = {"parties": ("RU", "UA")}
    told = [
        make_article(offer("Lukashenko offered Minsk.", **parties), slug="a", at=DAYS[0]),
        make_article(
            offer("Putin refuses Minsk.", "Putin", status="rejected", **parties),
            offer("Putin offered Geneva.", "Putin", **parties),
            slug="b",
            at=DAYS[1],
            lang="ru",
            publisher="Вестник",
        ),
        make_article(offer("Erdogan offered Istanbul.", "", parties=("AM", "AZ")), slug="c"),
    ]
    with SqliteStore.open(path) as store:
        for article in told:
            store_article(store, article)
        store.put([Note("notice", "invented <news>")])
    with served(path, timezone="UTC") as base:
        status, headers, text = ask(f"{base}/board")
    assert status == 200
    return headers, check_safe(headers, text), text


def row_of(text, venue):
    """The table's row of a venue, as text."""
    rows = re.findall("<tr><th scope=.row.*?</tr>", text, re.DOTALL)
    return next(Read(row) for row in rows if f"<bdi>{venue}</bdi>" in row)


def test_the_table_says_who_stands_where(board):
    _, page, text = board
    assert "Parties: Russia, Ukraine. In the news 26 Feb 2026 to 28 Feb 2026" in page.text
    assert "Parties: Armenia, Azerbaijan. In the news 2 Mar 2026, days in UTC" in page.text
    minsk = row_of(text, "Minsk")
    assert "Minsk rejected 1 proposed 26 Feb, rejected 28 Feb rejected Putin, 28 Feb" in minsk.text
    assert "BY proposed Lukashenko, 26 Feb" in minsk.text
    assert ("abbr", {"title": "Belarus"}) in minsk.elements
    assert "Geneva proposed" in row_of(text, "Geneva").text


def test_the_bars_are_the_days_of_each_standing(board):
    _, _, text = board
    bars = [attrs for tag, attrs in row_of(text, "Minsk").elements if tag == "rect"]
    assert [bar["class"] for bar in bars] == ["proposed", "rejected"]
    assert float(bars[0]["x"]) == 0
    assert float(bars[0]["width"]) == pytest.approx(118, abs=2)  # two days of two
    (picture,) = [attrs for tag, attrs in row_of(text, "Minsk").elements if tag == "svg"]
    assert picture["aria-label"] == "proposed 26 Feb, rejected 28 Feb"
    (alone,) = [attrs for tag, attrs in row_of(text, "Istanbul").elements if tag == "rect"]
    assert (float(alone["x"]), float(alone["width"])) == (0, 120)  # told at one moment only


def test_sentences_are_marked_and_in_their_language(board):
    _, page, text = board
    assert (
        '<blockquote lang="ru" dir="auto"><mark class="leader" title="Vladimir Putin">Putin</mark>'
        in text
    )
    assert 'refuses <mark class="rejected" title="Minsk">Minsk</mark>.</blockquote>' in text
    assert '<bdi lang="ru">Вестник</bdi>' in text
    assert "in Russian" in page.text


def test_the_notice_stands_above_the_meetings(board):
    _, page, text = board
    assert page.text.index("invented <news>") < page.text.index("Parties: ")
    assert "2 meetings, the latest first: AM-AZ, RU-UA" in page.text
    assert text.count("<title>Board - Summitwatch</title>") == 1


def test_an_empty_store_says_how_to_fill_it(tmp_path):
    path = tmp_path / "store.sqlite"
    SqliteStore.open(path).close()
    with served(path) as base:
        _, headers, text = ask(f"{base}/board")
        page = check_safe(headers, text)
        assert "No article is stored yet: summitwatch run polls the feeds." in page.text
        assert "<table" not in text
        status, headers, icon = ask(f"{base}/icon.svg")
        assert (status, headers["Content-Type"].split(";")[0]) == (200, "image/svg+xml")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert icon.startswith("<svg")


def test_evidence_of_an_article_read_anew_is_unmarked():
    article = make_article(offer("Putin offered Minsk.", "Putin"))
    (row,) = proposal_rows(article)
    assert [piece.style for piece in evidence(row, article)] == ["leader", "", "proposed", ""]
    for other in (None, replace(article, text="Another text of some length, all new.")):
        assert evidence(row, other) == [Piece(row.sentence)]


def test_codes_without_a_name_stay_codes():
    assert (country_name("BY"), country_name("ZZ")) == ("Belarus", "ZZ")
    assert (language("uk"), language("xx"), language("")) == ("Ukrainian", "xx", "unknown")
