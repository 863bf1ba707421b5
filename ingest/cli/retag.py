"""`summitwatch retag`: read stored articles again after an edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.context import CALL, command, opened_store
from ingest.cli.lookup import one_article, since_of
from ingest.cli.output import clean, counted, print_json, say
from ingest.cli.progress import progress_bars
from ingest.cli.searches import SHORT_ID, JsonOption
from ingest.pipeline.services import utc_now

if TYPE_CHECKING:
    from ingest.pipeline.retag import Difference, RetagReport

SHOWN = 20


@command
def retag(
    articles: Annotated[
        list[str] | None, typer.Argument(metavar="[ARTICLE]...", help="These, by id.")
    ] = None,
    since: Annotated[str, typer.Option(help="Only articles published since 30d or a date.")] = "",
    only_stale: Annotated[
        bool, typer.Option("--only-stale", help="Only those another tagger or gazetteer read.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every article.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Articles told one by one.")] = SHOWN,
    as_json: JsonOption = False,
) -> None:
    """Read again what an edit of names or corrections can affect, and what an older tagger read.

    Raises no alert; prints what is different, and which alerts it would have raised.
    """
    from ingest.alerts.rulebook import rules_in_force  # noqa: PLC0415  other commands start without it
    from ingest.pipeline.retag import retag as again  # noqa: PLC0415

    settings = CALL.settings()
    start = since_of(since, settings, utc_now()) if since else None
    with opened_store(settings) as store, progress_bars() as progress:
        report = again(
            store,
            since=start,
            only_stale=only_stale,
            ids=[one_article(store, one).id for one in articles] if articles else None,
            everything=everything,
            dry_run=dry_run,
            rules=rules_in_force(store, settings),
            progress=progress,
        )
    if as_json:
        print_json(_json(report, limit) | {"dry_run": dry_run})
    else:
        print_report(report, limit, dry_run=dry_run)


def _json(report: RetagReport, limit: int) -> dict[str, object]:
    return {
        "tagger": report.version,
        "counts": dict(sorted(report.counts.items())),
        "differences": [
            {
                "article": d.article_id,
                "title": d.title,
                "url": d.url,
                "gained": list(d.gained),
                "lost": list(d.lost),
                "changed": list(d.changed),
            }
            for d in report.differences[:limit]
        ],
        "would_fire": [
            {"rule": rule, "key": list(key), "article": article}
            for rule, key, article in report.would_fire
        ],
        "withdrawn": [alert.id for alert in report.withdrawn],
    }


def print_report(report: RetagReport, limit: int, *, dry_run: bool = False) -> None:
    """Print what a retag changed, article by article up to a limit, and the sums."""
    for difference in report.differences[:limit]:
        _print_difference(difference)
    counts = report.counts
    if counts["different"] > limit:
        say(f"and {counted(counts['different'] - limit, 'more article')} (--limit)")
    for rule, key, article in report.would_fire[:limit]:
        say(f"would have fired: {rule} ({', '.join(key)}) by {article[:SHORT_ID]}")
    for alert in report.withdrawn:
        say(f"withdrawn: {clean(alert.line)}")
    say(
        f"{counted(counts['read'], 'article')} read by {report.version}:"
        f" {counts['saved']} {'would be ' if dry_run else ''}saved, {counts['unchanged']} as before;"
        f" {counts['gained']} gained, {counts['lost']} lost, {counts['changed']} changed;"
        f" {counted(len(report.would_fire), 'alert')} would have fired,"
        f" {len(report.withdrawn)} withdrawn" + ("; nothing was written" if dry_run else "")
    )


def _print_difference(difference: Difference) -> None:
    say(f"{difference.article_id[:SHORT_ID]}  {clean(difference.title)}", style="bold")
    for sign, lines in (
        ("+", difference.gained),
        ("-", difference.lost),
        ("~", difference.changed),
    ):
        for line in lines:
            say(f"  {sign} {clean(line)}")
