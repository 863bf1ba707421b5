"""Records of passes, Prometheus text that Prometheus' own parser reads, and the service."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from ingest.cli.app import app
from ingest.metrics import Page, down, exposition, keep_run, kind_of, lag_counters, last_good
from ingest.model import Delivery, Entry, EntryState, Feed, FeedState, Note, Run
from ingest.store.sqlite import SqliteStore

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    with SqliteStore.open(tmp_path / "store.sqlite") as store:
        yield store


def a_pass(number=0, note="", **counters):
    start = NOW + timedelta(minutes=5 * number)
    return Run(
        id=f"run-{number}",
        started_at=start,
        finished_at=start + timedelta(seconds=30),
        counters={"feeds_due": 1} | counters,
        note=note,
    )


def parsed(text):
    """{(metric, labels): value}, by the parser of prometheus_client."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_totals_grow_over_passes_and_a_pass_counts_once(store):
    failures = {"feeds_failed": 3, kind_of("feeds_failed", "http-404"): 2}
    first = a_pass(0, feeds_polled=10, alert_lag_p50_ms=100, **failures)
    assert keep_run(store, first)
    assert not keep_run(store, first)
    assert keep_run(store, a_pass(1, feeds_polled=5))
    assert keep_run(store, a_pass(2, note="store: is down"))
    alerts_only = Run("alerts", NOW + timedelta(minutes=12), 0, NOW + timedelta(minutes=12))
    assert keep_run(store, alerts_only)  # raises what was stored, polls nothing: no pass
    found = parsed(exposition(store, NOW + timedelta(hours=1)))
    assert found["summitwatch_feeds_polled_total", ()] == 15
    assert found["summitwatch_feeds_failed_total", (("kind", "http-404"),)] == 2
    assert found["summitwatch_feeds_failed_total", (("kind", "other"),)] == 1
    assert found["summitwatch_passes_total", (("kind", "ok"),)] == 2
    assert found["summitwatch_passes_total", (("kind", "error"),)] == 1
    assert not any("lag" in name for name, _ in found)
    assert last_good(store) == store.get(Run, "run-1")
    assert found["summitwatch_last_pass_seconds", ()] == 30
    assert found["summitwatch_last_pass_age_seconds", ()] == 55 * 60 - 30


def test_the_state_of_the_store(store):
    store.put(
        [
            Feed(id="a", url="http://a.example"),
            Feed(id="b", url="http://b.example", state=FeedState(error="http-404")),
            Feed(id="c", url="http://c.example", muted=True),
        ]
    )
    store.put([Delivery("d", "a", "desk", NOW), Delivery("e", "a", "desk", NOW, state="dead")])
    store.put([_entry("n", EntryState.NEW), _entry("x", EntryState.DEAD)])
    keep_run(store, a_pass(0, **lag_counters([0.1, 0.2, 4])))
    found = parsed(exposition(store, NOW))
    for state in ("well", "failing", "muted"):
        assert found["summitwatch_feeds", (("state", state),)] == 1
    assert found["summitwatch_entries", (("state", "new"),)] == 1
    assert found["summitwatch_entries", (("state", "dead"),)] == 1
    assert found["summitwatch_outbox", (("state", "pending"),)] == 1
    assert found["summitwatch_outbox", (("state", "dead"),)] == 1
    assert found["summitwatch_store_up", ()] == 1
    assert found["summitwatch_alert_lag_seconds", (("quantile", "0.5"),)] == 0.2
    assert found["summitwatch_alert_lag_seconds", (("quantile", "1"),)] == 4
    assert parsed(down())["summitwatch_store_up", ()] == 0


def _entry(entry_id, state):
    return Entry(entry_id, "f", "", "", "t", "h", NOW, NOW, state)


def test_two_writers_lose_no_count(tmp_path):
    path = tmp_path / "shared.sqlite"
    SqliteStore.open(path).close()
    gate, errors = threading.Barrier(2), []

    def work(part):
        try:
            with SqliteStore.open(path) as own:
                gate.wait()
                for number in range(10):
                    keep_run(own, a_pass(part * 100 + number, articles_new=1))
        except Exception as exc:  # noqa: BLE001
            errors.append(exc)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with SqliteStore.open(path) as store:
        assert json.loads(store.get(Note, "metrics").value)["articles_new"] == 20


@given(st.dictionaries(st.text(), st.text()), st.floats(allow_nan=False, allow_infinity=False))
def test_labels_of_any_text_are_read_back(texts, value):
    page = Page()
    labels = {f"l{n}": text for n, text in enumerate(texts.values())}
    page.add("x", "gauge", "Words.", [(labels, value)])
    shown = parsed(page.text())
    assert shown == {("summitwatch_x", tuple(sorted(labels.items()))): value}


@given(st.text())
def test_kinds_are_tame(kind):
    assert kind_of("feeds_failed", kind).isascii()


def test_odd_counters_do_not_break_the_page(store):
    keep_run(store, a_pass(0, **{'bad "name"\n': 1, "good": 2}))
    assert parsed(exposition(store, NOW))["summitwatch_good_total", ()] == 2


@given(st.lists(st.floats(min_value=-5, max_value=10_000), min_size=1))
def test_lags_are_ordered(lags):
    found = lag_counters(lags)
    median, high, most = (found[f"alert_lag_{name}_ms"] for name in ("p50", "p95", "max"))
    assert 0 <= median <= high <= most == round(max(0, *lags, 0) * 1000)


def test_lags_of_twenty():
    found = lag_counters([n / 10 for n in range(1, 21)])
    assert found == {"alert_lag_p50_ms": 1000, "alert_lag_p95_ms": 1900, "alert_lag_max_ms": 2000}


def test_the_command_prints_the_page(tmp_path, monkeypatch, store):
    keep_run(store, a_pass(0, feeds_polled=1))
    monkeypatch.setenv("SUMMITWATCH_STORE", f"sqlite:///{tmp_path}/store.sqlite")
    result = CliRunner().invoke(app, ["metrics"])
    assert result.exit_code == 0
    assert parsed(result.stdout)["summitwatch_feeds_polled_total", ()] == 1
    monkeypatch.setenv("SUMMITWATCH_STORE", f"sqlite:///{tmp_path}/none.sqlite")
    assert CliRunner().invoke(app, ["metrics"]).exit_code == 5


def ask(url):
    try:
        with urllib.request.urlopen(url, timeout=300) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except HTTPError as exc:
        with exc:
            return exc.code, exc.headers, exc.read().decode()


def test_the_service_says_whether_it_runs(tmp_path):
    """A real process: down, then up without a pass, then fresh, then stale."""
    path = tmp_path / "store.sqlite"
    command = Path(sys.executable).with_name("summitwatch")
    process = subprocess.Popen(
        [str(command), "serve", "--metrics", "--no-pages", "--port", "0", "--max-age", "10m"],
        cwd=tmp_path,
        env=os.environ | {"SUMMITWATCH_STORE": f"sqlite:///{path}"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = process.stderr.readline()
        assert said.startswith("serving http://127.0.0.1:"), said
        base = said.split()[1].removesuffix("/health")
        status, _, body = ask(f"{base}/health")
        assert status == 503
        assert json.loads(body)["store"].startswith("SW-STORE-")
        assert parsed(ask(f"{base}/metrics")[2])["summitwatch_store_up", ()] == 0
        with SqliteStore.open(path) as store:
            status, _, body = ask(f"{base}/health")
            assert (status, json.loads(body)["store"]) == (503, "well")
            now = datetime.now(UTC)
            keep_run(
                store, Run("r", now, finished_at=now, counters={"feeds_due": 7, "feeds_polled": 7})
            )
            status, headers, body = ask(f"{base}/health")
            assert (status, json.loads(body)["well"]) == (200, True)
            assert headers["Content-Type"] == "application/json"
            _, headers, body = ask(f"{base}/metrics")
            assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert parsed(body)["summitwatch_feeds_polled_total", ()] == 7
            store.delete(Run, ["r"])
            old = now - timedelta(minutes=11)
            keep_run(store, Run("s", old, finished_at=old, counters={"feeds_due": 0}))
        status, _, body = ask(f"{base}/health")
        assert status == 503
        assert json.loads(body)["last_pass"]["age_s"] >= 660
        assert ask(f"{base}/")[0] == 404
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=300)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param(["--no-pages"], "write serve --metrics", id="nothing-to-serve"),
        pytest.param(["--metrics", "--max-age", "soon"], "--max-age: 'soon' is no", id="no-age"),
        pytest.param(["--metrics", "--host", "203.0.113.7"], "another --host or --port", id="host"),
    ],
)
def test_what_cannot_be_served_is_said(args, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["serve", *args])
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_port_in_use_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        result = CliRunner().invoke(app, ["serve", "--metrics", "--port", port])
    assert result.exit_code == 2
    assert "in use" in result.stderr


def test_without_the_extra_serve_names_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = CliRunner().invoke(app, ["serve", "--metrics"])
    assert result.exit_code == 2
    assert "pip install 'summitwatch[web]'" in result.stderr
