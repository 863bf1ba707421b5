"""`board` and `proposals`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from ingest.board import board
from ingest.cli.context import CALL, command, opened_store
from ingest.cli.coverages import coverage_json, print_coverage
from ingest.cli.lookup import parsed, since_of
from ingest.cli.output import clean, console, counted, iso, print_json, say, talk
from ingest.cli.searches import SHORT_ID, JsonOption, QueryArgument, SinceOption, check_limit
from ingest.lines import line_of, listed
from ingest.pipeline.services import utc_now
from ingest.query.ast import All

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.board import Meeting, Stance, Venue
    from ingest.store.port import ProposalRow, Store

STYLES = {"proposed": "yellow", "agreed": "green", "rejected": "red", "hosted": "blue"}


def short(proposal_id: str) -> str:
    """Shorten `<article id>.p3` to its unique-enough beginning."""
    article, _, ordinal = proposal_id.partition(".")
    return f"{article[:SHORT_ID]}.{ordinal}"


def row_json(row: ProposalRow, timezone: str) -> dict[str, Any]:
    """One proposal with its evidence."""
    proposal = row.proposal
    return {
        "id": row.id,
        "line": line_of(row, timezone),
        "proposer": proposal.proposer_name,
        "proposer_id": proposal.proposer,
        "proposer_country": proposal.proposer_country,
        "venues": [
            {"id": entity, "name": name}
            for entity, name in zip(proposal.venues, proposal.venue_names, strict=True)
        ],
        "parties": list(proposal.parties),
        "status": proposal.status,
        "when": proposal.when,
        "background": proposal.background,
        "confidence": proposal.confidence,
        "rule": proposal.rule,
        "sentence": row.sentence,
        "title": row.title,
        "url": row.url,
        "source": row.source,
        "lang": row.lang,
        "published": iso(row.published_at),
        "article": row.article_id,
    }


def print_evidence(row: ProposalRow, indent: str = "  ") -> None:
    """Print the sentence with language, outlet, time and link."""
    say(f"{indent}«{clean(row.sentence)}»")
    when = row.effective_at.strftime("%Y-%m-%d %H:%M")
    say(f"{indent}{row.lang}, {row.publisher or row.source}, {when}Z, {row.url}", style="dim")


@command
def proposals(
    query: QueryArgument = "",
    since: SinceOption = "",
    limit: Annotated[int, typer.Option(help="Records shown.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """List offers, agreements, refusals and meetings, newest first."""
    check_limit(limit)
    settings = CALL.settings()
    with opened_store(settings) as store:
        result, node = parsed(query, settings, since)
        rows = store.proposals(node, limit=limit)
        if as_json:
            print_json(
                {
                    "proposals": [row_json(row, settings.timezone) for row in rows],
                    "notes": list(result.notes),
                }
                | coverage_json(store)
            )
            return
        for note in result.notes:
            talk(note)
        for row in rows:
            style = STYLES[row.proposal.status]
            console().print(Text(clean(line_of(row, settings.timezone)), style=f"bold {style}"))
            say(f"  {short(row.id)}  {row.proposal.status}  rule: {row.proposal.rule}", style="dim")
            print_evidence(row)
        say(counted(len(rows), "proposal"))


@command
def show_board(
    since: Annotated[str, typer.Option(help="Reports not older than 30d, 24h, ...")] = "30d",
    parties: Annotated[str, typer.Option(help="Only meetings of these, such as RU,UA.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Show for each meeting in the news the venues in play and where each stands."""
    settings = CALL.settings()
    start = since_of(since, settings, utc_now())
    wanted = tuple(part.strip().upper() for part in parties.split(",") if part.strip())
    with opened_store(settings) as store:
        meetings = board(store.proposals(All(), since=start), wanted)
        if as_json:
            print_json(
                {
                    "since": iso(start),
                    "timezone": settings.timezone,
                    "meetings": [_meeting_json(m, settings.timezone) for m in meetings],
                }
                | coverage_json(store)
            )
            return
        print_board(store, meetings, settings.timezone)


def print_board(
    store: Store, meetings: Sequence[Meeting], timezone: str, *, most: int | None = None
) -> None:
    """Print the board, at most so many venues a meeting, and the line of coverage."""
    for meeting in meetings:
        named = "-".join(meeting.parties) or "parties not named"
        console().print(Text(f"Meeting {named}  {meeting.id[:SHORT_ID]}", style="bold underline"))
        say(
            f"  {meeting.first_at:%d %b} to {meeting.last_at:%d %b}, days in {timezone}",
            style="dim",
        )
        for venue in meeting.venues[:most]:
            _print_venue(venue, timezone)
        if most is not None and len(meeting.venues) > most:
            say(f"  and {counted(len(meeting.venues) - most, 'more venue')}")
        if meeting.background:
            say(f"  and {counted(meeting.background, 'report')} recalling earlier meetings")
        say()
    if not meetings:
        say("no meeting in the news; widen --since, or see `summitwatch feeds list`")
    print_coverage(store)


def _print_venue(venue: Venue, timezone: str) -> None:
    style = STYLES[venue.standing]
    line = Text("  ")
    line.append(f"{clean(venue.name):<22}", style="bold")
    line.append(f"{venue.standing:<9}", style=style)
    line.append(f" since {venue.since:%d %b}, {counted(venue.outlets, 'outlet')}")
    console().print(line)
    others = [stance for stance in venue.stances if stance.by]
    if others:
        say("    " + "; ".join(_stance_text(stance) for stance in others))
    console().print(Text(f"    {clean(line_of(venue.newest, timezone))}", style=style))
    print_evidence(venue.newest, indent="    ")


def _stance_text(stance: Stance) -> str:
    return f"{stance.row.proposal.proposer_name}: {stance.status} ({stance.since:%d %b})"


def _meeting_json(meeting: Meeting, timezone: str) -> dict[str, Any]:
    return {
        "id": meeting.id,
        "parties": list(meeting.parties),
        "first": iso(meeting.first_at),
        "last": iso(meeting.last_at),
        "background": meeting.background,
        "title": f"{listed(meeting.parties, 'and')} talks" if meeting.parties else "talks",
        "venues": [
            {
                "id": venue.entity,
                "name": venue.name,
                "standing": venue.standing,
                "since": iso(venue.since),
                "outlets": venue.outlets,
                "by": sorted({s.row.proposal.proposer_name or "" for s in venue.stances} - {""}),
                "newest": row_json(venue.newest, timezone),
                "stances": [
                    {
                        "by": stance.row.proposal.proposer_name,
                        "status": stance.status,
                        "since": iso(stance.since),
                        "outlets": stance.outlets,
                        "line": line_of(stance.row, timezone),
                    }
                    for stance in venue.stances
                ],
            }
            for venue in meeting.venues
        ],
    }
