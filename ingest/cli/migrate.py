"""`migrate`: the store to this program's version, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.context import CALL, command
from ingest.cli.output import counted, print_json, say, talk
from ingest.cli.progress import progress_bars
from ingest.cli.searches import JsonOption
from ingest.errors import UsageError
from ingest.pipeline.services import utc_now
from ingest.store import open_migration

if TYPE_CHECKING:
    from ingest.store.migrating import Plan, Report

MIB = 2**20


@command
def migrate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Back to the version before; kept for a week.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the store to this program's version while searches go on.

    Run it again if it was cut off: it goes on where it was. Writers wait for some seconds at the
    end. The former index or file is kept for `retention.old_index_days`.
    """
    if dry_run and rollback:
        raise UsageError("--dry-run", "cannot be joined with --rollback", "name one of them")
    settings = CALL.settings()
    with open_migration(settings.store, settings.prefix, clock=utc_now) as migration:
        if dry_run:
            _show_plan(migration.plan(), as_json=as_json)
            return
        with progress_bars() as progress:
            act = migration.rollback if rollback else migration.migrate
            report = act(progress)
    _show_report(report, as_json=as_json, kept_days=settings.retention.old_index_days)


def _show_plan(plan: Plan, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "store": plan.store,
                "parts": [
                    {
                        "name": part.name,
                        "now": part.now,
                        "wanted": part.wanted,
                        "documents": part.documents,
                        "bytes": part.size_bytes,
                    }
                    for part in plan.parts
                ],
                "needed_bytes": plan.needed_bytes,
                "free_bytes": plan.free_bytes,
                "underway": plan.underway,
                "kept": list(plan.kept),
            }
        )
        return
    for part in plan.parts:
        say(
            f"{part.name}: version {part.now} to {part.wanted},"
            f" {counted(part.documents, 'document')}, {part.size_bytes / MIB:,.1f} MiB"
        )
    if plan.parts:
        say(
            f"needs {plan.needed_bytes / MIB:,.1f} MiB, {plan.free_bytes / MIB:,.0f} MiB are free;"
            " nothing was changed"
        )
    else:
        say("up to date: nothing to do")
    if plan.underway:
        say("one was begun and not ended: `summitwatch migrate` goes on there")
    if plan.kept:
        say(f"kept for --rollback: {', '.join(plan.kept)}")


def _show_report(report: Report, *, as_json: bool, kept_days: int) -> None:
    if as_json:
        print_json(
            {
                "parts": list(report.parts),
                "documents": report.documents,
                "closed_s": round(report.closed_s, 3),
                "kept": list(report.kept),
                "note": report.note,
            }
        )
        return
    if not report.parts:
        say("up to date: nothing to do")
        return
    say(
        f"{', '.join(report.parts)}: {counted(report.documents, 'document')} copied,"
        f" closed for writing {report.closed_s:.1f} s"
    )
    if report.kept:
        say(f"kept for {counted(kept_days, 'day')}: {', '.join(report.kept)}")
    if report.note:
        talk(report.note)
