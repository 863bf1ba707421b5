"""The text of a feed's own content: what stands in for a page that gives none."""

from __future__ import annotations

from typing import Any

from ingest.extract.clean import trim_clutter
from ingest.extract.fragment import text_of_html
from ingest.extract.language import detect_language
from ingest.extract.result import Extracted


def feed_text_job(header: dict[str, Any], body: bytes) -> Extracted:
    """Read a feed's HTML as a worker's job; the header holds the declared `lang`, maybe "".

    Returns:
        Text without markup, a line a paragraph, clutter around it trimmed as a page's is; its
        language; the flag `from_feed`. The rest is the entry's to tell.
    """
    text = trim_clutter(text_of_html(body.decode("utf-8", "replace")))
    lang = detect_language(text, header.get("lang", "")) if text else "und"
    return Extracted(text=text, lang=lang, flags=("from_feed",))
