"""The one way out: GET for feeds, pages and robots.txt, POST for webhooks.

One connection a request, since polling asks each host once: `httpcore`'s pool looks through all
its connections at every request, and keeping them made polling four times slower. HTTP/1.1 only;
no cookies; no environment proxies. The single clock is the total deadline: a server that drips
never trips a timeout per read.
"""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

import httpcore
import httpx

from ingest import __version__
from ingest.fetch.answers import REDIRECTS, Answer, decode_headers, judge, protocol_failure
from ingest.fetch.backend import GuardedBackend
from ingest.fetch.guard import Guard
from ingest.fetch.limits import BoundedBody
from ingest.fetch.proxy import parse_proxy
from ingest.fetch.resolve import Resolver, SystemResolver, map_resolver, parse_pinned
from ingest.fetch.result import (
    FetchFailed,
    FetchResult,
    Hop,
    RefusedError,
)
from ingest.fetch.targets import (
    is_same_host,
    join_target,
    origin,
    parse_target,
    show_url,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from datetime import datetime

    from ingest.settings import FetchSettings

Kind: TypeAlias = Literal["feed", "page", "robots", "hook"]

# Sentences stand in a feed's state and in lists; the URLs in them may be of any length.
MAX_DETAIL_CHARS = 500

_ACCEPT: Mapping[Kind, str] = {
    "feed": (
        "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
        "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.4, */*;q=0.1"
    ),
    "page": "text/html, application/xhtml+xml;q=0.9, */*;q=0.1",
    "robots": "text/plain, */*;q=0.1",
    "hook": "*/*",
}


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
    headers: Mapping[str, str]  # ours: go everywhere
    url: httpx.URL = field(default_factory=httpx.URL)
    private: Mapping[str, str] = field(default_factory=dict)  # the caller's: first origin only
    body: bytes | None = None
    may_leave: bool = True

    @property
    def is_conditional(self) -> bool:
        return "If-None-Match" in self.headers or "If-Modified-Since" in self.headers


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
        self._proxy = parse_proxy(settings.proxy)
        self._own_resolver: SystemResolver | None = None
        if resolver is None:
            resolver = self._own_resolver = SystemResolver()
            if settings.pinned:
                resolver = map_resolver(parse_pinned(settings.pinned), resolver)
        self._guard = Guard(
            resolver,
            allow_private=settings.allow_private,
            proxy=(self._proxy.host, self._proxy.port) if self._proxy else None,
        )
        self._ssl = ssl_context or _trusted_roots()
        self._slots = asyncio.Semaphore(settings.concurrency)

    @property
    def settings(self) -> FetchSettings:
        """The limits in force, for what has to dial by itself."""
        return self._settings

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
        former: tuple[Hop, ...] = (),
        may_leave: bool = True,
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
            former: redirects that led to this URL; they count, and head the result's `hops`.
            may_leave: whether redirects to other hosts are followed; if not, the result is
                FetchFailed `elsewhere`, its last hop says where.
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
        request = _Request("GET", ours, may_leave=may_leave)
        return await self._run(url, request, headers, former, now)

    async def post(
        self, url: str, body: bytes, *, headers: Mapping[str, str] | None = None, now: datetime
    ) -> FetchResult:
        """POST to a webhook. A redirect is a failure: what was signed for one place stays there."""
        ours = self._headers("hook", headers)
        return await self._run(url, _Request("POST", ours, body=body), headers, (), now)

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
        request: _Request,
        extra: Mapping[str, str] | None,
        former: tuple[Hop, ...],
        now: datetime,
    ) -> FetchResult:
        hops = list(former)
        async with self._slots:
            started = time.monotonic()
            try:
                async with asyncio.timeout(self._settings.timeout_s):
                    target = parse_target(url)
                    request = replace(request, url=target, private=_private(target, extra))
                    result = await self._follow(url, request, hops, now)
            except RefusedError as exc:
                detail = exc.detail[:MAX_DETAIL_CHARS]
                result = FetchFailed(url, exc.kind, detail, now, passing=exc.passing)
            except TimeoutError:
                limit = f"{self._settings.timeout_s:g} s (fetch.timeout_s)"
                result = FetchFailed(url, "timeout", f"no whole answer within {limit}", now)
        return replace(result, hops=tuple(hops), elapsed_s=time.monotonic() - started)

    async def _follow(
        self, asked: str, request: _Request, hops: list[Hop], now: datetime
    ) -> FetchResult:
        seen = {hop.url for hop in hops} | {show_url(request.url)}
        while True:
            here = show_url(request.url)
            answer = await self._exchange(request)
            location = answer.headers.get("location", "")
            if answer.status not in REDIRECTS or not location or request.method != "GET":
                conditional = request.is_conditional
                return judge(asked, here, answer, hops, is_conditional=conditional, now=now)
            target = join_target(request.url, location)
            there = show_url(target)
            hops.append(Hop(here, answer.status, there))
            if there in seen:
                raise RefusedError("redirect-loop", f"{here} redirects back to {there}")
            if len(hops) > self._settings.max_redirects:
                raise RefusedError(
                    "redirect-loop",
                    f"more than {self._settings.max_redirects} redirects (fetch.max_redirects), "
                    f"the last from {here} to {there}",
                )
            if not request.may_leave and not is_same_host(request.url, target):
                raise RefusedError("elsewhere", f"{here} redirects to {there}")
            seen.add(there)
            same = origin(request.url) == origin(target)
            request = replace(request, url=target, private=request.private if same else {})

    async def _exchange(self, request: _Request) -> Answer:
        """Send one request over a connection of its own and read the answer."""
        backend = GuardedBackend(self._guard, self._settings.max_wire_bytes)
        try:
            response = await self._send(backend, request)
            headers = decode_headers(response.headers)
            body = b""
            if 200 <= response.status < 300:
                body = await self._read(response, headers)
            return Answer(response.status, headers, body, backend.read_bytes)
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
            raise protocol_failure(exc) from exc
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
            raise protocol_failure(exc) from exc
        except (httpcore.NetworkError, httpcore.TimeoutException) as exc:
            raise RefusedError(
                "truncated", "the connection broke inside the body", passing=True
            ) from exc
        return body.finish()


# --- headers and settings ----------------------------------------------------------------------


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


def _agent(settings: FetchSettings) -> str:
    return user_agent(settings.contact)


def _trusted_roots() -> ssl.SSLContext:
    """Certifi's roots, and the system's: a desk behind an inspecting proxy installs its own."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context
