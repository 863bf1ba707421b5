"""Pages to stored articles: extract in the workers, tag, find the article's identity, save."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

import structlog

from ingest import articles, ids
from ingest.errors import ConflictError
from ingest.model import Article, Entry, EntryState, Feed, UrlAlias
from ingest.pipeline.read import read_page
from ingest.store.port import Lost, Refused, Save, Saved, Where

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    ready = await asyncio.gather(*(read_page(services, page) for page in pages))
    return await asyncio.to_thread(_save_all, services, ready)


def _save_all(services: Services, items: Sequence[Ready]) -> list[str]:
    feeds = services.store.get_many(Feed, {item.entry.feed_id for item in items})
    stored: list[str] = []
    pending: dict[str, Article] = {}
    saves: list[Save] = []
    ready: list[Ready] = []
    for item in items:
        if len(item.extracted.text) < MIN_CHARS:
            _without_article(services, item.entry)
            continue
        feed = feeds.get(item.entry.feed_id) or Feed(id=item.entry.feed_id, url="")
        save = _prepare(services, item, feed, pending)
        pending[save.article.id] = save.article
        saves.append(save)
        ready.append(item)
    results = services.store.save(saves)
    for item, save, result in zip(ready, saves, results, strict=True):
        outcome = result
        for _ in range(SAVE_TRIES):
            if not isinstance(outcome, Lost):
                break
            if outcome.what == "entry":
                break  # another run moved this entry on: its work, not ours
            feed = feeds.get(item.entry.feed_id) or Feed(id=item.entry.feed_id, url="")
            outcome = services.store.save([_prepare(services, item, feed, {})])[0]
        match outcome:
            case Saved(article=article, entry=entry, created=created):
                services.counters["articles_new" if created else "articles_updated"] += 1
                services.counters["mentions"] += len(article.mentions)
                services.counters["proposals"] += len(article.proposals)
                if entry is not None and entry.state is EntryState.STORED:
                    stored.append(entry.id)
            case Refused(reason=reason):
                dead = replace(item.entry, state=EntryState.DEAD, reason=f"refused: {reason}")
                services.store.put([dead])
                services.counters["entries_dead"] += 1
            case Lost(what="entry"):
                pass
            case Lost():
                raise ConflictError(
                    save.article.url, f"lost {SAVE_TRIES} saves to other writers", "run again"
                )
            case _:
                assert_never(outcome)
    return stored


def _without_article(services: Services, entry: Entry) -> None:
    """Store an entry that has neither page nor content: dead, or new until its next try."""
    if entry.state is EntryState.NEW:
        services.store.put([entry])
        return
    reason = entry.reason or "no-content: the entry has neither a page nor a text of its own"
    services.store.put([replace(entry, state=EntryState.DEAD, reason=reason)])
    services.counters["entries_dead"] += 1


def _prepare(services: Services, item: Ready, feed: Feed, pending: Mapping[str, Article]) -> Save:
    entry = item.entry
    article_id, existing = _identity(services, item, pending)
    article = articles.build_article(
        entry,
        feed,
        item.extracted,
        article_id=article_id,
        existing=existing,
        now=services.clock(),
    )
    if not article.copy_of and len(article.text) >= MIN_COPY_CHARS:
        article = replace(article, copy_of=_original(services, article, pending))
    tagged = services.tagger.tag(
        article.text, lang=article.lang, title=article.title, published=article.effective_at
    )
    after = EntryState.NEW if entry.state is EntryState.NEW else entry.after
    marked = replace(entry, state=EntryState.STORED, article_id=article.id, after=after)
    return Save(articles.with_tags(article, tagged), marked)


def _identity(
    services: Services, item: Ready, pending: Mapping[str, Article]
) -> tuple[str, Article | None]:
    """Find the article that this entry's addresses lead to, or claim a new one.

    `pending` holds the articles of this chunk, which have claimed their addresses but are not
    stored yet.
    """
    entry = item.entry
    urls = articles.addresses(entry, entry.final_url, item.extracted.canonical_url)
    declared = set(urls) - set(articles.addresses(entry, entry.final_url, ""))
    known = services.store.get_many(UrlAlias, urls)
    article_id = entry.article_id
    for url in urls:
        if url not in known:
            continue
        owner = known[url].article_id
        if url in declared and owner != article_id:
            other = pending.get(owner) or services.store.get_article(owner)
            if other is None or not articles.same_article(
                other, articles.title_of(entry, item.extracted), item.extracted.text
            ):
                urls = tuple(u for u in urls if u != url)
                continue
        article_id = article_id or owner
    article_id = article_id or ids.article_id(urls[0])
    fresh = [url for url in urls if url not in known]
    written = services.store.put([UrlAlias(id=url, article_id=article_id) for url in fresh])
    if None in written and not entry.article_id:  # another run claimed it first: re-read
        winner = services.store.get(UrlAlias, fresh[written.index(None)])
        if winner is not None:
            article_id = winner.article_id
    return article_id, services.store.get_article(article_id)


def _original(services: Services, article: Article, pending: Mapping[str, Article]) -> str:
    """Id of an article of another source with the very same text, the first stored; else ""."""
    same = services.store.find_articles(
        Where("text_hash", "=", article.text_hash), order_by="first_stored_at", limit=5
    )
    same += [other for other in pending.values() if other.text_hash == article.text_hash]
    for other in same:
        if other.id != article.id and other.source != article.source:
            return other.copy_of or other.id
    return ""
