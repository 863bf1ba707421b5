"""Index templates, versioned indices and their aliases: made where absent, checked where not.

An index is named `<prefix>-articles-v1`, its alias `<prefix>-articles`; everything reads and writes
by alias. The mappings are the JSON files of `ingest/mappings/`; the former ones stay there, so that a
migration (`elastic_migrate`) can be taken back.
"""

from __future__ import annotations

import importlib.resources
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import elasticsearch
import msgspec

from ingest.errors import NewerSchemaError, OlderSchemaError, SchemaError, StoreAbsentError
from ingest.store.elastic_wire import error_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

    from ingest.store.elastic_wire import Wire

APPLICATION = "summitwatch"
INDICES = ("articles", "mentions", "proposals", "records")


@dataclass(frozen=True)
class Mappings:
    """The mappings that a program writes: a version for each index, and where the files lie."""

    versions: Mapping[str, int]
    folder: Traversable

    def definition(self, index: str, version: int | None = None) -> dict[str, Any]:
        """Return settings and mappings of an index; the version in force unless told."""
        name = f"{index}-v{version or self.versions[index]}.json"
        found: dict[str, Any] = msgspec.json.decode((self.folder / name).read_bytes())
        return found


PACKAGED = Mappings(dict.fromkeys(INDICES, 1), importlib.resources.files("ingest.mappings"))


@cache
def definition(index: str) -> Mapping[str, Any]:
    """Return settings and mappings of an index, as this program writes them."""
    return PACKAGED.definition(index)


def alias_of(prefix: str, index: str) -> str:
    """Return the name that everything reads and writes by."""
    return f"{prefix}-{index}"


def index_of(prefix: str, index: str, version: int) -> str:
    """Return the name of the index of a version."""
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


def prepare(wire: Wire, prefix: str, *, create: bool, mappings: Mappings = PACKAGED) -> None:
    """Make what is missing; check what is there.

    Raises:
        StoreAbsentError: nothing is there and `create` is false.
        SchemaError: another program's index, or a newer or an older mapping.
    """
    there = mappings_behind(wire, prefix)
    check(wire, prefix, there, mappings)
    missing = [index for index in INDICES if alias_of(prefix, index) not in there]
    if missing and not create:
        raise StoreAbsentError(
            wire.name,
            f"there is no store with the prefix {prefix}",
            "make it with: summitwatch run, or set another prefix",
        )
    for index in missing:
        put_template(wire, prefix, index, mappings.definition(index))
        create_index(wire, prefix, index, mappings.versions[index], is_alias=True)
    if missing:
        check(wire, prefix, mappings_behind(wire, prefix), mappings, complete=True)
    for index in INDICES:
        if index not in missing:
            _complete(wire, prefix, index, there[alias_of(prefix, index)], mappings)


def check(
    wire: Wire,
    prefix: str,
    there: Mapping[str, Mapping[str, Any]],
    mappings: Mappings,
    *,
    complete: bool = False,
) -> None:
    """Raise SchemaError for an index that this program cannot work on.

    Args:
        there: what `mappings_behind` found.
        complete: also if one is not behind its alias: another program has taken its name.
    """
    for index in INDICES:
        alias = alias_of(prefix, index)
        if alias in there:
            check_one(wire, alias, there[alias], mappings.versions[index])
        elif complete:
            raise foreign(wire, index_of(prefix, index, mappings.versions[index]))


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


def check_one(wire: Wire, name: str, mapping: Mapping[str, Any], wanted: int) -> None:
    """Raise SchemaError unless the index is ours, in the version that is wanted."""
    version = version_of(wire, name, mapping)
    if version > wanted:
        raise NewerSchemaError(
            f"{wire.name}, {name}",
            f"has mapping {version}, newer than this program's {wanted}",
            "upgrade summitwatch",
        )
    if version < wanted:
        raise OlderSchemaError(
            f"{wire.name}, {name}",
            f"has mapping {version}, older than this program's {wanted}",
            "run: summitwatch migrate; the former version may go on until it ends",
        )


def version_of(wire: Wire, name: str, mapping: Mapping[str, Any]) -> int:
    """Return the version of an index of ours; raises SchemaError for another program's."""
    meta = mapping.get("_meta", {})
    if meta.get("application") != APPLICATION:
        raise foreign(wire, name)
    return int(meta.get("version", 0))


def foreign(wire: Wire, name: str) -> SchemaError:
    """Return the error of an index that another program made under a name of ours."""
    return SchemaError(
        f"{wire.name}, {name}",
        "is another program's index",
        "set another prefix (SUMMITWATCH_PREFIX)",
    )


def put_template(wire: Wire, prefix: str, index: str, body: Mapping[str, Any]) -> None:
    """Store the template that an index is made from."""
    alias = alias_of(prefix, index)
    wire.call(
        lambda: wire.client.indices.put_index_template(
            name=alias,
            index_patterns=[f"{alias}-v*"],
            priority=500,
            template={"settings": body["settings"], "mappings": body["mappings"]},
        )
    )


def create_index(wire: Wire, prefix: str, index: str, version: int, *, is_alias: bool) -> None:
    """Make an index from its template, behind its alias or not yet; one that exists is left."""
    alias = alias_of(prefix, index)

    def create() -> None:
        try:
            wire.client.indices.create(
                index=index_of(prefix, index, version),
                aliases={alias: {"is_write_index": True}} if is_alias else {},
                wait_for_active_shards="1",
            )
        except elasticsearch.BadRequestError as exc:
            # another process, or our own try whose reply was lost, was faster
            if error_type(exc) != "resource_already_exists_exception":
                raise

    wire.call(create)


def _complete(
    wire: Wire, prefix: str, index: str, mapping: Mapping[str, Any], mappings: Mappings
) -> None:
    """Add the fields that this program knows and the index does not have yet."""
    wanted = mappings.definition(index)["mappings"]
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
