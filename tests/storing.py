"""Articles, names and strategies for the tests of store and query; the words are our own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar

from hypothesis import strategies as st

from ingest import ids
from ingest.model import ROLES, VENUE_ROLES, Article, Entry, Mention, Proposal
from ingest.query import ast
from ingest.query.parse import parse_query
from ingest.query.stemmers import query_stems
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


# --- strategies --------------------------------------------------------------------------------

WORDS = (
    "minsk", "Минске", "talks", "talk", "Putin", "put", "İstanbul'da", "м'яч", "ё", "Zürich",
    "2026", "naïve", "x", "-", "перемовини", "\u0301", "Łódź", "a\u00adb", "ꙮ", "𞤀",
)  # fmt: skip
texts = st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=8).map(" ".join)
langs = st.sampled_from(("en", "ru", "uk", "be", "pl", "de", "tr", "und", "zz"))
leaders = st.sampled_from(("leader:a", "leader:b", "leader:c"))
places = st.sampled_from(("place:minsk-by", "place:istanbul-tr", "place:x"))
codes = st.sampled_from(("BY", "TR", "RU", "UA"))
moments = st.integers(0, 20_000).map(lambda minutes: NOW + timedelta(minutes=7 * minutes))
roles = st.sampled_from(ROLES)
statuses = st.sampled_from(VENUE_ROLES)


@st.composite
def mentions(draw) -> Mention:
    if draw(st.booleans()):
        return Mention(0, 1, "x", "leader", draw(leaders), "x")
    return Mention(0, 1, "x", "venue", draw(places), "x", role=draw(st.none() | roles))


@st.composite
def proposals(draw) -> Proposal:
    venues = tuple(draw(st.lists(places, max_size=2)))
    return Proposal(
        proposer=draw(st.none() | leaders | codes),
        proposer_name=None,
        proposer_country=draw(st.none() | codes),
        venues=venues,
        venue_names=venues,
        parties=tuple(draw(st.lists(codes, max_size=3))),
        status=draw(statuses),
        start=0,
        end=1,
    )


@st.composite
def articles(draw, key: str) -> Article:
    return make_article(
        key,
        title=draw(texts),
        text=draw(texts),
        lang=draw(langs),
        source=draw(st.sampled_from(("a.example", "b.example"))),
        effective_at=draw(moments),
        feed_id=draw(st.sampled_from(("f1", "f2"))),
        flags=tuple(draw(st.lists(st.sampled_from(("paywall", "from_feed")), max_size=2))),
        mentions=tuple(draw(st.lists(mentions(), max_size=3))),
        title_mentions=tuple(draw(st.lists(mentions(), max_size=1))),
        proposals=tuple(draw(st.lists(proposals(), max_size=2))),
    )


corpora = st.integers(1, 6).flatmap(
    lambda size: st.tuples(*(articles(f"a{number}") for number in range(size)))
)


def _several(values):
    return st.lists(values, min_size=1, max_size=2, unique=True).map(tuple)


terms = st.sampled_from(
    ("minsk", "минске", "talk", "talks", "putin", "put", "istanbul", "мяч", "е", "zurich", "2026",
     "naive", "x", "перемовини", "lodz", "ab", "ꙮ", "da")
)  # fmt: skip
leaves = st.one_of(
    st.just(ast.All()),
    terms.map(lambda term: ast.Word(term, query_stems(term))),
    st.lists(terms, min_size=1, max_size=2).map(lambda found: ast.Phrase(tuple(found))),
    terms.map(lambda term: ast.Prefix(term[:2])),
    _several(leaders).map(ast.LeaderIs),
    st.builds(ast.PlaceIs, st.none() | _several(places), _several(roles)),
    st.builds(
        ast.ProposalIs,
        st.none() | _several(leaders | codes),
        st.lists(codes, max_size=2, unique=True).map(tuple),
        st.none() | _several(statuses),
        st.none() | _several(places),
    ),
    st.builds(
        ast.FieldIs, st.just("source"), _several(st.sampled_from(("a.example", "c.example")))
    ),
    st.builds(ast.FieldIs, st.just("lang"), _several(langs)),
    st.builds(ast.FieldIs, st.just("country"), _several(codes)),
    st.builds(ast.FieldIs, st.just("feed"), _several(st.sampled_from(("f1", "f3")))),
    st.builds(ast.FieldIs, st.just("flag"), _several(st.sampled_from(("paywall", "other")))),
    st.builds(ast.DateRange, st.none() | moments, st.none() | moments),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda found: ast.And(tuple(found))),
        st.lists(inner, max_size=3).map(lambda found: ast.Or(tuple(found))),
        inner.map(ast.Not),
    ),
    max_leaves=6,
)
