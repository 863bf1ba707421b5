"""What a dashboard is made of, before it takes Kibana's form. Fields are paths of the mappings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from ingest.errors import UsageError
from ingest.store.elastic_mappings import definition, fields

Shape = Literal["bar_stacked", "bar_horizontal_stacked", "line", "pie", "table"]

TYPES = {
    "keyword": "string",
    "text": "string",
    "date": "date",
    "long": "number",
    "float": "number",
    "boolean": "boolean",
    "geo_point": "geo_point",
}
"""Type of a field in a mapping -> its type in Kibana."""


@dataclass(frozen=True, slots=True)
class View:
    """A data view: one index, and the field that its time filter uses."""

    index: str
    name: str
    time: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a chart: buckets of a field, or a number.

    Attributes:
        by: `date` and `terms` make buckets; the rest are numbers, `count` without a field.
        size: the most buckets of `terms`.
        rising: whether `terms` begin with the smallest number, not the largest.
    """

    by: Literal["date", "terms", "count", "sum", "max", "min"]
    label: str
    field: str = ""
    size: int = 10
    rising: bool = False

    @property
    def is_bucket(self) -> bool:
        return self.by in {"date", "terms"}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart or table: its columns in order, buckets before numbers; `query` is KQL."""

    id: str
    title: str
    view: View
    shape: Shape
    columns: tuple[Column, ...]
    query: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A Discover search: documents, newest first."""

    id: str
    title: str
    view: View
    columns: tuple[str, ...]
    query: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """A map: places of the view, in clusters that count."""

    id: str
    title: str
    view: View
    field: str
    query: str = ""


Panel = Chart | Listing | Places


@dataclass(frozen=True, slots=True)
class Placed:
    """A panel and where it stands: columns of 48, rows as high as wanted."""

    panel: Panel
    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of panels over a stretch of time that ends now (`now-30d`)."""

    id: str
    title: str
    description: str
    since: str
    panels: tuple[Placed, ...]


@cache
def field_types(index: str) -> dict[str, str]:
    """Return path and mapped type of the fields of an index; an alias has its target's type."""
    properties = definition(index)["mappings"]["properties"]
    found = dict(fields(properties))
    aliases = {name: properties[name]["path"] for name, kind in found.items() if kind == "alias"}
    return found | {name: found[path] for name, path in aliases.items()}


def kibana_type(view: View, field: str) -> str:
    """Return the type of a field in Kibana.

    Raises:
        UsageError: the mapping has no such field, or none that Kibana can use.
    """
    kind = TYPES.get(field_types(view.index).get(field, ""))
    if kind is None:
        raise UsageError(f"{view.index}: {field}", "is no field that Kibana can read")
    return kind
