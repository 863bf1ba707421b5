"""Every feed, as a feed parser reads it."""

from __future__ import annotations

import io
import json
from calendar import timegm
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import feedparser
import pytest

from ingest.demo.feeds import feed_list, opml, render_feed
from ingest.demo.newsroom import Newsroom, publishers
from ingest.demo.pages import image_url

FEEDS = [
    pytest.param(site, spec, id=f"{site.key}{spec.path}")
    for site in publishers()[1]
    for spec in site.feeds
    if spec.format not in ("gone", "html")
]
XML_FEEDS = [param for param in FEEDS if param.values[1].format != "json"]


def spec_of(newsroom: Newsroom, key: str, path: str):
    return next((s, f) for s, f in newsroom.feeds() if (s.key, f.path) == (key, path))


@pytest.mark.parametrize("edition", [1, 2])
@pytest.mark.parametrize(("site", "spec"), XML_FEEDS)
def test_an_xml_feed_lists_its_articles(newsroom, site, spec, edition):
    feed = render_feed(newsroom, site, spec, edition)
    parsed = feedparser.parse(io.BytesIO(feed.body))
    articles = newsroom.listed(site, spec, edition)
    assert articles
    assert [(e.title, e.link) for e in parsed.entries] == [(a.title, a.url) for a in articles]
    version = {"rss": "rss20", "rdf": "rss10", "atom": "atom10"}[spec.format]
    assert parsed.version == version
    assert parsed.feed.title == spec.title
    assert bool(parsed.bozo) == spec.malformed


@pytest.mark.parametrize(("site", "spec"), XML_FEEDS)
def test_entries_have_what_the_site_says_they_have(newsroom, site, spec):
    feed = render_feed(newsroom, site, spec, 2)
    parsed = feedparser.parse(io.BytesIO(feed.body))
    for entry, article in zip(parsed.entries, newsroom.listed(site, spec, 2), strict=True):
        assert ("id" in entry) == (spec.guids or spec.format != "rss")
        if spec.dates == "none":
            assert "published" not in entry
            assert "updated" not in entry
        elif spec.dates != "localized":
            when = entry.get("published_parsed") or entry.updated_parsed
            assert datetime.fromtimestamp(timegm(when), UTC) == article.published_at
        if spec.content == "full":
            (content,) = entry.content
            assert all(part in plain(content.value) for part in article.paragraphs)
        else:
            assert entry.summary == article.summary
        if {"creator", "author"} & set(spec.extras):
            assert [a.get("name") for a in entry.get("authors", [])] == list(article.authors)
        if "category" in spec.extras:
            assert [tag.term for tag in entry.tags] == [article.section]
        if "media" in spec.extras:
            assert entry.media_content[0]["url"] == image_url(article)


def plain(html: str) -> str:
    from html import unescape

    return unescape(html)


@pytest.mark.parametrize(("key", "path"), [("wire", "/feeds/top.json"), ("hazeta", "/feed.json")])
def test_a_json_feed_lists_its_articles(newsroom, key, path):
    site, spec = spec_of(newsroom, key, path)
    document = json.loads(render_feed(newsroom, site, spec, 2).body)
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["language"] == site.lang
    items = document["items"]
    articles = newsroom.listed(site, spec, 2)
    assert [(i["url"], i["title"]) for i in items] == [(a.url, a.title) for a in articles]
    for item, article in zip(items, articles, strict=True):
        assert datetime.fromisoformat(item["date_published"]) == article.published_at
        assert all(part in plain(item["content_html"]) for part in article.paragraphs)


def test_one_feed_writes_its_dates_in_its_own_language(newsroom):
    site, spec = spec_of(newsroom, "vestnik", "/rss.xml")
    body = render_feed(newsroom, site, spec, 1).body.decode("windows-1251")
    assert body.startswith('<?xml version="1.0" encoding="windows-1251"?>')
    oldest = newsroom.listed(site, spec, 1)[-1].local
    assert f"<pubDate>Пн, 02 мар 2026 {oldest:%H:%M}:00 +0300</pubDate>" in body


def test_zones_are_written_as_names_and_as_offsets(newsroom):
    bodies = [
        render_feed(newsroom, *spec_of(newsroom, key, path), 2).body.decode()
        for key, path in (("courier", "/rss/world.xml"), ("umschau", "/old-feed"))
    ]
    assert " GMT</pubDate>" in bodies[0]
    assert " +0100</pubDate>" in bodies[1]


def test_the_malformed_feed_is_malformed(newsroom):
    site, spec = spec_of(newsroom, "kurier", "/rss")
    body = render_feed(newsroom, site, spec, 1).body
    assert b"utm_source=rss&utm_medium" in body
    assert body.count(b"<br>") == 1
    assert b"</br>" not in body
    with pytest.raises(ET.ParseError):
        ET.fromstring(body)


@pytest.mark.parametrize(("site", "spec"), FEEDS)
def test_validators_change_with_the_articles_and_only_then(newsroom, site, spec):
    first, second = (render_feed(newsroom, site, spec, edition) for edition in (1, 2))
    grown = newsroom.listed(site, spec, 1) != newsroom.listed(site, spec, 2)
    assert (first.etag != second.etag) == grown
    assert (first.last_modified != second.last_modified) == grown
    assert render_feed(newsroom, site, spec, 1) == first


def test_there_is_every_kind_of_feed(newsroom):
    feeds = list(newsroom.feeds())
    assert len(feeds) >= 14
    assert {spec.format for _, spec in feeds} == {"rss", "rdf", "atom", "json", "gone", "html"}
    for some in (
        [spec.moved for _, spec in feeds],
        [spec.malformed for _, spec in feeds],
        [not spec.guids for _, spec in feeds],
        [spec.dates == "none" for _, spec in feeds],
        [spec.charset == "windows-1251" for _, spec in feeds],
        ["hub" in spec.extras for _, spec in feeds],
    ):
        assert any(some)
    changing = [
        spec.path
        for site, spec in feeds
        if newsroom.listed(site, spec, 1) != newsroom.listed(site, spec, 2)
    ]
    assert len(changing) >= 8


def test_the_opml_lists_every_feed(newsroom):
    outlines = ET.fromstring(opml(newsroom)).iter("outline")
    listed = [
        (o.get("xmlUrl"), o.get("title"), o.get("language")) for o in outlines if o.get("xmlUrl")
    ]
    assert sorted(listed) == sorted(row[:3] for row in feed_list(newsroom))
    assert len({url for url, *_ in feed_list(newsroom)}) == len(listed)
