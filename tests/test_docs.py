"""The papers agree with the code."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from ingest.cli.app import app
from ingest.cli.lookup import gazetteer
from ingest.cli.reference import PAGES
from ingest.query.parse import parse_query

ROOT = Path(__file__).parents[1]
PAPERS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_up_to_date(name):
    text = (ROOT / "docs" / name).read_text("utf-8")
    assert text == PAGES[name](), "run: .venv/bin/python -m ingest.cli.reference"


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_papers_lead_somewhere(paper):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", paper.read_text("utf-8")):
        if "://" not in target:
            assert (paper.parent / target).exists(), target


def commands():
    """Every command's words, such as `feeds add`."""
    tree = get_command(app)
    context = typer.Context(tree)
    for name in tree.list_commands(context):
        child = tree.get_command(context, name)
        if hasattr(child, "list_commands"):
            yield from (f"{name} {sub}" for sub in child.list_commands(context))
        else:
            yield name


def test_commands_that_papers_name_exist():
    known = set(commands())
    groups = {name.split()[0] for name in known if " " in name}
    for paper in PAPERS:
        text = paper.read_text("utf-8")
        for line in re.findall(r"(?:^|[`/ ])summitwatch((?: [a-z|-]+)+)", text, re.MULTILINE):
            words = line.split()
            if words[0].startswith("-") or words[0] not in groups | {k.split()[0] for k in known}:
                continue
            if words[0] in groups:
                for sub in words[1].split("|") if len(words) > 1 else ():
                    assert f"{words[0]} {sub}" in known, (paper.name, line)


def test_example_queries_of_the_papers_parse():
    now = datetime(2026, 3, 2, tzinfo=UTC)
    text = (ROOT / "README.md").read_text("utf-8")
    queries = re.findall(r"(?:search|proposals|export) '([^']+)'", text)
    queries.append(
        re.search(r"```\n(putin .*)\n```", (ROOT / "docs/query-language.md").read_text())[1]
    )
    assert len(queries) >= 4
    for query in queries:
        parse_query(query, names=gazetteer(), now=now)


def test_no_address_in_the_locked_requirements():
    for lock in (ROOT / "requirements").glob("*.txt"):
        assert "://" not in lock.read_text("utf-8"), lock
