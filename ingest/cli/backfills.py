"""`backfill`: the archive read into the store again."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.context import CALL, command, opened_store
from ingest.cli.output import counted, print_json, say, talk
from ingest.cli.searches import JsonOption
from ingest.errors import UsageError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from ingest.settings import Settings
    from ingest.store.port import Store


@command
def backfill(
    since: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")] = "",
    until: Annotated[str, typer.Option("--to", help="Last day, included.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Read days of the archive into the store: entries end done at once, no alert is raised.

    Without dates every day that the archive has. What is there already is read again, never twice.
    """
    from ingest.archive import Archive  # noqa: PLC0415  other commands start without it

    first = _day("--from", since) if since else date.min
    last = _day("--to", until) if until else date.max
    if last < first:
        raise UsageError("--to", f"{until} is before {since}", "name the earlier date as --from")
    settings = CALL.settings()
    days = [day for day in Archive(settings.archive.url).days() if first <= day <= last]
    if not days:
        talk(f"the archive at {settings.archive.url} has no such day")
    with opened_store(settings, create=True) as store:
        counters = asyncio.run(_days(settings, store, days))
    if as_json:
        print_json({"days": len(days), "counters": dict(sorted(counters.items()))})
        return
    say(
        f"{counted(len(days), 'day')}, {counted(counters['documents'], 'feed document')}:"
        f" {counted(counters['articles_new'], 'new article')},"
        f" {counters['articles_updated']} read again"
    )


async def _days(settings: Settings, store: Store, days: Sequence[date]) -> Counter[str]:
    from ingest.alerts.rulebook import rules_in_force  # noqa: PLC0415  as above
    from ingest.pipeline.backfill import backfill_day  # noqa: PLC0415
    from ingest.pipeline.opening import open_services  # noqa: PLC0415

    rules = rules_in_force(store, settings)
    async with open_services(settings, store) as services:
        for done, day in enumerate(days, 1):
            await backfill_day(services, rules, day)
            talk(f"{day}: {done} of {counted(len(days), 'day')}")
        return services.counters


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise UsageError(option, f"{text!r} is no date", "write YYYY-MM-DD") from exc
