"""From a page's bytes to characters: the charset of header, meta or detection, whichever is true."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.ASCII | re.IGNORECASE)
_META = re.compile(
    r"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.ASCII | re.IGNORECASE
)
_XML = re.compile(r"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.ASCII)
_META_BYTES = 8192  # browsers look at 1,024; slow templates put scripts first
_SAMPLE_BYTES = 40_000  # detection is a hundred times slower than decoding
_MAX_DAMAGE = 0.002  # replaced characters a page may have before its label is not believed
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Real text codecs only: labels such as `punycode` or `unicode_escape` decode too, at a price.
_CODECS = re.compile(
    r"utf-8|cp12\d\d|cp8\d\d|cp9\d\d|iso8859-\d+|koi8-[rut]|mac-\w+|gb\w+|big5\w*"
    r"|shift_jis\w*|euc_\w+|iso2022_\w+|tis-620"
)
# What the label says, and what pages that say so mean. Source: WHATWG Encoding Standard, 4.2.
_MEANT = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030"}
# Legacy charsets of the languages we read, for detection.
_LEGACY = ["cp1251", "cp1252", "cp1250", "cp1254", "koi8_r", "koi8_u", "iso8859_2", "iso8859_5"]


def decode_html(body: bytes, content_type: str = "") -> str:
    """Return the characters of a page; never a lone surrogate, whatever the bytes.

    Bytes that are valid UTF-8 are UTF-8 whatever a label says: no page in another charset of
    practical length is valid by accident. Then the header's label, the meta label, detection.
    """
    for bom, codec in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(codec, "replace")
    head = body[:_META_BYTES].decode("ascii", "replace")
    labels = (_HEADER.search(content_type), _XML.search(head), _META.search(head))
    codecs_named = [codec for label in labels if label and (codec := _codec(label[1]))]
    if not (body.isascii() and codecs_named):
        whole = _without_torn_tail(body)
        try:
            return whole.decode("utf-8")
        except UnicodeDecodeError:
            pass
    for codec in [*codecs_named, "utf-8"]:
        text = body.decode(codec, "replace")
        if text.count("\ufffd") <= _MAX_DAMAGE * len(text) + 1:
            return text
    guess = from_bytes(body[:_SAMPLE_BYTES], cp_isolation=_LEGACY).best()
    return body.decode(guess.encoding if guess else "utf-8", "replace")


def _codec(label: str) -> str:
    """Return Python's name of the charset that a label means, "" for none we trust."""
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    name = _MEANT.get(name, name)
    return name if _CODECS.fullmatch(name) else ""


def _without_torn_tail(body: bytes) -> bytes:
    """Drop a last character that a size limit cut in two."""
    for back in range(1, min(4, len(body)) + 1):
        byte = body[-back]
        if byte < 0x80:
            return body
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return body[:-back] if back < needed else body
    return body
