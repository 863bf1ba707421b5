"""Work records in Elasticsearch: one index for all kinds, compare-and-set on the revision.

A record is the document `kind:id`. Its `revision` stands in `_source`; a write carries the sequence
number that was read with it, so nobody can come between. `write` holds a token of each write: after
a lost reply it tells whether a conflict is with somebody else or with our own first try.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ingest.errors import StoreDamagedError, StoreError, UsageError
from ingest.model import Article
from ingest.store.elastic_views import view_of
from ingest.store.elastic_wire import Action, Outcome
from ingest.store.port import Record, Where
from ingest.store.records import (
    check_where,
    encode,
    index_value,
    indexed_values,
    kind_name,
    scrub,
    with_revision,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from ingest.store.elastic_wire import Wire

R = TypeVar("R", bound=Record)
T = TypeVar("T")

PAGE = 500
"""Documents of one search while everything is read."""

MAX_ID_BYTES = 512
"""Elasticsearch takes no longer `_id`."""

MAX_TERMS = 65_536
"""Values of one `terms` query."""


class ElasticRecords:
    """`Records` over one index."""

    def __init__(self, wire: Wire, index: str) -> None:
        self._wire = wire
        self.index = index

    def get(self, kind: type[R], record_id: str) -> R | None:
        """Return the record, or None; newest write."""
        return next(iter(self.get_many(kind, (record_id,)).values()), None)

    def get_many(self, kind: type[R], ids: Iterable[str]) -> dict[str, R]:
        """Return the records that exist, by id; newest writes."""
        keys = [record_key(kind, record_id) for record_id in ids]
        found = self._wire.read(self.index, keys, source=["id", "doc"])
        return {
            doc["_source"]["id"]: decoded(kind, doc["_source"]["doc"]) for doc in found.values()
        }

    def put(self, records: Sequence[R]) -> list[R | None]:
        """Write each by compare-and-set (see `Records.put`)."""
        if any(isinstance(record, Article) for record in records):
            raise UsageError("an article", "is written by save, with its projections")
        results: dict[int, R | None] = {}
        for rounds in distinct([(record_key(type(r), r.id),) for r in records]):
            written = self._put([scrub(records[at]) for at in rounds])
            results.update(zip(rounds, written, strict=True))
        return [results[at] for at in range(len(records))]

    def _put(self, records: Sequence[R]) -> list[R | None]:
        keys = [record_key(type(record), record.id) for record in records]
        known = [key for key, r in zip(keys, records, strict=True) if r.revision]
        seen = self.seen(known)
        results: list[R | None] = [None] * len(records)
        token = new_token()
        places: list[int] = []
        actions: list[Action] = []
        for at, (key, record) in enumerate(zip(keys, records, strict=True)):
            stored = seen.get(key)
            if record.revision and (stored is None or stored.revision != record.revision):
                continue
            places.append(at)
            results[at] = with_revision(record, record.revision + 1)
            actions.append(self.action(results[at], token, stored.at if stored else None))  # type: ignore[arg-type]  # just set
        outcomes = self._wire.bulk(actions)
        for at, action, outcome in zip(places, actions, outcomes, strict=True):
            if not self.is_ours(action, outcome, token):
                results[at] = None
        return results

    def seen(self, keys: Iterable[str]) -> dict[str, Seen]:
        """Return revision and sequence number of the documents that exist, by key."""
        found = self._wire.read(self.index, keys, source=["revision"])
        return {key: Seen.of(doc) for key, doc in found.items()}

    def action(self, record: Record, token: str, seen: tuple[int, int] | None) -> Action:
        """Return the write of a record: only if absent, or only over what was seen."""
        return Action(
            op="create" if seen is None else "index",
            index=self.index,
            id=record_key(type(record), record.id),
            doc=document(record, token),
            seen=seen,
        )

    def is_ours(self, action: Action, outcome: Outcome, token: str) -> bool:
        """Whether the write is the stored one; raises StoreError for a refused document."""
        if outcome.is_done:
            return True
        if outcome.is_conflict:
            return outcome.is_repeat and wrote(self._wire, action, token)
        raise StoreError(action.id[:200], f"cannot be stored: {outcome.reason}")

    def find(
        self, kind: type[R], where: Sequence[Where], order_by: str, limit: int | None
    ) -> list[R]:
        """Return records by conditions, sorted (see `Records.find`)."""
        check_where(kind, tuple(where), order_by)
        query = conditions(where, field_path, kind_name(kind))
        found = find_all(self._wire, self.index, query, sort_of(order_by, field_path), limit, "doc")
        return [decoded(kind, source["doc"]) for source in found]

    def count(self, kind: type[Record], where: Sequence[Where]) -> int:
        """Return how many records meet the conditions."""
        check_where(kind, tuple(where))
        return count(self._wire, self.index, conditions(where, field_path, kind_name(kind)))

    def delete(self, kind: type[Record], ids: Iterable[str]) -> int:
        """Delete records by id; returns how many were there."""
        keys = dict.fromkeys(record_key(kind, record_id) for record_id in ids)
        outcomes = self._wire.bulk([Action("delete", self.index, key) for key in keys])
        return sum(outcome.is_done for outcome in outcomes)

    def counts(self) -> dict[str, int]:
        """Return the number of records by kind."""
        reply = self._wire.search(
            self.index, size=0, aggs={"kind": {"terms": {"field": "kind", "size": 1000}}}
        )
        buckets = reply["aggregations"]["kind"]["buckets"]
        return {bucket["key"]: bucket["doc_count"] for bucket in buckets}


class Seen(msgspec.Struct, frozen=True):
    """What was read of a document: its revision, and where in the index's history it stood."""

    revision: int
    at: tuple[int, int]

    @classmethod
    def of(cls, doc: Mapping[str, Any]) -> Seen:
        return cls(doc["_source"]["revision"], (doc["_seq_no"], doc["_primary_term"]))


def record_key(kind: type[Record], record_id: str) -> str:
    """Return the `_id` of a record; a long one is hashed."""
    key = f"{kind_name(kind)}:{index_value(record_id)}"
    raw = key.encode()
    if len(raw) <= MAX_ID_BYTES:
        return key
    return f"{kind_name(kind)}#{hashlib.sha256(raw).hexdigest()}"


def document(record: Record, token: str) -> bytes:
    """Return the stored document of a clean record."""
    values = zip(type(record).INDEXED, indexed_values(record), strict=True)
    view = view_of(record)
    return msgspec.json.encode(
        {
            "kind": kind_name(type(record)),
            "id": record.id,
            "revision": record.revision,
            "write": token,
            "field": {name: value for name, value in values if value is not None},
            **({"view": view} if view else {}),
            "doc": msgspec.Raw(encode(record)),
        }
    )


def decoded(kind: type[T], doc: object) -> T:
    """Return the record of a parsed document; raises StoreError if it is damaged."""
    try:
        return msgspec.convert(doc, kind)
    except msgspec.ValidationError as exc:
        raise StoreDamagedError(
            f"a stored {kind.__name__}", f"is damaged: {exc}", "run: summitwatch doctor"
        ) from exc


def new_token() -> str:
    """Return what marks the writes of one call."""
    return uuid.uuid4().hex


def wrote(wire: Wire, action: Action, token: str) -> bool:
    """Whether the stored document is the one that this call sent."""
    found = wire.read(action.index, (action.id,), source=["write"]).get(action.id)
    return found is not None and found["_source"].get("write") == token


def distinct(keys: Sequence[Collection[str]]) -> list[list[int]]:
    """Part positions into rounds, in order, so that no key comes twice in a round."""
    rounds: list[list[int]] = []
    used: dict[str, int] = {}
    for at, own in enumerate(keys):
        nth = max((used.get(key, -1) for key in own), default=-1) + 1
        used.update(dict.fromkeys(own, nth))
        if nth == len(rounds):
            rounds.append([])
        rounds[nth].append(at)
    return rounds


# --- conditions ------------------------------------------------------------------------------


def field_path(field: str) -> str:
    """Return where an indexed field of a record stands in the document."""
    return field if field == "id" else f"field.{field}"


def conditions(
    where: Sequence[Where], path_of: Callable[[str], str], kind: str | None = None
) -> dict[str, Any]:
    """Return the query of conditions joined by AND; fields are checked before."""
    filters = [condition(item, path_of(item.field)) for item in where]
    if kind is not None:
        filters.insert(0, {"term": {"kind": kind}})
    return {"bool": {"filter": filters}} if filters else {"match_all": {}}


def condition(item: Where, path: str) -> dict[str, Any]:
    """Return the query of one condition; an unset field is a missing one."""
    unset = {"bool": {"must_not": {"exists": {"field": path}}}}
    if item.op == "in":
        wanted = [index_value(value) for value in item.value]
        present = [value for value in wanted if value is not None]
        if len(present) > MAX_TERMS:
            raise StoreError(f"{item.field} in", f"{len(present):,} values are too many")
        within: dict[str, Any] = {"terms": {path: present}}
        return any_of(within, unset) if None in wanted else within
    value = index_value(item.value)
    if value is None:
        return unset if item.op == "=" else {"exists": {"field": path}}
    match item.op:
        case "=":
            return {"term": {path: value}}
        case "!=":
            return {
                "bool": {
                    "filter": {"exists": {"field": path}},
                    "must_not": {"term": {path: value}},
                }
            }
        case "prefix":
            return {"prefix": {path: value}}
        case "<=":
            return any_of({"range": {path: {"lte": value}}}, unset)
        case ">=" | "<" | ">":
            name = {">=": "gte", "<": "lt", ">": "gt"}[item.op]
            return {"range": {path: {name: value}}}


def any_of(*queries: dict[str, Any]) -> dict[str, Any]:
    """Return the query that any of them satisfies."""
    return {"bool": {"should": list(queries), "minimum_should_match": 1}}


def sort_of(order_by: str, path_of: Callable[[str], str]) -> list[dict[str, Any]]:
    """Return the sort by a field, then id; unset sorts first upwards."""
    way = "desc" if order_by.startswith("-") else "asc"
    field = order_by.removeprefix("-")
    by_id = {"id": {"order": way}}
    if field == "id":
        return [by_id]
    missing = "_first" if way == "asc" else "_last"
    return [{path_of(field): {"order": way, "missing": missing}}, by_id]


def find_all(
    wire: Wire,
    index: str,
    query: dict[str, Any],
    sort: list[dict[str, Any]],
    limit: int | None,
    *source: str,
    excludes: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Return `_source` of every hit, page by page."""
    found: list[dict[str, Any]] = []
    after: dict[str, Any] = {}
    while limit is None or len(found) < limit:
        size = PAGE if limit is None else min(PAGE, limit - len(found))
        reply = wire.search(
            index,
            query=query,
            sort=sort,
            size=size,
            source={"includes": list(source), "excludes": list(excludes)},
            track_total_hits=False,
            **after,
        )
        hits = reply["hits"]["hits"]
        found += [hit["_source"] for hit in hits]
        if len(hits) < size:
            break
        after = {"search_after": hits[-1]["sort"]}
    return found


def count(wire: Wire, index: str, query: dict[str, Any]) -> int:
    """Return how many documents a query finds."""
    wire.fresh(index)
    reply = wire.call(lambda: wire.client.count(index=index, query=query))
    found: int = reply["count"]
    return found
