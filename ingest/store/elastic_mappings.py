"""Index templates, versioned indices and their aliases: made where absent, checked where not.

An index is named `<prefix>-articles-v1`, its alias `<prefix>-articles`; everything reads and writes
by alias. The mappings are the JSON files of `ingest/mappings/`.
"""

from __future__ import annotations

import importlib.resources
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import elasticsearch
import msgspec

from ingest.errors import SchemaError, StoreDownError
from ingest.store.elastic_wire import error_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingest.store.elastic_wire import Wire

APPLICATION = "summitwatch"
INDICES = ("articles", "mentions", "proposals", "records")
VERSION = 1
"""Of the mappings that this program writes."""


@cache
def definition(index: str, version: int = VERSION) -> Mapping[str, Any]:
    """Return settings and mappings of an index, as the files have them."""
    name = f"{index}-v{version}.json"
    raw = (importlib.resources.files("ingest.mappings") / name).read_bytes()
    found: Mapping[str, Any] = msgspec.json.decode(raw)
    return found


def alias_of(prefix: str, index: str) -> str:
    """Return the name that everything reads and writes by."""
    return f"{prefix}-{index}"


def index_of(prefix: str, index: str, version: int = VERSION) -> str:
    """Return the name of the index behind the alias."""
    return f"{prefix}-{index}-v{version}"


def fields(properties: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Return path and type of every field of a mapping."""
    for name, field in properties.items():
        if "properties" in field:
            yield from fields(field["properties"], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field["type"]


def fields_page() -> str:
    """Return the page of docs/ that names every field."""
    parts = [
        "# Fields of the Elasticsearch indices",
        "",
        "Made from `ingest/mappings/` by `python -m ingest.store.elastic_mappings`.",
        "How to use them: [elasticsearch.md](elasticsearch.md).",
    ]
    for index in INDICES:
        mappings = definition(index)["mappings"]
        described = mappings["_meta"]["fields"]
        parts += ["", f"## {index}", "", "| field | type | what it holds |", "|---|---|---|"]
        parts += [
            f"| `{path}` | {kind} | {described[path]} |"
            for path, kind in fields(mappings["properties"])
        ]
    return "\n".join(parts) + "\n"


def prepare(wire: Wire, prefix: str, *, create: bool) -> None:
    """Make what is missing; check what is there.

    Raises:
        StoreDownError: nothing is there and `create` is false.
        SchemaError: another program's index, or a newer mapping.
    """
    there = mappings_behind(wire, prefix)
    for index in INDICES:
        alias = alias_of(prefix, index)
        if alias in there:
            _check(wire, alias, there[alias])
    missing = [index for index in INDICES if alias_of(prefix, index) not in there]
    if missing and not create:
        raise StoreDownError(
            wire.name,
            f"there is no store with the prefix {prefix}",
            "make it with: summitwatch run, or set another prefix",
        )
    for index in missing:
        _create(wire, prefix, index)
    for index in INDICES:
        if index not in missing:
            _complete(wire, prefix, index, there[alias_of(prefix, index)])


def mappings_behind(wire: Wire, prefix: str) -> dict[str, dict[str, Any]]:
    """Return alias (or plain index) name -> mapping of what stands under our names."""
    wanted = [alias_of(prefix, index) for index in INDICES]
    reply = wire.call(
        lambda: wire.client.indices.get(
            index=wanted, ignore_unavailable=True, features=["aliases", "mappings"]
        )
    )
    found: dict[str, dict[str, Any]] = {}
    for name, state in reply.items():
        for alias in (name, *state["aliases"]):
            if alias in wanted:
                found[alias] = state["mappings"]
    return found


def _check(wire: Wire, alias: str, mapping: Mapping[str, Any]) -> None:
    meta = mapping.get("_meta", {})
    if meta.get("application") != APPLICATION:
        raise SchemaError(
            f"{wire.name}, {alias}",
            "is another program's index",
            "set another prefix (SUMMITWATCH_PREFIX)",
        )
    version = int(meta.get("version", 0))
    if version > VERSION:
        raise SchemaError(
            f"{wire.name}, {alias}",
            f"has mapping {version}, newer than this program's {VERSION}",
            "upgrade summitwatch",
        )


def _create(wire: Wire, prefix: str, index: str) -> None:
    body = definition(index)
    name, alias = index_of(prefix, index), alias_of(prefix, index)
    wire.call(
        lambda: wire.client.indices.put_index_template(
            name=alias,
            index_patterns=[f"{alias}-v*"],
            priority=500,
            template={"settings": body["settings"], "mappings": body["mappings"]},
        )
    )

    def create() -> None:
        try:
            wire.client.indices.create(
                index=name, aliases={alias: {"is_write_index": True}}, wait_for_active_shards="1"
            )
        except elasticsearch.BadRequestError as exc:
            # another process, or our own try whose reply was lost, was faster
            if error_type(exc) != "resource_already_exists_exception":
                raise

    wire.call(create)


def _complete(wire: Wire, prefix: str, index: str, mapping: Mapping[str, Any]) -> None:
    """Add the fields that this program knows and the index does not have yet."""
    wanted = definition(index)["mappings"]
    have = dict(fields(mapping.get("properties", {})))
    if all(path in have for path, _ in fields(wanted["properties"])):
        return
    wire.call(
        lambda: wire.client.indices.put_mapping(
            index=alias_of(prefix, index),
            properties=wanted["properties"],
            meta=wanted["_meta"],
        )
    )


if __name__ == "__main__":
    sys.stdout.write(fields_page())
