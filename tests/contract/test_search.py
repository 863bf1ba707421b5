"""What searches find, count, sort and show."""

from datetime import UTC, datetime, timedelta

import pytest
from storing import NOW, act, hits, leader, make_article, parsed, place, saved

from ingest.errors import UsageError
from ingest.query import ast
from ingest.store.port import Search

TEXT = "ISTANBUL - Lukashenko offered Minsk as the place of talks."

DATELINE = make_article(
    "dateline",
    title="Dateline",
    text=TEXT,
    mentions=(
        place("istanbul-tr", "location", TEXT, "ISTANBUL"),
        leader("lukashenko", TEXT, "Lukashenko"),
        place("minsk-by", "proposed", TEXT, "Minsk"),
    ),
    proposals=(act("proposed", ("minsk-by",), end=len(TEXT)),),
)
REFUSED = make_article(
    "refused",
    title="Refused",
    text="Київ відмовився їхати до Мінська; у Женеві переговорів не буде.",
    lang="uk",
    source="visti.example",
    effective_at=NOW - timedelta(days=1),
    feed_id="f2",
    flags=("paywall",),
    mentions=(place("minsk-by", "rejected"), place("geneva-ch", "rejected")),
    proposals=(
        act("rejected", ("minsk-by", "geneva-ch"), proposer="UA", country="UA", parties=("UA",)),
        act("agreed", ("istanbul-tr",), proposer=None, country=None, parties=("RU", "UA", "TR")),
    ),
)
SPORT = make_article(
    "sport",
    title="Sport in Istanbul",
    text="A match was put off. Переговоры о Минске не идут.",
    lang="ru",
    source="sport.example",
    effective_at=NOW - timedelta(days=9),
    mentions=(place("istanbul-tr", "location"),),
)


@pytest.fixture
def desk(store):
    saved(store, DATELINE, REFUSED, SPORT)
    return store


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", "Dateline, Refused, Sport in Istanbul", id="empty-is-all"),
        pytest.param("minsk", "Dateline", id="word"),
        pytest.param("MİNSK", "Dateline", id="case-and-dots"),
        pytest.param("istanbul", "Dateline, Sport in Istanbul", id="title-and-text"),
        pytest.param("минск", "Sport in Istanbul", id="inflected-ru"),
        pytest.param("мінськ", "Refused", id="inflected-uk"),
        pytest.param("женева", "Refused", id="inflected-uk-2"),
        pytest.param("offers", "Dateline", id="inflected-en"),
        pytest.param("putin", "", id="no-stem-of-another-language"),
        pytest.param('"place of talks"', "Dateline", id="phrase"),
        pytest.param('"talks of place"', "", id="phrase-order"),
        pytest.param('"talk"', "", id="phrase-is-exact"),
        pytest.param("luka*", "Dateline", id="prefix"),
        pytest.param("відмов*", "Refused", id="prefix-cyrillic"),
        pytest.param("minsk OR женева", "Dateline, Refused", id="or"),
        pytest.param("istanbul minsk", "Dateline", id="implicit-and"),
        pytest.param("istanbul NOT minsk", "Sport in Istanbul", id="not"),
        pytest.param("NOT istanbul", "Refused", id="only-not"),
        pytest.param("istanbul -sport", "Dateline", id="minus"),
        pytest.param("leader:lukashenko", "Dateline", id="leader"),
        pytest.param("leader:лукашенко", "Dateline", id="leader-other-name"),
        pytest.param("venue:minsk", "Dateline, Refused", id="venue"),
        pytest.param("venue:Мінск", "Dateline, Refused", id="venue-other-name"),
        pytest.param("venue:istanbul", "", id="location-is-no-venue"),
        pytest.param("place:istanbul", "Dateline, Sport in Istanbul", id="place"),
        pytest.param("venue:istanbul role:proposed", "", id="dateline-does-not-bind"),
        pytest.param("place:istanbul role:proposed", "", id="dateline-does-not-bind-place"),
        pytest.param("place:istanbul AND (role:proposed)", "Dateline", id="own-group-is-unbound"),
        pytest.param("venue:minsk role:proposed", "Dateline", id="bound"),
        pytest.param("venue:minsk role:proposed,rejected", "Dateline, Refused", id="two-roles"),
        pytest.param("role:location", "Dateline, Sport in Istanbul", id="role"),
        pytest.param("status:rejected", "Refused", id="status"),
        pytest.param("status:rejected venue:minsk", "Refused", id="status-venue"),
        pytest.param("status:agreed venue:minsk", "", id="status-binds-venue"),
        pytest.param("proposer:lukashenko", "Dateline", id="proposer"),
        pytest.param("proposer:by", "Dateline", id="proposer-state"),
        pytest.param("proposer:ua status:agreed", "", id="proposer-binds-status"),
        pytest.param("party:ru party:ua", "Dateline, Refused", id="parties"),
        pytest.param("party:ru party:turkey", "Refused", id="party-by-name"),
        pytest.param("party:ru proposer:ua", "", id="party-binds-proposer"),
        pytest.param("lang:uk", "Refused", id="lang"),
        pytest.param("source:visti.example", "Refused", id="source"),
        pytest.param("country:ch", "Refused", id="country"),
        pytest.param("feed:f2", "Refused", id="feed"),
        pytest.param("flag:paywall", "Refused", id="flag"),
        pytest.param("since:2d", "Dateline, Refused", id="since"),
        pytest.param("until:2026-03-09", "Refused, Sport in Istanbul", id="until-is-the-whole-day"),
        pytest.param("date:[2026-03-09 TO 2026-03-09]", "Refused", id="range"),
        pytest.param(f"id:{SPORT.id}", "Sport in Istanbul", id="id"),
        pytest.param("source:none.example", "", id="unknown-value"),
    ],
)
def test_a_query_finds(desk, query, expected):
    assert ", ".join(hits(desk, query)) == expected


@pytest.mark.parametrize(
    "hostile", ["OR 1=1 --", "x*y", "NEAR(a b)", "title : x", "\x00'", "\ud800"]
)
def test_no_string_reaches_the_engine_raw(desk, hostile):
    assert desk.search(Search(parsed(f'"minsk {hostile} minsk"'))).total == 0
    assert desk.search(Search(ast.FieldIs("source", (hostile,)))).total == 0
    assert desk.search(Search(ast.LeaderIs((hostile,)))).total == 0
    assert desk.search(Search(ast.ProposalIs((hostile,), (hostile,)))).total == 0
    assert desk.search(Search(ast.All(), ids=(hostile,))).total == 0


def test_facets_count_every_match(desk):
    page = desk.search(
        Search(
            parsed(""),
            limit=1,
            facets=("leader", "venue", "role", "country", "source", "language", "day"),
        )
    )
    assert page.total == 3
    found = {name: [(v.value, v.count) for v in values] for name, values in page.facets.items()}
    assert found == {
        "leader": [("leader:lukashenko", 1)],
        "venue": [("place:minsk-by", 2), ("place:geneva-ch", 1)],
        "role": [("location", 2), ("proposed", 1), ("rejected", 1)],
        "country": [("BY", 2), ("TR", 2), ("CH", 1)],
        "source": [("courier.example", 1), ("sport.example", 1), ("visti.example", 1)],
        "language": [("en", 1), ("ru", 1), ("uk", 1)],
        "day": [("2026-03-01", 1), ("2026-03-09", 1), ("2026-03-10", 1)],
    }


def test_facets_follow_the_query_and_their_size(desk):
    page = desk.search(Search(parsed("venue:minsk"), facets=("country", "source"), facet_size=1))
    assert [(v.value, v.count) for v in page.facets["country"]] == [("BY", 2)]
    assert len(page.facets["source"]) == 1
    assert desk.search(Search(parsed("venue:minsk"))).facets == {}


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("UTC", "2026-03-10"),
        ("America/New_York", "2026-03-10"),
        ("Asia/Kolkata", "2026-03-11"),
        ("Pacific/Kiritimati", "2026-03-11"),
        ("America/St_Johns", "2026-03-10"),
    ],
)
def test_a_day_is_the_askers(store, zone, day):
    saved(store, make_article(effective_at=datetime(2026, 3, 10, 18, 30, tzinfo=UTC)))
    page = store.search(Search(ast.All(), facets=("day",), timezone=zone))
    assert [(v.value, v.count) for v in page.facets["day"]] == [(day, 1)]


def test_moments_are_kept_to_the_microsecond(store):
    tick = timedelta(microseconds=1)
    saved(
        store,
        *(make_article(str(n), title=str(n), effective_at=NOW + n * tick) for n in range(3)),
    )
    assert hits(store, ast.DateRange(NOW + tick, NOW + 2 * tick)) == ["1"]
    assert hits(store, ast.DateRange(None, NOW + tick)) == ["0"]
    assert hits(store, ast.DateRange(NOW + 2 * tick, None)) == ["2"]
    assert hits(store, ast.DateRange(NOW + tick, NOW)) == []


def test_only_the_ids_asked_for(desk):
    assert hits(desk, "venue:minsk", ids=(REFUSED.id, SPORT.id, "absent")) == ["Refused"]
    assert hits(desk, "venue:minsk", ids=()) == []


def test_a_word_in_the_title_outranks_one_in_the_text(store):
    saved(
        store,
        make_article("1", title="Other", text="Geneva is named here once, among other words."),
        make_article("2", title="Geneva", text="Nothing of that kind is said here at all today."),
        make_article("3", title="None", text="Nothing."),
    )
    assert hits(store, "geneva", sort="relevance") == ["Geneva", "Other"]


def test_a_rare_language_is_no_merit(store):
    english = [make_article(f"e{n}", title=f"E{n}", text="Minsk is named.") for n in range(6)]
    best = make_article("best", title="Minsk", text="Minsk, Minsk and again Minsk.")
    turkish = make_article("t", title="T", text="Burada Minsk denildi.", lang="tr")
    others = [make_article(f"o{n}", text="Nothing is named.") for n in range(20)]
    saved(store, *english, best, turkish, *others)
    assert hits(store, "minsk", sort="relevance")[0] == "Minsk"


def test_hits_say_who_and_where(desk):
    page = desk.search(Search(parsed("leader:lukashenko role:proposed")))
    (hit,) = page.hits
    assert (hit.leaders, hit.venues) == (("leader:lukashenko",), ("place:minsk-by",))
    assert "".join(text for text, _ in hit.snippet) == TEXT
    assert [text for text, is_match in hit.snippet if is_match] == ["Lukashenko", "Minsk"]
    assert desk.search(Search(parsed("minsk"), highlight=False)).hits[0].snippet == ()


# --- paging ------------------------------------------------------------------------------------


def test_newest_first_holds_while_articles_come_in(store):
    saved(store, *(make_article(str(n), effective_at=NOW - timedelta(hours=n)) for n in range(5)))
    first = store.search(Search(ast.All(), sort="newest", limit=2))
    saved(store, make_article("new", effective_at=NOW + timedelta(hours=1)))
    second = store.search(Search(ast.All(), sort="newest", limit=9, cursor=first.next))
    assert [hit.article.url[-1] for hit in first.hits + second.hits] == list("01234")
    assert (second.total, second.next) == (6, "")


def test_equal_times_are_told_apart_by_id(store):
    articles = saved(store, *(make_article(str(n)) for n in range(7)))
    for sort, ids in (("newest", sorted((a.id for a in articles), reverse=True)),
                      ("oldest", sorted(a.id for a in articles))):  # fmt: skip
        found, cursor = [], ""
        while True:
            page = store.search(Search(ast.All(), sort=sort, limit=3, cursor=cursor))
            found += [hit.article.id for hit in page.hits]
            cursor = page.next
            if not cursor:
                break
        assert found == ids


def test_pages_by_relevance_end_at_a_thousand(store):
    for at in range(0, 1010, 505):
        saved(store, *(make_article(str(n), text="Minsk.") for n in range(at, at + 505)))
    page = store.search(Search(parsed("minsk"), limit=600, highlight=False))
    rest = store.search(Search(parsed("minsk"), limit=600, cursor=page.next, highlight=False))
    assert (page.total, len(page.hits), len(rest.hits), rest.next) == (1010, 600, 400, "")
    assert len({hit.article.id for hit in page.hits + rest.hits}) == 1000
    newest = store.search(Search(parsed("minsk"), sort="newest", limit=1000, highlight=False))
    assert newest.next


def test_a_limit_of_nothing_still_counts(desk):
    page = desk.search(Search(parsed("venue:minsk"), limit=0, facets=("role",)))
    assert (page.total, page.hits, page.next) == (2, (), "")
    assert page.facets["role"]


@pytest.mark.parametrize(
    "search",
    [
        pytest.param(Search(ast.All(), cursor="???"), id="no-cursor"),
        pytest.param(Search(ast.All(), cursor="é"), id="not-ascii"),
        pytest.param(Search(ast.All(), cursor="e30"), id="empty-object"),
        pytest.param(Search(ast.All(), limit=1001), id="limit"),
        pytest.param(Search(ast.All(), limit=-1), id="negative-limit"),
        pytest.param(Search(ast.All(), facets=("colour",)), id="facet"),
        pytest.param(Search(ast.All(), sort="best"), id="sort"),
        pytest.param(Search(ast.All(), timezone="Mars/Olympus", facets=("day",)), id="zone"),
    ],
)
def test_a_search_that_cannot_be_is_refused(desk, search):
    with pytest.raises(UsageError):
        desk.search(search)


def test_a_cursor_belongs_to_its_sort(desk):
    cursor = desk.search(Search(ast.All(), sort="newest", limit=1)).next
    with pytest.raises(UsageError, match="newest"):
        desk.search(Search(ast.All(), sort="oldest", limit=1, cursor=cursor))


# --- proposals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", ["proposed", "agreed", "rejected"], id="all-newest-first"),
        pytest.param("lang:uk", ["agreed", "rejected"], id="of-the-articles"),
        pytest.param("venue:minsk", ["proposed", "rejected"], id="venue"),
        pytest.param("venue:minsk role:rejected", ["rejected"], id="role"),
        pytest.param("status:agreed", ["agreed"], id="status"),
        pytest.param("proposer:ua", ["rejected"], id="proposer"),
        pytest.param("party:tr", ["agreed"], id="party"),
        pytest.param("party:ua NOT status:agreed", ["proposed"], id="not-asks-the-article-too"),
        pytest.param("place:istanbul", ["proposed"], id="place-asks-the-article"),
        pytest.param("putin", [], id="none"),
    ],
)
def test_proposals_are_those_that_bind(desk, query, expected):
    assert [row.proposal.status for row in desk.proposals(parsed(query))] == expected


def test_proposals_lie_between_dates(desk):
    since = NOW - timedelta(hours=1)
    assert len(desk.proposals(ast.All(), since=since)) == 1
    assert len(desk.proposals(ast.All(), until=since)) == 2
    assert len(desk.proposals(ast.All(), limit=1)) == 1
