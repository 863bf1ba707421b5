"""`feeds add|list|check|remove|import|export`."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from ingest import ids
from ingest.cli.context import CALL, ERROR, command, opened_store
from ingest.cli.lookup import one_record
from ingest.cli.output import clean, console, counted, iso, print_json, say, talk
from ingest.cli.searches import SHORT_ID, JsonOption
from ingest.coverage import ago
from ingest.errors import FetchError, UsageError
from ingest.feeds.opml import OpmlFeed, parse_opml, write_opml
from ingest.model import Feed
from ingest.pipeline.services import utc_now
from ingest.store.port import Where
from ingest.urls import is_http_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.pipeline.check import Check
    from ingest.settings import Settings
    from ingest.store.port import Store

app = typer.Typer(help="The feeds that are polled.", no_args_is_help=True)

MAX_OPML_BYTES = 10 * 2**20
GIVEN_UP = frozenset({"http-404", "http-410", "not-a-feed", "dns", "empty-body"})

UrlArgument = Annotated[str, typer.Argument(metavar="URL|ID", help="Address, or prefix of an id.")]


def tidy(url: str) -> str:
    """Write scheme, host and port in one way; the path stays as the publisher has it."""
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[parts.scheme.lower()]
    port = f":{parts.port}" if parts.port not in {None, default} else ""
    return urlunsplit((parts.scheme.lower(), host + port, parts.path or "/", parts.query, ""))


def _known(store: Store, url_or_id: str) -> Feed:
    if is_http_url(url_or_id):
        found = store.find(Feed, Where("url", "in", (url_or_id, tidy(url_or_id))), limit=1)
        if not found:
            raise UsageError(url_or_id, "is not among the feeds", "see `summitwatch feeds list`")
        return found[0]
    return one_record(store, Feed, url_or_id, "feed")


def _new(url: str, **more: Any) -> Feed:  # noqa: ANN401  fields of Feed
    url = tidy(url)
    return Feed(id=ids.feed_id(url), url=url, added_at=utc_now(), **more)


@app.command()
@command
def add(
    url: Annotated[str, typer.Argument(help="A feed, or a site whose feeds are looked for.")],
    title: Annotated[str, typer.Option(help="A name of your own.")] = "",
    lang: Annotated[str, typer.Option(help="Language, such as ru.")] = "",
    country: Annotated[str, typer.Option(help="ISO country of the publisher.")] = "",
    timezone: Annotated[str, typer.Option(help="Zone of dates without one.")] = "",
    interval: Annotated[int | None, typer.Option(help="Seconds between polls.", min=60)] = None,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Do not fetch it now.")] = False,
) -> None:
    """Add a feed; a site's address is searched for its feeds."""
    if not is_http_url(url):
        raise UsageError(url, "is no http(s) address", "write https://…, without user and password")
    if timezone:
        try:
            ZoneInfo(timezone)
        except (KeyError, ValueError, OSError) as exc:
            raise UsageError("--timezone", f"{timezone!r} is no zone", "as Europe/Kyiv") from exc
    if lang and not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", lang):
        raise UsageError("--lang", f"{lang!r} is no language", "write ru or pt-BR")
    settings = CALL.settings()
    wanted = _new(
        url, title=title, lang=lang, country=country.upper(), timezone=timezone, interval_s=interval
    )
    with opened_store(settings, create=True) as store:
        if not unchecked:
            wanted = asyncio.run(_looked_for(settings, store, wanted))
        if store.put([wanted])[0] is None:
            talk(f"{wanted.url} is among the feeds already")
            return
        say(f"added {wanted.id[:SHORT_ID]}  {wanted.url}  {wanted.title}")


async def _looked_for(settings: Settings, store: Store, feed: Feed) -> Feed:
    from ingest.pipeline.check import find_feed  # noqa: PLC0415  other commands start without it
    from ingest.pipeline.opening import open_services  # noqa: PLC0415

    async with open_services(settings, store) as services:
        well, tried = await find_feed(services, feed)
    if not well:
        for check in tried:
            talk(f"tried {check.feed.url}: {check.outcome}: {check.detail}")
        raise UsageError(
            feed.url,
            f"no feed found ({tried[0].outcome})",
            "give a feed's own address, or --unchecked",
        )
    best = well[0]
    for other in well[1:]:
        talk(f"also there: {other.feed.url} ({other.title})")
    kind = "sitemap" if best.format == "news-sitemap" else "feed"
    return replace(
        _new(best.feed.url),
        title=feed.title or best.title,
        lang=feed.lang,
        country=feed.country,
        timezone=feed.timezone,
        interval_s=feed.interval_s,
        kind=kind,
    )


def feed_json(feed: Feed) -> dict[str, Any]:
    """One feed with its state."""
    state = feed.state
    return {
        "id": feed.id,
        "url": feed.url,
        "title": feed.title,
        "lang": feed.lang,
        "country": feed.country,
        "kind": feed.kind,
        "muted": feed.muted,
        "interval_s": feed.interval_s,
        "status": _status(feed),
        "error": state.error or None,
        "error_detail": state.error_detail or None,
        "failing_since": iso(state.failing_since),
        "failures": state.failures,
        "last_status": state.last_status,
        "last_checked": iso(state.last_checked_at),
        "last_success": iso(state.last_success_at),
        "last_new": iso(state.last_new_at),
        "next_check": iso(state.next_check_at),
        "why": state.why,
        "moved_to": state.moved_to or None,
        "hub": state.hub or None,
        "gap": [iso(state.gap_from), iso(state.gap_to)] if state.gap_from else None,
    }


def _status(feed: Feed) -> str:
    if feed.muted:
        return "muted"
    if feed.state.gone:
        return "gone"
    if feed.state.error:
        return "failing"
    return "ok" if feed.state.last_checked_at else "new"


@app.command("list")
@command
def list_feeds(
    failing: Annotated[bool, typer.Option("--failing", help="Only those that fail.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the feeds with their states."""
    with opened_store() as store:
        feeds = store.find(Feed, order_by="url")
    shown = [feed for feed in feeds if feed.state.error or not failing]
    if as_json:
        print_json({"feeds": [feed_json(feed) for feed in shown]})
        return
    now = utc_now()
    styles = {"ok": "green", "new": "cyan", "muted": "dim", "failing": "red", "gone": "red"}
    for feed in shown:
        status, state = _status(feed), feed.state
        line = Text(f"{feed.id[:SHORT_ID]}  ")
        line.append(f"{status:<8}", style=styles[status])
        line.append(f"{feed.lang:<3} {clean(feed.url)}  {clean(feed.title)}")
        console().print(line)
        if state.error:
            since = state.failing_since
            span = f" for {ago((now - since).total_seconds())}" if since else ""
            say(f"            {state.error}: {state.error_detail}{span}", style="red")
        if state.next_check_at and not feed.muted:
            wait = (state.next_check_at - now).total_seconds()
            due = "now" if wait <= 0 else f"in {ago(wait)}"
            reason = state.why.partition(": ")[2] or state.why
            say(f"            next poll {due}: {reason}", style="dim")
        if state.gap_from and state.gap_to:
            say(
                f"            entries may be missing from {state.gap_from:%d %b %H:%MZ} to"
                f" {state.gap_to:%d %b %H:%MZ}",
                style="yellow",
            )
    say(f"{counted(len(shown), 'feed')} of {len(feeds)}")


@app.command()
@command
def check(
    url: Annotated[str, typer.Argument(metavar="[URL|ID]")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every feed.")] = False,
    mute_dead: Annotated[
        bool, typer.Option("--mute-dead", help="Mute feeds that are gone or are no feeds.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at a feed now: the requests made, the decision, the next poll and why."""
    if bool(url) == everything:
        raise UsageError("feeds check", "name one feed or --all", "see `summitwatch feeds list`")
    settings = CALL.settings()
    with opened_store(settings, create=True) as store:
        if everything:
            feeds: Sequence[Feed] = store.find(Feed, order_by="url")
        elif is_http_url(url):
            feeds = store.find(Feed, Where("url", "in", (url, tidy(url))), limit=1) or [_new(url)]
        else:
            feeds = [_known(store, url)]
        checks = asyncio.run(_checked(settings, store, feeds, verbose=not as_json))
        dead = [check.feed for check in checks if check.outcome in GIVEN_UP]
        if mute_dead:
            _mute(store, checks, dead)
    if as_json:
        print_json({"checks": [_check_json(check) for check in checks]})
    elif everything:
        well = sum(1 for check in checks if check.outcome == "ok")
        say(f"{well} of {counted(len(checks), 'feed')} well, {len(dead)} dead")
    if not everything and checks[0].outcome != "ok":
        raise typer.Exit(ERROR)


def _mute(store: Store, checks: Sequence[Check], dead: Sequence[Feed]) -> None:
    """Mute dead feeds, unless nothing at all answered: then it is the desk that is offline."""
    if dead and not any(check.requests and check.requests[-1][1].isdigit() for check in checks):
        raise FetchError(
            "feeds check --mute-dead",
            "no feed answered",
            "is this machine online? nothing is muted",
        )
    stored = store.get_many(Feed, [feed.id for feed in dead])
    written = store.put([replace(feed, muted=True) for feed in stored.values()])
    talk(f"muted {counted(sum(1 for feed in written if feed), 'feed')}")


async def _checked(
    settings: Settings, store: Store, feeds: Sequence[Feed], *, verbose: bool
) -> list[Check]:
    from ingest.pipeline.check import check_feeds  # noqa: PLC0415  as above
    from ingest.pipeline.opening import open_services  # noqa: PLC0415

    checks = []
    async with open_services(settings, store) as services:
        async for one in check_feeds(services, feeds):
            checks.append(one)
            if verbose:
                _print_check(one, brief=len(feeds) > 1)
    return checks


def _print_check(check: Check, *, brief: bool) -> None:
    style = "green" if check.outcome == "ok" else "red"
    said = "" if check.outcome == "ok" else f": {check.detail}"
    console().print(Text(f"{check.outcome:<12} {clean(check.feed.url)}{clean(said)}", style=style))
    if brief:
        return
    for url, status in check.requests:
        say(f"  GET {url} -> {status}")
    if check.format:
        newest = f", newest {check.newest_at:%Y-%m-%d %H:%M}Z" if check.newest_at else ""
        say(
            f"  {check.format}, {counted(check.entries, 'entry', 'entries')}{newest}: {check.title}"
        )
    if check.hub:
        say(f"  WebSub hub: {check.hub}")
    say(f"  {check.host}")
    if check.next_check_at:
        say(f"  next poll {check.next_check_at:%Y-%m-%d %H:%M}Z, {check.why}")


def _check_json(check: Check) -> dict[str, Any]:
    return {
        "url": check.feed.url,
        "outcome": check.outcome,
        "detail": check.detail,
        "requests": [{"url": url, "status": status} for url, status in check.requests],
        "title": check.title,
        "format": check.format,
        "entries": check.entries,
        "newest": iso(check.newest_at),
        "hub": check.hub or None,
        "host": check.host,
        "next_check": iso(check.next_check_at),
        "why": check.why,
    }


@app.command()
@command
def remove(url: UrlArgument) -> None:
    """Stop polling a feed for good; its articles stay."""
    with opened_store() as store:
        feed = _known(store, url)
        store.delete(Feed, [feed.id])
        say(f"removed {feed.url}; its articles stay")


@app.command()
@command
def mute(
    url: Annotated[str, typer.Argument(metavar="[URL|ID]")] = "",
    off: Annotated[bool, typer.Option("--off", help="Poll it again.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every feed.")] = False,
) -> None:
    """Stop polling a feed for a while."""
    if bool(url) == everything:
        raise UsageError("feeds mute", "name one feed or --all", "see `summitwatch feeds list`")
    with opened_store() as store:
        feeds = store.find(Feed) if everything else [_known(store, url)]
        written = store.put([replace(feed, muted=not off) for feed in feeds])
        count = counted(sum(1 for feed in written if feed), "feed")
        say(f"{count} {'polled again' if off else 'muted'}")


@app.command("import")
@command
def import_opml(
    file: Annotated[str, typer.Argument(help="An OPML file.")] = "feeds.opml",
) -> None:
    """Add the feeds of an OPML file; those already there stay as they are."""
    try:
        path = Path(file)
        if path.stat().st_size > MAX_OPML_BYTES:
            raise UsageError(file, f"is longer than {MAX_OPML_BYTES} bytes", "split it")
        document = path.read_bytes()
    except OSError as exc:
        raise UsageError(file, exc.strerror or str(exc), "name a readable OPML file") from exc
    outlines = parse_opml(document)
    good = [outline for outline in outlines if is_http_url(outline.url)]
    for outline in outlines:
        if outline not in good:
            talk(f"{file}, line {outline.line}: {outline.url} is no http(s) address; left out")
    if outlines and not good:
        raise UsageError(file, "holds no feed that can be polled", "mend its xmlUrl addresses")
    feeds = [
        _new(
            outline.url,
            title=outline.title,
            lang=outline.lang,
            country=outline.country,
            group=outline.group,
            kind=outline.kind,
        )
        for outline in good
    ]
    with opened_store(create=True) as store:
        added = sum(1 for written in store.put(feeds) if written is not None)
    say(f"{counted(added, 'feed')} added, {len(feeds) - added} were there already")


@app.command("export")
@command
def export_opml(
    output: Annotated[str, typer.Option("--output", "-o", help="A file; - is stdout.")] = "-",
) -> None:
    """Write the feeds as OPML."""
    with opened_store() as store:
        feeds = store.find(Feed, order_by="url")
    text = write_opml(
        OpmlFeed(
            url=feed.url,
            title=feed.title,
            group=feed.group,
            lang=feed.lang,
            country=feed.country,
            kind=feed.kind,
        )
        for feed in feeds
    )
    if output == "-":
        typer.echo(text)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as exc:
        raise UsageError(
            output, exc.strerror or str(exc), "name a file that can be written"
        ) from exc
    talk(f"{counted(len(feeds), 'feed')} written to {output}")
