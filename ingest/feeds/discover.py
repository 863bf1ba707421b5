"""Where a site keeps its feeds: what its pages declare, and where feeds usually stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from lxml import etree

from ingest.feeds.encoding import decode
from ingest.urls import join_url

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FOUND: Final = 30
_MAX_HTML_BYTES: Final = 2 * 2**20
_FEED_TYPES: Final = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json",
     "application/x-rss+xml", "application/rss", "text/rss", "text/rss+xml", "text/atom+xml"}
)  # fmt: skip
# By how often they hold a feed on news sites; asked one after another, only when a person adds
# a site that declares none.
COMMON_PATHS: Final = (
    "/feed", "/rss", "/rss.xml", "/feed.xml", "/feed/", "/rss/", "/atom.xml", "/index.xml",
    "/rss/all.xml", "/rss/news", "/feeds/rss.xml", "/export/rss2/index.xml", "/en/rss.xml",
    "/feed.json", "/news-sitemap.xml", "/sitemap_news.xml", "/sitemap-news.xml",
)  # fmt: skip
_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_FEED_LINK = re.compile(
    r"(?:^|[/._-])(?:rss|atom|feeds?)(?:[/._-]|$)|\.(?:rss|rdf|atom)$", re.IGNORECASE
)


def find_feeds(html: bytes, url: str, content_type: str = "") -> tuple[str, ...]:
    """Return the feeds that a page declares, best first, at most 30.

    Declared ones (`<link rel="alternate" type="application/rss+xml">`) come first, those of
    comments last; then links of the page that look like feeds.

    Args:
        html: the page; hostile bytes give an empty result.
        url: its final URL.
        content_type: the page's header, for its charset.
    """
    text = decode(html[:_MAX_HTML_BYTES], content_type)
    parser = etree.HTMLParser(no_network=True, recover=True, huge_tree=False, encoding="utf-8")
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return ()
    if root is None:
        return ()
    base = next((join_url(url, tag.get("href") or "") for tag in root.iter("base")), "") or url
    declared: list[str] = []
    linked: list[str] = []
    for tag in root.iter("link", "a"):
        href = (tag.get("href") or "").strip()
        if not href:
            continue
        kind = (tag.get("type") or "").partition(";")[0].strip().lower()
        rels = (tag.get("rel") or "").lower().split()
        if kind in _FEED_TYPES and (tag.tag == "a" or "alternate" in rels or "feed" in rels):
            declared.append(join_url(base, href))
        elif tag.tag == "a" and _looks_like_feed(href):
            linked.append(join_url(base, href))
    declared.sort(key=_is_comments)
    return _unique([*declared, *linked])


def common_feed_urls(url: str) -> tuple[str, ...]:
    """Return the addresses at which a site's feed usually stands."""
    return _unique(join_url(url, path) for path in COMMON_PATHS)


def sitemaps_of(robots: str, url: str) -> tuple[str, ...]:
    """Return the sitemaps that a robots.txt names; those called news first."""
    found = [join_url(url, match) for match in _SITEMAP_LINE.findall(robots[:500_000])]
    found.sort(key=lambda link: "news" not in link.lower())
    return _unique(found)


def _looks_like_feed(href: str) -> bool:
    try:
        parts = urlsplit(href)
    except ValueError:
        return False
    return bool(_FEED_LINK.search(parts.path[:500]))


def _is_comments(url: str) -> bool:
    return "comment" in url.lower()


def _unique(urls: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(url for url in urls if url))[:MAX_FOUND]
