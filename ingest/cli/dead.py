"""`dead list|replay`: the dead letters."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Annotated

import typer
from rich.text import Text

from ingest.cli.context import command, opened_store
from ingest.cli.lookup import one_record
from ingest.cli.output import clean, console, counted, iso, print_json, say, talk
from ingest.cli.searches import SHORT_ID, JsonOption
from ingest.errors import UsageError
from ingest.model import Entry, EntryState
from ingest.store.port import Where

app = typer.Typer(help="Entries that could not become articles.", no_args_is_help=True)

DEAD = Where("state", "=", EntryState.DEAD)


def dead_code(entry: Entry) -> str:
    """The stable code that a dead entry's reason begins with."""
    return entry.reason.partition(":")[0]


@app.command("list")
@command
def list_dead(
    limit: Annotated[int, typer.Option(help="Entries shown, the newest first.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List dead entries with their reasons."""
    with opened_store() as store:
        entries = store.find(Entry, DEAD, order_by="-changed_at", limit=limit)
        total = store.count(Entry, DEAD)
    if as_json:
        print_json(
            {
                "total": total,
                "dead": [
                    {
                        "id": entry.id,
                        "url": entry.url,
                        "title": entry.title,
                        "reason": entry.reason,
                        "since": iso(entry.changed_at),
                        "archive_ref": entry.archive_ref,
                    }
                    for entry in entries
                ],
            }
        )
        return
    for entry in entries:
        console().print(Text(f"{entry.id[:SHORT_ID]}  {clean(entry.reason)}", style="red"))
        say(f"  {entry.title}  {entry.url}")
    kinds = Counter(dead_code(entry) for entry in entries)
    said = ", ".join(f"{code} {count}" for code, count in kinds.most_common())
    say(counted(total, "dead entry", "dead entries") + (f": {said}" if said else ""))


@app.command()
@command
def replay(
    entry_id: Annotated[str, typer.Argument(metavar="[ID]", help="A unique prefix.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every dead entry.")] = False,
) -> None:
    """Queue dead entries again: from the archive where their page is kept, else fetched anew."""
    if bool(entry_id) == everything:
        raise UsageError("dead replay", "name one id or --all", "see `summitwatch dead list`")
    with opened_store() as store:
        if everything:
            entries = store.find(Entry, DEAD)
        else:
            entry = one_record(store, Entry, entry_id, "entry")
            if entry.state is not EntryState.DEAD:
                raise UsageError(entry_id, f"is {entry.state}, not dead", "nothing to replay")
            entries = [entry]
        written = store.put([_again(entry) for entry in entries])
    done = sum(1 for entry in written if entry is not None)
    say(f"{counted(done, 'entry', 'entries')} queued again; the next `summitwatch run` takes them")
    if done < len(entries):
        talk(f"{len(entries) - done} were moved on by another run meanwhile")


def _again(entry: Entry) -> Entry:
    state = EntryState.FETCHED if entry.archive_ref else EntryState.NEW
    return replace(entry, state=state, after=EntryState.DONE, tries=0, next_try_at=None, reason="")
