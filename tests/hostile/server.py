"""A server that misbehaves on purpose: raw bytes on loopback, one path a fault.

    with HostileServer() as server:
        server.url("/gzip-bomb")        # http://127.0.0.1:PORT/gzip-bomb
        server.ledger                   # what it was asked, request by request

It runs in a thread of its own, so anything may be pointed at it: a client in this process, a
worker, a whole pipeline. `server.routes["/x"] = handler` scripts further paths; a handler gets a
`Conn` and writes whatever bytes it likes. The faults themselves stand in `faults.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl

# No stream goes on for longer, or sends more, whatever the client does: the tests' own safety net.
MAX_SECONDS = 100.0
MAX_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as the ledger keeps it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float  # monotonic
    connection: int


@dataclass(slots=True)
class Conn:
    """What a handler answers on."""

    server: HostileServer
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    asked: Asked
    query: dict[str, str] = field(default_factory=dict)
    sent: int = 0

    async def send(self, raw: bytes) -> None:
        """Write and wait until the client has room; stops at MAX_BYTES."""
        self.sent += len(raw)
        if self.writer.transport.is_closing():
            raise ConnectionError("the client went away")
        if self.sent > MAX_BYTES:
            raise ConnectionError("the client read on beyond all limits")
        self.writer.write(raw)
        await self.writer.drain()

    async def answer(
        self, body: bytes = b"", *, status: str = "200 OK", headers: dict[str, str] | None = None
    ) -> None:
        """Send a well-formed answer; headers given replace Content-Length too, if it is there."""
        lines = {"Content-Length": str(len(body)), **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        await self.send(f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body)

    async def drip(self, raw: bytes, every_s: float = 0.02) -> None:
        """Send a byte at a time."""
        for i in range(len(raw)):
            await self.send(raw[i : i + 1])
            await asyncio.sleep(every_s)

    async def hang(self) -> None:
        """Say nothing more until the client goes away."""
        with contextlib.suppress(OSError):
            await self.reader.read()

    def reset(self) -> None:
        """Break the connection with a RST."""
        import socket
        import struct

        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Handler = Callable[[Conn], Awaitable[None]]


class HostileServer:
    """See the module."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        from hostile.faults import FAULTS

        self.routes: dict[str, Handler] = dict(FAULTS)
        self.ledger: list[Asked] = []
        self.on_hello = _answer_plainly
        self.connections = 0
        self.port = 0
        self._tls = tls
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="hostile-server", daemon=True)

    def url(self, path: str, host: str = "") -> str:
        """Return the URL of a path; with `host` on the standard port, for a mapped name."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{host or f'127.0.0.1:{self.port}'}{path}"

    def paths(self) -> list[str]:
        """Return the paths asked for, in order."""
        return [asked.path for asked in self.ledger]

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        # A task that is cancelled before its first step never closes its connection: every
        # connection accepted until now gets as far as its entry in `_tasks` (a TLS greeting may hang).
        for _ in range(1000):
            if not asyncio.all_tasks() - self._tasks - {asyncio.current_task()}:
                break
            await asyncio.sleep(0.001)
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=1)
        await server.wait_closed()
        await asyncio.sleep(0)  # transports close in the next turn of the loop

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        number = self.connections
        try:
            async with asyncio.timeout(MAX_SECONDS):
                await self._one_request(reader, writer, number)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away, or the test is over
        finally:
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()
            writer.transport.abort()  # what a client never read holds it open
            self._tasks.discard(task)

    async def _one_request(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        first = await reader.readexactly(1)
        if first == b"\x16":  # a TLS hello on a plain port
            await self.on_hello(reader, writer)
            return
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *lines = head.split("\r\n")
        method, target, _ = line.split(" ", 2)
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        path, _, query = target.partition("?")
        asked = Asked(method, path, headers, body, time.monotonic(), number)
        self.ledger.append(asked)
        handler = self.routes.get(path, _not_found)
        await handler(Conn(self, reader, writer, asked, dict(parse_qsl(query))))


async def _answer_plainly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What a web server says to TLS on its plain port."""
    writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    await writer.drain()


async def _not_found(conn: Conn) -> None:
    await conn.answer(b"nothing here", status="404 Not Found")
