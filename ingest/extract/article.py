"""From a page's bytes to an article: text, metadata, and flags that say how far to trust them."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import trafilatura
from lxml import etree
from lxml.etree import XPath
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from trafilatura.settings import Extractor
from trafilatura.utils import load_html

from ingest.errors import ParseError
from ingest.extract import fast
from ingest.extract.charset import decode_html
from ingest.extract.clean import tidy, trim_clutter
from ingest.extract.labels import is_link_list, link_texts, tag_names
from ingest.extract.language import detect_language
from ingest.extract.media import media_name
from ingest.extract.metadata import PageMetadata, read_metadata
from ingest.extract.result import Extracted
from ingest.extract.walls import find_wall, without_wall

_FIRST_NEWS = datetime(1995, 1, 1, tzinfo=UTC)
_ELEMENT = re.compile(r"<[a-zA-Z!?/]")
_MAX_TEXT_CHARS = 200_000  # the longest reportage has a quarter of it
_MAX_TEASER_CHARS = 1500
_VISIBLE = XPath(
    ".//text()[not(parent::script or parent::style or parent::noscript or parent::template)]",
    smart_strings=False,
)
_DEEP = 100  # elements below each other; the extractor loses a text at about 250


def extract_article(
    body: bytes,
    *,
    url: str,
    content_type: str = "",
    now: datetime,
    min_chars: int = 200,
    max_html_bytes: int = 2 * 2**20,
) -> Extracted:
    """Return the article of a page.

    Args:
        body: the page as fetched, decoded of its transfer codings.
        url: its final URL.
        content_type: the header, for the charset.
        now: when it was fetched.
        min_chars: a text shorter than this is flagged `short`, and other ways are tried.
        max_html_bytes: the rest is cut off and the result flagged `cut`.

    Raises:
        ParseError: not an HTML page; the reason begins with `not-html` or `empty`.
    """
    media = media_name(url, content_type, body)
    if media:
        raise ParseError(url, f"not-html: {media}, not a page", "nothing to do: it is skipped")
    html = decode_html(body[:max_html_bytes], content_type)
    tree = _parse(html)
    if tree is None:
        raise ParseError(url, "empty: no HTML element in it", "look at the page in a browser")
    page = read_metadata(tree, url)
    text = _text_of(tree, html, page, min_chars)
    links = link_texts(tree)
    names = (*page.headings, page.section, page.publisher, *page.authors)
    text = trim_clutter(text, names=names, foreign=links | tag_names(tree))
    if is_link_list(text, links):
        text = ""
    wall = find_wall(text, _visible_text(tree, text), is_free=page.is_free)
    if wall == "consent":
        text = ""
    elif wall == "paywall":
        text = without_wall(text)
    text, is_cut = _limited(text)
    flags = {
        "short": len(text) < min_chars,
        "paywall": wall == "paywall",
        "consent": wall == "consent",
        "cut": is_cut or len(body) > max_html_bytes,
        "zoneless_date": page.zoneless,
    }
    return Extracted(
        title=page.title,
        text=text,
        lang=detect_language(text or page.title, page.lang),
        authors=page.authors,
        published_at=_plausible(page.published_at, now),
        published_raw=page.published_raw,
        updated_at=_plausible(page.updated_at, now),
        section=page.section,
        image=page.image,
        canonical_url=page.canonical_url,
        publisher=page.publisher,
        flags=tuple(name for name, raised in flags.items() if raised),
    )


def extract_article_job(header: dict[str, Any], body: bytes) -> Extracted:
    """Run `extract_article` in a worker; the header holds its keyword arguments."""
    return extract_article(body, **header)


def warm_up() -> None:
    """Pay for imports, word lists and models before the first page's deadline runs."""
    fast.patch()
    paragraph = "<p>Leaders met in the old town to speak about the talks of the coming week.</p>"
    page = f"<html><body><article>{paragraph * 6}</article></body></html>"
    trafilatura.extract(page, favor_precision=True, include_comments=False)
    trafilatura.extract("<html><body><p>Too short.</p></body></html>")  # loads its word lists
    detect_language(paragraph)


# --- text --------------------------------------------------------------------------------------


def _parse(html: str) -> HtmlElement | None:
    if not _ELEMENT.search(html):
        return None
    tree = load_html(html)  # mends what libxml2 cannot read; refuses what begins oddly
    if tree is None:
        with suppress(etree.ParserError, ValueError):
            tree = document_fromstring(html)
    return tree


def _text_of(tree: HtmlElement, html: str, page: PageMetadata, min_chars: int) -> str:
    """Return the longest text, trying the dearer ways only while it is too short."""
    text = _extract(tree, favor_precision=True)
    if len(text) >= min_chars:
        return text
    text = max(text, page.article_body, key=len)
    if len(text) < min_chars and (flat := _flattened(html)) is not None:
        text = max(text, _extract(flat, favor_precision=True), key=len)
    if len(text) < min_chars:
        text = max(text, _extract(tree, favor_precision=False), key=len)
    return text


def _extract(tree: HtmlElement, *, favor_precision: bool) -> str:
    return tidy(trafilatura.extract(tree, options=_options(favor_precision=favor_precision)) or "")


@cache
def _options(*, favor_precision: bool) -> Extractor:
    """The extractor's settings; it only reads them, and reading them anew costs it each page."""
    return Extractor(precision=favor_precision, comments=False)


def _flattened(html: str) -> HtmlElement | None:
    """Parse again without libxml2's depth limit and take out boxes around a single box.

    None where the page is not deep.
    """
    try:
        tree = document_fromstring(html, parser=HTMLParser(huge_tree=True, remove_comments=True))
    except (etree.ParserError, ValueError):
        return None
    deepest, depth = 0, 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    if deepest < _DEEP:
        return None
    for box in list(tree.iter("div", "section", "span")):
        inner = box[0] if len(box) == 1 else None
        if inner is not None and inner.tag == box.tag and not (box.text or "").strip():
            inner.drop_tag()
    return tree


def _plausible(moment: datetime | None, now: datetime) -> datetime | None:
    """None for dates before the web's news or after tomorrow: templates and typing errors."""
    if moment is None or not _FIRST_NEWS <= moment <= now + timedelta(days=2):
        return None
    return moment


def _limited(text: str) -> tuple[str, bool]:
    """Cut what no newspaper prints at a paragraph's end; returns whether it was cut."""
    if len(text) <= _MAX_TEXT_CHARS:
        return text, False
    head = text[:_MAX_TEXT_CHARS]
    return head.rpartition("\n")[0] or head, True


def _visible_text(tree: HtmlElement, text: str) -> str:
    """Return the words of the whole page, if the text is so short that they matter."""
    if len(text) > _MAX_TEASER_CHARS:
        return ""
    body = tree.find(".//body")
    words = _VISIBLE(tree if body is None else body)
    return " ".join(" ".join(words).split())
