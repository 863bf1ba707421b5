"""One page in several feeds: fetched once, one article, every entry settled."""

from __future__ import annotations

from datetime import UTC, datetime

from ingest.model import Entry, EntryState
from ingest.pipeline.twins import split_twins
from pipeline.site import BASE, page, rss, text_about

LINK = f"{BASE}/news/0"


def entry(entry_id: str, **more) -> Entry:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    known = {"feed_id": "f", "url": LINK, "host": "paper.example", "title": "T", "content_hash": ""}
    return Entry(id=entry_id, first_seen_at=now, changed_at=now, **(known | more))


def listed_twice(site, desk, **second: str) -> None:
    site.pages["/feed.xml"] = rss([{"title": "Story", "link": LINK, "guid": "a"}])
    site.pages["/world.xml"] = rss(
        [{"title": "Story", "link": f"{LINK}?utm_source=world", "guid": "b"} | second]
    )
    desk.add()
    desk.add("/world.xml")


def test_a_page_in_two_feeds_is_fetched_once(site, desk):
    site.pages["/news/0"] = page("Story", text_about("millet"))
    listed_twice(site, desk)
    report = desk.poll()
    assert [path for path, _ in site.ledger if path.startswith("/news/")] == ["/news/0"]
    (article,) = desk.store.find_articles()
    entries = desk.store.find(Entry)
    assert {(e.state, e.article_id) for e in entries} == {(EntryState.DONE, article.id)}
    assert len({e.archive_ref for e in entries}) == 1
    assert (report.counters["articles_new"], report.counters["pages_shared"]) == (1, 1)
    assert desk.poll().counters["pages_fetched"] == 0


def test_a_page_that_fails_leaves_the_other_entry_for_the_next_run(site, desk):
    site.pages["/news/0?utm_source=world"] = (410, {}, "gone")
    listed_twice(site, desk, description=text_about("millet"))  # says more: it is asked first
    desk.poll()
    states = {e.guid: e.state for e in desk.store.find(Entry)}
    assert states == {"a": EntryState.NEW, "b": EntryState.DONE}
    assert desk.store.find_articles()[0].flags == ("from_feed",)

    site.pages["/news/0"] = page("Story", text_about("millet"))
    desk.poll()
    (article,) = desk.store.find_articles()
    assert article.flags == ()
    assert {e.state for e in desk.store.find(Entry)} == {EntryState.DONE}


def test_the_entry_that_says_most_is_fetched():
    dated = {"published_at": datetime(2026, 3, 1, tzinfo=UTC)}
    bare, zoneless = entry("1", content="x" * 900), entry("2", zoneless=True, **dated)
    short, long = entry("3", content="x", **dated), entry("4", content="xx", **dated)
    other = entry("5", url=f"{BASE}/news/1")
    chosen, twins = split_twins([bare, zoneless, short, long, other])
    assert chosen == [long, other]
    assert twins == [bare, zoneless, short]


def test_entries_without_a_link_have_no_twins():
    entries = [entry("1", url=""), entry("2", url="")]
    assert split_twins(entries) == (entries, [])
