"""`backup` and `restore`: a store as files, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.cli.context import CALL, command, opened_store
from ingest.cli.lookup import names_of, place_of
from ingest.cli.output import counted, print_json, say, talk
from ingest.cli.progress import progress_bars
from ingest.cli.searches import JsonOption
from ingest.pipeline.services import utc_now
from ingest.store import open_store
from ingest.store.backup import Manifest, back_up
from ingest.store.backup import restore as restore_backup

FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The backup's folder.")]


@command
def backup(folder: FolderArgument, as_json: JsonOption = False) -> None:
    """Write the store into a folder, and read it back; ingest may go on.

    Feeds with their states, entries, articles, alerts with their history, rules, overlay and
    corrections with every revision. Raw pages stay in the archive, which is to be saved by itself.
    Run it again into the same folder if it was cut off.
    """
    settings = CALL.settings()
    with opened_store(settings) as store, progress_bars() as progress:
        manifest = back_up(
            store,
            folder,
            now=utc_now(),
            archive=settings.archive.url,
            progress=lambda kind, done: progress(kind, done, done),
        )
    _show(manifest, as_json=as_json)
    if not as_json:
        talk(f"raw pages are not in it: save {settings.archive.url}, too")


@command
def restore(
    folder: FolderArgument,
    target: Annotated[str, typer.Option("--to", help="The empty store to fill.")],
    as_json: JsonOption = False,
) -> None:
    """Fill an empty store from a backup, and compare counts and checksums.

    Everything is as it was then; alerts that waited to be delivered are delivered by the next run.
    Run it again if it was cut off.
    """
    prefix = CALL.settings(store=target).prefix
    with (
        open_store(target, prefix, locate=place_of, names=names_of) as store,
        progress_bars() as progress,
    ):
        manifest = restore_backup(
            folder,
            store,
            clock=utc_now,
            progress=lambda kind, done: progress(kind, done, done),
        )
    _show(manifest, as_json=as_json)
    if not as_json:
        talk(f"its raw pages lie in {manifest.archive}: set archive.url to where they are now")


def _show(manifest: Manifest, *, as_json: bool) -> None:
    kinds = {name: kind.records for name, kind in manifest.kinds.items()}
    if as_json:
        print_json(
            {
                "id": manifest.id,
                "made_at": manifest.made_at,
                "source": manifest.source,
                "archive": manifest.archive,
                "records": kinds,
            }
        )
        return
    for name, count in kinds.items():
        if count:
            say(f"{name}: {count:,}")
    say(f"{counted(manifest.records, 'record')}, counts and checksums are equal")
