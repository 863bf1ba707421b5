"""The faults, by path. Bombs are made once; streams are bounded by the server."""

from __future__ import annotations

import asyncio
import gzip
import struct
import zlib
from functools import cache
from typing import TYPE_CHECKING

import brotli

if TYPE_CHECKING:
    from hostile.server import Conn, Handler

FAULTS: dict[str, Handler] = {}
XML = {"Content-Type": "application/rss+xml; charset=utf-8"}
BOMB_BYTES = 512 * 2**20


def fault(path: str):
    def register(handler: Handler) -> Handler:
        FAULTS[path] = handler
        return handler

    return register


def feed(n: int = 20, host: str = "courier.example") -> bytes:
    """A well-formed RSS 2.0 feed of n entries with known guids."""
    items = "".join(
        f"<item><title>Talks, day {i}</title><link>http://{host}/page/{i}</link>"
        f"<guid>courier-{i}</guid><pubDate>Mon, 02 Mar 2026 10:{i % 60:02}:00 GMT</pubDate>"
        f"<description>Envoys met on day {i} and agreed to meet again.</description></item>"
        for i in range(n)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>Courier</title><link>http://{host}/</link>"
        f"<description>Invented news</description>{items}</channel></rss>"
    ).encode()


# --- what is well ------------------------------------------------------------------------------


@fault("/feed")
async def _feed(conn: Conn) -> None:
    body = feed(int(conn.query.get("n", "20")))
    etag = f'W/"{zlib.crc32(body)}"'
    if conn.asked.headers.get("if-none-match") == etag:
        await conn.answer(status="304 Not Modified", headers={"ETag": etag})
        return
    coding = conn.query.get("coding", "")
    encode = {"gzip": gzip.compress, "br": brotli.compress}.get(coding, bytes)
    extra = {"Content-Encoding": coding} if coding else {}
    await conn.answer(encode(body), headers={**XML, **extra, "ETag": etag})


@fault("/echo")
async def _echo(conn: Conn) -> None:
    lines = [f"{name}: {value}" for name, value in conn.asked.headers.items()]
    await conn.answer("\n".join(lines).encode())


@fault("/robots.txt")
async def _robots(conn: Conn) -> None:
    await conn.answer(b"User-agent: *\nDisallow: /private/\n")


# --- time --------------------------------------------------------------------------------------


@fault("/hang")
async def _hang(conn: Conn) -> None:
    await conn.hang()


@fault("/hang-body")
async def _hang_body(conn: Conn) -> None:
    await conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>")
    await conn.hang()


@fault("/drip-head")
async def _drip_head(conn: Conn) -> None:
    await conn.drip(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 10_000)


@fault("/drip-body")
async def _drip_body(conn: Conn) -> None:
    await conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    await conn.drip(b"<" * 100_000)


@fault("/drip-gzip")
async def _drip_gzip(conn: Conn) -> None:
    await conn.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
    await conn.drip(gzip.compress(bytes(range(256)) * 100))


@fault("/interim-forever")
async def _interim(conn: Conn) -> None:
    while True:
        await conn.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        await asyncio.sleep(0.01)


@fault("/slow-304")
async def _slow_304(conn: Conn) -> None:
    await asyncio.sleep(float(conn.query.get("after", "0.3")))
    await conn.answer(status="304 Not Modified")


# --- size --------------------------------------------------------------------------------------


@fault("/endless-body")
async def _endless(conn: Conn) -> None:
    await conn.send(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        await conn.send(b"x" * 65536)


@fault("/endless-chunks")
async def _endless_chunks(conn: Conn) -> None:
    await conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:  # a byte of body in each, the rest is the framing's
        await conn.send(b"1;pad=" + b"p" * 2000 + b"\r\nx\r\n")


@fault("/endless-head")
async def _endless_head(conn: Conn) -> None:
    await conn.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await conn.send(b"X-Pad: " + b"y" * 8000 + b"\r\n")


@fault("/endless-gzip")
async def _endless_gzip(conn: Conn) -> None:
    await conn.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
    await conn.send(_GZIP_HEAD)
    while True:
        await conn.send(_packed_mebibyte())


@fault("/big-header")
async def _big_header(conn: Conn) -> None:
    await conn.answer(feed(), headers={"X-Big": "z" * 2 * 2**20})


@fault("/huge-length")
async def _huge_length(conn: Conn) -> None:
    await conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n<rss>")
    await conn.hang()


# --- compression -------------------------------------------------------------------------------


_GZIP_HEAD = b"\x1f\x8b\x08" + bytes(6) + b"\xff"


@cache
def _packed_mebibyte() -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)


@cache
def _gzip_bomb() -> bytes:
    """One compressed block over and over; the checksum is right, for who reads to the end."""
    n, crc = BOMB_BYTES // 2**20, 0
    for _ in range(n):
        crc = zlib.crc32(bytes(2**20), crc)
    tail = b"\x03\x00" + struct.pack("<LL", crc, BOMB_BYTES)
    return _GZIP_HEAD + _packed_mebibyte() * n + tail


@cache
def _brotli_bomb() -> bytes:
    packer = brotli.Compressor(quality=1)
    block = b"\0" * 2**20
    parts = [packer.process(block) for _ in range(BOMB_BYTES // len(block))]
    return b"".join([*parts, packer.finish()])


TORN_MIB = 17


def torn_gzip() -> bytes:
    """So much of a bomb, then what no decoder takes."""
    return _GZIP_HEAD + _packed_mebibyte() * TORN_MIB + b"\xff" * 1000


def torn_brotli() -> bytes:
    """The same in Brotli."""
    packer = brotli.Compressor(quality=1)
    parts = [packer.process(bytes(2**20)) + packer.flush() for _ in range(TORN_MIB)]
    return b"".join([*parts, b"\xff" * 1000])


@fault("/gzip-bomb")
async def _bomb(conn: Conn) -> None:
    await conn.answer(_gzip_bomb(), headers={"Content-Encoding": "gzip"})


@fault("/brotli-bomb")
async def _br_bomb(conn: Conn) -> None:
    await conn.answer(_brotli_bomb(), headers={"Content-Encoding": "br"})


@fault("/double-gzip")
async def _double(conn: Conn) -> None:
    await conn.answer(gzip.compress(_gzip_bomb()), headers={"Content-Encoding": "gzip, gzip"})


@fault("/double-gzip-lines")
async def _double_lines(conn: Conn) -> None:
    body = gzip.compress(_gzip_bomb())
    await conn.send(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )


@fault("/zstd")
async def _zstd(conn: Conn) -> None:
    await conn.answer(b"\x28\xb5\x2f\xfd" + b"\0" * 60, headers={"Content-Encoding": "zstd"})


@fault("/deflate")
async def _deflate(conn: Conn) -> None:
    await conn.answer(zlib.compress(feed()), headers={"Content-Encoding": "deflate"})


@fault("/gzip-members")
async def _members(conn: Conn) -> None:
    await conn.answer(gzip.compress(b"") * 100_000, headers={"Content-Encoding": "gzip"})


@fault("/gzip-cut")
async def _gzip_cut(conn: Conn) -> None:
    body = gzip.compress(feed())
    await conn.answer(body[: len(body) // 2], headers={**XML, "Content-Encoding": "gzip"})


@fault("/gzip-no-trailer")
async def _gzip_no_trailer(conn: Conn) -> None:
    await conn.answer(gzip.compress(feed())[:-8], headers={**XML, "Content-Encoding": "gzip"})


@fault("/gzip-bad-crc")
async def _gzip_bad_crc(conn: Conn) -> None:
    body = bytearray(gzip.compress(feed()))
    body[-6] ^= 0xFF
    await conn.answer(bytes(body), headers={**XML, "Content-Encoding": "gzip"})


@fault("/gzip-tail")
async def _gzip_tail(conn: Conn) -> None:
    body = gzip.compress(feed()) + b"<!-- cached -->"
    await conn.answer(body, headers={**XML, "Content-Encoding": "gzip"})


@fault("/gzip-lie")
async def _gzip_lie(conn: Conn) -> None:
    await conn.answer(feed(), headers={**XML, "Content-Encoding": "gzip"})


@fault("/brotli-cut")
async def _brotli_cut(conn: Conn) -> None:
    body = brotli.compress(feed())
    await conn.answer(body[:-4], headers={**XML, "Content-Encoding": "br"})


@fault("/brotli-lie")
async def _brotli_lie(conn: Conn) -> None:
    await conn.answer(b"\xff" * 200, headers={**XML, "Content-Encoding": "br"})


# --- bodies and lengths ------------------------------------------------------------------------


@fault("/cut-body")
async def _cut_body(conn: Conn) -> None:
    body = feed()
    await conn.answer(body[: len(body) // 2], headers={**XML, "Content-Length": str(len(body))})


@fault("/cut-chunked")
async def _cut_chunked(conn: Conn) -> None:
    await conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n")


@fault("/reset-body")
async def _reset_body(conn: Conn) -> None:
    await conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>")
    await asyncio.sleep(0.05)
    conn.reset()


@fault("/short-length")
async def _short_length(conn: Conn) -> None:
    await conn.answer(b"<rss>0123456789", headers={"Content-Length": "5"})


@fault("/short-length-gzip")
async def _short_length_gzip(conn: Conn) -> None:
    body = gzip.compress(feed())
    await conn.answer(body, headers={"Content-Length": "100", "Content-Encoding": "gzip"})


@fault("/two-lengths")
async def _two_lengths(conn: Conn) -> None:
    await conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\n<rss>")


@fault("/negative-length")
async def _negative(conn: Conn) -> None:
    await conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n<rss>")


@fault("/length-and-chunked")
async def _both(conn: Conn) -> None:
    await conn.send(
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\n<rss>\r\n0\r\n\r\n"
    )


@fault("/bad-chunk")
async def _bad_chunk(conn: Conn) -> None:
    await conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n<rss>\r\n")


# --- no HTTP -----------------------------------------------------------------------------------


@fault("/garbage")
async def _garbage(conn: Conn) -> None:
    await conn.send(bytes(range(256)) * 40)


@fault("/ssh")
async def _ssh(conn: Conn) -> None:
    await conn.send(b"SSH-2.0-OpenSSH_9.2p1\r\n")


@fault("/hang-up")
async def _hang_up(conn: Conn) -> None:
    return


@fault("/reset")
async def _reset(conn: Conn) -> None:
    conn.reset()


@fault("/bad-header")
async def _bad_header(conn: Conn) -> None:
    await conn.send(b"HTTP/1.1 200 OK\r\nX-Nul: a\0b\r\nContent-Length: 0\r\n\r\n")


@fault("/bad-status")
async def _bad_status(conn: Conn) -> None:
    await conn.send(b"HTTP/1.1 999999 Hello\r\n\r\n")


@fault("/upgrade")
async def _upgrade(conn: Conn) -> None:
    await conn.send(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
    )
    await conn.hang()


# --- answers to judge --------------------------------------------------------------------------


@fault("/empty")
async def _empty(conn: Conn) -> None:
    await conn.answer(headers=XML)


@fault("/html")
async def _html(conn: Conn) -> None:
    page = b"<!doctype html><title>Please log in</title><p>Members only."
    await conn.answer(page, headers={"Content-Type": "text/html"})


@fault("/pdf")
async def _pdf(conn: Conn) -> None:
    await conn.answer(b"%PDF-1.7\n%\xe2\xe3", headers={"Content-Type": "application/pdf"})


@fault("/status")
async def _status(conn: Conn) -> None:
    headers = {"Retry-After": conn.query["after"]} if "after" in conn.query else {}
    await conn.answer(b"no", status=conn.query["code"] + " Because", headers=headers)


@fault("/challenge")
async def _challenge(conn: Conn) -> None:
    headers = {"CF-Mitigated": "challenge", "Content-Type": "text/html"}
    await conn.answer(b"<title>Just a moment...</title>", status="403 Forbidden", headers=headers)


@fault("/unasked-304")
async def _unasked(conn: Conn) -> None:
    await conn.answer(status="304 Not Modified")


# --- redirects ---------------------------------------------------------------------------------


@fault("/redirect")
async def _redirect(conn: Conn) -> None:
    """To `to`, with `code` (302)."""
    status = conn.query.get("code", "302") + " Elsewhere"
    await conn.answer(status=status, headers={"Location": conn.query["to"]})


@fault("/chain")
async def _chain(conn: Conn) -> None:
    """`n` more redirects, then the feed."""
    n = int(conn.query["n"])
    to = f"/chain?n={n - 1}&code={conn.query.get('code', '301')}" if n > 1 else "/feed"
    await conn.answer(status=conn.query.get("code", "301") + " Moved", headers={"Location": to})


@fault("/loop-a")
async def _loop_a(conn: Conn) -> None:
    await conn.answer(status="302 Found", headers={"Location": "/loop-b"})


@fault("/loop-b")
async def _loop_b(conn: Conn) -> None:
    await conn.answer(status="302 Found", headers={"Location": "/loop-a"})


@fault("/maze")
async def _maze(conn: Conn) -> None:
    step = int(conn.query.get("step", "0")) + 1
    await conn.answer(status="302 Found", headers={"Location": f"/maze?step={step}"})


@fault("/redirect-nowhere")
async def _nowhere(conn: Conn) -> None:
    await conn.answer(status="302 Found")


@fault("/redirect-hang")
async def _redirect_hang(conn: Conn) -> None:
    await asyncio.sleep(0.2)
    await conn.answer(status="302 Found", headers={"Location": "/hang"})


@fault("/cookie")
async def _cookie(conn: Conn) -> None:
    await conn.send(
        b"HTTP/1.1 302 Found\r\nSet-Cookie: id=42; Path=/\r\nLocation: /echo\r\n"
        b"Content-Length: 0\r\n\r\n"
    )
