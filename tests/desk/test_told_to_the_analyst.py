"""What commands say to the one who asks: days in the desk's zone, and no silence at what is wrong."""

from __future__ import annotations

import json

import pytest
from desk.articles import DAY, OFFER, REFUSAL, tagged
from desk.conftest import invoked

from ingest.cli.context import CALL

WINDOW = ("--since", "2026-03-01")


@pytest.fixture
def news(store):
    """An offer at noon (UTC) and, a day later, its refusal."""
    return {
        "offer": tagged(store, "offer", OFFER),
        "refusal": tagged(store, "refusal", REFUSAL, day=1),
    }


def test_the_days_of_the_board_are_those_of_the_zone_that_it_names(call, store, news, monkeypatch):
    assert "10 Mar to 11 Mar, days in UTC" in call("board", *WINDOW)
    monkeypatch.setenv("SUMMITWATCH_TIMEZONE", "Pacific/Kiritimati")  # 14 hours ahead
    out = call("board", *WINDOW, "--history")
    assert "11 Mar to 12 Mar, days in Pacific/Kiritimati" in out
    assert "since 12 Mar, 1 outlet" in out
    assert "Volodymyr Zelenskyy: rejected (since 12 Mar)" in out
    assert "2026-03-12  Minsk: proposed -> rejected by Volodymyr Zelenskyy" in out
    assert "10 Mar" not in out


def test_parties_are_codes_or_names_of_states(call, store, news):
    def meetings(parties):
        return len(json.loads(call("board", *WINDOW, "--json", "--parties", parties))["meetings"])

    assert meetings("ru,UA") == meetings("Russia, Ukraine") == 1
    assert meetings("FR") == 0
    assert "'XX' is no state that is known" in call("board", "--parties", "RU,XX", code=2)
    assert "one of them" in call("board", "--changes", "--matrix", code=2)


@pytest.mark.parametrize("part", ["m99", "p99", "x"])
def test_a_part_that_no_article_has_is_not_explained(call, store, news, part):
    said = call("explain", f"{news['offer'].id}.{part}", code=2)
    assert "is no mention and no proposal" in said


def test_a_meeting_is_split_by_its_own_venues_and_not_merged_with_itself(call, store):
    tagged(store, "offer", OFFER)
    tagged(store, "rome", OFFER.replace("Minsk", "Rome"))
    ((meeting,),) = [json.loads(call("board", *WINDOW, "--json"))["meetings"]]
    ids = {venue["name"]: venue["id"] for venue in meeting["venues"]}
    assert "the same meeting" in call("correct", meeting["id"], "--merge", meeting["id"], code=2)
    assert "no venue of the meeting" in call("correct", meeting["id"], "--split", "Cairo", code=2)
    call("correct", meeting["id"], "--split", "rome")  # there is a Rome in the US, too
    apart = json.loads(call("board", *WINDOW, "--json"))["meetings"]
    assert sorted([v["id"] for v in one["venues"]] for one in apart) == sorted(
        [[ids["Minsk"]], [ids["Rome"]]]
    )


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("",), "is empty"),
        (("Q",), "is no name"),
        (("Zorka Blahut", "--country", "ZZ"), "'ZZ' is no country"),
        (("Zorka Blahut", "--country", "CZ", "--office", "ZZ:envoy"), "'ZZ' is no country"),
        (("Zorka Blahut", "--alias", "xx:Zorka"), "'xx' is no language"),
    ],
)
def test_what_is_no_name_of_the_desk(call, store, args, said):
    assert said in call("gazetteer", "add", *args, code=2)
    assert "no overlay" in call("gazetteer", "check")


def test_a_name_that_nobody_bears_is_dropped_with_a_word(call, store):
    result = invoked("--store", CALL.store or _store(store), "gazetteer", "edit",
                     "Alexander Lukashenko", "--drop", "Nonesuch")  # fmt: skip
    assert result.exit_code == 0
    assert "'Nonesuch' names leader:lukashenko-alexander nowhere" in result.stderr


def _store(store):
    return f"sqlite:///{store.path}"


def test_an_import_tells_what_it_takes_out_and_the_former_overlay_is_exported(
    call, store, tmp_path
):
    call("gazetteer", "add", "Zorka Blahut", "--country", "CZ")
    file = tmp_path / "empty.yaml"
    file.write_text("")
    out = call("gazetteer", "import", file)
    assert "0 added, 1 taken out, 0 changed" in out
    assert "gazetteer export --revision 1" in out
    assert "Zorka" not in call("gazetteer", "export")
    assert "Zorka Blahut" in call("gazetteer", "export", "--revision", "1")
    assert "gazetteer history" in call("gazetteer", "export", "--revision", "9", code=2)


def test_an_office_needs_no_day(call, store):
    call("gazetteer", "add", "Zorka Blahut", "--country", "CZ", "--office", "CZ:envoy")
    assert "envoy of CZ, ? to now" in call("gazetteer", "show", "Zorka Blahut")


def test_alerts_of_no_state_and_no_rule(call, store):
    assert "one of open" in call("alerts", "list", "--state", "bogus", code=2)
    assert "is not in the rules" in call("alerts", "list", "--rule", "nosuch", code=2)


def test_a_range_that_holds_no_day_is_refused(call, store):
    said = call("search", "date:[2026-11-05 TO 2026-11-04]", code=2)
    assert "ends before it begins" in said
    assert DAY.year == 2026
