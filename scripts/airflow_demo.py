#!/usr/bin/env python3
"""Airflow on this machine with the DAGs, the embedded store and the sample newsroom (`make airflow`).

Starts `airflow standalone` with its own AIRFLOW_HOME in data/airflow, prints the address and the
login, triggers the first run and says when it is green. Ctrl-C ends all of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from ingest.demo.desk import add_feeds, demo_settings, remembered_start
from ingest.demo.newsroom import Newsroom
from ingest.demo.server import NewsroomServer
from ingest.store import open_store

ROOT = Path(__file__).parents[1]
DATA = ROOT / "data"
HOME = DATA / "airflow"
PASSWORDS = HOME / "simple_auth_manager_passwords.json.generated"
WAIT_S = 600


def main() -> int:
    """Run until Ctrl-C; returns 0 if the first run was green."""
    HOME.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    settings = demo_settings(str(DATA))
    with open_store(settings.store) as store:
        start, told = remembered_start(store)
        newsroom = Newsroom.load(start)
        add_feeds(store, newsroom)
    with NewsroomServer(newsroom) as server:
        server.set_edition(2 if told else 1)
        port = free_port(8080)
        env = environment(port, server)
        log = (HOME / "standalone.log").open("wb")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", "airflow", "standalone"],
                env=env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            return watch(process, port, began, server)
        except KeyboardInterrupt:
            say("ending")
            return 0
        finally:
            end(process)


def environment(port: int, server: NewsroomServer) -> dict[str, str]:
    """The environment of Airflow: the demo's store and archive, the newsroom's hosts, small and quick."""
    pinned = ",".join(f"{host}={a}:{p}" for host, (a, p) in server.resolver_map().items())
    secret = HOME / "jwt-secret"
    if not secret.exists():
        secret.touch(0o600)
        secret.write_text(secrets.token_hex(32), encoding="utf-8")
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        "AIRFLOW_HOME": str(HOME),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__PARALLELISM": "3",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME}/airflow.db",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": secret.read_text("utf-8"),
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__TRIGGERER__DEFAULT_CAPACITY": "10",
        "SUMMITWATCH_STORE": f"sqlite:///{DATA}/demo.sqlite",
        "SUMMITWATCH_ARCHIVE__URL": f"{DATA}/demo-archive",
        "SUMMITWATCH_ALERTS__RULES": str(ROOT / "ingest/demo/rules.yaml"),
        "SUMMITWATCH_ALERTS__FILE": f"{DATA}/demo-alerts.jsonl",
        "SUMMITWATCH_OPS__STATE": f"{DATA}/ops.json",
        "SUMMITWATCH_FETCH__HOST_PAUSE_S": "0",
        "SUMMITWATCH_FETCH__PAGES_PER_HOST": "100000",
        "SUMMITWATCH_FETCH__PINNED": pinned,
    }


def watch(process: subprocess.Popen[bytes], port: int, began: float, server: NewsroomServer) -> int:
    """Say how it goes: address and login, the first run, its end; then wait."""
    say("starting Airflow (its log: data/airflow/standalone.log)")
    client = Client(port)
    if not until(process, client.log_in):
        return 1
    say(f"http://127.0.0.1:{port}  user {client.user}, password {client.password}")
    if not until(process, lambda: client.knows("poll_feeds") and client.knows("raise_alerts")):
        return 1
    started: list[str] = []
    if not until(process, lambda: started.append(client.trigger("poll_feeds")) or started[-1]):
        return 1
    run = started[-1]
    say("poll_feeds is running: the story so far")
    if not until(process, lambda: client.state("poll_feeds", run) in ("success", "failed")):
        return 1
    state = client.state("poll_feeds", run)
    colour = "green" if state == "success" else "RED: see its log in the page"
    say(f"the first run is {colour} after {time.monotonic() - began:.0f} s")
    server.set_edition(2)
    say("the story's last days are published; its feeds are asked again every 15 minutes")
    say("look into it: .venv-airflow/bin/summitwatch --store sqlite:///data/demo.sqlite board")
    say("Ctrl-C ends it")
    if os.environ.get("ONCE"):
        return int(state != "success")
    process.wait()
    return process.returncode


class Client:
    """As much of Airflow's REST API as is needed here."""

    def __init__(self, port: int) -> None:
        self._base, self._token = f"http://127.0.0.1:{port}", ""
        self.user = self.password = ""

    def log_in(self) -> bool:
        """Get a token with the generated password; False while that cannot be had."""
        try:
            self.user, self.password = next(iter(json.loads(PASSWORDS.read_text("utf-8")).items()))
        except (OSError, ValueError, StopIteration):
            return False
        login = {"username": self.user, "password": self.password}
        self._token = (self._ask("POST", "/auth/token", login) or {}).get("access_token", "")
        return bool(self._token)

    def knows(self, dag: str) -> bool:
        """Whether a DAG was parsed."""
        return self._ask("GET", f"/api/v2/dags/{dag}") is not None

    def trigger(self, dag: str) -> str:
        """Start a run; returns its id, or "" where that was not possible yet."""
        made = self._ask("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None})
        return str((made or {}).get("dag_run_id", ""))

    def state(self, dag: str, run: str) -> str:
        """The state of a run, "" while it cannot be had."""
        path = f"/api/v2/dags/{dag}/dagRuns/{quote(run)}"
        return str((self._ask("GET", path) or {}).get("state", ""))

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, object] | None:
        request = urllib.request.Request(
            self._base + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return dict(json.loads(answer.read()))
        except (urllib.error.URLError, OSError, ValueError):
            return None


def until(process: subprocess.Popen[bytes], look: Callable[[], object]) -> bool:
    """Ask twice a second until the answer is true; False where Airflow ended or takes too long."""
    deadline = time.monotonic() + WAIT_S
    while not look():
        if process.poll() is not None or time.monotonic() > deadline:
            say("Airflow did not come up; the end of its log:")
            say((HOME / "standalone.log").read_bytes()[-2000:].decode("utf-8", "replace"))
            return False
        time.sleep(0.5)
    return True


def free_port(wanted: int) -> int:
    """Return the wanted port if it is free, else another."""
    for port in (wanted, 0):
        with socket.socket() as found, contextlib.suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(("127.0.0.1", port))
            return int(found.getsockname()[1])
    return wanted


def end(process: subprocess.Popen[bytes]) -> None:
    """End standalone and its four parts, which share its process group."""
    for number, patience_s in ((signal.SIGINT, 15), (signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
            if number == signal.SIGKILL:
                return
            time.sleep(1)


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.exit(main())
