"""Text of feeds made safe and plain: no control characters, no markup, no double escapes."""

from __future__ import annotations

import html
import re
import sys
import unicodedata
from typing import Final

MAX_TITLE_CHARS: Final = 1000
MAX_CONTENT_CHARS: Final = 200_000

# C0 and C1 controls but tab and line feeds, lone surrogates, non-characters.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_FORBIDDEN_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9A-Fa-f]+)|([0-9]+));")
# Invisible in a headline: soft hyphens, zero-width spaces, byte order marks, and the bidi
# controls that can make a headline read backwards. Joiners stay: some scripts need them.
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BLANKS = re.compile(r"[\s\x85\xa0\u2007\u202f\u3000]+")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Only these count as markup, so that "3 < 5" and "<Sputnik>" stay what they are.
_TAG = re.compile(
    r"</?(?:a|abbr|b|big|br|center|cite|code|del|div|em|figure|font|h[1-6]|i|img|ins|li|mark|nobr|"
    r"ol|p|q|s|small|span|strike|strong|sub|sup|tt|u|ul|wbr)(?:[\s/][^<>]*)?>"
    r"|<!--[^<>]*-->|<!\[CDATA\[|\]\]>",
    re.IGNORECASE,
)
_SUSPECT = re.compile(r"[&<]|\]\]>")
_HIDDEN = re.compile(r"<(script|style)\b[^<>]*>[^<]*</\1\s*>", re.IGNORECASE)


def mend_xml(text: str) -> str:
    """Return the text without characters that XML 1.0 forbids and publishers paste all the same."""
    return _FORBIDDEN_IN_XML.sub("", text)


def drop_impossible_references(text: str) -> str:
    """Return XML without references to characters that it forbids (`&#0;`, `&#xD800;`)."""
    return _REFERENCE.sub(_kept_reference, text)


def drop_unprintable(text: str) -> str:
    """Return the text without control characters and lone surrogates."""
    return _UNPRINTABLE.sub("", text)


def clean_content(content: str) -> str:
    """Return a feed's HTML as it is but for unprintable characters and excess length."""
    return drop_unprintable(content[: 2 * MAX_CONTENT_CHARS])[:MAX_CONTENT_CHARS]


def clean_line(text: str, max_chars: int = MAX_TITLE_CHARS) -> str:
    """Return one line of plain text: entities read (twice escaped ones too), markup dropped.

    NFC, blanks of every kind collapsed, at most `max_chars` code points.
    """
    text = text[: 20 * max_chars]
    if text.isprintable() and not _SUSPECT.search(text):  # nine of ten: nothing to read or drop
        return unicodedata.normalize("NFC", " ".join(text.split())[:max_chars])
    for _ in range(3):  # &amp;amp;quot; needs three rounds; no publisher escapes more often
        plain = _ENTITY.sub(lambda match: html.unescape(match.group()), text)
        plain = _TAG.sub(_blank_or_nothing, _HIDDEN.sub(" ", plain))
        if plain == text:
            break
        text = plain
    text = _INVISIBLE.sub("", drop_unprintable(_BLANKS.sub(" ", text)))
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", text).strip()[:max_chars])


def _blank_or_nothing(match: re.Match[str]) -> str:
    """A line break or block parts words; emphasis stands inside them."""
    name = match.group().lstrip("</").lower()
    return " " if name.startswith(("br", "p", "div", "li", "h", "ul", "ol", "center")) else ""


def _kept_reference(match: re.Match[str]) -> str:
    digits = match.group(1) or match.group(2)
    code = int(digits, 16 if match.group(1) else 10) if len(digits) < 12 else -1
    if not 0 < code <= sys.maxunicode or _FORBIDDEN_IN_XML.match(chr(code)):
        return ""
    return match.group()
