"""The short texts of a page that lead elsewhere: its links, and the names of rubrics and tags."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from ingest.extract.fast import compile_walk

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_MAX_ELEMENTS = 3000
_MAX_CHARS = 200
_TAG_LISTS = compile_walk(
    ".//*[self::div or self::p or self::ul or self::span or self::li]"
    "[re:test(@class, 'tag|rubri|categor|kategor|topic|keyword|thema|tema')]"
)
_BETWEEN = re.compile(r"\s*[,;/|•·#]\s*|\s{2,}|\n")


def link_texts(tree: HtmlElement) -> set[str]:
    """Return the texts of the page's links, blanks made single."""
    texts = (link.text_content() for link in islice(tree.iter("a"), _MAX_ELEMENTS))
    return {" ".join(text.split()) for text in texts if len(text) <= _MAX_CHARS} - {""}


def tag_names(tree: HtmlElement) -> set[str]:
    """Return the names in the page's lists of tags and rubrics."""
    names: set[str] = set()
    for element in islice(_TAG_LISTS(tree), 50):
        text = element.text_content()
        if len(text) <= _MAX_CHARS:
            names.update(_BETWEEN.split(text.strip()))
            names.add(" ".join(text.split()))
    return names - {""}


def is_link_list(text: str, links: set[str]) -> bool:
    """Tell whether more than half of a text is the texts of links: a menu, no article."""
    foreign = sum(len(line) for line in text.split("\n") if line.removeprefix("- ") in links)
    return foreign * 2 > len(text)
