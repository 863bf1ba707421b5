"""The store: a port and its adapters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ingest.errors import SettingsError
from ingest.settings import load_settings
from ingest.store.sqlite import SqliteStore
from ingest.store.sqlite_migrate import SqliteMigration

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ingest.settings import ElasticsearchSettings
    from ingest.store.migrating import Migration
    from ingest.store.port import Store

_SQLITE = "sqlite:///"


def open_store(
    url: str,
    prefix: str = "summitwatch",
    *,
    create: bool = True,
    locate: Callable[[str], tuple[float, float] | None] | None = None,
    names: Callable[[str], tuple[str, ...]] | None = None,
    elasticsearch: ElasticsearchSettings | None = None,
) -> Store:
    """Open the store that a URL names: `sqlite:///path` (a fourth slash for an absolute path).

    `http(s)://host:9200` is an Elasticsearch; credentials and trust are settings.

    Args:
        url: percent-escapes in the path are undone.
        prefix: of index names.
        create: whether to make the store where there is none.
        locate: latitude and longitude of a place by its id, for maps over Elasticsearch.
        names: of a leader or place by its id, for Kibana over Elasticsearch.
        elasticsearch: credentials and trust; None: those of the settings.

    Raises:
        SettingsError: no kind of store that we know.
        StoreError: see `SqliteStore.open`.
    """
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        return SqliteStore.open(Path(unquote(url.removeprefix(_SQLITE))), create=create)
    if url.startswith(("http://", "https://")):
        settings = elasticsearch or load_settings().elasticsearch
        known = (locate or _nowhere, names or _nameless)
        return _open_elastic(url, prefix, settings, known, create=create)
    raise _unknown(url)


def open_migration(
    url: str,
    prefix: str,
    *,
    clock: Callable[[], datetime],
    elasticsearch: ElasticsearchSettings | None = None,
) -> Migration:
    """Open what brings the store that a URL names to this program's version, and back.

    Raises:
        SettingsError: no kind of store that we know.
        StoreDownError: there is no such store, or it cannot be reached.
    """
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        return SqliteMigration(Path(unquote(url.removeprefix(_SQLITE))), clock)
    if url.startswith(("http://", "https://")):
        settings = elasticsearch or load_settings().elasticsearch
        try:
            from ingest.store.elastic_migrate import ElasticMigration  # noqa: PLC0415  an extra
        except ImportError as exc:
            raise _no_client() from exc
        return ElasticMigration.open(url, prefix, settings, clock)
    raise _unknown(url)


def _unknown(url: str) -> SettingsError:
    return SettingsError(
        "store",
        f"{url!r} names no store",
        "write sqlite:///path/to/file.sqlite or https://host:9200",
    )


def _no_client() -> SettingsError:
    return SettingsError(
        "store",
        "the Elasticsearch client is not installed",
        "pip install 'summitwatch[elasticsearch]'",
    )


def _nowhere(entity: str) -> None:  # noqa: ARG001  the shape of `locate`
    return None


def _nameless(entity: str) -> tuple[str, ...]:  # noqa: ARG001  the shape of `names`
    return ()


def _open_elastic(
    url: str,
    prefix: str,
    settings: ElasticsearchSettings,
    known: tuple[Callable[[str], tuple[float, float] | None], Callable[[str], tuple[str, ...]]],
    *,
    create: bool,
) -> Store:
    try:
        from ingest.store.elastic import ElasticStore  # noqa: PLC0415  an extra
    except ImportError as exc:
        raise _no_client() from exc
    locate, names = known
    return ElasticStore.open(url, prefix, settings, create=create, locate=locate, names=names)
