"""One Elasticsearch for the whole test session; tests/conftest.py makes these known everywhere."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

import pytest

from elastic.server import NoServerError, Provided, provided_server
from ingest.settings import load_settings
from ingest.store.elastic import ElasticStore
from ingest.store.elastic_connect import connect
from ingest.store.elastic_mappings import INDICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from elasticsearch import Elasticsearch

    from ingest.settings import ElasticsearchSettings

NOT_TESTED: list[str] = []
"""Why there was no server, once: said at the end of the session."""


@pytest.fixture(scope="session")
def elastic_server() -> Iterator[Provided]:
    """A running server; without one the tests fail in CI and are skipped elsewhere."""
    server = provided_server()
    try:
        provided = server.__enter__()
    except NoServerError as exc:
        if os.environ.get("CI"):
            pytest.fail(f"Elasticsearch is required in CI: {exc}", pytrace=False)
        NOT_TESTED.append(str(exc))
        pytest.skip(f"no Elasticsearch: {exc}")
    try:
        yield provided
    finally:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def elastic_settings(elastic_server: Provided) -> ElasticsearchSettings:
    """The settings that reach the server."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in elastic_server.environment.items():
            patch.setenv(name, value)
        return load_settings().elasticsearch


@pytest.fixture
def elastic_url(elastic_server: Provided, monkeypatch: pytest.MonkeyPatch) -> str:
    """The server's URL; what else it takes to reach it is in the environment meanwhile."""
    for name, value in elastic_server.environment.items():
        monkeypatch.setenv(name, value)
    return elastic_server.url


@pytest.fixture(scope="session")
def elastic_client(
    elastic_server: Provided, elastic_settings: ElasticsearchSettings
) -> Iterator[Elasticsearch]:
    """A plain client, to look behind the store and to clean up."""
    client = connect(elastic_server.url, elastic_settings)
    yield client
    client.close()


@pytest.fixture(scope="session")
def elastic_indices(
    elastic_server: Provided,
    elastic_settings: ElasticsearchSettings,
    elastic_client: Elasticsearch,
) -> Iterator[str]:
    """A prefix whose indices exist for the session: making them takes longer than most tests."""
    prefix = f"test-{uuid.uuid4().hex[:12]}"
    ElasticStore.open(elastic_server.url, prefix, elastic_settings).close()
    yield prefix
    drop(elastic_client, prefix)


@pytest.fixture
def elastic_prefix(elastic_indices: str, elastic_client: Elasticsearch) -> str:
    """The prefix of empty indices."""
    names = [f"{elastic_indices}-{index}" for index in INDICES]
    elastic_client.indices.refresh(index=names)  # what is not visible would stay
    elastic_client.delete_by_query(
        index=names, query={"match_all": {}}, conflicts="proceed", refresh=True
    )
    return elastic_indices


def drop(client: Elasticsearch, prefix: str) -> None:
    """Remove indices and templates of a prefix."""
    names = list(client.indices.get(index=f"{prefix}-*", features=["aliases"]))
    if names:
        client.indices.delete(index=names)
    for index in INDICES:
        client.options(ignore_status=404).indices.delete_index_template(name=f"{prefix}-{index}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested, and how to change that."""
    for reason in NOT_TESTED:
        terminalreporter.section("NOT TESTED: Elasticsearch", sep="!", red=True)
        terminalreporter.line(f"The Elasticsearch store was not tested: {reason}")
        terminalreporter.line(
            "Set ELASTICSEARCH_URL to a server for tests, or start a Docker engine, or install "
            "Java 21 or newer and Maven; then run the tests again."
        )
