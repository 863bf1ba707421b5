"""OPML: the list of feeds that every reader can import and export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from ingest.errors import UsageError
from ingest.feeds.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_OPML_BYTES: Final = 20 * 2**20
MAX_FEEDS: Final = 100_000
_MAX_DEPTH: Final = 50


@dataclass(frozen=True, slots=True)
class OpmlFeed:
    """One feed of an OPML file.

    Attributes:
        group: titles of the outlines around it, joined by " / ".
        country: ISO 3166 code, from `category`; lang: from `language`.
        line: where it stands in the file, 0 when made by us.
    """

    url: str
    title: str = ""
    group: str = ""
    lang: str = ""
    country: str = ""
    kind: str = "feed"
    line: int = 0


def parse_opml(document: bytes) -> tuple[OpmlFeed, ...]:
    """Read an OPML file; feeds named twice count once.

    Addresses come as written, whatever their scheme: `OpmlFeed.line` helps to name the bad ones.

    Raises:
        UsageError: no OPML; the line is named.
    """
    if len(document) > MAX_OPML_BYTES:
        raise UsageError(
            "OPML", f"{len(document)} bytes, more than {MAX_OPML_BYTES}", "split the file"
        )
    # A DOCTYPE is refused whole: OPML needs none, and entities are how XML bombs are built.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        line = getattr(exc, "lineno", None) or 1
        reason = clean_line(str(exc), 200) or "it is empty"
        raise UsageError(f"OPML, line {line}", f"no well-formed XML: {reason}", _WAY_OUT) from exc
    if root.getroottree().docinfo.doctype:
        raise UsageError("OPML, line 1", "a DOCTYPE is not allowed", "remove the <!DOCTYPE ...>")
    body = root.find("body") if root.tag == "opml" else None
    if body is None:
        raise UsageError(
            f"OPML, line {root.sourceline}", f"<{root.tag}> is no OPML with a <body>", _WAY_OUT
        )
    feeds: dict[str, OpmlFeed] = {}
    _collect(body, (), feeds)
    return tuple(feeds.values())


def write_opml(feeds: Iterable[OpmlFeed], title: str = "Summitwatch feeds") -> str:
    """Return an OPML 2.0 document; `parse_opml` gives the same feeds back."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = clean_line(title)
    body = etree.SubElement(root, "body")
    groups: dict[str, Any] = {"": body}
    for feed in feeds:
        parent = _group_element(groups, clean_line(feed.group))
        outline = etree.SubElement(parent, "outline", type="rss")
        outline.set("text", clean_line(feed.title) or feed.url)
        outline.set("xmlUrl", feed.url)
        for name, value in (("language", feed.lang), ("category", feed.country)):
            if value:
                outline.set(name, clean_line(value))
        if feed.kind != "feed":
            outline.set("summitwatchKind", feed.kind)
    text = etree.tostring(root, encoding="unicode", pretty_print=True)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


_WAY_OUT: Final = "give an OPML file such as a feed reader exports"


def _collect(parent: Any, groups: tuple[str, ...], feeds: dict[str, OpmlFeed]) -> None:  # noqa: ANN401
    if len(groups) > _MAX_DEPTH:
        raise UsageError(
            f"OPML, line {parent.sourceline}", f"nested deeper than {_MAX_DEPTH}", "flatten it"
        )
    for outline in parent.iterchildren("outline"):
        line = outline.sourceline or 0
        get = {name.lower(): value for name, value in outline.attrib.items()}.get
        title = clean_line(get("text") or get("title") or "")
        url = (get("xmlurl") or "").strip()
        if not url:
            _collect(outline, (*groups, title) if title else groups, feeds)
            continue
        if len(feeds) >= MAX_FEEDS:
            raise UsageError(f"OPML, line {line}", f"more than {MAX_FEEDS} feeds", "split the file")
        feeds.setdefault(
            url,
            OpmlFeed(
                url=url,
                title=title,
                group=" / ".join(groups),
                lang=clean_line(get("language") or "", 40),
                country=_country(get("category") or ""),
                kind="sitemap" if get("summitwatchkind") == "sitemap" else "feed",
                line=line,
            ),
        )


def _country(category: str) -> str:
    """The first of OPML's comma-separated categories that looks like an ISO 3166 code."""
    for one in category.split(","):
        code = one.strip().strip("/").upper()
        if code.isascii() and code.isalpha() and len(code) == 2:
            return code
    return ""


def _group_element(groups: dict[str, Any], name: str) -> Any:  # noqa: ANN401
    if name not in groups:
        parent_name, _, own = name.rpartition(" / ")
        parent = _group_element(groups, parent_name) if own and parent_name else groups[""]
        groups[name] = etree.SubElement(parent, "outline", text=own or name)
    return groups[name]
