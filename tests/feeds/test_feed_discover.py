"""Where a site keeps its feeds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.feeds.discover import MAX_FOUND, common_feed_urls, find_feeds, sitemaps_of
from ingest.urls import is_http_url

URL = "http://courier.example/news/"


def test_declared_feeds_come_first_and_comments_last() -> None:
    page = """<html><head><base href="/en/">
      <link rel="alternate" type="application/rss+xml" href="/comments/feed" title="Comments">
      <link rel="alternate home" type="application/atom+xml; charset=utf-8" href="atom.xml">
      <link rel="stylesheet" type="text/css" href="x.css">
      <link rel="alternate" type="text/html" hreflang="ru" href="/ru/">
      <link rel="alternate" type="application/feed+json" href="https://cdn.example/feed.json">
      </head><body><a href="/rss/world.xml">RSS</a><a href="/feedback">Write to us</a>
      <a href="javascript:rss()">x</a><a href="/en/atom.xml">again</a></body>"""
    assert find_feeds(page.encode(), URL) == (
        "http://courier.example/en/atom.xml",
        "https://cdn.example/feed.json",
        "http://courier.example/comments/feed",
        "http://courier.example/rss/world.xml",
    )


def test_a_page_in_windows_1251() -> None:
    page = '<meta charset="windows-1251"><a href="/rss/" title="Лента новостей">Лента</a>'
    assert find_feeds(page.encode("cp1251"), URL) == ("http://courier.example/rss/",)


def test_a_page_of_links_is_capped() -> None:
    page = "".join(f'<a href="/rss/{n}">x</a>' for n in range(50_000)).encode()
    assert len(find_feeds(page, URL)) == MAX_FOUND


def test_common_paths_stand_at_the_root() -> None:
    urls = common_feed_urls(URL)
    assert urls[0] == "http://courier.example/feed"
    assert "http://courier.example/rss.xml" in urls
    assert len(set(urls)) == len(urls)


def test_sitemaps_of_robots() -> None:
    robots = (
        "User-agent: *\nDisallow: /x\nSitemap: http://courier.example/pages.xml\n"
        " sitemap : /sitemap-news.xml # fresh\nSitemap: ftp://courier.example/x\n#Sitemap: /no.xml"
    )
    assert sitemaps_of(robots, URL) == (
        "http://courier.example/sitemap-news.xml",
        "http://courier.example/pages.xml",
    )


@given(
    st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode("utf-8", "ignore"))
    )
)
def test_any_page_gives_http_addresses(page: bytes) -> None:
    assert all(is_http_url(url) for url in find_feeds(page, URL))
    assert all(is_http_url(url) for url in sitemaps_of(page.decode("latin-1"), URL))
