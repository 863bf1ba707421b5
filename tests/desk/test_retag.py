"""Retag, on both stores: only what an edit can affect, the difference told, nothing raised."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from desk.articles import DAY, NEVER, OFFER, anew, tagged
from storing import settle

from ingest import desk
from ingest.alerts.rules import parse_rules
from ingest.board_store import known_meetings, read_board
from ingest.cli.pending import strangers
from ingest.model import Alert, Delivery, Entry
from ingest.pipeline.retag import RetagReport, _Job, affected, retag
from ingest.store.port import Save, Search
from ingest.tag.desk import tagger_of
from ingest.tag.overlay import EMPTY, Own, dump_overlay

NOW = datetime(2026, 3, 12, tzinfo=UTC)
BLAHUT = Own(
    "leader:blahut-zorka", "leader", "Zorka Blahut", "CZ", names={"ru": ("Зорка Блахутова",)}
)
RULES = "version: 1\nrules:\n  - {id: offers, type: match, when: {status: proposed}, max_age: 7d}\n"


def publish(store, overlay, kind="overlay"):
    body = overlay if isinstance(overlay, str) else dump_overlay(overlay)
    made = desk.publish(store, kind, body, author="anna", now=NOW)
    settle(store)
    return made.number


@pytest.fixture
def both(backend):
    with backend.open() as store:
        yield store


def test_only_what_holds_a_name_in_any_ending_is_read_again(both):
    english = tagged(both, "en", "Zorka Blahut offered Minsk for talks between Putin and Zelensky.")
    russian = tagged(both, "ru", "Он ждал Зорку Блахутову весь день.", lang="ru")
    tagged(both, "other", "Rain fell on the harbour all day long.")
    retag(both, now=NOW)  # the store is known to be up to date
    publish(both, EMPTY.with_entity(BLAHUT))
    assert sorted(affected(both, 0, 0)) == sorted([english.id, russian.id])
    dry = retag(both, now=NOW, dry_run=True)
    assert anew(both, english) == english
    report = retag(both, now=NOW)
    assert (report.counts["read"], report.counts["saved"]) == (2, 2)
    assert dry.counts == report.counts
    assert dry.differences == report.differences
    told = {d.article_id: d for d in report.differences}
    assert any("Zorka Blahut" in line for line in told[russian.id].gained)
    stored = anew(both, english)
    assert "leader:blahut-zorka" in {m.entity for m in stored.mentions}
    assert stored.tagger_version.endswith("+o1")
    assert stored.indexed_at == english.indexed_at
    assert retag(both, now=NOW).counts["read"] == 0


def test_an_office_affects_the_titles_that_mean_it(both):
    title = tagged(both, "t", "The Czech prime minister offered Minsk for the talks.")
    tagged(both, "u", "The Polish prime minister stayed at home for the day.")
    retag(both, now=NOW)
    held = replace(BLAHUT, offices=(_office("CZ", "pm", "2026-01-01"),))
    publish(both, EMPTY.with_entity(held))
    assert affected(both, 0, 0) == [title.id]
    retag(both, now=NOW)
    named = {m.name for m in anew(both, title).mentions}
    assert "Zorka Blahut" in named


def _office(*parts):
    from ingest.tag.gazetteer import Office

    return Office(*parts)


def test_a_merged_entity_moves_with_its_articles(both):
    article = tagged(both, "m", "Vladimir Makei spoke of the weather, at length.")
    retag(both, now=NOW)
    publish(both, EMPTY.with_redirect("leader:makei-vladimir", "leader:aleinik-sergei"))
    names = _names(both)
    found = both.search(Search(_leader(names, "Sergei Aleinik"), sort="newest"))
    assert [hit.article.id for hit in found.hits] == [article.id]  # the redirect is followed
    retag(both, now=NOW)
    assert [m.entity for m in anew(both, article).mentions] == ["leader:aleinik-sergei"]


def _names(store):
    from ingest.tag.desk import gazetteer_of

    return gazetteer_of(store)


def _leader(names, text):
    from ingest.query.parse import parse_query

    return parse_query(f'leader:"{text}"', names=names, now=NOW).node


def test_another_taggers_articles_are_stale(both):
    article = tagged(both, "old", OFFER)
    stale = both.save([Save(replace(article, tagger_version="0.9+x", mentions=()))])[0].article
    fresh = tagged(both, "new", NEVER)
    settle(both)
    report = retag(both, now=NOW, only_stale=True)
    assert report.counts["read"] == 1
    assert anew(both, stale).mentions == article.mentions
    assert anew(both, fresh) == fresh
    assert retag(both, now=NOW, only_stale=True).counts["read"] == 0


def test_nothing_is_raised_and_what_would_have_fired_is_told(both):
    article = tagged(
        both, "fire", "Zorka Blahut offered Villa Kerimov for talks between Putin and Zelensky."
    )
    retag(both, now=NOW)
    rules = parse_rules(RULES, "rules.yaml", alerts_file=None)
    villa = Own("place:villa-kerimov-ch", "site", "Villa Kerimov", "CH")
    publish(both, EMPTY.with_entity(BLAHUT).with_entity(villa))
    report = retag(both, now=NOW, rules=rules)
    assert [(rule, article_id) for rule, _key, article_id in report.would_fire] == [
        ("offers", article.id)
    ]
    assert both.find(Alert) == both.find(Delivery) == both.find(Entry) == []


def test_since_leaves_older_articles_for_later(both):
    old = tagged(both, "a", "Zorka Blahut slept.", day=-30)
    tagged(both, "b", "Zorka Blahut woke.", day=0)
    retag(both, now=NOW)
    publish(both, EMPTY.with_entity(BLAHUT))
    assert retag(both, now=NOW, since=datetime(2026, 3, 1, tzinfo=UTC)).counts["saved"] == 1
    assert anew(both, old) == old
    assert retag(both, now=NOW).counts["saved"] == 1


def test_a_revision_that_cannot_be_read_leaves_the_last_good_one(both):
    tagged(both, "z", "Zorka Blahut slept.")
    publish(both, EMPTY.with_entity(BLAHUT))
    publish(both, "entities: {broken")
    stored = tagged(both, "y", "Zorka Blahut woke.")
    assert stored.tagger_version.endswith("+o1")
    assert [m.entity for m in stored.mentions] == ["leader:blahut-zorka"]


def test_an_article_that_others_save_meanwhile_is_read_anew(both):
    article = tagged(both, "race", "Zorka Blahut slept.")
    publish(both, EMPTY.with_entity(BLAHUT))
    both.save([Save(replace(article, text="Zorka Blahut slept. Zorka Blahut woke."))])
    job = _Job(both, tagger_of(both), None, RetagReport("x"), NOW, dry_run=False, forced=False)
    job.chunk([article])  # as it was read before the other save
    stored = anew(both, article)
    assert [m.surface for m in stored.mentions] == ["Zorka Blahut", "Zorka Blahut"]


def test_refusals_and_strangers_are_found_on_both_stores(both):
    tagged(both, "offer", OFFER)
    tagged(both, "never", NEVER, day=1)
    tagged(both, "who", "President Zorro Blimpov was there, they say.", day=1)
    (meeting,) = read_board(both, since=DAY - timedelta(days=1), remember=True)
    assert [s.stance.stand for s in meeting.stances] == ["refused"]
    assert [one.id for one in known_meetings(both)] == [meeting.id]
    assert read_board(both, since=None, until=DAY + timedelta(hours=1))[0].stances == ()
    assert strangers(both) == [("leader:?zorro-blimpov", 1)]
