"""Every fault of the hostile server: named, in time, in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from fetching import NO_ROOTS, NOW, FastLoop, get, limits, names
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile.faults import FAULTS, feed, torn_brotli, torn_gzip
from hostile.server import Conn, HostileServer
from hostile.watch import watching_connects, watching_memory
from ingest.fetch.client import Fetcher
from ingest.fetch.result import Fetched, FetchFailed, NotModified

MIB = 2**20
# Where the deadline is the point, it is short; the others get time on a busy machine. One that did not
# hold would let the server hang up (MAX_SECONDS), which has another code.
DEADLINE_S = 1.0

# path -> code, and a word that the sentence must have
REFUSED = {
    "/hang": ("timeout", "fetch.timeout_s"),
    "/hang-body": ("timeout", "fetch.timeout_s"),
    "/drip-head": ("timeout", "within 1 s"),
    "/drip-body": ("timeout", "fetch.timeout_s"),
    "/drip-gzip": ("timeout", "fetch.timeout_s"),
    "/interim-forever": ("timeout", "fetch.timeout_s"),
    "/redirect-hang": ("timeout", "fetch.timeout_s"),
    "/endless-body": ("too-large", "fetch.max_wire_bytes"),
    "/endless-chunks": ("too-large", "fetch.max_wire_bytes"),
    "/endless-gzip": ("too-large", "fetch.max_body_bytes"),
    "/endless-head": ("too-large", "head"),
    "/big-header": ("too-large", "head"),
    "/huge-length": ("too-large", "10000000000"),
    "/gzip-bomb": ("too-large", "15728640 bytes (fetch.max_body_bytes)"),
    "/brotli-bomb": ("too-large", "15728640 bytes (fetch.max_body_bytes)"),
    "/double-gzip": ("bad-encoding", "2 content codings"),
    "/double-gzip-lines": ("bad-encoding", "2 content codings"),
    "/zstd": ("bad-encoding", "zstd"),
    "/deflate": ("bad-encoding", "deflate"),
    "/gzip-members": ("bad-encoding", "members"),
    "/gzip-lie": ("bad-encoding", "broken"),
    "/gzip-bad-crc": ("bad-encoding", "broken"),
    "/brotli-lie": ("bad-encoding", "broken"),
    "/gzip-cut": ("truncated", "ends before its end"),
    "/gzip-no-trailer": ("truncated", "ends before its end"),
    "/brotli-cut": ("truncated", "ends before its end"),
    "/short-length-gzip": ("truncated", "ends before its end"),
    "/cut-body": ("truncated", "cut"),
    "/cut-chunked": ("truncated", "cut"),
    "/reset-body": ("truncated", "inside the body"),
    "/two-lengths": ("protocol", "Content-Length"),
    "/negative-length": ("protocol", "Content-Length"),
    "/bad-chunk": ("protocol", "HTTP"),
    "/garbage": ("protocol", "HTTP"),
    "/ssh": ("connect", "without an answer"),
    "/bad-header": ("protocol", "HTTP"),
    "/bad-status": ("protocol", "HTTP"),
    "/hang-up": ("connect", "without an answer"),
    "/reset": ("connect", "hung up"),
    "/upgrade": ("protocol", "UPGRADE"),
    "/challenge": ("challenge", "bot protection"),
    "/unasked-304": ("protocol", "no validators"),
    "/slow-304": ("protocol", "no validators"),
    "/status?code=404": ("http-404", "404"),
    "/status?code=410": ("http-410", "410"),
    "/status?code=429&after=120": ("http-429", "429"),
    "/status?code=503": ("http-503", "503"),
    "/status?code=206": ("http-206", "206"),
    "/status?code=300": ("http-300", "300"),
    "/loop-a": ("redirect-loop", "back to"),
    "/maze": ("redirect-loop", "fetch.max_redirects"),
    "/chain?n=6": ("redirect-loop", "more than 5"),
    "/redirect-nowhere": ("http-302", "without saying where"),
    "/redirect?to=file:///etc/hostname": ("bad-url", "file:"),
    "/redirect?to=gopher://x/": ("bad-url", "gopher:"),
    "/redirect?to=http://[bad/": ("bad-url", "no host name"),
    "/redirect?to=http://a%20b/": ("bad-url", "no host name"),
}
# path -> the body is the feed
READ = {
    "/feed",
    "/feed?coding=gzip",
    "/feed?coding=br",
    "/gzip-tail",
    "/chain?n=5",
    "/chain?n=1&code=308",
}
OTHER = {
    "/echo", "/robots.txt", "/short-length", "/length-and-chunked", "/empty", "/html", "/pdf", "/cookie", "/loop-b",
}  # fmt: skip


def test_every_fault_is_tried() -> None:
    tried = {path.partition("?")[0] for path in [*REFUSED, *READ, *OTHER]}
    assert tried == set(FAULTS)


@pytest.mark.parametrize("path", REFUSED)
def test_a_fault_becomes_a_value(hostile: HostileServer, path: str) -> None:
    code, word = REFUSED[path]
    resolver = names(hostile.port)
    settings = limits(timeout_s=DEADLINE_S) if code == "timeout" else limits()
    # Bombs are built before the memory is watched.
    if "bomb" in path or "double" in path or "endless" in path:
        get(f"http://courier.example{path}", settings, resolver=resolver)
    with watching_memory() as memory, watching_connects(("127.0.0.1", hostile.port)) as connects:
        result = get(f"http://courier.example{path}", settings, resolver=resolver)
    assert isinstance(result, FetchFailed)
    assert (result.code, word in result.detail) == (code, True), result.detail
    assert memory.growth < 64 * MIB
    assert connects.strays == []


@pytest.mark.parametrize("path", sorted(READ))
def test_what_is_well_is_read(hostile: HostileServer, path: str) -> None:
    result = get(f"http://courier.example{path}", resolver=names(hostile.port))
    assert isinstance(result, Fetched)
    assert result.body == feed()
    assert "content-encoding" not in result.headers


@pytest.mark.parametrize(
    ("path", "body"),
    [
        # What the length leaves out is not the answer's; the parser sees the rest is missing.
        ("/short-length", b"<rss>"),
        ("/length-and-chunked", b"<rss>"),
        ("/empty", b""),
        ("/html", b"<!doctype html><title>Please log in</title><p>Members only."),
        ("/pdf", b"%PDF-1.7\n%\xe2\xe3"),
    ],
)
def test_what_is_whole_but_no_feed_is_left_to_the_parser(
    hostile: HostileServer, path: str, body: bytes
) -> None:
    result = get(f"http://courier.example{path}", resolver=names(hostile.port))
    assert isinstance(result, Fetched)
    assert result.body == body


@pytest.mark.parametrize(("coding", "torn"), [("gzip", torn_gzip), ("br", torn_brotli)])
def test_a_bomb_is_not_even_read_to_its_end(
    hostile: HostileServer, coding: str, torn: Callable[[], bytes]
) -> None:
    """It is stopped after its first 15 MiB: nobody comes to what is broken behind the 17th."""

    async def answer(conn: Conn) -> None:
        await conn.answer(torn(), headers={"Content-Encoding": coding})

    hostile.routes["/torn"] = answer
    for max_body_bytes, code in ((15 * MIB, "too-large"), (32 * MIB, "bad-encoding")):
        settings = limits(max_body_bytes=max_body_bytes)
        result = get("http://courier.example/torn", settings, resolver=names(hostile.port))
        assert isinstance(result, FetchFailed)
        assert result.code == code


def test_one_slow_server_does_not_hold_the_others_up(hostile: HostileServer) -> None:
    bad = ["/hang", "/drip-head", "/drip-body", "/endless-chunks", "/gzip-bomb", "/brotli-bomb"]

    loop = FastLoop()
    for path in ("/gzip-bomb", "/brotli-bomb"):  # built before the memory is watched
        get(f"http://courier.example{path}", resolver=names(hostile.port))

    async def all_at_once() -> list[object]:
        settings = limits(concurrency=30)
        async with Fetcher(settings, resolver=names(hostile.port), ssl_context=NO_ROOTS) as client:
            urls = [f"http://courier.example{path}" for path in bad + ["/feed"] * 20]
            tasks = [asyncio.ensure_future(client.get(url, now=NOW)) for url in urls]
            await asyncio.gather(*tasks[3:])
            assert not any(task.done() for task in tasks[:3])
            loop.ahead_s += settings.timeout_s
            return await asyncio.gather(*tasks)

    with watching_memory() as memory, asyncio.Runner(loop_factory=lambda: loop) as runner:
        results = runner.run(all_at_once())
    assert [type(r) for r in results] == [FetchFailed] * len(bad) + [Fetched] * 20
    assert [r.code for r in results[:3]] == ["timeout"] * 3
    # Two bombs and a stream at a time, and the server of this process beside them.
    assert memory.growth < 64 * MIB * 3


# Pieces that HTTP is made of, and some that it is not.
PIECES = st.sampled_from(
    [
        b"HTTP/1.1 ", b"HTTP/1.0 ", b"HTTP/2 ", b"200 OK", b"304 Not Modified", b"302 Found", b"100 Continue",
        b"204 No Content", b"\r\n", b"\n", b"\r", b": ", b" ", b"Content-Length: 3", b"Content-Length: -1",
        b"Content-Encoding: gzip", b"Content-Encoding: br", b"Transfer-Encoding: chunked", b"Location: /feed",
        b"Location: http://127.0.0.1/", b"Location: //[", b"Location: \xff", b"abc", b"3\r\nabc\r\n", b"0\r\n\r\n",
        b"\x1f\x8b\x08\x00", b"\x00", b"\xff\xfe", b"Connection: close", b"X: \xd0\xba",
    ]
) | st.binary(max_size=8)  # fmt: skip
ANSWERS = st.lists(PIECES, max_size=12).map(b"".join) | st.lists(PIECES, max_size=8).map(
    lambda pieces: b"HTTP/1.1 200 OK\r\n" + b"\r\n".join(pieces)
)


def test_no_answer_raises(hostile: HostileServer) -> None:
    """Whatever a server sends, the result is a value, and 127.0.0.1:80 is never dialled."""
    raw = b""

    async def say(conn: Conn) -> None:
        await conn.send(raw)

    hostile.routes["/say"] = say

    @settings(max_examples=60, deadline=None)  # each in a loop of its own
    @given(ANSWERS)
    def ask(answer: bytes) -> None:
        nonlocal raw
        raw = answer
        result = get(
            "http://courier.example/say",
            limits(),
            resolver=names(hostile.port),
            etag='"1"',
        )
        assert isinstance(result, Fetched | NotModified | FetchFailed)
        if isinstance(result, FetchFailed):
            assert result.code != "timeout"
            assert result.detail

    with watching_connects(("127.0.0.1", hostile.port)) as connects:
        ask()
    assert connects.strays == []
