"""Strategies: random articles and random queries, small enough to collide."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from storing import NOW, make_article

from ingest.model import ROLES, VENUE_ROLES, Article, Mention, Proposal
from ingest.query import ast
from ingest.query.stemmers import query_stems

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
