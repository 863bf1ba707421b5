"""`alerts explain`, `silence`, `unsilence`; and headlines that try to break out of what is printed."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import structlog
import typer
from alerts.newsdesk import Say, edited, make_article, offer, store_article
from typer.testing import CliRunner

from ingest.alerts.evaluate import evaluate
from ingest.alerts.groups import delivery_id
from ingest.alerts.rulebook import take_rules
from ingest.cli.alerts import app
from ingest.cli.context import CALL
from ingest.model import Delivery, Proposal, Silence
from ingest.settings import load_settings
from ingest.store.sqlite import SqliteStore

NOW = datetime.now(UTC)
RULES = """\
version: 1
rules:
  - id: offers  # the desk's
    type: match
    when: {status: proposed}
    group_by: [venue]
    to: [file]
"""
TITLES = {
    "newlines": "One\r\nBcc: x@y.example\n\nALERT two",
    "script": "<script>alert(1)</script>",
    "formula": '=HYPERLINK("http://x.example","y")',
    "escapes": "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b1m",
    "markup": "[bold]x[/bold] [/link] [link=http://x.example]y[/x]",
    "long": "x" * 10_000,
    "bidi": "abc\u202egnp.exe\u2066",
    "nul": "a\x00b",
}


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(CALL, "store", f"sqlite:///{tmp_path}/s.sqlite")
    (tmp_path / "rules.yaml").write_text(RULES)
    with SqliteStore.open(tmp_path / "s.sqlite") as store:
        yield store
    structlog.reset_defaults()


def raised(store, article, at=NOW):
    rules = take_rules(store, load_settings(store=CALL.store), at)
    entry = store_article(store, article)
    return evaluate(store, rules, [entry.id], at)


def call(*args):
    result = CliRunner().invoke(app, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def an_offer(**more):
    article = make_article(offer(), at=NOW, **more)
    acts = tuple(replace(act, rule="verb offers + dative (.91)") for act in article.proposals)
    assert isinstance(acts[0], Proposal)
    return replace(article, proposals=acts)


def test_explain_says_why_where_and_whether_it_stands(desk):
    (alert,) = raised(desk, an_offer()).alerts
    row = desk.get(Delivery, delivery_id(alert.id, "file"))
    desk.put([replace(row, state="dead", tries=7, error="disk full\x1b[31m")])
    code, out, _ = call("explain", alert.id[:8])
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("ALERT offers: ")
    assert lines[2] == f"rule offers (match, version {alert.rule_version}, rules revision 1)"
    assert lines[3] == (
        "  {group_by: [venue], id: offers, to: [file], type: match, when: {status: proposed}}"
    )
    assert lines[4] == "group: venue place:minsk-by"
    assert "evidence: “Lukashenko offered Minsk for the talks.”" in lines
    assert "  decided by: verb offers + dative (.91)" in lines
    assert any(line.startswith("  the article still says so; ") for line in lines)
    assert lines[-1] == "alert to file: dead, 7 tries: disk full[31m"
    article = desk.get_article(alert.evidence[0].article_id)
    raised(desk, edited(article, Say("No."), at=NOW), NOW + timedelta(seconds=1))
    code, out, _ = call("explain", alert.id[:8], "--json")
    found = json.loads(out)
    assert (found["state"], found["key"]) == ("withdrawn", {"venue": "place:minsk-by"})
    assert found["why"] == "The publisher changed the article, which does not say so any more."
    assert found["evidence"][0]["now"] == "the article says so no more"
    assert found["rules_revision"] == 1
    desk.delete_articles([article.id])
    assert "the article is gone" in call("explain", alert.id[:8])[1]


def test_a_silence_holds_is_listed_explained_and_ended(desk):
    code, _, err = call(
        "silence", "offers", "--for", "2h", "--key", "Minsk", "--reason", "known", "--author", "ann"
    )
    assert code == 0
    assert err.startswith("offers [place:minsk-by] is silent until ")
    assert err.rstrip().endswith("Z by ann: known")
    (alert,) = raised(desk, an_offer(), datetime.now(UTC)).alerts
    assert (alert.state, desk.count(Delivery)) == ("silenced", 0)
    _, out, err = call("list", "--state", "silenced")
    assert f"id {alert.id[:12]}, silenced" in out
    assert "is silent until" in err
    assert json.loads(call("list", "--json")[1])["silences"][0]["author"] == "ann"
    assert "not sent: silenced by ann: known" in call("explain", alert.id[:8])[1]
    assert call("unsilence", "offers", "--key", "geneva")[2] == "0 silences of offers ended\n"
    assert call("unsilence", "offers", "--key", "minsk-by")[2] == "1 silence of offers ended\n"
    assert "is silent" not in call("list")[2]
    (silence,) = desk.find(Silence)
    assert silence.until <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(["silence", "nope", "--for", "2h"], "known: offers", id="rule"),
        pytest.param(["silence", "offers", "--for", "soon"], "write 30m, 2h", id="for"),
        pytest.param(["silence", "offers", "--for", "9999w"], "write 30m, 2h", id="too-long"),
        pytest.param(["silence", "offers", "--for", "2h", "--key", "zzz"], "'zzz'", id="key"),
        pytest.param(["explain", "00000000"], "no alert has an id that begins so", id="id"),
    ],
)
def test_what_does_not_parse_ends_with_2(desk, args, message):
    code, out, err = call(*args)
    assert (code, out) == (2, "")
    assert message in err


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
def test_nothing_breaks_out_of_what_is_printed(desk, title):
    said = f"{title} Lukashenko offered Minsk."
    article = an_offer(title=title)
    text = said + article.text
    article = replace(
        article,
        text=text,
        proposals=tuple(replace(act, start=0, end=len(said)) for act in article.proposals),
    )
    (alert,) = raised(desk, article).alerts
    call("silence", "offers", "--for", "1h", "--reason", title, "--author", title)
    for args in (("list",), ("test",), ("explain", alert.id[:8]), ("ack", alert.id[:8])):
        code, out, err = call(*args)
        assert code == 0
        for line in (out + err).split("\n"):
            assert line.isprintable() or not line, repr(line)
            assert len(line) < 10_800
    assert len(call("test")[1].splitlines()) == 2  # two lines an alert, whatever the title holds
    for args in (("list", "--json"), ("test", "--json"), ("explain", alert.id[:8], "--json")):
        code, out, _ = call(*args)
        assert out.count("\n") == 1
        assert out.rstrip("\n").isprintable()
        found = json.loads(out)
        shown = found["evidence"] if "evidence" in found else found["alerts"][0]["evidence"]
        assert shown[0]["title"] == title[:500]


def test_cells_of_an_export_are_text(desk, tmp_path):
    from ingest.cli.exports import export

    for number, title in enumerate(TITLES.values()):
        raised(desk, replace(an_offer(title=title, slug=str(number))))
    whole = typer.Typer()
    whole.command()(export)
    path = tmp_path / "out.csv"
    result = CliRunner().invoke(whole, ["--format", "csv", "--output", str(path)])
    assert result.exit_code == 0, result.output
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    assert len(rows) == 1 + len(TITLES)
    assert not any(cell[:1] in ("=", "+", "@", "\t", "\r") for row in rows[1:] for cell in row)
