"""What is past its time: deleted in batches, oldest first, on whatever store."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ingest.leases import wait_to_write
from ingest.model import Delivery, Entry, EntryState, Feed, Run
from ingest.store.port import Where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from ingest.settings import RetentionSettings
    from ingest.store.port import Store

BATCH = 1000
MOST = 200_000
"""Records of a kind that one day deletes: the rest goes the next days, and nothing is held up."""


def delete_old(
    store: Store, keep: RetentionSettings, clock: Callable[[], datetime]
) -> Counter[str]:
    """Delete what the settings no longer keep; returns how many, by what.

    Never: feeds, hosts, aliases of articles, alerts, groups of `new` rules, desk revisions,
    tombstones; entries that wait for their page or for the rules.
    """
    now = clock()

    def before(days: int) -> datetime:
        return now - timedelta(days=days)

    gone: Counter[str] = Counter()
    gone["dead"] = _drain(
        store,
        clock,
        Entry,
        Where("state", "=", EntryState.DEAD),
        Where("changed_at", "<", before(keep.dead_days)),
    )
    gone["deliveries"] = _drain_deliveries(store, clock, before(keep.deliveries_days))
    gone["runs"] = _drain(store, clock, Run, Where("started_at", "<", before(keep.runs_days)))
    gone["entries"] = _unlisted(store, clock, before(keep.entries_days))
    if keep.articles_days:
        gone["articles"] = _articles(store, clock, before(keep.articles_days))
    return +gone


def _drain(
    store: Store,
    clock: Callable[[], datetime],
    kind: type[Entry | Run],
    *where: Where,
) -> int:
    deleted = 0
    while deleted < MOST:
        found = store.find(kind, *where, limit=BATCH)
        if not found:
            break
        wait_to_write(store, clock)
        deleted += store.delete(kind, [record.id for record in found])
        if len(found) < BATCH:
            break
    return deleted


def _drain_deliveries(store: Store, clock: Callable[[], datetime], before: datetime) -> int:
    """Delete rows that wait for nothing by their time: it is in no index, so page by id."""
    deleted = 0
    for batch in _pages(store, Where("state", "!=", "pending")):
        old = [row.id for row in batch if (row.delivered_at or row.created_at) < before]
        if old:
            wait_to_write(store, clock)
            deleted += store.delete(Delivery, old)
        if deleted >= MOST:
            break
    return deleted


def _pages(store: Store, *where: Where) -> Iterable[list[Delivery]]:
    last = ""
    while True:
        after = (Where("id", ">", last),) if last else ()
        batch = store.find(Delivery, *where, *after, limit=BATCH)
        if not batch:
            return
        yield batch
        last = batch[-1].id


def _unlisted(store: Store, clock: Callable[[], datetime], before: datetime) -> int:
    """Delete done entries that no feed has listed since then.

    That a feed lists an entry still is written only of those old enough to go: their number is
    small, and a write for every entry of every feed each day is not.
    """
    listed: dict[str, frozenset[str]] = {}
    deleted, last = 0, ""
    while deleted < MOST:
        after = (Where("id", ">", last),) if last else ()
        old = (Where("state", "=", EntryState.DONE), Where("changed_at", "<", before))
        batch = store.find(Entry, *old, *after, limit=BATCH)
        if not batch:
            break
        last = batch[-1].id
        missing = {entry.feed_id for entry in batch} - listed.keys()
        feeds = store.get_many(Feed, missing)
        for feed_id in missing:
            feed = feeds.get(feed_id)
            listed[feed_id] = frozenset(feed.state.recent_ids if feed else ())
        still = [entry for entry in batch if entry.id in listed[entry.feed_id]]
        gone = [
            entry.id
            for entry in batch
            if entry.id not in listed[entry.feed_id] and (entry.last_listed_at or before) <= before
        ]
        wait_to_write(store, clock)
        store.put([replace(entry, last_listed_at=clock()) for entry in still])
        deleted += store.delete(Entry, gone)
    return deleted


def _articles(store: Store, clock: Callable[[], datetime], before: datetime) -> int:
    deleted = 0
    while deleted < MOST:
        found = store.find_articles(
            Where("first_stored_at", "<", before), order_by="first_stored_at", limit=BATCH
        )
        if not found:
            break
        wait_to_write(store, clock)
        deleted += store.delete_articles([article.id for article in found])
    return deleted
