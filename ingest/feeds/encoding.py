"""Bytes to text: what the document declares, unless the bytes say otherwise."""

from __future__ import annotations

import codecs
import re
from typing import Final

from charset_normalizer import from_bytes

_BOMS: Final = (
    (codecs.BOM_UTF32_BE, "utf-32-be"),  # before UTF-16, whose mark begins the little-endian one
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_NOT_ASCII = re.compile(rb"[\x80-\xff][^<>]{0,400}")
# Browsers read these labels as their Windows supersets (WHATWG Encoding Standard, 4.2).
_SUPERSETS: Final = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
}
# What our languages are written in where nobody declared anything, most frequent first.
_CYRILLIC: Final = ("cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5", "mac_cyrillic")
_LATIN: Final = ("cp1252", "cp1250", "iso8859_2", "cp1254")
_CENTRAL: Final = ("cp1250", "iso8859_2")
_TELLING: Final = {"cp1250": b"\xb9\x9c\x9f\xa5\x8c\x8f", "iso8859_2": b"\xb1\xb6\xbc\xa1\xa6\xac"}
_BY_LANGUAGE: Final = {
    **dict.fromkeys((b"ru", b"uk", b"be", b"bg", b"sr"), _CYRILLIC),
    **dict.fromkeys((b"en", b"de", b"fr", b"es", b"it", b"pt", b"nl"), ("cp1252",)),
    **dict.fromkeys((b"pl", b"cs", b"sk", b"hu"), _CENTRAL),
    b"tr": ("cp1254",),
}
_LANGUAGE = re.compile(
    rb"""(?:<(?:dc:)?language>\s*|\b(?:xml:)?lang\s*=\s*["'])([A-Za-z]{2})\b""", re.IGNORECASE
)
_RUN = re.compile(rb"[\x80-\xff]{3,}")
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_SAMPLE_BYTES: Final = 16_384


def decode(body: bytes, content_type: str = "") -> str:
    """Return the document's text; bytes that fit nowhere become U+FFFD.

    A byte order mark wins. Then valid UTF-8 with characters beyond ASCII is UTF-8, whatever a
    single-byte label claims, since such text is next to never valid UTF-8 by chance. Then the XML
    declaration, the header's charset, and a guess among the encodings of our languages.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    if wide := _wide_without_mark(body[:4]):
        return body.decode(wide, "replace")
    labels = _labels(body, content_type)
    if "iso2022" in labels[:1] or any(name.startswith(("iso2022", "hz")) for name in labels):
        return body.decode(labels[0], "replace")  # seven bits: valid UTF-8, and not meant as such
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    for name in labels:
        if name == "utf-8":
            continue
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    if _mostly_utf8(body):
        return body.decode("utf-8", "replace")
    return body.decode(_guess(body), "replace")


def _labels(body: bytes, content_type: str) -> list[str]:
    found: list[str] = []
    declared = _DECLARED.match(body[:1024])
    charset = _CHARSET.search(content_type[:500])
    for label in (
        declared.group(1).decode("ascii") if declared else "",
        charset.group(1) if charset else "",
    ):
        try:
            info = codecs.lookup(label)
            b"".decode(label)  # base64, zlib and their like are codecs, but none of text
        except (LookupError, ValueError):
            continue
        found.append(_SUPERSETS.get(info.name, info.name))
    return found


def _wide_without_mark(head: bytes) -> str:
    return {
        b"<\0?\0": "utf-16-le", b"\0<\0?": "utf-16-be", b"<\0\0\0": "utf-32-le", b"\0\0\0<": "utf-32-be",
    }.get(head, "")  # fmt: skip


def _mostly_utf8(body: bytes) -> bool:
    """UTF-8 with a few broken characters: cut in the middle, or one foreign byte."""
    text = body[:200_000].decode("utf-8", "replace")
    broken = text.count("\ufffd")
    beyond_ascii = sum(not char.isascii() for char in text)
    return beyond_ascii > 20 * broken


def _guess(body: bytes) -> str:
    """Guess from the parts that are not ASCII, without the markup around them."""
    sample = bytearray()
    for match in _NOT_ASCII.finditer(body[:1_000_000]):
        sample += match.group() + b" "
        if len(sample) > _SAMPLE_BYTES:
            break
    candidates = _candidates(body, bytes(sample))
    if len(candidates) == 1:
        return candidates[0]
    if candidates == _CENTRAL:  # they share all letters but six of Polish, Czech and Slovak
        return max(_CENTRAL, key=lambda name: sum(map(sample.count, _TELLING[name])))
    best = from_bytes(bytes(sample), cp_isolation=list(candidates), threshold=0.9).best()
    return best.encoding if best else candidates[0]


def _candidates(body: bytes, sample: bytes) -> tuple[str, ...]:
    """By the language that the document names, else by its words: Cyrillic ones are all high."""
    language = _LANGUAGE.search(body[:4096])
    if language and (named := _BY_LANGUAGE.get(language.group(1).lower())):
        return named
    in_runs = sum(len(run) for run in _RUN.findall(sample))
    high = len(sample) - len(sample.translate(None, _BEYOND_ASCII))
    return _CYRILLIC if 2 * in_runs > high else _LATIN
