"""A whole Airflow of our own: database, api-server, scheduler, dag-processor, in one folder.

It runs in the environment `.venv-airflow`, on 127.0.0.1, and ends with every process it started.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlencode

from elastic.server import free_port

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-airflow/bin/python"
PARTS = (("api-server",), ("dag-processor",), ("scheduler", "--skip-serve-logs"))
START_S, RUN_S, ANSWER_S = 600.0, 800.0, 120.0  # generous: a CI machine may be busy


class FailedError(AssertionError):
    """Something did not come about in time."""


def airflow_env(home: Path, port: int = 1, **more: str) -> dict[str, str]:
    """The environment of every Airflow process of a station: quick, small, nothing of the user's."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SUMMITWATCH", "COV"))
    }
    manager = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
    settings = {
        "CORE__DAGS_FOLDER": ROOT / "dags",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "3",
        "CORE__AUTH_MANAGER": manager,
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "CORE__LAZY_LOAD_PLUGINS": "True",
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "API__HOST": "127.0.0.1",
        "API__PORT": port,
        "API__BASE_URL": f"http://127.0.0.1:{port}",
        "API__WORKERS": "1",
        "WORKERS__EXECUTION_API_TIMEOUT": "60",  # five seconds are little on a busy machine
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
        "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
        "LOGGING__LOGGING_LEVEL": "INFO",
    }
    return {
        **kept,
        "AIRFLOW_HOME": str(home),
        "NO_COLOR": "1",
        **{f"AIRFLOW__{name}": str(value) for name, value in settings.items()},
        **more,
    }


class Station:
    """Use it as a context manager; `api` and `wait_for` are its REST API.

    Args:
        home: an empty folder.
        more: environment of every process, such as SUMMITWATCH_STORE.
    """

    def __init__(self, home: Path, **more: str) -> None:
        self.home, self.port = home, free_port()
        secret = secrets.token_hex(16)
        self.env = airflow_env(home, self.port, AIRFLOW__API_AUTH__JWT_SECRET=secret, **more)
        self.parts: dict[str, subprocess.Popen[bytes]] = {}
        self._token = ""

    def __enter__(self) -> Self:
        try:
            self.airflow("db", "migrate")
            with sqlite3.connect(self.home / "airflow.db") as db:
                db.execute("PRAGMA journal_mode=WAL")
            db.close()
            for part in PARTS:
                name = part[0]
                log = (self.home / f"{name}.log").open("wb")
                self.parts[name] = subprocess.Popen(
                    [PYTHON, "-m", "airflow", *part],
                    env=self.env,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                log.close()
            self._log_in()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def airflow(self, *words: str) -> str:
        """Run an `airflow` command."""
        done = subprocess.run(
            [PYTHON, "-m", "airflow", *words],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=START_S,
            check=False,
        )
        if done.returncode:
            raise FailedError(f"airflow {' '.join(words)}: {done.stderr[-2000:]}")
        return done.stdout

    def close(self) -> None:
        """End every process of this station: first by asking, then whatever is left of it."""
        for process in self.parts.values():
            process.terminate()
        deadline = time.monotonic() + 10
        for process in self.parts.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        while pids := self.pids():
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)

    def pids(self) -> list[int]:
        """Every process of the sessions that this station started."""
        sessions = {process.pid for process in self.parts.values()}
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with contextlib.suppress(OSError, ProcessLookupError):
                    after_name = (folder / "stat").read_text("utf-8").rpartition(")")[2].split()
                    if int(after_name[3]) in sessions and after_name[0] != "Z":
                        found.append(int(folder.name))
        return found

    # --- the REST API ---

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the REST API with the token; returns its JSON."""
        return self._ask(method, f"/api/v2{path}", body)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as exc:
            with exc:
                text = exc.read()[:500].decode("utf-8", "replace")
            raise FailedError(f"{method} {path}: {exc.code} {text}") from exc

    def _log_in(self) -> None:
        file = self.home / "simple_auth_manager_passwords.json.generated"

        def token() -> str:
            try:
                password = json.loads(file.read_text("utf-8"))["admin"]
                login = {"username": "admin", "password": password}
                return self._ask("POST", "/auth/token", login)["access_token"]
            except (OSError, ValueError, FailedError):
                return ""

        self._token = self.wait_for(token, START_S, "the api-server")
        known = {"poll_feeds", "raise_alerts", "retag", "backfill_archive", "housekeeping"}
        self.wait_for(lambda: known <= self.dags(), START_S, "the DAGs")

    def dags(self) -> set[str]:
        return {dag["dag_id"] for dag in self.api("GET", "/dags?limit=100")["dags"]}

    def wait_for(self, look: Any, seconds: float = RUN_S, what: str = "") -> Any:
        """Ask again until the answer is true; returns it."""
        deadline = time.monotonic() + seconds
        while True:
            if found := look():
                return found
            for name, process in self.parts.items():
                if process.poll() is not None:
                    raise FailedError(f"{name} ended with {process.returncode}: {self.tail(name)}")
            if time.monotonic() > deadline:
                raise FailedError(
                    f"{what or look} did not come within {seconds:g} s; {self.tail('scheduler')}"
                )
            time.sleep(0.3)

    def tail(self, name: str) -> str:
        return (self.home / f"{name}.log").read_bytes()[-1500:].decode("utf-8", "replace")

    def unpause(self, *dags: str) -> None:
        for dag in dags:
            self.api("PATCH", f"/dags/{dag}", {"is_paused": False})

    def trigger(self, dag: str, **conf: Any) -> str:
        """Start a run; returns its id."""
        body = {"logical_date": None, "conf": conf}
        return self.api("POST", f"/dags/{dag}/dagRuns", body)["dag_run_id"]

    def runs(self, dag: str) -> list[dict[str, Any]]:
        return self.api("GET", f"/dags/{dag}/dagRuns?limit=100&order_by=-run_after")["dag_runs"]

    def state(self, dag: str, run: str) -> str:
        return self.api("GET", f"/dags/{dag}/dagRuns/{quote(run)}")["state"]

    def finish(self, dag: str, run: str, seconds: float = RUN_S) -> str:
        """Wait for a run's end; returns its state."""
        ended = ("success", "failed")
        what = f"the end of {dag}"
        return self.wait_for(lambda: (s := self.state(dag, run)) in ended and s, seconds, what)

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        path = f"/dags/{dag}/dagRuns/{quote(run)}/taskInstances?limit=100"
        return self.api("GET", path)["task_instances"]

    def causes(self, dag: str, run: str) -> set[str]:
        """The runs whose asset events a run was started for."""
        found = self.api("GET", f"/dags/{dag}/dagRuns/{quote(run)}/upstreamAssetEvents")
        return {event["source_run_id"] for event in found["asset_events"]}

    def states(self, dag: str, run: str) -> dict[str, str]:
        return {task["task_id"]: task["state"] for task in self.tasks(dag, run)}

    def log(self, dag: str, run: str, task: str, attempt: int = 1, index: int = -1) -> str:
        """The text of a task's log."""
        query = urlencode({"map_index": index})
        path = f"/dags/{dag}/dagRuns/{quote(run)}/taskInstances/{task}/logs/{attempt}?{query}"
        return json.dumps(self.api("GET", path), ensure_ascii=False)

    def clear(self, dag: str, run: str, *tasks: str) -> None:
        """Clear tasks of a run, and what follows them."""
        body = {
            "dry_run": False,
            "dag_run_id": run,
            "task_ids": list(tasks),
            "include_downstream": True,
            "only_failed": False,
            "reset_dag_runs": True,
        }
        self.api("POST", f"/dags/{dag}/clearTaskInstances", body)
