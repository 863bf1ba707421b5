"""Pages to stored articles: extract in the workers, tag, find the article's identity, save."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

import structlog
from structlog.contextvars import bound_contextvars

from ingest import articles
from ingest.errors import ConflictError
from ingest.leases import wait_to_write
from ingest.metrics import kind_of
from ingest.model import Article, Entry, EntryState, Feed
from ingest.pipeline.identity import handed_over, look_up
from ingest.pipeline.read import read_page
from ingest.pipeline.tombstones import forgotten
from ingest.store.port import Lost, Refused, Save, Saved, Where

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.pipeline.identity import Known
    from ingest.pipeline.pages import Page
    from ingest.pipeline.read import Ready
    from ingest.pipeline.services import Services

log = structlog.get_logger()

MIN_CHARS = 20  # less is a headline repeated, no article
MIN_COPY_CHARS = 200  # shorter texts coincide by chance
SAVE_TRIES = 5


async def save_chunk(services: Services, pages: Sequence[Page]) -> list[str]:
    """Extract, tag and store a chunk of pages; returns the ids of entries now `stored`.

    Nothing here fails for one bad page: it becomes a dead entry with its reason, or an article
    made of the feed's own content.
    """
    services.counters["chunks"] += 1
    with bound_contextvars(chunk=services.counters["chunks"]):
        ready = await asyncio.gather(*(read_page(services, page) for page in pages))
        async with services.saving:
            saved = asyncio.ensure_future(asyncio.to_thread(_save_all, services, ready))
            try:
                return await asyncio.shield(saved)
            except asyncio.CancelledError:  # a thread goes on all the same: its work is counted
                await asyncio.wait([saved])
                raise


def _save_all(services: Services, items: Sequence[Ready]) -> list[str]:
    wait_to_write(services.store, services.clock)
    items = _without_forgotten(services, items)
    feeds = services.store.get_many(Feed, {item.entry.feed_id for item in items})
    stored: list[str] = []
    todo: list[Ready] = []
    for item in items:
        if len(item.extracted.text) < MIN_CHARS:
            _without_article(services, item.entry)
        else:
            todo.append(item)
    for _ in range(SAVE_TRIES):
        if not todo:
            return stored
        todo = _save_once(services, todo, feeds, stored)
    if todo:
        url = todo[0].entry.url
        raise ConflictError(url, f"lost {SAVE_TRIES} saves to other writers", "run again")
    return stored


def _without_forgotten(services: Services, items: Sequence[Ready]) -> list[Ready]:
    """Drop what the desk had forgotten, under any of its addresses, with its entries."""
    urls = {
        item.entry.id: {item.entry.url, item.entry.final_url, item.extracted.canonical_url} - {""}
        for item in items
    }
    gone = forgotten(services.store, set().union(*urls.values()))
    dropped = {entry_id for entry_id, own in urls.items() if own & gone}
    if dropped:
        services.counters["entries_forgotten"] += services.store.delete(Entry, dropped)
    return [item for item in items if item.entry.id not in dropped]


def _save_once(
    services: Services, items: Sequence[Ready], feeds: Mapping[str, Feed], stored: list[str]
) -> list[Ready]:
    """Save what nobody else is saving; returns what must be prepared anew, since it changed."""
    known = look_up(services.store, items)
    prepared = [_prepare(services, item, feeds, known) for item in items]
    lost = known.claim(services.store)
    again: list[Ready] = []
    ready: list[Ready] = []
    saves: list[Save] = []
    for item, save in zip(items, prepared, strict=True):
        if save.article.id in lost:
            again.append(handed_over(item, lost[save.article.id]))
        else:
            ready.append(item)
            saves.append(save)
    for item, result in zip(ready, services.store.save(saves), strict=True):
        match result:
            case Saved(article=article, entry=entry, created=created):
                _count(services, article, created=created)
                log.info(
                    "article_saved",
                    article=article.id[:12],
                    entry=item.entry.id[:12],
                    feed_id=item.entry.feed_id[:12],
                    new=created,
                )
                if entry is not None and entry.state is EntryState.STORED:
                    stored.append(entry.id)
            case Refused(reason=reason):
                dead = replace(item.entry, state=EntryState.DEAD, reason=f"refused: {reason}")
                services.store.put([dead])
                services.counters["entries_dead"] += 1
            case Lost(what="entry"):
                pass  # another run moved this entry on: its work, not ours
            case Lost():
                again.append(item)
            case _:
                assert_never(result)
    return again


def _count(services: Services, article: Article, *, created: bool) -> None:
    services.counters["articles_new" if created else "articles_updated"] += 1
    services.counters["mentions"] += len(article.mentions)
    services.counters["proposals"] += len(article.proposals)
    for mention in article.mentions:
        kind = f"{mention.kind}_{mention.role}" if mention.role else mention.kind
        services.counters[kind_of("mentions", kind)] += 1


def _without_article(services: Services, entry: Entry) -> None:
    """Store an entry that has neither page nor content: dead, or new until its next try."""
    if entry.state is EntryState.NEW:
        services.store.put([entry])
        return
    reason = entry.reason or "no-content: the entry has neither a page nor a text of its own"
    services.store.put([replace(entry, state=EntryState.DEAD, reason=reason)])
    services.counters["entries_dead"] += 1


def _prepare(services: Services, item: Ready, feeds: Mapping[str, Feed], known: Known) -> Save:
    entry = item.entry
    article_id, existing = known.identify(item)
    article = articles.build_article(
        entry,
        feeds.get(entry.feed_id) or Feed(id=entry.feed_id, url=""),
        item.extracted,
        article_id=article_id,
        existing=existing,
        now=services.clock(),
    )
    if not article.copy_of and len(article.text) >= MIN_COPY_CHARS:
        article = replace(article, copy_of=_original(services, article, known))
    known.pending[article.id] = article
    tagged = services.tagger.tag(
        article.text,
        lang=article.lang,
        title=article.title,
        published=article.effective_at,
        article=article.id,
    )
    after = EntryState.NEW if entry.state is EntryState.NEW else entry.after
    marked = replace(entry, state=EntryState.STORED, article_id=article.id, after=after)
    return Save(articles.with_tags(article, tagged), marked)


def _original(services: Services, article: Article, known: Known) -> str:
    """Id of an article of another source with the very same text, the first stored; else ""."""
    same = services.store.find_articles(
        Where("text_hash", "=", article.text_hash), order_by="first_stored_at", limit=5
    )
    same += [other for other in known.pending.values() if other.text_hash == article.text_hash]
    for other in same:
        if other.id != article.id and other.source != article.source:
            return other.copy_of or other.id
    return ""
