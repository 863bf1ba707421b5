"""JSON-LD in pages: the node that describes the article. Publishers write it by hand, and badly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from lxml.html import HtmlElement

Node = dict[str, Any]

_MAX_SCRIPTS = 500
_MAX_NODES = 2000  # archives of comments hold more
_MAX_DEPTH = 8
_MAX_CHARS = 1_000_000
_MAX_NAMES = 20
_NEST = 4  # a name in a name in a list: more is an attack
_ARTICLE_TYPE = re.compile(r"(?:article|posting|report|newsevent)$", re.IGNORECASE)
_SITE_TYPES = frozenset({"WebSite", "NewsMediaOrganization", "Organization"})
_CDATA = re.compile(r"^(?://\s*)?<!\[CDATA\[|(?://\s*)?\]\]>$")


def read_nodes(tree: HtmlElement) -> list[Node]:
    """Return every node of a page's JSON-LD, outer ones first; broken scripts are passed over."""
    found: list[Node] = []
    for script in islice(tree.iterfind(".//script[@type]"), _MAX_SCRIPTS):
        text = script.text or ""
        if "ld+json" not in script.get("type", "").lower() or len(text) > _MAX_CHARS:
            continue
        bare = text.strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
        try:
            found += _nodes_of(json.loads(_CDATA.sub("", bare), strict=False))
        except (ValueError, RecursionError):
            continue
    return found[:_MAX_NODES]


def _nodes_of(document: object) -> list[Node]:
    found: list[Node] = []
    level = [document]
    for _ in range(_MAX_DEPTH):
        deeper: list[Any] = []
        for value in level[:_MAX_NODES]:
            if isinstance(value, dict):
                found.append(value)
                deeper += [v for v in value.values() if isinstance(v, dict | list)]
            elif isinstance(value, list):
                deeper += value
        level = deeper
    return found


def article_node(nodes: list[Node], url: str) -> Node:
    """Return the node that describes the page: one that names its path, else the outermost."""
    articles = [node for node in nodes if any(_ARTICLE_TYPE.search(kind) for kind in _kinds(node))]
    path = _path(url)
    for node in articles:
        about = node.get("mainEntityOfPage") or node.get("url") or node.get("@id")
        if isinstance(about, dict):
            about = about.get("@id") or about.get("url")
        if isinstance(about, str) and len(path) > 1 and _path(about) == path:
            return node
    return articles[0] if articles else {}


def site_name(nodes: list[Node]) -> str:
    """Return the name of the site or of its publisher."""
    for node in nodes:
        if not _SITE_TYPES.isdisjoint(_kinds(node)):
            return text_value(node.get("name"))
    return ""


def text_value(value: object) -> str:
    """Return the text of a value: a string, or the name of a node, or the first of a list."""
    return next(iter(text_values(value)), "")


def text_values(value: object, nest: int = _NEST) -> Iterator[str]:
    """Yield all of them, in order."""
    if nest < 0:
        return
    match value:
        case str():
            yield value
        case dict():
            yield from text_values(value.get("name") or value.get("@value"), nest - 1)
        case list():
            for item in value[:_MAX_NAMES]:
                yield from text_values(item, nest - 1)
        case _:
            return


def _kinds(node: Node) -> list[str]:
    kind = node.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    return [value for value in kinds if isinstance(value, str)]


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
