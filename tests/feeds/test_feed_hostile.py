"""Documents made to hurt: nothing is opened, nothing is fetched, nothing takes long.

Each is so large that what grows with its square runs into the limit of a test's time.
"""

from __future__ import annotations

import contextlib
import resource
import socket
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import ParseError
from ingest.feeds.parse import MAX_ENTRIES, error_code, parse_feed

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://courier.example/feed"

pytestmark = pytest.mark.timeout(100)  # none takes a second


def rss(items: str, prolog: str = "") -> bytes:
    return f"{prolog}<rss version='2.0'><channel><title>T</title>{items}</channel></rss>".encode()


def test_a_body_that_is_a_path_is_not_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_bytes(rss("<item><title>secret</title></item>"))
    with pytest.raises(ParseError) as caught:
        parse_feed(str(secret).encode(), url=URL)
    assert error_code(caught.value) == "not-a-feed"


def test_a_body_that_is_a_url_is_not_fetched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        body = f"http://127.0.0.1:{server.getsockname()[1]}/feed".encode()
        with pytest.raises(ParseError):
            parse_feed(body, url=URL)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    "author",
    [
        pytest.param("a." * 100_000, id="dots"),
        pytest.param("a@" * 100_000, id="ats"),
        pytest.param("a" * 200_000, id="letters"),
    ],
)
def test_a_long_author_costs_no_time(author: str) -> None:
    feed = parse_feed(rss(f"<item><title>x</title><author>{author}</author></item>"), url=URL)
    assert feed.entries[0].authors == ()
    assert feed.entries[0].title == "x"


BOMB = "<!DOCTYPE rss [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {name} '{('&' + former + ';') * 10}'>"
    for former, name in zip("abcdefghi", "bcdefghij", strict=True)
) + "]>"  # fmt: skip
QUADRATIC = "<!DOCTYPE rss [<!ENTITY a '" + "x" * 60_000 + "'>]>"


@pytest.mark.parametrize(
    ("prolog", "title"),
    [
        pytest.param(BOMB, "&j;", id="billion-laughs"),
        pytest.param(QUADRATIC, "&a;" * 3_000, id="quadratic"),
    ],
)
def test_entity_bombs_do_not_go_off(prolog: str, title: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        feed = parse_feed(rss(f"<item><title>{title}</title></item>", prolog), url=URL)
    except ParseError:
        feed = None
    assert feed is None or all(len(entry.title) <= 1000 for entry in feed.entries)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 300 * 1024


@pytest.mark.parametrize(
    "declaration",
    [
        pytest.param("<!ENTITY x SYSTEM 'file://{path}'>", id="general"),
        pytest.param("<!ENTITY x PUBLIC 'p' 'file://{path}'>", id="public"),
        pytest.param("<!ENTITY % p SYSTEM 'file://{path}'> %p;", id="parameter"),
    ],
)
@pytest.mark.parametrize("ending", ["</channel></rss>", ""], ids=["whole", "cut"])
def test_external_entities_stay_outside(declaration: str, ending: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET")
    prolog = f"<!DOCTYPE rss [{declaration.format(path=secret)}]>"
    body = rss("<item><title>A &x; B</title></item>", prolog).removesuffix(b"</channel></rss>")
    feed = parse_feed(body + ending.encode(), url=URL)
    assert "SECRET" not in repr(feed)
    assert feed.entries[0].title.startswith("A")


def test_an_external_dtd_is_not_fetched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        at = f"http://127.0.0.1:{server.getsockname()[1]}"
        prolog = f"<!DOCTYPE rss SYSTEM '{at}/x.dtd' [<!ENTITY x SYSTEM '{at}/x'>]>"
        parse_feed(rss("<item><title>A &x;</title></item>", prolog), url=URL)
        with pytest.raises(TimeoutError):
            server.accept()


def test_twenty_thousand_items_are_capped() -> None:
    items = "".join(f"<item><guid>{n}</guid><title>T{n}</title></item>" for n in range(20_000))
    feed = parse_feed(rss(items), url=URL)
    assert len(feed.entries) == MAX_ENTRIES
    assert feed.truncated
    assert feed.entries[-1].title == f"T{MAX_ENTRIES - 1}"
    loose = parse_feed(rss(items + "&"), url=URL)
    assert len(loose.entries) == MAX_ENTRIES
    assert parse_feed(rss(items[:5000]), url=URL, max_entries=3).entries[2].title == "T2"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(rss("<item><description>" + "&lt;!--" * 30_000 + "</description></item>"), id="comments"),
        pytest.param(rss("<item><title>" + "&lt;b " * 50_000 + "</title></item>"), id="open-tags"),
        pytest.param(rss("<item><title>" + "&amp;" * 100_000 + "</title></item>"), id="ampersands"),
        pytest.param(rss("<item><title>" + "&lt;script&gt;" * 20_000 + "</title></item>"), id="scripts"),
        pytest.param(rss("<item>" + "<x>" * 20_000 + "</item>"), id="deep"),
        pytest.param(rss("<item><category>" + "x" * 1_000_000 + "</category></item>"), id="category"),
        pytest.param(b"<?xml " + b"x" * 2_000_000, id="endless-declaration"),
        pytest.param(b"<!--" * 300_000, id="comment-starts"),
        pytest.param(b"<!DOCTYPE " + b"[" * 300_000, id="doctype"),
        pytest.param(b"<!DOCTYPE x " + b"[]" * 300_000, id="doctype-brackets"),
        pytest.param(b"<?xml version='1.0'?><!-- -->" + b"\n" * 500_000 + b"<rss/>", id="line-feeds"),
        pytest.param(b"<rss>" + b"a" * 2_000_000 + b"\xff", id="one-letter-at-the-end"),
        pytest.param(b"<rss " + b"<" * 300_000, id="angles"),
        pytest.param(b"\xd0" * 2_000_000, id="broken-utf-8"),
        pytest.param(b"<rss>" + b"\xe0\xe1 " * 700_000, id="undeclared-letters"),
        pytest.param(rss("<item><pubDate>" + "5 " * 100_000 + "</pubDate></item>"), id="date"),
        pytest.param(rss("<item><link>http://a/" + "%" * 500_000 + "</link></item>"), id="link"),
    ],
)  # fmt: skip
def test_floods_are_read_or_refused_in_linear_time(body: bytes) -> None:
    with contextlib.suppress(ParseError):
        parse_feed(body, url=URL)


def test_a_long_content_is_cut() -> None:
    feed = parse_feed(
        rss("<item><description>" + "x" * 10_000_000 + "</description></item>"), url=URL
    )
    assert len(feed.entries[0].content) == 200_000


def test_no_lone_surrogate_comes_through() -> None:
    document = (
        '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "\\ud800a",'
        ' "title": "\\udfffT", "content_html": "\\ud83d", "url": "http://a.example/\\ud800"}]}'
    )
    raw = b"<rss><channel><item><title>\xed\xa0\x80T&#xD800;</title></item></channel></rss>"
    for body in (document.encode(), raw):
        feed = parse_feed(body, url=URL)
        repr(feed).encode("utf-8")
        (entry,) = feed.entries
        assert entry.title.endswith("T")
        assert entry.url == ""
        for text in (entry.key, entry.guid, entry.title, entry.content):
            text.encode("utf-8")


SEEDS = [
    rss("<item><guid>1</guid><title>T</title><link>/a</link><pubDate>x</pubDate></item>"),
    b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title>T</title></entry></feed>',
    b'{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","title":"T"}]}',
    b'<urlset><url><loc>http://a.example/1</loc><news><title>T</title></news></url></urlset>',
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    body = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        body[at : at + draw(st.integers(0, 12))] = draw(st.binary(max_size=12))
    return bytes(body)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=150)
@given(st.one_of(st.binary(max_size=300), mutated()), st.text(max_size=40), st.text(max_size=20))
def test_any_bytes_give_a_feed_or_a_parse_error(body: bytes, header: str, zone: str) -> None:
    try:
        feed = parse_feed(body, content_type=header, url=URL, timezone=zone)
    except ParseError as error:
        assert error_code(error) in {"empty-body", "not-a-feed", "challenge-page"}
        return
    assert all(entry.key for entry in feed.entries)
    repr(feed).encode("utf-8")
