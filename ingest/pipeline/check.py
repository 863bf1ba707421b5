"""Look at one feed as a poll would, save nothing, and say what was seen and what would follow."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.feeds.discover import common_feed_urls, find_feeds, sitemaps_of
from ingest.feeds.pace import PollPolicy
from ingest.feeds.schedule import NOT_ASKED, Changed, Failed, Unchanged, next_state
from ingest.fetch.hosts import domain_key, host_key
from ingest.fetch.result import Fetched, FetchFailed, NotModified
from ingest.fetch.robots import robots_url
from ingest.model import Host
from ingest.pipeline.poll import parse_answer
from ingest.urls import host_of, registrable_domain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from datetime import datetime

    from ingest.feeds.schedule import PollResponse
    from ingest.fetch.result import FetchResult
    from ingest.model import Feed
    from ingest.pipeline.services import Services

MAX_DISCOVERY_REQUESTS = 20


@dataclass(frozen=True, slots=True)
class Check:
    """What a look at a feed gave.

    Attributes:
        requests: (URL, status or error code) in order, redirects included; none where the host
            rests or is busy.
        host: what is known of its host: the pause between requests, robots.txt, a rest.
        outcome: `ok`, or the stable code of the error.
        why: how the next poll would be decided.
    """

    feed: Feed
    requests: tuple[tuple[str, str], ...]
    outcome: str
    detail: str
    title: str = ""
    format: str = ""
    entries: int = 0
    newest_at: datetime | None = None
    hub: str = ""
    host: str = ""
    next_check_at: datetime | None = None
    why: str = ""


def requests_of(result: FetchResult) -> tuple[tuple[str, str], ...]:
    """List the requests behind an answer; the last one is not listed where it was not made."""
    hops = [(hop.url, str(hop.status)) for hop in result.hops]
    match result:
        case Fetched():
            last = (result.final_url, str(result.status))
        case NotModified():
            last = (result.final_url, "304")
        case FetchFailed() if result.code in NOT_ASKED:
            return tuple(hops)
        case FetchFailed():
            at = result.hops[-1].location if result.hops else result.url
            last = (at or result.url, str(result.status or result.code))
    return (*hops, last)


async def check_feed(services: Services, feed: Feed) -> Check:
    """Fetch a feed without validators, parse it, and decide as a poll would."""
    result = await services.polite.get(
        feed.url, headers={"User-Agent": feed.user_agent} if feed.user_agent else None
    )
    requests = requests_of(result)
    answer = await parse_answer(services, feed, result)
    now = services.clock()
    policy = PollPolicy.of(services.settings.poll, feed)
    response: PollResponse
    match answer:
        case Failed() | Unchanged():
            response = answer
        case parsed:
            assert isinstance(result, Fetched)
            response = Changed(
                result=result, parsed=parsed, new_entries=0, known_entries=0, entry_ids=()
            )
    state = next_state(feed.state, response, now, policy)
    base = Check(
        feed=feed,
        requests=requests,
        outcome=response.code if isinstance(response, Failed) else "ok",
        detail=response.detail if isinstance(response, Failed) else "",
        host=_manners(services, requests[-1][0] if requests else feed.url),
        next_check_at=state.next_check_at,
        why=state.why,
    )
    if isinstance(response, Changed):
        dates = [entry.published_at for entry in response.parsed.entries if entry.published_at]
        return replace(
            base,
            title=response.parsed.title,
            format=response.parsed.format,
            entries=len(response.parsed.entries),
            newest_at=max(dates, default=None),
            hub=response.parsed.hub,
        )
    return base


def _manners(services: Services, url: str) -> str:
    """Say how the host of a URL is treated, by its record."""
    host = services.store.get(Host, host_key(url)) or Host(id=host_key(url))
    pause_s = max(services.settings.fetch.host_pause_s, host.crawl_delay_s or 0.0)
    parts = [f"{host.id}: one request at a time, {pause_s:g} s apart"]
    if host.crawl_delay_s:
        parts[0] += " (crawl-delay)"
    if host.robots_at:
        found = f"HTTP {host.robots_status}" if host.robots_status else "cannot be had"
        parts.append(f"robots.txt for pages asked {host.robots_at:%Y-%m-%d %H:%M}Z: {found}")
    parts += [
        f"rests until {record.rest_until:%Y-%m-%d %H:%M}Z: {record.rest_reason}"
        for record in (host, services.store.get(Host, domain_key(url)))
        if record and record.rest_until and record.rest_until > services.clock()
    ]
    return "; ".join(parts)


async def check_feeds(services: Services, feeds: Iterable[Feed]) -> AsyncIterator[Check]:
    """Check many feeds, hosts side by side, each host's one after another."""
    groups: defaultdict[str, list[Feed]] = defaultdict(list)
    for feed in feeds:
        groups[registrable_domain(host_of(feed.url))].append(feed)

    async def one_host(members: list[Feed]) -> list[Check]:
        return [await check_feed(services, feed) for feed in members]

    for finished in asyncio.as_completed([one_host(members) for members in groups.values()]):
        for check in await finished:
            yield check


async def find_feed(services: Services, feed: Feed) -> tuple[list[Check], list[Check]]:
    """Find the feeds at an address that is a feed, or a site that has some.

    Returns:
        (well, tried): checks of the feeds found, best first; everything that was looked at.
        What the page declares comes first; only where it declares nothing, the usual addresses
        and the news sitemaps of robots.txt are asked, 20 requests at most.
    """
    first = await check_feed(services, feed)
    if first.outcome == "ok":
        return [first], [first]
    tried = [first]
    page = await services.polite.get(feed.url)
    if not isinstance(page, Fetched):
        return [], tried
    declared = find_feeds(page.body, page.final_url, page.headers.get("content-type", ""))
    candidates = list(declared)
    if not declared:
        answer = await services.polite.get(robots_url(page.final_url))
        text = answer.body.decode("utf-8", "replace") if isinstance(answer, Fetched) else ""
        candidates = [*sitemaps_of(text, page.final_url), *common_feed_urls(page.final_url)]
    well = []
    for url in candidates[:MAX_DISCOVERY_REQUESTS]:
        check = await check_feed(services, replace(feed, url=url))
        tried.append(check)
        if check.outcome == "ok":
            well.append(check)
            if not declared:
                break
    return well, tried
