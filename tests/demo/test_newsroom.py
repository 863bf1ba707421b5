"""The content: dates, truth, scaling, and what the checker finds."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.demo import check
from ingest.demo.newsroom import Newsroom, article_rows, publishers, story_start
from ingest.demo.records import LAST_DAY, slug
from ingest.demo.truth import truth

LANGUAGES = {"en", "ru", "uk", "be", "pl", "de", "fr", "es", "tr"}
NOMINAL = date(2025, 3, 3)


def test_the_articles_have_no_problems():
    assert check.problems() == []


def test_enough_articles_in_every_language_and_on_every_day(newsroom):
    articles = newsroom.articles(2)
    assert len(articles) >= 90
    assert {a.site.lang for a in articles} == LANGUAGES
    assert {a.day for a in articles if a.kind == "story"} >= set(range(1, 13)) | {15, 16, 17, 18}
    assert {a.day for a in articles} == set(range(1, LAST_DAY + 1))
    assert sum(a.kind == "decoy" for a in articles) >= 20
    assert sum(bool(a.copy_of) for a in articles) >= 3
    assert {a.site.key for a in articles} == {s.key for s in newsroom.sites if s.template}


def test_ids_titles_and_urls_are_unique(newsroom):
    articles = newsroom.all_articles
    for values in (
        [a.id for a in articles],
        [a.canonical_url for a in articles],
        [a.url for a in articles],
        [(a.site.key, a.title) for a in articles],
    ):
        assert len(values) == len(set(values))


def test_the_second_edition_adds_the_last_days(newsroom):
    first, both = newsroom.articles(1), newsroom.articles(2)
    assert {a.id for a in first} < {a.id for a in both}
    assert max(a.day for a in first) == 18
    added = {a.day for a in both} - {a.day for a in first}
    assert added == {19, 20, 21}


def test_a_copy_repeats_its_original_and_its_facts(newsroom):
    copies = [a for a in newsroom.all_articles if a.copy_of]
    for article in copies:
        original = newsroom.by_id[article.copy_of]
        assert (article.text, article.facts) == (original.text, original.facts)
        assert article.site.domain != original.site.domain
        assert article.published_at >= original.published_at


def test_every_fact_has_its_sentence_and_its_venues(newsroom):
    facts = [(a, fact) for a in newsroom.all_articles for fact in a.facts]
    assert {fact.status for _, fact in facts} == {"proposed", "agreed", "rejected", "hosted"}
    for article, fact in facts:
        assert any(fact.sentence in part for part in article.paragraphs)
        assert set(fact.venues) <= set(article.venues)


def test_a_decoy_offers_no_venue(newsroom):
    for article in newsroom.all_articles:
        if article.kind == "decoy":
            assert article.facts == ()


def test_the_dateline_article_offers_minsk_and_never_istanbul(newsroom):
    dateline = [a for a in newsroom.all_articles if a.text.startswith("ISTANBUL (")]
    assert dateline
    for article in dateline:
        assert article.venues["Istanbul"] == ("location",)
        assert [fact.venues for fact in article.facts] == [("Minsk",)]


@given(st.integers(0, 3_000_000_000), st.integers(-12, 14))
def test_the_story_ends_on_a_sunday_within_the_week_before(second, hours):
    now = datetime.fromtimestamp(second, timezone(timedelta(hours=hours)))
    start = story_start(now)
    end = datetime.combine(start + timedelta(days=LAST_DAY), datetime.min.time(), UTC)
    assert start.weekday() == 0
    assert (start - NOMINAL).days % 7 == 0
    assert end <= now < end + timedelta(days=7)


def test_dates_move_with_the_start_and_keep_weekday_and_hour():
    later = NOMINAL + timedelta(weeks=30)
    for a, b in zip(
        Newsroom.load(NOMINAL).all_articles, Newsroom.load(later).all_articles, strict=True
    ):
        assert a.id == b.id
        assert b.published_at - a.published_at == timedelta(weeks=30)


def test_a_start_that_is_no_monday_is_refused():
    with pytest.raises(ValueError, match="Tuesday"):
        Newsroom.load(date(2026, 3, 3))


def test_no_text_says_a_calendar_date_of_the_story(newsroom):
    for article in newsroom.all_articles:
        assert "2025" not in article.text, article.id
        assert "2026" not in article.text, article.id


@pytest.mark.parametrize("count", [1, 60, 700])
def test_scaling_repeats_nothing(newsroom, count):
    scaled = newsroom.scaled(count)
    articles = [a for a in scaled.all_articles if not a.copy_of]
    assert len(scaled.all_articles) == count
    assert len({a.id for a in scaled.all_articles}) == count
    assert len({a.canonical_url for a in scaled.all_articles}) == count
    assert len({a.text for a in articles}) == len(articles)
    salted = next((a for a in articles if a.id == "en-01-3"), None)
    if salted:
        assert "Lukashenko" in salted.text
        assert salted.text != newsroom.by_id["en-01"].text
    paragraphs = [part for a in articles for part in a.paragraphs]
    assert len(set(paragraphs)) > 0.99 * len(paragraphs)


def test_the_truth_is_plain_json_and_complete(newsroom):
    records = [json.loads(json.dumps(record)) for record in truth(newsroom)]
    articles = {r["id"]: r for r in records if "id" in r}
    feeds = [r for r in records if "feed" in r]
    assert len(articles) == len(newsroom.all_articles)
    listed = {i for feed in feeds for i in feed["articles"]["2"]}
    assert listed == set(articles)
    assert [f["feed"] for f in feeds if f["outcome"] == "gone"] == ["http://archive.example/feed"]
    assert {r["page"] for r in articles.values()} == {"ok", "late", "video"}


def test_the_truth_prints_as_json_lines():
    done = subprocess.run(
        [sys.executable, "-m", "ingest.demo.truth", "2026-03-02"],
        capture_output=True,
        check=True,
        timeout=200,
    )
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert lines == json.loads(json.dumps(list(truth(Newsroom.load(date(2026, 3, 2))))))


@pytest.mark.parametrize(
    ("text", "slugged"),
    [
        ("Łukaszenka zaprasza do Mińska!", "lukaszenka-zaprasza-do-minska"),
        ("Кремль — «за»", "кремль-за"),
        ("one two three four five six seven eight", "one-two-three-four-five-six-seven"),
        ("?!", ""),
    ],
    ids=["polish", "russian", "long", "nothing"],
)
def test_slugs(text, slugged):
    assert slug(text) == slugged


# --- the checker --------------------------------------------------------------------------------


def _row():
    row = next(r for r in article_rows() if r.get("facts") and r["facts"][0]["proposer"])
    return copy.deepcopy(row)


def _set(key, value):
    return lambda row: row.update({key: value})


def _fact(key, value):
    return lambda row: row["facts"][0].update({key: value})


@pytest.mark.parametrize(
    ("break_it", "complaint"),
    [
        pytest.param(_set("site", "nowhere"), "site nowhere has no articles", id="site"),
        pytest.param(_set("site", "portal"), "site portal has no articles", id="site-without"),
        pytest.param(_set("day", 22), "day 22 is outside", id="day"),
        pytest.param(_set("day", "1"), "day is missing or no int", id="day-text"),
        pytest.param(_set("time", "25:10"), "time 25:10 is no HH:MM", id="time"),
        pytest.param(_set("section", "Gossip"), "section Gossip is none of", id="section"),
        pytest.param(_set("kind", "joke"), "kind is neither", id="kind"),
        pytest.param(_set("colour", "red"), "unknown key colour", id="key"),
        pytest.param(_set("text", ""), "needs either a text or copy_of", id="no-text"),
        pytest.param(_set("text", "One.\n\nTwo."), "at least three paragraphs", id="short"),
        pytest.param(_set("text", "A\nb.\n\nC.\n\nD."), "a line break inside", id="line-break"),
        pytest.param(_set("venues", {"Oslo": ["visited"]}), "venue Oslo: roles", id="role"),
        pytest.param(_fact("status", "hoped"), "status hoped is not known", id="status"),
        pytest.param(_fact("sentence", "Never said."), "no part of the text", id="sentence"),
        pytest.param(_fact("venues", []), "names no venue", id="no-venue"),
        pytest.param(_fact("venues", ["Oslo"]), "venue Oslo is not among", id="fact-venue"),
        pytest.param(_fact("parties", ["Russia"]), "party Russia is no code", id="party"),
        pytest.param(_fact("proposer", "Nobody Inparticular"), "proposer Nobody", id="proposer"),
        pytest.param(_fact("mood", "good"), "unknown key mood", id="fact-key"),
        pytest.param(lambda row: row["facts"][0].pop("status"), "lacks status", id="fact-lacks"),
    ],
)
def test_the_checker_complains(break_it, complaint):
    sites = {site.key: site for site in publishers()[1]}
    row = _row()
    assert list(check.row_problems([row], sites)) == []
    break_it(row)
    assert any(complaint in problem for problem in check.row_problems([row], sites))


def test_the_checker_sees_what_concerns_two_rows():
    sites = {site.key: site for site in publishers()[1]}
    row = _row()
    other = {**row, "id": "x", "copy_of": row["id"], "text": None}
    lost = {**other, "id": "y", "copy_of": "z"}
    found = list(check.row_problems([row, row, other, lost], sites))
    assert any("the id stands 2 times" in problem for problem in found)
    assert "x: repeats an article of its own site" in found
    assert "y: copy_of z is no original" in found
