"""What a tagger says of a text, in the form that tests compare."""

from __future__ import annotations

from datetime import UTC, datetime

from ingest.tag import Tagger


def leaders(tagger: Tagger, text: str, lang: str, day: str) -> list[tuple[str, str]]:
    published = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return [
        (m.surface, m.name)
        for m in tagger.tag(text, lang=lang, published=published).mentions
        if m.kind == "leader"
    ]
