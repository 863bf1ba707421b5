"""The charset of header, meta or detection, whichever is true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract.charset import decode_html

RUSSIAN = "Переговоры перенесли в ратушу, сообщил представитель мэрии. " * 5
POLISH = "Rozmowy przeniesiono do ratusza, żółta kartka dla burmistrza – mówi rzecznik. " * 5
GERMAN = "Die Gespräche wurden ins Rathaus verlegt, sagte die Bürgermeisterin höflich. " * 5


def html(text: str, charset: str = "") -> str:
    meta = f'<meta charset="{charset}">' if charset else ""
    return f"<html><head>{meta}</head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(
    ("text", "codec", "header", "meta"),
    [
        pytest.param(RUSSIAN, "utf-8", "", "", id="utf-8-undeclared"),
        pytest.param(RUSSIAN, "utf-8", "windows-1251", "windows-1251", id="utf-8-mislabelled"),
        pytest.param(RUSSIAN, "cp1251", "windows-1251", "", id="header"),
        pytest.param(RUSSIAN, "cp1251", "", "windows-1251", id="meta"),
        pytest.param(RUSSIAN, "cp1251", "utf-8", "windows-1251", id="header-lies"),
        pytest.param(RUSSIAN, "cp1251", "utf-8", "utf-8", id="both-lie"),
        pytest.param(RUSSIAN, "cp1251", "", "", id="detected-cp1251"),
        pytest.param(RUSSIAN, "koi8-r", "", "", id="detected-koi8-r"),
        pytest.param(RUSSIAN, "koi8-r", "KOI8-R", "", id="koi8-r"),
        pytest.param(POLISH, "cp1250", "", "windows-1250", id="polish"),
        pytest.param(POLISH.replace("–", "-"), "iso8859-2", "ISO-8859-2", "", id="latin-2"),
        pytest.param(GERMAN, "cp1252", "iso-8859-1", "", id="latin-1-means-1252"),
        pytest.param(GERMAN, "utf-16", "", "", id="bom"),
        pytest.param(GERMAN, "utf-8-sig", "", "iso-8859-1", id="utf-8-bom"),
        pytest.param(GERMAN, "utf-8", "punycode", "unicode_escape", id="labels-of-no-charset"),
        pytest.param(GERMAN, "utf-8", "x" * 60, "no-such", id="unknown-labels"),
    ],
)
def test_pages_read_as_written(text: str, codec: str, header: str, meta: str) -> None:
    content_type = f'text/html; charset="{header}"' if header else "text/html"
    assert decode_html(html(text, meta).encode(codec), content_type) == html(text, meta)


def test_a_page_cut_inside_a_character_is_still_utf_8() -> None:
    body = html(RUSSIAN).encode()
    for length in range(300, 310):
        assert "\ufffd" not in decode_html(body[:length])
    assert decode_html("x€".encode()[:-1], "text/html; charset=iso-8859-1").startswith("x")


def test_a_stray_byte_does_not_change_the_charset() -> None:
    body = html(RUSSIAN * 10, "utf-8").encode().replace(b"</p>", b"\xff</p>")
    assert decode_html(body) == html(RUSSIAN * 10, "utf-8").replace("</p>", "\ufffd</p>")


@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_bytes_decode(body: bytes, label: str) -> None:
    decode_html(body, f"text/html; charset={label}").encode("utf-8")
