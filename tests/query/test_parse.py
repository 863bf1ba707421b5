"""The query language: what parses to what, what is refused and where."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from storing import NAMES, NOW, parsed

from ingest.errors import QueryError
from ingest.ids import feed_id
from ingest.model import ROLES, VENUE_ROLES
from ingest.query.ast import (
    All,
    And,
    DateRange,
    FieldIs,
    LeaderIs,
    Not,
    Or,
    Phrase,
    PlaceIs,
    Prefix,
    ProposalIs,
    Word,
)
from ingest.query.parse import MAX_CHARS, parse_query
from ingest.query.stemmers import query_stems

MINSK, ISTANBUL = ("place:minsk-by",), ("place:istanbul-tr",)


def word(text: str) -> Word:
    return Word(text, query_stems(text))


@pytest.mark.parametrize(
    ("query", "node"),
    [
        ("", All()),
        (" \t\n", All()),
        ("*", All()),
        ("Minsk", word("minsk")),
        ("a b", And((word("a"), word("b")))),
        ("a AND b", And((word("a"), word("b")))),
        ("a and b", And((word("a"), word("and"), word("b")))),
        ("a OR b c", And((Or((word("a"), word("b"))), word("c")))),
        ("a AND b OR c", Or((And((word("a"), word("b"))), word("c")))),
        ("NOT a", Not(word("a"))),
        ("-a", Not(word("a"))),
        ("+a", word("a")),
        ("a NOT (b OR c)", And((word("a"), Not(Or((word("b"), word("c"))))))),
        ("Putin - Trump", And((word("putin"), word("trump")))),
        ("Putin – Trump", And((word("putin"), word("trump")))),
        ('"The  talks!"', Phrase(("the", "talks"))),
        ("Minsk-2", Phrase(("minsk", "2"))),
        ("don't", Phrase(("don", "t"))),
        ("Luka*", Prefix("luka")),
        (r"a\:b", Phrase(("a", "b"))),
        (r'"say \"yes\""', Phrase(("say", "yes"))),
        ("leader:lukashenko", LeaderIs(("leader:lukashenko",))),
        ('leader:"Лукашенко"', LeaderIs(("leader:lukashenko",))),
        ("leader:leader:xi-jinping", LeaderIs(("leader:xi-jinping",))),
        ("LEADER:lukashenko", LeaderIs(("leader:lukashenko",))),
        ("venue:minsk", PlaceIs(MINSK, VENUE_ROLES)),
        ("venue:place:minsk-by", PlaceIs(MINSK, VENUE_ROLES)),
        ('venue:"place:minsk-by"', PlaceIs(MINSK, VENUE_ROLES)),
        ("place:minsk", PlaceIs(MINSK, ROLES)),
        ("venue:(minsk OR istanbul)", PlaceIs(MINSK + ISTANBUL, VENUE_ROLES)),
        ("venue:minsk,istanbul", PlaceIs(MINSK + ISTANBUL, VENUE_ROLES)),
        ("role:proposed", PlaceIs(None, ("proposed",))),
        ("role:Proposed,AGREED", PlaceIs(None, ("proposed", "agreed"))),
        ("venue:minsk role:proposed", PlaceIs(MINSK, ("proposed",))),
        ("role:proposed AND venue:minsk", PlaceIs(MINSK, ("proposed",))),
        ("place:minsk role:location", PlaceIs(MINSK, ("location",))),
        (
            "venue:(minsk istanbul) role:proposed",
            And((PlaceIs(MINSK, ("proposed",)), PlaceIs(ISTANBUL, ("proposed",)))),
        ),
        (
            "(venue:minsk role:proposed) (venue:istanbul role:rejected)",
            And((PlaceIs(MINSK, ("proposed",)), PlaceIs(ISTANBUL, ("rejected",)))),
        ),
        (
            "venue:minsk (role:proposed)",
            And((PlaceIs(None, ("proposed",)), PlaceIs(MINSK, VENUE_ROLES))),
        ),
        (
            "venue:minsk OR role:proposed",
            Or((PlaceIs(MINSK, VENUE_ROLES), PlaceIs(None, ("proposed",)))),
        ),
        (
            "venue:minsk NOT role:rejected",
            And((Not(PlaceIs(None, ("rejected",))), PlaceIs(MINSK, VENUE_ROLES))),
        ),
        ("status:agreed", ProposalIs(statuses=("agreed",))),
        ("proposer:lukashenko", ProposalIs(("leader:lukashenko",))),
        ("proposer:by", ProposalIs(("BY",))),
        ("proposer:turkey", ProposalIs(("TR",))),
        ("party:ru party:nato", ProposalIs(parties=("RU", "NATO"))),
        ("party:(ru OR ua)", Or((ProposalIs(parties=("RU",)), ProposalIs(parties=("UA",))))),
        (
            "proposer:by status:proposed venue:minsk party:ru",
            ProposalIs(("BY",), ("RU",), ("proposed",), MINSK),
        ),
        (
            "status:proposed venue:minsk role:agreed",
            And((PlaceIs(MINSK, ("agreed",)), ProposalIs(statuses=("proposed",), venues=MINSK))),
        ),
        ("lang:RU", FieldIs("lang", ("ru",))),
        ("source:www.Example.org", FieldIs("source", ("example.org",))),
        ("country:by", FieldIs("country", ("BY",))),
        ("country:turkey", FieldIs("country", ("TR",))),
        ("flag:Paywall", FieldIs("flag", ("paywall",))),
        ("feed:abc", FieldIs("feed", ("abc",))),
        ('feed:"http://a.example/rss"', FieldIs("feed", (feed_id("http://a.example/rss"),))),
    ],
)
def test_a_query_means(query, node):
    assert parsed(query) == node


def day(*date):
    return datetime(*date, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        ("since:7d", NOW - timedelta(days=7), None),
        ("since:24h", NOW - timedelta(hours=24), None),
        ("since:2w", NOW - timedelta(weeks=2), None),
        ("until:7d", None, NOW - timedelta(days=7)),
        ("since:2026-03-04", day(2026, 3, 4), None),
        ("until:2026-03-04", None, day(2026, 3, 5)),
        ("date:2026-03-04", day(2026, 3, 4), day(2026, 3, 5)),
        ("date:2026-12", day(2026, 12, 1), day(2027, 1, 1)),
        ("date:2026", day(2026, 1, 1), day(2027, 1, 1)),
        ("date:today", day(2026, 3, 10), day(2026, 3, 11)),
        ("date:yesterday", day(2026, 3, 9), day(2026, 3, 10)),
        ("date:[2026-03-01 TO 2026-03-04]", day(2026, 3, 1), day(2026, 3, 5)),
        ("date:{2026-03-01 TO 2026-03-04}", day(2026, 3, 2), day(2026, 3, 4)),
        ("date:[* TO 2026-03-04]", None, day(2026, 3, 5)),
        ("date:>=2026-03-04", day(2026, 3, 4), None),
        ("date:<2026-03-04", None, day(2026, 3, 4)),
        ("since:2026-03-04T18:30", day(2026, 3, 4, 18, 30), None),
        ('since:"2026-03-04T18:30:00+03:00"', day(2026, 3, 4, 15, 30), None),
    ],
)
def test_a_date_means(query, start, end):
    assert parsed(query) == DateRange(start, end)


def test_a_day_is_that_of_the_zone():
    assert parsed("date:2026-03-29", tz="Europe/Warsaw") == DateRange(  # 23 hours long
        day(2026, 3, 28, 23), day(2026, 3, 29, 22)
    )


@pytest.mark.parametrize(
    ("query", "position", "reason"),
    [
        ("minsk AND", 9, "ends too early"),
        ("(minsk", 6, "close the parenthesis"),
        ('say "minsk', 4, "never closed"),
        ("minsk) x", 5, "')'"),
        ("a OR OR b", 5, "OR"),
        ("x /mi.*/", 2, "regular expressions"),
        ("x *insk", 2, "begins with a wildcard"),
        ("x m?nsk", 2, "wildcard"),
        ("x m*", 2, "two letters"),
        ("x minsk~2", 2, "fuzzy"),
        ('x "a b"~3', 2, "distances"),
        ("x minsk^2", 2, "boosts"),
        ("x minsk^.", 7, "boosts"),
        ('x "a b"~1.5', 7, "fuzzy"),
        ("[a TO b]", 0, "needs a field"),
        ("x colour:red", 2, "is no field"),
        ("http://a.example", 0, "is no field"),
        ("leader:nobody", 7, "no leader"),
        ("x venue:nowhere", 8, "no place"),
        ("proposer:nobody", 9, "no leader or state"),
        ("venue:mins", 6, "did you mean minsk"),
        ("venue:minsk,nowhere", 12, "no place"),
        ("venue:min*", 6, "no wildcard"),
        ("venue:(minsk NOT istanbul)", 13, "cannot have that"),
        ('venue:""', 6, "needs a value"),
        ("role:offered", 5, "one of proposed"),
        ("status:location", 7, "one of proposed"),
        ("lang:russian", 5, "two letters"),
        ("since:soon", 6, "is no date"),
        ("since:99999999d", 6, "is no date"),
        ("date:2026-02-30", 5, "is no date"),
        ("date:[2026-03-04 TO 2026-03-01]", 5, "ends before it begins"),
        ("—", 0, "no word"),
        ("a " * 65, 128, "too many words"),
        ("(" * 21 + "a" + ")" * 21, 20, "too deep"),
        ("a" * (MAX_CHARS + 1), MAX_CHARS, "characters"),
    ],
)
def test_a_refusal_names_the_place_and_the_way_out(query, position, reason):
    with pytest.raises(QueryError) as raised:
        parsed(query)
    assert reason in str(raised.value)
    assert raised.value.position == position
    assert raised.value.way_out
    assert raised.value.exit_code == 2


def test_an_ambiguous_name_is_all_its_entities_and_says_so():
    found = parse_query("venue:Georgia", names=NAMES, now=NOW)
    assert found.node == PlaceIs(("place:georgia-ge", "place:georgia-us"), VENUE_ROLES)
    assert found.notes == (
        "'Georgia' may mean place:georgia-ge, place:georgia-us: any of them is searched for",
    )
    assert parse_query("venue:minsk", names=NAMES, now=NOW).notes == ()


@pytest.mark.parametrize(
    "query",
    ["party:georgia " * 30, "venue:minsk role:proposed " * 30, "NOT " * 300 + "a", "-" * 999],
)
def test_combinations_are_bounded(query):
    with pytest.raises(QueryError):
        parsed(query)


pieces = st.sampled_from(
    ["a", "minsk", " ", "^.", "~1.5", "~.", " AND ", " OR ", "NOT ", "(", ")", '"', "*", "?", "~", "^2", "/", ":", "\\",
     "venue:", "role:", "proposed", "party:", "date:", "[", " TO ", "]", "7d", "since:", ">=", "-",
     "+", ",", "{", "}", "leader:", "place:", "\x00", "\ud800", "\ue000", "İ"]
)  # fmt: skip


@given(st.lists(pieces, max_size=14).map("".join) | st.text(max_size=40))
@example("venue:\ue000")
@example("a:a:a:" * 300)
def test_whatever_is_typed_parses_or_is_refused_with_a_position(query):
    try:
        parse_query(query, names=NAMES, now=NOW, tz="Europe/Minsk")
    except QueryError as error:
        assert 0 <= error.position <= len(query)
        assert error.reason
