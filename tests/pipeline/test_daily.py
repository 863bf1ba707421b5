from __future__ import annotations

from datetime import timedelta

from ingest.archive import Archive
from ingest.pipeline.services import utc_now
from pipeline.site import BASE, page, rss, text_about


def test_raw_pages_past_their_time_go_once_a_day(site, desk):
    site.pages["/feed.xml"] = rss([{"title": "S", "link": f"{BASE}/news/0", "guid": "g"}])
    site.pages["/news/0"] = page("S", text_about("corn"))
    desk.add()
    desk.poll()
    archive = Archive(desk.settings.archive.url)
    assert len(archive.days()) == 1
    desk.poll(clock=lambda: utc_now() + timedelta(days=100), force=False)
    assert archive.days()[0] == utc_now().date()
    desk.poll(clock=lambda: utc_now() + timedelta(days=181), force=False)
    assert utc_now().date() not in archive.days()
    assert desk.store.count_articles() == 1
