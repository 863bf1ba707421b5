"""How the compiled gazetteer lies in its file: forms in a trie, towns read when they are asked for."""

from __future__ import annotations

import gc
import zlib
from itertools import takewhile

import msgspec

from ingest.tag.formtable import FormTable, packed_words
from ingest.tag.gazetteer import Compiled, Country, Entity, Rows, Sounds, is_uncurated


class _File(msgspec.Struct, frozen=True, array_like=True):
    """The file's content.

    Attributes:
        towns: the entities behind `entities`, those of GeoNames that nobody curated.
        forms, numbers, targets: what a `FormTable` is made from; each set of targets lies there once.
    """

    version: str
    sources: str
    entities: tuple[Entity, ...]
    towns: tuple[msgspec.Raw, ...]
    countries: tuple[Country, ...]
    titles: tuple[tuple[str, str], ...]
    epithets: tuple[tuple[str, str], ...]
    forms: bytes
    numbers: bytes
    targets: tuple[tuple[int, ...], ...]
    sounds: Sounds
    redirects: dict[str, str]


def packed(compiled: Compiled) -> bytes:
    """A gazetteer as the bytes of its file."""
    forms, numbers, targets = packed_words(compiled.forms)
    towns = sum(1 for _ in takewhile(is_uncurated, reversed(compiled.entities)))
    known = len(compiled.entities) - towns
    file = _File(
        version=compiled.version,
        sources=compiled.sources,
        entities=tuple(compiled.entities[:known]),
        towns=tuple(msgspec.Raw(msgspec.msgpack.encode(e)) for e in compiled.entities[known:]),
        countries=compiled.countries,
        titles=compiled.titles,
        epithets=compiled.epithets,
        forms=forms,
        numbers=numbers,
        targets=targets,
        sounds=compiled.sounds,
        redirects=compiled.redirects,
    )
    return zlib.compress(msgspec.msgpack.encode(file), 9)


def unpacked(data: bytes) -> Compiled:
    """The gazetteer of a file's bytes.

    Raises:
        zlib.error, msgspec.MsgspecError, ValueError, RuntimeError: the bytes are no gazetteer.
    """
    collecting = gc.isenabled()
    gc.disable()  # many lasting objects are made: looking for dead ones among them is vain
    try:
        return _read(zlib.decompress(data))
    finally:
        if collecting:
            gc.enable()


def _read(data: bytes) -> Compiled:
    file = msgspec.msgpack.decode(data, type=_File)
    return Compiled(
        version=file.version,
        sources=file.sources,
        entities=Rows(file.entities, file.towns),
        countries=file.countries,
        titles=file.titles,
        epithets=file.epithets,
        forms=FormTable(file.forms, file.numbers, file.targets),
        sounds=file.sounds,
        redirects=file.redirects,
    )
