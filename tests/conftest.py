"""Fixtures that several test packages share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hostile.server import HostileServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def hostile() -> Iterator[HostileServer]:
    """A server that misbehaves on purpose; its faults stand in tests/hostile/faults.py."""
    with HostileServer() as server:
        yield server
