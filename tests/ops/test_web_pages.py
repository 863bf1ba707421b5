"""The pages that alerts link to, asked of a real server: hostile news, errors, headers, links."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urljoin

import pytest
from alerts.newsdesk import DAY0, make_article, offer, rules_of, store_article
from browse import ask, check_safe, served
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.alerts.evaluate import evaluate
from ingest.alerts.letters import write_message
from ingest.alerts.templates import Templates
from ingest.ids import sha256
from ingest.model import Delivery, Mention
from ingest.store.sqlite import SqliteStore
from ingest.web.shown import paragraphs, plain

EVIL = """</title><script>alert(1)</script>"' onload=x <b>\u202eevil\u2069 \x1b[2J&amp;"""
SHOWN = """</title><script>alert(1)</script>"' onload=x <b>evil [2J&amp;"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """(address, articles by name, alert, its rules) of a desk with hostile news."""
    path = tmp_path_factory.mktemp("pages") / "store.sqlite"
    rules = rules_of(
        "version: 1\nchannels:\n"
        "  desk: {type: email, to: [a@example.org], from: b@example.org, smtp: 'smtp://x.example'}\n"
        "rules:\n  - {id: offers, type: match, when: {status: proposed}, to: [desk]}\n"
    )
    said = offer("Lukashenko offered Minsk.", parties=("RU", "UA"))
    refused = offer("Putin refuses Geneva.", "Putin", status="rejected", parties=("RU", "UA"))
    evil = make_article(said, refused, slug="evil", title=EVIL, publisher=EVIL, published=DAY0)
    evil = replace(evil, text=evil.text + "\n\n" + EVIL, lang='en" onclick="x')
    odd = make_article(said, slug="odd", title="Undated", at=DAY0 - timedelta(hours=1))
    odd = replace(odd, url="javascript:alert(1)", published_at=None, copy_of=evil.id)
    bare = replace(make_article(slug="bare", title=""), text="")
    with SqliteStore.open(path) as store:
        for article in (evil, odd, bare):
            store_article(store, article)
        alerts = evaluate(store, rules, None, DAY0).alerts
    with served(path) as base:
        yield base, {"evil": evil, "odd": odd, "bare": bare}, alerts[0], rules


def test_a_hostile_article_is_shown_and_marked(told):
    base, articles, *_ = told
    status, headers, text = ask(f"{base}/article/{articles['evil'].id}")
    assert status == 200
    page = check_safe(headers, text)
    assert page.text.count(SHOWN) == 4  # in the title twice, as the outlet, in the text
    assert "Lukashenko [leader] offered Minsk [venue, proposed]." in page.text
    assert "Putin [leader] refuses Geneva [venue, rejected]." in page.text
    assert "2 Mar: Lukashenko (BY) offers Minsk for RU-UA talks; confidence .90" in page.text
    assert "confidence .90 proposed Lukashenko offered Minsk." in page.text
    assert "2 Mar 2026, 10:00 Europe/Warsaw" in page.text
    assert ("a", articles["evil"].url) in [(t, a.get("href")) for t, a in page.elements]
    for tag, attrs in page.elements:
        if tag in {"h1", "blockquote"}:
            assert attrs["dir"] == "auto"
            assert attrs["lang"] == 'en" onclick="x'


def test_a_copy_names_its_owner_and_a_script_address_is_no_link(told):
    base, articles, *_ = told
    url = f"{base}/article/{articles['odd'].id}"
    _, headers, text = ask(url)
    page = check_safe(headers, text)
    assert "javascript:" not in text
    assert "undated, first seen 2 Mar 2026, 09:00 Europe/Warsaw" in page.text
    assert f"This article repeats {SHOWN}" in page.text
    (owner,) = [a["href"] for t, a in page.elements if "/article/" in a.get("href", "")]
    assert urljoin(url, owner) == f"{base}/article/{articles['evil'].id}"


def test_an_article_without_text_or_title(told):
    base, articles, *_ = told
    _, headers, text = ask(f"{base}/article/{articles['bare'].id}")
    assert "untitled" in check_safe(headers, text).text
    assert "The page gave no text." in text


def test_the_board_leads_to_its_articles(told):
    base, articles, *_ = told
    status, headers, text = ask(f"{base}/")  # redirected
    assert status == 200
    page = check_safe(headers, text)
    assert "RU-UA" in page.text
    assert "Minsk proposed since 2 Mar, 1 outlet 2 Mar: Lukashenko (BY) offers Minsk" in page.text
    assert "Who says what, since when: proposed Lukashenko (2 Mar)" in page.text
    assert "Geneva rejected since 2 Mar, 1 outlet" in page.text
    assert "Putin refuses Geneva." in page.text
    assert "coverage: no feeds" in page.text
    links = {a["href"] for t, a in page.elements if "article/" in a.get("href", "")}
    assert f"./article/{articles['evil'].id}" in links
    assert all(ask(urljoin(f"{base}/board", link))[0] == 200 for link in links)
    assert ask(f"{base}/board?since=30d&parties=ua,ru")[2].count("<section") == 1
    for narrow, said in (
        ("parties=TR", "of TR in"),
        ("since=2026-03-03", "in the news since 3 Mar 2026;"),
    ):
        assert f"No meeting {said}" in ask(f"{base}/board?{narrow}")[2]


def test_every_link_of_an_alert_leads_to_a_page(told):
    base, _, alert, rules = told
    row = Delivery("row", alert.id, "desk", DAY0)
    channel = rules.channels["desk"]
    message, note = write_message(alert, row, channel, rules, Templates(base_url=base + "/"))
    assert not note
    links = set(re.findall(rf"{re.escape(base)}[^\s\"<]*", message.text + message.html))
    assert {link.removeprefix(base) for link in links} == {
        "/board",
        *(f"/article/{item.article_id}" for item in alert.evidence),
    }
    assert [ask(link)[0] for link in links] == [200] * len(links)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        pytest.param(f"article/{sha256('none')}", 404, "no article has this id", id="unknown"),
        pytest.param("article/<script>", 404, "no article has this id", id="no-id"),
        pytest.param("article/%00%ff", 404, "no article has this id", id="odd-bytes"),
        pytest.param("article/../board/x/", 404, "Not Found", id="no-page"),
        pytest.param("board/", 404, "Not Found", id="no-redirect"),
        pytest.param("health", 404, "Not Found", id="no-metrics"),
        pytest.param("board?since=<b>", 400, "since: '<b>' is no date (write 7d,", id="since"),
        pytest.param("board?since=9999999999w", 400, "is no date", id="too-long-ago"),
        pytest.param("board?parties=RU,%E2%80%AE1", 400, "is no party (write codes", id="parties"),
        pytest.param("board?parties=" + "A" * 20_000, 400, "is no party", id="long"),
    ],
)
def test_what_cannot_be_shown_is_said(told, path, status, said):
    found, headers, text = ask(f"{told[0]}/{path}")
    assert found == status
    page = check_safe(headers, text)
    assert said in page.text
    (back,) = [attrs["href"] for tag, attrs in page.elements if tag == "a"]
    assert urljoin(f"{told[0]}/{path}", back) == f"{told[0]}/board"


def test_nothing_can_be_written(told):
    status, headers, text = ask(f"{told[0]}/board", "POST")
    assert status == 405
    assert "GET" in headers["Allow"]
    check_safe(headers, text)


def test_a_store_that_is_down_is_said_until_it_is_back(tmp_path):
    path = tmp_path / "store.sqlite"
    with served(path, metrics=True) as base:
        for page in ("board", f"article/{sha256('a')}"):
            status, headers, text = ask(f"{base}/{page}")
            assert status == 503
            assert "[SW-STORE-ABSENT]" in check_safe(headers, text).text
        assert ask(f"{base}/metrics")[0] == 200
        SqliteStore.open(path).close()
        assert ask(f"{base}/board")[0] == 200


spots = st.tuples(st.integers(0, 30), st.integers(1, 5), st.sampled_from(("venue", "leader")))


@settings(max_examples=50)
@given(st.text("aé\n\u202e ", max_size=30), st.lists(spots, max_size=4))
def test_marks_lose_no_text(text, found):
    mentions = tuple(
        Mention(start, min(start + size, len(text)), "", kind, "e", "n")
        for start, size, kind in found
        if start < len(text)
    )
    article = replace(make_article(), text=text, mentions=mentions)
    shown = "".join(piece.text for pieces in paragraphs(article) for piece in pieces)
    assert "".join(shown.split()) == "".join(text.split())
    assert "\u202e" not in plain(text)
