"""Elasticsearch indices to another mapping, while searches go on and nothing written is lost.

The new index is filled from the old one by `_reindex`, in ranges of sequence numbers: a document
that is written meanwhile gets a higher one, so the next pass brings it. When a pass is short, the
old index is closed for writing (`index.blocks.write`, which waits for what is under way), the last
pass runs, counts are compared and the aliases swapped in one call. Writers wait (`elastic_gate`).
Versions of documents are kept, so a range that is copied twice changes nothing; what was deleted
meanwhile is found by comparing ids. How far it came stands in the record `note:migration`.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import elasticsearch

from ingest.errors import MigratingError, SchemaError, StoreError, StoreFullError
from ingest.leases import is_alive, lease
from ingest.model import Lease
from ingest.store.elastic_connect import connect, redacted
from ingest.store.elastic_copying import Copier
from ingest.store.elastic_gate import LEASE
from ingest.store.elastic_mappings import (
    APPLICATION,
    INDICES,
    PACKAGED,
    Mappings,
    alias_of,
    create_index,
    foreign,
    index_of,
    put_template,
    version_of,
)
from ingest.store.elastic_records import ElasticRecords
from ingest.store.elastic_state import Index, State
from ingest.store.elastic_wire import Wire
from ingest.store.migrating import Part, Plan, Progress, Report, no_progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from elasticsearch import Elasticsearch

    from ingest.leases import HeldLease
    from ingest.settings import ElasticsearchSettings

OWN_LEASE = "migration"
"""Held from the first copy to the end: there is one migration at a time."""

SHORT_PASS_S = 10.0
CLOSED_LIMIT_S = 200.0
"""A lease lasts five minutes: the indices are open again before another migration may begin."""


class ElasticMigration:
    """`Migration` over the indices of one prefix."""

    def __init__(
        self,
        client: Elasticsearch,
        name: str,
        prefix: str,
        clock: Callable[[], datetime],
        mappings: Mappings = PACKAGED,
    ) -> None:
        self.name, self.prefix, self.mappings = name, prefix, mappings
        self._client, self._clock = client, clock
        self._wire = Wire(client, name)
        self._records = ElasticRecords(self._wire, alias_of(prefix, "records"))
        self._copier = Copier(self._wire)

    @classmethod
    def open(
        cls,
        url: str,
        prefix: str,
        settings: ElasticsearchSettings,
        clock: Callable[[], datetime],
        mappings: Mappings = PACKAGED,
    ) -> ElasticMigration:
        """Connect; raises StoreDownError."""
        return cls(connect(url, settings), redacted(url), prefix, clock, mappings)

    # --- looking --------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """See `Migration.plan`."""
        there = self._behind()
        parts = tuple(
            Part(name, self._version(name), self.mappings.versions[index], *self._copier.size(name))
            for index, name in there.items()
            if self._version(name) < self.mappings.versions[index]
        )
        state = State.read(self._records)
        kept = state.kept() if state else ()
        underway = state is not None and state.phase != "done"
        return Plan(self.name, parts, self._free_bytes(), underway=underway, kept=kept)

    def _behind(self) -> dict[str, str]:
        """Return which index stands behind each alias; raises StoreError unless all do."""
        found: dict[str, str] = {}
        wanted = {alias_of(self.prefix, index): index for index in INDICES}
        reply = self._wire.call(
            lambda: self._client.indices.get(
                index=list(wanted), ignore_unavailable=True, features=["aliases"]
            )
        )
        for name, state in reply.items():
            for alias in state["aliases"]:
                if alias in wanted:
                    found[wanted[alias]] = name
        missing = [index for index in INDICES if index not in found]
        if missing:
            alias = alias_of(self.prefix, missing[0])
            if alias in reply:
                raise foreign(self._wire, alias)
            raise SchemaError(
                self.name, f"has no index behind {alias}", "make the store with: summitwatch run"
            )
        return found

    def _version(self, name: str) -> int:
        reply = self._wire.call(lambda: self._client.indices.get_mapping(index=name))
        return version_of(self._wire, name, reply[name]["mappings"])

    def _free_bytes(self) -> int:
        reply = self._wire.call(lambda: self._client.nodes.stats(metric=["fs"]))
        return sum(node["fs"]["total"]["available_in_bytes"] for node in reply["nodes"].values())

    # --- forward --------------------------------------------------------------------------------

    def migrate(self, progress: Progress = no_progress) -> Report:
        """See `Migration.migrate`."""
        plan = self.plan()
        self._reopen_if_left()
        state = State.read(self._records)
        if state and state.phase == "back":
            raise MigratingError(
                self.name, "a rollback was cut off", "finish it: summitwatch migrate --rollback"
            )
        if not plan.parts:
            if state and state.phase == "copying":  # cut off just after the swap
                self._conclude(state)
                return Report(state.names(), kept=state.kept())
            return Report(())
        if not plan.underway and plan.needed_bytes > plan.free_bytes:
            raise StoreFullError(
                self.name,
                f"the copies need {plan.needed_bytes:,} bytes, {plan.free_bytes:,} are free",
                "make room on the server's disk; nothing was begun",
            )
        with lease(self._records, OWN_LEASE, clock=self._clock) as held:
            state = self._begin(plan, state)
            documents, closed_s = self._bring(state, held, progress)
            self._conclude(state)
        return Report(state.names(), documents, closed_s, state.kept())

    def _begin(self, plan: Plan, state: State | None) -> State:
        """Make the new indices, and note what is to be done."""
        there = {name: index for index, name in self._behind().items()}
        indices: dict[str, Index] = {}
        for part in plan.parts:
            index = there[part.name]
            new = index_of(self.prefix, index, part.wanted)
            self._make(index, part)
            former = state.indices.get(index) if state and state.phase == "copying" else None
            goes_on = former is not None and (former.old, former.new) == (part.name, new)
            indices[index] = former if goes_on and former else Index(part.name, new)
        begun = State("copying", self._clock(), indices)
        begun.write(self._records)
        return begun

    def _make(self, index: str, part: Part) -> None:
        body = self.mappings.definition(index, part.wanted)
        settings = self._wire.call(lambda: self._client.indices.get_settings(index=part.name))
        shards = settings[part.name]["settings"]["index"]["number_of_shards"]
        body["settings"]["index"]["number_of_shards"] = shards  # as the desk has set it
        put_template(self._wire, self.prefix, index, body)
        create_index(self._wire, self.prefix, index, part.wanted, is_alias=False)
        name = index_of(self.prefix, index, part.wanted)
        if self._version(name) != part.wanted:  # raises for another program's
            raise SchemaError(name, "exists in another version", "delete it, if it is not in use")

    def _bring(self, state: State, held: HeldLease, progress: Progress) -> tuple[int, float]:
        """Copy until a pass is short; then close, bring the rest, compare and swap."""
        documents = 0
        for index, one in state.indices.items():
            for _ in range(20):
                started = time.monotonic()

                def report(done: int, total: int, index: str = index) -> None:
                    state.write(self._records)
                    held.renew()
                    progress(index, done, total)

                documents += self._copier.bring(one, report)
                if time.monotonic() - started < SHORT_PASS_S:
                    break
            documents += self._copier.equalize(one)
        started = time.monotonic()
        with lease(self._records, LEASE, clock=self._clock):
            try:
                for one in state.indices.values():
                    self._close(one.old)
                for index, one in state.indices.items():
                    documents += self._finish(index, one)
                self._swap(state, time.monotonic() - started)
            except BaseException:
                with suppress(StoreError):  # the first error is the one to be told
                    for one in state.indices.values():
                        self._open(one.old)
                raise
        return documents, time.monotonic() - started

    def _finish(self, index: str, one: Index) -> int:
        """Bring what was written since the last pass; raises StoreError where counts differ."""
        documents = self._copier.bring(one, lambda *_: None, is_last=True)
        if index == "records":
            self._copier.bring_leases(one, LEASE)
        old, new = self._copier.counts(one)
        if old != new:
            documents += self._copier.equalize(one)
            old, new = self._copier.counts(one)
        if old != new:
            raise StoreError(
                one.new,
                f"holds {new:,} documents, {old:,} in {one.old}",
                "nothing was swapped; run: summitwatch migrate --rollback, then migrate again",
            )
        return documents

    def _swap(self, state: State, closed_s: float) -> None:
        if closed_s > CLOSED_LIMIT_S:
            raise MigratingError(
                self.name, "the last pass took too long", "run it again in a quiet hour"
            )
        actions: list[dict[str, Any]] = []
        for index, one in state.indices.items():
            alias = alias_of(self.prefix, index)
            actions.append({"remove": {"index": one.old, "alias": alias}})
            actions.append({"add": {"index": one.new, "alias": alias, "is_write_index": True}})
            one.swapped = self._copier.highest(one.new)
        try:
            self._wire.call(lambda: self._client.indices.update_aliases(actions=actions))
        except StoreError:
            behind = self._behind()  # a reply may have been lost
            if any(behind[index] != one.new for index, one in state.indices.items()):
                raise

    def _conclude(self, state: State) -> None:
        for one in state.indices.values():
            one.swapped = max(one.swapped, 0)  # where it was not noted, all may be newer
        state.phase, state.swapped_at = "done", self._clock()
        state.write(self._records)

    # --- back -----------------------------------------------------------------------------------

    def rollback(self, progress: Progress = no_progress) -> Report:
        """See `Migration.rollback`."""
        self._reopen_if_left()
        state = State.read(self._records)
        if state is None:
            raise StoreError(
                self.name,
                "no migration is kept to go back from",
                "restore a backup: summitwatch restore DIR --to STORE",
            )
        behind = self._behind()
        swapped = [index for index, one in state.indices.items() if behind[index] == one.new]
        documents, closed_s = 0, 0.0
        with lease(self._records, OWN_LEASE, clock=self._clock) as held:
            if state.phase == "back" or swapped:
                if state.phase != "back":
                    state = self._turned(state)
                    swapped = []
                if not swapped:  # else it was cut off just after the swap
                    documents, closed_s = self._bring(state, held, progress)
                abandoned = [one.old for one in state.indices.values()]
            else:
                abandoned = [one.new for one in state.indices.values()]
            for index in state.indices:
                version = self._version(self._behind()[index])
                put_template(
                    self._wire, self.prefix, index, self.mappings.definition(index, version)
                )
            state.delete(self._records)
            for name in abandoned:
                self._delete(name)
        return Report(tuple(self._behind()[i] for i in state.indices), documents, closed_s)

    def _turned(self, state: State) -> State:
        """Return the state of the way back: from the new index to the old, what came since."""
        back = State("back", self._clock(), {})
        for index, one in state.indices.items():
            self._open(one.old)
            back.indices[index] = Index(one.new, one.old, max(one.swapped, 0) - 1)
            reply = self._wire.call(lambda one=one: self._client.indices.get_mapping(index=one.old))  # type: ignore[misc]
            back.indices[index].fields = list(reply[one.old]["mappings"]["properties"])
        back.write(self._records)
        return back

    def drop_expired(self, now: datetime, keep: timedelta) -> tuple[str, ...]:
        """See `Migration.drop_expired`."""
        state = State.read(self._records)
        if state is None or state.phase != "done" or state.swapped_at is None:
            return ()
        if state.swapped_at + keep > now:
            return ()
        for name in state.kept():
            self._delete(name)
        state.delete(self._records)
        return state.kept()

    # --- blocks ---------------------------------------------------------------------------------

    def _reopen_if_left(self) -> None:
        """Open the indices again that a migration closed which is no longer at work."""
        held = self._records.get_many(Lease, (OWN_LEASE, LEASE))
        if any(one.expires_at > self._clock() and is_alive(one) for one in held.values()):
            return  # taking its lease will tell
        for name in self._behind().values():
            self._open(name)

    def _close(self, name: str) -> None:
        self._wire.call(lambda: self._client.indices.add_block(index=name, block="write"))

    def _open(self, name: str) -> None:
        self._wire.call(
            lambda: self._client.indices.put_settings(
                index=name, settings={"index.blocks.write": None}
            )
        )

    def _delete(self, name: str) -> None:
        """Delete an index of ours that no alias leads to."""
        reply = self._wire.call(
            lambda: self._client.indices.get(
                index=name, ignore_unavailable=True, features=["aliases", "mappings"]
            )
        )
        for found, state in reply.items():
            meta = state["mappings"].get("_meta", {})
            if state["aliases"] or meta.get("application") != APPLICATION:
                raise SchemaError(found, "is in use", "it was left alone")
            with suppress(elasticsearch.NotFoundError):
                self._wire.call(lambda found=found: self._client.indices.delete(index=found))  # type: ignore[misc]

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
