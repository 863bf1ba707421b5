from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore.open(tmp_path / "store.sqlite") as store:
        yield store
