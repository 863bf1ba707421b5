from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import proposal_row
from ingest.board import board, outlets

UA = {"proposer": "UA", "name": "UA", "country": "UA"}


def standing(meetings, venue):
    return next(v for m in meetings for v in m.venues if v.name == venue)


def test_an_offer_refused_by_another_stands_as_refused_with_both_stances():
    (meeting,) = board([proposal_row(0), proposal_row(1, status="rejected", **UA)])
    venue = standing([meeting], "Minsk")
    assert venue.standing == "rejected"
    assert [(s.by, s.status) for s in venue.stances] == [
        ("UA", "rejected"),
        ("leader:lukashenko-alexander", "proposed"),
    ]


def test_a_later_offer_does_not_undo_an_agreement():
    rows = [proposal_row(0, status="agreed"), proposal_row(1)]
    assert standing(board(rows), "Minsk").standing == "agreed"


def test_an_agreement_that_is_called_off_is_refused():
    rows = [proposal_row(0, status="agreed"), proposal_row(4, status="rejected")]
    venue = standing(board(rows), "Minsk")
    assert (venue.standing, venue.since) == ("rejected", rows[1].effective_at)


def test_what_was_held_was_held():
    rows = [proposal_row(0, status="hosted"), proposal_row(1, status="rejected", **UA)]
    assert standing(board(rows), "Minsk").standing == "hosted"


def test_a_smaller_set_of_parties_joins_the_larger_meeting():
    rows = [
        proposal_row(0, parties=("RU", "UA", "US")),
        proposal_row(1, parties=("RU", "UA"), venues=("Rome",)),
        proposal_row(1, parties=("IL", "PS"), venues=("Cairo",)),
    ]
    meetings = board(rows)
    assert {m.parties for m in meetings} == {("RU", "UA", "US"), ("IL", "PS")}
    assert [m.parties for m in board(rows, ["ru", "UA"])] == [("RU", "UA", "US")]


def test_reports_without_parties_join_where_their_venue_is_spoken_of():
    rows = [proposal_row(0), proposal_row(1, parties=(), status="rejected", **UA)]
    (meeting,) = board(rows)
    assert standing([meeting], "Minsk").standing == "rejected"


def test_three_quiet_weeks_begin_another_meeting():
    rows = [proposal_row(0), proposal_row(30)]
    assert [len(m.venues) for m in board(rows)] == [1, 1]
    assert board(rows)[0].first_at == rows[1].effective_at


def test_recalled_meetings_are_counted_but_are_no_venue():
    rows = [proposal_row(0), proposal_row(0, status="hosted", venues=("Oslo",), background=True)]
    (meeting,) = board(rows)
    assert ([v.name for v in meeting.venues], meeting.background) == (["Minsk"], 1)


def test_outlets_count_a_domain_once_and_a_copied_sentence_once():
    rows = [
        proposal_row(0, source="a.example", sentence="One."),
        proposal_row(1, source="a.example", sentence="Two."),
        proposal_row(1, source="b.example", sentence="ONE."),
        proposal_row(1, source="c.example", sentence="Three."),
    ]
    assert outlets(rows) == 2


def test_nothing_gives_an_empty_board():
    assert board([]) == ()


parties = st.sets(st.sampled_from(["RU", "UA", "US", "BY"])).map(sorted)
rows = st.lists(
    st.builds(
        lambda day, parties, status, venue: proposal_row(
            day, parties=parties, status=status, venues=(venue,)
        ),
        st.integers(0, 60),
        parties,
        st.sampled_from(["proposed", "agreed", "rejected", "hosted"]),
        st.sampled_from(["Minsk", "Rome"]),
    ),
    max_size=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows)
def test_every_report_is_in_one_meeting_and_order_does_not_matter(found):
    meetings = board(found)
    seen = {stance.row.id for m in meetings for v in m.venues for stance in v.stances}
    assert seen <= {row.id for row in found}
    assert board(reversed(found)) == meetings
    assert bool(meetings) == bool(found)
