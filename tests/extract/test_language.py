"""Language detection on the newsroom's nine languages, whole texts and headlines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.demo.newsroom import Newsroom
from ingest.extract.language import TAGGED, detect_language

ARTICLES = Newsroom.load().articles()


@pytest.mark.parametrize("lang", TAGGED)
def test_newsroom_texts_and_headlines(lang: str) -> None:
    ours = [article for article in ARTICLES if article.site.lang == lang]
    assert {detect_language(article.text) for article in ours} == {lang}
    headlines = [detect_language(article.title) for article in ours]
    assert headlines.count(lang) >= len(headlines) - 1


@pytest.mark.parametrize(
    ("text", "declared", "lang"),
    [
        pytest.param("", "", "und", id="nothing"),
        pytest.param("123 — 456", "fr", "fr", id="no-letters"),
        pytest.param("Minsk", "be", "be", id="one-word"),
        pytest.param(
            "Переговоры перенесли в ратушу, сообщил мэр города.", "en", "ru", id="template"
        ),
        pytest.param(
            "Переговори перенесли до ратуші, повідомив міський голова.", "ru", "uk", id="uk"
        ),
        pytest.param(
            "Перамовы перанеслі ў ратушу, паведаміў кіраўнік горада.", "ru", "be", id="be"
        ),
        pytest.param(
            "I colloqui si terranno nel municipio della città vecchia", "it", "it", id="it"
        ),
        pytest.param("Kyiv", "ua", "uk", id="country-for-language"),
    ],
)
def test_text_before_label(text: str, declared: str, lang: str) -> None:
    assert detect_language(text, declared) == lang


@given(st.text())
def test_any_text_has_a_code(text: str) -> None:
    assert 2 <= len(detect_language(text)) <= 3
