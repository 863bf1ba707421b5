"""Serves the sample newsroom on loopback: many publishers, one port, told apart by `Host`.

A small HTTP/1.1 server on asyncio in a thread of its own. It renders when asked and keeps what it
rendered, so that it costs the pipeline beside it little.
"""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from html import escape
from types import TracebackType
from typing import Self
from urllib.parse import quote, unquote

from ingest.demo.feeds import render_feed
from ingest.demo.newsroom import Newsroom
from ingest.demo.pages import content_type, render_home, render_page
from ingest.demo.records import FeedSpec, NewsArticle, Site

MAX_HEAD_BYTES = 65_536
GZIP_LEVEL = 5
_REASONS = {
    200: "OK",
    301: "Moved Permanently",
    302: "Found",
    304: "Not Modified",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    410: "Gone",
}
_ROBOTS = "User-agent: *\nDisallow: /search\nDisallow: /subscribe\n"


@dataclass(slots=True)
class Reply:
    """An answer; `packed` is the gzipped body once somebody has asked for it."""

    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    etag: str = ""
    last_modified: str = ""
    packed: bytes = b""


class Publisher:
    """Decides what a request is answered with. No sockets."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self.edition = 1
        self._routes: dict[tuple[str, str], Callable[[int], Reply]] = {}
        self._kept: dict[tuple[str, str, int], Reply] = {}
        for site in newsroom.sites:
            self._route_site(site)
        for article in newsroom.all_articles:
            self._route_article(article)

    def reply(self, host: str, path: str) -> Reply:
        """The answer to a GET, before conditions and encodings; kept from then on.

        Args:
            host: the Host header, a port ignored.
            path: the request target; its query is ignored, as publishers do with tracking.
        """
        domain = host.partition(":")[0].lower()
        route = unquote(path.partition("?")[0])
        edition = self.edition
        key = (domain, route, edition)
        if (kept := self._kept.get(key)) is not None:
            return kept
        build = self._routes.get((domain, route))
        if build is None:
            return _not_found()
        reply = self._kept[key] = build(edition)
        return reply

    def routes(self) -> list[tuple[str, str]]:
        """Every (domain, path) that is served, whatever the edition."""
        return list(self._routes)

    def _route_site(self, site: Site) -> None:
        routes = self._routes
        routes[site.domain, "/robots.txt"] = lambda _: Reply(
            200, _ROBOTS.encode(), "text/plain; charset=utf-8"
        )
        routes[site.domain, "/"] = lambda edition: Reply(
            200, render_home(self.newsroom, site, edition), content_type(site)
        )
        for spec in site.feeds:
            path = spec.moved or spec.path
            routes[site.domain, path] = self._feed_route(site, spec)
            if spec.moved:
                moved = Reply(301, headers=(("Location", f"{site.base}{spec.moved}"),))
                routes[site.domain, spec.path] = lambda _, moved=moved: moved  # type: ignore[misc]

    def _feed_route(self, site: Site, spec: FeedSpec) -> Callable[[int], Reply]:
        def build(edition: int) -> Reply:
            if spec.format == "gone":
                return Reply(410, b"<h1>410 Gone</h1>")
            if spec.format == "html":
                return Reply(200, render_home(self.newsroom, site, edition))
            feed = render_feed(self.newsroom, site, spec, edition)
            return Reply(
                200,
                feed.body,
                feed.content_type,
                etag="" if "no-etag" in spec.extras else feed.etag,
                last_modified="" if "no-last-modified" in spec.extras else feed.last_modified,
            )

        return build

    def _route_article(self, article: NewsArticle) -> None:
        site = article.site

        def page(edition: int) -> Reply:
            if article.edition > edition or (article.page == "late" and edition == 1):
                return _not_found()
            return Reply(200, render_page(self.newsroom, article), content_type(site))

        def redirect(edition: int) -> Reply:
            if article.edition > edition:
                return _not_found()
            return Reply(302, headers=(("Location", article.canonical_url),))

        self._routes[site.domain, _path(article.canonical_url)] = page
        if site.link:
            link = page if site.then == "serve" else redirect
            self._routes[site.domain, _path(article.plain_url)] = link


def _path(url: str) -> str:
    return unquote("/" + url.split("/", 3)[3])


def _not_found() -> Reply:
    return Reply(404, b"<!DOCTYPE html><title>404</title><h1>404 Not Found</h1>")


def conditional(reply: Reply, headers: dict[str, str]) -> bool:
    """Whether the request's validators say that the asker has it already (RFC 9110, 13.2.2)."""
    if reply.status != 200:
        return False
    if "if-none-match" in headers:
        tags = {tag.strip().removeprefix("W/") for tag in headers["if-none-match"].split(",")}
        return bool(reply.etag) and (reply.etag in tags or "*" in tags)
    if reply.last_modified and "if-modified-since" in headers:
        try:
            since = parsedate_to_datetime(headers["if-modified-since"])
            return parsedate_to_datetime(reply.last_modified) <= since
        except (TypeError, ValueError):
            return False
    return False


class NewsroomServer:
    """The newsroom on 127.0.0.1, at a free port; use it as a context manager.

    Attributes:
        port: where it listens, once entered.
        ledger: (host, path, status) of every request answered, in order.
    """

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self.publisher = Publisher(newsroom)
        self.ledger: list[tuple[str, str, int]] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="newsroom", daemon=True)
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def set_edition(self, edition: int) -> None:
        """Publish an edition: 2 adds the story's last days to 1."""
        self.publisher.edition = edition

    def warm(self) -> None:
        """Render and pack everything of the edition now, so that no benchmark pays for it."""
        for domain, route in self.publisher.routes():
            reply = self.publisher.reply(domain, quote(route))
            reply.packed = reply.packed or gzip.compress(reply.body, GZIP_LEVEL, mtime=0)

    def resolver_map(self) -> dict[str, tuple[str, int]]:
        """Where the fetcher finds each publisher: domain -> (address, port)."""
        return {site.domain: ("127.0.0.1", self.port) for site in self.newsroom.sites}

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        for connection in list(self._connections):
            connection.abort()
        await self._server.wait_closed()
        await asyncio.sleep(0)  # lets the transports see that they are closed


class _Connection(asyncio.Protocol):
    """One client connection: requests one after another, answered in order."""

    def __init__(self, server: NewsroomServer) -> None:
        self._server = server
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server._connections.add(self)  # noqa: SLF001 - the server's own half

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._server._connections.discard(self)  # noqa: SLF001

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
            self._answer(head.decode("latin-1"))
        if len(self._buffer) > MAX_HEAD_BYTES:
            self.abort()

    def _answer(self, head: str) -> None:
        first, *lines = head.split("\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        host = headers.get("host", "")
        try:
            method, target, _ = first.split(" ")
        except ValueError:
            method, target = "", ""
        if method in ("GET", "HEAD"):
            reply = self._server.publisher.reply(host, target)
        else:
            reply = Reply(405 if method else 400, escape(first[:200]).encode())
        status = 304 if conditional(reply, headers) else reply.status
        self._server.ledger.append((host, target, status))
        close = headers.get("connection", "").lower() == "close" or status in (400, 405)
        self._send(reply, status, headers, body=method != "HEAD", close=close)

    def _send(
        self, reply: Reply, status: int, headers: dict[str, str], *, body: bool, close: bool
    ) -> None:
        assert self._transport is not None
        lines = [f"HTTP/1.1 {status} {_REASONS[status]}", "Server: newsroom"]
        payload = b""
        if status != 304:
            payload = reply.body
            lines.append(f"Content-Type: {reply.content_type}")
            if payload and "gzip" in headers.get("accept-encoding", ""):
                reply.packed = reply.packed or gzip.compress(payload, GZIP_LEVEL, mtime=0)
                payload = reply.packed
                lines.append("Content-Encoding: gzip")
            lines.append("Vary: Accept-Encoding")
            lines.append(f"Content-Length: {len(payload)}")
        lines.extend(f"{name}: {value}" for name, value in reply.headers)
        if reply.etag:
            lines.append(f"ETag: {reply.etag}")
        if reply.last_modified:
            lines.append(f"Last-Modified: {reply.last_modified}")
        if close:
            lines.append("Connection: close")
        message = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        self._transport.write(message + payload if body else message)
        if close:
            self._transport.close()
