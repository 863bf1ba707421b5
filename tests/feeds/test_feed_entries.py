"""Documents to entry records."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ingest import ids
from ingest.feeds.entries import MAX_EDITS, entries_of, entry_ids
from ingest.feeds.parsed import ParsedEntry, ParsedFeed
from ingest.model import Entry, EntryState, Feed

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
FEED = Feed(id="f", url="http://courier.example/feed", lang="pl")
ONE = ParsedEntry(
    key="g1",
    guid="g1",
    url="http://www.Courier.example:80/1",
    title="Talks",
    content="<p>In Minsk.</p>",
    published_at=NOW - timedelta(hours=1),
    published_raw="an hour ago",
    zoneless=True,
)


def document(*entries: ParsedEntry) -> ParsedFeed:
    return ParsedFeed(entries=entries)


def records(
    parsed: ParsedFeed, known: dict[str, Entry] | None = None, *, now: datetime = NOW, history: bool = False
) -> tuple[Entry, ...]:  # fmt: skip
    return entries_of(FEED, parsed, now, history=history, known=known or {})


def stored(entry: Entry, **changes: object) -> dict[str, Entry]:
    return {entry.id: replace(entry, revision=3, state=EntryState.DONE, **changes)}  # type: ignore[arg-type]


def test_a_new_entry() -> None:
    (entry,) = records(document(ONE), history=True)
    assert entry.id == ids.entry_id("f", "g1")
    assert (entry.feed_id, entry.url, entry.host) == ("f", ONE.url, "www.courier.example")
    assert (entry.state, entry.revision, entry.edits) == (EntryState.NEW, 0, 0)
    assert (entry.first_seen_at, entry.changed_at, entry.last_listed_at) == (NOW, NOW, NOW)
    assert (entry.lang, entry.zoneless, entry.history) == ("pl", True, True)
    assert entry.content_hash == ids.content_hash("Talks", "<p>In Minsk.</p>")
    assert (entry.published_at, entry.published_raw) == (ONE.published_at, "an hour ago")


def test_implausible_dates_become_none_and_their_text_stays() -> None:
    far = replace(
        ONE, published_at=NOW + timedelta(days=3), updated_at=datetime(1970, 1, 1, tzinfo=UTC)
    )
    (entry,) = records(document(far))
    assert (entry.published_at, entry.updated_at) == (None, None)
    assert entry.published_raw == "an hour ago"


def test_entries_named_twice_count_once() -> None:
    twice = document(ONE, replace(ONE, title="Again"), replace(ONE, key="g2"))
    assert [entry.title for entry in records(twice)] == ["Talks", "Talks"]
    assert entry_ids(FEED, twice) == (ids.entry_id("f", "g1"), ids.entry_id("f", "g2"))


def test_what_did_not_change_is_left_out() -> None:
    (entry,) = records(document(ONE))
    assert records(document(ONE), stored(entry)) == ()
    moved = replace(ONE, url="http://courier.example/elsewhere", published_raw="two hours ago")
    assert records(document(moved), stored(entry)) == ()


def test_an_edit_queues_the_entry_again() -> None:
    (entry,) = records(document(ONE), history=True)
    known = stored(entry, article_id="a", archive_ref="x#0,9", tries=2, reason="timeout: slow")
    later = NOW + timedelta(hours=2)
    edited = replace(ONE, title="Talks moved", published_at=later)
    (again,) = records(document(edited), known, now=later)
    assert (again.state, again.revision, again.edits) == (EntryState.NEW, 3, 1)
    assert (again.first_seen_at, again.changed_at) == (NOW, later)
    assert (again.title, again.article_id, again.archive_ref) == ("Talks moved", "a", "x#0,9")
    assert (again.tries, again.reason, again.history) == (0, "", False)
    assert again.published_at == ONE.published_at


def test_edits_end_at_their_cap() -> None:
    (entry,) = records(document(ONE))
    edited = document(replace(ONE, title="Views: 4711"))
    assert len(records(edited, stored(entry, edits=MAX_EDITS - 1))) == 1
    assert records(edited, stored(entry, edits=MAX_EDITS)) == ()


def test_an_entry_without_a_link_has_no_host() -> None:
    (entry,) = records(document(replace(ONE, url="")))
    assert (entry.url, entry.host) == ("", "")
