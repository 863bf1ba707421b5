"""The text of a feed's own content."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.extract.feed_text import feed_text_job


def text_of(html: str) -> str:
    return feed_text_job({"lang": "en"}, html.encode("utf-8", "replace")).text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("Plain words", "Plain words", id="plain"),
        pytest.param("<p>One.</p><p>Two &amp; three.</p>", "One.\nTwo & three.", id="paragraphs"),
        pytest.param("&lt;p&gt;Twice&lt;/p&gt;", "Twice", id="escaped-twice"),
        pytest.param("a<br>b<br/>c", "a\nb\nc", id="breaks"),
        pytest.param("<p>x</p><script>alert(1)</script><style>p{}</style>", "x", id="scripts"),
        pytest.param("1 < 2 and 3 > 2", "1 < 2 and 3 > 2", id="not-markup"),
        pytest.param("<p>Text.</p><p>Read more: <a href='#'>here</a></p>", "Text.", id="pointer"),
        pytest.param("&#31;<p>\x1fA&#1;</p>b<br>&#2;c", "A\nb\nc", id="controls"),
        pytest.param("", "", id="empty"),
    ],
)
def test_a_fragment_gives_its_text(html: str, text: str) -> None:
    assert text_of(html) == text


@settings(deadline=None)  # the first text loads the models of languages
@given(st.text(max_size=300))
def test_any_fragment_gives_printable_text(html: str) -> None:
    text_of(html).encode("utf-8")
