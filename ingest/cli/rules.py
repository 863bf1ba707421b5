"""`summitwatch rules`: the alert rules in the store, their revisions, and files of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest import desk
from ingest.alerts.rulebook import choose, parse, publish, rules_in_force
from ingest.alerts.rules import read_file
from ingest.cli.context import CALL, command, opened_store
from ingest.cli.output import clean, counted, print_json, say, talk
from ingest.cli.overlays import NoteOption, author, write_text
from ingest.cli.searches import JsonOption
from ingest.errors import UsageError
from ingest.pipeline.services import utc_now

if TYPE_CHECKING:
    from ingest.alerts.ruleset import RuleSet

AuthorOption = Annotated[
    str,
    typer.Option("--author", envvar="SUMMITWATCH_AUTHOR", help="Who does it; the user's name."),
]
RevisionOption = Annotated[int, typer.Option(min=0, help="Its number; 0: the one in force.")]

app = typer.Typer(no_args_is_help=True, help="Alert rules in the store, as numbered revisions.")


@app.command("apply")
@command
def apply(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A file of rules.")],
    by: AuthorOption = "",
    note: NoteOption = "",
) -> None:
    """Put the rules of a file in force: they become the store's next revision."""
    settings = CALL.settings()
    text = read_file(path)
    if not text.strip():
        raise UsageError(str(path), "is empty", "to have no rules, write: version: 1")
    with opened_store(settings, create=True) as store:
        newest = desk.latest(store, "rules")
        before = rules_in_force(store, settings) if newest else None
        made = publish(
            store,
            settings,
            text,
            author=author(by),
            now=utc_now(),
            note=note or f"applied from {path}",
            after=newest.number if newest else 0,
            source=str(path),
        )
        after = rules_in_force(store, settings)
    if newest is not None and made.number == newest.number:
        say(f"rules revision {made.number} is in force and says the same")
        return
    say(f"rules revision {made.number} is in force: {counted(len(after.rules), 'rule')}")
    for line in _differences(before, after):
        talk(line)


def _differences(before: RuleSet | None, after: RuleSet) -> list[str]:
    was = {rule.id: rule.version for rule in before.rules} if before else {}
    now = {rule.id: rule.version for rule in after.rules}
    changed = [rule for rule in now if rule in was and now[rule] != was[rule]]
    told = (
        ("added", [rule for rule in now if rule not in was]),
        ("changed", changed),
        ("removed", [rule for rule in was if rule not in now]),
    )
    return [f"{what}: {', '.join(ids)}" for what, ids in told if ids]


@app.command("export")
@command
def export(
    path: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to; none: stdout.")
    ] = None,
    revision: RevisionOption = 0,
) -> None:
    """Write a revision as the file that `rules apply` reads."""
    settings = CALL.settings()
    with opened_store(settings) as store:
        text = (
            desk.numbered(store, "rules", revision).body
            if revision
            else choose(store, settings).text
        )
    write_text(text, path)


@app.command("show")
@command
def show(revision: RevisionOption = 0, as_json: JsonOption = False) -> None:
    """List the rules in force, or of a revision."""
    settings = CALL.settings()
    with opened_store(settings) as store:
        rules = (
            parse(
                store,
                settings,
                desk.numbered(store, "rules", revision).body,
                f"rules revision {revision}",
            )
            if revision
            else rules_in_force(store, settings)
        )
    number = revision or rules.number
    if as_json:
        print_json(
            {
                "revision": number,
                "rules": [
                    {"id": r.id, "type": r.type, "version": r.version, "to": list(r.to)}
                    for r in rules.rules
                ],
                "channels": {name: one.type for name, one in rules.channels.items()},
            }
        )
        return
    for rule in rules.rules:
        key = f" by {', '.join(rule.key)}" if rule.key else ""
        say(f"{rule.id}: {rule.type}{key} to {', '.join(rule.to)}")
    where = f"rules revision {number}" if number else rules.source or "there are no rules"
    talk(f"{counted(len(rules.rules), 'rule')}: {where}")


@app.command("history")
@command
def history(as_json: JsonOption = False) -> None:
    """List the revisions, the newest first: who made them, when and why."""
    with opened_store() as store:
        found = desk.history(store, "rules")
    if as_json:
        print_json(
            [
                {"revision": one.number, "author": one.author, "at": one.at, "note": one.note}
                for one in found
            ]
        )
        return
    for one in found:
        note = f": {clean(one.note)}" if one.note else ""
        say(f"{one.number} {one.at:%Y-%m-%d %H:%M}Z {clean(one.author)}{note}")
    if not found:
        talk("no revision yet; publish one with: summitwatch rules apply FILE")
