"""The network backend under every connection: dials only what the guard named, counts bytes."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

import httpcore

from ingest.fetch.result import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.fetch.guard import Guard

# One address; the total deadline stands above it. Long enough for a lost SYN or two.
CONNECT_TIMEOUT_S = 8.0


class GuardedStream(httpcore.AsyncNetworkStream):
    """A stream that refuses to read on past its limit, heads and framing included."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, max_bytes: int) -> None:
        self._inner = inner
        self._max_bytes = max_bytes
        self.read_bytes = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  httpcore's
        """Read; raises RefusedError `too-large` past the limit."""
        try:
            piece = await self._inner.read(max_bytes, timeout)
        except ssl.SSLError as exc:  # a broken record; httpcore has no name for it
            raise RefusedError("tls", _tls_reason(exc), passing=True) from exc
        self.read_bytes += len(piece)
        if self.read_bytes > self._max_bytes:
            raise RefusedError(
                "too-large",
                f"the answer is longer than {self._max_bytes} bytes on the wire "
                "(fetch.max_wire_bytes)",
            )
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Write."""
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """Wrap in TLS; what is counted from here on is the text inside."""
        try:
            # In place, so that closing this stream closes the connection at any stage.
            self._inner = await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except httpcore.ConnectError as exc:
            if isinstance(exc.__cause__, ssl.SSLError):
                raise RefusedError("tls", _tls_reason(exc.__cause__), passing=True) from exc
            raise RefusedError("tls", "the server hung up during TLS", passing=True) from exc
        except ValueError as exc:  # a host name that no certificate can have
            raise RefusedError("bad-url", f"{server_hostname!r} cannot be asked for") from exc
        return self

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  httpcore's
        """Return what httpcore asks of a stream."""
        return self._inner.get_extra_info(info)


def _tls_reason(exc: ssl.SSLError) -> str:
    if isinstance(exc, ssl.SSLCertVerificationError):
        return f"the certificate does not hold: {exc.verify_message.rstrip('.')}"
    return f"no TLS with this server: {exc.reason or exc}"


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens the connection of one request, and closes it whatever happened meanwhile."""

    def __init__(self, guard: Guard, max_wire_bytes: int) -> None:
        self._guard = guard
        self._max_wire_bytes = max_wire_bytes
        self._dialler = httpcore.AnyIOBackend()
        self._stream: GuardedStream | None = None

    @property
    def read_bytes(self) -> int:
        """Bytes read so far."""
        return self._stream.read_bytes if self._stream else 0

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109  the deadline is the client's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Dial the first of the guard's addresses that answers.

        Raises:
            RefusedError: as `Guard.targets`, or `connect`.
        """
        error: Exception | None = None
        for address, target_port in await self._guard.targets(host, port):
            try:
                inner = await self._dialler.connect_tcp(
                    address, target_port, CONNECT_TIMEOUT_S, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                error = exc
            else:
                self._stream = GuardedStream(inner, self._max_wire_bytes)
                return self._stream
        raise RefusedError("connect", _connect_reason(host, port, error), passing=True) from error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no publisher lives in a file."""
        raise RefusedError("blocked-address", f"{path} is a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        await asyncio.sleep(seconds)

    async def aclose(self) -> None:
        """Close the connection, if there is one; safe to repeat."""
        if self._stream is not None:
            await self._stream.aclose()


def _connect_reason(host: str, port: int, error: BaseException | None) -> str:
    if isinstance(error, httpcore.ConnectTimeout):
        return f"{host}:{port} did not answer within {CONNECT_TIMEOUT_S:g} s"
    deepest = error
    while deepest is not None and deepest.__cause__ is not None:
        deepest = deepest.__cause__
    reason = getattr(deepest, "strerror", None) or "no connection"
    return f"{host}:{port}: {str(reason).lower()}"
