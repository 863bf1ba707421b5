"""Which of guid, link or content identifies the entries of a feed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ingest import ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.feeds.parsed import IdKind, ParsedEntry

# A feed with more than this share of empty or repeated guids does not mean them as identities.
MAX_BAD_SHARE: Final = 0.05


def with_keys(
    entries: Sequence[ParsedEntry], id_kind: str = ""
) -> tuple[IdKind, tuple[ParsedEntry, ...]]:
    """Give every entry its key.

    Args:
        entries: of one document; their `key` is not read.
        id_kind: what earlier polls of this feed used; "" decides now. A feed keeps its kind, since
            another one would make every entry new.

    Returns:
        The kind in use, and the entries with keys. Where an entry lacks what its kind asks for,
        its own key falls to the next: guid, link, hash of title and content.
    """
    kind = _known(id_kind) or _choose(entries)
    return kind, tuple(replace(entry, key=_key(entry, kind)) for entry in entries)


def _known(id_kind: str) -> IdKind | None:
    match id_kind:
        case "guid" | "link" | "hash":
            return id_kind
        case _:
            return None


def _choose(entries: Sequence[ParsedEntry]) -> IdKind:
    if _is_usable([entry.guid for entry in entries]):
        return "guid"
    return "link" if _is_usable([entry.url for entry in entries]) else "hash"


def _is_usable(values: Sequence[str]) -> bool:
    good = len(set(values) - {""})
    return len(values) - good <= MAX_BAD_SHARE * len(values)


def _key(entry: ParsedEntry, kind: IdKind) -> str:
    if kind == "guid" and entry.guid:
        return entry.guid
    if kind != "hash" and entry.url:
        return entry.url
    return "hash:" + ids.content_hash(entry.title, entry.content)
