from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

import pytest

from elastic.fixtures import drop
from ingest.pipeline.services import utc_now
from ingest.store import open_store
from ingest.store.elastic import ElasticStore
from ingest.store.elastic_mappings import INDICES, PACKAGED, Mappings
from ingest.store.elastic_migrate import ElasticMigration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.store.port import Store


def next_mappings(folder: Path) -> Mappings:
    """A version 2 of two indices that exists for tests alone: one field more."""
    for index in INDICES:
        for version in (1, 2):
            body = PACKAGED.definition(index)
            body["mappings"]["_meta"]["version"] = version
            if version == 2:
                body["mappings"]["properties"]["of_two"] = {"type": "keyword"}
            (folder / f"{index}-v{version}.json").write_text(json.dumps(body))
    return Mappings({**dict.fromkeys(INDICES, 1), "articles": 2, "records": 2}, folder)


class Desk:
    """Indices of their own, and ways to look at them in both versions."""

    def __init__(self, url, settings, client, folder: Path) -> None:
        self.url, self.settings, self.client = url, settings, client
        self.prefix = f"keep-{uuid.uuid4().hex[:10]}"
        self.mappings = next_mappings(folder)
        self.folder = folder

    def old(self) -> ElasticStore:
        return ElasticStore.open(self.url, self.prefix, self.settings)

    def new(self) -> ElasticStore:
        return ElasticStore.open(self.url, self.prefix, self.settings, mappings=self.mappings)

    def migration(self, settings=None) -> ElasticMigration:
        return ElasticMigration.open(
            self.url, self.prefix, settings or self.settings, utc_now, self.mappings
        )

    def behind(self, index: str) -> str:
        return next(iter(self.client.indices.get_alias(name=f"{self.prefix}-{index}")))

    def indices(self) -> set[str]:
        return set(self.client.indices.get(index=f"{self.prefix}-*", features=["aliases"]))


@pytest.fixture
def elastic_desk(elastic_url, elastic_settings, elastic_client, tmp_path) -> Iterator[Desk]:
    folder = tmp_path / "mappings"
    folder.mkdir()
    desk = Desk(elastic_url, elastic_settings, elastic_client, folder)
    try:
        yield desk
    finally:
        drop(elastic_client, desk.prefix)


@pytest.fixture(params=["sqlite", pytest.param("elastic", marks=pytest.mark.timeout(600))])
def store(request, tmp_path) -> Iterator[Store]:
    """An empty store of either adapter."""
    if request.param == "sqlite":
        with open_store(f"sqlite:///{tmp_path}/store.sqlite") as opened:
            yield opened
        return
    url, prefix = (request.getfixturevalue(name) for name in ("elastic_url", "elastic_prefix"))
    with open_store(url, prefix) as opened:
        yield opened
