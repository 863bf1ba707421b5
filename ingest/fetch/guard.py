"""The guard against inside addresses, at the only place that cannot be talked round: connect.

A host is resolved once, every address it has is judged, and the address that was judged is the
one dialled, so a name that answers differently the second time gains nothing. TLS comes
afterwards and still checks the certificate against the host's name.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING

from ingest.errors import SettingsError
from ingest.fetch.resolve import MapResolver
from ingest.fetch.result import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.fetch.resolve import Resolver

PORTS = frozenset({80, 443, 8080, 8443})

# More addresses than this are not tried; all of them are judged.
MAX_TRIED = 4

# `ipaddress.is_global` is true for several of these on Python 3.11 (NAT64, 6to4, multicast, the
# IPv4-compatible range), so the list is our own: the IANA special-purpose registries, read
# strictly, and the one cloud metadata service that answers on a public address.
_DENIED_V4 = tuple(
    ipaddress.IPv4Network(net)
    for net in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; a cloud's metadata at 100.100.100.200
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's host agent, reachable from every guest
        "169.254.0.0/16",  # link-local; most clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relay
        "192.168.0.0/16",
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")  # all that is assigned as global unicast
_DENIED_V6 = tuple(
    ipaddress.IPv6Network(net)
    for net in (
        "2001::/23",  # IETF protocol assignments: Teredo, ORCHID, benchmarking, AMT
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries an IPv4 address that a relay would dial
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an address, as text, may be dialled.

    IPv4-mapped (::ffff:0:0/96) and NAT64 (64:ff9b::/96) addresses are judged by the IPv4 address
    they carry: on a network with IPv6 alone, every IPv4 site is reached through the latter.
    What is no address is not public.

    Source: IANA IPv4 and IPv6 Special-Purpose Address Registries; RFC 6052 for NAT64.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is not None:  # fe80::1%eth0: never meant for the world
            return False
        carried = ip.ipv4_mapped
        if carried is None and ip in _NAT64:
            carried = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if carried is None:
            return ip in _GLOBAL_V6 and not any(ip in net for net in _DENIED_V6)
        ip = carried
    return not any(ip in net for net in _DENIED_V4)


def parse_host_port(text: str) -> tuple[str, int]:
    """Split `host:port` or `[address]:port`; raises ValueError."""
    host, colon, port = text.strip().rpartition(":")
    host = host.strip("[]").lower().rstrip(".")
    if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        msg = f"{text!r} is no host:port pair"
        raise ValueError(msg)
    return _canonical(host), int(port)


def _canonical(host: str) -> str:
    """Return an address in its one spelling; a name as it is."""
    try:
        return ipaddress.ip_address(host).compressed
    except ValueError:
        return host


class Guard:
    """Decides which addresses may be dialled for a host and port.

    Args:
        resolver: looks names up.
        allow_private: `host:port` pairs exempt from the guard. A pair matches the URL's host and
            port, or the address and port about to be dialled.
        proxy: (host, port) of the desk's own proxy, exempt as well, since it usually stands on a
            private address. Behind a proxy the guard sees the names in URLs but not the addresses
            that the proxy dials: only literal addresses can still be refused, and what a name
            resolves to is the proxy's to judge.
    """

    def __init__(
        self,
        resolver: Resolver,
        *,
        allow_private: Iterable[str] = (),
        proxy: tuple[str, int] | None = None,
    ) -> None:
        self._resolver = resolver
        self._proxy = proxy
        try:
            self._allowed = frozenset(parse_host_port(pair) for pair in allow_private)
        except ValueError as exc:
            raise SettingsError(
                "fetch.allow_private", str(exc), "write pairs such as 127.0.0.1:8000"
            ) from exc
        self._ports = PORTS | {port for _, port in self._allowed}

    async def targets(self, host: str, port: int) -> tuple[tuple[str, int], ...]:
        """Resolve a host and return the (address, port) pairs that may be dialled, at most four.

        Raises:
            RefusedError: `bad-port`, `blocked-address` (if any address is not public), `dns`,
                `dns-again`.
        """
        host = _canonical(host.lower().rstrip("."))
        if (host, port) == self._proxy:
            return self._first(await self._resolve(host, port), port)
        if isinstance(self._resolver, MapResolver):
            pinned = self._resolver.pinned(host)
            if pinned is not None:
                return (pinned,)
        if port not in self._ports:
            raise _bad_port(host, port)
        addresses = await self._resolve(host, port)
        if (host, port) not in self._allowed:
            for address in addresses:
                self._check_address(host, port, address)
        return self._first(addresses, port)

    def check_literal(self, host: str, port: int) -> None:
        """Judge a URL's host without resolving it, for what a proxy will dial.

        Every spelling that a C library takes for an IPv4 address counts (`127.1`, `0x7f000001`).

        Raises:
            RefusedError: `bad-port` or `blocked-address`.
        """
        host = _canonical(host.lower().rstrip("."))
        if (host, port) in self._allowed:
            return
        if port not in PORTS:
            raise _bad_port(host, port)
        literal = _literal_address(host)
        if literal is not None:
            self._check_address(host, port, literal)
        elif host == "localhost" or host.endswith(".localhost"):
            self._check_address(host, port, "127.0.0.1")

    def _check_address(self, host: str, port: int, address: str) -> None:
        if (_canonical(address), port) in self._allowed:
            return
        if port not in PORTS:
            raise RefusedError(
                "bad-port",
                f"port {port} is excepted by fetch.allow_private, but not for {host} at {address}",
            )
        if not is_public(address):
            where = host if host == address else f"{host} ({address})"
            raise RefusedError(
                "blocked-address",
                f"{where} is not a public address; "
                f"a host of your own can be excepted by fetch.allow_private ({_pair(host, port)})",
            )

    async def _resolve(self, host: str, port: int) -> tuple[str, ...]:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            pass
        else:
            return (host,)
        try:
            addresses = tuple(await self._resolver(host, port))
        except socket.gaierror as exc:
            if exc.errno == socket.EAI_AGAIN:
                raise RefusedError(
                    "dns-again", f"the name server gave no answer for {host}", passing=True
                ) from exc
            raise RefusedError("dns", f"no such host: {host}") from exc
        except (OSError, ValueError) as exc:  # a name that cannot be one (too long, NUL, ...)
            raise RefusedError("dns", f"no such host: {host}") from exc
        if not addresses:
            raise RefusedError("dns", f"{host} has no address")
        return addresses

    @staticmethod
    def _first(addresses: tuple[str, ...], port: int) -> tuple[tuple[str, int], ...]:
        return tuple((address, port) for address in addresses[:MAX_TRIED])


def _bad_port(host: str, port: int) -> RefusedError:
    return RefusedError(
        "bad-port",
        f"port {port} of {host} is none of 80, 443, 8080 and 8443; "
        f"a host of your own can be excepted by fetch.allow_private ({_pair(host, port)})",
    )


def _pair(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _literal_address(host: str) -> str | None:
    try:
        return ipaddress.ip_address(host).compressed
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, ValueError):
        return None
