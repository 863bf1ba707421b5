"""Fixtures that several test packages share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker has all tests of Elasticsearch, and so its server; the others share by file.

    Tests that name a group of their own keep it.
    """
    for item in items:
        if item.get_closest_marker("xdist_group"):
            continue
        params = getattr(getattr(item, "callspec", None), "params", {})
        needs_server = "elastic_server" in getattr(item, "fixturenames", ())
        is_elastic = needs_server or "elastic" in params.values()
        item.add_marker(pytest.mark.xdist_group("elastic" if is_elastic else item.path.stem))


@pytest.fixture
def hostile() -> Iterator[HostileServer]:
    """A server that misbehaves on purpose; its faults stand in tests/hostile/faults.py."""
    with HostileServer() as server:
        yield server


@pytest.fixture(autouse=True, scope="session")
def quiet_logs() -> None:
    """Logs as the command line has them: warnings only, on standard error."""
    configure_logs(load_settings().log)
