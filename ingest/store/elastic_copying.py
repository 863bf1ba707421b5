"""Documents of one index into another on the same server: ranges, deletions, leases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import elasticsearch

from ingest.errors import StoreError, StoreFullError
from ingest.store.elastic_wire import read_only

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.store.elastic_state import Index
    from ingest.store.elastic_wire import Wire

RANGE = 20_000
"""Sequence numbers of one request: some seconds, and what a kill repeats at most."""

BATCH = 200
"""Documents that the server copies at once: articles may be large."""

PAGE = 5000
NO_LEASE: dict[str, Any] = {"bool": {"must_not": {"term": {"kind": "lease"}}}}
"""Leases come and go too fast to be copied while they live; they are brought at the end."""


class Copier:
    """Copies by `_reindex`; nothing here touches an alias."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._client = wire.client.options(request_timeout=600)

    def size(self, name: str) -> tuple[int, int]:
        """Return documents and bytes of an index."""
        self._wire.refresh(name)
        reply = self._wire.call(
            lambda: self._client.indices.stats(index=name, metric=["docs", "store"])
        )
        return reply["_all"]["primaries"]["docs"]["count"], reply["_all"]["total"]["store"][
            "size_in_bytes"
        ]

    def highest(self, name: str, *, everywhere: bool = False) -> int:
        """Return the highest sequence number in use, or the one that every shard has reached."""
        reply = self._wire.call(
            lambda: self._client.indices.stats(index=name, level="shards", metric=["docs"])
        )
        found = [
            copy["seq_no"]["global_checkpoint" if everywhere else "max_seq_no"]
            for copies in reply["indices"][name]["shards"].values()
            for copy in copies
            if copy["routing"]["primary"]
        ]
        return int(min(found) if everywhere else max(found))

    def bring(
        self, one: Index, report: Callable[[int, int], None], *, is_last: bool = False
    ) -> int:
        """Copy what is newer than `one.done`, and move that on; returns how many documents.

        Args:
            report: told (numbers copied, numbers to copy) after each range.
            is_last: nothing is written meanwhile, so that all is copied.
        """
        first, top = one.done, self.highest(one.old, everywhere=not is_last)
        self._wire.refresh(one.old)
        copied = 0
        while one.done < top:
            upper = min(one.done + RANGE, top)
            query = {"range": {"_seq_no": {"gt": one.done, "lte": upper}}}
            copied += self._reindex(one, {"bool": {"filter": [query, NO_LEASE]}})
            one.done = upper
            report(upper - first, top - first)
        return copied

    def bring_leases(self, one: Index, but: str) -> None:
        """Let the new index have the leases of the old one, but the one that closes it."""
        every = {"term": {"kind": "lease"}}
        self._wire.refresh(one.old, one.new)
        self._wire.call(
            lambda: self._client.delete_by_query(
                index=one.new, query=every, conflicts="proceed", refresh=True
            )
        )
        others = {"bool": {"filter": every, "must_not": {"term": {"id": but}}}}
        self._reindex(one, others, version_type="internal")

    def counts(self, one: Index) -> tuple[int, int]:
        """Return how many documents both hold, leases left out."""
        self._wire.refresh(one.old, one.new)
        old, new = (
            self._wire.call(
                lambda name=name: self._client.count(index=name, query=NO_LEASE)  # type: ignore[misc]
            )["count"]
            for name in (one.old, one.new)
        )
        return old, new

    def equalize(self, one: Index) -> int:
        """Delete what the old index no longer has, bring what differs; returns how many.

        Both are read through by id, with the documents' versions.
        """
        self._wire.refresh(one.old, one.new)
        surplus: list[str] = []
        differing: list[str] = []
        for key, old, new in merged(self._versions(one.old), self._versions(one.new)):
            if old is None:
                surplus.append(key)
            elif old != new:
                differing.append(key)
        for at in range(0, len(surplus), 1000):
            self._delete(one.new, surplus[at : at + 1000])
        for at in range(0, len(differing), 1000):
            ids = {"ids": {"values": differing[at : at + 1000]}}
            self._reindex(one, ids, version_type="internal")
        return len(differing)

    def _delete(self, name: str, keys: list[str]) -> None:
        actions = [{"delete": {"_id": key}} for key in keys]
        self._wire.call(lambda: self._client.bulk(index=name, operations=actions))

    def _versions(self, name: str) -> Iterator[tuple[tuple[Any, ...], str, int]]:
        """Yield (sort values, `_id`, version) of every document but leases, sorted."""
        sort: list[dict[str, Any]] = [
            {"id": "asc"},
            {"kind": {"order": "asc", "unmapped_type": "keyword"}},
        ]
        query = {"bool": {"filter": [NO_LEASE, {"exists": {"field": "id"}}]}}
        after: dict[str, Any] = {}
        while True:
            reply = self._wire.call(
                lambda after=after: self._client.search(  # type: ignore[misc]
                    index=name,
                    query=query,
                    sort=sort,
                    size=PAGE,
                    source=False,
                    version=True,
                    track_total_hits=False,
                    **after,
                )
            )
            hits = reply["hits"]["hits"]
            for hit in hits:
                yield (
                    tuple((value or "").encode() for value in hit["sort"]),
                    hit["_id"],
                    hit["_version"],
                )
            if len(hits) < PAGE:
                return
            after = {"search_after": hits[-1]["sort"]}

    def _reindex(self, one: Index, query: dict[str, Any], version_type: str = "external") -> int:
        """Copy what a query finds; a document that the target has, or has newer, is left there."""
        self._see_room(one.new)
        source: dict[str, Any] = {"index": one.old, "query": query, "size": BATCH}
        if one.fields:
            source["_source"] = one.fields

        def request() -> dict[str, Any]:
            try:
                return dict(
                    self._client.reindex(
                        source=source,
                        dest={"index": one.new, "version_type": version_type},
                        conflicts="proceed",
                        refresh=False,
                    ).body
                )
            except elasticsearch.ApiError as exc:
                failures = exc.body.get("failures") if isinstance(exc.body, dict) else None
                if failures:
                    raise self._failed(one, failures) from exc
                raise

        reply = self._wire.call(request)
        if reply["failures"]:
            raise self._failed(one, reply["failures"])
        return int(reply["created"] + reply["updated"])

    def _see_room(self, name: str) -> None:
        """Raise StoreFullError where a full disk has made the index read-only."""
        reply = self._wire.call(
            lambda: self._client.indices.get_settings(index=name, name="index.blocks.*")
        )
        blocks = reply[name]["settings"].get("index", {}).get("blocks", {}) if reply else {}
        if blocks:
            raise self._full(f"{name} has {', '.join(sorted(blocks))}")

    def _full(self, reason: str) -> StoreFullError:
        error = read_only(self._wire.name, reason)
        way_out = f"{error.way_out}; the former index serves on, and migrate goes on from here"
        return StoreFullError(error.thing, error.reason, way_out)

    def _failed(self, one: Index, failures: list[dict[str, Any]]) -> StoreError:
        first = failures[0]
        cause = first.get("cause") or first.get("reason") or {}
        reason = f"{cause.get('type', '')}: {cause.get('reason', '')}"[:300]
        if cause.get("type") == "cluster_block_exception":
            return self._full(reason)
        return StoreError(
            one.new,
            f"does not take {first.get('id', 'a document')}: {reason}",
            f"{one.old} serves on, nothing was lost; take it back: summitwatch migrate --rollback",
        )


def merged(
    old: Iterator[tuple[tuple[Any, ...], str, int]],
    new: Iterator[tuple[tuple[Any, ...], str, int]],
) -> Iterator[tuple[str, int | None, int | None]]:
    """Yield (`_id`, old version, new version) of two sorted streams; None where one has it not."""
    left, right = next(old, None), next(new, None)
    while left or right:
        if right is None or (left and left[0] < right[0]):
            assert left
            yield left[1], left[2], None
            left = next(old, None)
        elif left is None or right[0] < left[0]:
            yield right[1], None, right[2]
            right = next(new, None)
        else:
            yield left[1], left[2], right[2]
            left, right = next(old, None), next(new, None)
