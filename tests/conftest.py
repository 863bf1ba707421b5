"""Fixtures that several test packages share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from kept_workers import KeptPool, end_workers
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

# How long an example takes is the machine's affair: one that stalls for 0.2 s is no failure.
settings.register_profile(
    "untimed",
    settings.default,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("untimed")


class ByServer(LoadScopeScheduling):
    """One worker has all tests of Elasticsearch, and so its server, one those of Airflow; the
    other files go to whoever is free, in the order of the items.
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, name = nodeid.partition("::")
        group = name.rpartition("]")[2].partition("@")[2]  # as --dist loadgroup writes it
        return group or file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByServer:
    config.option.loadscopereorder = False  # a file of few tests may take the longest
    return ByServer(config, log)


SERVERS = ("elastic", "airflow")
LONG = (
    "tests/e2e/test_process.py",
    "tests/e2e/test_kill.py",
    "tests/e2e/test_cli_told.py",
    "tests/desk/test_desk_commands.py",
    "tests/pipeline/test_stages.py",
    "tests/pipeline/test_feed_commands.py",
    "tests/pipeline/test_backfill.py",
    "tests/tag/test_sound.py",
    "tests/tag/test_reader.py",
    "tests/tag/test_second_look.py",
    "tests/tag/test_offsets.py",
    "tests/tag/test_same_names.py",
    "tests/store/test_sqlite_file.py",
    "tests/alerts/test_alert_drill.py",
    "tests/alerts/test_alert_crash.py",
)
"""Files by the time that they take: begun at the end, they would keep the others waiting."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: the tests of servers, then those of long files."""
    ranks = {file: rank for rank, file in enumerate(LONG)}
    order = {}
    for item in items:
        file, server = item.nodeid.partition("::")[0], server_of(item)
        if server:
            item.add_marker(pytest.mark.xdist_group(server))
        rank = SERVERS.index(server) if server else len(SERVERS) + ranks.get(file, len(ranks))
        order[item] = (rank, file.startswith("tests/airflow/"))  # meanwhile it is installed
    items.sort(key=order.__getitem__)


def server_of(item: pytest.Item) -> str:
    """Which server a test needs: "elastic", "airflow" or none."""
    params = getattr(item, "callspec", None)
    fixtures = getattr(item, "fixturenames", ())
    if any(name.startswith("elastic_") for name in fixtures) or (
        params and "elastic" in map(str, params.params.values())
    ):
        return "elastic"
    return "airflow" if item.nodeid.startswith("tests/airflow/") else ""


@pytest.fixture
def hostile() -> Iterator[HostileServer]:
    """A server that misbehaves on purpose; its faults stand in tests/hostile/faults.py."""
    with HostileServer() as server:
        yield server


@pytest.fixture(autouse=True, scope="session")
def quiet_logs() -> None:
    """Logs as the command line has them: warnings only, on standard error."""
    configure_logs(load_settings().log)


@pytest.fixture(autouse=True, scope="session")
def kept_workers() -> Iterator[None]:
    """Polls in the tests' own process share workers; tests/test_workers.py has pools as they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.pipeline.opening.WorkerPool", KeptPool)
        yield
    end_workers()
