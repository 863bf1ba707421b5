"""Searches mean what `ingest.query.match` says, over random articles and random queries."""

from collections import Counter
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_articles import corpora, trees
from storing import settle

from ingest.query.match import binds, matches
from ingest.query.projection import project
from ingest.store.port import FACETS, Save, Saved, Search

ZONES = ("UTC", "Europe/Minsk", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia")

example_by_example = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def fill(store, corpus):
    """Empty the store, then save the corpus; returns the articles as stored."""
    store.delete_articles([article.id for article in store.find_articles()])
    results = store.save([Save(article) for article in corpus])
    assert all(isinstance(result, Saved) for result in results)
    settle(store)
    return [result.article for result in results]


@example_by_example
@given(corpus=corpora, nodes=st.lists(trees, min_size=1, max_size=6), zone=st.sampled_from(ZONES))
def test_hits_and_facets_are_those_of_match(store, corpus, nodes, zone):
    stored = fill(store, corpus)
    projections = {article.id: project(article) for article in stored}
    for node in nodes:
        expected = {i for i, projection in projections.items() if matches(node, projection)}
        page = store.search(Search(node, limit=100, facets=FACETS, facet_size=1000, timezone=zone))
        assert {hit.article.id for hit in page.hits} == expected
        assert page.total == len(expected)
        counts = {name: Counter() for name in FACETS}
        for article_id in expected:
            projection = projections[article_id]
            day = projection.effective_at.astimezone(ZoneInfo(zone)).date().isoformat()
            for name in FACETS:
                counts[name].update({day} if name == "day" else projection.values()[name])
        for name in FACETS:
            found = [(value.value, value.count) for value in page.facets[name]]
            assert found == sorted(counts[name].items(), key=lambda item: (-item[1], item[0]))


@example_by_example
@given(corpus=corpora, nodes=st.lists(trees, min_size=1, max_size=4))
def test_proposals_are_those_that_the_query_binds_to(store, corpus, nodes):
    stored = fill(store, corpus)
    projections = {article.id: project(article) for article in stored}
    for node in nodes:
        expected = [
            (article.effective_at, f"{article.id}.p{at}")
            for article in stored
            if matches(node, projections[article.id])
            for at, proposal in enumerate(article.proposals)
            if binds(node, proposal, lambda leaf, i=article.id: matches(leaf, projections[i]))
        ]
        found = [(row.effective_at, row.id) for row in store.proposals(node)]
        assert found == sorted(expected, reverse=True)


@example_by_example
@given(
    corpus=corpora,
    node=trees,
    limit=st.integers(1, 3),
    sort=st.sampled_from(("newest", "oldest", "relevance")),
)
def test_pages_joined_are_the_whole(store, corpus, node, limit, sort):
    fill(store, corpus)
    whole = store.search(Search(node, sort=sort, limit=100))
    found, cursor = [], ""
    for _ in range(len(corpus) + 1):
        page = store.search(Search(node, sort=sort, limit=limit, cursor=cursor))
        assert page.total == whole.total
        found += page.hits
        cursor = page.next
        if not cursor:
            break
    assert [hit.article.id for hit in found] == [hit.article.id for hit in whole.hits]
