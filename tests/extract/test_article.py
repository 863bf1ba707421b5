"""extract_article: our own pages, stubs, menus, and bytes of any kind."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import ParseError
from ingest.extract.article import extract_article
from ingest.extract.media import media_name
from ingest.extract.result import Extracted

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
URL = "http://courier.example/world/talks?id=7"
PARAGRAPHS = [
    "The two delegations met in the old customs house on Monday morning and sat down without flags.",
    "A spokesman for the hosts said that the ferry question had been put off until the autumn.",
    "Nobody in the room mentioned the bridge, although it had been the reason for the journey.",
    "The talks go on in the town hall on Thursday, and the mayor has promised a warm stove.",
]
BODY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
TEXT = "\n".join(PARAGRAPHS)


def page(body: str = BODY, head: str = "", lang: str = "en") -> bytes:
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8">{head}</head>'
        f"<body>{body}</body></html>"
    ).encode("utf-8", "surrogatepass")


def extract(body: bytes, content_type: str = "text/html", **options: int) -> Extracted:
    return extract_article(body, url=URL, content_type=content_type, now=NOW, **options)


def test_a_page_gives_text_and_metadata() -> None:
    head = """
      <title>Talks move to the town hall | The Courier</title>
      <link rel="canonical" href="/world/talks">
      <meta property="og:image" content="/img/hall.jpg">
      <meta property="og:site_name" content="The Courier">
      <script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle",
        "headline": "Talks move to the town hall", "datePublished": "2026-03-09T08:30:00+02:00",
        "dateModified": "2026-03-09T10:00:00Z", "articleSection": "World",
        "author": [{"@type": "Person", "name": "Ada Miller"}, {"name": "By Jon Reed"}]}</script>
    """
    body = f"""
      <nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>
      <article><h1>Talks move to the town hall</h1>{BODY}
      <p>Read also: <a href="/bridge">Bridge forgotten once more</a></p><p>World</p>
      <p>Subscribe to our newsletter</p></article>
      <footer>All rights reserved.</footer>
    """
    assert extract(page(body, head)) == Extracted(
        title="Talks move to the town hall",
        text=TEXT,
        lang="en",
        authors=("Ada Miller", "Jon Reed"),
        published_at=datetime(2026, 3, 9, 6, 30, tzinfo=UTC),
        published_raw="2026-03-09T08:30:00+02:00",
        updated_at=datetime(2026, 3, 9, 10, tzinfo=UTC),
        section="World",
        image="http://courier.example/img/hall.jpg",
        canonical_url="http://courier.example/world/talks",
        publisher="The Courier",
    )


@pytest.mark.parametrize("depth", [50, 260, 300, 1000])
def test_deeply_nested_pages_keep_their_text(depth: int) -> None:
    assert extract(page("<div>" * depth + BODY + "</div>" * depth)).text == TEXT


def test_siblings_in_the_depths_do_not_hide_the_text() -> None:
    found = extract(page("<div><span>x</span>" * 300 + BODY + "</div>" * 300))
    assert PARAGRAPHS[1] in found.text


def test_json_ld_gives_the_text_where_the_page_has_none() -> None:
    script = '{"@type": "NewsArticle", "articleBody": "' + "\\n".join(PARAGRAPHS) + '"}'
    head = f'<script type="application/ld+json">{script}</script>'
    assert extract(page('<div id="app"></div>', head)).text == TEXT


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="nothing"),
        pytest.param("<p>Too little to be news.</p>", id="one-sentence"),
        pytest.param("<div>" * 1500, id="only-boxes"),
        pytest.param(
            "<ul>"
            + "".join(f'<li><a href="/{n}">Headline of story {n}</a></li>' for n in range(40))
            + "</ul>",
            id="a-menu",
        ),
    ],
)
def test_a_page_without_an_article_is_flagged_short(body: str) -> None:
    found = extract(page(body))
    assert "short" in found.flags
    assert len(found.text) < 200


def test_a_text_of_links_is_no_text() -> None:
    links = "".join(
        f'<p><a href="/{n}">The story number {n} of this day</a></p>' for n in range(30)
    )
    assert extract(page(f"<main>{links}</main>")).text == ""


@pytest.mark.parametrize(
    "paywall", ["Subscribe to continue reading.", "Уже только для подписчиков"]
)
def test_a_paywall_is_flagged_and_its_teaser_kept(paywall: str) -> None:
    found = extract(
        page(f"<article><p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p></article>{paywall}")
    )
    assert "paywall" in found.flags
    assert paywall not in found.text


def test_a_page_that_declares_itself_not_free_is_flagged_while_it_is_a_stub() -> None:
    head = '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False"}</script>'
    assert "paywall" in extract(page(f"<p>{PARAGRAPHS[0]}</p>", head)).flags
    whole = "".join(f"<p>Part {n}. {p}</p>" for n in range(8) for p in PARAGRAPHS)
    assert "paywall" not in extract(page(f"<article>{whole}</article>", head)).flags


def test_a_consent_wall_has_no_text() -> None:
    wall = (
        "<main><h1>Before you continue</h1><p>We and our 412 partners store cookies to show you "
        "personalised advertising. You can accept or reject all cookies, or manage options.</p>"
        "<p>Our partners process personal data such as cookies under legitimate interest, and you "
        "may object to it in the settings of this site at any time.</p><button>Accept</button></main>"
    )
    found = extract(page(wall))
    assert (found.text, found.flags) == ("", ("short", "consent"))


def test_an_article_about_cookies_is_no_consent_wall() -> None:
    law = [
        "Parliament voted on Tuesday to make cookie banners simpler, after two years of debate.",
        "Under the new rules a visitor will be asked for consent once, in the browser itself.",
        "Publishers fear for their income, and their union has announced that it will go to court.",
        "The minister said that the present banners protect nobody and annoy everybody.",
    ]
    found = extract(page("<article>" + "".join(f"<p>{p}</p>" for p in law) + "</article>"))
    assert (found.text, found.flags) == ("\n".join(law), ())


def test_a_long_page_is_cut_and_says_so() -> None:
    long = page(BODY + "<p>The minutes of the meeting were read aloud in full.</p>" * 5000)
    found = extract(long, max_html_bytes=4000)
    assert "cut" in found.flags
    assert PARAGRAPHS[0] in found.text


def test_a_text_beyond_all_measure_is_cut_at_a_paragraph() -> None:
    many = "".join(
        f"<p>Entry {n} of the register names a witness and a place.</p>" for n in range(5000)
    )
    found = extract(page(many))
    assert "cut" in found.flags
    assert len(found.text) <= 200_000
    assert found.text.endswith("a place.")


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        pytest.param(b"%PDF-1.7 ...", "text/html", "PDF", id="pdf-by-its-bytes"),
        pytest.param(b"whatever", "application/pdf", "PDF", id="pdf-by-its-type"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "", "picture", id="picture"),
        pytest.param(b"x", "video/mp4", "video", id="video"),
        pytest.param(b"", "text/html", "no HTML", id="empty"),
        pytest.param(b" \n", "text/html", "no HTML", id="blank"),
        pytest.param(b"just words", "text/plain", "no HTML", id="plain-text"),
    ],
)
def test_what_is_no_page_is_refused(body: bytes, content_type: str, says: str) -> None:
    with pytest.raises(ParseError, match=says) as caught:
        extract(body, content_type)
    assert caught.value.reason.partition(":")[0] in ("not-html", "empty")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://a.example/report.PDF?x=1", "a PDF document"),
        ("http://a.example/pic.jpeg", "a picture"),
        ("http://a.example/clip.mp4#t=1", "a video"),
        ("http://a.example/pdf", ""),
        ("http://a.example/story.html", ""),
        ("http://[broken/", ""),
    ],
)
def test_media_are_known_by_name_before_they_are_fetched(url: str, name: str) -> None:
    assert media_name(url) == name


def test_nothing_unprintable_comes_out() -> None:
    head = '<script type="application/ld+json">{"@type":"NewsArticle","headline":"A\\ud800b \\u0000"}</script>'
    found = extract(
        page(f"<article>{BODY}<p>End\x00 \x0b of &#xD800;\udc80 it all.</p></article>", head)
    )
    assert found.title == "Ab"
    for text in (found.title, found.text):
        text.encode("utf-8")
        assert not {"\x00", "\x0b"} & set(text)


@pytest.mark.parametrize(
    ("raw", "published", "flags"),
    [
        pytest.param("2026-03-09", datetime(2026, 3, 9, tzinfo=UTC), ("zoneless_date",), id="day"),
        pytest.param("2199-01-01T00:00:00Z", None, (), id="far-future"),
        pytest.param("0001-01-01T00:00:00+05:00", None, (), id="year-1"),
        pytest.param("1970-01-01T00:00:00Z", None, (), id="epoch-0"),
        pytest.param("yesterday at noon", None, (), id="words"),
    ],
)
def test_odd_dates(raw: str, published: datetime | None, flags: tuple[str, ...]) -> None:
    found = extract(page(head=f'<meta property="article:published_time" content="{raw}">'))
    assert (found.published_at, found.flags, found.published_raw) == (published, flags, raw)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_an_article_or_a_parse_error(body: bytes) -> None:
    try:
        found = extract(body, content_type="text/html; charset=koi8-r")
    except ParseError:
        return
    assert found.text == "\n".join(line for line in found.text.split("\n") if line.strip())
    found.text.encode("utf-8")


SCRAPS = st.sampled_from(
    """
    <p>|</p>|<div class='nav'>|</div>|<a href='x'>|<table><tr><td>|<!--|-->|<script>|</script>|<h1>T
    |<![CDATA[|&amp;|&#0;|&#xD800;|\x00|\ud800|é|текст|<body>|<html lang='xx-YY'>|<base href='::'>
    |<script type="application/ld+json">{"@type": "NewsArticle", "author": [1, null, {}]}</script>
    |<time datetime="0000-13-99">|<meta property="og:title" content="x">|<svg>|<math>|<form>|<b><i>
    |<link rel="canonical" href="http://[::1">|<template>|A sentence that has some words.
    """.split("|")
)


@settings(max_examples=80, deadline=None)
@given(st.lists(SCRAPS, max_size=40).map("".join))
def test_any_scraps_of_html_give_an_article_or_a_parse_error(html: str) -> None:
    try:
        found = extract(html.encode("utf-8", "surrogatepass"))
    except ParseError:
        return
    for text in (found.title, found.text, *found.authors, found.publisher):
        text.encode("utf-8")
