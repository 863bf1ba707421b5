"""Requests to Elasticsearch: tried again where that can help, their errors in our words."""

from __future__ import annotations

import random
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import elastic_transport
import elasticsearch
import msgspec

from ingest.errors import (
    StoreAbsentError,
    StoreDeniedError,
    StoreDownError,
    StoreError,
    StoreFullError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from elasticsearch import Elasticsearch

T = TypeVar("T")

PASSING = frozenset({429, 502, 503, 504})
"""Statuses, of a reply or of one bulk item, that a later try may not see."""

TRIES = 16
"""At 60% of failing calls, all of them fail once in 3,500 calls; it takes a quarter minute."""

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 2.0

BULK_BYTES = 8 * 2**20
BULK_ACTIONS = 1000
MGET_IDS = 500


@dataclass(frozen=True, slots=True)
class Action:
    """One line of a bulk request.

    Attributes:
        doc: JSON; empty for a delete.
        seen: (sequence number, primary term) that the document must still have.
        version: external version, greater or equal to the stored one.
    """

    op: Literal["index", "create", "delete"]
    index: str
    id: str
    doc: bytes = b""
    seen: tuple[int, int] | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an action: `status` as HTTP has it.

    `is_repeat`: an earlier try was sent and its reply lost, so a conflict may be with ourselves.
    """

    status: int
    reason: str = ""
    is_repeat: bool = False

    @property
    def is_done(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_conflict(self) -> bool:
        return self.status == 409


class FastJson(elastic_transport.JsonSerializer):
    """JSON by msgspec: a third of the time of the standard library's."""

    def json_dumps(self, data: Any) -> bytes:  # noqa: ANN401  JSON
        return msgspec.json.encode(data)

    def json_loads(self, data: bytes) -> Any:  # noqa: ANN401  JSON
        try:
            return msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            raise ValueError(str(exc)) from exc


class Wire:
    """A client, and what has been written through it since the indices were last refreshed.

    Searches of Elasticsearch lag behind writes; `fresh` makes this process see its own.
    """

    def __init__(self, client: Elasticsearch, name: str) -> None:
        self.client = client
        self.name = name
        self.closed: Callable[[str], None] = self._refuse
        """Called, with the server's words, where an index is closed for writing; returns once it
        is open again, or raises."""
        self._dirty: set[str] = set()

    def call(self, request: Callable[[], T], *, tries: int = TRIES) -> T:
        """Run a request that may be repeated; raises a StoreError."""
        for attempt in range(1, tries):
            try:
                return request()
            except (elasticsearch.ApiError, elastic_transport.TransportError) as exc:
                if not is_passing(exc):
                    raise translated(self.name, exc) from exc
                time.sleep(pause_s(attempt))
        with translated_errors(self.name):
            return request()

    def bulk(self, actions: Sequence[Action]) -> list[Outcome]:
        """Write; returns what became of each action, in step.

        Whatever was not acknowledged is sent again. A conflict, a refused document (400) and a
        document that was not there to delete (404) are outcomes; the rest is raised.

        Raises:
            StoreDownError: something was not acknowledged after all tries.
            StoreFullError: the index is read-only.
            StoreError: no index of that name, no right to write.
        """
        outcomes: list[Outcome] = []
        for chunk in chunks(actions):
            outcomes += self._bulk(chunk)
        return outcomes

    def _bulk(self, actions: Sequence[Action]) -> list[Outcome]:
        self._dirty.update(action.index for action in actions)
        outcomes: dict[int, Outcome] = {}
        sent: set[int] = set()  # whose reply was lost
        pending = list(range(len(actions)))
        problem = ""
        for attempt in range(1, TRIES + 1):
            try:
                items = self._send([actions[at] for at in pending])
            except (elasticsearch.ApiError, elastic_transport.TransportError) as exc:
                if not is_passing(exc):
                    raise translated(self.name, exc) from exc
                problem = short(exc)
                sent.update(pending)
            else:
                refused = []
                closed = ""
                for at, item in zip(pending, items, strict=True):
                    outcome = self._outcome(item, is_repeat=at in sent)
                    if outcome.status in PASSING:
                        refused.append(at)
                        problem = outcome.reason
                    elif is_closed(outcome.reason):
                        closed = outcome.reason
                        if actions[at].seen is None:
                            refused.append(at)
                        else:  # what was seen stood in the former index: to be read again
                            outcomes[at] = Outcome(409, outcome.reason)
                    else:
                        outcomes[at] = outcome
                pending = refused
                if closed:
                    self.closed(closed)
            if not pending:
                return [outcomes[at] for at in range(len(actions))]
            if attempt < TRIES:
                time.sleep(pause_s(attempt))
        raise StoreDownError(
            self.name,
            f"{len(pending):,} writes were not acknowledged in {TRIES} tries: {problem}",
            "run again when the server is well; nothing that it acknowledged is lost",
        )

    def _send(self, actions: Sequence[Action]) -> list[dict[str, Any]]:
        reply = self.client.bulk(
            operations=b"\n".join(line for action in actions for line in lines(action)) + b"\n",  # type: ignore[arg-type]  # bytes go as they are
            require_alias=True,
            filter_path="items.*.status,items.*.error",
        )
        items = [item for entry in reply.get("items", ()) for item in entry.values()]
        if len(items) != len(actions):
            raise elastic_transport.SerializationError(
                f"{len(items)} results for {len(actions)} actions"
            )
        return items

    def _outcome(self, item: dict[str, Any], *, is_repeat: bool) -> Outcome:
        status = item["status"]
        error = item.get("error") or {}
        reason = f"{error.get('type', '')}: {error.get('reason', '')}" if error else ""
        if error.get("type") == "cluster_block_exception":
            if not is_closed(reason):
                raise read_only(self.name, reason)
            return Outcome(status, reason, is_repeat)
        if error.get("type") == "security_exception":
            raise denied(self.name, error.get("reason", ""))
        if error and status in {401, 403, 404}:
            raise StoreError(self.name, f"refuses to write: {reason}", "run: summitwatch doctor")
        caused = error.get("caused_by") or {}
        if caused:
            reason += f" ({caused.get('reason', '')})"
        return Outcome(status, reason, is_repeat)

    def _refuse(self, reason: str) -> None:
        raise read_only(self.name, reason)

    def read(
        self,
        index: str,
        ids: Iterable[str],
        *,
        source: Sequence[str] = (),
        excludes: Sequence[str] = (),
    ) -> dict[str, dict[str, Any]]:
        """Return documents by `_id`, newest writes, with `_source`, `_seq_no`, `_primary_term`.

        Args:
            source: fields to read; none named: all but `excludes`.
        """
        found: dict[str, dict[str, Any]] = {}
        wanted = list(dict.fromkeys(ids))
        for at in range(0, len(wanted), MGET_IDS):
            batch = wanted[at : at + MGET_IDS]
            reply = self.call(
                lambda batch=batch: self.client.mget(  # type: ignore[misc]
                    index=index, ids=batch, source_includes=source, source_excludes=excludes
                )
            )
            for doc in reply["docs"]:
                if "error" in doc:
                    raise StoreError(
                        self.name, f"cannot read {index}: {doc['error'].get('reason', '')}"
                    )
                if doc.get("found"):
                    found[doc["_id"]] = doc
        return found

    def search(self, index: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
        """Search an index that shows this process's writes."""
        self.fresh(index)
        reply = self.call(lambda: self.client.search(index=index, **body))
        return dict(reply.body)

    def fresh(self, *indices: str) -> None:
        """Make this process's writes to the indices visible to searches."""
        stale = self._dirty.intersection(indices)
        if stale:
            self.refresh(*stale)

    def refresh(self, *indices: str) -> None:
        """Make everybody's writes to the indices visible to searches."""
        self._dirty.difference_update(indices)  # before: a write meanwhile marks it again
        self.call(lambda: self.client.indices.refresh(index=list(indices)))


def lines(action: Action) -> Iterator[bytes]:
    """Return the one or two lines of an action in a bulk body."""
    meta: dict[str, Any] = {"_index": action.index, "_id": action.id}
    if action.seen is not None:
        meta["if_seq_no"], meta["if_primary_term"] = action.seen
    if action.version is not None:
        meta["version"], meta["version_type"] = action.version, "external_gte"
    yield msgspec.json.encode({action.op: meta})
    if action.op != "delete":
        yield action.doc


def chunks(actions: Sequence[Action]) -> Iterator[Sequence[Action]]:
    """Part actions so that each bulk body stays below BULK_BYTES, unless one alone is larger."""
    start, size = 0, 0
    for at, action in enumerate(actions):
        if at > start and (at - start >= BULK_ACTIONS or size + len(action.doc) > BULK_BYTES):
            yield actions[start:at]
            start, size = at, 0
        size += len(action.doc)
    if start < len(actions):
        yield actions[start:]


def pause_s(attempt: int) -> float:
    """Return how long to wait after the n-th failed try: doubling, capped, spread."""
    pause: float = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (attempt - 1))
    return pause * random.uniform(0.5, 1)


# --- errors ----------------------------------------------------------------------------------


def is_passing(exc: elasticsearch.ApiError | elastic_transport.TransportError) -> bool:
    """Whether the same request may succeed a moment later."""
    if isinstance(exc, elasticsearch.ApiError):
        return exc.status_code in PASSING and error_type(exc) != "cluster_block_exception"
    if isinstance(exc, elastic_transport.TlsError):
        return False
    return isinstance(
        exc,
        elastic_transport.ConnectionError
        | elastic_transport.ConnectionTimeout
        | elastic_transport.SerializationError,
    )


@contextmanager
def translated_errors(name: str) -> Generator[None]:
    """Turn the client's errors into ours; callers never see elasticsearch."""
    try:
        yield
    except (elasticsearch.ApiError, elastic_transport.TransportError) as exc:
        raise translated(name, exc) from exc


def translated(
    name: str, exc: elasticsearch.ApiError | elastic_transport.TransportError
) -> StoreError:
    """Return our error for one of the client's."""
    if isinstance(exc, elasticsearch.UnsupportedProductError):
        return StoreDownError(
            name, "answers, but is no Elasticsearch", "name the address of an Elasticsearch 9"
        )
    if isinstance(exc, elasticsearch.ApiError):
        return _refused(name, exc)
    if isinstance(exc, elastic_transport.TlsError):
        return StoreDownError(
            name,
            f"its certificate is not trusted: {short(exc)}",
            "set elasticsearch.ca_file to the CA's PEM file, or elasticsearch.fingerprint",
        )
    if isinstance(exc, elastic_transport.ConnectionTimeout):
        return StoreDownError(name, "does not answer in time", "see whether the server is well")
    if isinstance(exc, elastic_transport.SerializationError):
        return StoreDownError(name, "sends broken replies", "see what stands between")
    return StoreDownError(
        name, f"cannot be reached: {short(exc)}", "start the server, or check address and scheme"
    )


def _refused(name: str, exc: elasticsearch.ApiError) -> StoreError:
    status, kind = exc.status_code, error_type(exc)
    if kind == "cluster_block_exception":
        return read_only(name, error_reason(exc))
    if status == 401:
        return StoreDeniedError(
            name,
            "refuses the user and password, or the API key",
            "set elasticsearch.user and .password, or elasticsearch.api_key",
        )
    if status == 403:
        return denied(name, str(_error(exc).get("reason", "")) or exc.message)
    if kind == "index_not_found_exception" or status == 404:
        return StoreAbsentError(
            name, f"an index is missing: {error_reason(exc)}", "make it with: summitwatch run"
        )
    if kind == "media_type_header_exception":
        return StoreDownError(
            name, "is older than Elasticsearch 9", "upgrade the server to Elasticsearch 9"
        )
    if status in PASSING:
        return StoreDownError(
            name, f"is overloaded or starting (HTTP {status})", "run again when it is well"
        )
    return StoreError(name, f"failed: {short(exc)}", "run: summitwatch doctor")


def is_closed(reason: str) -> bool:
    """Whether an index refuses writes alone, as while a migration ends, and not for a full disk."""
    return "FORBIDDEN/8/" in reason


def read_only(name: str, reason: str) -> StoreFullError:
    """Return the error of an index that takes no writes, mostly after the disk ran full."""
    return StoreFullError(
        name,
        f"its indices are read-only: {reason}",
        "make room on the server's disk; it lifts the block by itself, or clear index.blocks",
    )


def denied(name: str, reason: str) -> StoreDeniedError:
    """Return the error of a right that is missing, and name the right.

    The server's words are `action [A] is unauthorized for user [U] … on indices [I], this action is
    granted by the index privileges [P,Q,all]`, in all versions since 7.10.
    """
    action = re.search(r"action \[(\S+?)\] is unauthorized for (API key|user)", reason)
    if action is None:
        return StoreDeniedError(
            name, f"the user may not do this: {reason}", "give the user or API key the right"
        )
    where = re.search(r"on (?:restricted )?indices \[([^\]]*)\]", reason)
    which = re.search(r"granted by the (index|cluster) privileges \[([a-z_,]*)\]", reason)
    indices = f" on {', '.join(where.group(1).split(',')[:4])}" if where else ""
    rights = f"{which.group(1)} rights {which.group(2).replace(',', ', ')}" if which else "rights"
    return StoreDeniedError(
        name,
        f"the {action.group(2)} may not do this: {action.group(1)}{indices}",
        f"give it one of the {rights}; each role's needs: summitwatch es setup-roles --print",
    )


def error_type(exc: elasticsearch.ApiError) -> str:
    """Return the server's name of the error, or ""."""
    return str(_error(exc).get("type", ""))


def error_reason(exc: elasticsearch.ApiError) -> str:
    """Return the server's words."""
    return str(_error(exc).get("reason", "") or exc.message)[:300]


def _error(exc: elasticsearch.ApiError) -> dict[str, Any]:
    body = exc.body
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def short(exc: Exception) -> str:
    """Return one line of an error, without documents."""
    if isinstance(exc, elasticsearch.ApiError):
        return f"HTTP {exc.status_code} {error_type(exc)} {error_reason(exc)}".strip()
    if isinstance(exc, elastic_transport.SerializationError):
        return "a reply was cut off"
    return " ".join(str(exc).split())[:200]
