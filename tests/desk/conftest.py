"""Stores for the tests of this folder."""

from __future__ import annotations

import pytest
import structlog

from contract.conftest import backend  # noqa: F401  both stores
from ingest.cli.context import CALL
from ingest.store import open_store


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/s.sqlite", "summitwatch") as opened:
        yield opened


@pytest.fixture
def call(store, tmp_path, monkeypatch):
    """Run a command on the store, in this process."""
    from typer.testing import CliRunner

    from ingest.cli.app import app

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SUMMITWATCH_STORE", raising=False)
    monkeypatch.setenv("SUMMITWATCH_AUTHOR", "anna")
    url = f"sqlite:///{tmp_path}/s.sqlite"

    def run(*args, code=0):
        result = CliRunner().invoke(app, ["--store", url, *map(str, args)])
        assert result.exit_code == code, result.output + repr(result.exception)
        return result.stdout if code == 0 else result.stderr

    yield run
    CALL.store = None
    structlog.reset_defaults()
