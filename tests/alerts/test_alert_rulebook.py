"""Rules in the store, a file that is imported, and the command that shows them."""

from __future__ import annotations

import json

import pytest
import structlog
from alerts.newsdesk import DAY0, HOUR
from typer.testing import CliRunner

from ingest import desk
from ingest.alerts import rulebook
from ingest.alerts.rulebook import choose, publish, rules_in_force, take_rules
from ingest.cli.context import CALL
from ingest.cli.rules import app
from ingest.errors import ConflictError, SettingsError
from ingest.model import Note
from ingest.settings import load_settings


def text(*names):
    rules = "".join(f"  - {{id: {name}, type: new, key: [venue]}}\n" for name in names)
    return f"version: 1\nrules:\n{rules}" if names else "version: 1\n"


@pytest.fixture
def settings(tmp_path):
    return load_settings(store=f"sqlite:///{tmp_path}/store.sqlite")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "rules.yaml"


def ids_of(rules):
    return [rule.id for rule in rules.rules]


def test_nothing_at_all_is_no_rules(store, settings):
    assert take_rules(store, settings, DAY0).rules == ()
    assert desk.latest(store, "rules") is None


def test_a_run_takes_the_file_in_and_again_when_it_changed(store, settings, file):
    file.write_text(text("a"))
    seen = rules_in_force(store, settings)
    assert (ids_of(seen), seen.number) == (["a"], 0)
    assert desk.latest(store, "rules") is None  # reading writes nothing
    for _ in range(2):
        taken = take_rules(store, settings, DAY0)
        assert (ids_of(taken), taken.number) == (["a"], 1)
    file.write_text(text("a", "b"))
    assert take_rules(store, settings, DAY0 + HOUR).number == 2
    newest = desk.latest(store, "rules")
    assert (newest.author, newest.note, newest.at) == (
        "file",
        f"imported from {file}",
        DAY0 + HOUR,
    )
    file.unlink()
    assert ids_of(take_rules(store, settings, DAY0)) == ["a", "b"]


def test_what_somebody_published_wins_over_the_file_and_it_is_said(store, settings, file):
    file.write_text(text("a"))
    take_rules(store, settings, DAY0)
    publish(store, settings, text("b"), author="ann", now=DAY0)
    assert choose(store, settings).warning == ""  # the file is as it was
    file.write_text(text("c"))
    chosen = choose(store, settings)
    assert (chosen.number, chosen.text) == (2, text("b"))
    assert chosen.warning == (
        f"{file} is not in force: ann published revision 2 on 2026-03-02 09:00Z, after the file was"
        f" last taken. Take the file with `summitwatch rules apply {file}`, or the store's rules"
        f" with `summitwatch rules export {file}`"
    )
    assert ids_of(take_rules(store, settings, DAY0)) == ["b"]
    publish(store, settings, text("c"), author="ann", now=DAY0)  # the file is applied
    file.write_text(text("d"))
    assert ids_of(take_rules(store, settings, DAY0)) == ["d"]


def test_a_file_beside_rules_that_were_published_first_is_not_taken(store, settings, file):
    publish(store, settings, text("a"), author="ann", now=DAY0)
    file.write_text(text("b"))
    assert "is not in force" in choose(store, settings).warning
    file.write_text(text("a"))
    assert choose(store, settings).warning == ""


def test_a_crash_between_revision_and_note_is_made_good(store, settings, file):
    file.write_text(text("a"))
    take_rules(store, settings, DAY0)
    store.delete(Note, [rulebook.IMPORTED])
    take_rules(store, settings, DAY0)
    file.write_text(text("b"))
    assert ids_of(take_rules(store, settings, DAY0)) == ["b"]


def test_a_wrong_file_stops_the_first_run_and_no_later_one(store, settings, file):
    file.write_text("version: 1\nrules: [{id: a}]\n")
    with pytest.raises(SettingsError, match=r"rules\.yaml:2: rules\[0\]: has no type"):
        take_rules(store, settings, DAY0)
    file.write_text(text("a"))
    take_rules(store, settings, DAY0)
    file.write_text("version: 1\nrules: [{id: a}]\n")
    with structlog.testing.capture_logs() as logs:
        assert ids_of(take_rules(store, settings, DAY0)) == ["a"]
    assert "has no type; revision 1 stays in force" in logs[0]["reason"]


def test_a_named_file_that_is_gone_leaves_the_revision_in_force(store, tmp_path):
    named = tmp_path / "named.yaml"
    settings = load_settings(store="sqlite:///x", alerts={"rules": named})
    with pytest.raises(SettingsError, match="cannot be read"):
        take_rules(store, settings, DAY0)
    named.write_text(text("a"))
    take_rules(store, settings, DAY0)
    named.unlink()
    assert ids_of(take_rules(store, settings, DAY0)) == ["a"]
    assert "cannot be read" in choose(store, settings).warning


def test_publishing_checks_first_and_lets_no_one_overwrite(store, settings):
    with pytest.raises(SettingsError, match="'nowhere' is no place"):
        bad = "version: 1\nrules: [{id: a, type: match, when: {venue: nowhere}}]\n"
        publish(store, settings, bad, author="ann", now=DAY0)
    publish(store, settings, text("a"), author="ann", now=DAY0, after=0)
    with pytest.raises(ConflictError, match="it is at revision 1"):
        publish(store, settings, text("b"), author="bob", now=DAY0, after=0)


def test_a_file_in_step_follows_what_is_added(store, settings, file):
    file.write_text(text("a"))
    take_rules(store, settings, DAY0)
    publish(store, settings, text("a", "b"), author="ann", now=DAY0, follow=True)
    assert file.read_text() == text("a", "b")
    file.write_text(text("a", "b", "c"))
    assert ids_of(take_rules(store, settings, DAY0)) == ["a", "b", "c"]
    file.write_text("# mine\n" + text("z"))
    publish(store, settings, text("q"), author="ann", now=DAY0, follow=True)
    assert file.read_text() == "# mine\n" + text("z")


def test_rules_know_the_desks_own_names(store, settings):
    from ingest.tag.overlay import dump_overlay, parse_overlay

    body = (
        "entities:\n  - id: place:xanadu-xx\n    kind: city\n    name: Xanadu\n"
        "    country: XX\n    names: {en: [Xanadu]}\n"
    )
    overlay = parse_overlay(body, "overlay")
    desk.publish(store, "overlay", dump_overlay(overlay), author="ann", now=DAY0)
    body = "version: 1\nrules: [{id: a, type: match, when: {venue: Xanadu}}]\n"
    made = publish(store, settings, body, author="ann", now=DAY0)
    assert rules_in_force(store, settings).rules[0].places == {"place:xanadu-xx"}
    assert made.number == 1


# --- the command -------------------------------------------------------------------------------


@pytest.fixture
def call(store, settings, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(CALL, "store", settings.store)

    def run(*args):
        result = CliRunner().invoke(app, args)
        return result.exit_code, result.stdout, result.stderr

    yield run
    structlog.reset_defaults()


def test_apply_show_history_export(call, store, tmp_path):
    first, second = tmp_path / "one.yaml", tmp_path / "two.yaml"
    first.write_text(text("a", "b"))
    second.write_text(text("b", "c").replace("key: [venue]}\n", "key: [leader]}\n", 1))
    code, out, err = call("apply", str(first), "--author", "ann", "--note", "to begin with")
    assert (code, out) == (0, "rules revision 1 is in force: 2 rules\n")
    assert err == "added: a, b\n"
    code, out, err = call("apply", str(second), "--author", "b\x1b[31mob")
    assert (code, err) == (0, "added: c\nchanged: b\nremoved: a\n")
    assert call("apply", str(second))[1] == "rules revision 2 is in force and says the same\n"
    code, out, err = call("show")
    assert out == "b: new by leader to stdout, file\nc: new by venue to stdout, file\n"
    assert err == "2 rules: rules revision 2\n"
    shown = json.loads(call("show", "--revision", "1", "--json")[1])
    assert [rule["id"] for rule in shown["rules"]] == ["a", "b"]
    lines = call("history")[1].splitlines()
    assert lines[0].startswith("2 20")
    assert "\x1b" not in lines[0]
    assert lines[1].endswith("Z ann: to begin with")
    assert len(json.loads(call("history", "--json")[1])) == 2
    assert call("export", "--revision", "1")[1] == first.read_text()
    assert call("export", "out.yaml")[0] == 0
    assert (tmp_path / "out.yaml").read_text() == second.read_text()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(["apply", "gone.yaml"], "gone.yaml: cannot be read", id="no-file"),
        pytest.param(
            ["show", "--revision", "9"], "rules revision 9: is not in this store", id="number"
        ),
        pytest.param(["export", "--revision", "9"], "rules revision 9: is not", id="export"),
    ],
)
def test_what_cannot_be_done_ends_with_2(call, args, message):
    code, _, err = call(*args)
    assert code == 2
    assert message in err


def test_a_wrong_file_is_named_with_its_line_and_an_empty_one_takes_no_rule_away(
    call, store, tmp_path
):
    file = tmp_path / "desk.yaml"
    file.write_text(text("a"))
    assert call("apply", str(file))[0] == 0
    file.write_text(text("a").replace("venue", "venus"))
    code, _, err = call("apply", str(file))
    assert code == 2
    assert f"{file}:" in err
    file.write_text("\n")
    code, _, err = call("apply", str(file))
    assert code == 2
    assert "desk.yaml: is empty" in err
    assert call("show")[1].startswith("a: new")
