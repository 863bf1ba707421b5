"""Fixtures that several test packages share."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling

from elastic.fixtures import (  # noqa: F401  fixtures and a hook for every test below
    elastic_client,
    elastic_indices,
    elastic_prefix,
    elastic_server,
    elastic_settings,
    elastic_url,
    pytest_terminal_summary,
)
from hostile.server import HostileServer
from ingest.logs import configure_logs
from ingest.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator


# The second reader of places costs some 0.2 s an article: tests of other things do without, those of
# its own (tests/tag/test_reader.py) build a tagger that has it.
os.environ.setdefault("SUMMITWATCH_TAGGING__READER", "false")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads spin while they wait


class ByServer(LoadScopeScheduling):
    """One worker has all tests of Elasticsearch, and so its server, one those of Airflow; the
    other files go to whoever is free.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if needs_elasticsearch(file):
            return "elastic"
        return "airflow" if file.startswith("tests/airflow/") else file


@cache
def needs_elasticsearch(file: str) -> bool:
    """Whether a test file, or the fixtures of its folder, ask for the server."""
    here = Path(__file__)
    path = here.parent.parent / file
    texts = [
        found.read_text("utf-8")
        for found in (path, path.parent / "conftest.py")
        if found.exists() and found != here
    ]
    return any(
        re.search(r"\b(elastic_(url|server|client|prefix|settings)|contract\.conftest)\b", text)
        for text in texts
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByServer:
    return ByServer(config, log)


@pytest.fixture
def hostile() -> Iterator[HostileServer]:
    """A server that misbehaves on purpose; its faults stand in tests/hostile/faults.py."""
    with HostileServer() as server:
        yield server


@pytest.fixture(autouse=True, scope="session")
def quiet_logs() -> None:
    """Logs as the command line has them: warnings only, on standard error."""
    configure_logs(load_settings().log)
