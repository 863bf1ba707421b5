"""The packaged rules and those in the docs, read with the real gazetteer."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from alerts.newsdesk import DAY0, Say, make_article, offer, store_article

from ingest.alerts.evaluate import evaluate
from ingest.alerts.rules import parse_rules
from ingest.errors import SettingsError
from ingest.tag.gazetteer import Gazetteer

DOCS = Path(__file__).parents[2] / "docs" / "alerts.md"


@pytest.fixture(scope="module")
def names():
    return Gazetteer.load()


def test_the_examples_are_twelve_and_raise_what_they_are_for(names, store):
    text = files("ingest.alerts").joinpath("examples.yaml").read_text("utf-8")
    rules = parse_rules(text, "examples.yaml", names=names)
    assert len(rules.rules) == 12
    assert all(rule.to == ("stdout", "file") for rule in rules.rules)
    article = make_article(
        offer(parties=("RU", "UA")),
        Say("The trilateral summit, farmers hope, will be short."),
        offer("Zelensky will not go to Moscow.", "Zelensky", status="rejected"),
    )
    evaluate(store, rules, None, DAY0)
    store_article(store, article)
    report = evaluate(store, rules, None, DAY0)
    assert report.failed_rules == {}
    assert {alert.rule_id for alert in report.alerts} >= {
        "new-offer",
        "new-venue",
        "standing",
        "lukashenko-venues",
        "refused",
        "belarus-speaks",
        "russia-ukraine",
        "summit-words",
    }


def test_rules_in_the_docs_are_read(names):
    found = [
        block
        for block in re.findall(r"```yaml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
        if "version: 1" in block
    ]
    assert found
    for block in found:
        assert parse_rules(block, "docs", names=names).rules


def test_a_misspelt_name_is_answered_with_a_near_one(names):
    with pytest.raises(SettingsError) as caught:
        parse_rules(
            "version: 1\nrules:\n  - {id: a, type: match, when: {leader: alexander lukashenkoo}}\n",
            "rules.yaml",
            names=names,
        )
    assert "'alexander lukashenkoo' is no leader that is known" in caught.value.reason
    assert "Lukashenko" in caught.value.way_out
