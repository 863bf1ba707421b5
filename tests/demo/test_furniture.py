"""Pages as heavy as real ones: the article is still all there is to extract."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from unicodedata import normalize

import lxml.html
import pytest

from ingest.demo.newsroom import Newsroom
from ingest.demo.pages import content_type, render_page
from ingest.extract.article import extract_article

HEAVY = Newsroom.load(page_weight=100)
NOW = datetime(2025, 4, 1, tzinfo=UTC)


def two_of_each_template():
    seen = Counter()
    chosen = []
    for article in HEAVY.articles(1):
        seen[article.site.template] += article.page == "ok"
        if article.page == "ok" and seen[article.site.template] <= 2:
            chosen.append(pytest.param(article, id=f"{article.site.template}-{article.id}"))
    return chosen


def tree_of(article, page):
    return lxml.html.document_fromstring(page.decode(article.site.charset))


def extracted(article):
    return extract_article(
        render_page(HEAVY, article),
        url=article.canonical_url,
        content_type=content_type(article.site),
        now=NOW,
    )


def test_two_pages_of_each_of_the_ten_templates():
    counts = Counter(param.values[0].site.template for param in two_of_each_template())
    assert len(counts) == 10
    assert set(counts.values()) == {2}


@pytest.mark.parametrize("article", two_of_each_template())
def test_a_heavy_page_gives_its_article_and_nothing_else(article):
    found = extracted(article)
    paragraphs = [normalize("NFC", " ".join(part.split())) for part in article.paragraphs]
    assert found.text.split("\n") == paragraphs
    assert (found.title, found.authors, found.lang, found.flags) == (
        article.title,
        article.authors,
        article.site.lang,
        (),
    )


def test_a_heavy_page_with_only_a_video_has_no_text():
    article = next(a for a in HEAVY.articles(1) if a.page == "video")
    found = extracted(article)
    assert (found.text, found.flags) == ("", ("short",))


def test_every_paragraph_stands_once_in_a_heavy_page():
    for article in HEAVY.articles(1):
        seen = " ".join(tree_of(article, render_page(HEAVY, article)).text_content().split())
        for paragraph in article.paragraphs:
            expected = 0 if article.page == "video" else 1
            assert seen.count(" ".join(paragraph.split())) == expected, article.id


@pytest.mark.parametrize("weight", [0, 20, 100, 300])
def test_the_furniture_weighs_what_was_asked_for(newsroom, weight):
    heavy = replace(newsroom, page_weight=weight)
    for site in newsroom.sites:
        for article in newsroom.of_site(site)[:1]:
            light, page = (render_page(room, article) for room in (newsroom, heavy))
            assert len(page) - len(light) == pytest.approx(weight * 1000, rel=0.02)
            elements = len(tree_of(article, page).xpath("//*")) - len(
                tree_of(article, light).xpath("//*")
            )
            assert elements == pytest.approx(7.1 * weight, rel=0.1)


def test_a_heavy_page_has_the_menu_cards_and_settings_of_its_site():
    article = next(a for a in HEAVY.articles(1) if a.site.lang == "uk")
    page = render_page(HEAVY, article)
    assert page == render_page(Newsroom.load(page_weight=100), article)
    tree = tree_of(article, page)
    assert len(tree.xpath("//nav[@class='mega-menu']//a")) == 70
    assert set(tree.xpath("//nav[@class='mega-menu']//a/span/text()")) >= set(article.site.sections)
    cards = tree.xpath("//h3[@class='card__title']/a/text()")
    assert len(cards) == 20
    assert set(cards) <= {a.title for a in HEAVY.of_site(article.site) if a.edition == 1}
    (script,) = tree.xpath("//script[contains(., 'window.settings')]/text()")
    settings = json.loads(re.search(r"window\.settings = (\{.*?\}\});", script)[1])
    assert all(name.startswith("visnyk.switch.") for name in settings)
    assert len(settings) > 30


def test_headlines_are_escaped(newsroom):
    title = '</script><b data-x="&'
    article = newsroom.articles(1)[0]
    hostile = replace(article, title=title)
    room = replace(newsroom, all_articles=(hostile,), page_weight=20)
    tree = tree_of(hostile, render_page(room, hostile))
    assert set(tree.xpath("//h3[@class='card__title']/a/text()")) == {title}
    assert not tree.xpath("//b[@data-x]")
