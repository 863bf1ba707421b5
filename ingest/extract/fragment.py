"""Text of HTML that is no page: a feed's content, the body inside JSON-LD."""

from __future__ import annotations

import re
from html import unescape

from lxml import etree
from lxml.html import document_fromstring

from ingest.extract.clean import tidy

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
        line_break.tail = "\n" + (line_break.tail or "")
    for block in tree.iter(*_BLOCKS):
        block.text = "\n" + (block.text or "")
        block.tail = "\n" + (block.tail or "")
    return str(tree.text_content())
