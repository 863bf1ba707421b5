"""What the pipeline stores of the newsroom, held against its truth, fact by fact."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from ingest.demo.truth import article_truth, feed_truth
from ingest.model import Alert, Entry, EntryState, Feed
from ingest.query.ast import All
from ingest.store.port import Search


@pytest.fixture(scope="module")
def stored(told):
    """Stored articles by every address of theirs."""
    by_url = {}
    for article in told.store.find_articles():
        for url in {article.normalized_url, article.final_url, article.canonical_url} - {""}:
            by_url.setdefault(url, article)
    return by_url


@pytest.fixture(scope="module")
def pairs(told, stored):
    """(truth, stored article or None) of every article."""
    found = []
    for article in told.newsroom.all_articles:
        truth = article_truth(article)
        urls = [truth[key] for key in ("plain_url", "canonical_url", "final_url", "url")]
        found.append((truth, next((stored[url] for url in urls if url in stored), None)))
    return found


def test_newsroom_is_as_large_as_promised(told):
    assert len(told.newsroom.all_articles) >= 90
    assert {a.site.lang for a in told.newsroom.all_articles} == set(
        "en ru uk be pl de fr es tr".split()
    )
    assert len(list(told.newsroom.feeds())) >= 12


def test_no_article_is_missing_and_none_is_there_twice(told, pairs):
    assert [truth["id"] for truth, article in pairs if article is None] == []
    ids = Counter(article.id for _, article in pairs)
    assert [id_ for id_, count in ids.items() if count > 1] == []
    assert told.store.count_articles() == len(pairs)


def test_texts_hold_every_paragraph_and_no_clutter(pairs):
    wrong = []
    for truth, article in pairs:
        expected = "\n".join(truth["paragraphs"])
        if article.text != expected:
            wrong.append((truth["id"], article.text[:80], expected[:80]))
    assert wrong == []


def test_pages_without_text_fall_back_to_the_feed(pairs):
    flagged = {truth["id"] for truth, article in pairs if "from_feed" in article.flags}
    assert {truth["id"] for truth, _ in pairs if truth["page"] == "video"} <= flagged
    assert flagged <= {truth["id"] for truth, _ in pairs if truth["page"] != "ok"}


@pytest.mark.parametrize(
    ("field", "of"),
    [
        pytest.param("title", lambda a: a.title, id="title"),
        pytest.param("lang", lambda a: a.lang, id="language"),
        pytest.param(
            "published",
            lambda a: a.published_at and a.published_at.isoformat(),
            id="published",
        ),
        pytest.param("authors", lambda a: list(a.authors), id="authors"),
    ],
)
def test_metadata_is_right(pairs, field, of):
    wrong = [
        (truth["id"], of(article), truth[field])
        for truth, article in pairs
        if of(article) != truth[field]
    ]
    assert wrong == []


def test_agency_text_points_to_its_first_copy(pairs):
    by_id = {truth["id"]: article for truth, article in pairs}
    for truth, article in pairs:
        if truth["copy_of"]:
            original = by_id[truth["copy_of"]]
            assert {article.copy_of, original.copy_of} == {
                "",
                article.id if original.copy_of else original.id,
            }


def test_feed_states_tell_what_happened(told):
    for site, spec in told.newsroom.feeds():
        truth = feed_truth(told.newsroom, site, spec)
        feed = next(f for f in told.store.find(Feed) if f.url == truth["feed"])
        match truth["outcome"]:
            case "ok":
                assert (feed.state.error, feed.state.moved_to) == ("", ""), feed.url
            case "moved":
                assert feed.state.error == ""
                assert feed.state.moved_to == truth["final_url"]
                assert feed.url == truth["feed"]  # rewritten only after a week of sightings
            case "gone":
                assert feed.state.gone
                assert feed.state.error == "http-410"
            case "not-a-feed":
                assert feed.state.error == "not-a-feed"


def test_every_entry_is_done_or_waits_for_its_page(told):
    states = Counter(entry.state for entry in told.store.find(Entry))
    late = sum(1 for a in told.newsroom.all_articles if a.page == "late")
    assert states[EntryState.NEW] <= late
    assert states[EntryState.DONE] == states.total() - states[EntryState.NEW]


def test_alerts_are_raised_for_the_last_days_only_and_stand_once_in_the_file(told):
    alerts = told.store.find(Alert)
    assert told.reports[0].evaluation.alerts == []
    assert told.reports[0].evaluation.from_history > 0
    assert len(alerts) == len(told.reports[1].evaluation.alerts) > 0
    assert any("Ankara" in alert.line for alert in alerts)
    lines = (told.folder / "demo-alerts.jsonl").read_text("utf-8").splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == sorted(a.id for a in alerts)


def test_mention_offsets_are_true_everywhere(told):
    for article in told.store.find_articles():
        for mention in article.mentions:
            assert article.text[mention.start : mention.end] == mention.surface
        for proposal in article.proposals:
            assert 0 <= proposal.start < proposal.end <= len(article.text)


def test_polling_again_changes_nothing(told):
    before = {article.id: article.revision for article in told.store.find_articles()}
    alerts = told.store.count(Alert)
    report = told.poll()
    answered = report.counters["feeds_polled"] - report.counters["feeds_failed"]
    assert report.counters["feeds_unchanged"] == answered
    assert report.counters["entries_new"] == 0
    assert {a.id: a.revision for a in told.store.find_articles()} == before
    assert told.store.count(Alert) == alerts


def test_all_languages_are_counted(told):
    page = told.store.search(Search(node=All(), limit=1, facets=("language",), facet_size=20))
    truth = Counter(article.site.lang for article in told.newsroom.all_articles)
    assert {v.value: v.count for v in page.facets["language"]} == dict(truth)
