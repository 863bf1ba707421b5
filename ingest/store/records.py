"""Records as JSON, and their indexed fields as scalars that sort: shared by every adapter."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar

import msgspec

from ingest import model
from ingest.errors import StoreDamagedError, UsageError
from ingest.store.port import Record, Where

R = TypeVar("R", bound=Record)
T = TypeVar("T")

KINDS: tuple[type[Record], ...] = (
    model.Feed,
    model.Entry,
    model.Host,
    model.UrlAlias,
    model.Lease,
    model.Run,
    model.Note,
    model.Tombstone,
    model.DeskRevision,
    model.RuleState,
    model.RuleWindow,
    model.Silence,
    model.AlertGroup,
    model.Alert,
    model.Delivery,
)
"""Every kind that `Records` keeps; articles have a table or index of their own."""

MAX_DOC_BYTES = 16 * 2**20
"""Larger documents are refused: no article is, and both engines choke on much more."""

_CAMEL = re.compile(r"(?<!^)(?=[A-Z])")
_ENCODER = msgspec.json.Encoder()


@cache
def kind_name(kind: type[Record]) -> str:
    """Return the kind's name in snake case: `UrlAlias` -> `url_alias`."""
    return _CAMEL.sub("_", kind.__name__).lower()


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401  a type
    return msgspec.json.Decoder(kind)


def encode(record: object) -> bytes:
    """Return the record as JSON, UTF-8. The record must be clean (see `scrub`)."""
    return _ENCODER.encode(record)


def decode(kind: type[T], raw: bytes | str) -> T:
    """Return the record that `encode` wrote.

    Fields unknown to this version are ignored, missing ones take their defaults.

    Raises:
        StoreDamagedError: the document is damaged.
    """
    try:
        record: T = _decoder(kind).decode(raw)  # type: ignore[arg-type]  # classes are hashable
    except (msgspec.DecodeError, msgspec.ValidationError) as exc:
        raise StoreDamagedError(
            f"a stored {kind.__name__}", f"is damaged: {exc}", "run: summitwatch doctor"
        ) from exc
    return record


def scrub(record: R) -> R:
    """Return the record fit for UTF-8: each lone surrogate becomes U+FFFD, so offsets hold.

    The same object comes back where nothing had to change.
    """
    try:
        encode(record)
    except UnicodeEncodeError:
        kind = type(record)
        clean: R = msgspec.convert(_scrub(msgspec.to_builtins(record)), kind)
        return clean
    return record


def _scrub(value: Any) -> Any:  # noqa: ANN401  any JSON value
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_scrub(key): _scrub(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_scrub(item) for item in value]
    return value


def with_revision(record: R, revision: int) -> R:
    """Return the record with another revision."""
    return replace(record, revision=revision)  # type: ignore[type-var]  # every kind is a dataclass


def index_value(value: Any) -> str | int | float | None:  # noqa: ANN401  any indexed field
    """Return a field's value as the engines index it.

    Times become fixed-width UTC text (microseconds, `Z`), so that text order is time order.

    Raises:
        UsageError: a naive time, or a type that no indexed field has.
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return index_time(value)
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return str(_scrub(value))
        return value
    if value is None or isinstance(value, int | float):
        return value
    raise UsageError(repr(value), "cannot be compared with a stored field")


def index_time(moment: datetime) -> str:
    """Return an aware time as `2026-03-04T05:06:07.000008Z`."""
    if moment.tzinfo is None:
        raise UsageError(str(moment), "has no time zone", "stored times are aware UTC")
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='microseconds')}Z"


def indexed_values(record: Record) -> tuple[str | int | float | None, ...]:
    """Return the values of the record's INDEXED fields, in order."""
    return tuple(index_value(getattr(record, name)) for name in type(record).INDEXED)


def check_where(kind: type[Record], where: tuple[Where, ...], order_by: str = "id") -> None:
    """Raise UsageError where a condition or the order names what is not indexed."""
    known = {"id", *kind.INDEXED}
    for condition in where:
        if condition.field not in known:
            raise UsageError(
                f"{kind_name(kind)}.{condition.field}",
                "is not indexed",
                f"one of {', '.join(sorted(known))}",
            )
        if condition.op not in {"=", "!=", "<=", ">=", "<", ">", "in", "prefix"}:
            raise UsageError(condition.op, "is no comparison")
        if condition.value is None and condition.op not in {"=", "!="}:
            raise UsageError(f"{condition.field} {condition.op}", "needs a value")
    if order_by.removeprefix("-") not in known:
        raise UsageError(
            f"{kind_name(kind)}.{order_by.removeprefix('-')}",
            "cannot be sorted by",
            f"one of {', '.join(sorted(known))}",
        )
