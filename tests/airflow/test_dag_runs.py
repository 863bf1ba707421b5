"""Each DAG by `dag.test()`: on the newsroom, on bad input, with the store that a connection names."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from airflow_station import ROOT, airflow_env
from ingest import desk
from ingest.cli.app import app
from ingest.demo.desk import add_feeds
from ingest.model import Alert, DeskStamp, Entry, EntryState, Note, Run
from ingest.pipeline.services import utc_now
from ingest.store import open_store

pytestmark = pytest.mark.timeout(3000)

OVERLAY = """
entities:
  - id: leader:doe-jane
    kind: leader
    name: Jane Doe
    country: US
    names: {en: [Jane Doe]}
"""


LONG_AGO = utc_now() - timedelta(days=100)
OLD_LOG = "dag_id=poll_feeds/run_id=old/task_id=verdict/attempt=1.log"


def leave_old_records(home):
    """Rows and a task log of 100 days ago, ours and others'."""
    at = f"{LONG_AGO:%Y-%m-%d %H:%M:%S.%f}"
    with sqlite3.connect(home / "airflow.db") as db:
        for dag in ("poll_feeds", "payroll"):
            row = (dag, "old", "manual", "success", at, at)
            names = "dag_id, run_id, run_type, state, start_date, run_after"
            db.execute(f"INSERT INTO dag_run ({names}) VALUES (?, ?, ?, ?, ?, ?)", row)
        db.execute("INSERT INTO import_error (timestamp, filename) VALUES (?, 'payroll.py')", [at])
    db.close()
    log = home / "logs" / OLD_LOG
    log.parent.mkdir(parents=True)
    log.write_text("{}\n")
    os.utime(log, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))


def job(dag, conf=None, **env):
    return {"dag": dag, "conf": conf or {}, "env": env}


@pytest.fixture(scope="module")
def ran(airflow_python, airflow_desk, tmp_path_factory):
    """Every job's result and what Airflow logged of it, in one process."""
    home = tmp_path_factory.mktemp("home")
    env = airflow_env(home, **airflow_desk.env)
    subprocess.run(
        [airflow_python, "-m", "airflow", "db", "migrate"], env=env, check=True, capture_output=True
    )
    leave_old_records(home)
    second = f"sqlite:///{airflow_desk.folder}/second.sqlite"
    tomorrow = f"{utc_now() + timedelta(days=1):%Y-%m-%d}"  # midnight may pass before the poll
    airflow_desk.server.set_edition(2)
    with airflow_desk.store() as store:
        desk.publish(store, "overlay", OVERLAY, author="ann", now=utc_now())
    third = f"sqlite:///{airflow_desk.folder}/third.sqlite"
    with open_store(third) as store:
        add_feeds(store, airflow_desk.newsroom)
    nowhere = ",".join(f"{site.domain}=127.0.0.1:9" for site in airflow_desk.newsroom.sites)
    connection = {"conn_type": "elasticsearch", "host": "127.0.0.1", "port": 1, "schema": "http"}
    jobs = {
        "poll": job("poll_feeds"),
        "alerts": job("raise_alerts"),
        "nothing due": job("poll_feeds"),
        "retag": job("retag", {"only_stale": False}),
        "backfill": job("backfill_archive", {"from": "2026-01-01", "to": tomorrow}, SUMMITWATCH_STORE=second),
        "housekeeping": job("housekeeping", {"keep_days": 0}),
        "clean": job("housekeeping", {"keep_days": 30}),
        "cut off": job("poll_feeds", SUMMITWATCH_STORE=third, SUMMITWATCH_FETCH__PINNED=nowhere),
        "unknown param": job("retag", {"sinc": "2026-01-01"}),
        "no date": job("retag", {"since": "last week"}),
        "broken settings": job("raise_alerts", SUMMITWATCH_POLL__BATCH="-1"),
        "no such file": job("raise_alerts", SUMMITWATCH_CONFIG="/nonexistent/summitwatch.toml"),
        "broken variable": job("raise_alerts", AIRFLOW_VAR_SUMMITWATCH="[1]"),
        "missing archive": job("raise_alerts", SUMMITWATCH_ARCHIVE__URL="nosuch://archive"),
        "wrong store": job("raise_alerts", SUMMITWATCH_STORE="mysql://db"),
        "wrong connection": job(
            "raise_alerts",
            SUMMITWATCH_STORE="",
            AIRFLOW_CONN_ELASTICSEARCH_DEFAULT=json.dumps({**connection, "conn_type": "http"}),
        ),
    }  # fmt: skip
    for one in jobs.values():
        if one["env"].get("SUMMITWATCH_STORE") == "":
            one["unset"] = ["SUMMITWATCH_STORE"]
    done = subprocess.run(
        [airflow_python, "tests/airflow/run_dags.py"],
        cwd=ROOT,
        env=env,
        input="".join(json.dumps(one) + "\n" for one in jobs.values()),
        capture_output=True,
        text=True,
        timeout=3000,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found, said = [], []
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            found.append({**json.loads(line[7:]), "log": "\n".join(said)})
            said = []
        else:
            said.append(line)
    return {**dict(zip(jobs, found, strict=True)), "env": env, "home": home}


def of(result, task):
    return next(one for one in result["tasks"] if one["task"] == task)


def test_poll_feeds_and_raise_alerts(ran, airflow_desk):
    assert {t["state"] for t in ran["poll"]["tasks"]} == {"success"}
    named = of(ran["poll"], "batch.extract_tag_index")["name"]
    assert named.startswith("courier.example, ")
    assert ran["alerts"]["state"] == "success"
    with airflow_desk.store() as store:
        assert store.count_articles() == len(airflow_desk.newsroom.all_articles)
        states = {entry.state for entry in store.find(Entry)}
        assert EntryState.STORED not in states
        assert {a.tagger_version[-3:] for a in store.find_articles()} == {"+o1"}
        runs = store.find(Run)
        assert [r.counters["articles_new"] for r in runs if r.counters.get("feeds_due")]
        (polled,) = [
            r for r in runs if r.counters.get("feeds_due") and r.counters.get("articles_new")
        ]
        assert polled.stamp == DeskStamp(overlay=1)


def test_nothing_new_is_not_announced(ran):
    assert ran["nothing due"]["state"] == "success"
    assert of(ran["nothing due"], "announce")["state"] == "skipped"


def test_retag_is_mapped_over_days(ran, airflow_desk):
    assert ran["retag"]["state"] == "success"
    with airflow_desk.store() as store:
        days = {article.first_stored_at.date() for article in store.find_articles()}
    named = [one["name"] for one in ran["retag"]["tasks"] if one["task"] == "retag_day"]
    assert sorted(named) == sorted(map(str, days))


def test_backfill_fills_an_empty_store_and_raises_no_alert(ran, airflow_desk):
    assert ran["backfill"]["state"] == "success"
    with (
        open_store(f"sqlite:///{airflow_desk.folder}/second.sqlite") as second,
        airflow_desk.store() as first,
    ):
        texts = {a.id: (a.title, a.text, a.lang) for a in first.find_articles()}
        again = {a.id: (a.title, a.text, a.lang) for a in second.find_articles()}
        assert again == texts
        assert {entry.state for entry in second.find(Entry)} == {EntryState.DONE}
        assert second.find(Alert) == []


def test_setup_makes_the_pool_with_one_slot_for_sqlite(ran, airflow_python):
    done = subprocess.run(
        [airflow_python, "-m", "ingest", "airflow", "setup"],
        env={**ran["env"], "SUMMITWATCH_AIRFLOW__POOL": "summitwatch"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "pool summitwatch: 1 slot\n", done.stderr


@pytest.mark.parametrize(
    ("pool", "said"), [("default_pool", "which other DAGs share"), ("mine", "is not installed")]
)
def test_setup_says_what_is_missing(monkeypatch, pool, said):
    monkeypatch.setenv("SUMMITWATCH_AIRFLOW__POOL", pool)
    if pool == "default_pool":
        monkeypatch.setattr("ingest.cli.airflow.is_installed", lambda: True)
    done = CliRunner().invoke(app, ["airflow", "setup"])
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_housekeeping_leaves_airflow_alone_if_asked(ran, airflow_desk):
    assert ran["housekeeping"]["state"] == "success"
    assert of(ran["housekeeping"], "clean_airflow")["state"] == "skipped"
    with airflow_desk.store() as store:
        assert [n for n in store.find(Note) if n.id.startswith("plan/")]


def test_housekeeping_deletes_old_rows_and_logs_of_these_dags_only(ran):
    assert ran["clean"]["state"] == "success", ran["clean"]["log"]
    assert of(ran["clean"], "clean_airflow")["state"] == "success"
    assert "logs 1" in ran["clean"]["log"]
    with sqlite3.connect(ran["home"] / "airflow.db") as db:
        old = db.execute("SELECT dag_id FROM dag_run WHERE run_id = 'old'").fetchall()
        runs = db.execute("SELECT count(*) FROM dag_run WHERE dag_id = 'poll_feeds'").fetchone()
        others = db.execute("SELECT filename FROM import_error").fetchall()
    db.close()
    assert old == [("payroll",)]
    assert runs[0] >= 2  # this session's own
    assert others == [("payroll.py",)]
    assert not (ran["home"] / "logs" / OLD_LOG).exists()


def test_most_feeds_failing_turns_the_verdict_red_and_nothing_else(ran, airflow_desk):
    states = {one["task"]: (one["state"], one["try"]) for one in ran["cut off"]["tasks"]}
    assert states["verdict"] == ("failed", 1)
    assert states["batch.fetch_feeds"] == ("success", 1)
    due = len(list(airflow_desk.newsroom.feeds()))
    assert f"feeds: {due} of {due} that were due fail" in ran["cut off"]["log"]
    told = (airflow_desk.folder / "ops.jsonl").read_text("utf-8").splitlines()
    causes = [json.loads(line)["cause"] for line in told]
    assert causes.count("network") == 1


@pytest.mark.parametrize(
    ("name", "task", "sentence"),
    [
        pytest.param("unknown param", "days", "sinc: is no parameter of this DAG", id="param"),
        pytest.param("broken settings", "", "poll.batch: Input should be greater than 0", id="settings"),
        pytest.param("no such file", "", "/nonexistent/summitwatch.toml: no such settings file", id="file"),
        pytest.param("broken variable", "", "variable summitwatch: is no JSON object", id="variable"),
        pytest.param("missing archive", "", "nosuch://archive: ", id="archive"),
        pytest.param("wrong store", "", "store: 'mysql://db' names no store", id="store"),
        pytest.param("wrong connection", "", "connection elasticsearch_default: is of type 'http'", id="connection"),
    ],
)  # fmt: skip
def test_what_no_retry_can_help_fails_at_once_with_the_cli_sentence(ran, name, task, sentence):
    result = ran[name]
    assert result["state"] == "failed"
    failed = of(result, task or "evaluate_and_deliver")
    assert (failed["state"], failed["try"]) == ("failed", 1)
    assert f"AirflowFailException: {sentence}" in result["log"].replace("\n", " ")


def test_a_param_of_the_wrong_form_is_refused_before_the_run(ran):
    assert ran["no date"]["state"].startswith("refused: ParamValidationError")
    assert "'last week' is not a 'date'" in ran["no date"]["state"]
