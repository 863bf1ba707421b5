"""Which addresses lead to one article, and which must not."""

from __future__ import annotations

from ingest.model import Entry, EntryState
from pipeline.site import BASE, page, rss, text_about


def items(count: int) -> list[dict[str, str]]:
    return [
        {"title": f"Story {n}", "link": f"{BASE}/news/{n}", "guid": f"g{n}"} for n in range(count)
    ]


def test_a_home_page_declared_canonical_on_20_pages_leaves_20_articles(site, desk):
    site.pages["/feed.xml"] = rss(items(20))
    for n in range(20):
        site.pages[f"/news/{n}"] = page(f"Story {n}", text_about(f"barley{n}"), f"{BASE}/")
    desk.add()
    desk.poll()
    assert desk.store.count_articles() == 20


def test_a_canonical_that_changes_between_polls_leaves_one_article(site, desk):
    site.pages["/feed.xml"] = rss(items(1))
    site.pages["/news/0"] = page("Story 0", text_about("barley"), f"{BASE}/a/story-0")
    desk.add()
    desk.poll()
    site.pages["/news/0"] = page("Story 0", text_about("barley"), f"{BASE}/b/story-0")
    changed = items(1)
    changed[0]["description"] = "a new summary queues the entry again"
    site.pages["/feed.xml"] = rss(changed)
    report = desk.poll()
    assert report.counters["articles_updated"] == 1
    assert desk.store.count_articles() == 1


def test_a_canonical_of_another_site_is_ignored(site, desk):
    site.pages["/feed.xml"] = rss(items(2))
    for n in range(2):
        site.pages[f"/news/{n}"] = page(
            f"Story {n}", text_about(f"barley{n}"), "http://other.example/the-original"
        )
    desk.add()
    desk.poll()
    assert desk.store.count_articles() == 2


def test_a_canonical_shared_by_two_different_stories_is_ignored(site, desk):
    site.pages["/feed.xml"] = rss(items(2))
    for n in range(2):
        site.pages[f"/news/{n}"] = page(f"Story {n}", text_about(f"rye{n}"), f"{BASE}/template")
    desk.add()
    desk.poll()
    assert desk.store.count_articles() == 2


def test_one_page_in_two_feeds_under_two_addresses_is_one_article(site, desk):
    text = page("Same story", text_about("oats"), f"{BASE}/news/same")
    site.pages["/feed.xml"] = rss([{"title": "Same", "link": f"{BASE}/news/same?utm_source=x"}])
    site.pages["/two.xml"] = rss([{"title": "Same", "link": f"{BASE}/amp/same"}])
    site.pages["/news/same?utm_source=x"] = text
    site.pages["/amp/same"] = text
    desk.add()
    desk.add("/two.xml")
    desk.poll()
    assert desk.store.count_articles() == 1
    assert {e.article_id for e in desk.store.find(Entry)} == {desk.store.find_articles()[0].id}


def test_redirects_to_a_home_page_do_not_fold_entries_into_one(site, desk):
    site.pages["/feed.xml"] = rss(
        [dict(item, description=text_about(f"hops{n}")) for n, item in enumerate(items(3))]
    )
    site.pages["/"] = page("Front page", text_about("everything"))
    for n in range(3):
        site.pages[f"/news/{n}"] = (302, {"Location": "/"}, "")
    desk.add()
    desk.poll()
    assert desk.store.count_articles() == 3


def test_an_edit_keeps_the_former_text_and_the_first_times(site, desk):
    site.pages["/feed.xml"] = rss(items(1))
    site.pages["/news/0"] = page("Story 0", text_about("barley"))
    desk.add()
    desk.poll()
    before = desk.store.find_articles()[0]
    site.pages["/news/0"] = page("Story 0, corrected", text_about("wheat"))
    site.pages["/feed.xml"] = rss([dict(items(1)[0], title="Story 0, corrected")])
    desk.poll()
    after = desk.store.find_articles()[0]
    assert (after.id, after.first_stored_at) == (before.id, before.first_stored_at)
    assert after.title == "Story 0, corrected"
    assert [(r.title, r.text) for r in after.revisions] == [(before.title, before.text)]
    assert after.revision > before.revision


def test_an_entry_without_a_link_becomes_an_article_of_its_own_content(site, desk):
    site.pages["/feed.xml"] = rss([{"title": "No link", "description": text_about("malt")}])
    desk.add()
    desk.poll()
    (article,) = desk.store.find_articles()
    assert article.flags == ("from_feed",)
    assert article.text == text_about("malt")
    assert desk.store.find(Entry)[0].state is EntryState.DONE
