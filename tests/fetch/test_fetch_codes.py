"""The codes of failures: all of them are listed, for programs and for operators."""

from __future__ import annotations

import re
from pathlib import Path

import ingest
from ingest.fetch.result import CODES

ROOT = Path(__file__).parents[2]
MADE = re.compile(
    r'(?:RefusedError|FetchFailed)\(\s*(?:[a-z.]+,\s*)?f?"([a-z]+(?:-[a-z]+)*)', re.DOTALL
)


def test_every_code_in_use_is_listed():
    package = Path(ingest.__file__).parent
    used = {
        code for path in package.rglob("*.py") for code in MADE.findall(path.read_text("utf-8"))
    }
    assert len(used) > 15
    assert used - {"http"} == set(CODES) - {"http-NNN"}


def test_operators_find_the_same_table():
    paper = (ROOT / "docs" / "fetching.md").read_text("utf-8")
    rows = "\n".join(f"| `{code}` | {again} | {what} |" for code, (again, what) in CODES.items())
    assert rows in paper
