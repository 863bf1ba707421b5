"""What extraction gives. Apart from the extractor, so that reading a result imports no parser."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # msgspec reads the annotations at run time


@dataclass(frozen=True, slots=True)
class Extracted:
    """An article as its page gives it. All strings are clean: no NUL, no lone surrogate.

    Attributes:
        title: headline without the site's name; "" where the page names none.
        text: paragraphs joined by one newline, NFC; "" where nothing was found, or only a menu
            or a consent wall. Where `short` is raised the feed's own content is the better text.
        lang: ISO 639-1, "und" where neither page nor text says.
        authors: names, in order, none twice.
        published_at, updated_at: aware UTC; None outside 1995 .. fetch time + 2 days.
        published_raw: the date as the page writes it.
        section: rubric; publisher: the name the page gives its site.
        image, canonical_url: absolute http(s) URLs, or "".
        flags: of `short` (less text than `min_chars`), `paywall`, `consent` (a wall, not an
            article), `cut` (the page was longer than `max_html_bytes`, or its text than 200,000
            characters), `zoneless_date`.
    """

    title: str = ""
    text: str = ""
    lang: str = "und"
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    published_raw: str = ""
    updated_at: datetime | None = None
    section: str = ""
    image: str = ""
    canonical_url: str = ""
    publisher: str = ""
    flags: tuple[str, ...] = ()
