"""Feed lists."""

from __future__ import annotations

import socket
import unicodedata
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import UsageError
from ingest.feeds.opml import OpmlFeed, parse_opml, write_opml
from ingest.urls import is_http_url, normalize_url


def opml(body: str, prolog: str = "") -> bytes:
    return f'{prolog}<opml version="2.0"><head/><body>{body}</body></opml>'.encode()


def test_groups_attributes_and_lines() -> None:
    feeds = parse_opml(
        opml(
            '\n<outline text="Agencies"><outline text="East">\n'
            '<outline text="Courier" type="rss" XMLURL="http://a.example/f" language="ru"'
            ' category="/news,by"/>\n</outline></outline>'
            '<outline title="Only a title" xmlUrl=" http://b.example/f "/>'
            '<outline text="again" xmlUrl="http://a.example/f"/><outline text="empty"/>'
        )
    )
    assert feeds == (
        OpmlFeed("http://a.example/f", "Courier", "Agencies / East", "ru", "BY", line=3),
        OpmlFeed("http://b.example/f", "Only a title", line=4),
    )


@pytest.mark.parametrize(
    ("document", "line", "reason"),
    [
        pytest.param(b"", "line 1", "well-formed", id="empty"),
        pytest.param(b"\n<opml><body>", "line 2", "well-formed", id="cut"),
        pytest.param(b"<html><body/></html>", "line 1", "no OPML", id="html"),
        pytest.param(b"<opml><head/></opml>", "line 1", "no OPML", id="no-body"),
        pytest.param(b"\xff\xfe\x00garbage", "line 1", "well-formed", id="garbage"),
        pytest.param(opml("<outline>" * 60 + "</outline>" * 60), "line 1", "no http|nested", id="deep"),
        pytest.param(opml("", "<!DOCTYPE opml [<!ENTITY a 'b'>]>"), "line 1", "DOCTYPE", id="doctype"),
    ],
)  # fmt: skip
def test_hostile_lists_are_refused_with_a_line(document: bytes, line: str, reason: str) -> None:
    if b"<outline><outline>" in document:
        document = document.replace(b"<outline>", b'<outline text="g">')
    with pytest.raises(UsageError, match=reason) as caught:
        parse_opml(document)
    assert line in caught.value.thing
    assert caught.value.way_out


def test_entities_are_neither_expanded_nor_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        for address in (f"file://{secret}", f"http://127.0.0.1:{server.getsockname()[1]}/x"):
            body = opml(
                '<outline text="&x;" xmlUrl="http://a.example/"/>',
                f"<!DOCTYPE opml [<!ENTITY x SYSTEM '{address}'>]>",
            )
            with pytest.raises(UsageError) as caught:
                parse_opml(body)
            assert "SECRET" not in str(caught.value)
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_billion_laughs_are_refused() -> None:
    entities = "<!ENTITY a 'ha'>" + "".join(
        f"<!ENTITY {name} '{('&' + former + ';') * 10}'>"
        for former, name in zip("abcdefghi", "bcdefghij", strict=True)
    )
    with pytest.raises(UsageError):
        parse_opml(opml('<outline text="&j;"/>', f"<!DOCTYPE opml [{entities}]>"))


words = st.text(
    st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=12
).filter(lambda word: unicodedata.is_normalized("NFC", word))


@given(
    st.lists(
        st.builds(
            OpmlFeed,
            url=st.integers(0, 10**6).map(lambda n: f"http://a.example/{n}?a=1&b=<2>"),
            title=words,
            group=st.lists(words, max_size=3).map(" / ".join),
            lang=st.sampled_from(["", "ru", "pl"]),
            country=st.sampled_from(["", "BY", "DE"]),
            kind=st.sampled_from(["feed", "sitemap"]),
        ),
        unique_by=lambda feed: feed.url,
        max_size=8,
    )
)
def test_what_is_written_reads_back(feeds: list[OpmlFeed]) -> None:
    back = parse_opml(write_opml(feeds).encode())
    assert {(f.url, f.group, f.lang, f.country, f.kind) for f in back} == {
        (f.url, f.group, f.lang, f.country, f.kind) for f in feeds
    }


@given(st.one_of(st.binary(max_size=200), st.text(max_size=100).map(opml)))
def test_any_bytes_give_feeds_or_a_usage_error(document: bytes) -> None:
    try:
        feeds = parse_opml(document)
    except UsageError:
        return
    assert all(is_http_url(feed.url) for feed in feeds)


def test_the_packaged_list_is_whole() -> None:
    document = files("ingest.feeds").joinpath("starter.opml").read_bytes()
    feeds = parse_opml(document)
    assert b"feeds check --all" in document
    assert 55 <= len(feeds) <= 75
    assert len({normalize_url(feed.url) for feed in feeds}) == len(feeds)
    assert all(feed.title and feed.country and feed.group for feed in feeds)
    by_lang = Counter(feed.lang for feed in feeds)
    assert set(by_lang) == {"en", "ru", "uk", "be", "pl", "de", "fr", "es", "tr"}
    assert min(by_lang.values()) >= 4


def test_addresses_come_as_written_with_their_line() -> None:
    feeds = parse_opml(opml('\n\n<outline xmlUrl="javascript:x"/>'))
    assert [(feed.url, feed.line) for feed in feeds] == [("javascript:x", 3)]
