"""`board` and `proposals`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from ingest.board_changes import Look, changes, look_at, title_of
from ingest.board_store import keep_look, known_meetings, last_look, read_board
from ingest.cli.board_views import (
    STYLES,
    change_json,
    day,
    history_json,
    matrix_json,
    print_changes,
    print_history,
    print_matrix,
    print_stances,
)
from ingest.cli.context import CALL, command, opened_store
from ingest.cli.coverages import coverage, coverage_json, print_coverage
from ingest.cli.lookup import MIN_PREFIX, parsed, since_of, states
from ingest.cli.output import clean, console, counted, iso, print_json, quoted, say, talk
from ingest.cli.searches import SHORT_ID, JsonOption, QueryArgument, SinceOption, check_limit
from ingest.errors import QueryError, UsageError
from ingest.lines import line_of, listed
from ingest.pipeline.services import utc_now
from ingest.query.dates import FORMS, parse_date

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ingest.board import Meeting, Stance, Venue
    from ingest.settings import Settings
    from ingest.store.port import ProposalRow, Store

WINDOW = "30d"


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
    say(f"{indent}{quoted(row.sentence)}")
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
    since: Annotated[
        str, typer.Option(help="Reports not older than 30d, 24h, ...; of --changes: since when.")
    ] = "",
    parties: Annotated[str, typer.Option(help="Only meetings of these, such as RU,UA.")] = "",
    as_of: Annotated[str, typer.Option(help="The board of an earlier day or time.")] = "",
    show_matrix: Annotated[
        bool, typer.Option("--matrix", help="Venues down, parties across, each one's latest word.")
    ] = False,
    show_changes: Annotated[
        bool, typer.Option("--changes", help="Only what is different since --since (1d).")
    ] = False,
    since_last: Annotated[
        bool, typer.Option("--since-last", help="With --changes: since it was last asked so.")
    ] = False,
    show_history: Annotated[
        bool, typer.Option("--history", help="Every standing that a venue took.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show for each meeting in the news the venues in play and where each stands."""
    settings = CALL.settings()
    if since_last and (since or not show_changes):
        raise UsageError("--since-last", "goes with --changes, without --since")
    if show_changes and (show_matrix or show_history):
        raise UsageError("--changes", "goes without --matrix and --history", "ask for one of them")
    now = _until(as_of, settings) if as_of else utc_now()
    with opened_store(settings) as store:
        wanted = states("--parties", parties)
        if show_changes:
            _show_changes(store, settings, since, wanted, now, since_last, as_json=as_json)
            return
        start = since_of(since or WINDOW, settings, now)
        meetings = read_board(
            store,
            since=start,
            until=now if as_of else None,
            parties=wanted,
            remember=not as_of,
        )
        if as_json:
            print_json(
                {
                    "since": iso(start),
                    "as_of": iso(now) if as_of else None,
                    "timezone": settings.timezone,
                    "meetings": [_meeting_json(m, settings.timezone) for m in meetings],
                }
                | coverage_json(store)
            )
            return
        if show_matrix:
            for meeting in meetings:
                print_matrix(meeting, settings.timezone)
            print_coverage(store)
            return
        print_board(store, meetings, settings.timezone, history=show_history)


def _until(text: str, settings: Settings) -> datetime:
    try:
        return min(parse_date(text, now=utc_now(), tz=settings.timezone, position=0).end, utc_now())
    except QueryError as exc:
        raise UsageError("--as-of", f"{text!r} is no date", FORMS) from exc


def _show_changes(
    store: Store,
    settings: Settings,
    since: str,
    parties: tuple[str, ...],
    now: datetime,
    since_last: bool,
    *,
    as_json: bool,
) -> None:
    """Compare the board with that of an earlier time, or with the last look at it."""
    before = last_look(store) if since_last else None
    first = since_last and (before is None or before.at is None)
    then = before.at if before and before.at else since_of(since or "1d", settings, now)
    start = then - timedelta(days=30)
    meetings = read_board(store, since=start, until=now, remember=True)
    if first:
        before = Look(None)
    elif before is None:
        before = look_at(_board_then(store, start, then), then)
    look = look_at(meetings, now)
    named = {m.id for m in meetings if set(parties) <= set(m.parties)}
    found = [c for c in changes(before, look) if not parties or c.meeting in named]
    if as_json:
        print_json(
            {
                "since": iso(then) if not first else None,
                "until": iso(now),
                "changes": [change_json(change) for change in found],
            }
            | coverage_json(store)
        )
    else:
        if first:
            talk("nobody has asked before: everything is new")
        print_changes(found, settings.timezone)
        seen = coverage(store)
        told = counted(len(found), "change") if found else "nothing changed"
        say(f"{told}; {seen.seen} of {seen.feeds} feeds seen")
    if since_last and not parties:
        keep_look(store, look)


def _board_then(store: Store, start: datetime, then: datetime) -> tuple[Meeting, ...]:
    """The board as the store had it at a time.

    A store that held nothing then (it was filled since, from the past) is asked for what was
    published by then.
    """
    oldest = store.find_articles(order_by="first_stored_at", limit=1)
    held = bool(oldest) and oldest[0].first_stored_at <= then
    return read_board(store, since=start, until=then, known_at=then if held else None)


def the_meeting(store: Store, prefix: str) -> str:
    """Return the id of the meeting that begins so; raises UsageError."""
    ids = {one.id for one in known_meetings(store)}
    ids |= {meeting.id for meeting in read_board(store, since=None)}
    found = sorted(one for one in ids if one.startswith(prefix.lower())) if prefix else []
    if len(found) != 1 or len(prefix) < MIN_PREFIX:
        reason = "more than one meeting begins so" if len(found) > 1 else "no meeting has that id"
        raise UsageError(prefix, reason, "see: summitwatch board")
    return found[0]


def print_board(
    store: Store,
    meetings: Sequence[Meeting],
    timezone: str,
    *,
    most: int | None = None,
    history: bool = False,
) -> None:
    """Print the board, at most so many venues a meeting, and the line of coverage."""
    for meeting in meetings:
        named = f"Meeting {clean(title_of(meeting))}  {meeting.id[:SHORT_ID]}"
        console().print(Text(named, style="bold underline"))
        first, last = day(meeting.first_at, timezone), day(meeting.last_at, timezone)
        days = first if first == last else f"{first} to {last}"
        say(f"  {days}, days in {timezone}", style="dim")
        for venue in meeting.venues[:most]:
            _print_venue(venue, timezone)
        if most is not None and len(meeting.venues) > most:
            say(f"  and {counted(len(meeting.venues) - most, 'more venue')}")
        print_stances(meeting, timezone)
        if history:
            print_history(meeting, timezone)
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
    line.append(f" since {day(venue.since, timezone)}, {counted(venue.outlets, 'outlet')}")
    console().print(line)
    others = [stance for stance in venue.stances if stance.by]
    if others:
        say("    " + "; ".join(_stance_text(stance, timezone) for stance in others))
    console().print(Text(f"    {clean(line_of(venue.newest, timezone))}", style=style))
    print_evidence(venue.newest, indent="    ")


def _stance_text(stance: Stance, timezone: str) -> str:
    since = day(stance.since, timezone)
    return f"{stance.row.proposal.proposer_name}: {stance.status} (since {since})"


def _meeting_json(meeting: Meeting, timezone: str) -> dict[str, Any]:
    return {
        "id": meeting.id,
        "parties": list(meeting.parties),
        "first": iso(meeting.first_at),
        "last": iso(meeting.last_at),
        "background": meeting.background,
        "name": meeting.name or None,
        "title": meeting.name
        or (f"{listed(meeting.parties, 'and')} talks" if meeting.parties else "talks"),
        "matrix": matrix_json(meeting),
        "history": history_json(meeting),
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
