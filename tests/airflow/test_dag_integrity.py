"""DAG files as Airflow parses them: no error, no warning, no I/O, nothing of weight; every task can be retried."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from airflow_station import ROOT, airflow_env

DAGS = ("backfill_archive", "housekeeping", "poll_feeds", "raise_alerts", "retag")


@pytest.fixture(scope="module")
def seen(airflow_python, tmp_path_factory):
    home = tmp_path_factory.mktemp("parse")
    done = subprocess.run(
        [airflow_python, "tests/airflow/inspect_dags.py", "dags"],
        cwd=ROOT,
        env=airflow_env(home),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def tasks(seen):
    return {
        f"{dag}.{name}": task
        for dag, told in seen["dags"].items()
        for name, task in told["tasks"].items()
    }


def test_every_dag_is_there_without_error_or_warning(seen):
    assert seen["errors"] == {}
    assert seen["warnings"] == []
    assert tuple(sorted(seen["dags"])) == DAGS


def test_parsing_imports_nothing_of_weight(seen):
    assert seen["heavy"] == []


def test_every_task_has_retries_growing_pauses_a_timeout_and_an_alarm(tasks):
    assert len(tasks) == 13
    for name, task in tasks.items():
        assert task["retries"] == 3, name
        assert task["backoff"] == 2.0, name
        assert 0 < task["timeout_s"] <= 4 * 3600, name
        assert task["alarmed"], name
        assert task["pool"] == "default_pool", name


def test_mapped_tasks_are_named(tasks):
    named = {name.partition(".")[2] for name, task in tasks.items() if task["named"]}
    assert named == {
        "batch.fetch_feeds",
        "batch.fetch_pages",
        "batch.extract_tag_index",
        "retag_day",
        "backfill_day",
    }


def test_order_of_the_stages(seen, tasks):
    order = seen["dags"]["poll_feeds"]["order"]  # it is sorted only where there is no cycle
    assert order.index("due_batches") < order.index("announce") < order.index("verdict")
    assert "batch.fetch_pages" in tasks["poll_feeds.batch.extract_tag_index"]["upstream"]
    assert "batch.fetch_feeds" in tasks["poll_feeds.batch.fetch_pages"]["upstream"]
    assert tasks["poll_feeds.announce"]["outlets"] == ["summitwatch://articles/"]
    assert tasks["poll_feeds.verdict"]["upstream"] == ["announce", "batch.extract_tag_index"]


@pytest.mark.parametrize("dag", DAGS)
def test_a_dag_says_what_it_does(seen, dag):
    told = seen["dags"][dag]
    assert "### What it does" in told["doc"]
    assert "summitwatch" in told["tags"]
    assert not told["catchup"]
    assert told["max_active_runs"] == 1
    assert all(schema["title"] and schema["type"] for schema in told["params"].values())


def test_ruff_knows_no_outdated_airflow_in_them():
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "AIR3", "dags"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_airflow_its_provider_and_this_project_fit_together(airflow_python):
    done = subprocess.run(
        ["scripts/uv", "pip", "check", "--python", airflow_python],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    frozen = subprocess.run(
        ["scripts/uv", "pip", "freeze", "--python", airflow_python],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "apache-airflow==3.3.2" in frozen
    assert "apache-airflow-providers-elasticsearch==" in frozen
    assert f"-e file://{ROOT}" in frozen
