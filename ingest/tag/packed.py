"""How the compiled gazetteer lies in its file: forms in one string, equal targets once.

A plain map of 300,000 forms takes twice as long to read: each form's targets are an object of their own.
"""

from __future__ import annotations

import gc
import sys
import zlib
from array import array

import msgspec

from ingest.tag.gazetteer import Compiled, Country, Entity, Sounds


class _File(msgspec.Struct, frozen=True, array_like=True):
    """The file's content.

    Attributes:
        forms: joined by line feeds, which no form has.
        targets: each set of targets once; `of` says which is which form's (32 bits, little-endian).
        firsts: joined by line feeds; `most` has the number of words for each, a byte.
    """

    version: str
    sources: str
    entities: tuple[Entity, ...]
    countries: tuple[Country, ...]
    titles: tuple[tuple[str, str], ...]
    epithets: tuple[tuple[str, str], ...]
    forms: str
    of: bytes
    targets: tuple[tuple[int, ...], ...]
    firsts: str
    most: bytes
    sounds: Sounds


def packed(compiled: Compiled) -> bytes:
    """A gazetteer as the bytes of its file."""
    number: dict[tuple[int, ...], int] = {}
    of = array("I", (number.setdefault(t, len(number)) for t in compiled.forms.values()))
    if sys.byteorder == "big":
        of.byteswap()
    file = _File(
        version=compiled.version,
        sources=compiled.sources,
        entities=compiled.entities,
        countries=compiled.countries,
        titles=compiled.titles,
        epithets=compiled.epithets,
        forms="\n".join(compiled.forms),
        of=of.tobytes(),
        targets=tuple(number),
        firsts="\n".join(compiled.firsts),
        most=bytes(min(most, 255) for most in compiled.firsts.values()),
        sounds=compiled.sounds,
    )
    return zlib.compress(msgspec.msgpack.encode(file), 9)


def unpacked(data: bytes) -> Compiled:
    """The gazetteer of a file's bytes.

    Raises:
        zlib.error, msgspec.MsgspecError, ValueError: the bytes are no gazetteer.
    """
    collecting = gc.isenabled()
    gc.disable()  # half a million lasting objects are made: looking for dead ones among them is vain
    try:
        return _read(zlib.decompress(data))
    finally:
        if collecting:
            gc.enable()


def _read(data: bytes) -> Compiled:
    file = msgspec.msgpack.decode(data, type=_File)
    of = array("I", file.of)
    if sys.byteorder == "big":
        of.byteswap()
    targets = file.targets
    return Compiled(
        version=file.version,
        sources=file.sources,
        entities=file.entities,
        countries=file.countries,
        titles=file.titles,
        epithets=file.epithets,
        forms=dict(zip(file.forms.split("\n"), [targets[i] for i in of], strict=True)),
        firsts=dict(zip(file.firsts.split("\n"), file.most, strict=True)),
        sounds=file.sounds,
    )
