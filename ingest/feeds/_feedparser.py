"""feedparser's state machines, driven by us.

`feedparser.parse` opens its argument when that looks like a path or URL, so it is not called at
all: the two parser classes get decoded text. Its sanitizer and its rewriting of links inside HTML
are off (we render no feed HTML): two passes of a pure Python parser, 70 % of its time.
"""

from __future__ import annotations

import io
import pyexpat
import re
import xml.sax.handler
from typing import Any, Final
from xml.sax.expatreader import ExpatParser
from xml.sax.xmlreader import InputSource

import feedparser.api
from feedparser.sanitizer import replace_doctype

OLDEST_EXPAT: Final = (2, 4, 1)
MAX_AUTHOR_CHARS: Final = 300
_FIRST_ELEMENT = re.compile(r"<\w")
_BLANKS = re.compile(r"\s+")
_C1 = re.compile("[\x80-\x9f]")
_DECLARATIONS = re.compile(r"\s*(?:<\?xml(?:\s[^>]*)?>\s*)*")

if pyexpat.version_info < OLDEST_EXPAT:  # pragma: no cover  depends on the machine
    message = (
        f"expat {'.'.join(map(str, pyexpat.version_info))} does not stop entity bombs; "
        "use a Python built with expat 2.4.1 or newer"
    )
    raise ImportError(message)


class EntryCapReachedError(Exception):
    """The document has more entries than asked for; those read so far are whole."""


class _Text(str):
    """A text that is not translated character by character where there is nothing to do.

    feedparser maps the code points 128 to 159 of every text to what windows-1252 has there, at
    75 ns a character: a quarter of all time, for characters that hardly any feed holds.
    """

    __slots__ = ()

    def translate(self, table: Any, /) -> str:  # noqa: ANN401
        if self.isascii() or not _C1.search(self):
            return self
        return super().translate(table)


class _Params(dict[str, Any]):
    """How the element at hand is to be read (type, language, base): flat, under plain keys.

    feedparser keeps this in a dictionary that looks every key up in a table of synonyms, which
    has none of these, and takes deep copies of it: an eighth of all time.
    """

    __slots__ = ()

    def __deepcopy__(self, _memo: dict[int, Any]) -> _Params:
        return _Params(self)


class _Ours:
    """What both of feedparser's parsers do differently here.

    Guids stay as written (feedparser resolves them against xml:base, so that a moved feed would
    bring every entry again); long authors skip a regex of quadratic cost (40 KB take 10 s);
    reading stops at the entry cap; all skipHours and skipDays are kept, not the last of each;
    dates are left as text, since `dates` reads them.
    """

    resolve_relative_uris = False
    sanitize_html = False
    can_be_relative_uri = feedparser.api.StrictFeedParser.can_be_relative_uri - {"id"}

    def limit(self, max_entries: int) -> None:
        self.contentparams = _Params()
        self._max_entries = max_entries
        self.skipped: list[tuple[str, str]] = []

    def _start_item(self: Any, attrs: dict[str, str]) -> None:
        if len(self.entries) >= self._max_entries:
            raise EntryCapReachedError
        super()._start_item(attrs)  # type: ignore[misc]

    _start_entry = _start_item

    def _end_guid(self: Any) -> None:
        guid = self.pop("id")
        if self.guidislink and guid:
            self._save("link", self.resolve_uri(guid))

    _end_id = _end_guid

    def _end_published(self: Any) -> None:
        self.pop("published")

    _end_issued = _end_pubdate = _end_published

    def _end_updated(self: Any) -> None:
        self.pop("updated")

    _end_modified = _end_lastbuilddate = _end_updated

    def _end_created(self: Any) -> None:
        self.pop("created")

    def push_content(
        self: Any, tag: str, attrs: dict[str, str], default_type: str, expecting_text: int
    ) -> None:
        super().push_content(tag, attrs, default_type, expecting_text)  # type: ignore[misc]
        self.contentparams = _Params(self.contentparams)

    def _sync_author_detail(self: Any, key: str = "author") -> None:
        if len(self._get_context().get(key) or "") <= MAX_AUTHOR_CHARS:
            super()._sync_author_detail(key)  # type: ignore[misc]

    def decode_entities(self: Any, element: str, data: str) -> str:
        return _Text(super().decode_entities(element, data))  # type: ignore[misc]

    def _start_hour(self: Any, _attrs: dict[str, str]) -> None:
        self.push("hour", 0)

    def _end_hour(self: Any) -> None:
        self.skipped.append(("hour", self.pop("hour") or ""))

    def _start_day(self: Any, _attrs: dict[str, str]) -> None:
        self.push("day", 0)

    def _end_day(self: Any) -> None:
        self.skipped.append(("day", self.pop("day") or ""))


class _Strict(_Ours, feedparser.api.StrictFeedParser):  # type: ignore[misc]
    """For well-formed XML."""


class _Loose(_Ours, feedparser.api.LooseFeedParser):  # type: ignore[misc]
    """For everything else."""


class _BufferedExpat(ExpatParser):
    """expat that hands on runs of text whole: 1.7 times as fast on real feeds, same result."""

    _parser: Any

    def reset(self) -> None:
        super().reset()
        self._parser.buffer_text = True


class Tree:
    """What feedparser's machines collected.

    Attributes:
        feed, entries: feedparser's dictionaries.
        version: its name of the format, "" if unknown.
        well_formed: the strict parser reached the end (or the cap).
        capped: reading stopped at the entry cap.
    """

    def __init__(self, parser: Any, version: str, *, well_formed: bool, capped: bool) -> None:  # noqa: ANN401
        self.feed: Any = parser.feeddata
        self.entries: list[Any] = parser.entries
        self.version: str = version or parser.version or ""
        self.skipped: list[tuple[str, str]] = parser.skipped
        self.well_formed = well_formed
        self.capped = capped


def read_strictly(text: str, max_entries: int) -> Tree | None:
    """Read well-formed XML; None if it is not."""
    version, body, _ = _prepared(text)
    parser = _Strict("", None, "utf-8")
    parser.limit(max_entries)
    driver = _BufferedExpat()
    driver.setFeature(xml.sax.handler.feature_namespaces, True)
    driver.setFeature(xml.sax.handler.feature_external_ges, False)
    driver.setContentHandler(parser)
    driver.setErrorHandler(parser)
    source = InputSource()
    source.setByteStream(io.BytesIO(body))
    try:
        driver.parse(source)
    except EntryCapReachedError:
        return Tree(parser, version, well_formed=True, capped=True)
    except Exception:  # noqa: BLE001  SAX errors, and whatever feedparser trips over
        return None
    return Tree(parser, version, well_formed=True, capped=False)


def read_loosely(text: str, max_entries: int) -> Tree | None:
    """Read tag soup; None where feedparser itself stumbles before the first entry."""
    version, body, entities = _prepared(text)
    parser = _Loose("", None, "utf-8", entities)
    parser.limit(max_entries)
    capped = False
    try:
        parser.feed(body.decode("utf-8", "replace"))
    except EntryCapReachedError:
        capped = True
    except Exception:  # noqa: BLE001  character references beyond Unicode, and their like
        if not parser.entries:
            return None
    return Tree(parser, version, well_formed=False, capped=capped)


def _prepared(text: str) -> tuple[str, bytes, dict[str, str]]:
    """Version named by the DOCTYPE, UTF-8 bytes with a DOCTYPE of safe entities only, those."""
    declared = _DECLARATIONS.match(text)
    text = text[declared.end() :] if declared else text
    root = _FIRST_ELEMENT.search(text)
    at = root.start() if root else 0
    # feedparser's patterns for the prolog are quadratic in runs of line feeds.
    prolog = _BLANKS.sub(lambda run: "\n" if "\n" in run.group() else " ", text[:at])
    body = f"<?xml version='1.0' encoding='utf-8'?>\n{prolog}{text[at:]}".encode("utf-8", "replace")
    version, body, entities = replace_doctype(body)
    return version or "", body, entities
