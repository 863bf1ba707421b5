"""`forget`: a page or a publisher, taken out for good."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ingest.archive import Archive
from ingest.cli.context import CALL, command, opened_store
from ingest.cli.output import counted, print_json, say, talk
from ingest.cli.progress import progress_bars
from ingest.cli.searches import JsonOption
from ingest.errors import UsageError
from ingest.leases import lease
from ingest.pipeline.forget import Target, find_page, find_source
from ingest.pipeline.forget import forget as take_out
from ingest.pipeline.services import utc_now


@command
def forget(
    url: Annotated[str, typer.Argument(metavar="[URL]", help="Any address of the page.")] = "",
    source: Annotated[str, typer.Option(help="All of a publisher, by its host.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take a page or a publisher out of store, alerts and archive; it is not fetched again.

    There is no way back, but for a backup.
    """
    if bool(url) == bool(source):
        raise UsageError("forget", "name a URL or --source HOST", "see summitwatch forget --help")
    settings = CALL.settings()
    with opened_store(settings) as store, lease(store, "poll", clock=utc_now) as held:
        target = find_source(store, source) if source else find_page(store, url)
        if not yes:
            _ask(target, source or url)
        archive = Archive(settings.archive.url)

        with progress_bars() as progress:

            def report(what: str, done: int, total: int) -> None:
                held.renew()
                progress(what, done, total)

            gone = take_out(store, archive, target, utc_now(), report)
    if as_json:
        print_json({"forgotten": source or url, "gone": dict(gone)})
        return
    shown = ", ".join(f"{count:,} {what}" for what, count in gone.items() if count)
    say(f"forgotten: {source or url}; gone: {shown or 'nothing was stored of it'}")


def _ask(target: Target, name: str) -> None:
    talk(
        f"{name}: {counted(len(target.articles), 'article')},"
        f" {counted(len(target.entries), 'entry', 'entries')}, {counted(len(target.feeds), 'feed')}"
        " and the raw pages; there is no way back"
    )
    if not sys.stdin.isatty():
        raise UsageError("forget", "nobody is there to be asked", "add --yes")
    if not typer.confirm("Forget it?", err=True):
        raise typer.Exit(1)
