"""The process that runs Apprise: an order on standard input, `{"sent": …, "said": …}` as answer.

An audit hook sees every address that Python dials, redirected, rebound or written in a plugin, and
refuses what is not public.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import sys
from typing import Any
from urllib.parse import urlsplit

from ingest.fetch.guard import is_public, parse_host_port

_DIALS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_NOT_INSTALLED = "the package apprise is not installed: pip install 'summitwatch[apprise]'"


def main() -> None:
    """Do one order."""
    order = json.load(sys.stdin)
    blocked = _guard(_allowed(order))
    sent, said = _send(order["url"], order["title"], order["body"])
    sys.stdout.write(json.dumps({"sent": sent, "said": "; ".join(blocked) or said}))


def _allowed(order: dict[str, Any]) -> frozenset[tuple[str, int]]:
    """Addresses that are excepted from the guard: the desk's own, and its proxy."""
    pairs = [parse_host_port(pair) for pair in order["allow_private"]]
    if order["proxy"]:
        proxy = urlsplit(order["proxy"])
        pairs.append((proxy.hostname or "", proxy.port or 80))
    found: set[tuple[str, int]] = set()
    for host, port in pairs:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            continue
        found.update((_canonical(str(info[4][0])), port) for info in infos)
    return frozenset(found)


def _guard(allowed: frozenset[tuple[str, int]]) -> list[str]:
    """From here on refuse to dial what is not public; returns the list of what was refused."""
    blocked: list[str] = []

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event not in _DIALS or args[1] is None:  # None: over a socket that is connected already
            return
        address = args[1]
        host, port = (str(address[0]), address[1]) if isinstance(address, tuple) else ("a file", 0)
        if is_public(host) or (_canonical(host), port) in allowed:
            return
        shown = f"[{host}]" if ":" in host else host
        blocked.append(
            f"blocked-address: {host} is not a public address; a host of your own can be excepted"
            f" by fetch.allow_private ({shown}:{port})"
        )
        raise PermissionError(blocked[-1])

    sys.addaudithook(watch)
    return blocked


def _canonical(host: str) -> str:
    try:
        return ipaddress.ip_address(host).compressed
    except ValueError:
        return host


class _LastWords(logging.Handler):
    """Keeps the last warning: why Apprise failed is told nowhere else."""

    said = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.said = record.getMessage()


def _send(url: str, title: str, body: str) -> tuple[bool, str]:
    try:
        import apprise  # noqa: PLC0415  an extra
    except ImportError:
        return False, _NOT_INSTALLED
    words = _LastWords(logging.WARNING)
    logging.getLogger("apprise").addHandler(words)
    asset = apprise.AppriseAsset(async_mode=False, http_redirects=False, secure_logging=True)
    service = apprise.Apprise.instantiate(url, asset=asset)
    if service is None:
        return False, "is no URL that Apprise knows: see its list of services"
    service.redirects = False  # whatever the URL asks for
    sender = apprise.Apprise(asset=asset)
    sender.add(service)
    try:
        is_sent = sender.notify(
            title=title, body=body, body_format=apprise.NotifyFormat.TEXT, notify_type="info"
        )
    except Exception as exc:  # noqa: BLE001  plugins of many hands: whatever they raise is an answer
        return False, f"{type(exc).__name__}: {exc}"
    return bool(is_sent), words.said or ("" if is_sent else "was not taken")


if __name__ == "__main__":
    main()
