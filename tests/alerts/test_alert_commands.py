"""`summitwatch alerts`: what it prints, and its exit codes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from alerts.newsdesk import make_article, offer, store_article
from typer.testing import CliRunner

from ingest.alerts.evaluate import evaluate
from ingest.alerts.rulebook import rules_in_force
from ingest.alerts.rules import load_rules
from ingest.cli.alerts import app
from ingest.cli.context import CALL
from ingest.desk import history as desk_history
from ingest.model import Alert, Delivery, RuleState
from ingest.settings import load_settings
from ingest.store.port import Where
from ingest.store.sqlite import SqliteStore

RULES = """\
version: 1
rules:
  - {id: offers, type: match, when: {status: proposed}}
  - {id: firsts, type: new, key: [leader, venue]}
"""
NOW = datetime.now(UTC)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A store with two offers, one raised yesterday, and rules beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(CALL, "store", f"sqlite:///{tmp_path}/s.sqlite")
    (tmp_path / "rules.yaml").write_text(RULES)
    rules = load_rules(load_settings(store=CALL.store))
    with SqliteStore.open(tmp_path / "s.sqlite") as store:
        old = NOW - timedelta(days=9)
        store_article(store, make_article(offer(), slug="1", at=old), history=True)
        evaluate(store, rules, None, old)
        yesterday = NOW - timedelta(days=1)
        text = "Putin offered Geneva for the talks."
        store_article(store, make_article(offer(text, "Putin"), slug="2", at=yesterday))
        evaluate(store, rules, None, yesterday)
        yield store
    structlog.reset_defaults()  # the commands' logs went to a stream that is closed by now


def call(*args):
    result = CliRunner().invoke(app, args)
    return result.exit_code, result.stdout, result.stderr


def test_list_prints_the_newest_first(desk):
    code, out, _ = call("list")
    assert code == 0
    lines = out.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("ALERT ")
    assert "Putin (RU) offers Geneva" in lines[0]
    assert "“Putin offered Geneva for the talks.” en, courier.example" in lines[1]


def test_list_as_json_is_data_only(desk):
    code, out, err = call("list", "--json", "--rule", "offers")
    assert (code, err) == (0, "")
    found = json.loads(out)
    (alert,) = found["alerts"]
    assert alert["rule"] == "offers"
    assert alert["key"] == {"venue": "place:geneva-ch", "role": "proposed"}
    assert found["set_aside"] == []


def test_list_says_where_there_is_nothing(desk):
    code, out, err = call("list", "--since", "1h")
    assert (code, out) == (0, "")
    assert err.strip() == "no alerts"


def test_test_replays_the_past_with_the_rules_of_a_file(desk, tmp_path):
    file = tmp_path / "other.yaml"
    file.write_text(
        "version: 1\nrules:\n  - {id: minsk, type: match, query: 'venue:place:minsk-by'}\n"
    )
    before = desk.count(Alert)
    code, out, err = call("test", "minsk", "--rules", str(file), "--since", "30d", "--json")
    assert (code, err) == (0, "")
    (alert,) = json.loads(out)["alerts"]
    assert alert["rule"] == "minsk"
    assert alert["evidence"][0]["sentence"] == "Lukashenko offered Minsk for the talks."
    assert desk.count(Alert) == before
    since = NOW - timedelta(days=30)
    code, out, err = call("test", "--since", since.isoformat())
    assert (code, len(out.splitlines())) == (0, 8)
    assert err.strip() == f"4 alerts since {since:%Y-%m-%d %H:%M}Z; nothing was written or sent"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(["test", "nope"], "known: offers, firsts", id="rule"),
        pytest.param(["test", "--rules", "gone.yaml"], "gone.yaml: cannot be read", id="file"),
        pytest.param(["test", "--since", "soon"], "'soon' is no date", id="since"),
        pytest.param(["ack", "xyz1"], "is no alert id", id="ack"),
        pytest.param(["retry", "0000"], "no alert has an id that begins so", id="retry"),
        pytest.param(["enable", "nope"], "is not in the rules", id="enable"),
    ],
)
def test_what_does_not_parse_ends_with_2(desk, args, message):
    code, out, err = call(*args)
    assert (code, out) == (2, "")
    assert message in err


def test_a_wrong_file_ends_with_2_and_its_line(desk, tmp_path):
    (tmp_path / "rules.yaml").write_text("version: 1\nrules:\n  - {id: a, type: mach}\n")
    code, _, err = call("list")
    assert code == 2
    assert f"{tmp_path}/rules.yaml:3: rules[0].type: 'mach' is not known" in err


def test_a_rule_that_is_set_aside_is_shown_and_enabled(desk):
    state = desk.get(RuleState, "offers")
    since = NOW - timedelta(days=2)
    desk.delete(Alert, [alert.id for alert in desk.find(Alert)])
    desk.put([replace(state, failed_since=since, error="KeyError: 'x'")])
    _, out, err = call("list")
    assert "rule offers is set aside since" in err
    assert "KeyError: 'x'" in err
    code, out, err = call("enable", "offers")
    assert code == 0
    assert "Putin (RU) offers Geneva" in out
    assert "it had missed 1 alert" in err
    assert desk.get(RuleState, "offers").failed_since is None


def test_an_alert_is_acknowledged_by_the_beginning_of_its_id(desk):
    alert = desk.find(Alert)[0]
    for _ in range(2):
        code, out, _ = call("ack", alert.id[:12])
        assert code == 0
        assert out.splitlines()[1].endswith(f"id {alert.id[:12]}, acked")
    assert desk.get(Alert, alert.id).state == "acked"


def test_dead_deliveries_are_put_back(desk):
    rows = desk.find(Delivery)
    dead = [replace(row, state="dead", tries=9, next_try_at=NOW, error="x") for row in rows]
    desk.put(dead)
    code, _, err = call("retry", rows[0].alert_id[:16])
    assert (code, err.strip()) == (0, "2 deliveries back in the outbox")
    assert desk.count(Delivery, Where("state", "=", "dead")) == len(rows) - 2
    call("retry")
    assert {(r.state, r.tries, r.next_try_at) for r in desk.find(Delivery)} == {
        ("pending", 0, None)
    }


def test_add_shows_what_a_rule_would_have_raised_and_asks(desk, tmp_path):
    args = ("add", "minsk", "venue:place:minsk-by", "--type", "new", "--group-by", "proposer,venue")
    result = CliRunner().invoke(app, args, input="n\n")
    assert result.exit_code == 0
    assert "minsk would have raised 1 alert in 30 days, 0.0 a day" in result.stderr
    assert "“Lukashenko offered Minsk for the talks.”" in result.stdout
    assert (tmp_path / "rules.yaml").read_text() == RULES
    code, _, err = call(*args, "--to", "file", "--yes", "--author", "ann")
    assert code == 0
    assert "minsk is in force: rules revision 2" in err
    text = (tmp_path / "rules.yaml").read_text()
    assert text.startswith(RULES)
    rule = load_rules(load_settings(store=CALL.store)).rule("minsk")
    assert (rule.type, rule.key, rule.to) == ("new", ("proposer", "venue"), ("file",))
    assert [(r.number, r.author, r.note) for r in desk_history(desk, "rules")] == [
        (2, "ann", "minsk added"),
        (1, "file", f"imported from {tmp_path}/rules.yaml"),
    ]
    code, _, err = call(*args, "--yes")
    assert code == 2
    assert "the id 'minsk' stands twice" in err


def test_add_needs_no_file(desk, tmp_path):
    (tmp_path / "rules.yaml").unlink()
    code, _, _ = call("add", "words", '"offered Minsk"', "--yes")
    assert code == 0
    rules = rules_in_force(desk, load_settings(store=CALL.store))
    assert ([r.id for r in rules.rules], rules.number) == (["words"], 1)
    assert not (tmp_path / "rules.yaml").exists()
