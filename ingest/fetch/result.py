"""What a fetch gives: a value in every case, so that a failure is something polling can see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Hop:
    """One answer on the way: its URL, status and where it pointed."""

    url: str
    status: int
    location: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A 200 (or 226) with its whole body, decoded.

    Attributes:
        headers: names in lower case; content-encoding removed.
        hops: redirects that led here, first to last (without the final answer).
    """

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    hops: tuple[Hop, ...] = ()
    elapsed_s: float = 0.0
    wire_bytes: int = 0


@dataclass(frozen=True, slots=True)
class NotModified:
    """A 304."""

    url: str
    final_url: str
    headers: Mapping[str, str]
    fetched_at: datetime
    hops: tuple[Hop, ...] = ()
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """No usable answer.

    Attributes:
        code: stable and short: `dns`, `connect`, `tls`, `timeout`, `too-large`, `bad-encoding`,
            `truncated`, `blocked-address`, `bad-url`, `bad-port`, `redirect-loop`, `protocol`,
            `robots`, `resting`, `busy-host`, `challenge`, `http-404`, `http-503`, ...
        detail: one sentence; where a limit refused, it names the limit, the value and the setting.
        status: HTTP status, 0 where there was none.
        passing: true where trying again later makes sense.
    """

    url: str
    code: str
    detail: str
    fetched_at: datetime
    status: int = 0
    passing: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    hops: tuple[Hop, ...] = ()
    elapsed_s: float = 0.0


FetchResult: TypeAlias = Fetched | NotModified | FetchFailed
