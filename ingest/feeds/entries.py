"""What a document's entries mean for what is stored: new ones, and those edited since."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ingest import ids
from ingest.feeds.dates import plausible
from ingest.model import Entry, EntryState, Feed
from ingest.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ingest.feeds.parsed import ParsedEntry, ParsedFeed

# Some publishers change a counter in every entry at every poll; enough is enough.
MAX_EDITS: Final = 24


def entry_ids(feed: Feed, parsed: ParsedFeed) -> tuple[str, ...]:
    """Return the ids of a document's entries in its order, each once."""
    return tuple(dict.fromkeys(ids.entry_id(feed.id, entry.key) for entry in parsed.entries))


def entries_of(
    feed: Feed,
    parsed: ParsedFeed,
    now: datetime,
    *,
    history: bool,
    known: Mapping[str, Entry],
) -> tuple[Entry, ...]:
    """Return the records to write after a poll.

    Args:
        feed: where the document is from.
        parsed: the document; of entries with one key the first counts.
        now: when it was fetched.
        history: this is the feed's first poll: its entries raise no alerts.
        known: stored entries by id; those absent are new.

    Returns:
        New entries (revision 0), and stored ones whose title or content changed, back in state
        `new` with `edits` raised and their revision kept. Entries as they were are left out. An
        edit belongs to the poll that saw it: `history` is this poll's.
    """
    out: dict[str, Entry] = {}
    for parsed_entry in parsed.entries:
        entry_id = ids.entry_id(feed.id, parsed_entry.key)
        if entry_id in out:
            continue
        fresh = _entry(feed, parsed_entry, entry_id, now, history=history)
        stored = known.get(entry_id)
        if stored is None:
            out[entry_id] = fresh
        elif stored.content_hash != fresh.content_hash and stored.edits < MAX_EDITS:
            out[entry_id] = _edited(stored, fresh, now)
    return tuple(out.values())


def _entry(
    feed: Feed, parsed: ParsedEntry, entry_id: str, now: datetime, *, history: bool
) -> Entry:
    return Entry(
        id=entry_id,
        feed_id=feed.id,
        url=parsed.url,
        host=host_of(parsed.url),
        title=parsed.title,
        content_hash=ids.content_hash(parsed.title, parsed.content),
        first_seen_at=now,
        changed_at=now,
        guid=parsed.guid,
        content=parsed.content,
        authors=parsed.authors,
        categories=parsed.categories,
        lang=parsed.lang or feed.lang,
        image=parsed.image,
        published_at=plausible(parsed.published_at, now),
        published_raw=parsed.published_raw,
        updated_at=plausible(parsed.updated_at, now),
        zoneless=parsed.zoneless,
        history=history,
        last_listed_at=now,
    )


def _edited(stored: Entry, fresh: Entry, now: datetime) -> Entry:
    return replace(
        fresh,
        revision=stored.revision,
        first_seen_at=stored.first_seen_at,
        changed_at=now,
        state=EntryState.NEW,
        edits=stored.edits + 1,
        article_id=stored.article_id,
        archive_ref=stored.archive_ref,
        # A feed that shows the date of the edit as that of publication does not move the article.
        published_at=stored.published_at or fresh.published_at,
        published_raw=stored.published_raw or fresh.published_raw,
        zoneless=stored.zoneless if stored.published_at else fresh.zoneless,
    )
