"""Every page of the sample newsroom gives its whole article and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from unicodedata import normalize

import pytest

from ingest.demo import pages
from ingest.demo.newsroom import NewsArticle, Newsroom
from ingest.extract.article import extract_article

NEWSROOM = Newsroom.load()
NOW = datetime(2025, 4, 1, tzinfo=UTC)
# The page template that says nothing of itself but in its text; the feed has the date.
SILENT = {"plain"}


def articles() -> list[object]:
    """At most three of each template and language: all of them are in the end-to-end test."""
    seen: dict[tuple[str, str], int] = {}
    chosen: list[object] = []
    for article in NEWSROOM.articles():
        key = (article.site.template, article.site.lang)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= 3 and article.page == "ok":
            chosen.append(pytest.param(article, id=article.id))
    return chosen


@pytest.mark.parametrize("article", articles())
def test_text_and_metadata(article: NewsArticle) -> None:
    found = extract_article(
        pages.render_page(NEWSROOM, article),
        url=article.canonical_url,
        content_type=pages.content_type(article.site),
        now=NOW,
    )
    paragraphs = [normalize("NFC", " ".join(part.split())) for part in article.paragraphs]
    assert found.text.split("\n") == paragraphs
    assert (found.title, found.lang, found.flags) == (article.title, article.site.lang, ())
    assert found.authors == article.authors
    if article.site.template not in SILENT:
        assert found.published_at == article.published_at
        assert found.canonical_url == article.canonical_url


def test_a_page_with_only_a_video_has_no_text() -> None:
    videos = [article for article in NEWSROOM.articles() if article.page == "video"]
    for article in videos:
        body = pages.render_page(NEWSROOM, article)
        found = extract_article(body, url=article.canonical_url, now=NOW)
        assert (found.text, found.flags) == ("", ("short",))
    assert videos
