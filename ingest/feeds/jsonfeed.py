"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import html
import json
from typing import Any

from ingest.errors import ParseError
from ingest.feeds.dates import parse_date
from ingest.feeds.parsed import ParsedEntry, ParsedFeed
from ingest.feeds.text import clean_content, clean_line, drop_unprintable
from ingest.urls import join_url


def read(text: str, *, url: str, max_entries: int, timezone: str) -> ParsedFeed:
    """Read a JSON Feed; entries have no keys yet.

    Raises:
        ParseError: no JSON, or JSON of another kind.
    """
    try:
        document = json.loads(text)  # takes lone surrogates, which stricter readers refuse
    except (RecursionError, ValueError) as exc:
        raise ParseError(url, f"not-a-feed: broken JSON ({exc})", "ask the publisher") from exc
    items = document.get("items") if isinstance(document, dict) else None
    version = _text(document, "version") if isinstance(document, dict) else ""
    if not isinstance(items, list) or ("jsonfeed.org" not in version and not _looks_right(items)):
        raise ParseError(url, "not-a-feed: JSON, but no JSON Feed", "open the address in a browser")
    lang = clean_line(_text(document, "language"), 40)
    entries = [
        _entry(item, url=url, lang=lang, feed=document, timezone=timezone)
        for item in items[:max_entries]
        if isinstance(item, dict)
    ]
    hubs = [hub for hub in _list(document, "hubs") if isinstance(hub, dict)]
    return ParsedFeed(
        title=clean_line(_text(document, "title")),
        link=join_url(url, _text(document, "home_page_url")),
        lang=lang,
        format="json11" if version.endswith("1.1") else "json1",
        entries=tuple(entries),
        hub=next((link for hub in hubs if (link := join_url(url, _text(hub, "url")))), ""),
        topic=join_url(url, _text(document, "feed_url")) if hubs else "",
        next=join_url(url, _text(document, "next_url")) if document.get("next_url") else "",
        truncated=len(items) > max_entries,
    )


def _entry(
    item: dict[str, Any], *, url: str, lang: str, feed: dict[str, Any], timezone: str
) -> ParsedEntry:
    published_raw = drop_unprintable(_text(item, "date_published")).strip()[:100]
    published_at, zoneless = parse_date(published_raw, timezone)
    content = _text(item, "content_html")
    if not content:
        plain = _text(item, "content_text") or _text(item, "summary")
        content = html.escape(plain, quote=False)
    return ParsedEntry(
        key="",
        guid=drop_unprintable(_scalar(item.get("id"))).strip()[:4096],
        url=_link(url, item, "url") or _link(url, item, "external_url"),
        title=clean_line(_text(item, "title")),
        content=clean_content(content),
        authors=_authors(item) or _authors(feed),
        categories=tuple(
            name
            for tag in _list(item, "tags")[:30]
            if isinstance(tag, str) and (name := clean_line(tag, 100))
        ),
        lang=clean_line(_text(item, "language"), 40) or lang,
        image=_link(url, item, "image") or _link(url, item, "banner_image"),
        published_at=published_at,
        published_raw=published_raw,
        updated_at=parse_date(_text(item, "date_modified"), timezone)[0],
        zoneless=zoneless,
    )


def _looks_right(items: list[Any]) -> bool:
    """Some publishers forget `version`; an item with an id and a content gives them away."""
    first = items[0] if items else None
    return (
        isinstance(first, dict)
        and "id" in first
        and any(name in first for name in ("content_html", "content_text", "url"))
    )


def _authors(holder: dict[str, Any]) -> tuple[str, ...]:
    people = [*_list(holder, "authors"), holder.get("author")]
    names = [clean_line(_text(one, "name"), 200) for one in people if isinstance(one, dict)]
    return tuple(dict.fromkeys(name for name in names[:10] if name))


def _link(base: str, item: dict[str, Any], name: str) -> str:
    link = _text(item, name)
    return join_url(base, link) if link else ""


def _list(holder: dict[str, Any], name: str) -> list[Any]:
    value = holder.get(name)
    return value if isinstance(value, list) else []


def _text(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def _scalar(value: object) -> str:
    """Version 1 let ids be numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)
