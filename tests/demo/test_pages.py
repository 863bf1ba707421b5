"""Every page: its text is there once, and a text extractor finds it among the clutter."""

from __future__ import annotations

import json
import re
from datetime import datetime

import lxml.html
import pytest
import trafilatura

from ingest.demo.newsroom import publishers
from ingest.demo.pages import content_type, render_home, render_page

SITES = [site.key for site in publishers()[1] if site.template]


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def parsed(article, page):
    # Charsets are told apart below; here the text counts.
    return lxml.html.document_fromstring(page.decode(article.site.charset))


def articles_of(newsroom, key):
    articles = [a for a in newsroom.all_articles if a.site.key == key]
    assert articles
    return articles


@pytest.mark.parametrize("key", SITES)
def test_every_paragraph_stands_once_in_the_page(newsroom, key):
    for article in articles_of(newsroom, key):
        page = render_page(newsroom, article)
        assert page == render_page(newsroom, article)
        tree = parsed(article, page)
        for script in tree.xpath("//script | //style"):
            script.drop_tree()
        seen = flat(tree.body.text_content())
        expected = 0 if article.page == "video" else 1
        for paragraph in article.paragraphs:
            assert seen.count(flat(paragraph)) == expected, article.id
        assert flat(tree.findtext(".//h1")) == flat(article.title)


@pytest.mark.parametrize("key", SITES)
def test_an_extractor_finds_the_text_and_nothing_else(newsroom, key):
    for article in articles_of(newsroom, key):
        page = render_page(newsroom, article)
        text = (
            trafilatura.extract(page, url=article.url, favor_precision=True, include_comments=False)
            or ""
        )
        lines = [flat(line) for line in text.splitlines()]
        if article.page == "video":
            assert not any(flat(part) in flat(text) for part in article.paragraphs)
            continue
        if article.site.template == "plain":
            # Unmarked paragraphs around the text: trimming them takes more than an extractor.
            texts = newsroom.language(article.site).texts
            tail = [*article.site.rubrics, f"{texts['newsletter_title']}. {texts['newsletter']}"]
            assert (lines[0], lines[-len(tail) :]) == (flat(article.title), tail)
            lines = lines[1 : -len(tail)]
        assert lines == [flat(part) for part in article.paragraphs], article.id


@pytest.mark.parametrize("key", SITES)
def test_pages_have_the_clutter_of_their_language(newsroom, key):
    article = next(a for a in articles_of(newsroom, key) if a.page != "video")
    seen = flat(parsed(article, render_page(newsroom, article)).text_content())
    clutter = [text for text in newsroom.clutter(article.site) if flat(text) in seen]
    assert len(clutter) >= 6
    teasers = [
        a for a in articles_of(newsroom, key) if a.title != article.title and flat(a.title) in seen
    ]
    assert len(teasers) >= 3
    assert all(name in seen for name in article.site.sections)


def test_no_clutter_is_a_part_of_any_article(newsroom):
    clutter = {text for site in newsroom.sites for text in newsroom.clutter(site)}
    for article in newsroom.all_articles:
        assert not [text for text in clutter if text in article.text], article.id


def test_there_are_ten_templates(newsroom):
    assert len({site.template for site in newsroom.sites if site.template}) == 10


def test_charsets_are_declared_where_the_site_declares_them(newsroom):
    for site in newsroom.sites:
        if not site.template:
            continue
        article = next(a for a in newsroom.all_articles if a.site.key == site.key)
        page = render_page(newsroom, article)
        in_page = re.search(rb'charset="?([\w-]+)', page)
        in_header = "charset=" in content_type(site)
        if site.declared == "none":
            assert (in_page, in_header) == (None, False)
            page.decode("utf-8")
        elif site.declared == "meta":
            assert in_page[1] == b"windows-1251"
            assert not in_header
            with pytest.raises(UnicodeDecodeError):
                page.decode("utf-8")
        else:
            assert in_page[1] == b"utf-8"
            assert in_header


def test_machine_readable_dates_are_the_published_ones(newsroom):
    without = set()
    for article in newsroom.all_articles:
        tree = parsed(article, render_page(newsroom, article))
        raw = tree.xpath(
            "//time/@datetime | //meta[@property='article:published_time']/@content"
            " | //meta[@itemprop='datePublished']/@content | //meta[@name='date']/@content"
        )
        raw += re.findall(r'"datePublished": "([^"]+)"', lxml.html.tostring(tree).decode())
        if not raw:
            without.add(article.site.key if article.page != "video" else "video")
        assert {datetime.fromisoformat(value) for value in raw} <= {article.published_at}
    assert without == {"hazeta", "video"}


def test_json_ld_survives_hostile_characters(newsroom):
    from dataclasses import replace

    article = next(a for a in newsroom.all_articles if a.site.template == "broadsheet")
    hostile = replace(article, title='</script><b>"&', text="One <i>.\n\nTwo & two.\n\nThree.")
    tree = parsed(hostile, render_page(newsroom, hostile))
    (script,) = tree.xpath("//script[@type='application/ld+json']/text()")
    assert json.loads(script)["headline"] == '</script><b>"&'
    assert tree.findtext(".//h1") == '</script><b>"&'
    assert "One <i>." in tree.text_content()


def test_a_front_page_names_its_feeds_and_says_what_it_is(newsroom):
    site = newsroom.sites[0]
    tree = lxml.html.document_fromstring(render_home(newsroom, site, 1).decode())
    assert tree.xpath("//link[@rel='alternate']/@href") == [spec.path for spec in site.feeds]
    assert "Sample newsroom, invented news" in tree.text_content()
