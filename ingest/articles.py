"""From an entry and its page to an article: which address, date, title and text win. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingest import ids
from ingest.feeds.dates import plausible
from ingest.model import Article, Revision
from ingest.urls import host_of, normalize_url, registrable_domain

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.extract.result import Extracted
    from ingest.model import Entry, Feed, Tagged

MAX_REVISIONS = 20
STANCE_FLAG = "stance"


def is_own_canonical(canonical_url: str, page_url: str) -> bool:
    """Whether a declared canonical link may become an alias of the page.

    Not when it is a home page (path `/`) or leaves the registrable domain: both are common
    template mistakes that would fold a whole site into one article.
    """
    if not canonical_url:
        return False
    path = urlsplit(canonical_url).path
    if path in {"", "/"}:
        return False
    return registrable_domain(canonical_url) == registrable_domain(page_url)


def addresses(entry: Entry, final_url: str, canonical_url: str) -> tuple[str, ...]:
    """Normalized URLs that lead to the article: as found, after redirects, declared.

    The first one names a new article. A redirect that ends on a home page (a consent or error
    detour) is no address of the article. An entry without a link is known by its own id.
    """
    if not entry.url:
        return (f"entry:{entry.id}",)
    found = normalize_url(entry.url)
    urls = [found]
    if final_url and urlsplit(final_url).path not in {"", "/"}:
        urls.append(normalize_url(final_url))
    if is_own_canonical(canonical_url, final_url or entry.url):
        urls.append(normalize_url(canonical_url))
    return tuple(dict.fromkeys(urls))


def same_article(article: Article, title: str, text: str) -> bool:
    """Whether a page that declares this article as its canonical is indeed it."""
    return article.title == title or article.text == text


def title_of(entry: Entry, extracted: Extracted) -> str:
    """The page's headline, else the feed's, else the address."""
    return extracted.title or entry.title or entry.url


def build_article(
    entry: Entry,
    feed: Feed,
    extracted: Extracted,
    *,
    article_id: str,
    existing: Article | None,
    now: datetime,
) -> Article:
    """Make the article of an entry, or the next revision of the one that is stored.

    Args:
        extracted: what the page gave, or the feed's own content, flagged `from_feed`. A full text
            that is already stored is never replaced by a feed's summary.
        existing: the article as stored, or None.
        now: the time of this save.
    """
    from_feed = "from_feed" in extracted.flags
    if from_feed and existing is not None and "from_feed" not in existing.flags:
        return replace(existing, indexed_at=now)
    fetched_at = entry.fetched_at or now
    title, text = title_of(entry, extracted), extracted.text
    published, raw = _published(entry, extracted, fetched_at)
    if published is None and existing is not None:
        published, raw = existing.published_at, existing.published_raw
    first_fetched = existing.first_fetched_at if existing else fetched_at
    flags = set(extracted.flags)
    if entry.zoneless and published is not None and published == entry.published_at:
        flags.add("zoneless_date")
    content_hash = ids.content_hash(title, text)
    revisions = existing.revisions if existing else ()
    if existing is not None and existing.content_hash != content_hash:
        former = Revision(title=existing.title, text=existing.text, replaced_at=now)
        revisions = (*revisions, former)[-MAX_REVISIONS:]
    final_url = entry.final_url or entry.url or feed.url
    return Article(
        id=article_id,
        revision=existing.revision if existing else 0,
        url=existing.url if existing else entry.url,
        normalized_url=existing.normalized_url if existing else addresses(entry, "", "")[0],
        final_url=final_url,
        canonical_url=extracted.canonical_url,
        title=title,
        text=text,
        source=registrable_domain(host_of(final_url)),
        publisher=extracted.publisher or feed.title,
        lang=extracted.lang if extracted.lang != "und" else entry.lang or feed.lang or "und",
        authors=extracted.authors or entry.authors,
        section=extracted.section or next(iter(entry.categories), ""),
        image=extracted.image or entry.image,
        published_at=published,
        published_raw=raw,
        updated_at=extracted.updated_at or entry.updated_at,
        fetched_at=fetched_at,
        first_fetched_at=first_fetched,
        first_stored_at=existing.first_stored_at if existing else now,
        indexed_at=now,
        effective_at=min(published, first_fetched) if published else first_fetched,
        feed_id=existing.feed_id if existing else entry.feed_id,
        entry_id=existing.entry_id if existing else entry.id,
        archive_ref=entry.archive_ref,
        flags=tuple(sorted(flags)),
        copy_of=existing.copy_of if existing else "",
        content_hash=content_hash,
        text_hash=ids.sha256("text", text),
        revisions=revisions,
    )


def _published(
    entry: Entry, extracted: Extracted, fetched_at: datetime
) -> tuple[datetime | None, str]:
    """The feed's date, or the page's where the feed has none or one without a zone."""
    listed = plausible(entry.published_at, fetched_at), entry.published_raw
    shown = plausible(extracted.published_at, fetched_at), extracted.published_raw
    first, second = (shown, listed) if entry.zoneless else (listed, shown)
    chosen = first if first[0] is not None else second
    return chosen[0], chosen[1] or first[1] or second[1]


def with_tags(article: Article, tagged: Tagged) -> Article:
    """Embed what the tagger said; an article with a stance bears the flag that finds it."""
    flags = set(article.flags) - {STANCE_FLAG} | ({STANCE_FLAG} if tagged.stances else set())
    return replace(
        article,
        flags=tuple(sorted(flags)),
        stances=tagged.stances,
        mentions=tagged.mentions,
        title_mentions=tagged.title_mentions,
        proposals=tagged.proposals,
        tagger_version=tagged.version,
    )
