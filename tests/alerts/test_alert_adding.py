"""A rule is added to the file's end; what stands there stays as it is."""

from __future__ import annotations

import pytest
from alerts.newsdesk import Names
from hypothesis import given
from hypothesis import strategies as st

from ingest.alerts.adding import rule_text, with_rule
from ingest.alerts.rules import parse_rules
from ingest.errors import SettingsError


def parse(text):
    return parse_rules(text, "rules.yaml", names=Names())


RULE = rule_text("b", "new", 'venue:minsk "peace talks"', ["proposer", "venue"], ["file"])
OLD = "{id: a, type: new, key: venue}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="no-file"),
        pytest.param("version: 1\n", id="no-list"),
        pytest.param("version: 1\nrules: []\n", id="empty-list"),
        pytest.param("version: 1\nrules:  # none yet\n", id="nothing"),
        pytest.param(f"version: 1\nrules:\n  - {OLD}\n", id="indented"),
        pytest.param(f"version: 1\nrules:\n- {OLD}", id="not-indented"),
        pytest.param(f"# ours\nversion: 1\nrules:\n    - {OLD}  # old\n\n\n", id="comments"),
        pytest.param(
            f"version: 1\nchannels: {{d: {{type: file}}}}\nrules:\n  - {OLD}\n", id="channels"
        ),
    ],
)
def test_a_rule_is_added(text):
    longer = with_rule(text, "rules.yaml", RULE, parse)
    before, after = parse(text).rules, parse(longer).rules
    assert after[:-1] == before
    assert (after[-1].id, after[-1].type, after[-1].key) == ("b", "new", ("proposer", "venue"))
    assert after[-1].to == ("file",)
    assert all(line in longer for line in text.splitlines() if "rules:" not in line)


@pytest.mark.parametrize(
    ("text", "rule", "reason"),
    [
        pytest.param(f"version: 1\nrules: [{OLD}]\n", RULE, "cannot be added to", id="in-a-row"),
        pytest.param(
            f"version: 1\nrules:\n  - {OLD}\nchannels: {{}}\n",
            RULE,
            "cannot be added to",
            id="not-last",
        ),
        pytest.param(
            f"version: 1\nrules:\n  - {OLD.replace('a', 'b', 1)}\n".replace("id: a", "id: b"),
            RULE,
            "stands twice",
            id="id-taken",
        ),
        pytest.param("", rule_text("b", "mach", "x"), "'mach' is not known", id="type"),
        pytest.param("", rule_text("b", "match", "venue:nowhere"), "is no place", id="query"),
        pytest.param("version: 2", RULE, "'2' is not known", id="file"),
    ],
)
def test_what_cannot_be_added(text, rule, reason):
    with pytest.raises(SettingsError) as caught:
        with_rule(text, "rules.yaml", rule, parse)
    assert reason in caught.value.reason


@given(st.text(max_size=30))
def test_whatever_is_typed_stays_one_value(text):
    rule = rule_text(text, "match", text, [text], [text])
    try:
        longer = with_rule("", "rules.yaml", rule, parse)
    except SettingsError:
        return
    assert len(parse(longer).rules) == 1
