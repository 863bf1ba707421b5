"""One door to the network: only `ingest.fetch` imports anything that opens a connection."""

from __future__ import annotations

import ast
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
CLIENTS = {"httpx", "httpcore", "h11", "requests", "aiohttp", "urllib3", "urllib.request"}
CLIENTS |= {"http.client", "ftplib", "telnetlib"}
DOOR = "ingest.fetch"


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("ingest", include_external_packages=True, cache_dir=None)


@pytest.mark.parametrize("client", sorted(name for name in CLIENTS if "." not in name))
def test_no_module_but_the_door_imports_a_client(graph: grimp.ImportGraph, client: str) -> None:
    if client not in graph.modules:
        return
    importers = graph.find_modules_that_directly_import(client)
    assert {name for name in importers if not name.startswith(DOOR)} == set()


def test_the_door_does_import_one(graph: grimp.ImportGraph) -> None:
    """The test above would pass on an empty graph, too."""
    assert graph.find_modules_that_directly_import("httpcore")


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_no_import_inside_a_function_goes_round_it() -> None:
    """The graph knows packages, not the standard library's modules; this reads every file."""
    for path in sorted((ROOT / "ingest").rglob("*.py")):
        if path.is_relative_to(ROOT / "ingest" / "fetch"):
            continue
        found = imported(ast.parse(path.read_text("utf-8")))
        assert not found & CLIENTS, path


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ("import urllib.request", True),
        ("from urllib import request", True),
        ("def f():\n    from http import client", True),
        ("from urllib.parse import urljoin", False),
        ("import http", False),
    ],
)
def test_what_counts_as_an_import(source: str, caught: bool) -> None:
    assert bool(imported(ast.parse(source)) & CLIENTS) is caught
