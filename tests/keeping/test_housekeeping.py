"""What a day deletes, keeps, mends and says, on both stores."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from storing import act, make_article, make_entry, place, saved

from ingest.model import (
    Alert,
    AlertGroup,
    Delivery,
    EntryState,
    Feed,
    FeedState,
    Note,
    Run,
    Tombstone,
)
from ingest.pipeline.housekeeping import feed_health, housekeep, repair
from ingest.pipeline.retention import delete_old
from ingest.pipeline.services import utc_now
from ingest.settings import RetentionSettings
from ingest.store import open_store
from ingest.store.disk import Size, add_size, days_left, growth_per_day, watermark_bytes
from ingest.store.port import Save
from pipeline.conftest import desk, site  # noqa: F401  fixtures

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def settle(store):
    getattr(store, "refresh", lambda: None)()


def entry(key, state, age, **more):
    from dataclasses import replace

    made = make_entry(key, state=state, **more)
    return replace(made, changed_at=NOW - age * DAY, last_listed_at=NOW - age * DAY)


def left(store, keep, now=NOW):
    settle(store)
    gone = delete_old(store, keep, lambda: now)
    settle(store)
    return gone


def test_what_is_past_its_time_goes_and_nothing_else(store):
    listed = entry("listed", EntryState.DONE, 500)
    store.put([Feed(id="feed", url="http://x.example/", state=FeedState(recent_ids=(listed.id,)))])
    entries = (
        listed,
        entry("old", EntryState.DONE, 401),
        entry("young", EntryState.DONE, 399),
        entry("dead", EntryState.DEAD, 91),
        entry("freshly-dead", EntryState.DEAD, 89),
        entry("waits", EntryState.NEW, 900),
        entry("unseen", EntryState.STORED, 900),
    )
    store.put(entries)
    for state, age in (("delivered", 91), ("delivered", 89), ("dead", 91), ("pending", 900)):
        store.put([Delivery(f"{state}{age}", "a", "desk", NOW - age * DAY, state=state)])
    store.put([Run("old", NOW - 91 * DAY), Run("young", NOW - 89 * DAY)])
    store.put([Alert("a", "r", "1", ("k",), NOW, NOW - 999 * DAY, "line", ())])
    store.put([AlertGroup("g", "r", ("k",), NOW - 999 * DAY)])
    store.put([Tombstone("t", "url", NOW - 999 * DAY)])
    saved(store, make_article("ancient", effective_at=NOW - 999 * DAY))
    gone = left(store, RetentionSettings())
    assert gone == {"dead": 1, "deliveries": 2, "runs": 1, "entries": 1}
    known = {record.title for record in store.find(type(listed))}
    assert known == {"listed", "young", "freshly-dead", "waits", "unseen"}
    assert {row.id for row in store.find(Delivery)} == {"delivered89", "pending900"}
    assert [run.id for run in store.find(Run)] == ["young"]
    assert store.count(Alert) == store.count(AlertGroup) == store.count(Tombstone) == 1
    assert store.count_articles() == 1
    assert left(store, RetentionSettings()) == {}
    # once its feed no longer lists it, it is kept as long again
    feed = store.get(Feed, "feed")
    from dataclasses import replace

    store.put([replace(feed, state=FeedState())])
    assert left(store, RetentionSettings(), NOW + 399 * DAY)["entries"] == 1  # the young one
    assert left(store, RetentionSettings(), NOW + 401 * DAY)["entries"] == 1
    assert "listed" not in {record.title for record in store.find(type(listed))}


def test_articles_go_where_that_is_set(store):
    saved(store, make_article("old", effective_at=NOW - 31 * DAY), make_article("young"))
    assert left(store, RetentionSettings(articles_days=30)) == {"articles": 1}
    assert [article.url[-5:] for article in store.find_articles()] == ["young"]


def broken(store, article):
    """Change the projections behind the store's back: one gone, one too many, one wrong."""
    if hasattr(store, "path"):
        db = sqlite3.connect(store.path, isolation_level=None)
        db.execute("DELETE FROM mention WHERE ordinal = 0")
        db.close()
        return
    client, prefix = store._client, store.prefix

    def write(index, row, **changes) -> None:
        """As a writer that was cut off would have left it: in the version that it has."""
        found = client.get(index=f"{prefix}-{index}", id=row)
        version = {"version": found["_version"], "version_type": "external_gte"}
        name = changes.get("id", row)
        client.index(
            index=f"{prefix}-{index}", id=name, document=found["_source"] | changes, **version
        )

    write("mentions", f"{article.id}.m0", surface="other")
    write("mentions", f"{article.id}.m1", id=f"{article.id}.m7")
    write("proposals", f"{article.id}.p0", status="agreed")


def test_projections_that_do_not_say_what_their_article_says_are_mended(store):
    mentions = (place("minsk-by", "proposed"), place("istanbul-tr", "rejected"))
    article, other = saved(
        store,
        make_article("a", mentions=mentions, proposals=(act(),)),
        make_article("b", mentions=mentions),
    )
    before = store.mentions([article.id, other.id])
    assert repair(store, NOW) == 0
    broken(store, article)
    settle(store)
    assert store.mentions([article.id]) != before[:2]
    assert store.repair([article, other]) == (1 if not hasattr(store, "path") else 2)
    settle(store)
    assert store.mentions([article.id, other.id]) == before
    assert repair(store, NOW) == 0
    if not hasattr(store, "path"):
        found = store._client.search(index=f"{store.prefix}-proposals")["hits"]["hits"]
        assert [hit["_source"]["status"] for hit in found] == ["proposed"]


def test_one_saved_meanwhile_is_left_to_whoever_did(store):
    from dataclasses import replace

    (article,) = saved(store, make_article("a", mentions=(place("minsk-by", "proposed"),)))
    both = (place("minsk-by", "proposed"), place("istanbul-tr", "proposed"))
    store.save([Save(replace(article, mentions=both))])
    settle(store)
    store.repair([article])  # as it was read before
    settle(store)
    assert len(store.mentions([article.id])) == 2


def test_a_day_of_the_pipeline(site, desk):  # noqa: F811  fixtures
    store = desk.store
    store.put([entry("d1", EntryState.DEAD, 0, reason="no-content: x")])
    failing = FeedState(error="http-500", failing_since=NOW)
    store.put([Feed(id="f", url="http://x.example/f", state=failing)])
    saved(store, make_article("a"))
    reports = []

    class Services:
        settings, clock = desk.settings, staticmethod(lambda: NOW)

    services = Services()
    services.store = store
    from ingest.archive import Archive

    services.archive = Archive(desk.settings.archive.url)
    reports.append(housekeep(services))
    report = reports[0]
    assert report.dead == {"no-content": 1}
    assert (report.feeds.polled, report.feeds.failing) == (1, 1)
    assert report.feeds.worst == "http://x.example/f: http-500"
    assert report.damage == ""
    assert report.store_bytes > 0
    assert report.days_left is None
    assert report.names_at > date(2026, 1, 1)
    assert any("feeds fail" in warning for warning in report.warnings)
    assert report.summary.startswith("housekeeping: deleted nothing; repaired 0; 1 dead letters")
    assert "\n" not in report.summary


def test_feed_health_of_none():
    assert feed_health([]).worst == ""


# --- disk ----------------------------------------------------------------------------------------


def sizes(*totals):
    return [Size(date(2026, 3, day), total) for day, total in enumerate(totals, 1)]


@pytest.mark.parametrize(
    ("totals", "free", "days"),
    [
        pytest.param([], 100, None, id="never-measured"),
        pytest.param([5], 100, None, id="one-day"),
        pytest.param([5, 5, 5], 100, None, id="does-not-grow"),
        pytest.param([9, 5], 100, None, id="shrinks"),
        pytest.param([0, 10, 20], 100, 10.0, id="ten-a-day"),
        pytest.param([0, 10], -5, 0.0, id="none-left"),
    ],
)
def test_days_left(totals, free, days):
    assert days_left(sizes(*totals), free) == days


def test_sizes_are_kept_for_a_month_one_a_day(store):
    for day in range(40):
        found = add_size(store, Size(date(2026, 3, 1) + timedelta(days=day), day))
    assert len(found) == 30
    found = add_size(store, Size(found[-1].day, 99))
    assert (len(found), found[-1].store_bytes) == (30, 99)
    assert growth_per_day(found) == pytest.approx((99 - 10) / 29)


@pytest.mark.parametrize(
    ("low", "headroom", "total", "used"),
    [
        pytest.param("85%", "200gb", 100 * 2**30, 85 * 2**30, id="share"),
        pytest.param("0.85", "200gb", 100 * 2**30, 85 * 2**30, id="ratio"),
        pytest.param("85%", "200GB", 10_000 * 2**30, 9_800 * 2**30, id="headroom-of-a-large-disk"),
        pytest.param("85%", "-1", 10_000 * 2**30, 8_500 * 2**30, id="no-headroom"),
        pytest.param("50gb", "200gb", 100 * 2**30, 50 * 2**30, id="must-stay-free"),
    ],
)
def test_the_low_watermark(low, headroom, total, used):
    assert watermark_bytes(low, headroom, total) == pytest.approx(used, rel=1e-9)


def test_free_bytes(store):
    assert 0 < store.free_bytes() < 2**60


def test_doctor_tells_the_days(tmp_path):
    url = f"sqlite:///{tmp_path}/s.sqlite"
    with open_store(url) as store:
        today = utc_now().date()
        add_size(store, Size(today - DAY, 0))
        add_size(store, Size(today, 10**15))
        assert store.get(Note, "sizes") is not None
    done = subprocess.run(
        [sys.executable, "-m", "ingest", "--store", url, "doctor", "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert not checks["days of disk"]["well"]
    assert " 0 days at " in checks["days of disk"]["detail"]
    assert "retention" in checks["days of disk"]["mend"]
