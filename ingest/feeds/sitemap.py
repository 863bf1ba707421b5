"""News sitemaps (`<news:news>`): what many agencies have in place of RSS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from ingest.errors import ParseError
from ingest.feeds.dates import parse_date
from ingest.feeds.parsed import ParsedEntry, ParsedFeed
from ingest.feeds.text import clean_line, drop_unprintable
from ingest.urls import join_url

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT: Final = "news-sitemap"
_MAX_LOCATIONS: Final = 50_000  # sitemaps.org protocol


def read(text: str, *, url: str, max_entries: int, timezone: str) -> ParsedFeed:
    """Read a news sitemap, newest first as published; entries have no keys yet.

    Pages without a `<news:news>` element are no news and are left out.

    Raises:
        ParseError: a sitemap index, or a sitemap without news.
    """
    root = _root(text, url)
    if _local(root) == "sitemapindex":
        children = sitemap_locations(text, url=url)
        named = next((child for child in children if "news" in child), "")
        raise ParseError(
            url,
            f"not-a-feed: an index of {len(children)} sitemaps",
            f"add {named}" if named else "add the news sitemap that it names",
        )
    entries: list[ParsedEntry] = []
    pages = 0
    name = lang = ""
    for page in _children(root, "url"):
        pages += 1
        news = next(_children(page, "news"), None)
        if news is None:
            continue
        entry, paper = _entry(page, news, url=url, timezone=timezone)
        name, lang = name or paper, lang or entry.lang
        if entry.url:
            entries.append(entry)
    if pages and not entries:
        raise ParseError(
            url,
            f"not-a-feed: a sitemap of {pages} pages, none marked as news",
            "look in robots.txt for the news sitemap",
        )
    return ParsedFeed(
        title=name,
        link=join_url(url, "/"),
        lang=lang,
        format=FORMAT,
        entries=tuple(entries[:max_entries]),
        truncated=len(entries) > max_entries,
        id_kind="link",
    )


def sitemap_locations(text: str, *, url: str) -> tuple[str, ...]:
    """Return the sitemaps that a sitemap index names, in its order."""
    root = _root(text, url)
    found = (
        join_url(url, _text_of(child, "loc"))
        for number, child in enumerate(_children(root, "sitemap"))
        if number < _MAX_LOCATIONS
    )
    return tuple(dict.fromkeys(location for location in found if location))


def _entry(page: Any, news: Any, *, url: str, timezone: str) -> tuple[ParsedEntry, str]:  # noqa: ANN401
    paper = next(_children(news, "publication"), None)
    published_raw = _text_of(news, "publication_date") or _text_of(page, "lastmod")
    published_at, zoneless = parse_date(published_raw, timezone)
    keywords = _text_of(news, "keywords").split(",")
    image = next(_children(page, "image"), None)
    entry = ParsedEntry(
        key="",
        url=join_url(url, _text_of(page, "loc")),
        title=clean_line(_text_of(news, "title")),
        categories=tuple(word for one in keywords[:30] if (word := clean_line(one, 100))),
        lang="" if paper is None else clean_line(_text_of(paper, "language"), 40),
        image="" if image is None else join_url(url, _text_of(image, "loc")),
        published_at=published_at,
        published_raw=published_raw[:100],
        updated_at=parse_date(_text_of(page, "lastmod"), timezone)[0],
        zoneless=zoneless,
    )
    return entry, "" if paper is None else clean_line(_text_of(paper, "name"))


def _root(text: str, url: str) -> Any:  # noqa: ANN401  lxml has no types
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    body = text.partition("?>")[2] if text.startswith("<?xml") else text
    try:
        root = etree.fromstring(body.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise ParseError(url, f"not-a-feed: broken sitemap ({exc})", "ask the publisher") from exc
    if root is None:
        raise ParseError(url, "not-a-feed: broken sitemap", "ask the publisher")
    return root


def _local(element: Any) -> str:  # noqa: ANN401
    tag = element.tag
    return tag.rsplit("}", 1)[-1].lower() if isinstance(tag, str) else ""


def _children(element: Any, name: str) -> Iterator[Any]:  # noqa: ANN401
    return (child for child in element if _local(child) == name)


def _text_of(element: Any, name: str) -> str:  # noqa: ANN401
    child = next(_children(element, name), None)
    return "" if child is None else drop_unprintable("".join(child.itertext())).strip()
