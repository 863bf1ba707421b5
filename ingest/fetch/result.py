"""What a fetch gives: a value in every case, so that a failure is something polling can see."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from ingest.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# The stable codes of `FetchFailed`: (does trying again later make sense, what happened).
# docs/fetching.md has the same table for operators.
CODES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "bad-url": ("no", "no absolute http(s) URL, a redirect to none, or headers that cannot be sent"),
        "bad-port": ("no", "a port other than 80, 443, 8080, 8443 (`fetch.allow_private` excepts one)"),
        "blocked-address": ("no", "the host is, or resolves to, an address that is not public (`fetch.allow_private` excepts one)"),
        "dns": ("no", "no such name"),
        "dns-again": ("yes", "the resolver gave no answer"),
        "connect": ("yes", "refused, unreachable, reset, or closed before an answer"),
        "tls": ("yes", "no valid certificate, or no TLS at all"),
        "proxy": ("yes", "the desk's own proxy (`fetch.proxy`) refused or failed"),
        "timeout": ("yes", "no whole answer within `fetch.timeout_s`"),
        "protocol": ("yes", "what came is not HTTP, contradicts itself, or is a 304 nobody asked for"),
        "too-large": ("no", "more than `fetch.max_wire_bytes` or `fetch.max_body_bytes`, or a head of more than 100 kB"),
        "bad-encoding": ("no", "a content coding that was not asked for, two at once, or broken compressed data"),
        "truncated": ("yes", "the body ended before its end"),
        "redirect-loop": ("no", "more redirects than `fetch.max_redirects`, or back to where it came from"),
        "elsewhere": ("no", "a redirect to another host; internal, it is then asked in its own turn"),
        "challenge": ("no", "a page that asks readers to prove that they are human; never evaded"),
        "http-NNN": ("408, 425, 429, 5xx", "any other status than success"),
        "robots": ("if robots.txt itself fails", "robots.txt forbids the page, or cannot be had"),
        "resting": ("yes", "nothing was sent: the host or its domain rests (429, Retry-After)"),
        "busy-host": ("yes", "nothing was sent: the host's turn is further off than a run would wait"),
        "media": ("no", "nothing was sent: a page whose name says PDF, picture, sound, video, office document or archive"),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hop:
    """One answer on the way: its URL, status and where it pointed."""

    url: str
    status: int
    location: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A success (200, 226, ...) with its whole body, decoded.

    Attributes:
        url: as asked for; final_url: after redirects, without user name and password.
        headers: names in lower case, repeated ones joined by ", "; content-encoding and
            set-cookie removed.
        hops: redirects that led here, first to last (without the final answer).
        notes: what a person may want to know: `https-to-http` where a redirect gave up TLS.
        wire_bytes: read from the network for the final answer, head included.
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
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotModified:
    """A 304 to a request that carried validators."""

    url: str
    final_url: str
    headers: Mapping[str, str]
    fetched_at: datetime
    hops: tuple[Hop, ...] = ()
    elapsed_s: float = 0.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """No usable answer.

    Attributes:
        code: stable and short, one of `CODES`.
        detail: one sentence; where a limit refused, it names the limit, the value and the setting.
        status: HTTP status, 0 where there was none.
        passing: true where trying again later makes sense.
        headers: of the answer, where there was one (Retry-After is read from here).
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


class RefusedError(FetchError):
    """A request that goes no further; the client turns it into `FetchFailed`.

    Attributes:
        kind: the stable code; detail: the sentence; passing: as in `FetchFailed`.
    """

    def __init__(self, kind: str, detail: str, *, passing: bool = False) -> None:
        super().__init__("", detail)
        self.kind, self.detail, self.passing = kind, detail, passing
