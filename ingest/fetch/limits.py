"""Bodies that cannot outgrow their limits, whatever they are compressed with.

`httpx` and `httpcore` decode without a bound: 796 bytes of Brotli become 500 MiB in one piece.
Here every decoder is asked for no more than what is left of the limit, and says whether the
compressed data had reached its end.
"""

from __future__ import annotations

import zlib
from typing import Protocol

import brotli

from ingest.fetch.result import RefusedError

# A gzip file may consist of several members. Real ones have one or two; thousands of empty ones
# would only burn processor time.
MAX_GZIP_MEMBERS = 64

_STEP = 2**16


class _Decoder(Protocol):
    def decode(self, chunk: bytes, body: bytearray, limit: int) -> None:
        """Append to `body`, piece by piece; it ends at `limit` + 1 bytes where there is more."""
        ...

    def is_complete(self) -> bool:
        """Whether the data so far is a whole."""
        ...


class _Identity:
    def decode(self, chunk: bytes, body: bytearray, limit: int) -> None:
        body += chunk[: limit + 1 - len(body)]

    def is_complete(self) -> bool:
        return True


class _Gzip:
    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._members = 1
        self._started = False
        self._rest = b""  # after a member's end, too short to tell another from garbage
        self._over = False  # garbage followed: real servers pad, and browsers look away

    def decode(self, chunk: bytes, body: bytearray, limit: int) -> None:
        pending = self._rest + chunk
        self._rest = b""
        while not self._over:
            if self._member.eof and not (pending and self._next_member(pending)):
                break
            self._started = self._started or bool(pending)
            room = min(_STEP, limit + 1 - len(body))
            piece = self._member.decompress(pending, room)
            body += piece
            if len(body) > limit:
                break
            pending = self._member.unused_data or self._member.unconsumed_tail
            if not pending and len(piece) < room:  # a full piece may have more behind it
                break

    def _next_member(self, pending: bytes) -> bool:
        if len(pending) < 2:
            self._rest = pending
            return False
        if pending[:2] != b"\x1f\x8b":
            self._over = True
            return False
        self._members += 1
        if self._members > MAX_GZIP_MEMBERS:
            raise RefusedError(
                "bad-encoding", f"more than {MAX_GZIP_MEMBERS} gzip members in a row"
            )
        self._member = zlib.decompressobj(wbits=31)
        return True

    def is_complete(self) -> bool:
        return self._member.eof or not self._started


class _Brotli:
    def __init__(self) -> None:
        self._decoder = brotli.Decompressor()
        self._started = False

    def decode(self, chunk: bytes, body: bytearray, limit: int) -> None:
        self._started = self._started or bool(chunk)
        pending = chunk
        # can_accept_more_data() is True while output is still pending: only an empty piece means
        # that the decoder has given everything.
        while not self._decoder.is_finished():
            room = limit + 1 - len(body)
            piece = self._decoder.process(pending, output_buffer_limit=min(_STEP, room))
            pending = b""
            body += piece[:room]
            if not piece or len(body) > limit:
                break

    def is_complete(self) -> bool:
        return not self._started or bool(self._decoder.is_finished())


def _decoder_for(content_encoding: str) -> _Decoder:
    codings = [part.strip().lower() for part in content_encoding.split(",")]
    codings = [coding for coding in codings if coding not in {"", "identity"}]
    if not codings:
        return _Identity()
    if len(codings) > 1:
        raise RefusedError(
            "bad-encoding",
            f"{len(codings)} content codings at once ({_short(', '.join(codings))}); one is allowed",
        )
    if codings[0] in {"gzip", "x-gzip"}:
        return _Gzip()
    if codings[0] == "br":
        return _Brotli()
    raise RefusedError(
        "bad-encoding", f"content coding {_short(codings[0])!r} where gzip or br was asked for"
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


class BoundedBody:
    """A body being read: decoded as it comes, refused where it outgrows its limit.

    Args:
        content_encoding: the header's value.
        max_bytes: of the decoded body (`fetch.max_body_bytes`).

    Raises:
        RefusedError: `bad-encoding` for a coding we did not ask for or several at once.
    """

    def __init__(self, content_encoding: str, max_bytes: int) -> None:
        self._decoder = _decoder_for(content_encoding)
        self._max_bytes = max_bytes
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take a piece from the wire; raises RefusedError `too-large` or `bad-encoding`."""
        try:
            self._decoder.decode(chunk, self._body, self._max_bytes)
        except (zlib.error, brotli.error) as exc:
            raise RefusedError("bad-encoding", f"broken compressed data: {exc}") from exc
        if len(self._body) > self._max_bytes:
            raise RefusedError(
                "too-large",
                f"the body is longer than {self._max_bytes} bytes (fetch.max_body_bytes)",
            )

    def finish(self) -> bytes:
        """Return the body; raises RefusedError `truncated` where compressed data has no end."""
        if not self._decoder.is_complete():
            raise RefusedError(
                "truncated",
                f"the compressed body ends before its end, after {len(self._body)} decoded bytes",
                passing=True,
            )
        return bytes(self._body)
