"""The desk's own proxy, as the setting writes it."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from ingest.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where the proxy stands: its URL without credentials, and those apart."""

    url: str
    host: str
    port: int
    auth: tuple[str, str] | None


def parse_proxy(text: str) -> Proxy | None:
    """Read `http://[user:password@]host:port`; None for "".

    Raises:
        SettingsError: `fetch.proxy` is something else.
    """
    if not text:
        return None
    way_out = "write http://proxy.example.org:3128"
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as exc:
        raise SettingsError("fetch.proxy", str(exc), way_out) from exc
    if url.scheme != "http" or not url.host:
        raise SettingsError("fetch.proxy", "is no http:// URL", way_out)
    auth = (url.username, url.password) if url.userinfo else None
    port = url.port or 80
    host = url.host
    bracketed = f"[{host}]" if ":" in host else host
    return Proxy(f"http://{bracketed}:{port}/", host.lower().rstrip("."), port, auth)
