"""`summitwatch run` tells the desk when it is not well, and when it is again."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alerts.newsdesk import make_article, store_article
from alerts.sinks import HookSink
from typer.testing import CliRunner

from ingest.cli import runs
from ingest.cli.app import app
from ingest.model import Feed, Run
from ingest.pipeline.health import is_cut_off, quiet_since
from ingest.store.sqlite import SqliteStore


class Desk:
    """A folder with settings whose alarms go to a sink."""

    def __init__(self, folder, sink, monkeypatch):
        self.folder, self.sink = folder, sink
        self.store = folder / "data" / "summitwatch.sqlite"
        monkeypatch.chdir(folder)
        for name, value in {
            "OPS__TO": f"http://127.0.0.1:{sink.port}/alarm",
            "OPS__HEARTBEAT_URL": f"http://127.0.0.1:{sink.port}/beat",
            "FETCH__ALLOW_PRIVATE": f"127.0.0.1:{sink.port}",
        }.items():
            monkeypatch.setenv(f"SUMMITWATCH_{name}", value)

    def run(self, *more, code=0):
        result = CliRunner().invoke(app, ["run", *more])
        assert result.exit_code == code, (result.output, result.stderr, result.exception)
        return result

    def breaks(self):
        """Put a folder in the store's place."""
        if self.store.exists():
            self.store.rename(self.folder / "kept.sqlite")
        self.store.mkdir(parents=True)

    def mends(self):
        self.store.rmdir()
        if (self.folder / "kept.sqlite").exists():
            (self.folder / "kept.sqlite").rename(self.store)

    def told(self):
        records = [json.loads(body) for _, body in self.sink.ledger]
        return [(record["purpose"], record["cause"]) for record in records]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    with HookSink() as sink:
        yield Desk(tmp_path, sink, monkeypatch)


def test_a_store_that_is_down_is_one_alarm_and_one_resolved(desk):
    desk.run()
    assert desk.sink.gets == ["/beat"]
    desk.breaks()
    for _ in range(3):
        desk.run(code=5)
    assert desk.sink.gets == ["/beat"]
    desk.mends()
    for _ in range(2):
        desk.run()
    assert desk.told() == [("alarm", "store"), ("alarm-resolved", "store")]
    assert desk.sink.gets == ["/beat"] * 3


def test_a_watching_run_outlives_it(desk, monkeypatch):
    monkeypatch.setattr(runs, "MIN_EVERY_S", 1)
    desk.breaks()
    done, begun, a_pass = threading.Event(), [], runs._watched_pass

    def counted(*args, **more):
        begun.append(1)
        return a_pass(*args, **more)

    monkeypatch.setattr(runs, "_watched_pass", counted)

    def operator():
        """Mends the store once two passes have found it down, goes home at the resolved."""
        while not done.wait(0.05):
            if len(begun) > 2 and desk.store.is_dir():
                desk.mends()
            if len(desk.told()) == 2:
                os.kill(os.getpid(), signal.SIGTERM)
                return

    thread = threading.Thread(target=operator)
    thread.start()
    try:
        result = desk.run("--every", "1s")
    finally:
        done.set()
        thread.join()
    assert desk.told() == [("alarm", "store"), ("alarm-resolved", "store")]
    assert result.stderr.count("the next pass is in") >= 2


def test_broken_settings_are_told_though_they_cannot_be_read(desk):
    (desk.folder / "summitwatch.toml").write_text("[poll]\ninterval_s = 'soon'\n")
    desk.run(code=2)
    (desk.folder / "summitwatch.toml").write_text("[[[ no toml\n")
    desk.run(code=2)
    (desk.folder / "summitwatch.toml").unlink()
    desk.run()
    assert desk.told() == [("alarm", "settings"), ("alarm-resolved", "settings")]


def test_an_archive_that_is_gone_is_told_until_it_can_be_written(desk, monkeypatch):
    with SqliteStore.open(desk.folder / "s.sqlite") as store:
        store.put([_feed(f"http://127.0.0.1:{desk.sink.port}/feed.xml")])
    monkeypatch.setenv("SUMMITWATCH_STORE", f"sqlite:///{desk.folder}/s.sqlite")
    desk.sink.get_body = (
        b"<rss version='2.0'><channel><title>t</title><item><guid>1</guid></item></channel></rss>"
    )
    (desk.folder / "data").mkdir(exist_ok=True)
    (desk.folder / "data" / "archive").write_text("a file where the folder should be")
    result = desk.run(code=1)
    assert "archive" in result.stderr
    with SqliteStore.open(desk.folder / "s.sqlite") as store:
        (run,) = store.find(Run)
        (feed,) = store.find(Feed)
        store.put([replace(feed, muted=True)])
    assert "archive" in run.note
    assert run.counters["feeds_due"] == 1
    (desk.folder / "data" / "archive").unlink()
    desk.run()
    assert desk.told() == [("alarm", "archive"), ("alarm-resolved", "archive")]


def test_two_hours_without_an_article_are_an_alarm_though_all_was_green(desk):
    with SqliteStore.open(_made(desk.store)) as store:
        feed = _feed("http://courier.example/feed", next_check_at=datetime(2100, 1, 1, tzinfo=UTC))
        store.put([feed])
        long_ago = datetime.now(UTC) - timedelta(hours=3)
        store_article(store, make_article(at=long_ago, slug="old"))
    for _ in range(2):
        desk.run()
    assert desk.told() == [("alarm", "quiet")]
    assert desk.sink.gets == []  # the dead-man's switch is not held down
    with SqliteStore.open(desk.store) as store:
        store_article(store, make_article(at=datetime.now(UTC), slug="new"))
    desk.run()
    assert desk.told() == [("alarm", "quiet"), ("alarm-resolved", "quiet")]
    assert desk.sink.gets == ["/beat"]


def test_a_network_that_is_away_is_told(desk):
    with SqliteStore.open(_made(desk.store)) as store:
        store.put([_feed(f"http://no-{n}.invalid/feed", added_at=None) for n in range(3)])
    desk.run()
    assert desk.told() == [("alarm", "network")]
    assert "none of 3 feeds could be reached" in desk.sink.ledger[0][1].decode()


@pytest.mark.parametrize(
    ("counters", "feeds", "cut_off"),
    [
        pytest.param({}, 3, None, id="nothing-polled"),
        pytest.param({"feeds_polled": 3, "feeds_failed_by_dns": 3}, 3, True, id="all-there-are"),
        pytest.param({"feeds_polled": 3, "feeds_failed_by_dns": 3}, 50, None, id="too-few-to-tell"),
        pytest.param(
            {"feeds_polled": 12, "feeds_failed_by_connect": 5, "feeds_failed_by_timeout": 7},
            50, True, id="enough",
        ),
        pytest.param({"feeds_polled": 12, "feeds_failed_by_http-404": 12}, 12, False, id="answers"),
        pytest.param({"feeds_polled": 9, "feeds_failed_by_dns": 8}, 50, False, id="one-answers"),
    ],
)  # fmt: skip
def test_cut_off(counters, feeds, cut_off):
    assert is_cut_off(counters, feeds) is cut_off


def test_quiet_since_the_feeds_were_added(tmp_path):
    at = datetime(2026, 3, 2, tzinfo=UTC)
    with SqliteStore.open(tmp_path / "s.sqlite") as store:
        assert quiet_since(store, 0) is None
        store.put([_feed("http://a.example/f", added_at=at)])
        assert quiet_since(store, 1) == at


def _made(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _feed(url, **more):
    return Feed(id=url, url=url, **{"added_at": datetime.now(UTC)} | more)


def test_a_broken_template_ends_the_run_and_is_told(desk, monkeypatch):
    folder = desk.folder / "templates"
    folder.mkdir()
    (folder / "chat.txt").write_text("{{ alert.line }}\n{% for %}")
    monkeypatch.setenv("SUMMITWATCH_ALERTS__TEMPLATES", str(folder))
    result = desk.run(code=2)
    assert f"{folder}/chat.txt:2: " in result.stderr
    assert desk.told() == [("alarm", "settings")]
    (folder / "chat.txt").write_text("{{ alert.line }}\n")
    desk.run()
    assert desk.told() == [("alarm", "settings"), ("alarm-resolved", "settings")]
