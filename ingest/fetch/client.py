"""The one way out: GET for feeds, pages and robots.txt, POST for webhooks.

One connection a request, since polling asks each host once: `httpcore`'s pool looks through all
its connections at every request, and keeping them made polling four times slower. HTTP/1.1 only;
no cookies; no environment proxies. The single clock is the total deadline: a server that drips
never trips a timeout per read.
"""

from __future__ import annotations

import asyncio
import base64
import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

import httpcore
import httpx

from ingest import __version__
from ingest.errors import SettingsError
from ingest.fetch.backend import GuardedBackend
from ingest.fetch.guard import Guard
from ingest.fetch.limits import BoundedBody
from ingest.fetch.resolve import Resolver, SystemResolver
from ingest.fetch.result import (
    Fetched,
    FetchFailed,
    FetchResult,
    Hop,
    NotModified,
    RefusedError,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from datetime import datetime

    from ingest.settings import FetchSettings

Kind: TypeAlias = Literal["feed", "page", "robots", "hook"]

MAX_URL_CHARS = 4096

_ACCEPT: Mapping[Kind, str] = {
    "feed": (
        "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
        "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.4, */*;q=0.1"
    ),
    "page": "text/html, application/xhtml+xml;q=0.9, */*;q=0.1",
    "robots": "text/plain, */*;q=0.1",
    "hook": "*/*",
}
# Names as they are registered, underscores as they are met; or an IPv6 address.
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:.]+")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING_4XX = frozenset({408, 425, 429})
_DROPPED_HEADERS = frozenset({"content-encoding", "set-cookie", "transfer-encoding"})


def user_agent(contact: str = "") -> str:
    """Return how we introduce ourselves, with a way to reach the desk where it gave one."""
    name = f"Summitwatch/{__version__}"
    # A line break here would be a header of its own.
    contact = "".join(c for c in contact if c.isascii() and c.isprintable())
    return f"{name} (+{contact})" if contact else name


@dataclass(frozen=True, slots=True)
class _Request:
    """What stays the same over redirects, and what a change of origin takes away."""

    method: str
    url: httpx.URL
    headers: Mapping[str, str]  # ours: go everywhere
    private: Mapping[str, str]  # the caller's own, credentials among them: first origin only
    body: bytes | None = None

    @property
    def is_conditional(self) -> bool:
        return "If-None-Match" in self.headers or "If-Modified-Since" in self.headers


@dataclass(frozen=True, slots=True)
class _Answer:
    """A status, a head, and the body where the status makes us read it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    wire_bytes: int


class Fetcher:
    """Fetches, within limits, and never raises for what the outside does.

    Args:
        settings: limits, exceptions from the guard, contact, proxy.
        resolver: looks names up; the system's by default. See `ingest.fetch.resolve.map_resolver`.
        user_agent: instead of the one made of the version and `settings.contact`.
        ssl_context: trusted roots; by default certifi's and the system's.

    Raises:
        SettingsError: `fetch.allow_private` or `fetch.proxy` cannot be read.

    With `settings.proxy` (`http://[user:password@]host:port`) http requests go through it in
    absolute form and https by CONNECT. The proxy then resolves names, so the guard can only
    refuse what a URL says: ports, literal addresses in any spelling, localhost. Where a name
    leads is the proxy's to judge. TLS still ends here and is checked against the host's name.
    """

    def __init__(
        self,
        settings: FetchSettings,
        *,
        resolver: Resolver | None = None,
        user_agent: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._agent = user_agent or _agent(settings)
        self._proxy = _parse_proxy(settings.proxy)
        self._own_resolver = SystemResolver() if resolver is None else None
        self._guard = Guard(
            resolver or self._own_resolver or SystemResolver(),
            allow_private=settings.allow_private,
            proxy=(self._proxy.host, self._proxy.port) if self._proxy else None,
        )
        self._ssl = ssl_context or _trusted_roots()
        self._slots = asyncio.Semaphore(settings.concurrency)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._own_resolver is not None:
            self._own_resolver.close()

    async def get(
        self,
        url: str,
        *,
        kind: Kind = "feed",
        etag: str = "",
        last_modified: str = "",
        headers: Mapping[str, str] | None = None,
        now: datetime,
    ) -> FetchResult:
        """GET a URL, following redirects.

        Args:
            url: absolute, http or https; `user:password@` becomes Basic credentials for its own
                origin.
            kind: chooses what is accepted.
            etag: validator, sent back as it came.
            last_modified: the other one.
            headers: more headers, for the URL's own origin only; a User-Agent replaces ours.
            now: stands in the result as `fetched_at`.

        Returns:
            Fetched, NotModified (only if validators were sent), or FetchFailed. The deadline
            covers resolving, redirects and the body, but not the wait for one of
            `fetch.concurrency` slots.
        """
        validators = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        ours = self._headers(kind, headers) | {
            name: value for name, value in validators.items() if _is_sendable(value)
        }
        return await self._run(url, "GET", ours=ours, extra=headers, body=None, now=now)

    async def post(
        self, url: str, body: bytes, *, headers: Mapping[str, str] | None = None, now: datetime
    ) -> FetchResult:
        """POST to a webhook. A redirect is a failure: what was signed for one place stays there."""
        ours = self._headers("hook", headers)
        return await self._run(url, "POST", ours=ours, extra=headers, body=body, now=now)

    def _headers(self, kind: Kind, headers: Mapping[str, str] | None) -> dict[str, str]:
        agent = next((v for k, v in (headers or {}).items() if k.lower() == "user-agent"), "")
        return {
            "User-Agent": agent or self._agent,
            "Accept": _ACCEPT[kind],
            "Accept-Encoding": "gzip, br",
            "Connection": "close",
        }

    async def _run(
        self,
        url: str,
        method: str,
        *,
        ours: Mapping[str, str],
        extra: Mapping[str, str] | None,
        body: bytes | None,
        now: datetime,
    ) -> FetchResult:
        hops: list[Hop] = []
        async with self._slots:
            started = time.monotonic()
            try:
                async with asyncio.timeout(self._settings.timeout_s) as deadline:
                    target = _parse_url(url)
                    request = _Request(method, target, ours, _private(target, extra), body)
                    result = await self._follow(url, request, hops, now)
            except RefusedError as exc:
                result = FetchFailed(url, exc.kind, exc.detail, now, passing=exc.passing)
            except TimeoutError:
                if not deadline.expired():
                    raise
                limit = f"{self._settings.timeout_s:g} s (fetch.timeout_s)"
                result = FetchFailed(url, "timeout", f"no whole answer within {limit}", now)
        return replace(result, hops=tuple(hops), elapsed_s=time.monotonic() - started)

    async def _follow(
        self, asked: str, request: _Request, hops: list[Hop], now: datetime
    ) -> FetchResult:
        seen = {request.url}
        notes: tuple[str, ...] = ()
        while True:
            here = _shown(request.url)
            answer = await self._exchange(request)
            location = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS or not location or request.method != "GET":
                return _judge(asked, request, answer, notes=notes, now=now)
            target = _join(request.url, location)
            hops.append(Hop(here, answer.status, _shown(target)))
            if target in seen:
                raise RefusedError("redirect-loop", f"{here} redirects back to {_shown(target)}")
            if len(hops) > self._settings.max_redirects:
                raise RefusedError(
                    "redirect-loop",
                    f"more than {self._settings.max_redirects} redirects (fetch.max_redirects), "
                    f"the last from {here} to {_shown(target)}",
                )
            seen.add(target)
            if request.url.scheme == "https" and target.scheme == "http":
                notes = ("https-to-http",)
            same = _origin(request.url) == _origin(target)
            request = replace(request, url=target, private=request.private if same else {})

    async def _exchange(self, request: _Request) -> _Answer:
        """Send one request over a connection of its own and read the answer."""
        backend = GuardedBackend(self._guard, self._settings.max_wire_bytes)
        try:
            response = await self._send(backend, request)
            headers = _decode_headers(response.headers)
            body = b""
            if 200 <= response.status < 300:
                body = await self._read(response, headers)
            return _Answer(response.status, headers, body, backend.read_bytes)
        finally:
            await backend.aclose()

    async def _send(self, backend: GuardedBackend, request: _Request) -> httpcore.Response:
        url = request.url
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        headers = {"Host": url.netloc.decode("ascii"), **_over(request.headers, request.private)}
        if request.body is not None:
            headers["Content-Length"] = str(len(request.body))
        try:
            raw = httpcore.Request(
                request.method, target, headers=list(headers.items()), content=request.body
            )
            return await self._connection(backend, target.origin).handle_async_request(raw)
        except httpcore.ProxyError as exc:
            raise RefusedError("proxy", f"the proxy refused: {exc}", passing=True) from exc
        except httpcore.RemoteProtocolError as exc:
            raise _protocol_failure(exc) from exc
        except (httpcore.LocalProtocolError, UnicodeError, TypeError) as exc:
            raise RefusedError("bad-url", f"cannot be sent as a request: {exc}") from exc
        except (httpcore.NetworkError, httpcore.TimeoutException) as exc:
            raise RefusedError(
                "connect", f"{url.host} hung up before it answered", passing=True
            ) from exc

    def _connection(
        self, backend: GuardedBackend, origin: httpcore.Origin
    ) -> httpcore.AsyncConnectionInterface:
        if self._proxy is None:
            return httpcore.AsyncHTTPConnection(
                origin, ssl_context=self._ssl, network_backend=backend
            )
        self._guard.check_literal(origin.host.decode("ascii"), origin.port)
        return httpcore.AsyncHTTPProxy(
            self._proxy.url,
            proxy_auth=self._proxy.auth,
            ssl_context=self._ssl,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=backend,
        ).create_connection(origin)

    async def _read(self, response: httpcore.Response, headers: Mapping[str, str]) -> bytes:
        """Read a body under its limits; `content-length` is believed where it says too much."""
        declared = headers.get("content-length", "")
        limit = self._settings.max_wire_bytes
        if declared.isascii() and declared.isdigit() and int(declared) > limit:
            raise RefusedError(
                "too-large",
                f"the answer announces {int(declared)} bytes; "
                f"the limit is {limit} (fetch.max_wire_bytes)",
            )
        body = BoundedBody(headers.get("content-encoding", ""), self._settings.max_body_bytes)
        try:
            async for chunk in response.aiter_stream():
                body.feed(chunk)
        except httpcore.RemoteProtocolError as exc:
            raise _protocol_failure(exc) from exc
        except (httpcore.NetworkError, httpcore.TimeoutException) as exc:
            raise RefusedError(
                "truncated", "the connection broke inside the body", passing=True
            ) from exc
        return body.finish()


def _judge(
    asked: str,
    request: _Request,
    answer: _Answer,
    *,
    notes: tuple[str, ...],
    now: datetime,
) -> FetchResult:
    """Say what a final answer means."""
    status, headers = answer.status, answer.headers
    final = _shown(request.url)
    shown = {name: value for name, value in headers.items() if name not in _DROPPED_HEADERS}
    if status == 304:
        if request.is_conditional:
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
    if status in _REDIRECTS:
        where = headers.get("location", "")
        detail += f" to {where[:200]!r}" if where else " without saying where to"
    passing = status in _PASSING_4XX or status >= 500
    return FetchFailed(asked, f"http-{status}", detail, now, status, passing, shown)


def _protocol_failure(exc: Exception) -> RefusedError:
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


# --- URLs, headers, settings -------------------------------------------------------------------


def _parse_url(url: str) -> httpx.URL:
    if len(url) > MAX_URL_CHARS:
        raise RefusedError(
            "bad-url", f"the URL has {len(url)} characters; the limit is {MAX_URL_CHARS}"
        )
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as exc:  # lone surrogates are a ValueError
        raise RefusedError("bad-url", f"no valid URL: {exc}") from exc
    return _usable(parsed)


def _join(base: httpx.URL, location: str) -> httpx.URL:
    """Resolve a redirect; `user:password@` in it is the other side's idea and is dropped."""
    if len(location) > MAX_URL_CHARS:
        raise RefusedError("bad-url", f"redirect to a URL of {len(location)} characters")
    try:
        return _usable(base.join(location)).copy_with(userinfo=b"", fragment=None)
    except (httpx.InvalidURL, ValueError) as exc:
        raise RefusedError("bad-url", f"redirect to {location[:200]!r}: {exc}") from exc


def _usable(url: httpx.URL) -> httpx.URL:
    """Return a URL that can be asked for, its host without a final dot (no certificate has it)."""
    host = url.raw_host.decode("ascii").rstrip(".")
    if url.scheme not in {"http", "https"} or not host:
        raise RefusedError("bad-url", f"{str(url)[:200]!r} is no absolute http or https URL")
    if not _HOST.fullmatch(host):
        raise RefusedError("bad-url", f"{host[:200]!r} is no host name")
    return url.copy_with(host=host) if host != url.raw_host.decode("ascii") else url


def _shown(url: httpx.URL) -> str:
    """Return a URL without the user name and password it may carry."""
    return str(url.copy_with(userinfo=b"")) if url.userinfo else str(url)


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def _private(url: httpx.URL, extra: Mapping[str, str] | None) -> dict[str, str]:
    """Return the headers that only the first origin may see."""
    private = {k: v for k, v in (extra or {}).items() if k.lower() != "user-agent"}
    if url.userinfo and not any(name.lower() == "authorization" for name in private):
        pair = f"{url.username}:{url.password}".encode()
        private["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return private


def _is_sendable(validator: str) -> bool:
    """Whether a validator can go back exactly as it came; else the request is unconditional."""
    return bool(validator) and validator.isascii() and validator.isprintable()


def _over(ours: Mapping[str, str], private: Mapping[str, str]) -> dict[str, str]:
    """Return our headers with the caller's over them, whatever the case of the names."""
    replaced = {name.lower() for name in private}
    return {k: v for k, v in ours.items() if k.lower() not in replaced} | dict(private)


def _decode_headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1").lower()
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


@dataclass(frozen=True, slots=True)
class _Proxy:
    url: str
    host: str
    port: int
    auth: tuple[str, str] | None


def _parse_proxy(text: str) -> _Proxy | None:
    if not text:
        return None
    way_out = "write http://proxy.example.org:3128"
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as exc:
        raise SettingsError("fetch.proxy", str(exc), way_out) from exc
    if url.scheme != "http" or not url.host:
        raise SettingsError("fetch.proxy", "is no http:// URL", way_out)
    auth = (url.username, url.password) if url.userinfo else None
    port = url.port or 80
    host = url.host
    bracketed = f"[{host}]" if ":" in host else host
    return _Proxy(f"http://{bracketed}:{port}/", host.lower().rstrip("."), port, auth)


def _agent(settings: FetchSettings) -> str:
    return user_agent(settings.contact)


def _trusted_roots() -> ssl.SSLContext:
    """Certifi's roots, and the system's: a desk behind an inspecting proxy installs its own."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context
