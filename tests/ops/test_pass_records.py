"""A pass: its log lines belong together, its record counts what it did, its alerts do not wait."""

from __future__ import annotations

import json
import time

import pytest

from ingest import desk as revisions
from ingest.logs import configure_logs
from ingest.metrics import LAGS
from ingest.model import Alert, Delivery, DeskStamp, Feed, Run
from ingest.pipeline import streams
from ingest.pipeline.services import utc_now
from ingest.settings import LogSettings
from pipeline.site import BASE, Desk, Site, page, rss, text_about

RULES = """
version: 1
channels: {{desk: {{type: file, path: '{}/alerts.jsonl'}}}}
rules: [{{id: offers, type: match, when: {{status: proposed}}, group_by: [article], to: [desk]}}]
"""
OFFER = "President Alexander Lukashenko offered Minsk as a venue for the talks.\n"


@pytest.fixture
def site():
    with Site() as site:
        yield site


@pytest.fixture
def desk(tmp_path, site):
    with Desk(tmp_path, site, RULES.format(tmp_path)) as desk:
        yield desk


def publish(site, *words, offer=OFFER):
    items = []
    for word in words:
        site.pages[f"/{word}"] = page(f"News of {word}", offer + text_about(word))
        items.append({"title": f"News of {word}", "link": f"{BASE}/{word}", "guid": word})
    items += [{"title": "Lost", "link": f"{BASE}/lost", "guid": "lost"}]
    site.pages["/feed.xml"] = rss(items)


def test_a_pass_leaves_its_counters_and_log_lines_that_say_whose_they_are(desk, site, capfd):
    site.pages["/feed.xml"] = rss([])
    desk.add()
    desk.add("/gone.xml")
    desk.poll()
    capfd.readouterr()
    configure_logs(LogSettings(level="info", json_lines=True))
    publish(site, "apples", "pears")
    report = desk.poll()
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    run = max(desk.store.find(Run), key=lambda run: run.started_at)
    counted = run.counters
    assert counted == dict(report.counters) | {name: counted[name] for name in LAGS} | {"alerts": 2}
    assert {
        name: counted[name]
        for name in (
            "feeds_due", "feeds_polled", "feeds_failed", "feeds_failed_by_http-404", "entries_new",
            "pages_fetched", "pages_failed", "pages_failed_by_http-404", "articles_new", "alerts",
            "mentions_by_leader", "mentions_by_venue_proposed", "deliveries_by_delivered",
        )
    } == {
        "feeds_due": 2, "feeds_polled": 2, "feeds_failed": 1, "feeds_failed_by_http-404": 1,
        "entries_new": 3, "pages_fetched": 2, "pages_failed": 1, "pages_failed_by_http-404": 1,
        "articles_new": 2, "alerts": 2, "mentions_by_leader": 2, "mentions_by_venue_proposed": 2,
        "deliveries_by_delivered": 2,
    }  # fmt: skip
    took_ms = (run.finished_at - run.started_at).total_seconds() * 1000
    assert 0 <= counted["alert_lag_p50_ms"] <= counted["alert_lag_max_ms"] <= took_ms

    assert {line["run"] for line in lines} == {run.id[:12]}
    by_event = {}
    for line in lines:
        by_event.setdefault(line["event"], []).append(line)
    feeds = {feed.id[:12] for feed in desk.store.find(Feed)}
    asked = [*by_event["feed_polled"], *by_event["feed_failed"]]
    assert {line["feed_id"] for line in asked} == feeds
    saved = by_event["article_saved"]
    articles = {article.id[:12] for article in desk.store.find_articles()}
    assert {line["article"] for line in saved} == articles
    assert all(line["chunk"] and line["entry"] and line["feed_id"] for line in saved)
    delivered = by_event["delivered"]
    assert {line["alert"] for line in delivered} == {a.id[:12] for a in desk.store.find(Alert)}
    assert by_event["pass_done"][0]["articles_new"] == 2


OVERLAY = """
entities: [{{id: 'leader:doe-jane', kind: leader, name: {0}, country: US, names: {{en: [{0}]}}}}]
"""


def overlay(desk, name):
    body = OVERLAY.format(name)
    revisions.publish(desk.store, "overlay", body, author="ann", now=utc_now())


def test_a_pass_works_under_the_revisions_it_began_with_and_records_them(desk, site):
    """The overlay changes while the feed is asked; the pass keeps to the one before."""
    overlay(desk, "Jane Doe")

    class Changing(dict):
        def get(self, path, default=None):
            if path == "/feed.xml":
                overlay(desk, "Joan Doe")
            return super().get(path, default)

    publish(site, "apples")
    site.pages = Changing(site.pages)
    desk.add()
    desk.poll()
    (run,) = desk.store.find(Run)
    assert run.stamp == DeskStamp(rules=desk.rules.number, overlay=1)
    (article,) = desk.store.find_articles()
    assert article.tagger_version.endswith("+o1")
    desk.poll()
    last = max(desk.store.find(Run), key=lambda run: run.started_at)
    assert last.stamp == DeskStamp(rules=desk.rules.number, overlay=2)


def test_an_alert_does_not_wait_for_the_end_of_the_pass(desk, site, tmp_path, monkeypatch):
    """The second page is only given once the first one's alert stands in the file."""
    monkeypatch.setattr(streams, "CHUNK_ITEMS", 1)
    patient = desk.settings.fetch.model_copy(update={"timeout_s": 300.0})
    desk.settings = desk.settings.model_copy(update={"fetch": patient})
    site.pages["/feed.xml"] = rss([])
    desk.add()
    desk.poll()
    publish(site, "apples", "pears")
    told = []

    class Slow(dict):
        def get(self, path, default=None):
            if path in {"/apples", "/pears"}:
                told.append(wait_for(tmp_path / "alerts.jsonl", len(told)))
            return super().get(path, default)

    site.pages = Slow(site.pages)
    desk.poll()
    assert told == [0, 1]
    assert {row.state for row in desk.store.find(Delivery)} == {"delivered"}


def wait_for(path, lines, deadline_s=240.0):
    """How many lines the file has, once it has so many or time is up."""
    until = time.monotonic() + deadline_s
    while (found := len(path.read_text().splitlines()) if path.exists() else 0) < lines:
        if time.monotonic() > until:
            break
        time.sleep(0.02)
    return found


def test_secrets_in_urls_stay_out_of_the_log(capfd):
    import structlog

    configure_logs(LogSettings(level="info"))
    structlog.get_logger().info("feed_polled", feed="https://user:p@ss@paper.example/feed?a=b@c")
    said = capfd.readouterr().err
    assert "p@ss" not in said
    assert "https://***@paper.example/feed?a=b@c" in said


@pytest.fixture(autouse=True)
def quiet_afterwards():
    yield
    configure_logs(LogSettings())
