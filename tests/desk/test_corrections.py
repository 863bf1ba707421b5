"""Corrections: where they hold, what they change, what they survive."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from desk.articles import OFFER
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.desk import DeskStamp
from ingest.errors import SettingsError, UsageError
from ingest.tag import Tagger
from ingest.tag.corrections import (
    Correction,
    Corrections,
    Was,
    dump_corrections,
    find_in,
    occurrence_in,
    parse_corrections,
    redirected,
    sentence_key,
    undone,
    with_id,
)
from ingest.tag.overlay import EMPTY

CALM = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
AT = datetime(2026, 3, 1, tzinfo=UTC)
OTHER = "Nobody had expected that so early in the year."
TEXT = f"{OTHER} {OFFER} Rain fell."


def correction(kind="mention", surface="Minsk", sentence=OFFER, **more) -> Correction:
    return with_id(
        Correction(
            id="",
            kind=kind,
            by="anna",
            at=AT,
            article="a" * 64,
            surface=surface,
            sentence=sentence_key(sentence),
            said=sentence,
            lang="en",
            **more,
        )
    )


def read(text, *corrections, article="a" * 64, lang="en"):
    tagger = Tagger.load().with_desk(EMPTY, Corrections(corrections), DeskStamp(corrections=5))
    return tagger.tag(text, lang=lang, published=AT, article=article)


def role_of(tagged, surface="Minsk"):
    return [m.role for m in tagged.mentions if m.surface == surface]


def test_a_role_is_overridden_and_the_act_follows():
    tagged = read(TEXT, correction(role="rejected"))
    assert role_of(tagged) == ["rejected"]
    assert [p.status for p in tagged.proposals] == ["rejected"]
    assert tagged.version.endswith("+c5")
    mention = next(m for m in tagged.mentions if m.surface == "Minsk")
    assert (mention.confidence, "corrected" in mention.rule, "anna" in mention.rule) == (1.0, True, True)  # fmt: skip


def test_what_is_no_mention_is_gone_with_its_act():
    tagged = read(TEXT, correction(none=True))
    assert role_of(tagged) == []
    assert tagged.proposals == ()


def test_another_entity_is_meant():
    tagged = read(TEXT, correction(entity="place:istanbul-tr"))
    assert [p.venue_names for p in tagged.proposals] == [("Istanbul",)]


def test_a_leader_that_was_no_mention_becomes_one():
    text = "The visitor from afar smiled and said nothing at all about it."
    one = correction(surface="The visitor", sentence=text, entity="leader:putin-vladimir")
    assert [m.name for m in read(text, one).mentions] == ["Vladimir Putin"]


def test_a_sentence_that_was_moved_or_edited_a_little_is_still_meant():
    one = correction(role="rejected")
    moved = f"{OFFER} {OTHER}"
    edited = TEXT.replace("talks between", "new talks between")
    assert role_of(read(moved, one)) == ["rejected"]
    assert role_of(read(edited, one)) == ["rejected"]
    assert role_of(read("Putin came to Minsk and left in the evening.", one)) != ["rejected"]


def test_elsewhere_only_the_very_sentence_is_meant():
    one = correction(role="rejected")
    assert role_of(read(TEXT, one, article="b" * 64)) == ["rejected"]
    edited = TEXT.replace("talks between", "new talks between")
    assert role_of(read(edited, one, article="b" * 64)) == ["proposed"]


def test_a_short_sentence_is_the_same_by_chance():
    one = correction(sentence="Minsk it is.", role="agreed")
    assert role_of(read("Minsk it is.", one)) == ["agreed"]
    assert role_of(read("Minsk it is.", one, article="b" * 64)) != ["agreed"]


def test_each_naming_in_a_sentence_is_itself():
    text = "From Minsk he flew home, and Minsk was proposed for the talks of the three."
    second = correction(sentence=text, role="rejected", occurrence=occurrence_in(text, "Minsk", 29))
    first = correction(sentence=text, role="government", occurrence=0)
    assert role_of(read(text, second, first)) == ["government", "rejected"]


def test_a_proposal_is_overridden_whatever_the_tagger_says_later():
    was = Was(
        proposer="leader:lukashenko-alexander",
        status="proposed",
        venues=("place:minsk-by",),
        parties=("RU", "UA"),
    )
    one = correction("proposal", status="agreed", proposer="UA", parties=("UA", "US"), was=was)
    (act,) = read(TEXT, one).proposals
    assert (act.status, act.proposer, act.parties) == ("agreed", "UA", ("UA", "US"))
    gone = correction(none=True)  # the mention is no more, so the tagger makes no act
    (made,) = read(TEXT, gone, one).proposals
    assert (made.status, made.venue_names) == ("agreed", ("Minsk",))
    none = correction("proposal", none=True, was=was)
    assert read(TEXT, none).proposals == ()


def test_the_proposer_speaks_for_his_state_of_the_day():
    was = Was(status="proposed", venues=("place:minsk-by",))
    one = correction("proposal", proposer="leader:peskov-dmitry", was=was)
    (act,) = read(TEXT, one).proposals
    assert (act.proposer_name, act.proposer_country) == ("Dmitry Peskov", "RU")


def test_merged_entities_are_followed():
    one = correction(entity="leader:?x", was=Was(venues=("place:a",)))
    (now,) = redirected([one], {"leader:?x": "leader:x", "place:a": "place:b"})
    assert (now.entity, now.was.venues) == ("leader:x", ("place:b",))


def test_undoing():
    one, two = correction(role="agreed"), correction(none=True)
    assert undone([one, two], two.id) in ((one,), ())
    with pytest.raises(UsageError):
        undone([one], "c00000000")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "f.jsonl:1"),
        ('{"id":"c0123abcd","kind":"mention","by":"a","at":"2026-01-01T00:00:00Z"}', "c0123abcd: has no anchor"),
        ('{"id":"x","kind":"mention","by":"a","at":"2026-01-01T00:00:00Z"}', "has no id"),
        ('{"id":"c0123abcd","kind":"mention","by":"a","at":"2026-01-01T00:00:00Z","surface":"M","sentence":"m"}', "changes nothing"),
        ('{"id":"c0123abcd","kind":"mention","by":"a","at":"2026-01-01T00:00:00Z","surface":"M","sentence":"m","role":"king"}', "role 'king'"),
        ('{"id":"c0123abcd","kind":"meeting","by":"a","at":"2026-01-01T00:00:00Z"}', "names no meeting"),
        ('{"id":"c0123abcd","kind":"meeting","by":"a","at":"2026-01-01T00:00:00","meeting":"m","hide":true}', "no zone"),
    ],
)  # fmt: skip
def test_a_broken_line_is_named(line, said):
    with pytest.raises(SettingsError, match=r"f\.jsonl") as caught:
        parse_corrections(line, "f.jsonl")
    assert said in str(caught.value)


@CALM
@given(st.text(max_size=60), st.sampled_from(["hosted", "agreed"]))
def test_what_is_written_is_read_again(name, role):
    made = [correction(role=role), with_id(Correction(id="", kind="meeting", by="b", at=AT, meeting="m", name=name.encode("utf-8", "ignore").decode()))]  # fmt: skip
    assert list(parse_corrections(dump_corrections(made))) == made


@CALM
@given(st.text(max_size=120), st.text(min_size=1, max_size=10))
def test_any_text_can_be_looked_through(text, surface):
    one = correction(surface=surface, sentence=text or "x", role="agreed")
    assert find_in(Corrections([one]), text, "en", one.article) <= {one.id}
