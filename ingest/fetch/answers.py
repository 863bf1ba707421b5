"""What an answer means. Pure: status and head in, result out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpcore

from ingest.fetch.result import Fetched, FetchFailed, FetchResult, NotModified, RefusedError
from ingest.fetch.targets import gives_up_tls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ingest.fetch.result import Hop

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING_4XX = frozenset({408, 425, 429})
_DROPPED_HEADERS = frozenset({"content-encoding", "set-cookie", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a head, and the body where the status makes us read it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    wire_bytes: int


def judge(
    asked: str,
    final: str,
    answer: Answer,
    hops: Sequence[Hop],
    *,
    is_conditional: bool,
    now: datetime,
) -> FetchResult:
    """Say what a final answer means.

    Args:
        asked: the URL asked for.
        final: the URL that answered.
        answer: what it said.
        hops: the redirects between them.
        is_conditional: whether validators were sent.
        now: for the result's `fetched_at`.
    """
    notes = ("https-to-http",) if any(gives_up_tls(hop) for hop in hops) else ()
    status, headers = answer.status, answer.headers
    shown = {name: value for name, value in headers.items() if name not in _DROPPED_HEADERS}
    if status == 304:
        if is_conditional:
            return NotModified(asked, final, shown, now, notes=notes)
        detail = "304 Not Modified, though no validators were sent"
        return FetchFailed(asked, "protocol", detail, now, status, headers=shown)
    if 200 <= status < 300 and status != 206:
        return Fetched(
            asked, final, status, shown, answer.body, now, wire_bytes=answer.wire_bytes, notes=notes
        )
    if headers.get("cf-mitigated", "").strip().lower() == "challenge":
        detail = f"{status}: the publisher's bot protection asks for a browser"
        return FetchFailed(asked, "challenge", detail, now, status, passing=False, headers=shown)
    detail = f"the server answers {status}"
    if status in REDIRECTS:
        where = headers.get("location", "")
        detail += f" to {where[:200]!r}" if where else " without saying where to"
    passing = status in _PASSING_4XX or status >= 500
    return FetchFailed(asked, f"http-{status}", detail, now, status, passing, shown)


def protocol_failure(exc: Exception) -> RefusedError:
    """Tell h11's complaints apart; it has no classes for them, only sentences."""
    text = str(exc)
    if "peer closed connection" in text:
        return RefusedError("truncated", f"the answer was cut: {text}", passing=True)
    if "disconnected without sending" in text:
        return RefusedError("connect", "the server hung up without an answer", passing=True)
    if "Receive buffer too long" in text:
        limit = httpcore.AsyncHTTP11Connection.MAX_INCOMPLETE_EVENT_SIZE
        return RefusedError(
            "too-large", f"the head of the answer is longer than {limit} bytes (not a setting)"
        )
    return RefusedError("protocol", f"no valid HTTP: {text[:200]}", passing=True)


def decode_headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers as text: names in lower case, repeated ones joined by ", "."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1").lower()
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
