"""`summitwatch alerts`: what was raised, and what rules would have raised."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.alerts.history import dry_run, restore
from ingest.alerts.render import alert_json, alert_lines
from ingest.alerts.rules import load_rules, read_rules
from ingest.cli.context import CALL, command, opened_store
from ingest.cli.output import counted, print_json, say, talk
from ingest.errors import UsageError
from ingest.model import Alert, RuleState
from ingest.store.port import Where

if TYPE_CHECKING:
    from ingest.alerts.rules import Rule, RuleSet

app = typer.Typer(no_args_is_help=True, help="Alerts raised, and rules tried on the past.")


def span_of(text: str) -> timedelta:
    """Read `36h`, `7d` or `4w`; raises UsageError."""
    match = re.fullmatch(r"(\d{1,5})([hdw])", text.strip())
    if not match or int(match[1]) == 0:
        raise UsageError("--since", f"{text!r} is no span of time", "write 36h, 7d or 4w")
    return timedelta(hours=int(match[1]) * {"h": 1, "d": 24, "w": 168}[match[2]])


@app.command("list")
@command
def list_alerts(
    rule: Annotated[str, typer.Option(help="Only alerts of this rule.")] = "",
    since: Annotated[str, typer.Option(help="How far back: 36h, 7d, 4w.")] = "30d",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The newest so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """List alerts, the newest first, and rules that are set aside."""
    settings = CALL.settings()
    rules = load_rules(settings)
    where = [Where("created_at", ">=", datetime.now(UTC) - span_of(since))]
    if rule:
        where.append(Where("rule_id", "=", rule))
    with opened_store(settings) as store:
        alerts = store.find(Alert, *where, order_by="-created_at", limit=limit)
        states = store.get_many(RuleState, [known.id for known in rules.rules])
    failing = [state for state in states.values() if state.failed_since]
    if as_json:
        print_json(
            {
                "alerts": [alert_json(alert, rules) for alert in alerts],
                "set_aside": [
                    {"rule": s.id, "since": s.failed_since, "error": s.error} for s in failing
                ],
            }
        )
        return
    for alert in alerts:
        print_alert(alert)
    for state in failing:
        talk(f"rule {state.id} is set aside since {state.failed_since}: {state.error}")
    if not alerts:
        talk("no alerts" if rules.rules else "no alerts: there are no rules (see docs/alerts.md)")


@app.command("test")
@command
def test_rules(
    rule: Annotated[str, typer.Argument(help="A rule's id; none: every rule.")] = "",
    rules_path: Annotated[
        Path | None, typer.Option("--rules", help="A file of rules; none: those in force.")
    ] = None,
    since: Annotated[str, typer.Option(help="How far back: 36h, 7d, 4w.")] = "30d",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Replay the past through rules and print what would have been raised; nothing is written."""
    settings = CALL.settings()
    rules = read_rules(rules_path, settings) if rules_path else load_rules(settings)
    if rule:
        rules = replace(rules, rules=(rule_named(rules, rule),))
    now = datetime.now(UTC)
    with opened_store(settings) as store:
        alerts = dry_run(store, rules, now - span_of(since), now)
    if as_json:
        print_json({"alerts": [alert_json(alert, rules) for alert in alerts]})
        return
    for alert in alerts:
        print_alert(alert)
    talk(f"{counted(len(alerts), 'alert')} in {since}; nothing was written or sent")


@app.command("enable")
@command
def enable(
    rule: Annotated[str, typer.Argument(help="The id of a rule that is set aside.")],
) -> None:
    """Take a rule that failed back into service; it sees first what it missed."""
    settings = CALL.settings()
    rules = load_rules(settings)
    wanted = rule_named(rules, rule)
    with opened_store(settings) as store:
        alerts = restore(store, rules, wanted, datetime.now(UTC))
        state = store.get(RuleState, wanted.id)
    if state is not None and state.failed_since:
        raise UsageError(
            f"rule {wanted.id}", f"breaks again: {state.error}", "mend it in the file of rules"
        )
    for alert in alerts:
        print_alert(alert)
    talk(f"rule {wanted.id} is in service; it had missed {counted(len(alerts), 'alert')}")


def rule_named(rules: RuleSet, rule_id: str) -> Rule:
    """Return the rule; raises UsageError naming those there are."""
    rule = rules.rule(rule_id)
    if rule is None:
        known = ", ".join(r.id for r in rules.rules) or "there are none"
        raise UsageError(f"rule {rule_id!r}", "is not in the rules", f"known: {known}")
    return rule


def print_alert(alert: Alert) -> None:
    """Print an alert on stdout."""
    for line in alert_lines(alert):
        say(line)
