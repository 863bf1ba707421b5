"""kill -9 anywhere, then run again: nothing lost, nothing twice, the file whole."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from e2e.driver import of_sites
from ingest.demo.server import NewsroomServer
from ingest.model import Alert, Entry, EntryState, Feed
from ingest.store import open_store
from ingest.store.rows import mention_rows

DRIVER = Path(__file__).with_name("driver.py")


def drive(folder, port, start, kill_at=0, delay_ms=0, sites=""):
    args = [str(folder), str(port), start.isoformat(), str(kill_at), str(delay_ms), sites]
    return subprocess.run(
        [sys.executable, str(DRIVER), *args],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def state_of(folder):
    with open_store(f"sqlite:///{folder}/demo.sqlite") as store:
        states = Counter(entry.state for entry in store.find(Entry))
        acked = sum(1 for feed in store.find(Feed) if feed.state.last_checked_at)
        assert store.check() == ""
        return (acked, *sorted(states.items()), store.count_articles())


def assert_whole(folder, newsroom):
    with open_store(f"sqlite:///{folder}/demo.sqlite") as store:
        articles = store.find_articles()
        assert len(articles) == len(newsroom.all_articles)
        assert len({a.canonical_url or a.final_url for a in articles}) == len(articles)
        for article in articles:
            rows = store.mentions([article.id])
            assert rows == list(mention_rows(article))
        late = sum(1 for a in newsroom.all_articles if a.page == "late")
        states = Counter(entry.state for entry in store.find(Entry))
        assert set(states) <= {EntryState.DONE, EntryState.NEW}
        assert states[EntryState.NEW] <= late
        assert store.check() == ""
        raised = store.find(Alert)
    alerts = sorted(alert.id for alert in raised)
    file = Path(folder, "demo-alerts.jsonl")
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    assert sorted(json.loads(line)["id"] for line in lines) == alerts
    return keys_of(raised)


def keys_of(alerts):
    return sorted((alert.rule_id, alert.key) for alert in alerts)


def drill(folder, newsroom, kills, writes=0, sites=""):
    """Poll both editions, killed `kills` times on the way.

    The lives of an edition die at later and later ones of some `writes`, at the latest at their end:
    all die, and each comes further than the last, however much a machine does in a millisecond.

    Returns:
        (rules and groups of the alerts, points of progress).
    """
    rng = random.Random(f"{kills} kills")
    points = set()
    with NewsroomServer(newsroom) as server:
        for edition in (1, 2):
            server.set_edition(edition)
            for life in range(kills // 2):
                part = writes // (kills // 2)
                at = 2 + part * life + rng.randrange(part)
                delay_ms = rng.choice([0, 0, 1, 3, 10])
                result = drive(folder, server.port, newsroom.start, at, delay_ms, sites)
                assert result.returncode == -signal.SIGKILL, result.stderr
                points.add(state_of(folder))
            result = drive(folder, server.port, newsroom.start, sites=sites)
            assert result.returncode == 0, result.stderr
    return assert_whole(folder, newsroom), points


@pytest.mark.timeout(3000)
def test_ten_kills(tmp_path, newsroom):
    sites = "wire,vestnik,haber,archive"
    some = of_sites(newsroom, sites)
    assert 20 < len(some.all_articles) < 60
    alerts, points = drill(tmp_path, some, 10, 100, sites)
    assert len(points) >= 5
    again = tmp_path / "undisturbed"
    again.mkdir()
    assert alerts == drill(again, some, 0, sites=sites)[0]
    assert alerts


@pytest.mark.drill
def test_fifty_kills(tmp_path, newsroom):
    alerts, points = drill(tmp_path, newsroom, 50, 250)
    assert alerts
    assert len(points) >= 20
