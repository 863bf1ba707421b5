"""`copy`: one store into another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.context import CALL, ERROR, command
from ingest.cli.lookup import names_of, place_of
from ingest.cli.output import print_json, say, talk
from ingest.cli.searches import JsonOption
from ingest.errors import UsageError
from ingest.store import open_store
from ingest.store.copying import copy_store

if TYPE_CHECKING:
    from ingest.store.copying import Copied


@command
def copy(
    source: Annotated[str, typer.Option("--from", help="The store to read.")],
    target: Annotated[str, typer.Option("--to", help="The store to fill.")],
    as_json: JsonOption = False,
) -> None:
    """Copy everything from one store to another; run it again if it was cut off.

    Stores are sqlite:///path or http(s)://host:9200. Counts and checksums are compared at the end.
    Nothing copied raises an alert. Stop ingest on both meanwhile.
    """
    if source == target:
        raise UsageError("--to", "names the same store as --from", "name another one")
    prefix = CALL.settings().prefix
    with (
        open_store(source, prefix, create=False) as old,
        open_store(target, prefix, locate=place_of, names=names_of) as new,
    ):
        done = copy_store(old, new)
    if as_json:
        print_json({name: _json(copied) for name, copied in done.items()})
    else:
        for name, copied in done.items():
            say(f"{name}: {copied.read:,} read, {copied.written:,} written")
        say("counts and checksums are equal")
    _remarks(done)
    if any(copied.refused for copied in done.values()):
        raise typer.Exit(ERROR)


def _remarks(done: dict[str, Copied]) -> None:
    unseen = sum(copied.unseen for copied in done.values())
    left = done["delivery"].left if "delivery" in done else 0
    if unseen:
        talk(f"{unseen:,} entries that the alert rules had not seen will raise no alert there")
    if left:
        talk(f"{left:,} undelivered alerts stay with the source: summitwatch alerts retry")
    for copied in done.values():
        for record_id, reason in copied.refused:
            talk(f"not copied: {record_id}: {reason}", style="red")


def _json(copied: Copied) -> dict[str, object]:
    return {
        "read": copied.read,
        "written": copied.written,
        "left": copied.left,
        "unseen": copied.unseen,
        "refused": [{"id": record_id, "reason": reason} for record_id, reason in copied.refused],
    }
