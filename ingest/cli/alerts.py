"""`summitwatch alerts`: what was raised, and what rules would have raised."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.alerts.adding import rule_text, with_rule
from ingest.alerts.history import restore
from ingest.alerts.render import alert_json, alert_lines
from ingest.alerts.rulebook import choose, parse, publish, rules_in_force, take_rules
from ingest.alerts.rules import read_file
from ingest.alerts.trying import dry_run
from ingest.cli import explaining, silencing
from ingest.cli.context import CALL, command, opened_store
from ingest.cli.lookup import one_record, since_of
from ingest.cli.output import counted, print_json, say, talk
from ingest.cli.overlays import author
from ingest.cli.rules import AuthorOption
from ingest.desk import latest
from ingest.errors import ConflictError, UsageError
from ingest.model import Alert, Delivery, RuleState
from ingest.pipeline.services import utc_now
from ingest.store.port import Where

if TYPE_CHECKING:
    from ingest.alerts.ruleset import Rule, RuleSet

ADD_DAYS = 30
EXAMPLES = 3
ALERT_STATES = ("open", "acked", "disputed", "silenced", "withdrawn")

app = typer.Typer(no_args_is_help=True, help="Alerts raised, and rules tried on the past.")
app.command("explain")(explaining.explain)
app.command("silence")(silencing.silence)
app.command("unsilence")(silencing.unsilence)


@app.command("list")
@command
def list_alerts(
    rule: Annotated[str, typer.Option(help="Only alerts of this rule.")] = "",
    state: Annotated[
        str, typer.Option(help="open, acked, disputed, silenced or withdrawn; none: all.")
    ] = "",
    since: Annotated[str, typer.Option(help="How far back: 36h, 7d, 4w, or a date.")] = "30d",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The newest so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """List alerts, the newest first; rules that are set aside; silences in force."""
    settings = CALL.settings()
    now = utc_now()
    where = [Where("created_at", ">=", since_of(since, settings, now))]
    if rule:
        where.append(Where("rule_id", "=", rule))
    if state and state not in ALERT_STATES:
        raise UsageError("--state", f"{state!r} is none", f"one of {', '.join(ALERT_STATES)}")
    if state:
        where.append(Where("state", "=", state))
    with opened_store(settings) as store:
        rules = rules_in_force(store, settings)
        alerts = store.find(Alert, *where, order_by="-created_at", limit=limit)
        if rule and not store.find(Alert, Where("rule_id", "=", rule), limit=1):
            rule_named(rules, rule)  # alerts of a rule that was taken out are still listed
        states = store.get_many(RuleState, [known.id for known in rules.rules])
        silences = silencing.in_force(store, now, rule)
    failing = [found for found in states.values() if found.failed_since]
    if as_json:
        print_json(
            {
                "alerts": [alert_json(alert, rules) for alert in alerts],
                "set_aside": [
                    {"rule": s.id, "since": s.failed_since, "error": s.error} for s in failing
                ],
                "silences": [silencing.silence_json(silence) for silence in silences],
            }
        )
        return
    for alert in alerts:
        print_alert(alert)
    for found in failing:
        talk(f"rule {found.id} is set aside since {found.failed_since}: {found.error}")
    for silence in silences:
        talk(silencing.silence_line(silence))
    if not alerts:
        talk("no alerts" if rules.rules else "no alerts: there are no rules (see docs/alerts.md)")


@app.command("test")
@command
def test_rules(
    rule: Annotated[str, typer.Argument(help="A rule's id; none: every rule.")] = "",
    rules_path: Annotated[
        Path | None, typer.Option("--rules", help="A file of rules; none: those in force.")
    ] = None,
    since: Annotated[str, typer.Option(help="How far back: 36h, 7d, 4w, or a date.")] = "30d",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Replay the past through rules and print what would have been raised; nothing is written."""
    settings = CALL.settings()
    now = utc_now()
    start = since_of(since, settings, now)
    text = read_file(rules_path) if rules_path else ""
    with opened_store(settings) as store:
        rules = (
            parse(store, settings, text, str(rules_path))
            if rules_path
            else rules_in_force(store, settings)
        )
        only = rule_named(rules, rule).id if rule else ""
        alerts = dry_run(store, rules, start, now, only)
    if as_json:
        print_json({"alerts": [alert_json(alert, rules) for alert in alerts]})
        return
    for alert in alerts:
        print_alert(alert)
    talk(
        f"{counted(len(alerts), 'alert')} since {start:%Y-%m-%d %H:%M}Z; nothing was written or sent"
    )


@app.command("enable")
@command
def enable(
    rule: Annotated[str, typer.Argument(help="The id of a rule that is set aside.")],
) -> None:
    """Take a rule that failed back into service; it sees first what it missed."""
    settings = CALL.settings()
    with opened_store(settings) as store:
        rules = take_rules(store, settings, utc_now())
        wanted = rule_named(rules, rule)
        alerts = restore(store, rules, wanted, utc_now())
        state = store.get(RuleState, wanted.id)
    if state is not None and state.failed_since:
        raise UsageError(f"rule {wanted.id}", f"breaks again: {state.error}", "mend the rule")
    for alert in alerts:
        print_alert(alert)
    talk(f"rule {wanted.id} is in service; it had missed {counted(len(alerts), 'alert')}")


@app.command("add")
@command
def add(
    name: Annotated[str, typer.Argument(help="The rule's id: a-z, 0-9, - and _.")],
    query: Annotated[str, typer.Argument(help="What it waits for, as in `search`.")],
    kind: Annotated[
        str, typer.Option("--type", help="match, new, change, spike, flatline or digest.")
    ] = "match",
    group_by: Annotated[str, typer.Option(help="Fields, such as proposer,venue.")] = "",
    to: Annotated[str, typer.Option(help="Channels, such as desk,stdout.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    by: AuthorOption = "",
) -> None:
    """Write a rule: show what it would have raised in 30 days, ask, and put it in force."""
    settings = CALL.settings()
    rule = rule_text(name, kind, query, _names(group_by), _names(to))
    now = utc_now()
    with opened_store(settings) as store:
        chosen = choose(store, settings)
        longer = with_rule(
            chosen.text,
            chosen.source if chosen.text else "the rules",
            rule,
            lambda text: parse(
                store, settings, text, chosen.source if chosen.text else "the rules"
            ),
        )
        rules = parse(store, settings, longer, chosen.source)
        found = dry_run(store, rules, now - timedelta(days=ADD_DAYS), now, name)
        talk(
            f"{name} would have raised {counted(len(found), 'alert')} in {ADD_DAYS} days,"
            f" {len(found) / ADD_DAYS:.1f} a day"
        )
        for alert in found[-EXAMPLES:]:
            print_alert(alert)
        if len(found) > EXAMPLES:
            talk(f"and {len(found) - EXAMPLES:,} more")
        if not yes and not typer.confirm("Put it in force?", err=True):
            talk("nothing was written")
            return
        take_rules(store, settings, now)  # a file that waits becomes a revision of its own first
        newest = latest(store, "rules")
        if newest is not None and newest.body != chosen.text:
            raise ConflictError("rules", "were changed meanwhile", "run it again")
        made = publish(
            store,
            settings,
            longer,
            author=author(by),
            now=now,
            note=f"{name} added",
            after=newest.number if newest else 0,
            follow=True,
        )
    talk(f"{name} is in force: rules revision {made.number}")


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@app.command("ack")
@command
def acknowledge(
    alert: Annotated[str, typer.Argument(help="An alert's id, or its beginning.")],
) -> None:
    """Note that somebody has seen to an alert."""
    with opened_store() as store:
        while (found := one_record(store, Alert, alert, "alert")).state == "open":
            store.put([replace(found, state="acked")])  # lost to another writer: read it again
    print_alert(found)


@app.command("retry")
@command
def retry(
    alert: Annotated[str, typer.Argument(help="An alert's id; none: every dead delivery.")] = "",
) -> None:
    """Put dead deliveries back into the outbox; the next run sends them."""
    with opened_store() as store:
        where = [Where("state", "=", "dead")]
        if alert:
            where.append(Where("alert_id", "=", one_record(store, Alert, alert, "alert").id))
        rows = [
            replace(row, state="pending", tries=0, next_try_at=None)
            for row in store.find(Delivery, *where)
        ]
        revived = sum(row is not None for row in store.put(rows))
    talk(f"{counted(revived, 'delivery', 'deliveries')} back in the outbox")


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
