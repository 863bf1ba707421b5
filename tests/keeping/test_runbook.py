"""Every code has its entry, every entry its code, and says what a person needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations" / "errors.md").read_text("utf-8")
ENTRIES = dict(re.findall(r"^### (SW-[A-Z-]+)\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def codes() -> set[str]:
    """Every code in the sources, wherever it stands."""
    sources = [*ROOT.glob("ingest/**/*.py"), *ROOT.glob("dags/**/*.py")]
    return {
        code
        for source in sources
        for code in re.findall(r"\"(SW-[A-Z]+(?:-[A-Z]+)*)\"", source.read_text("utf-8"))
    }


def test_the_runbook_has_every_code_and_no_other():
    assert codes() == set(ENTRIES)
    assert PAGE.count("\n### ") == len(ENTRIES)


@pytest.mark.parametrize("code", ENTRIES)
def test_an_entry_says_what_it_means_what_to_do_and_how_it_ends(code):
    for part in ("Means", "Do", "Over when"):
        (said,) = re.findall(
            rf"^\*\*{part}\*\*: (.+?)(?=^\*\*|\Z)", ENTRIES[code], re.MULTILINE | re.DOTALL
        )
        assert len(said.split()) >= 3, part


def test_no_two_classes_share_a_code():
    text = (ROOT / "ingest" / "errors.py").read_text("utf-8")
    own = re.findall(r"code = \"(SW-[A-Z-]+)\"", text)
    assert len(own) == len(set(own)) > 20
