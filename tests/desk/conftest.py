"""Stores for the tests of this folder."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache

import pytest
import structlog
from typer.main import get_command

from contract.conftest import backend  # noqa: F401  both stores
from ingest.cli.context import CALL
from ingest.store import open_store


@cache
def command():
    """The command tree: to build it takes longer than most commands."""
    from ingest.cli.app import app

    return get_command(app)


@dataclass
class Result:
    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


def invoked(*args):
    """Run a command in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            command().main(args=[str(arg) for arg in args], prog_name="summitwatch")
        except SystemExit as exc:
            code = int(exc.code or 0)
    return Result(code, out.getvalue(), err.getvalue())


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/s.sqlite", "summitwatch") as opened:
        yield opened


@pytest.fixture
def call(store, tmp_path, monkeypatch):
    """Run a command on the store, in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SUMMITWATCH_STORE", raising=False)
    monkeypatch.setenv("SUMMITWATCH_AUTHOR", "anna")
    url = f"sqlite:///{tmp_path}/s.sqlite"

    def run(*args, code=0):
        result = invoked("--store", url, *args)
        assert result.exit_code == code, result.output
        return result.stdout if code == 0 else result.stderr

    yield run
    CALL.store = None
    structlog.reset_defaults()
