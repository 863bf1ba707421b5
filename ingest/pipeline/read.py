"""Pages to texts: the article of a page, or the feed's own content, read by the workers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from ingest.errors import ParseError, WorkerError
from ingest.extract.result import Extracted
from ingest.metrics import kind_of
from ingest.model import EntryState
from ingest.pipeline.pages import after_failure

if TYPE_CHECKING:
    from ingest.model import Entry
    from ingest.pipeline.pages import Page
    from ingest.pipeline.services import Services

log = structlog.get_logger()

NOTHING = Extracted(flags=("from_feed",))


@dataclass(frozen=True, slots=True)
class Ready:
    """An entry as it will be marked, and its article: the page's, or flagged `from_feed`."""

    entry: Entry
    extracted: Extracted


async def read_page(services: Services, page: Page) -> Ready:
    """Extract a page's article; where it gives none, read the feed's own content instead."""
    if page.failure is not None:
        services.counters["pages_failed"] += 1
        services.counters[kind_of("pages_failed", page.failure.code)] += 1
        log.info("page_failed", url=page.entry.url, code=page.failure.code)
        tries = services.settings.poll.page_tries
        entry = after_failure(page.entry, page.failure, services.clock(), tries=tries)
        return Ready(entry, await _from_feed(services, entry))
    entry = replace(page.entry, state=EntryState.STORED, after=EntryState.DONE, next_try_at=None)
    if page.raw is None:
        return Ready(entry, await _from_feed(services, entry))
    services.counters["pages_fetched"] += 1
    try:
        extracted = await _from_page(services, page)
    except ParseError as exc:
        entry = replace(entry, reason=exc.reason)
        return Ready(entry, await _from_feed(services, entry))
    except WorkerError as exc:
        services.counters["pages_poison"] += 1
        log.warning("page_poison", url=entry.url, reason=exc.reason, entry=entry.id[:12])
        entry = replace(entry, reason=exc.reason, after=EntryState.DEAD)
        return Ready(entry, await _from_feed(services, entry))
    if may_be_poorer(extracted, len(entry.content)):
        listed = await _from_feed(services, entry)
        if may_be_poorer(extracted, len(listed.text)):
            wall = {"consent", "paywall"} & set(extracted.flags)
            code = min(wall, default="no-text")
            reason = f"{code}: the page gave less text than its feed"
            return Ready(replace(entry, reason=reason), listed)
    return Ready(entry, extracted)


async def _from_page(services: Services, page: Page) -> Extracted:
    assert page.raw is not None
    settings = services.settings.extract
    header = {
        "url": page.raw.final_url,
        "content_type": page.raw.headers.get("content-type", ""),
        "now": services.clock(),
        "min_chars": settings.min_chars,
        "max_html_bytes": settings.max_html_bytes,
    }
    extracted: Extracted = await services.workers.call("extract_article", header, page.raw.body)
    return extracted


async def _from_feed(services: Services, entry: Entry) -> Extracted:
    if not entry.content:
        return NOTHING
    header = {"url": entry.url, "lang": entry.lang}
    body = entry.content.encode("utf-8", "replace")
    try:
        extracted: Extracted = await services.workers.call("feed_text", header, body)
    except (ParseError, WorkerError) as exc:
        log.warning("feed_content_poison", entry=entry.id[:12], reason=exc.reason)
        return NOTHING
    return extracted


def may_be_poorer(extracted: Extracted, feed_chars: int) -> bool:
    """Whether so many characters of a feed's content say more than what the page gave.

    A page behind a wall, or with less text than counts as an article, yields to any longer feed
    content; another page only to one twice as long (a video's caption, a teaser).
    """
    if not extracted.text:
        return True
    if {"short", "consent", "paywall"} & set(extracted.flags):
        return feed_chars > len(extracted.text)
    return feed_chars > 2 * len(extracted.text)
