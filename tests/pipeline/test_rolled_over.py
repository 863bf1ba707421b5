"""A feed that turned over while nobody polled it: what was missed is stored and shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from ingest.coverage import coverage_of
from ingest.model import Feed
from ingest.store import open_store
from pipeline.site import BASE, page, rss, text_about

FIRST = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATER = FIRST + timedelta(hours=9)


@pytest.fixture(params=["sqlite", pytest.param("elastic", marks=pytest.mark.timeout(600))])
def kept(request, desk):
    """The desk on either store."""
    if request.param == "elastic":
        url = request.getfixturevalue("elastic_url")
        desk.store.close()
        desk.store = open_store(url, request.getfixturevalue("elastic_prefix"))
    return desk


def listing(site, numbers, hour: datetime) -> None:
    items = []
    for number in numbers:
        site.pages[f"/news/{number}"] = page(f"Story {number}", text_about(f"w{number}"))
        items.append(
            {
                "title": f"Story {number}",
                "link": f"{BASE}/news/{number}",
                "guid": f"g{number}",
                "pubDate": format_datetime(hour + timedelta(minutes=number)),
            }
        )
    site.pages["/feed.xml"] = rss(items)


@pytest.mark.parametrize(
    ("second", "has_gap"),
    [pytest.param(range(3, 9), False, id="one-in-common"), pytest.param(range(10, 14), True)],
)
def test_a_gap_is_stored_and_shown(site, kept, second, has_gap):
    kept.add()
    listing(site, range(4), FIRST)
    kept.poll(clock=lambda: FIRST + timedelta(minutes=30))
    listing(site, second, LATER)  # meanwhile the store was down, or the desk asleep
    kept.poll(clock=lambda: LATER + timedelta(hours=1))
    (feed,) = kept.store.find(Feed)
    gap = (feed.state.gap_from, feed.state.gap_to)
    oldest = LATER + timedelta(minutes=second[0])
    assert gap == ((FIRST + timedelta(minutes=30), oldest) if has_gap else (None, None))
    shown = coverage_of([feed], None, LATER).gaps
    assert shown == (((feed.url, *gap),) if has_gap else ())

    assert len(kept.store.find_articles()) == len({*range(4), *second})
