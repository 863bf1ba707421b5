"""Commands over the told newsroom: what they print, as people and as programs read it."""

from __future__ import annotations

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from ingest.cli.app import app
from ingest.cli.exports import cell


@pytest.fixture
def call(told, monkeypatch):
    monkeypatch.chdir(told.folder)
    monkeypatch.setenv("SUMMITWATCH_STORE", told.settings.store)
    monkeypatch.setenv("SUMMITWATCH_ARCHIVE__URL", told.settings.archive.url)

    def run(*args: str, code: int = 0, stdin: str | bytes | None = None):
        result = CliRunner().invoke(app, list(args), input=stdin)
        assert result.exit_code == code, (result.output, result.stderr, result.exception)
        return result

    return run


def data(result):
    return json.loads(result.stdout)


def test_search_json_has_the_promised_keys(call):
    found = data(call("search", "минск role:proposed", "--json", "--limit", "3", "--facets"))
    assert set(found) >= {"total", "hits", "facets", "next", "coverage"}
    assert len(found["hits"]) == 3 < found["total"]
    assert set(found["hits"][0]) >= {
        "id", "title", "url", "source", "published", "lang", "score", "snippet", "leaders", "venues",
    }  # fmt: skip
    assert set(found["facets"]) == {
        "leader", "venue", "role", "country", "source", "language", "day",
    }  # fmt: skip
    assert set(found["facets"]["leader"][0]) == {"value", "name", "count"}


def test_pages_follow_one_another_without_gap_or_repeat(call):
    seen, cursor = [], ""
    while True:
        page = data(call("search", "talks", "--json", "--limit", "7", "--cursor", cursor))
        seen += [hit["id"] for hit in page["hits"]]
        cursor = page["next"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == page["total"] > 7


@pytest.mark.parametrize("name", ["venue:minsk", "venue:Мінск", "venue:Минск", 'venue:"Мінськ"'])
def test_an_entity_is_found_by_any_of_its_names(call, name):
    expected = data(call("search", "venue:place:minsk-by", "--json"))["total"]
    assert data(call("search", name, "--json"))["total"] == expected > 10


def test_the_dateline_is_no_offer(call, told):
    found = data(call("search", "venue:istanbul role:proposed", "--json", "--limit", "500"))
    titles = {hit["title"] for hit in found["hits"]}
    datelined = {a.title for a in told.newsroom.all_articles if a.id in {"en-14", "en-15"}}
    assert len(datelined) == 2
    assert not titles & datelined
    placed = data(call("search", "place:istanbul role:location", "--json", "--limit", "500"))
    assert datelined & {hit["title"] for hit in placed["hits"]}


def test_proposals_are_led_by_their_english_line(call):
    rows = data(call("proposals", "venue:minsk proposer:BY", "--json"))["proposals"]
    assert rows
    assert all("Minsk" in row["line"] for row in rows)
    assert {row["proposer_country"] for row in rows} == {"BY"}
    assert [row["published"] for row in rows] == sorted(
        (r["published"] for r in rows), reverse=True
    )


def test_the_board_tells_the_story(call):
    board = data(call("board", "--json", "--since", "30d", "--parties", "RU,UA"))
    venues = {v["name"]: v["standing"] for m in board["meetings"] for v in m["venues"]}
    assert venues["Abu Dhabi"] == "hosted"
    assert venues["Istanbul"] == "rejected"
    assert venues["Ankara"] == "proposed"
    assert board["coverage"]["feeds"] == 16


def test_people_get_the_evidence_and_the_coverage(call):
    out = call("board", "--since", "30d").stdout
    assert "Abu Dhabi" in out
    assert "confidence ." in out
    assert "coverage: 14 of 16 feeds" in out


def test_show_takes_a_unique_prefix(call):
    hit = data(call("search", "summit", "--json", "--limit", "1"))["hits"][0]
    shown = data(call("show", hit["id"][:10], "--json"))
    assert shown["id"] == hit["id"]
    assert all(shown["text"][m["start"] : m["end"]] == m["surface"] for m in shown["mentions"])
    assert hit["title"] in call("show", hit["id"][:10]).stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param(["show", "zz"], "is no article id", id="no-id"),
        pytest.param(["show", "0123456789abcdef0123"], "no article has an id", id="unknown-id"),
        pytest.param(["search", "a AND"], "error:", id="half-a-query"),
        pytest.param(["search", "nosuch:thing"], "nosuch", id="unknown-field"),
        pytest.param(["search", "venue:Nowhereville"], "Nowhereville", id="unknown-place"),
        pytest.param(["search", "/regex/"], "error:", id="regex"),
        pytest.param(["search", "x", "--limit", "0"], "--limit", id="limit"),
        pytest.param(["search", "x", "--since", "soon"], "'soon' is no date", id="since"),
        pytest.param(["search", "x", "--cursor", "rubbish"], "cursor", id="cursor"),
        pytest.param(["run", "--every", "fast"], "no duration", id="every"),
        pytest.param(["dead", "replay"], "name one id or --all", id="replay"),
        pytest.param(["feeds", "check"], "name one feed or --all", id="check"),
        pytest.param(["feeds", "add", "ftp://x.example/f"], "no http(s) address", id="add"),
        pytest.param(["feeds", "import", "missing.opml"], "missing.opml", id="opml"),
        pytest.param(["export", "--format", "parquet"], "parquet", id="parquet"),
        pytest.param(["tag", "missing.jsonl"], "missing.jsonl", id="tag"),
    ],
)
def test_what_does_not_parse_ends_with_2_and_says_why(call, args, said):
    result = call(*args, code=2)
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_export_gives_everything_newest_first(call, told):
    lines = call("export", "--format", "jsonl").stdout.splitlines()
    assert len(lines) == told.store.count_articles()
    days = [json.loads(line)["published"] for line in lines]
    assert days == sorted(days, reverse=True)


def test_csv_opens_without_formulas(call):
    text = call("export", "venue:minsk", "--what", "proposals", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows
    assert all(value[:1] not in "=+-@" for row in rows for value in row.values() if value)


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1"])
def test_cells_that_a_spreadsheet_would_run_are_quoted(text):
    assert cell(text).startswith("'")


def test_tag_reads_and_writes_json_lines(call):
    row = {"id": "x", "text": "Lukashenko offered Minsk for talks.", "lang": "en"}
    found = data(call("tag", "-", stdin=json.dumps(row) + "\n"))
    assert found["id"] == "x"
    assert {(m["kind"], m["name"]) for m in found["mentions"]} == {
        ("leader", "Alexander Lukashenko"),
        ("venue", "Minsk"),
    }
    assert all(
        set(m) >= {"start", "end", "surface", "kind", "name", "qid"} for m in found["mentions"]
    )


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"id": 1}', '{"id": 1, "text": 3}', '{"id":1,"text":"a","published":"x"}']
)
def test_tag_names_the_line_that_is_broken(call, line):
    good = '{"id": "a", "text": "Nothing."}\n'
    result = call("tag", "-", stdin=good + line + "\n", code=2)
    assert "-:2" in result.stderr
    assert json.loads(result.stdout)["id"] == "a"


def test_tag_survives_hostile_text(call):
    row = {"id": "x", "text": "\ud800 Putin \x00\u202e" + "я" * 5000}
    result = call("tag", "-", stdin=json.dumps(row) + "\n")
    mention = json.loads(result.stdout)["mentions"][0]
    assert row["text"][mention["start"] : mention["end"]] == "Putin"


def test_extract_reads_a_file(call, tmp_path):
    from pipeline.site import page, text_about

    file = tmp_path / "page.html"
    file.write_text(page("A headline", text_about("oats")), encoding="utf-8")
    found = data(call("extract", str(file), "--json"))
    assert (found["title"], found["text"]) == ("A headline", text_about("oats"))


def test_alerts_list_and_test(call):
    listed = data(call("alerts", "list", "--json"))["alerts"]
    assert any("Ankara" in alert["line"] for alert in listed)


def test_feeds_list_tells_states(call):
    feeds = {f["url"]: f for f in data(call("feeds", "list", "--json"))["feeds"]}
    assert feeds["http://archive.example/feed"]["status"] == "gone"
    assert feeds["http://portal.example/rss"]["error"] == "not-a-feed"
    assert "next poll" in call("feeds", "list").stdout


def test_feeds_survive_an_export_and_import(call, told, tmp_path):
    from ingest.feeds.opml import parse_opml

    exported = call("feeds", "export").stdout
    assert len(parse_opml(exported.encode())) == 16


def test_doctor_is_content(call):
    report = data(call("doctor", "--json"))
    assert report["well"], report
    assert [check["name"] for check in report["checks"]] == [
        "settings", "store", "disk", "archive", "alarms", "days of disk", "lease", "feeds", "workers", "reader", "outbox", "clock",
        "corrections",
    ]  # fmt: skip


def test_config_show_names_every_setting(call):
    shown = data(call("config", "show", "--json"))
    assert shown["poll.interval_s"] == 900
    assert shown["store"].endswith("demo.sqlite")
