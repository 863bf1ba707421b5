"""Text of HTML that is no page: a feed's content, the body inside JSON-LD."""

from __future__ import annotations

import re
from html import unescape

from lxml import etree
from lxml.html import document_fromstring

from ingest.extract.clean import UNPRINTABLE, tidy

_MARKUP = re.compile(r"</?[a-zA-Z!]|&#?\w{2,8};")
_HIDDEN = "//script|//style|//noscript|//iframe|//form|//button|//template|//comment()"
_BLOCKS = [
    "p",
    "div",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "tr",
    "blockquote",
    "section",
    "article",
    "header",
    "footer",
    "figure",
    "figcaption",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "table",
    "pre",
    "hr",
]


def text_of_html(html: str) -> str:
    """Return paragraphs joined by one newline, without markup; plain text stays as it is.

    Markup that was escaped twice, as feeds often have it, is read once more.
    """
    for _ in range(2):
        if not _MARKUP.search(html):
            break
        html = _rendered(html)
    return tidy(html)


def _rendered(html: str) -> str:
    try:
        tree = document_fromstring(f"<div>{html}</div>")
    except (etree.ParserError, ValueError):
        return unescape(html)
    for hidden in tree.xpath(_HIDDEN):
        hidden.drop_tree()
    for line_break in tree.iter("br"):
        line_break.tail = _on_a_line(line_break.tail)
    for block in tree.iter(*_BLOCKS):
        block.text = _on_a_line(block.text)
        block.tail = _on_a_line(block.tail)
    return str(tree.text_content())


def _on_a_line(text: str | None) -> str:
    """A parser reads control characters (`&#31;`) but lxml takes none back."""
    return "\n" + UNPRINTABLE.sub("", text or "")
