"""The newsroom's values: publishers, feeds, articles and their facts. Frozen, no I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal, TypeAlias
from urllib.parse import quote
from zoneinfo import ZoneInfo

PageKind: TypeAlias = Literal["ok", "late", "video"]

LAST_DAY = 21
SECOND_EDITION_DAY = 19  # articles of this day and later appear between the two polls of the demo
_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ı": "i", "ß": "ss", "ø": "o", "’": "", "'": ""})


@dataclass(frozen=True, slots=True)
class Language:
    """How a language writes dates, and the texts that its sites put around an article."""

    code: str
    months: tuple[str, ...]
    days: tuple[str, ...]
    date: str
    texts: Mapping[str, str]

    def written(self, when: datetime) -> str:
        """The date as a reader sees it, in the zone that `when` has."""
        return self.date.format(
            day=when.day, month=self.months[when.month - 1], year=when.year, time=f"{when:%H:%M}"
        )


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """A feed as the server offers it.

    Attributes:
        format: `rss`, `rdf`, `atom`, `json`; `gone` answers 410, `html` is a page, not a feed.
        only: the kind of articles in it; "" for all.
        content: `summary` or `full`.
        dates: `plain`, `zone-name`, `localized`, or `none` where entries have no dates.
        moved: where the path redirects to for good; "" where it does not.
        extras: `ttl`, `update-period`, `hub`, `category`, `creator`, `author`, `media`; `no-etag`
            and `no-last-modified` say which validator its answers lack.
    """

    path: str
    title: str
    format: Literal["rss", "rdf", "atom", "json", "gone", "html"]
    only: str = ""
    content: Literal["summary", "full"] = "summary"
    dates: Literal["plain", "zone-name", "localized", "none"] = "plain"
    moved: str = ""
    guids: bool = True
    malformed: bool = False
    charset: str = "utf-8"
    extras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """A publisher.

    Attributes:
        path, link: URL patterns: the canonical one, and the one in feeds ("" where it is the same).
        then: what the server does with `link`: `serve` the page there, or `redirect` to `path`.
        tracking: query that feeds add to links.
        declared: where a page names its charset: `header` (and meta), `meta`, or `none`.
    """

    key: str
    domain: str
    name: str
    lang: str
    country: str
    zone: str
    template: str = ""
    charset: str = "utf-8"
    declared: Literal["header", "meta", "none"] = "header"
    sections: tuple[str, ...] = ()
    rubrics: tuple[str, ...] = ()
    path: str = ""
    link: str = ""
    then: Literal["serve", "redirect"] = "serve"
    tracking: str = ""
    feeds: tuple[FeedSpec, ...] = ()

    @property
    def base(self) -> str:
        """The site's root without a trailing slash."""
        return f"http://{self.domain}"


@dataclass(frozen=True, slots=True)
class Fact:
    """A proposal that a text holds, as the tagger must find it."""

    proposer: str | None
    venues: tuple[str, ...]
    parties: tuple[str, ...]
    status: str
    sentence: str
    background: bool = False
    when: str | None = None


@dataclass(frozen=True)
class NewsArticle:
    """An article of the newsroom, with what is true of it.

    Attributes:
        day: 1 (Monday) to 21; `published_at` is day and time with the newsroom's start applied, UTC.
        text: paragraphs joined by a blank line.
        copy_of: id of the article whose text this one repeats, "" for an original.
        page: `ok`, `late` (404 until the second edition) or `video` (a page without text).
    """

    id: str
    site: Site
    day: int
    published_at: datetime
    title: str
    section: str
    authors: tuple[str, ...]
    kind: Literal["story", "decoy"]
    text: str
    copy_of: str = ""
    facts: tuple[Fact, ...] = ()
    leaders: tuple[str, ...] = ()
    venues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    page: PageKind = "ok"

    @property
    def edition(self) -> int:
        return 2 if self.day >= SECOND_EDITION_DAY else 1

    @cached_property
    def paragraphs(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.text.split("\n\n") if part.strip())

    @cached_property
    def summary(self) -> str:
        """The first paragraph, cut at a word."""
        first = self.paragraphs[0]
        if len(first) <= 160:
            return first
        return first[:160].rsplit(" ", 1)[0].rstrip(" ,;:«„“—-") + "…"

    @cached_property
    def local(self) -> datetime:
        """When it was published, on the publisher's clock."""
        return self.published_at.astimezone(ZoneInfo(self.site.zone))

    @cached_property
    def canonical_url(self) -> str:
        """The publisher's own URL of the article."""
        return self.site.base + self._filled(self.site.path)

    @property
    def declared_url(self) -> str:
        """The canonical URL as the page has it, "" where the page has none."""
        return "" if self.site.template == "plain" else self.canonical_url

    @cached_property
    def plain_url(self) -> str:
        """The URL in the feed, without what is there for tracking."""
        return self.site.base + self._filled(self.site.link or self.site.path)

    @cached_property
    def url(self) -> str:
        """The URL in the feed."""
        tracking = self._filled(self.site.tracking)
        return f"{self.plain_url}?{tracking}" if tracking else self.plain_url

    def _filled(self, pattern: str) -> str:
        words = slug(self.title) if "{slug}" in pattern else ""
        path = pattern.format(
            section=slug(self.section),
            date=f"{self.local:%Y/%m/%d}",
            slug="-".join(filter(None, (words, self.id))),
            id=self.id,
        )
        return quote(path, safe="/=&?-._~")


def slug(text: str) -> str:
    """At most seven words of the text, lower case, Latin accents off, joined by hyphens."""
    folded = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    plain = "".join(char for char in folded if not unicodedata.combining(char) or char == "\u0306")
    words = re.findall(r"\w+", unicodedata.normalize("NFC", plain).casefold())
    return "-".join(words[:7])
