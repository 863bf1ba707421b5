"""rules.yaml: what it means, and errors that name file, line, field and the way out."""

from __future__ import annotations

import json
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from alerts.newsdesk import Names, rules_of
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts import reading as reader
from ingest.alerts.channels import CHANNEL_TYPES, FIELDS
from ingest.alerts.conditions import AllOf, Clause, NoneOf, QueryIs
from ingest.alerts.rules import load_rules, parse_rules, read_rules, rules_file
from ingest.alerts.ruleset import RULE_TYPES
from ingest.errors import SettingsError
from ingest.settings import load_settings

FULL = """\
version: 1
channels:
  desk: {type: file, path: desk.jsonl}
  screen: {type: stdout}
rules:
  - id: lukashenko-offers
    type: match
    when:
      all:
        - {leader: lukashenko}
        - {venue: [minsk, istanbul], role: proposed, same_sentence: true, min_confidence: 0.7}
      none: [{source: satire.example}]
    group_by: [leader, venue]
    realert: {every: 12h}
    max_age: 72h
    to: [desk, screen]
  - {id: first, type: new, key: [leader, venue], to: desk}
  - {id: words, type: match, query: '"peace talks" venue:minsk -sport', realert: 90m}
"""


def test_a_file_is_read_whole():
    rules = rules_of(FULL)
    offers, first, words = rules.rules
    assert offers.when == AllOf(
        (
            AllOf(
                (
                    Clause(leaders=frozenset({"leader:lukashenko-alexander"})),
                    Clause(
                        venues=frozenset({"place:minsk-by", "place:istanbul-tr"}),
                        roles=frozenset({"proposed"}),
                        min_confidence=0.7,
                    ),
                )
            ),
            NoneOf((Clause(sources=frozenset({"satire.example"})),)),
        )
    )
    assert (offers.key, offers.realert, offers.max_age) == (
        ("leader", "venue"),
        timedelta(hours=12),
        timedelta(hours=72),
    )
    assert (offers.same_sentence, offers.to) == (True, ("desk", "screen"))
    assert offers.anchors == {"leader:lukashenko-alexander"}
    assert (first.type, first.key, first.when, first.to) == (
        "new",
        ("leader", "venue"),
        None,
        ("desk",),
    )
    assert isinstance(words.when, QueryIs)
    assert words.max_age == timedelta(hours=48)
    assert words.realert == timedelta(minutes=90)
    assert words.to == ("stdout", "file")
    assert rules.channels["desk"].path == Path("desk.jsonl")
    assert {"stdout", "file", "desk", "screen"} == set(rules.channels)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "version: 1\n", "version: 1\nrules:\n"])
def test_no_rules_are_an_empty_set(text):
    assert parse_rules(text, "rules.yaml").rules == ()


@pytest.mark.parametrize(
    ("field", "key"),
    [
        pytest.param("when: {venue: minsk}", ("venue", "role"), id="places"),
        pytest.param("when: {leader: putin}", ("leader",), id="leaders"),
        pytest.param("when: {text: peace}", ("article",), id="words"),
        pytest.param("query: 'role:proposed'", ("venue", "role"), id="query-of-places"),
        pytest.param("query: 'leader:putin'", ("leader",), id="query-of-leaders"),
        pytest.param("when: {venue: minsk}, group_by: []", (), id="one-group"),
        pytest.param("when: {venue: minsk}, group_by: source", ("source",), id="one-field"),
    ],
)
def test_groups_of_a_match_rule(field, key):
    (rule,) = rules_of(f"  - {{id: a, type: match, {field}}}\n").rules
    assert rule.key == key


def test_a_version_changes_with_the_rule_and_not_with_its_layout():
    one = rules_of("  - {id: a, type: match, when: {venue: minsk}}\n").rules[0]
    same = rules_of("  - id: a\n    when:\n      venue: 'minsk'\n    type: match\n").rules[0]
    other = rules_of("  - {id: a, type: match, when: {venue: geneva}}\n").rules[0]
    assert one.version == same.version != other.version


def test_norway_is_no_boolean():
    (rule,) = rules_of("  - {id: a, type: match, when: {country: [NO, by]}}\n").rules
    assert rule.when == Clause(countries=frozenset({"NO", "BY"}))


ERRORS = [
    pytest.param("rules: []", 1, "no version", "version: 1", id="no-version"),
    pytest.param("version: 2", 1, "'2' is not known", "one of 1", id="version"),
    pytest.param("version: 1\nrule: []", 2, "unknown field 'rule'", "rules", id="top-field"),
    pytest.param("version: 1\nversion: 1", 2, "'version' stands twice", "", id="twice"),
    pytest.param("version: 1\nrules: {a: b}", 2, "must be a list", "", id="no-list"),
    pytest.param("version: 1\nrules:\n  - x", 3, "must be a mapping", "", id="no-mapping"),
    pytest.param("version: 1\nrules: [\n  {id: a}", 3, "no valid YAML", "", id="yaml"),
    pytest.param("version: 1\n\ttabs: 1", 2, "no valid YAML", "", id="tab"),
    pytest.param("version: 1\n---\nversion: 1", 2, "no valid YAML", "", id="two-documents"),
    pytest.param("version: 1\nrules: !!python/none x", 2, "is not allowed", "", id="python-tag"),
    pytest.param("version: 1\nrules: !x []", 2, "the tag !x is not allowed", "", id="tag"),
    pytest.param("version: 1\nrules: *gone", 2, "no valid YAML", "", id="alias"),
    pytest.param("version: 1\n? [a, b]\n: c", 2, "must be a text", "", id="key"),
    pytest.param("- &a [*a]", 1, "nested too deep", "", id="cycle"),
]
RULE_ERRORS = [
    pytest.param("{type: match}", "", "has no id", "", id="no-id"),
    pytest.param("{id: a}", "", "has no type", "", id="no-type"),
    pytest.param("{id: A b, type: match}", ".id", "is no id", "a-z", id="bad-id"),
    pytest.param("{id: a, type: mach}", ".type", "'mach'", "did you mean match?", id="type"),
    pytest.param("{id: a, type: match}", "", "neither `when` nor `query`", "", id="no-condition"),
    pytest.param(
        "{id: a, type: match, when: {venue: minsk}, query: x}",
        ".query",
        "beside `when`",
        "",
        id="both",
    ),
    pytest.param(
        "{id: a, type: match, when: {venus: minsk}}",
        ".when.venus",
        "unknown field 'venus'",
        "did you mean venue?",
        id="field",
    ),
    pytest.param(
        "{id: a, type: match, when: {all: [{venue: mins}]}}",
        ".when.all[0].venue",
        "'mins' is no place",
        "did you mean Minsk?",
        id="unknown-place",
    ),
    pytest.param(
        "{id: a, type: match, when: {any: [{leader: [putin, lukashenka]}]}}",
        ".when.any[0].leader[1]",
        "'lukashenka' is no leader",
        "did you mean Lukashenko?",
        id="unknown-leader",
    ),
    pytest.param(
        "{id: a, type: match, when: {role: offered}}",
        ".when.role",
        "is no role",
        "proposed",
        id="role",
    ),
    pytest.param(
        "{id: a, type: match, when: {status: location}}",
        ".when.status",
        "no status",
        "",
        id="status",
    ),
    pytest.param(
        "{id: a, type: match, when: {same_sentence: true}}",
        ".when",
        "asks for nothing",
        "",
        id="empty",
    ),
    pytest.param("{id: a, type: match, when: {}}", ".when", "asks for nothing", "", id="no-clause"),
    pytest.param("{id: a, type: match, when: {all: []}}", ".when.all", "is empty", "", id="no-all"),
    pytest.param("{id: a, type: match, when: [x]}", ".when", "must be a mapping", "", id="when"),
    pytest.param(
        "{id: a, type: match, when: {venue: minsk, min_confidence: 70}}",
        ".when.min_confidence",
        "no number from 0 to 1",
        "",
        id="confidence",
    ),
    pytest.param(
        "{id: a, type: match, when: {venue: minsk, min_confidence: nan}}",
        ".when.min_confidence",
        "no number from 0 to 1",
        "",
        id="nan",
    ),
    pytest.param(
        "{id: a, type: match, when: {venue: minsk}, same_sentence: maybe}",
        ".same_sentence",
        "neither true nor false",
        "",
        id="truth",
    ),
    pytest.param(
        "{id: a, type: match, when: {venue: minsk}, realert: soon}",
        ".realert",
        "no duration",
        "24h",
        id="duration",
    ),
    pytest.param(
        "{id: a, type: match, when: {venue: minsk}, realert: 0h}",
        ".realert",
        "out of range",
        "",
        id="zero",
    ),
    pytest.param(
        "{id: a, type: match, when: {venue: minsk}, max_age: 999999w}",
        ".max_age",
        "out of range",
        "",
        id="age",
    ),
    pytest.param(
        "{id: a, type: match, query: 'venue:minsk AND'}", ".query", "ends too early", "", id="query"
    ),
    pytest.param(
        "{id: a, type: match, query: 'minsk since:7d'}", ".query", "no dates", "max_age", id="dates"
    ),
    pytest.param(
        "{id: a, type: match, when: {text: '/re/'}}", ".when.text", "regular", "", id="regex"
    ),
    pytest.param("{id: a, type: new}", "", "needs a key", "key: [leader, venue]", id="no-key"),
    pytest.param("{id: a, type: new, key: []}", ".key", "is empty", "", id="empty-key"),
    pytest.param(
        "{id: a, type: new, key: [leader, leader]}",
        ".key",
        "names a field twice",
        "",
        id="key-twice",
    ),
    pytest.param(
        "{id: a, type: new, key: [ledger]}",
        ".key[0]",
        "not known",
        "did you mean leader?",
        id="key",
    ),
    pytest.param(
        "{id: a, type: new, key: [venue], group_by: [venue]}",
        ".key",
        "means the same",
        "",
        id="key-and-group",
    ),
    pytest.param(
        "{id: a, type: new, key: [venue], realert: 24h}",
        ".realert",
        "no realert",
        "",
        id="new-realert",
    ),
    pytest.param(
        "{id: a, type: new, key: [venue], to: [desk]}", ".to[0]", "'desk'", "one of stdout", id="to"
    ),
]


@pytest.mark.parametrize(("text", "line", "reason", "way_out"), ERRORS)
def test_errors_of_the_file(text, line, reason, way_out):
    with pytest.raises(SettingsError) as caught:
        parse_rules(text, "rules.yaml", names=Names())
    assert caught.value.thing.split(": ")[0] == f"rules.yaml:{line}"
    assert reason in caught.value.reason
    assert way_out in caught.value.way_out
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(("rule", "path", "reason", "way_out"), RULE_ERRORS)
def test_errors_of_a_rule(rule, path, reason, way_out):
    text = "version: 1\nrules:\n  - {id: fine, type: new, key: [venue]}\n\n  - "
    with pytest.raises(SettingsError) as caught:
        parse_rules(f"{text}{rule}\n", "rules.yaml", names=Names())
    assert caught.value.thing == f"rules.yaml:5: rules[1]{path}"
    assert reason in caught.value.reason
    assert way_out in caught.value.way_out


@pytest.mark.parametrize(
    ("channels", "thing", "reason"),
    [
        pytest.param("x", "channels", "must be a mapping", id="text"),
        pytest.param("{desk: file}", "channels.desk", "has no type", id="no-type"),
        pytest.param("{desk: {type: fax}}", "channels.desk.type", "'fax'", id="type"),
        pytest.param("{desk: {type: webhook}}", "channels.desk", "has no url", id="no-url"),
        pytest.param(
            "{desk: {type: webhook, url: 'ftp://x'}}",
            "channels.desk.url",
            "is no address",
            id="ftp",
        ),
        pytest.param(
            "{desk: {type: slack, url: 'http://[x'}}",
            "channels.desk.url",
            "is no address",
            id="url",
        ),
        pytest.param(
            "{desk: {type: slack, url: 'env:A B'}}", "channels.desk.url", "no variable", id="env"
        ),
        pytest.param(
            "{desk: {type: email, to: [a@b, 'c d'], from: a@b, smtp: 'smtp://h'}}",
            "channels.desk.to[1]",
            "no mail address",
            id="mail-address",
        ),
        pytest.param(
            '{desk: {type: email, to: "a@b\\nBcc: x@y", from: a@b, smtp: "smtp://h"}}',
            "channels.desk.to",
            "no mail address",
            id="mail-header",
        ),
        pytest.param("{Desk!: {type: file}}", "channels.Desk!", "no channel name", id="name"),
        pytest.param(
            "{desk: {type: stdout, path: x}}", "channels.desk.path", "unknown field", id="field"
        ),
    ],
)
def test_errors_of_channels(channels, thing, reason):
    with pytest.raises(SettingsError) as caught:
        rules_of(f"version: 1\nchannels: {channels}\n")
    assert caught.value.thing == f"rules.yaml:2: {thing}"
    assert reason in caught.value.reason


def test_an_id_stands_once():
    with pytest.raises(SettingsError, match=r"rules.yaml:4: rules\[1\]: the id 'a' stands twice"):
        rules_of("  - {id: a, type: new, key: venue}\n  - {id: a, type: new, key: venue}\n")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 5000, id="deep"),
        pytest.param(
            "a: &a [x, x]\nb: &b [*a, *a]\n"
            + "".join(
                f"c{n}: &c{n} [*{'b' if n == 0 else f'c{n - 1}'}, *{'b' if n == 0 else f'c{n - 1}'}]\n"
                for n in range(30)
            ),
            id="billion-laughs",
        ),
        pytest.param("x" * 2_000_000, id="long"),
        pytest.param("version: 1\x00", id="nul"),
        pytest.param("version: '\ud800'", id="surrogate"),
        pytest.param("version: 1\nrules: [" + "{id: a, type: match}," * 1001 + "]", id="many"),
    ],
)
def test_hostile_files_are_settings_errors(text):
    with pytest.raises(SettingsError):
        parse_rules(text, "rules.yaml", names=Names())


@given(st.text(max_size=80) | st.text("{}[]:,-&*!|>#'\"\n abversion1rules", max_size=120))
def test_any_text_is_rules_or_a_settings_error(text):
    try:
        parse_rules(text, "rules.yaml", names=Names())
    except SettingsError as exc:
        assert exc.thing.startswith("rules.yaml")


def test_the_file_in_force(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = f"sqlite:///{tmp_path}/s.sqlite"
    assert load_rules(load_settings(store=store)).rules == ()
    (tmp_path / "rules.yaml").write_text("version: 1\nrules: [{id: a, type: new, key: venue}]\n")
    settings = load_settings(store=store, alerts={"max_age_h": 5})
    assert rules_file(settings) == tmp_path / "rules.yaml"
    (rule,) = load_rules(settings).rules
    assert rule.max_age == timedelta(hours=5)
    named = tmp_path / "named.yaml"
    settings = load_settings(store=store, alerts={"rules": named, "file": tmp_path / "out.jsonl"})
    with pytest.raises(SettingsError, match=r"named\.yaml: cannot be read: No such file"):
        load_rules(settings)
    named.write_bytes(b"\xef\xbb\xbfversion: 1\n")
    rules = load_rules(settings)
    assert (rules.rules, rules.channels["file"].path) == ((), tmp_path / "out.jsonl")
    named.write_bytes(b"version: 1 # \xff\n")
    with pytest.raises(SettingsError, match="is not UTF-8"):
        read_rules(named, settings)


def test_the_schema_knows_the_same_fields():
    schema = json.loads(files("ingest.alerts").joinpath("rules.schema.json").read_text("utf-8"))
    rule, clause = schema["$defs"]["rule"], schema["$defs"]["clause"]
    assert set(rule["properties"]) == set(reader.RULE_FIELDS)
    assert set(clause["properties"]) == set(reader.CONDITION_FIELDS)
    assert set(rule["properties"]["type"]["enum"]) == set(RULE_TYPES)
    assert set(schema["$defs"]["keyField"]["enum"]) == set(reader.KEY_FIELDS)
    channels = schema["$defs"]["channel"]["oneOf"]
    fields = {c["properties"]["type"]["const"]: set(c["properties"]) for c in channels}
    assert fields == {kind: set(known) for kind, known in FIELDS.items()}
    assert set(fields) == set(CHANNEL_TYPES)


@pytest.mark.parametrize("kind", RULE_TYPES)
def test_the_schema_bars_what_a_type_does_not_know(kind):
    schema = json.loads(files("ingest.alerts").joinpath("rules.schema.json").read_text("utf-8"))
    barred = set()
    for part in schema["$defs"]["rule"]["allOf"]:
        asked = part.get("if", {}).get("properties", {}).get("type", {})
        if kind in (asked.get("const"), *asked.get("enum", ())):
            properties = part["then"].get("properties", {})
            barred |= {name for name, allowed in properties.items() if allowed is False}
    assert set(reader.RULE_FIELDS) - barred == set(reader.FIELDS_OF[kind])


NEW_ERRORS = [
    pytest.param("{id: a, type: change, key: [proposer]}", ".key", "does not fit", id="change-key"),
    pytest.param(
        "{id: a, type: change, realert: 2h}", ".realert", "no realert", id="change-realert"
    ),
    pytest.param("{id: a, type: digest, at: 7pm}", ".at", "no time of day", id="at"),
    pytest.param("{id: a, type: digest, tz: Minsk}", ".tz", "no time zone", id="tz"),
    pytest.param("{id: a, type: digest, top: 1.5}", ".top", "no whole number", id="top"),
    pytest.param("{id: a, type: spike, window: 5m}", ".window", "out of range", id="window"),
    pytest.param("{id: a, type: spike, baseline: 7h}", ".baseline", "does not fit", id="baseline"),
    pytest.param("{id: a, type: spike, ratio: 0.5}", ".ratio", "no number from 1", id="ratio"),
    pytest.param("{id: a, type: spike, count: articles}", ".count", "'articles'", id="count"),
    pytest.param("{id: a, type: flatline, of: nope}", ".of", "is no rule", id="of"),
    pytest.param("{id: a, type: flatline, key: [leader]}", ".key", "has no key", id="flat-leader"),
    pytest.param(
        "{id: a, type: match, query: x, realert: {every: 2h, exponential_max: 1h}}",
        ".realert.exponential_max",
        "is shorter",
        id="exponential",
    ),
    pytest.param(
        "{id: a, type: match, query: x, group_by: [status], realert: {every: 2h, escalate_on: status}}",
        ".realert.escalate_on",
        "makes a group of its own",
        id="escalate",
    ),
    pytest.param("{id: a, type: match, query: x, wait: 1s}", ".wait", "out of range", id="wait"),
]


@pytest.mark.parametrize(("rule", "path", "reason"), NEW_ERRORS)
def test_errors_of_periods_and_windows(rule, path, reason):
    with pytest.raises(SettingsError) as caught:
        rules_of(f"  - {rule}\n")
    assert caught.value.thing == f"rules.yaml:3: rules[0]{path}"
    assert reason in caught.value.reason


def test_every_type_has_its_defaults():
    rules = rules_of(
        "  - {id: c, type: change}\n  - {id: s, type: spike, window: 2h}\n"
        "  - {id: f, type: flatline}\n  - {id: o, type: flatline, of: c}\n"
        "  - {id: w, type: flatline, query: 'venue:minsk'}\n  - {id: d, type: digest}\n",
        timezone="Europe/Minsk",
    )
    change, spike, feeds, other, own, digest = rules.rules
    assert (change.key, change.watches) == (("venue", "proposer"), ("status",))
    assert (spike.key, spike.realert, spike.min_count) == (("venue",), timedelta(hours=2), 5)
    assert (feeds.of, other.of, own.of) == ("feeds", "c", "w")
    assert (digest.timezone, digest.at.hour, digest.top) == ("Europe/Minsk", 7, 20)
