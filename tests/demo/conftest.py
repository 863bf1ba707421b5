from __future__ import annotations

from datetime import date

import pytest

from ingest.demo.newsroom import Newsroom


@pytest.fixture(scope="session")
def newsroom() -> Newsroom:
    return Newsroom.load(date(2026, 3, 2))
