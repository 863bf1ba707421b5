from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ingest.archive import Archive
from pipeline.site import BASE, page, rss, text_about

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_raw_pages_past_their_time_go_once_a_day(site, desk):
    site.pages["/feed.xml"] = rss([{"title": "S", "link": f"{BASE}/news/0", "guid": "g"}])
    site.pages["/news/0"] = page("S", text_about("corn"))
    desk.add()
    desk.poll(clock=lambda: NOON)
    archive = Archive(desk.settings.archive.url)
    assert archive.days() == (NOON.date(),)
    desk.poll(clock=lambda: NOON + timedelta(days=100), force=False)
    assert archive.days()[0] == NOON.date()
    desk.poll(clock=lambda: NOON + timedelta(days=181), force=False)
    assert NOON.date() not in archive.days()
    assert desk.store.count_articles() == 1
