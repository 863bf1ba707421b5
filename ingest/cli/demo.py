"""`summitwatch demo`: the whole pipeline on the sample newsroom, which it starts on loopback."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.text import Text

from ingest.board import board
from ingest.cli.boards import print_board
from ingest.cli.context import command, opened_store
from ingest.cli.output import clean, console, counted, program, quoted, say
from ingest.cli.runs import one_pass
from ingest.demo.desk import NOTICE, add_feeds, demo_settings, remembered_start
from ingest.logs import configure_logs
from ingest.model import Alert, Feed, Note
from ingest.pipeline.services import utc_now
from ingest.query.ast import All, LeaderIs
from ingest.store.port import Search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.alerts.rules import RuleSet
    from ingest.demo.newsroom import Newsroom
    from ingest.model import Article
    from ingest.pipeline.run import PassReport
    from ingest.settings import Settings
    from ingest.store.port import Store

STORE = "sqlite:///data/demo.sqlite"
VENUES_SHOWN = 8


@command
def demo() -> None:
    """Poll the sample newsroom into data/demo.sqlite and show what came of it."""
    from ingest.alerts.rulebook import take_rules  # noqa: PLC0415  other commands start without it
    from ingest.demo.newsroom import Newsroom  # noqa: PLC0415

    started = time.monotonic()
    settings = demo_settings()
    configure_logs(settings.log)
    with opened_store(settings, create=True) as store:
        rules = take_rules(store, settings, utc_now())
        start, told = remembered_start(store)
        newsroom = Newsroom.load(start)
        console().print(Text(f"Summitwatch: {NOTICE}", style="bold"))
        last = start + timedelta(days=20)
        say(f"a story of three weeks, {start:%d %b} to {last:%d %b %Y}, told on .example sites")
        say()
        reports = asyncio.run(_watch(settings, store, rules, newsroom, told=told))
        _print_summary(store, reports, time.monotonic() - started)
        meetings = board(store.proposals(All(), since=utc_now() - timedelta(days=30)))
        widest = sorted(meetings, key=lambda meeting: -len(meeting.venues))[:1]
        print_board(store, widest, settings.timezone, most=VENUES_SHOWN)
        _print_alert(store)
        _print_next(store)


async def _watch(
    settings: Settings, store: Store, rules: RuleSet, newsroom: Newsroom, *, told: bool
) -> list[PassReport]:
    from ingest.demo.server import NewsroomServer  # noqa: PLC0415  as above
    from ingest.fetch.resolve import map_resolver  # noqa: PLC0415

    reports = []
    with NewsroomServer(newsroom) as server:
        resolver = map_resolver(server.resolver_map())
        for edition in (2,) if told else (1, 2):
            server.set_edition(edition)
            feeds = add_feeds(store, newsroom)
            report = await one_pass(
                settings, store, rules, stop=asyncio.Event(), resolver=resolver, feeds=feeds
            )
            reports.append(report)
            _print_pass(edition, report, told=told)
    store.put([Note(id="demo-told", value=utc_now().isoformat())])
    return reports


def _print_pass(edition: int, report: PassReport, *, told: bool) -> None:
    c, evaluation = report.counters, report.evaluation
    answered = c["feeds_polled"] - c["feeds_failed"]
    if answered == c["feeds_unchanged"] and not c["articles_new"]:
        say(
            f"everything answers 304: {counted(answered, 'feed')} unchanged, nothing added"
            f" ({counted(c['feeds_failed'], 'known failing feed')} beside them)"
        )
        return
    name = "the last days" if edition == 2 and not told else "the story so far"
    say(
        f"poll {edition}, {name}: {counted(c['feeds_polled'], 'feed')},"
        f" {counted(c['articles_new'], 'new article')}, {c['articles_updated']} updated,"
        f" {counted(len(evaluation.alerts), 'alert')}"
    )
    if evaluation.from_history:
        say(
            f"  a feed's first poll is history: it trains the rules and raises nothing;"
            f" it would have been {counted(evaluation.from_history, 'alert')}"
        )


def _print_summary(store: Store, reports: Sequence[PassReport], seconds: float) -> None:
    languages = store.search(Search(node=All(), limit=1, facets=("language",), facet_size=50))
    mentions = sum(report.counters["mentions"] for report in reports)
    said = f", {mentions:,} mentions tagged now" if mentions else ""
    feeds = store.count(Feed)
    failing = sum(1 for feed in store.find(Feed) if feed.state.error)
    say()
    console().print(
        Text(
            f"{counted(feeds, 'feed')} ({failing} failing on purpose), "
            f"{counted(store.count_articles(), 'article')} in"
            f" {counted(len(languages.facets['language']), 'language')}{said},"
            f" {seconds:.1f} s",
            style="bold",
        )
    )
    say()


def _print_alert(store: Store) -> None:
    alerts = store.find(Alert)
    say()
    if not alerts:
        return
    widest = max(alerts, key=lambda a: (len(a.evidence) > 1, a.evidence[0].confidence, a.id))
    evidence = widest.evidence[0]
    console().print(Text(f"alert {widest.rule_id}: {clean(widest.line)}", style="bold red"))
    say(f"  {quoted(evidence.sentence)}")
    say(f"  {evidence.lang}, {evidence.source}, {evidence.url}", style="dim")


def next_commands(store: Store) -> list[str]:
    """What to type next, each complete so that it pastes."""
    call = f"{program()} --store {STORE}"
    newest: Article = (
        store.search(
            Search(node=LeaderIs(("leader:lukashenko-alexander",)), sort="newest", limit=1)
        )
        .hits[0]
        .article
    )
    return [
        f"{call} search 'minsk AND (istanbul OR geneva) role:proposed' --facets",
        f"{call} search 'venue:Мінск role:rejected lang:uk' --newest",
        f"{call} proposals 'venue:istanbul' --since 30d",
        f"{call} board --since 30d --parties RU,UA",
        f"{call} show {newest.id[:10]}",
        f"{call} alerts list",
        f"{call} feeds list",
        f"{call} dead list",
        f"{call} export 'venue:minsk' --what proposals --format csv",
        f"{call} doctor",
    ]


def _print_next(store: Store) -> None:
    say()
    say("next, for example:")
    for line in next_commands(store):
        console().print(Text(f"  {line}"))
    say()
    say(f"({NOTICE}; for live feeds: {program()} init)", style="dim")
