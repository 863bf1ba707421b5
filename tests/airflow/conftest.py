"""Airflow's own environment, and the newsroom for its DAGs."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from airflow_station import PYTHON, ROOT
from ingest.demo.desk import add_feeds
from ingest.demo.newsroom import Newsroom, story_start
from ingest.demo.server import NewsroomServer
from ingest.model import Feed
from ingest.pipeline.services import utc_now
from ingest.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.store.port import Store

INSTALL_S = 3000
RULES = """
version: 1
channels:
  file: {type: file}
rules:
  - {id: offers, type: match, when: {status: proposed}, group_by: [venue], max_age: 14d, to: [file]}
"""
DONE = ROOT / ".venv-airflow/.done"


@pytest.fixture(scope="session")
def airflow_python() -> Path:
    """The interpreter that has Airflow; made once by make. Required in CI, else skipped without."""
    if not DONE.exists():
        with (ROOT / ".airflow.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another worker may be at it
            done = subprocess.run(
                ["make", "install-airflow"],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=INSTALL_S,
                check=False,
            )
            (ROOT / ".airflow.lock").unlink(missing_ok=True)
        if done.returncode:
            why = f"make install-airflow: {done.stderr[-500:]}"
            if os.environ.get("CI"):
                pytest.fail(f"Airflow is required in CI: {why}", pytrace=False)
            pytest.skip(f"NOT TESTED, no Airflow: {why}")
    return PYTHON


@dataclass
class Desk:
    """A store, an archive and the newsroom that its feeds are read from."""

    folder: Path
    newsroom: Newsroom
    server: NewsroomServer

    @property
    def store_file(self) -> Path:
        return self.folder / "store.sqlite"

    @property
    def env(self) -> dict[str, str]:
        """What tells the DAGs of it."""
        hosts = self.server.resolver_map().items()
        return {
            "SUMMITWATCH_STORE": f"sqlite:///{self.store_file}",
            "SUMMITWATCH_ARCHIVE__URL": str(self.folder / "archive"),
            "SUMMITWATCH_ALERTS__FILE": str(self.folder / "alerts.jsonl"),
            "SUMMITWATCH_ALERTS__RULES": str(self.folder / "rules.yaml"),
            "SUMMITWATCH_OPS__TO": f"file:{self.folder}/ops.jsonl",
            "SUMMITWATCH_OPS__STATE": str(self.folder / "ops.json"),
            "SUMMITWATCH_FETCH__HOST_PAUSE_S": "0",
            "SUMMITWATCH_FETCH__PAGES_PER_HOST": "100000",
            "SUMMITWATCH_FETCH__PINNED": ",".join(f"{h}={a}:{p}" for h, (a, p) in hosts),
            "SUMMITWATCH_EXTRACT__WORKERS": "1",
            "SUMMITWATCH_TAGGING__READER": "false",  # 0.2 s an article; test_dag_elastic.py has it
            "SUMMITWATCH_AIRFLOW__RETRIES": "2",
            "SUMMITWATCH_AIRFLOW__RETRY_DELAY_S": "1",
        }

    def store(self) -> Store:
        return open_store(f"sqlite:///{self.store_file}")

    def make_due(self) -> None:
        """Let every feed be due, as when its interval has passed."""
        with self.store() as store:
            store.put([replace(feed, next_check_at=None) for feed in store.find(Feed)])

    def revisions(self) -> dict[str, int]:
        with self.store() as store:
            return {article.id: article.revision for article in store.find_articles()}


@pytest.fixture(scope="module")
def airflow_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with the newsroom's feeds; nothing is polled yet."""
    folder = tmp_path_factory.mktemp("desk")
    newsroom = Newsroom.load(story_start(utc_now()))
    with NewsroomServer(newsroom) as server:
        desk = Desk(folder, newsroom, server)
        (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
        with desk.store() as store:
            add_feeds(store, newsroom)
        yield desk
    shutil.rmtree(folder)
