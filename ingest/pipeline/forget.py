"""A page or a publisher taken out for good: store, projections, alerts, archive; and a tombstone.

The tombstone comes first, so that nothing comes back meanwhile, and the articles last, so that a
run that was cut off finds its way again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.errors import ConflictError, UsageError
from ingest.model import Alert, Article, Delivery, Entry, Feed, UrlAlias
from ingest.pipeline.tombstones import stone_of_source, stone_of_url
from ingest.store.port import Save, Saved, Where
from ingest.urls import host_of, normalize_url, registrable_domain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from ingest.archive import Archive, RawPage
    from ingest.model import Tombstone
    from ingest.store.port import Store

BATCH = 500


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be forgotten.

    Attributes:
        urls: normalized addresses of the page, or none.
        source: the publisher's registrable domain, or "".
        articles, entries, feeds: ids.
    """

    urls: frozenset[str]
    source: str
    articles: tuple[str, ...]
    entries: tuple[str, ...]
    feeds: tuple[str, ...]

    def has(self, url: str) -> bool:
        """Whether an address is to be forgotten."""
        if self.source:
            return registrable_domain(host_of(url)) == self.source
        return normalize_url(url) in self.urls

    def lists(self, page: RawPage) -> bool:
        """Whether an archived answer is of it, or is a feed document that lists its address."""
        if self.has(page.url) or self.has(page.final_url):
            return True
        if page.kind != "feed" or self.source:
            return False
        return any(url.encode() in page.body for url in self.urls)


def find_page(store: Store, url: str) -> Target:
    """Return what the store holds of a page, under any of its addresses; raises UsageError."""
    if not host_of(url):
        raise UsageError(url, "is no address", "write https://host/path, or --source HOST")
    normal = normalize_url(url)
    alias = store.get(UrlAlias, normal)
    urls = {normal}
    articles: tuple[str, ...] = ()
    if alias is not None:
        articles = (alias.article_id,)
        urls |= {a.id for a in store.find(UrlAlias, Where("article_id", "=", alias.article_id))}
        article = store.get_article(alias.article_id)
        if article is not None:
            own = (article.url, article.final_url, article.canonical_url)
            urls |= {normalize_url(one) for one in own if one}
    of_article = store.find(Entry, Where("article_id", "in", articles)) if articles else []
    of_host = store.find(Entry, Where("host", "=", host_of(url)))
    entries = {e.id for e in of_article}
    entries |= {e.id for e in of_host if e.url and normalize_url(e.url) in urls}
    return Target(frozenset(urls), "", articles, tuple(sorted(entries)), ())


def find_source(store: Store, host: str) -> Target:
    """Return what the store holds of a publisher; raises UsageError."""
    source = registrable_domain(host_of(host) or host.strip().lower())
    if "." not in source:
        raise UsageError(host, "is no publisher's host", "write --source paper.example")
    articles = _ids(store, source)
    feeds = [f for f in store.find(Feed) if registrable_domain(host_of(f.url)) == source]
    entries = {
        entry.id
        for feed in feeds
        for entry in store.find(Entry, Where("feed_id", "=", feed.id))
        if registrable_domain(entry.host) in ("", source)
    }
    for host_prefix in ("", "www."):
        found = store.find(Entry, Where("host", "=", f"{host_prefix}{source}"))
        entries |= {entry.id for entry in found}
    for start in range(0, len(articles), BATCH):
        within = Where("article_id", "in", tuple(articles[start : start + BATCH]))
        entries |= {entry.id for entry in store.find(Entry, within)}
    return Target(
        frozenset(), source, tuple(articles), tuple(sorted(entries)), tuple(f.id for f in feeds)
    )


def _ids(store: Store, source: str) -> list[str]:
    found: list[str] = []
    last = ""
    while True:
        after = (Where("id", ">", last),) if last else ()
        batch = store.find_articles(Where("source", "=", source), *after, limit=BATCH)
        if not batch:
            return found
        found += [article.id for article in batch]
        last = batch[-1].id


def forget(
    store: Store,
    archive: Archive,
    target: Target,
    now: datetime,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Counter[str]:
    """Take it out; returns what went, by kind. Done again, it finds nothing and changes nothing.

    Raises:
        ArchiveError, StoreError: run it again; the tombstone stands already.
    """
    gone: Counter[str] = Counter()
    _lay(store, target, now)
    gone["raw pages"] = _erase(archive, target, progress)
    gone["alerts"] = _strip_alerts(store, frozenset(target.articles))
    gone["entries"] = _delete(store, Entry, target.entries)
    gone["feeds"] = _delete(store, Feed, target.feeds)
    _orphan_copies(store, target)
    for start in range(0, len(target.articles), BATCH):
        gone["articles"] += store.delete_articles(target.articles[start : start + BATCH])
    return gone


def _lay(store: Store, target: Target, now: datetime) -> None:
    stones: list[Tombstone] = [stone_of_url(url, now) for url in sorted(target.urls)]
    if target.source:
        stones.append(stone_of_source(target.source, now))
    store.put(stones)  # one that stands already stays


def _erase(archive: Archive, target: Target, progress: Callable[[str, int, int], None]) -> int:
    """Erase every archived answer of it: pages of former fetches, too, are in no record."""
    erased = 0
    chunks = [chunk for day in archive.days() for chunk in archive.chunks(day)]
    for done, chunk in enumerate(chunks, 1):
        erased += archive.erase(_refs(archive, chunk, target))
        progress("archive", done, len(chunks))
    return erased


def _refs(archive: Archive, chunk: str, target: Target) -> Iterator[str]:
    for ref, page in archive.iterate(chunk):
        if target.lists(page):
            yield ref


def _strip_alerts(store: Store, articles: frozenset[str]) -> int:
    """Take its evidence out of alerts; one that has no other goes, with its deliveries."""
    touched = 0
    for alert in store.find(Alert):
        left = tuple(e for e in alert.evidence if e.article_id not in articles)
        if len(left) == len(alert.evidence):
            continue
        touched += 1
        if left:
            if store.put([replace(alert, evidence=left, line=left[0].line)]) == [None]:
                raise ConflictError(f"alert {alert.id}", "was changed meanwhile", "run it again")
            continue
        rows = store.find(Delivery, Where("alert_id", "=", alert.id))
        store.delete(Delivery, [row.id for row in rows])
        store.delete(Alert, [alert.id])
    return touched


def _delete(store: Store, kind: type[Entry | Feed], wanted: tuple[str, ...]) -> int:
    return sum(
        store.delete(kind, wanted[start : start + BATCH]) for start in range(0, len(wanted), BATCH)
    )


def _orphan_copies(store: Store, target: Target) -> None:
    """Let the articles that repeat one of it stand for themselves: the first of them is no copy."""
    articles: dict[str, Article] = {}
    for start in range(0, len(target.articles), BATCH):
        articles |= store.get_articles(target.articles[start : start + BATCH])
    for article in articles.values():
        same = store.find_articles(
            Where("text_hash", "=", article.text_hash), order_by="first_stored_at"
        )
        heir = ""
        for other in same:
            if other.copy_of != article.id or other.id in articles:
                continue
            _save(store, replace(other, copy_of=heir))
            heir = heir or other.id


def _save(store: Store, article: Article) -> None:
    (result,) = store.save([Save(article)])
    if not isinstance(result, Saved):
        raise ConflictError(article.url, "was changed meanwhile", "run it again")
