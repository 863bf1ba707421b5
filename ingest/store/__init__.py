"""The store: a port and its adapters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ingest.errors import SettingsError
from ingest.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from ingest.store.port import Store

_SQLITE = "sqlite:///"


def open_store(url: str, prefix: str = "summitwatch", *, create: bool = True) -> Store:  # noqa: ARG001  the prefix names indices; a file has none
    """Open the store that a URL names: `sqlite:///path` (a fourth slash for an absolute path).

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
    raise SettingsError("store", f"{url!r} names no store", "write sqlite:///path/to/file.sqlite")
