"""A client for the cluster that a URL names, with the desk's credentials and trust."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from elasticsearch import Elasticsearch

from ingest.errors import SettingsError, StoreDownError
from ingest.store.elastic_wire import FastJson, Wire

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.settings import ElasticsearchSettings

MAJOR = "9"
OPEN_TRIES = 4
"""Of the first request: a server that is down is known within a second."""


def connect(url: str, settings: ElasticsearchSettings) -> Elasticsearch:
    """Return a client that has reached a server of a version that we know.

    Raises:
        SettingsError: the URL or the credentials cannot be used.
        StoreDownError: unreachable, refused, or of another version.
    """
    client = Elasticsearch(
        nodes_of(url),
        serializer=FastJson(),
        max_retries=0,  # `Wire` tries again, and knows what may be repeated
        request_timeout=settings.timeout_s,
        http_compress=settings.compress,
        **credentials(settings),
        **trust(url, settings),
    )
    name = redacted(url)
    try:
        version = str(Wire(client, name).call(client.info, tries=OPEN_TRIES)["version"]["number"])
        check_version(name, version)
    except BaseException:
        client.close()
        raise
    return client


def check_version(name: str, version: str) -> None:
    """Raise StoreDownError for a server that this program does not know."""
    if version.partition(".")[0] != MAJOR:
        raise StoreDownError(
            name, f"is Elasticsearch {version}", f"this program needs version {MAJOR}"
        )


def nodes_of(url: str) -> list[str]:
    """Return the addresses, each with scheme and port.

    `https://es1:9200,es2:9200` is two nodes; the scheme of the first goes for those without one.
    """
    scheme = url.partition("://")[0]
    nodes = []
    for part in url.split(","):
        whole = part.strip() if "://" in part else f"{scheme}://{part.strip()}"
        try:
            split = urlsplit(whole)
            host, port = split.hostname, split.port
        except ValueError:
            host, port = None, None
        if "@" in whole:  # it would show in process lists, logs and the settings
            raise SettingsError(
                "store",
                f"{redacted(url)!r} holds a user or password",
                "set elasticsearch.user and elasticsearch.password_file instead",
            )
        if not host or split.scheme not in {"http", "https"}:
            raise SettingsError(
                "store", f"{redacted(url)!r} names no server", "write https://host:9200"
            )
        host = f"[{host}]" if ":" in host else host
        default = 443 if split.scheme == "https" else 9200
        nodes.append(f"{split.scheme}://{host}:{port or default}{split.path.rstrip('/')}")
    return nodes


def redacted(url: str) -> str:
    """Return the URL without user and password, for messages."""
    parts = []
    for part in url.split(","):
        head, mark, rest = part.partition("://")
        place = (rest if mark else head).rpartition("@")[2]
        parts.append(f"{head}{mark}{place}" if mark else place)
    return ",".join(parts)


def credentials(settings: ElasticsearchSettings) -> dict[str, Any]:
    """Return the client's arguments for an API key, or user and password."""
    api_key = secret(settings.api_key, settings.api_key_file)
    if api_key:
        return {"api_key": api_key}
    if not settings.user:
        return {}
    password = secret(settings.password, settings.password_file)
    if not password:
        raise SettingsError(
            "elasticsearch.password",
            f"is missing for the user {settings.user}",
            "set it, or elasticsearch.password_file",
        )
    return {"basic_auth": (settings.user, password)}


def secret(value: Any, file: Path | None) -> str:  # noqa: ANN401  a pydantic secret
    """Return a secret given as such or in a file."""
    if value is not None and value.get_secret_value():
        return str(value.get_secret_value())
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(str(file), f"cannot be read: {exc}", "name a readable file") from exc


def trust(url: str, settings: ElasticsearchSettings) -> dict[str, Any]:
    """Return the client's arguments for the server's certificate."""
    if not url.startswith("https"):
        return {}
    if settings.fingerprint:
        return {"ssl_assert_fingerprint": settings.fingerprint}
    if settings.ca_file is not None:
        if not settings.ca_file.is_file():
            raise SettingsError(
                "elasticsearch.ca_file", f"{settings.ca_file} is no file", "name the CA's PEM file"
            )
        return {"ca_certs": str(settings.ca_file)}
    return {}
