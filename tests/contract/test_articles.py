"""Saving articles: compare-and-set, projections in step, entries last."""

from dataclasses import replace
from datetime import timedelta

import pytest
from storing import NOW, act, hits, leader, make_article, make_entry, place, saved, settle

from ingest.model import Article, Entry, EntryState, UrlAlias
from ingest.query import ast
from ingest.store.port import Lost, Refused, Save, Saved, Search, Where
from ingest.store.records import MAX_DOC_BYTES
from ingest.store.rows import mention_rows, proposal_rows

FULL = make_article(
    "full",
    title="Minsk offered for talks",
    text="Lukashenko offered Minsk. Kyiv said nothing.\x00 Ёж 😀",
    publisher="The Courier",
    authors=("A. Writer", ""),
    published_at=NOW - timedelta(hours=1, microseconds=7),
    flags=("zoneless_date",),
    mentions=(leader("lukashenko"), place("minsk-by", "proposed"), place("kyiv-ua", "government")),
    title_mentions=(place("minsk-by", "proposed"),),
    proposals=(act(end=25), act("rejected", ("istanbul-tr",))),
)


def test_an_article_comes_back_as_it_was_saved(store):
    (result,) = store.save([Save(FULL)])
    assert result == Saved(replace(FULL, revision=1), None, created=True)
    assert store.get_article(FULL.id) == result.article
    assert store.get_articles([FULL.id, "absent"]) == {FULL.id: result.article}
    assert store.get_article("absent") is None


def test_projections_are_what_the_article_embeds(store):
    (article,) = saved(store, FULL)
    assert store.mentions([article.id]) == list(mention_rows(article))
    rows = store.proposals(ast.All())
    assert rows == sorted(proposal_rows(article), key=lambda row: row.id, reverse=True)
    assert rows[-1].sentence == "Lukashenko offered Minsk."


def test_mentions_of_several_articles_keep_their_order(store):
    one, two = saved(
        store,
        make_article("1", mentions=(leader("a"), leader("b"))),
        make_article("2", mentions=(leader("c"),)),
    )
    rows = store.mentions([two.id, "absent", one.id])
    assert [row.mention.name for row in rows] == ["c", "a", "b"]


def test_an_edit_needs_the_stored_revision(store):
    (first,) = saved(store, make_article(title="First"))
    (second,) = saved(store, replace(first, title="Second"))
    assert second.revision == 2
    assert store.save([Save(replace(first, title="Stale"))]) == [Lost(first.id, "article")]
    assert store.save([Save(make_article(title="New"))]) == [Lost(first.id, "article")]
    assert store.get_article(first.id).title == "Second"


def test_a_lost_article_leaves_the_others_of_the_call_saved(store):
    saved(store, make_article("b", title="Old"))
    results = store.save([Save(make_article(key, title="New")) for key in "abc"])
    assert [type(result) for result in results] == [Saved, Lost, Saved]
    settle(store)
    assert sorted(hits(store, "")) == ["New", "New", "Old"]


def test_an_entry_is_marked_with_its_article(store):
    (entry,) = store.put([make_entry(state=EntryState.FETCHED)])
    marked = replace(entry, state=EntryState.STORED, article_id=FULL.id)
    (result,) = store.save([Save(FULL, marked)])
    assert result.entry == replace(marked, revision=2)
    assert store.get(Entry, entry.id) == result.entry
    assert store.find(Entry, Where("article_id", "=", FULL.id)) == [result.entry]


def test_a_lost_entry_says_so(store):
    (entry,) = store.put([make_entry(state=EntryState.FETCHED)])
    store.put([replace(entry, state=EntryState.DEAD)])
    stale = replace(entry, state=EntryState.STORED)
    assert store.save([Save(FULL, stale)]) == [Lost(FULL.id, "entry")]
    assert store.get(Entry, entry.id).state is EntryState.DEAD


def test_a_repeat_changes_nothing_and_writes_the_projections_again(store):
    (article,) = saved(store, FULL)
    (repeat,) = store.save([Save(article)])
    assert repeat == Saved(article, None, created=False)
    settle(store)
    assert hits(store, "minsk") == [FULL.title]
    assert store.mentions([article.id]) == list(mention_rows(article))
    assert len(store.proposals(ast.All())) == 2


def test_surplus_projections_go(store):
    (article,) = saved(store, FULL)
    (less,) = saved(
        store,
        replace(article, title="Nothing", text="Nothing.", mentions=(leader("b"),),
                title_mentions=(), proposals=(act("agreed", ("geneva-ch",)),)),
    )  # fmt: skip
    assert store.mentions([article.id]) == list(mention_rows(less))
    assert [row.proposal.status for row in store.proposals(ast.All())] == ["agreed"]
    for gone in ("minsk", "leader:lukashenko", "venue:minsk", "status:rejected", "role:proposed"):
        assert hits(store, gone) == [], gone
    page = store.search(Search(ast.All(), facets=("leader", "venue", "role", "country")))
    assert {name: [v.value for v in page.facets[name]] for name in page.facets} == {
        "leader": ["leader:b"],
        "venue": [],
        "role": [],
        "country": [],
    }


def test_the_same_article_twice_in_one_call_is_saved_once(store):
    results = store.save([Save(make_article(title="One")), Save(make_article(title="Two"))])
    assert [type(result) for result in results] == [Saved, Lost]


def test_too_large_a_document_is_refused_alone(store):
    huge = make_article("huge", text="x" * (MAX_DOC_BYTES + 1))
    results = store.save([Save(huge), Save(FULL)])
    assert isinstance(results[0], Refused)
    assert "too-large" in results[0].reason
    assert isinstance(results[1], Saved)


def test_lone_surrogates_are_replaced_and_offsets_hold(store):
    (article,) = saved(store, make_article(text="a\ud800 Minsk", title="\udc00"))
    assert (article.text, article.title) == ("a\ufffd Minsk", "\ufffd")
    assert store.get_article(article.id) == article


def test_a_url_alias_belongs_to_whoever_was_first(store):
    saved(store, FULL)
    assert store.put([UrlAlias(FULL.normalized_url, FULL.id)])[0].revision == 1
    assert store.put([UrlAlias(FULL.normalized_url, "other")]) == [None]


def test_deleting_an_article_takes_its_projections_and_aliases(store):
    (article, other) = saved(store, FULL, make_article("other", title="Other"))
    store.put([UrlAlias("u1", article.id), UrlAlias("u2", other.id)])
    assert store.delete_articles([article.id, article.id, "absent"]) == 1
    settle(store)
    assert store.get_article(article.id) is None
    assert store.mentions([article.id]) == []
    assert store.proposals(ast.All()) == []
    assert hits(store, "") == ["Other"]
    assert hits(store, "minsk") == []
    assert store.get(UrlAlias, "u1") is None
    assert store.get(UrlAlias, "u2") is not None
    assert store.search(Search(ast.All(), facets=("leader",))).facets["leader"] == ()


def test_a_deleted_article_can_be_saved_again(store):
    saved(store, FULL)
    store.delete_articles([FULL.id])
    (again,) = saved(store, FULL)
    assert again.revision == 1
    assert hits(store, "venue:minsk") == [FULL.title]


def test_articles_are_found_by_their_indexed_fields(store):
    saved(
        store,
        make_article("1", source="a.example", effective_at=NOW),
        make_article("2", source="b.example", effective_at=NOW - timedelta(days=1)),
        make_article("3", source="a.example", effective_at=NOW - timedelta(days=2)),
    )
    found = store.find_articles(Where("source", "=", "a.example"), order_by="effective_at")
    assert [article.url[-1] for article in found] == ["3", "1"]
    assert store.count_articles(Where("effective_at", ">=", NOW - timedelta(days=1))) == 2
    assert store.count_articles() == 3
    newest = store.find_articles(order_by="-effective_at", limit=1)
    assert newest[0].url[-1] == "1"
    assert set(Article.INDEXED) >= {"source", "effective_at"}


@pytest.mark.parametrize("length", [4, 12, 64])
def test_an_article_is_found_by_a_prefix_of_its_id(store, length):
    saved(store, FULL, make_article("other"))
    found = store.find_articles(Where("id", "prefix", FULL.id[:length]))
    assert [article.id for article in found] == [FULL.id]


def test_the_store_counts_and_checks_itself(store):
    saved(store, FULL)
    assert store.stats()["article"] == 1
    assert store.check() == ""
