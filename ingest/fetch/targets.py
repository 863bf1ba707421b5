"""URLs as requests see them: checked, resolved against each other, shown without secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx

from ingest.fetch.result import RefusedError

if TYPE_CHECKING:
    from ingest.fetch.result import Hop

MAX_URL_CHARS = 4096

# Names as they are registered, underscores as they are met; or an IPv6 address.
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:.]+")


def parse_target(url: str) -> httpx.URL:
    """Read a URL; raises RefusedError `bad-url` unless it is absolute, http(s), with a host."""
    if len(url) > MAX_URL_CHARS:
        raise RefusedError(
            "bad-url", f"the URL has {len(url)} characters; the limit is {MAX_URL_CHARS}"
        )
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as exc:  # lone surrogates are a ValueError
        raise RefusedError("bad-url", f"no valid URL: {exc}") from exc
    return _usable(parsed)


def join_target(base: httpx.URL, location: str) -> httpx.URL:
    """Resolve a redirect; `user:password@` in it is the other side's idea and is dropped.

    Raises:
        RefusedError: `bad-url`.
    """
    if len(location) > MAX_URL_CHARS:
        raise RefusedError("bad-url", f"redirect to a URL of {len(location)} characters")
    try:
        return _usable(base.join(location)).copy_with(userinfo=b"", fragment=None)
    except (httpx.InvalidURL, ValueError) as exc:
        raise RefusedError("bad-url", f"redirect to {location[:200]!r}: {exc}") from exc


def _usable(url: httpx.URL) -> httpx.URL:
    """Return a URL that can be asked for, its host without a final dot (no certificate has it)."""
    host = url.raw_host.decode("ascii").rstrip(".")
    if url.scheme not in {"http", "https"} or not host:
        raise RefusedError("bad-url", f"{str(url)[:200]!r} is no absolute http or https URL")
    if not _HOST.fullmatch(host):
        raise RefusedError("bad-url", f"{host[:200]!r} is no host name")
    return url.copy_with(host=host) if host != url.raw_host.decode("ascii") else url


def show_url(url: httpx.URL) -> str:
    """Return a URL without the user name and password it may carry."""
    return str(url.copy_with(userinfo=b"")) if url.userinfo else str(url)


def gives_up_tls(hop: Hop) -> bool:
    """Whether a redirect leads from https to http."""
    return hop.url.startswith("https:") and hop.location.startswith("http:")


def is_same_host(a: httpx.URL, b: httpx.URL) -> bool:
    """Whether two URLs share one politeness: the host, and its port where that is special."""
    special = [url.port if url.port not in (None, 80, 443) else 0 for url in (a, b)]
    return a.host == b.host and special[0] == special[1]


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Return scheme, host and port: who may see what was meant for this URL."""
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)
