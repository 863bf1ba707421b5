"""The articles of the sample newsroom, tagged, without the detour over feeds and pages."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from functools import cache

from ingest import ids
from ingest.demo.newsroom import Newsroom
from ingest.model import Article
from ingest.tag import Tagger

MONDAY = date(2026, 3, 2)


@cache
def newsroom_articles() -> tuple[Article, ...]:
    """Every article of both editions, as the pipeline would store it; untagged where cached."""
    tagger = Tagger.load()
    found = []
    for told in Newsroom.load(MONDAY).all_articles:
        text = "\n".join(told.paragraphs)
        published = told.published_at.astimezone(UTC)
        tagged = tagger.tag(text, lang=told.site.lang, title=told.title, published=published)
        found.append(
            Article(
                id=ids.article_id(told.plain_url),
                url=told.url,
                normalized_url=told.plain_url,
                title=told.title,
                text=text,
                source=told.site.domain,
                lang=told.site.lang,
                published_at=published,
                effective_at=published,
                first_fetched_at=published + timedelta(minutes=5),
                fetched_at=published + timedelta(minutes=5),
                first_stored_at=published + timedelta(minutes=6),
                indexed_at=published + timedelta(minutes=6),
                content_hash=ids.content_hash(told.title, text),
                feed_id=ids.feed_id(told.site.base),
                mentions=tagged.mentions,
                title_mentions=tagged.title_mentions,
                proposals=tagged.proposals,
                tagger_version=tagged.version,
            )
        )
    return tuple(found)
