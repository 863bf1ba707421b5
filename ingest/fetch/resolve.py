"""From names to addresses. A resolver only looks up; what may be dialled is the guard's choice."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from ingest.errors import SettingsError

# (host, port) -> addresses as text. Raises OSError (socket.gaierror) where there are none.
Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]


class SystemResolver:
    """The operating system's resolver, in threads of its own.

    A look-up cannot be interrupted. In the loop's default threads a few dead name servers would
    hold up everything else that uses them, and the end of the program.
    """

    def __init__(self, threads: int = 16) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="resolve")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host, in the system's order of preference."""
        infos = await asyncio.get_running_loop().run_in_executor(
            self._threads, _getaddrinfo, host, port
        )
        return tuple(dict.fromkeys(infos))

    def close(self) -> None:
        """Start no more look-ups; those under way end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _getaddrinfo(host: str, port: int) -> list[str]:
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(info[4][0]) for info in infos]


class MapResolver:
    """Names that stand for servers of our own: the sample newsroom, the tests.

    `pinned` names are dialled at a fixed address and port, whatever port the URL has, and are
    exempt from the guard for just that pair. Every other name goes to `fallback`, or does not
    exist where there is none.
    """

    def __init__(
        self, mapping: Mapping[str, tuple[str, int]], fallback: Resolver | None = None
    ) -> None:
        self._mapping = {name.lower().rstrip("."): target for name, target in mapping.items()}
        self._fallback = fallback

    def pinned(self, host: str) -> tuple[str, int] | None:
        """Return where a name is dialled, or None for an ordinary name."""
        return self._mapping.get(host.lower().rstrip("."))

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host."""
        target = self.pinned(host)
        if target is not None:
            return (target[0],)
        if self._fallback is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return await self._fallback(host, port)


def map_resolver(
    mapping: Mapping[str, tuple[str, int]], fallback: Resolver | None = None
) -> MapResolver:
    """Return a resolver that dials each named host at its (address, port).

    Example:
        >>> resolver = map_resolver({"courier.example": ("127.0.0.1", 43211)})
    """
    return MapResolver(mapping, fallback)


def parse_pinned(pairs: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Read `host=address:port` pairs; raises SettingsError for anything else."""
    mapping = {}
    for pair in pairs:
        host, _, target = pair.partition("=")
        address, _, port = target.rpartition(":")
        if not (host and address and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise SettingsError(
                "fetch.pinned", f"{pair!r} is no pair", "write pairs such as name=127.0.0.1:8000"
            )
        mapping[host.strip()] = (address.strip("[] "), int(port))
    return mapping
