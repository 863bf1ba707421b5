"""Folding that keeps every offset: one code point in, one code point out.

Names are compared without case and Latin accents. `str.lower` is no use for it: "İ".lower() has
two code points, and every offset behind it would be wrong. Combining marks and invisible characters
(NFD text, zero-width spaces, soft hyphens) are dropped together with a map back to the text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Capitals of the languages we read, for patterns.
LATIN_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĻŁŃŅŇŌŐŒŘŚŞŠŢŤŪŮŰŲŹŻŽȘȚƏ"
CYRILLIC_UPPER = "А-ЯЁІЇЄҐЎ"

_SPECIAL = {
    "ł": "l", "Ł": "l", "ı": "i", "İ": "i", "ø": "o", "Ø": "o", "đ": "d", "Đ": "d", "ð": "d", "Ð": "d",
    "ё": "е", "Ё": "е", "ґ": "г", "Ґ": "г", "ў": "у", "Ў": "у",
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "ʻ": "'", "′": "'",
    "–": "-", "—": "-", "‑": "-", "‐": "-", "−": "-",
    "\n": " ", "\r": " ", "\t": " ", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u3000": " ",
}  # fmt: skip
_KEEP_ACCENT = frozenset("йїЙЇ")  # letters of their own, not accented ones


def _fold_char(char: str) -> str:
    if char in _SPECIAL:
        return _SPECIAL[char]
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"  # half a character: the trie of forms takes whole ones only
    lowered = char.lower()
    if len(lowered) != 1:
        return char
    if lowered < "\u0080" or lowered in _KEEP_ACCENT:
        return lowered
    base = unicodedata.normalize("NFKD", lowered)
    if len(base) > 1 and all(unicodedata.combining(mark) for mark in base[1:]):
        return base[0]
    if len(base) == 1:
        lowered = base.lower()
        return lowered if len(lowered) == 1 else base
    return lowered


class _Table(dict[int, str]):
    """A translate table that learns each code point once."""

    def __missing__(self, code: int) -> str:
        folded = _fold_char(chr(code))
        self[code] = folded
        return folded


_TABLE = _Table()


def fold(text: str) -> str:
    """Return `text` without case and accents; `len(fold(text)) == len(text)`."""
    return text.translate(_TABLE)


@lru_cache(10_000)
def is_invisible(char: str) -> bool:
    """Whether a reader does not see `char` as one of its own (a mark, a joiner, a soft hyphen)."""
    return char > "\u00ac" and (
        unicodedata.combining(char) != 0 or unicodedata.category(char) == "Cf"
    )


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text and the way back.

    Attributes:
        text: what is matched.
        offsets: place in the original of each code point of `text`, and its length last;
            None where the two run in step.
        visible: the original without invisible characters, in step with `text`.
    """

    text: str
    visible: str
    offsets: tuple[int, ...] | None

    def start(self, index: int) -> int:
        """Offset in the original of the code point at `index`."""
        return index if self.offsets is None else self.offsets[index]

    def end(self, index: int) -> int:
        """Offset in the original just behind the code points before `index`."""
        if self.offsets is None or index == 0:
            return index
        # marks that follow the last letter belong to it
        return self.offsets[index]


def fold_text(text: str) -> Folded:
    """Fold a whole text for matching; see `Folded`."""
    if text.isascii() or not any(map(is_invisible, set(text))):
        return Folded(fold(text), text, None)
    composed: list[str] = []
    offsets: list[int] = []
    for index, char in enumerate(text):
        if is_invisible(char):
            if composed and unicodedata.combining(char):
                whole = unicodedata.normalize("NFC", composed[-1] + char)
                if len(whole) == 1:
                    composed[-1] = whole
            continue
        composed.append(char)
        offsets.append(index)
    visible = "".join(composed)
    return Folded(fold(visible), visible, (*offsets, len(text)))


def from_first_letter(name: str) -> str:
    """A name without the marks before its first letter, where a search begins: 'Ajlun, «Минск-Арена»."""
    bare = re.sub(r"^[\Wʻʼ]+", "", name)
    return re.sub("[«»]", "", bare) if name.startswith("«") else bare


def folded_name(name: str) -> str:
    """A name as it is found in a folded text, whichever way its accents are written."""
    return fold_text(from_first_letter(name)).text
