"""Articles, names and strategies for the tests of store and query; the words are our own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from ingest import ids
from ingest.model import Article, Entry, Mention, Proposal
from ingest.query import ast
from ingest.store.port import Save, Saved, Search

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def make_article(key="a", **more) -> Article:
    """An article whose id is that of `http://courier.example/<key>`."""
    url = f"http://courier.example/{key}"
    title = more.pop("title", "Talks in spring")
    text = more.pop("text", "Nobody has said where the talks will be held.")
    moment = more.pop("effective_at", NOW)
    return Article(
        id=more.pop("id", ids.article_id(url)),
        url=url,
        normalized_url=url,
        title=title,
        text=text,
        source=more.pop("source", "courier.example"),
        effective_at=moment,
        first_fetched_at=moment,
        fetched_at=moment,
        first_stored_at=moment,
        indexed_at=moment,
        content_hash=ids.content_hash(title, text),
        lang=more.pop("lang", "en"),
        **more,
    )


def make_entry(key="e", **more) -> Entry:
    return Entry(
        id=ids.entry_id("feed", key),
        feed_id=more.pop("feed_id", "feed"),
        url=f"http://courier.example/{key}",
        host="courier.example",
        title=key,
        content_hash="",
        first_seen_at=more.pop("first_seen_at", NOW),
        changed_at=NOW,
        **more,
    )


def leader(entity: str, text: str = "", surface: str = "") -> Mention:
    start = max(text.find(surface), 0) if surface else 0
    return Mention(start, start + len(surface), surface, "leader", f"leader:{entity}", entity)


def place(entity: str, role: str | None, text: str = "", surface: str = "") -> Mention:
    start = max(text.find(surface), 0) if surface else 0
    return Mention(
        start,
        start + len(surface),
        surface,
        "venue",
        f"place:{entity}",
        entity,
        role=role,
        sentence_end=len(text),
    )


def act(status="proposed", venues=("minsk-by",), proposer="leader:lukashenko", **more) -> Proposal:
    return Proposal(
        proposer=proposer,
        proposer_name=proposer,
        proposer_country=more.pop("country", "BY"),
        venues=tuple(f"place:{venue}" for venue in venues),
        venue_names=tuple(venues),
        parties=tuple(more.pop("parties", ("RU", "UA"))),
        status=status,
        start=0,
        end=more.pop("end", 10),
        **more,
    )


class FakeNames:
    """A dozen names, in the cases that tests need."""

    KNOWN: ClassVar = {
        ("venue", "minsk"): ("place:minsk-by",),
        ("venue", "мінск"): ("place:minsk-by",),
        ("venue", "минск"): ("place:minsk-by",),
        ("venue", "istanbul"): ("place:istanbul-tr",),
        ("venue", "стамбул"): ("place:istanbul-tr",),
        ("venue", "turkey"): ("place:turkey-tr",),
        ("venue", "georgia"): ("place:georgia-ge", "place:georgia-us"),
        ("leader", "lukashenko"): ("leader:lukashenko",),
        ("leader", "лукашенко"): ("leader:lukashenko",),
        ("leader", "bush"): ("leader:bush-george", "leader:bush-walker"),
    }

    def resolve(self, kind: str, text: str) -> tuple[str, ...]:
        kinds = ("leader", "venue") if kind == "any" else (kind,)
        return tuple(i for k in kinds for i in self.KNOWN.get((k, text.casefold()), ()))

    def suggest(self, kind: str, text: str) -> tuple[str, ...]:
        return tuple(
            n for k, n in self.KNOWN if n[:3] == text.casefold()[:3] and k in (kind, "any")
        )


NAMES = FakeNames()


def parsed(query: str, now: datetime = NOW, tz: str = "UTC") -> ast.Node:
    from ingest.query.parse import parse_query  # processes that only save need no grammar

    return parse_query(query, names=NAMES, now=now, tz=tz).node


def settle(store) -> None:
    """Make what was saved visible to searches, where an engine has to be told."""
    getattr(store, "refresh", lambda: None)()


def saved(store, *articles: Article) -> list[Article]:
    """Save articles that must be taken; returns them as stored."""
    results = store.save([Save(article) for article in articles])
    assert all(isinstance(result, Saved) for result in results), results
    settle(store)
    return [result.article for result in results]


def hits(store, query: str | ast.Node, **more) -> list[str]:
    """The titles of all hits, newest first."""
    node = parsed(query) if isinstance(query, str) else query
    page = store.search(Search(node, sort=more.pop("sort", "newest"), limit=1000, **more))
    assert page.total == len(page.hits)
    return [hit.article.title for hit in page.hits]
