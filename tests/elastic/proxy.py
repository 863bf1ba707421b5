"""A proxy before Elasticsearch that fails on purpose: some of the calls of some paths.

Every fault is what a network or an overloaded server does: a refusal, a connection cut before or
after the server has acted, a reply cut short, a bulk of which half is refused.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import socket
import ssl
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FAULTS = (
    "status-429",
    "status-503",
    "reset-before",
    "reset-after",
    "half-refused",
    "truncated",
)


@dataclass
class Faults:
    """What goes wrong: each fault's share of the calls whose path holds one of `paths`."""

    kinds: tuple[str, ...] = ()
    rate: float = 0.0
    paths: tuple[str, ...] = ("/_bulk",)
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    done: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def draw(self, path: str) -> str:
        """Return the fault of this call, or ""."""
        if not self.kinds or not any(part in path for part in self.paths):
            return ""
        with self.lock:
            kind = self.dice.choice(self.kinds) if self.dice.random() < self.rate else ""
            self.done[kind or "well"] += 1
        return kind


class Handler(BaseHTTPRequestHandler):
    """Hands a request on, or fails."""

    protocol_version = "HTTP/1.1"
    connect: ClassVar[Callable[[], http.client.HTTPConnection]]
    faults: ClassVar[Faults]

    def handle_one_request(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle_one_request()

    def log_message(self, *args) -> None:
        pass

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.faults.draw(self.path)
        match fault:
            case "status-429" | "status-503":
                self.refuse(int(fault[-3:]))
            case "reset-before":
                self.reset()
            case "reset-after":
                self.forward(body)
                self.reset()
            case "truncated":
                status, content_type, reply = self.forward(body)
                self.reply(status, content_type, reply[: len(reply) // 2])
            case "half-refused":
                self.refuse_half(body)
            case _:
                self.reply(*self.forward(body))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815

    def forward(self, body: bytes) -> tuple[int, str, bytes]:
        connection = self.connect()
        try:
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in {"host", "connection", "content-length"}
            }
            connection.request(self.command, self.path, body or None, headers)
            response = connection.getresponse()
            return response.status, response.getheader("Content-Type", ""), response.read()
        finally:
            connection.close()

    def reply(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        if content_type:
            self.send_header("Content-Type", content_type)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status: int) -> None:
        error = {"error": {"type": "es_rejected_execution_exception", "reason": "full"}}
        body = json.dumps({**error, "status": status}).encode()
        self.reply(status, "application/json", body)

    def reset(self) -> None:
        """Cut the connection with RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.wfile.flush()
        self.connection.close()

    def refuse_half(self, body: bytes) -> None:
        """Hand every second item of a bulk on; refuse the others as an overloaded node does."""
        if "/_bulk" not in self.path:
            self.refuse(429)
            return
        items = list(bulk_items(body))
        passed = b"".join(item for _, item in items[::2])
        status, content_type, reply = self.forward(passed)
        if status != 200:
            self.reply(status, content_type, reply)
            return
        results = iter(json.loads(reply)["items"])
        error = {"type": "es_rejected_execution_exception", "reason": "queue is full"}
        merged = [
            next(results) if at % 2 == 0 else {op: {"status": 429, "error": error}}
            for at, (op, _) in enumerate(items)
        ]
        self.reply(200, content_type, json.dumps({"errors": True, "items": merged}).encode())


def bulk_items(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the operation and the lines of every item of a bulk body."""
    lines = iter(body.splitlines(keepends=True))
    for line in lines:
        (op,) = json.loads(line)
        yield op, line if op == "delete" else line + next(lines)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        """A client that is gone is no news."""


@contextlib.contextmanager
def proxied(url: str) -> Iterator[tuple[str, Faults]]:
    """Yield the proxy's URL (http) before a server (http or https), and the faults to set."""
    faults = Faults()
    upstream = urlsplit(url)

    def connect() -> http.client.HTTPConnection:
        if upstream.scheme == "http":
            return http.client.HTTPConnection(upstream.netloc, timeout=200)
        tls = ssl.create_default_context(
            cafile=os.environ.get("SUMMITWATCH_ELASTICSEARCH__CA_FILE")
        )
        return http.client.HTTPSConnection(upstream.netloc, timeout=200, context=tls)

    handler = type("Bound", (Handler,), {"connect": staticmethod(connect), "faults": faults})
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", faults
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
