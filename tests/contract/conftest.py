"""The backends that every test of this folder runs on: a second one is one more entry."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ingest.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.store.port import Store


@dataclass(frozen=True)
class Backend:
    """An empty store that can be opened any number of times, in any process."""

    url: str
    prefix: str = "summitwatch"

    def open(self) -> Store:
        return open_store(self.url, self.prefix)


@contextmanager
def sqlite(folder: Path) -> Iterator[Backend]:
    yield Backend(f"sqlite:///{folder}/store.sqlite")


@contextmanager
def elastic(request: pytest.FixtureRequest) -> Iterator[Backend]:
    url = request.getfixturevalue("elastic_url")
    yield Backend(url, request.getfixturevalue("elastic_prefix"))


@pytest.fixture(params=["sqlite", pytest.param("elastic", marks=pytest.mark.timeout(600))])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    with sqlite(tmp_path) if request.param == "sqlite" else elastic(request) as found:
        yield found


@pytest.fixture
def store(backend: Backend) -> Iterator[Store]:
    with backend.open() as opened:
        yield opened
