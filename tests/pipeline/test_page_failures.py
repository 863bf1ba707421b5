"""Pages that fail, pages that poison, robots, rests, and what becomes of their entries."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ingest.model import Entry, EntryState, Feed, Host
from ingest.pipeline.services import utc_now
from pipeline.site import BASE, page, rss, text_about

SUMMARY = text_about("lentils").replace("\n", " ")


def one_item(**more: str) -> str:
    item = {"title": "Story", "link": f"{BASE}/news/0", "guid": "g", "description": SUMMARY}
    return rss([item | more])


def entry_of(desk) -> Entry:
    (entry,) = desk.store.find(Entry)
    return entry


def test_a_passing_failure_stores_the_summary_and_the_page_replaces_it_later(site, desk):
    site.pages["/feed.xml"] = one_item()
    site.pages["/news/0"] = (503, {}, "busy")
    desk.add()
    desk.poll()
    (article,) = desk.store.find_articles()
    assert (article.flags, article.text) == (("from_feed",), SUMMARY)
    entry = entry_of(desk)
    assert (entry.state, entry.tries) == (EntryState.NEW, 1)
    assert entry.reason.startswith("http-503")
    assert entry.next_try_at > utc_now()

    site.pages["/news/0"] = page("Story", text_about("lentils and beans"))
    desk.poll(clock=lambda: utc_now() + timedelta(hours=2))
    (article,) = desk.store.find_articles()
    assert article.text == text_about("lentils and beans")
    assert article.flags == ()
    assert entry_of(desk).state is EntryState.DONE


def test_after_three_tries_the_summary_stays(site, desk):
    site.pages["/feed.xml"] = one_item()
    site.pages["/news/0"] = (500, {}, "broken")
    desk.add()
    for day in range(4):
        desk.poll(clock=lambda day=day: utc_now() + timedelta(days=day))
    entry = entry_of(desk)
    assert (entry.state, entry.tries) == (EntryState.DONE, 3)
    assert site.ledger.count(("/news/0", 500)) == 3
    assert desk.store.find_articles()[0].flags == ("from_feed",)


def test_a_page_that_is_gone_without_a_summary_is_a_dead_letter(site, desk):
    site.pages["/feed.xml"] = rss([{"title": "Story", "link": f"{BASE}/news/0", "guid": "g"}])
    site.pages["/news/0"] = (410, {}, "gone")
    desk.add()
    desk.poll()
    entry = entry_of(desk)
    assert entry.state is EntryState.DEAD
    assert entry.reason.startswith("http-410")
    assert desk.store.count_articles() == 0


@pytest.mark.parametrize("name", ["report.pdf", "Clip.MP4?lang=en"])
def test_a_document_that_is_no_page_is_not_asked_for(site, desk, name):
    site.pages["/feed.xml"] = one_item(link=f"{BASE}/news/{name}")
    desk.add()
    desk.poll()
    assert [path for path, _ in site.ledger] == ["/feed.xml"]  # nor robots.txt
    entry = entry_of(desk)
    assert entry.state is EntryState.DONE
    assert entry.reason.startswith("media: a ")
    (article,) = desk.store.find_articles()
    assert (article.flags, article.text) == (("from_feed",), SUMMARY)


def test_a_page_that_hangs_the_extractor_is_poison_and_the_rest_goes_on(site, tmp_path):
    from pipeline.site import Desk

    items = [{"title": f"Story {n}", "link": f"{BASE}/news/{n}", "guid": f"g{n}"} for n in range(4)]
    site.pages["/feed.xml"] = rss(items)
    for n in range(4):
        site.pages[f"/news/{n}"] = page(f"Story {n}", text_about(f"peas{n}"))
    links = "".join(f"<div><span><a href='/{n}'>{n}</a></span>" for n in range(60_000))
    site.pages["/news/2"] = f"<html><body><article>{links}</article></body></html>"
    extract = {
        "deadline_s": 8.0,
        "max_html_bytes": 20_000_000,
    }  # it takes a minute, the others 0.1 s
    with Desk(tmp_path, site, extract=extract) as desk:
        desk.add()
        desk.poll()
        states = {entry.title: entry.state for entry in desk.store.find(Entry)}
        dead = [entry for entry in desk.store.find(Entry) if entry.state is EntryState.DEAD]
    assert states.pop("Story 2") is EntryState.DEAD
    assert set(states.values()) == {EntryState.DONE}
    assert dead[0].reason.startswith(("worker-timeout", "worker-memory", "worker-died", "no-"))
    assert dead[0].archive_ref


def test_robots_txt_forbids_pages_but_not_feeds(site, desk):
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /news/\n"
    site.pages["/feed.xml"] = one_item()
    site.pages["/news/0"] = page("Story", text_about("lentils"))
    desk.add()
    desk.poll()
    assert [path for path, _ in site.ledger if path.startswith("/news")] == []
    (article,) = desk.store.find_articles()
    assert article.flags == ("from_feed",)
    assert entry_of(desk).reason.startswith("robots")


def test_a_429_rests_the_whole_host(site, desk):
    site.pages["/feed.xml"] = (429, {"Retry-After": "600"}, "slow down")
    site.pages["/two.xml"] = one_item()
    desk.add()
    desk.add("/two.xml")
    before = utc_now()
    desk.poll()
    assert len(site.ledger) == 1
    assert any(host.rest_until for host in desk.store.find(Host))
    by_url = {feed.url: feed.state for feed in desk.store.find(Feed)}
    assert by_url[f"{BASE}/feed.xml"].error == "http-429"
    assert by_url[f"{BASE}/two.xml"].error == ""  # the host rests; the feed has done nothing wrong
    assert by_url[f"{BASE}/two.xml"].next_check_at >= before + timedelta(minutes=10)


def test_pages_of_one_host_in_a_run_are_bounded(site, tmp_path):
    from pipeline.site import Desk

    items = [{"title": f"S{n}", "link": f"{BASE}/news/{n}", "guid": f"g{n}"} for n in range(9)]
    site.pages["/feed.xml"] = rss(items)
    for n in range(9):
        site.pages[f"/news/{n}"] = page(f"S{n}", text_about(f"corn{n}"))
    with Desk(tmp_path, site) as desk:
        fetch = desk.settings.fetch.model_copy(update={"pages_per_host": 4})
        desk.settings = desk.settings.model_copy(update={"fetch": fetch})
        desk.add()
        counts = []
        for _ in range(3):
            desk.poll()
            counts.append(desk.store.count_articles())
    assert counts == [4, 8, 9]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param("", "empty-body", id="empty"),
        pytest.param("<html><body>Hello</body></html>", "not-a-feed", id="html"),
        pytest.param(b"%PDF-1.7 \xff\xfe", "not-a-feed", id="pdf"),
    ],
)
def test_what_is_no_feed_is_an_error_with_its_own_name(site, desk, body, code):
    site.pages["/feed.xml"] = body
    desk.add()
    report = desk.poll()
    feed = desk.store.find(Feed)[0]
    assert feed.state.error == code
    assert report.counters["feeds_failed"] == 1


def test_a_feed_that_breaks_keeps_its_validators_until_it_is_well(site, desk):
    site.pages["/feed.xml"] = (200, {"ETag": '"one"'}, one_item())
    site.pages["/news/0"] = page("Story", text_about("lentils"))
    desk.add()
    desk.poll()
    site.pages["/feed.xml"] = (200, {"ETag": '"two"'}, "<html>maintenance</html>")
    desk.poll()
    assert desk.store.find(Feed)[0].state.etag == '"one"'
