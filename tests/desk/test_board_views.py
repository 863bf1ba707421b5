"""The board over time: ids that stay, corrections, the matrix, what is different."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import DAY0, proposal_row
from ingest.board import StanceRow, board, parts_of
from ingest.board_changes import Look, changes, dump_look, load_look, look_at
from ingest.board_known import dump_known, load_known, remembered, split_id
from ingest.board_matrix import ANY_VENUE, matrix
from ingest.model import MeetingStance
from ingest.tag.corrections import Correction, with_id
from ingest.tag.fold import fold
from ingest.tag.when import is_background

CALM = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
UA = {"proposer": "UA", "name": "UA", "country": "UA"}
PESKOV = {"proposer": "leader:peskov-dmitry", "name": "Dmitry Peskov", "country": "RU"}
AT = datetime(2026, 3, 1, tzinfo=UTC)


def of_meeting(meeting: str, **change) -> Correction:
    return with_id(Correction(id="", kind="meeting", by="anna", at=AT, meeting=meeting, **change))


def stance(country="UA", stand="refused", day=0, parties=("RU", "UA")) -> StanceRow:
    at = DAY0 + timedelta(days=day)
    said = MeetingStance(country, country, country, stand, parties, 0, 5)
    return StanceRow(said, "They refuse.", f"article-{day}", "http://a.example/", "a.example", "A", "en", at, at)  # fmt: skip


def test_a_meeting_keeps_its_id_when_its_first_reports_are_read_anew():
    rows = [proposal_row(day) for day in range(4)]
    known = remembered((), parts_of(rows))
    (first,) = board(rows, known=known)
    later = [proposal_row(9, proposal=None, parties=("RU", "UA")), *rows[1:]]
    (again,) = board(later, known=known)
    assert again.id == first.id
    # another reading: other chief parties, the same articles
    changed = [proposal_row(day, parties=("UA", "US")) for day in range(4)]
    changed = [_as_of_article(new, old) for new, old in zip(changed, rows, strict=True)]
    (anew,) = board(changed, known=known)
    assert anew.parties == ("UA", "US")
    assert anew.id == first.id


def _as_of_article(new, old):

    return replace(new, id=old.id, article_id=old.article_id)


def test_a_window_that_moves_on_does_not_rename():
    rows = [proposal_row(day) for day in range(0, 40, 5)]
    known = remembered((), parts_of(rows))
    (whole,) = board(rows, known=known)
    (part,) = board(rows[5:], known=known)
    assert part.id == whole.id


def test_another_meeting_gets_another_id():
    rows = [proposal_row(0), proposal_row(40)]
    late, early = board(rows)
    assert late.id != early.id
    known = remembered((), parts_of(rows[:1]))
    assert {m.id for m in board(rows, known=known)} > {known[0].id}


days = st.lists(st.integers(0, 90), min_size=1, max_size=10)
sides = st.sampled_from([("RU", "UA"), ("RU", "UA", "US"), ("IL", "PS"), ()])


@CALM
@given(st.lists(st.tuples(st.integers(0, 90), sides), min_size=1, max_size=12))
def test_ids_are_one_each_and_known_ones_come_back(found):
    rows = [proposal_row(day, parties=parties) for day, parties in found]
    parts = parts_of(rows)
    known = remembered((), parts)
    assert len({*parts}) == len(parts)
    assert parts_of(rows, known) == parts
    assert load_known(dump_known(known)) == known


def test_corrections_of_meetings():
    rows = [
        proposal_row(0, venues=("Minsk",)),
        proposal_row(1, venues=("Rome",)),
        proposal_row(2, venues=("Cairo",), parties=("IL", "PS")),
    ]
    ids = {m.parties: m.id for m in board(rows)}
    main, other = ids["RU", "UA"], ids["IL", "PS"]
    named = board(rows, corrections=[of_meeting(main, name="The spring summit")])
    assert {m.name for m in named} == {"The spring summit", ""}
    assert [m.id for m in board(rows, corrections=[of_meeting(main, hide=True)])] == [other]
    (one,) = board(rows, corrections=[of_meeting(other, merge=main)])
    assert (one.id, {v.name for v in one.venues}) == (main, {"Minsk", "Rome", "Cairo"})
    rome = ("place:rome-xx",)
    apart = board(rows, corrections=[of_meeting(main, split=rome)])
    assert {m.id: [v.name for v in m.venues] for m in apart} == {
        main: ["Minsk"],
        split_id(main, rome): ["Rome"],
        other: ["Cairo"],
    }


def test_a_speaker_counts_for_his_state_and_the_latest_word_stands():
    rows = [
        proposal_row(0, **PESKOV),
        proposal_row(1, status="rejected", proposer="RU", name="RU", country="RU"),
        proposal_row(2, status="rejected", **UA),
        proposal_row(2),
    ]
    (meeting,) = board(rows, stances=[stance("UA", "ready", 0), stance("UA", "refused", 3)])
    found = matrix(meeting)
    assert (found.parties, found.others) == (("RU", "UA"), ("BY",))
    minsk, anywhere = found.rows
    assert {party: cell.stance for party, cell in minsk.cells.items()} == {
        "RU": "rejected",
        "UA": "rejected",
        "BY": "proposed",
    }
    assert minsk.cells["RU"].at == rows[1].effective_at
    assert (anywhere.name, anywhere.cells["UA"].stance) == (ANY_VENUE, "refused")


def test_a_stance_goes_to_the_meeting_it_is_about():
    rows = [proposal_row(0), proposal_row(0, parties=("IL", "PS"), venues=("Cairo",))]
    meetings = board(rows, stances=[stance("PS", "refused", 1, ("IL", "PS"))])
    assert {m.parties: len(m.stances) for m in meetings} == {("RU", "UA"): 0, ("IL", "PS"): 1}
    far = board(rows, stances=[stance("US", "refused", 60, ("US", "CN"))])
    assert [m.stances for m in far] == [(), ()]


def test_history_tells_every_standing_and_by_whom():
    rows = [
        proposal_row(0),
        proposal_row(1),
        proposal_row(2, status="agreed"),
        proposal_row(3, status="rejected", **UA),
    ]
    ((venue,),) = [m.venues for m in board(rows)]
    assert [(t.before, t.standing) for t in venue.history] == [
        ("", "proposed"),
        ("proposed", "agreed"),
        ("agreed", "rejected"),
    ]
    assert venue.history[-1].row.proposal.proposer == "UA"
    assert venue.history[-1].standing == venue.standing


def test_changes_name_new_venues_and_reversed_standings():
    before = [proposal_row(0), proposal_row(0, status="rejected", **UA)]
    known = remembered((), parts_of(before))
    then = look_at(board(before, known=known), DAY0)
    later = [
        *before,
        proposal_row(2, status="agreed", sentence="Both agree on Minsk.", **PESKOV),
        proposal_row(3, venues=("Rome",), sentence="Rome is offered."),
        proposal_row(3, status="proposed", sentence="We may come.", **UA),
    ]
    now = look_at(board(later, known=known), DAY0 + timedelta(days=3))
    found = {(c.kind, c.venue, c.party): c for c in changes(then, now)}
    standing = found["standing", "Minsk", ""]
    assert (standing.before, standing.word.standing) == ("rejected", "agreed")
    assert (standing.word.by, standing.word.sentence) == ("Dmitry Peskov", "Both agree on Minsk.")
    assert found["venue", "Rome", ""].word.sentence == "Rome is offered."
    reversed_ = found["stance", "Minsk", "UA"]
    assert (reversed_.before, reversed_.word.standing) == ("rejected", "proposed")
    assert len(found) == 3
    assert changes(now, now) == []
    (gone,) = [c for c in changes(now, then) if c.kind == "gone"]
    assert gone.venue == "Rome"
    assert load_look(dump_look(now)) == now
    assert load_look("{") is None


def test_the_first_look_finds_everything_new():
    now = look_at(board([proposal_row(0)]), DAY0)
    assert [c.kind for c in changes(Look(None), now)] == ["venue"]


@pytest.mark.parametrize("text", ["", "{", "[1]", "\ud800"])
def test_notes_of_another_version_are_nothing(text):
    assert load_known(text) == ()
    assert load_look(text) is None


@pytest.mark.parametrize(
    ("sentence", "is_old"),
    [
        ("The Minsk accords were signed in Minsk.", True),
        ("Минские соглашения были подписаны в Минске.", True),
        ("Porozumienia mińskie podpisano w Mińsku.", True),
        ("Damals trafen sich beide in Genf.", True),
        ("An agreement was signed in Geneva.", False),
        ("The Minsk agreements were signed in Minsk today.", False),
        ("The two met in Geneva.", False),
    ],
)
def test_a_named_accord_and_then_are_background(sentence, is_old):
    assert is_background(fold(sentence), DAY0.date()) is is_old


def test_a_venue_that_went_over_to_another_meeting_is_neither_new_nor_gone():
    row = proposal_row(0, venues=("Rome",), parties=("RU", "UA"))
    before, now = (look_at(board([row], known=known), DAY0) for known in ((), _other(row)))
    assert before.meetings.keys() != now.meetings.keys()
    assert changes(before, now) == []


def _other(row):
    (known,) = remembered((), parts_of([row]))
    return [replace(known, id="another")]
