"""What a feed document says, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # read at run time where results cross processes
from typing import Literal

IdKind = Literal["guid", "link", "hash"]


@dataclass(frozen=True, slots=True)
class ParsedEntry:
    """One item.

    Attributes:
        key: what identifies it within its feed: the raw guid, else its link, else a hash.
        guid: as written, never resolved against a base.
        url: absolute http(s) URL, else "".
        title: plain text, one line. content: the feed's own HTML, at most 200,000 characters.
        published_at: as the feed says, not yet checked against the clock; `published_raw` is the
            text it was read from.
        updated_at: only where the feed has a date of its own for it.
        zoneless: `published_at` was written without a zone.
    """

    key: str
    guid: str = ""
    url: str = ""
    title: str = ""
    content: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    lang: str = ""
    image: str = ""
    published_at: datetime | None = None
    published_raw: str = ""
    updated_at: datetime | None = None
    zoneless: bool = False


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed document.

    Attributes:
        format: `rss20`, `atom10`, `json1`, `news-sitemap`, ...
        ttl_s, update_period_s: the publisher's hints, None where absent.
        skip_hours: UTC hours 0..23; skip_days: 0 (Monday) .. 6.
        hub, topic: WebSub's links; next: the next page of a paged feed (RFC 5005).
        truncated: entries beyond the cap were left out, or the document ends too early.
        id_kind: what the keys are made of; pass it again at the next poll.
    """

    title: str = ""
    link: str = ""
    lang: str = ""
    format: str = ""
    entries: tuple[ParsedEntry, ...] = ()
    ttl_s: int | None = None
    update_period_s: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    hub: str = ""
    topic: str = ""
    next: str = ""
    truncated: bool = False
    id_kind: IdKind = "guid"
