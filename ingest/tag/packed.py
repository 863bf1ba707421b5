"""How the compiled gazetteer lies in its file: forms in a trie, equal targets once."""

from __future__ import annotations

import gc
import sys
import zlib
from array import array

import msgspec

from ingest.tag.formtable import FormTable, packed_words
from ingest.tag.gazetteer import STARTS, Compiled, Country, Entity, Sounds


class _File(msgspec.Struct, frozen=True, array_like=True):
    """The file's content.

    Attributes:
        forms: a trie; `of` says by its numbers which targets are which form's (32 bits, little-endian).
        targets: each set of targets once.
        firsts: a trie; `most` has by its numbers how many words a form that begins so may have, a byte.
        starts: the first letters of those words, joined by line feeds, which no form has.
    """

    version: str
    sources: str
    entities: tuple[Entity, ...]
    countries: tuple[Country, ...]
    titles: tuple[tuple[str, str], ...]
    epithets: tuple[tuple[str, str], ...]
    forms: bytes
    of: bytes
    targets: tuple[tuple[int, ...], ...]
    firsts: bytes
    most: bytes
    starts: str
    sounds: Sounds
    redirects: dict[str, str]


def packed(compiled: Compiled) -> bytes:
    """A gazetteer as the bytes of its file."""
    number: dict[tuple[int, ...], int] = {}
    numbered = {f: number.setdefault(t, len(number)) for f, t in compiled.forms.items()}
    forms, of = packed_words(numbered)
    if sys.byteorder == "big":
        of.byteswap()
    firsts, most = packed_words({word: min(n, 255) for word, n in compiled.firsts.items()})
    file = _File(
        version=compiled.version,
        sources=compiled.sources,
        entities=compiled.entities,
        countries=compiled.countries,
        titles=compiled.titles,
        epithets=compiled.epithets,
        forms=forms,
        of=of.tobytes(),
        targets=tuple(number),
        firsts=firsts,
        most=bytes(most.tolist()),
        starts="\n".join(sorted({word[:STARTS] for word in compiled.firsts})),
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
    of = array("I", file.of)
    if sys.byteorder == "big":
        of.byteswap()
    return Compiled(
        version=file.version,
        sources=file.sources,
        entities=file.entities,
        countries=file.countries,
        titles=file.titles,
        epithets=file.epithets,
        forms=FormTable(file.forms, of, file.targets),
        firsts=FormTable(file.firsts, file.most, range(256), tuple(file.starts.split("\n"))),
        sounds=file.sounds,
        redirects=file.redirects,
    )
