"""Articles of our own words, tagged as the pipeline tags them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storing import make_article, saved

from ingest import articles
from ingest.tag.desk import tagger_of

DAY = datetime(2026, 3, 10, 12, tzinfo=UTC)
OFFER = "Alexander Lukashenko offered Minsk for talks between Putin and Zelensky on Monday."
REFUSAL = "Volodymyr Zelensky refuses to go to Minsk for talks with Putin, his office said."
NEVER = "Volodymyr Zelensky refused to meet Vladimir Putin at all this spring."


def tagged(store, key, text, *, day=0, lang="en", title="A headline of the day", **more):
    """Save an article as the pipeline would; returns it as stored."""
    at = DAY + timedelta(days=day)
    article = make_article(key, text=text, title=title, lang=lang, effective_at=at, **more)
    said = tagger_of(store).tag(text, lang=lang, title=title, published=at, article=article.id)
    return saved(store, articles.with_tags(article, said))[0]


def anew(store, article):
    """The article as the store has it now."""
    found = store.get_article(article.id)
    assert found is not None
    return found
