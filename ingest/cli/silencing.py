"""`summitwatch alerts silence`, `unsilence`: rules whose alerts are not sent for a while."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest import ids
from ingest.alerts.rulebook import rules_in_force
from ingest.cli.context import CALL, command, opened_store
from ingest.cli.lookup import gazetteer
from ingest.cli.output import clean, counted, iso, talk
from ingest.cli.overlays import author
from ingest.cli.rules import AuthorOption
from ingest.errors import UsageError
from ingest.model import AlertGroup, Silence
from ingest.pipeline.services import utc_now
from ingest.store.port import Where

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.store.port import Store

MAX_SPAN = timedelta(days=365)
_SPAN = re.compile(r"(\d{1,4})([mhdw])")
_UNIT = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

KeyOption = Annotated[
    list[str] | None,
    typer.Option("--key", help="Only groups with this value, such as minsk or proposed."),
]


@command
def silence(
    rule: Annotated[str, typer.Argument(help="The rule's id.")],
    span: Annotated[str, typer.Option("--for", help="How long: 30m, 2h, 3d, 1w.")],
    key: KeyOption = None,
    reason: Annotated[str, typer.Option(help="Why, for those who wonder.")] = "",
    by: AuthorOption = "",
) -> None:
    """Send no alerts of a rule for a while; they are made and listed all the same."""
    settings = CALL.settings()
    now, lasting = utc_now(), span_of(span)
    with opened_store(settings) as store:
        rules = rules_in_force(store, settings)
        if rules.rule(rule) is None:
            known = ", ".join(r.id for r in rules.rules) or "there are none"
            raise UsageError(f"rule {rule!r}", "is not in the rules", f"known: {known}")
        values = tuple(sorted({_value(store, rule, text) for text in key or ()}))
        made = Silence(
            id=ids.sha256("silence", rule, *values, now.isoformat()),
            rule_id=rule,
            created_at=now,
            until=now + lasting,
            author=author(by),
            key=values,
            reason=reason.strip()[:500],
        )
        store.put([made])
    talk(silence_line(made))


@command
def unsilence(
    rule: Annotated[str, typer.Argument(help="The rule's id.")],
    key: KeyOption = None,
) -> None:
    """End a rule's silences, or those of one group, now."""
    now = utc_now()
    with opened_store() as store:
        values = {_value(store, rule, text) for text in key or ()}
        found = [s for s in in_force(store, now, rule) if not key or set(s.key) == values]
        ended = [done for done in store.put([replace(s, until=now) for s in found]) if done]
    talk(f"{counted(len(ended), 'silence')} of {clean(rule)} ended")


def in_force(store: Store, now: datetime, rule: str = "") -> list[Silence]:
    """Return the silences that hold now, those that end first first."""
    where = (Where("rule_id", "=", rule),) if rule else ()
    found = [one for one in store.find(Silence, *where) if one.created_at <= now < one.until]
    return sorted(found, key=lambda one: (one.until, one.id))


def silence_line(found: Silence) -> str:
    """Say what is silent, until when, by whom and why."""
    group = f" [{', '.join(map(clean, found.key))}]" if found.key else ""
    why = f": {clean(found.reason)}" if found.reason else ""
    return (
        f"{found.rule_id}{group} is silent until {found.until:%Y-%m-%d %H:%M}Z"
        f" by {clean(found.author)}{why}"
    )


def silence_json(found: Silence) -> dict[str, Any]:
    """Return the silence as JSON has it."""
    return {
        "id": found.id,
        "rule": found.rule_id,
        "key": list(found.key),
        "created": iso(found.created_at),
        "until": iso(found.until),
        "author": found.author,
        "reason": found.reason,
    }


def span_of(text: str) -> timedelta:
    """Read `30m`, `2h`, `3d` or `1w`; raises UsageError."""
    found = _SPAN.fullmatch(text.strip())
    span = timedelta(**{_UNIT[found[2]]: int(found[1])}) if found else timedelta()
    if not timedelta() < span <= MAX_SPAN:
        raise UsageError("--for", f"{text!r} is no duration", "write 30m, 2h, 3d or 1w")
    return span


def _value(store: Store, rule: str, text: str) -> str:
    """Find the value of a group's key that a person means: as lists show it, an id, or a name."""
    known = {
        value
        for group in store.find(AlertGroup, Where("rule_id", "=", rule))
        for value in group.key
    }
    wanted = text.strip()
    for value in sorted(known):
        if wanted in (value, value.partition(":")[2]):
            return value
    named = gazetteer().resolve("any", wanted)
    if len(named) == 1:
        return named[0]
    if len(named) > 1:
        raise UsageError("--key", f"{text!r} may be {', '.join(named[:5])}", "write one of them")
    if ":" in wanted or wanted in STANDINGS:
        return wanted
    shown = ", ".join(sorted(known)[:10]) or "it has raised nothing yet"
    raise UsageError("--key", f"no group of {rule} has the value {text!r}", f"known: {shown}")


STANDINGS = ("proposed", "agreed", "rejected", "hosted", "government", "location")
