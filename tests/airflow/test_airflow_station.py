"""The DAGs on a real scheduler, dag-processor and api-server, from the first run to an outage.

The tests go on from each other, in the order of this file: one Airflow for all of them.
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter

import pytest

from airflow_station import Station
from ingest.demo.truth import article_truth
from ingest.model import Alert, DeskStamp, Entry, EntryState, Run
from ingest.store.rows import mention_rows

pytestmark = pytest.mark.timeout(3000)

EXTRACT = "batch.extract_tag_index"


@pytest.fixture(scope="module")
def station(airflow_python, airflow_desk, tmp_path_factory):
    airflow_desk.server.set_edition(1)
    env = airflow_desk.env | {"SUMMITWATCH_AIRFLOW__POLL_SCHEDULE": "0 0 1 * *"}  # ours alone
    with Station(tmp_path_factory.mktemp("airflow"), **env) as found:
        yield found
    assert found.pids() == []


def poll(station, desk):
    """Trigger poll_feeds when nothing of it runs, with every feed due; returns the run."""
    idle = lambda: all(r["state"] in ("success", "failed") for r in station.runs("poll_feeds"))  # noqa: E731
    station.wait_for(idle, what="poll_feeds at rest")
    desk.make_due()
    return station.trigger("poll_feeds")


def stored(desk):
    with desk.store() as store:
        return store.count_articles()


def assert_truth(desk, edition):
    """The store holds each article of the newsroom once, with its text and its projections."""
    told = desk.newsroom.articles(edition)
    with desk.store() as store:
        articles = store.find_articles()
        by_url = {}
        for article in articles:
            assert store.mentions([article.id]) == list(mention_rows(article))
            for url in (article.normalized_url, article.final_url, article.canonical_url):
                by_url.setdefault(url, article)
        states = Counter(entry.state for entry in store.find(Entry))
        assert store.check() == ""
    for one in told:
        truth = article_truth(one)
        urls = (truth["plain_url"], truth["canonical_url"], truth["final_url"], truth["url"])
        article = next((by_url[url] for url in urls if url in by_url), None)
        assert article is not None, truth["url"]
        if truth["page"] == "ok":
            assert article.text == "\n".join(truth["paragraphs"])
    assert len(articles) == len(told)
    assert set(states) <= {EntryState.STORED, EntryState.DONE, EntryState.NEW}


def test_a_worker_killed_in_extraction_is_run_again(station, airflow_desk):
    desk = airflow_desk
    station.unpause("poll_feeds", "raise_alerts")  # its last due time has passed: it runs at once
    run = station.wait_for(lambda: station.runs("poll_feeds"), what="a run")[-1]["dag_run_id"]

    def extracting():
        for task in station.tasks("poll_feeds", run):
            if task["task_id"] == EXTRACT and task["state"] == "running" and task["pid"]:
                return task["pid"]
        return None

    pid = station.wait_for(extracting, what="extraction")
    os.kill(pid, signal.SIGKILL)
    assert station.finish("poll_feeds", run) == "success"
    (task,) = [t for t in station.tasks("poll_feeds", run) if t["task_id"] == EXTRACT]
    assert task["state"] == "success"
    assert task["try_number"] >= 2
    assert "courier.example" in task["rendered_map_index"]
    assert_truth(desk, 1)


def test_a_run_over_the_api_is_green_and_the_alerts_follow(station, airflow_desk):
    desk = airflow_desk
    before = stored(desk)
    desk.server.set_edition(2)
    run = poll(station, desk)
    assert station.finish("poll_feeds", run) == "success"
    assert set(station.states("poll_feeds", run).values()) == {"success"}
    assert_truth(desk, 2)

    def followed():
        done = [r for r in station.runs("raise_alerts") if r["state"] == "success"]
        return any(run in station.causes("raise_alerts", r["dag_run_id"]) for r in done)

    station.wait_for(followed, what="raise_alerts")
    with desk.store() as store:
        alerts = store.find(Alert)
    assert alerts
    lines = (desk.folder / "alerts.jsonl").read_text("utf-8").splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == sorted(a.id for a in alerts)
    events = station.api("GET", "/assets/events?limit=50")["asset_events"]
    extra = next(e["extra"] for e in events if e["source_run_id"] == run)
    new = stored(desk) - before
    assert extra["articles_new"] == new
    with desk.store() as store:
        records = [record.counters for record in store.find(Run)]
        alerted = {r.stamp for r in store.find(Run) if r.counters.get("alerts")}
    assert alerted == {DeskStamp(rules=1)}
    due = len(list(desk.newsroom.feeds()))
    assert [r for r in records if (r.get("feeds_due"), r.get("articles_new")) == (due, new)]


def test_tasks_cleared_by_hand_store_nothing_twice(station, airflow_desk):
    desk = airflow_desk
    runs = station.runs("poll_feeds")  # those of the schedule found nothing due
    run = next(r["dag_run_id"] for r in runs if r["run_type"] == "manual")
    before, asked = desk.revisions(), len(desk.server.ledger)
    alerts = (desk.folder / "alerts.jsonl").read_text("utf-8")
    station.clear("poll_feeds", run, "batch.fetch_feeds")

    def begun_again():
        tasks = station.tasks("poll_feeds", run)
        return any(t["task_id"] == "batch.fetch_feeds" and t["try_number"] >= 2 for t in tasks)

    station.wait_for(begun_again, what="the clearing")
    assert station.finish("poll_feeds", run) == "success"
    tries = {t["task_id"]: t["try_number"] for t in station.tasks("poll_feeds", run)}
    assert tries["batch.fetch_feeds"] >= 2
    assert desk.revisions() == before
    assert len(desk.server.ledger) == asked
    assert (desk.folder / "alerts.jsonl").read_text("utf-8") == alerts


def test_store_down_is_one_red_task_and_one_alarm(station, airflow_desk):
    desk = airflow_desk
    station.api("PATCH", "/dags/raise_alerts", {"is_paused": True})
    station.wait_for(
        lambda: all(r["state"] in ("success", "failed") for r in station.runs("raise_alerts"))
    )
    ops = desk.folder / "ops.jsonl"
    assert not ops.exists()
    run = poll(station, desk)
    station.finish("poll_feeds", run)
    aside = desk.folder / "aside.sqlite"
    desk.store_file.rename(aside)
    desk.store_file.mkdir()  # a path that can be neither opened nor created
    try:
        run = station.trigger("poll_feeds")
        assert station.finish("poll_feeds", run) == "failed"
        states = station.states("poll_feeds", run)
        assert states.pop("due_batches") == "failed"  # after three tries
        assert "success" not in states.values()
        assert str(desk.store_file) in station.log("poll_feeds", run, "due_batches", 3)
        causes = [json.loads(line)["cause"] for line in ops.read_text("utf-8").splitlines()]
        assert causes == ["store"]
    finally:
        desk.store_file.rmdir()
        aside.rename(desk.store_file)
    run = poll(station, desk)
    assert station.finish("poll_feeds", run) == "success"
    told = [json.loads(line)["purpose"] for line in ops.read_text("utf-8").splitlines()]
    assert told == ["alarm", "alarm-resolved"]
    assert_truth(desk, 2)
