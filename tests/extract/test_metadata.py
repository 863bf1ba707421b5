"""What pages say about themselves, in all the ways they say it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import document_fromstring

from ingest.extract.metadata import (
    PageMetadata,
    absolute_url,
    clean,
    parse_date,
    read_metadata,
    split_authors,
    strip_site_name,
)

URL = "http://courier.example/world/talks.html"


def read(head: str = "", body: str = "<p>Text</p>", root: str = "<html>") -> PageMetadata:
    return read_metadata(document_fromstring(f"{root}<head>{head}</head><body>{body}</body>"), URL)


def ld(json: str) -> str:
    return f'<script type="application/ld+json">{json}</script>'


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        pytest.param(
            ld('{"@type":"NewsArticle","headline":"From &amp; data"}'), "", "From & data", id="ld"
        ),
        pytest.param(
            '<meta property="og:title" content="From og">', "<h1>From h1</h1>", "From og", id="og"
        ),
        pytest.param("<title>Window</title>", "<h1>From <b>h1</b></h1>", "From h1", id="h1"),
        pytest.param("<title>Window</title>", "<h1>Logo</h1><h1>Other</h1>", "Logo", id="two-h1"),
        pytest.param("<title>Window</title>", "", "Window", id="window"),
        pytest.param("", "", "", id="none"),
    ],
)
def test_title(head: str, body: str, title: str) -> None:
    assert read(head, body).title == title


@pytest.mark.parametrize(
    ("title", "publisher", "result"),
    [
        ("Talks begin in Geneva | The Courier", "The Courier", "Talks begin in Geneva"),
        ("Talks begin in Geneva - courier", "", "Talks begin in Geneva"),
        ("Talks begin in Geneva — THE COURIER", "The Courier", "Talks begin in Geneva"),
        (
            "Talks begin in Geneva - without Minsk",
            "The Courier",
            "Talks begin in Geneva - without Minsk",
        ),
        ("Courier | The Courier", "The Courier", "Courier | The Courier"),
    ],
)
def test_the_site_name_is_no_part_of_a_headline(title: str, publisher: str, result: str) -> None:
    assert strip_site_name(title, publisher, URL) == result


@pytest.mark.parametrize(
    ("window", "publisher"),
    [
        ("Talks begin - The Courier", "The Courier"),
        ("Talks begin | World | The Courier", "The Courier"),
        ("The Courier: Talks begin", "The Courier"),
        ("Talks begin", ""),
    ],
)
def test_the_publisher_stands_beside_the_headline(window: str, publisher: str) -> None:
    assert read(f"<title>{window}</title>", "<h1>Talks begin</h1>").publisher == publisher


@pytest.mark.parametrize(
    ("bylines", "names"),
    [
        (["By Ada Miller and Jon Reed"], ("Ada Miller", "Jon Reed")),
        (["Von Eva Holm und Jan Kraus"], ("Eva Holm", "Jan Kraus")),
        (["Автор: Игорь Савостин"], ("Игорь Савостин",)),
        (["Par Luc Morel et Zoé Blanc"], ("Luc Morel", "Zoé Blanc")),
        (["Ada Miller, Jon Reed", "ADA MILLER"], ("Ada Miller", "Jon Reed")),
        (["Ada Miller — November 18"], ("Ada Miller",)),
        (["https://social.example/ada", "ada@courier.example", "<b></b>"], ()),
        (["Andy Byron", "Ivo Eterno"], ("Andy Byron", "Ivo Eterno")),
        (["x" * 500], ()),
        ([", ; &"], ()),
    ],
)
def test_authors_are_names(bylines: list[str], names: tuple[str, ...]) -> None:
    assert split_authors(bylines) == names


@pytest.mark.parametrize(
    ("head", "body"),
    [
        pytest.param(ld('{"@type":"Article","author":"Ada Miller"}'), "", id="ld-string"),
        pytest.param(
            ld('{"@type":"Article","author":[{"name":["Ada Miller"]}]}'), "", id="ld-nested"
        ),
        pytest.param('<meta name="Author" content="Ada Miller">', "", id="meta"),
        pytest.param("", '<a rel="author">Ada Miller</a>', id="rel"),
        pytest.param("", '<span itemprop="author">By Ada Miller</span>', id="itemprop"),
        pytest.param("", '<div class="post-author big">Ada Miller</div>', id="class"),
        pytest.param(
            "",
            '<p class="author-box">' + "bio " * 90 + '</p><p class="byline">Ada Miller</p>',
            id="bio",
        ),
    ],
)
def test_authors_are_found(head: str, body: str) -> None:
    assert read(head, body).authors == ("Ada Miller",)


def test_one_meta_tag_an_author() -> None:
    tags = '<meta property="article:author" content="{}">'
    head = "".join(map(tags.format, ("Ada Miller", "https://social.example/ada", "Jon Reed")))
    assert read(head).authors == ("Ada Miller", "Jon Reed")


def test_names_nested_without_end_are_no_authors() -> None:
    nested = '{"name":' * 400 + '"Ada Miller"' + "}" * 400
    assert read(ld('{"@type":"NewsArticle","author":' + nested + "}")).authors == ()


@pytest.mark.parametrize(
    ("raw", "result"),
    [
        ("2026-03-09T08:30:00+02:00", (datetime(2026, 3, 9, 6, 30, tzinfo=UTC), False)),
        ("2026-03-09T08:30:00Z", (datetime(2026, 3, 9, 8, 30, tzinfo=UTC), False)),
        ("2026-03-09 08:30", (datetime(2026, 3, 9, 8, 30, tzinfo=UTC), True)),
        ("Mon, 09 Mar 2026 08:30:00 GMT", (datetime(2026, 3, 9, 8, 30, tzinfo=UTC), False)),
        ("March 9, 2026", (datetime(2026, 3, 9, tzinfo=UTC), True)),
        ("2026-13-40", (None, False)),
        ("9999-12-31T23:59:59-12:00", (None, False)),
        ("", (None, False)),
        ("1", (None, False)),
        ("1e999999999", (None, False)),
        ("12345678901234567890", (None, False)),
    ],
)
def test_dates(raw: str, result: tuple[datetime | None, bool]) -> None:
    assert parse_date(raw) == result


@given(st.text(max_size=70) | st.from_regex(r"[0-9TZ:+. -]{8,40}", fullmatch=True))
def test_any_date_is_read_or_none(raw: str) -> None:
    value, _ = parse_date(raw)
    assert value is None or value.utcoffset() is not None


@pytest.mark.parametrize(
    ("head", "body"),
    [
        pytest.param(ld('{"@graph":[{"@type":"WebSite"},{"@type":"NewsArticle","datePublished":"2026-03-09T08:30:00Z"}]}'), "", id="graph"),
        pytest.param(ld('<!--{"@type":["Thing","NewsArticle"],"datePublished":"2026-03-09T08:30:00Z"}-->'), "", id="comment"),
        pytest.param('<meta property="article:published_time" content="2026-03-09T08:30:00Z">', "", id="meta"),
        pytest.param('<meta itemprop="datePublished" content="2026-03-09T08:30:00Z">', "", id="itemprop"),
        pytest.param("", '<time datetime="2026-03-01T00:00:00Z">x</time><time pubdate datetime="2026-03-09T08:30:00Z">', id="time"),
    ],
)  # fmt: skip
def test_the_publication_date_is_found(head: str, body: str) -> None:
    assert read(head, body).published_at == datetime(2026, 3, 9, 8, 30, tzinfo=UTC)


def test_the_article_that_names_the_page_is_the_one_described() -> None:
    other = '{"@type":"NewsArticle","headline":"Other","url":"/sport/match.html"}'
    ours = '{"@type":"NewsArticle","headline":"Ours","mainEntityOfPage":{"@id":"' + URL + '"}}'
    assert read(ld(f"[{other},{ours}]")).title == "Ours"
    assert read(ld(other)).title == "Other"


@pytest.mark.parametrize(
    "json",
    [
        "{",
        "[" * 100_000,
        '{"a":' * 3000 + "1" + "}" * 3000,
        "null",
        '"text"',
        "[[[[1]]]]",
        "{}{}",
        '{"@type":"NewsArticle","author":{"name":{"name":{"name":7}}},"image":[[]],"headline":[]}',
    ],
)
def test_broken_json_ld_is_passed_over(json: str) -> None:
    assert read(ld(json) + "<title>Window</title>").title == "Window"


@pytest.mark.parametrize(
    ("root", "head", "lang"),
    [
        ('<html lang="pt-BR">', "", "pt"),
        ("<html>", '<meta property="og:locale" content="uk_UA">', "uk"),
        ("<html>", '<meta http-equiv="Content-Language" content="de">', "de"),
        ('<html lang="{{lang}}">', "", ""),
    ],
)
def test_declared_language(root: str, head: str, lang: str) -> None:
    assert read(head, root=root).lang == lang


@pytest.mark.parametrize(
    ("link", "result"),
    [
        ("/a?b=1", "http://courier.example/a?b=1"),
        ("//cdn.example/a.jpg", "http://cdn.example/a.jpg"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("http://[::1", ""),
        ("x\r\ny", "http://courier.example/world/x y"),
    ],
)
def test_links_are_absolute_or_nothing(link: str, result: str) -> None:
    assert absolute_url(URL, link) == result


def test_no_canonical_link_is_none() -> None:
    assert read().canonical_url == ""
    assert read('<link rel="stylesheet" href="/x.css">').canonical_url == ""
    assert read('<link rel="Canonical" href="/x">').canonical_url == "http://courier.example/x"


@given(st.text())
def test_clean_gives_one_printable_line(text: str) -> None:
    line = clean(text)
    line.encode("utf-8")
    assert line == " ".join(line.split())
