"""What a fetch gives: a value in every case, so that a failure is something polling can see.

Codes of `FetchFailed`, each stable; P: passing, trying again later makes sense.

    bad-url          no absolute http(s) URL, a redirect to something that is none, or headers
                     that cannot be sent
    bad-port         a port other than 80, 443, 8080, 8443
    blocked-address  the host is, or resolves to, an address that is not public
    dns              no such name
    dns-again      P the resolver gave no answer
    connect        P refused, unreachable, reset or closed before an answer
    tls            P no valid certificate, or no TLS at all
    proxy          P the desk's proxy refused or failed
    timeout        P the total deadline (`fetch.timeout_s`) passed
    protocol       P what came is not HTTP, contradicts itself, or is a 304 nobody asked for
    too-large        more bytes than `fetch.max_wire_bytes` or `fetch.max_body_bytes`, or a head
                     (status line and headers) that is too long
    bad-encoding     a content coding we did not ask for, two at once, or broken compressed data
    truncated      P the body ended before its end
    redirect-loop    more redirects than `fetch.max_redirects`, or back to where it came from
    elsewhere        a redirect to another host, where the caller wants to go there by itself
    challenge        a bot challenge (`cf-mitigated: challenge`); never evaded
    http-NNN         any other status than success; P for 408, 425, 429 and 5xx
    robots           robots.txt forbids the page; P where robots.txt itself fails with 5xx
    resting        P the host or its domain rests (429, Retry-After, ...)
    busy-host      P the host's next start lies further off than the caller would wait
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from ingest.errors import FetchError

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
        code: stable and short, see the module's docstring.
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
