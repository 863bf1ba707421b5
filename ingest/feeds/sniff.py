"""What a body is, before anything parses it: a feed of some family, or what else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from ingest.feeds.encoding import decode

_HEAD_CHARS: Final = 20_000
_MAGIC: Final = (
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "gzip data"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x89PNG", "a picture"),
    (b"GIF8", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"ID3", "sound"),
)
_PROLOG = re.compile(
    r"\s*(?:<\?[^>]*\?>|<!--(?:(?!-->).)*-->|<!DOCTYPE(?:[^\[>]|\[[^\]]*\])*>)",
    re.DOTALL | re.IGNORECASE,
)
_ROOT = re.compile(r"\s*<((?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*)")
_FEED_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(?:rss|RDF|feed)\b[^<>]*>", re.IGNORECASE)
_XML_ROOTS: Final = {"rss", "rdf", "feed", "channel"}
# What stands in the pages that ask a reader to prove that they are one.
_CHALLENGES: Final = (
    "cf-chl-", "cf_chl_opt", "<title>just a moment...", "attention required! | cloudflare",
    "checking your browser before", "ddos protection by", "<title>ddos-guard",
    "sucuri website firewall", "verify you are human", "enable javascript and cookies to continue",
)  # fmt: skip
# Ordinary pages load these too: they tell only where there is little else.
_CHALLENGE_SCRIPTS: Final = (
    "challenge-platform", "ddos-guard", "_incapsula_resource", "captcha", "qauth_handle",
    "perimeterx", "datadome", "servicepipe", "variti",
)  # fmt: skip
_LITTLE_CHARS: Final = 12_000


class Kind(Enum):
    """Which reader a body is for."""

    XML = auto()
    JSON = auto()
    SITEMAP = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Sniffed:
    """The kind, the text for its reader, and for `NONE` the code, the reason and the way out."""

    kind: Kind
    text: str = ""
    code: str = ""
    detail: str = ""
    way_out: str = ""


def sniff(body: bytes, content_type: str = "") -> Sniffed:
    """Look at the first characters of a body; headers are a hint for its encoding only."""
    if not body.strip(b" \t\r\n\0\xef\xbb\xbf"):
        return Sniffed(Kind.NONE, "", "empty-body", "the server sent nothing", "it may be a hiccup")
    for magic, name in _MAGIC:
        if body.startswith(magic):
            return _no_feed(f"{name}, not a feed")
    text = decode(body, content_type).lstrip("\ufeff \t\r\n\0")
    if text.startswith("{"):
        return Sniffed(Kind.JSON, text)
    name = _root_name(text)
    if name in _XML_ROOTS:
        return Sniffed(Kind.XML, text)
    if name in {"urlset", "sitemapindex"}:
        return Sniffed(Kind.SITEMAP, text)
    buried = _FEED_ROOT.search(text[:_HEAD_CHARS])
    if buried:  # after a warning of the server's program, a broken declaration, blank lines
        return Sniffed(Kind.XML, text[buried.start() :])
    if is_challenge(text):
        return Sniffed(
            Kind.NONE,
            "",
            "challenge-page",
            "the site asks readers to prove that they are human",
            "ask the publisher to let the poller in; it does not evade the check",
        )
    if name == "html" or re.search(r"<(?:html|body|head)\b", text[:_HEAD_CHARS], re.IGNORECASE):
        return _no_feed("an HTML page instead of a feed", "`feeds add` finds the feeds of a page")
    return _no_feed(f"the root element is <{name[:40]}>" if name else "neither XML nor JSON")


def is_challenge(text: str) -> bool:
    """Say whether a page is a bot check rather than content."""
    head = text[:_HEAD_CHARS].lower()
    marks = _CHALLENGES + (_CHALLENGE_SCRIPTS if len(text) < _LITTLE_CHARS else ())
    return any(mark in head for mark in marks)


def _no_feed(detail: str, way_out: str = "open the address in a browser") -> Sniffed:
    return Sniffed(Kind.NONE, "", "not-a-feed", detail, way_out)


def _root_name(text: str) -> str:
    """Local name of the first element in lower case, "" if none follows a proper prolog."""
    at = 0
    while prolog := _PROLOG.match(text, at):
        at = prolog.end()
    root = _ROOT.match(text, at)
    if root is None:
        return "html" if re.match(r"\s*<!DOCTYPE\s+html", text, re.IGNORECASE) else ""
    return root.group(1).rsplit(":", 1)[-1].lower()
