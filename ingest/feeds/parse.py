"""A feed document to frozen values. Pure; meant to run in a worker with a deadline."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from ingest.errors import ParseError
from ingest.feeds import _feedparser, jsonfeed, sitemap
from ingest.feeds.dates import parse_date
from ingest.feeds.hints import days_to_skip, hours_to_skip, ttl_seconds, update_period_seconds
from ingest.feeds.identity import with_keys
from ingest.feeds.parsed import ParsedEntry, ParsedFeed
from ingest.feeds.sniff import Kind, sniff
from ingest.feeds.text import (
    clean_content,
    clean_line,
    drop_impossible_references,
    drop_unprintable,
    mend_xml,
)
from ingest.urls import join_url

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_ENTRIES: Final = 2000
_END = re.compile(r"</(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
_MAX_GUID_CHARS: Final = 4096
_MAX_AUTHORS: Final = 10
_MAX_CATEGORIES: Final = 30


def parse_feed(
    body: bytes,
    *,
    content_type: str = "",
    url: str,
    max_entries: int = MAX_ENTRIES,
    timezone: str = "",
    id_kind: str = "",
) -> ParsedFeed:
    """Read RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed 1.x or a news sitemap.

    Args:
        body: the whole document, decompressed.
        content_type: the header as it came; its charset is one hint among others.
        url: the final URL: links are resolved against it, guids never.
        max_entries: later entries are left out and `truncated` is set.
        timezone: for dates without a zone; "" means UTC.
        id_kind: `ParsedFeed.id_kind` of earlier polls; "" at the first.

    Returns:
        The feed; its entries in document order, none removed. An empty channel is a feed.

    Raises:
        ParseError: nothing of the kind; `reason` begins with a code (see `error_code`):
            `empty-body`, `not-a-feed` or `challenge-page`.
    """
    found = sniff(body, content_type)
    if found.kind is Kind.JSON:
        feed = jsonfeed.read(found.text, url=url, max_entries=max_entries, timezone=timezone)
    elif found.kind is Kind.SITEMAP:
        feed = sitemap.read(found.text, url=url, max_entries=max_entries, timezone=timezone)
    elif found.kind is Kind.XML:
        feed = _read_xml(found.text, url=url, max_entries=max_entries, timezone=timezone)
    else:
        raise ParseError(url, f"{found.code}: {found.detail}", found.way_out)
    kind, entries = with_keys(feed.entries, id_kind)
    return replace(feed, entries=entries, id_kind=kind)


def parse_feed_job(header: dict[str, Any], body: bytes) -> ParsedFeed:
    """`parse_feed` as a worker's job: the header holds its keyword arguments."""
    return parse_feed(body, **header)


def error_code(error: ParseError) -> str:
    """Return the stable code that a ParseError's reason begins with."""
    code, colon, _ = error.reason.partition(":")
    return code if colon and re.fullmatch(r"[a-z][a-z0-9-]*", code) else "parse"


def _read_xml(text: str, *, url: str, max_entries: int, timezone: str) -> ParsedFeed:
    text = mend_xml(text)
    tree = _feedparser.read_strictly(text, max_entries)
    if tree is None:
        possible = drop_impossible_references(text)
        if possible != text:
            text, tree = possible, _feedparser.read_strictly(possible, max_entries)
    if tree is None:
        tree = _feedparser.read_loosely(text, max_entries)
    if tree is None or (not tree.entries and not tree.well_formed):
        tree = _read_mended(text, max_entries) or tree
    if tree is None or not (tree.entries or (tree.well_formed and tree.version)):
        raise ParseError(url, "not-a-feed: broken XML without a single entry", "ask the publisher")
    feed = tree.feed
    lang = clean_line(_text(feed.get("language")), 40)
    hub = _rel(feed, "hub", url)
    return ParsedFeed(
        title=clean_line(_text(feed.get("title"))),
        link=_join(url, feed.get("link")),
        lang=lang,
        format=tree.version,
        entries=tuple(_entry(item, url, lang, timezone) for item in tree.entries),
        ttl_s=ttl_seconds(_text(feed.get("ttl"))),
        update_period_s=update_period_seconds(
            _text(feed.get("sy_updateperiod")), _text(feed.get("sy_updatefrequency"))
        ),
        skip_hours=hours_to_skip(text for what, text in tree.skipped if what == "hour"),
        skip_days=days_to_skip(text for what, text in tree.skipped if what == "day"),
        hub=hub,
        topic=_rel(feed, "self", url) if hub else "",
        next=_rel(feed, "next", url),
        truncated=tree.capped or not (tree.well_formed or _END.search(text, len(text) - 2000)),
    )


def _read_mended(text: str, max_entries: int) -> _feedparser.Tree | None:
    """Let libxml2 close what is open and drop what is no XML, then read the result strictly."""
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    body = text.partition("?>")[2] if text.startswith("<?xml") else text
    try:
        root = etree.fromstring(body.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root is None:
        return None
    mended = etree.tostring(root, encoding="unicode", with_tail=False)
    tree = _feedparser.read_strictly(mended, max_entries)
    return tree if tree is not None and tree.entries else None


def _entry(raw: dict[str, Any], base: str, lang: str, timezone: str) -> ParsedEntry:
    item = dict(raw)  # feedparser's dictionary answers for a missing `updated` with `published`
    updated_raw = _date_text(item, "updated")
    published_raw = _date_text(item, "published") or _date_text(item, "created") or updated_raw
    published_at, zoneless = parse_date(published_raw, timezone)
    return ParsedEntry(
        key="",
        guid=drop_unprintable(_text(item.get("id"))).strip()[:_MAX_GUID_CHARS],
        url=_link(item, base),
        title=clean_line(_text(item.get("title"))),
        content=_content(item),
        authors=_authors(item),
        categories=_categories(item),
        lang=clean_line(_text(item.get("language")) or _detail_lang(item), 40) or lang,
        image=_image(item, base),
        published_at=published_at,
        published_raw=published_raw,
        updated_at=parse_date(updated_raw, timezone)[0],
        zoneless=zoneless,
    )


def _date_text(item: dict[str, Any], name: str) -> str:
    return drop_unprintable(_text(item.get(name))).strip()[:100]


def _link(item: dict[str, Any], base: str) -> str:
    link = _join(base, item.get("link"))
    if link:
        return link
    for other in item.get("links") or ():
        if other.get("rel") == "alternate" and (link := _join(base, other.get("href"))):
            return link
    return ""


def _content(item: dict[str, Any]) -> str:
    """The longest of what the item offers as HTML; plain text is escaped."""
    offers = [*(item.get("content") or ())]
    if item.get("summary_detail"):
        offers.append(item["summary_detail"])
    bodies = [
        html.escape(value, quote=False) if offer.get("type") == "text/plain" else value
        for offer in offers
        if (value := _text(offer.get("value")))
    ]
    return clean_content(max(bodies, key=len, default=_text(item.get("summary"))))


def _authors(item: dict[str, Any]) -> tuple[str, ...]:
    names = [_text(author.get("name")) for author in item.get("authors") or ()]
    if not any(names) and len(_text(item.get("author"))) <= _feedparser.MAX_AUTHOR_CHARS:
        names = [_text(item.get("author"))]
    return _unique((clean_line(name, 200) for name in names), _MAX_AUTHORS)


def _categories(item: dict[str, Any]) -> tuple[str, ...]:
    tags = map(dict, item.get("tags") or ())
    terms = (_text(tag.get("label")) or _text(tag.get("term")) for tag in tags)
    return _unique((clean_line(term, 100) for term in terms), _MAX_CATEGORIES)


def _image(item: dict[str, Any], base: str) -> str:
    candidates: list[Any] = []
    for media in item.get("media_content") or ():
        kind = f"{_text(media.get('medium'))} {_text(media.get('type'))}"
        if "image" in kind or (not kind.strip() and not item.get("media_thumbnail")):
            candidates.append(media.get("url"))
    candidates += [media.get("url") for media in item.get("media_thumbnail") or ()]
    candidates += [
        link.get("href")
        for link in item.get("links") or ()
        if link.get("rel") == "enclosure" and _text(link.get("type")).startswith("image/")
    ]
    candidates.append((item.get("image") or {}).get("href"))
    return next((link for one in candidates if (link := _join(base, one))), "")


def _detail_lang(item: dict[str, Any]) -> str:
    return _text((item.get("title_detail") or {}).get("language"))


def _rel(feed: Any, rel: str, base: str) -> str:  # noqa: ANN401
    links = (link.get("href") for link in feed.get("links") or () if link.get("rel") == rel)
    return next((joined for link in links if (joined := _join(base, link))), "")


def _join(base: str, link: object) -> str:
    return join_url(base, link) if isinstance(link, str) and link.strip() else ""


def _text(value: object) -> str:
    return str(value) if isinstance(value, str) else ""


def _unique(names: Iterable[str], limit: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))[:limit]
