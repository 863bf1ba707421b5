"""What a page says about itself: JSON-LD first, then meta tags, then the marks in its body."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from itertools import islice
from typing import TYPE_CHECKING, Any
from unicodedata import normalize
from urllib.parse import urljoin, urlsplit

from dateutil import parser as dateutil_parser
from lxml.etree import XPath

from ingest.extract.clean import UNPRINTABLE, folded
from ingest.extract.fragment import text_of_html
from ingest.extract.jsonld import article_node, read_nodes, site_name, text_value, text_values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.html import HtmlElement

_MAX_TAGS = 500
_MAX_MARKS = 50
_MAX_NAME_CHARS = 100
_MAX_AUTHORS = 12
_AUTHOR_TAGS = {"author", "article:author", "parsely-author", "dc.creator", "byl"}
_TAGS = re.compile(r"<[^<>]{0,2000}>")
_SPACES = re.compile(r"\s+")
_BY = re.compile(
    r"^(?:written\s+by|by|von|par|por|texte?\s+de|autor(?:ka|zy|en)?|auteure?|yazan|haber|muhabir"
    r"|автор(?:ы|и|ка)?|аўтар(?:ы|ка)?|текст)(?:\s*:\s*|\s+)",
    re.IGNORECASE,
)
_AUTHOR_MARKS = XPath(
    "//*[self::a or self::p or self::span or self::div or self::address or self::strong]"
    "[@rel='author' or @itemprop='author' or contains(@class, 'author') or contains(@class, 'autor')"
    " or contains(@class, 'byline') or contains(@class, 'signature')]"
)
_AUTHOR_CLASS = re.compile(
    r"(?:[\w]+[-_]+)?(?:authors?|autore?n?|byline|signature)(?:[-_]+(?:names?|link))?",
    re.IGNORECASE,
)
_MAX_BYLINE = 120  # longer ones hold a biography
_BETWEEN = re.compile(r"\s*(?:;|,|\s[-–—]\s|\||•|·|&|\s(?:and|und|et|y|i|и|і|та|ve)\s)\s*")
_NOT_A_NAME = re.compile(r"https?:|www\.|@|[<>{}=\d]", re.IGNORECASE)
_SITE_SUFFIX = re.compile(r"^(.{10,}?)\s+(?:[|–—·•»:]|-|::)\s+(.{2,60})$", re.DOTALL)
_SEPARATORS = re.compile(r"\s+[-–—·•»|]+\s+|\s*(?:\||::|: )\s*")


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """What a page declares; strings clean, URLs absolute, times aware UTC.

    Attributes:
        headings: the headline in every form the page has it.
        lang: as declared, ISO 639-1.
        zoneless: `published_at` was written without a zone.
        article_body: the text in its JSON-LD, which few pages have.
        is_free: whether it says it can be read without paying; None where it does not say.
    """

    title: str = ""
    headings: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    published_raw: str = ""
    zoneless: bool = False
    updated_at: datetime | None = None
    section: str = ""
    lang: str = ""
    image: str = ""
    canonical_url: str = ""
    publisher: str = ""
    article_body: str = ""
    is_free: bool | None = None


@dataclass(slots=True)
class _Sources:
    """The parts of a page that metadata is read from."""

    tree: HtmlElement
    url: str
    article: dict[str, Any] = field(default_factory=dict)
    site: str = ""
    meta: dict[str, str] = field(default_factory=dict)

    def first(self, *names: str) -> str:
        return next((self.meta[name] for name in names if self.meta.get(name)), "")


def read_metadata(tree: HtmlElement, url: str) -> PageMetadata:
    """Return what the page declares about itself; the tree stays as it is.

    Args:
        tree: the parsed page.
        url: where it was found, to complete relative links.
    """
    nodes = read_nodes(tree)
    sources = _Sources(tree, url, article_node(nodes, url), site_name(nodes), _meta_tags(tree))
    titles = _titles(sources)
    publisher = _publisher(sources, titles)
    raw, published, zoneless = _published(sources)
    updated_raw = text_value(sources.article.get("dateModified")) or sources.first(
        "article:modified_time", "og:updated_time", "datemodified", "last-modified"
    )
    free = sources.article.get("isAccessibleForFree")
    headings = tuple(strip_site_name(title, publisher, url) for title in titles)
    return PageMetadata(
        title=headings[0] if headings else "",
        headings=headings,
        authors=_authors(sources),
        published_at=published,
        published_raw=raw,
        zoneless=zoneless,
        updated_at=parse_date(updated_raw)[0],
        section=_section(sources),
        lang=_declared_language(sources),
        image=_image(sources),
        canonical_url=_canonical(sources),
        publisher=publisher,
        article_body=text_of_html(text_value(sources.article.get("articleBody"))),
        is_free=None if free is None else str(free).lower() not in ("false", "0", "no"),
    )


def clean(text: str, limit: int = 500) -> str:
    """One line: no markup, entities, control characters, surrogates or doubled spaces."""
    text = unescape(_TAGS.sub(" ", text)) if "<" in text or "&" in text else text
    text = _SPACES.sub(" ", UNPRINTABLE.sub("", text)).strip()[:limit]
    return normalize("NFC", text)


# --- dates -------------------------------------------------------------------------------------


def parse_date(raw: str) -> tuple[datetime | None, bool]:
    """Read a date of a page; returns it in UTC, and whether it named no zone (UTC is assumed)."""
    raw = raw.strip()
    if not 8 <= len(raw) <= 60 or not any(char.isdigit() for char in raw):
        return None, False
    value: datetime | None = None
    for read in (_iso, parsedate_to_datetime, _loose):
        try:
            value = read(raw)
            break
        except (ValueError, TypeError, OverflowError, ArithmeticError, IndexError):
            continue
    if value is None:
        return None, False
    zoneless = value.tzinfo is None
    try:
        value = value.replace(tzinfo=UTC) if zoneless else value.astimezone(UTC)
    except (ValueError, OverflowError):  # year 1 in a zone ahead of UTC
        return None, False
    return value, zoneless


def _iso(raw: str) -> datetime:
    return datetime.fromisoformat(raw)


def _loose(raw: str) -> datetime:
    return dateutil_parser.parse(raw, default=datetime(1, 1, 1), tzinfos=_zone)  # noqa: DTZ001


def _zone(name: str | None, offset: int | None) -> int | None:
    return offset if name is None or offset is not None else None


def _published(sources: _Sources) -> tuple[str, datetime | None, bool]:
    tree = sources.tree
    marks = islice(tree.iterfind(".//time[@datetime]"), _MAX_MARKS)
    dated = [el for el in marks if not el.get("itemprop", "").startswith("dateMod")]
    named = [el for el in dated if el.get("itemprop") or el.get("pubdate") is not None]
    candidates = [
        text_value(sources.article.get("datePublished")),
        sources.first("article:published_time", "og:published_time", "datepublished"),
        sources.first("article:published", "pubdate", "publishdate", "parsely-pub-date"),
        sources.first("dc.date.issued", "dcterms.created", "dc.date", "date", "sailthru.date"),
        text_value(sources.article.get("dateCreated")),
        *(el.get("datetime") for el in [*named, *dated][:3]),
    ]
    raws = [raw for raw in (clean(c) for c in candidates if c) if raw]
    for raw in raws:
        value, zoneless = parse_date(raw)
        if value is not None:
            return raw, value, zoneless
    return (raws[0] if raws else ""), None, False


# --- names and words ---------------------------------------------------------------------------


def _titles(sources: _Sources) -> list[str]:
    """The headline as each part of the page has it, the most reliable first."""
    headings = [clean(heading.text_content()) for heading in sources.tree.findall(".//h1")]
    candidates = [
        clean(text_value(sources.article.get("headline"))),
        clean(sources.first("og:title")),
        *(headings if len(headings) == 1 else []),
        clean(sources.first("twitter:title", "dc.title", "parsely-title", "headline")),
        *headings[:1],
        clean(sources.tree.findtext(".//head/title") or ""),
    ]
    return list(dict.fromkeys(title for title in candidates if title))


def strip_site_name(title: str, publisher: str, url: str) -> str:
    """Drop ` | Site name` from a headline, where the tail names the publisher or its host."""
    match = _SITE_SUFFIX.match(title)
    if match is None:
        return title
    tail = folded(match[2])
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    names = {folded(publisher), folded(host), folded(host.split(".")[0])} - {""}
    return match[1].strip() if any(tail == name for name in names) else title


def _publisher(sources: _Sources, titles: list[str]) -> str:
    organisation = sources.article.get("publisher")
    return (
        clean(text_value(organisation), _MAX_NAME_CHARS)
        or clean(sources.first("og:site_name"), _MAX_NAME_CHARS)
        or clean(sources.site, _MAX_NAME_CHARS)
        or clean(sources.first("application-name", "dc.publisher", "publisher"), _MAX_NAME_CHARS)
        or _site_in_title(sources, titles)
    )


def _site_in_title(sources: _Sources, titles: list[str]) -> str:
    """What the window's title has before or behind the headline: `Headline | Rubric | Site`."""
    window = clean(sources.tree.findtext(".//head/title") or "")
    for title in titles:
        before, found, behind = window.partition(title)
        if found and title != window:
            parts = [part.strip() for part in _SEPARATORS.split(behind or before) if part.strip()]
            return parts[-1] if parts and len(parts[-1]) <= 60 else ""
    return ""


def _section(sources: _Sources) -> str:
    declared = sources.article.get("articleSection")
    if isinstance(declared, list):
        declared = declared[0] if declared else ""
    rubrics = clean(text_value(declared) or sources.first("article:section", "section"))
    return rubrics.split(",")[0].strip()[:_MAX_NAME_CHARS]


def _authors(sources: _Sources) -> tuple[str, ...]:
    authors = split_authors(text_values(sources.article.get("author")))
    if not authors:
        metas = islice(sources.tree.iterfind(".//meta[@content]"), _MAX_TAGS)
        authors = split_authors(
            tag.get("content")
            for tag in metas
            if (tag.get("property") or tag.get("name") or "").lower() in _AUTHOR_TAGS
        )
    if authors:
        return authors
    for mark in _AUTHOR_MARKS(sources.tree)[:_MAX_MARKS]:
        if _is_author_mark(mark) and len(byline := clean(mark.text_content())) <= _MAX_BYLINE:
            authors = split_authors([byline])
            if authors:
                return authors
    return ()


def _is_author_mark(element: HtmlElement) -> bool:
    if element.get("rel") == "author" or element.get("itemprop") == "author":
        return True
    return any(_AUTHOR_CLASS.fullmatch(word) for word in element.get("class", "").split())


def split_authors(bylines: Iterable[str]) -> tuple[str, ...]:
    """Names from bylines: no `By`, no addresses, none twice."""
    found: dict[str, str] = {}
    for byline in islice(bylines, _MAX_AUTHORS):
        for part in _BETWEEN.split(_BY.sub("", clean(byline))):
            name = _BY.sub("", part).strip(" .,:–—-|/")
            if 2 < len(name) <= _MAX_NAME_CHARS and not _NOT_A_NAME.search(name):
                found.setdefault(name.casefold(), name)
    return tuple(found.values())[:_MAX_AUTHORS]


def _declared_language(sources: _Sources) -> str:
    root = sources.tree.getroottree().getroot()
    named = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang")
    declared = (
        named
        or text_value(sources.article.get("inLanguage"))
        or sources.first("og:locale", "content-language", "language", "dc.language")
    )
    code = re.split(r"[-_,;\s]", declared.strip().lower())[0]
    return code if re.fullmatch(r"[a-z]{2,3}", code) else ""


# --- links -------------------------------------------------------------------------------------


def absolute_url(base: str, link: str) -> str:
    """Complete a link; "" unless it is http(s) with a host."""
    try:
        joined = urljoin(base, clean(link, limit=2000))
        parts = urlsplit(joined)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    return joined if usable else ""


def _canonical(sources: _Sources) -> str:
    for link in sources.tree.iterfind(".//link[@href]"):
        if "canonical" in link.get("rel", "").lower().split():
            return absolute_url(sources.url, link.get("href"))
    declared = sources.first("og:url")
    return absolute_url(sources.url, declared) if declared else ""


def _image(sources: _Sources) -> str:
    declared = sources.article.get("image")
    if isinstance(declared, list):
        declared = declared[0] if declared else ""
    if isinstance(declared, dict):
        declared = declared.get("url") or declared.get("@id") or declared.get("contentUrl")
    for link in (
        sources.first("og:image", "og:image:url", "og:image:secure_url", "twitter:image"),
        declared,
    ):
        if isinstance(link, str) and link and (found := absolute_url(sources.url, link)):
            return found
    return ""


# --- sources -----------------------------------------------------------------------------------


def _meta_tags(tree: HtmlElement) -> dict[str, str]:
    """First content of each meta name, property or itemprop, names in lower case."""
    found: dict[str, str] = {}
    for tag in islice(tree.iterfind(".//meta[@content]"), _MAX_TAGS):
        content = tag.get("content", "").strip()
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = tag.get(attribute)
            if name and content:
                found.setdefault(name.strip().lower(), content)
    return found
