"""The store: a port and its adapters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ingest.errors import SettingsError
from ingest.settings import load_settings
from ingest.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from ingest.store.port import Store

_SQLITE = "sqlite:///"


def open_store(url: str, prefix: str = "summitwatch", *, create: bool = True) -> Store:
    """Open the store that a URL names: `sqlite:///path` (a fourth slash for an absolute path).

    `http(s)://host:9200` is an Elasticsearch; credentials and trust are settings.

    Args:
        url: percent-escapes in the path are undone.
        prefix: of index names.
        create: whether to make the store where there is none.

    Raises:
        SettingsError: no kind of store that we know.
        StoreError: see `SqliteStore.open`.
    """
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        return SqliteStore.open(Path(unquote(url.removeprefix(_SQLITE))), create=create)
    if url.startswith(("http://", "https://")):
        return _open_elastic(url, prefix, create=create)
    raise SettingsError(
        "store",
        f"{url!r} names no store",
        "write sqlite:///path/to/file.sqlite or https://host:9200",
    )


def _open_elastic(url: str, prefix: str, *, create: bool) -> Store:
    try:
        from ingest.store.elastic import ElasticStore  # noqa: PLC0415  an extra
    except ImportError as exc:
        raise SettingsError(
            "store",
            "the Elasticsearch client is not installed",
            "pip install 'summitwatch[elasticsearch]'",
        ) from exc
    return ElasticStore.open(url, prefix, load_settings().elasticsearch, create=create)
