"""Due feeds to entries: conditional GET, archive, parse in a worker, record, then acknowledge."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars, unbind_contextvars

from ingest.archive import RawPage
from ingest.errors import ParseError, WorkerError
from ingest.feeds.entries import entries_of
from ingest.feeds.pace import PollPolicy
from ingest.feeds.schedule import (
    Changed,
    Failed,
    Unchanged,
    moved_url,
    next_state,
    should_send_validators,
)
from ingest.fetch.result import Fetched, FetchFailed, NotModified
from ingest.leases import wait_to_write
from ingest.metrics import kind_of
from ingest.model import Entry, Feed
from ingest.pipeline.streams import by_host
from ingest.pipeline.tombstones import forgotten
from ingest.store.port import Where
from ingest.urls import host_of, registrable_domain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ingest.feeds.parsed import ParsedFeed
    from ingest.feeds.schedule import PollResponse
    from ingest.fetch.result import FetchResult
    from ingest.pipeline.services import Services
    from ingest.settings import Settings
    from ingest.store.port import Store

log = structlog.get_logger()

Answer: TypeAlias = "tuple[Feed, FetchResult]"


def due_feeds(store: Store, settings: Settings, now: datetime) -> list[Feed]:
    """Feeds to ask now, the longest overdue first."""
    return store.find(
        Feed,
        Where("muted", "=", False),
        Where("next_check_at", "<=", now),
        order_by="next_check_at",
        limit=settings.poll.batch,
    )


async def poll_feeds(services: Services, feeds: Iterable[Feed]) -> None:
    """Poll the feeds; each is acknowledged (its state saved) once its entries are recorded."""
    groups: defaultdict[str, list[Feed]] = defaultdict(list)
    for feed in feeds:
        groups[registrable_domain(host_of(feed.url))].append(feed)
    total, done = sum(map(len, groups.values())), 0
    services.progress("feeds", 0, total)

    async def ask(feed: Feed) -> Answer:
        conditional = should_send_validators(
            feed.state, services.clock(), ignore_cache=feed.ignore_cache
        )
        with bound_contextvars(feed_id=feed.id[:12]):
            result = await services.polite.get(
                feed.url,
                etag=feed.state.etag if conditional else "",
                last_modified=feed.state.last_modified if conditional else "",
                headers={"User-Agent": feed.user_agent} if feed.user_agent else None,
            )
        return feed, result

    def size(answer: Answer) -> int:
        return len(answer[1].body) if isinstance(answer[1], Fetched) else 0

    async for chunk in by_host(groups, ask, should_stop=services.stop.is_set, size=size):
        await _record_chunk(services, chunk)
        done += len(chunk)
        services.progress("feeds", done, total)


async def _record_chunk(services: Services, chunk: Sequence[Answer]) -> None:
    raw = [
        RawPage(
            url=result.url,
            final_url=result.final_url,
            status=result.status,
            headers=dict(result.headers),
            body=result.body,
            fetched_at=result.fetched_at,
            kind="feed",
        )
        for feed, result in chunk
        if isinstance(result, Fetched) and _body_hash(result) != feed.state.body_hash
    ]
    if raw:
        await asyncio.to_thread(services.archive.write_chunk, raw, services.clock())
    parsed = await asyncio.gather(*(parse_answer(services, feed, result) for feed, result in chunk))
    await asyncio.to_thread(_acknowledge, services, list(zip(chunk, parsed, strict=True)))


def _body_hash(result: Fetched) -> str:
    return hashlib.sha256(result.body).hexdigest()


async def parse_answer(
    services: Services, feed: Feed, result: FetchResult
) -> ParsedFeed | Failed | Unchanged:
    """Parse a feed's answer in a worker; a failure of any kind is a value."""
    match result:
        case NotModified():
            return Unchanged(result)
        case FetchFailed():
            return Failed(
                code=result.code,
                detail=result.detail,
                status=result.status,
                headers=result.headers,
                hops=result.hops,
                passing=result.passing,
            )
        case Fetched():
            pass
    header = {
        "url": result.final_url,
        "content_type": result.headers.get("content-type", ""),
        "max_entries": services.settings.poll.max_entries,
        "timezone": feed.timezone,
        "id_kind": feed.state.id_kind,
    }
    try:
        parsed: ParsedFeed = await services.workers.call("parse_feed", header, result.body)
    except (ParseError, WorkerError) as exc:
        code, _, detail = exc.reason.partition(":")
        return Failed(
            code=code.strip(),
            detail=detail.strip() or exc.reason,
            status=result.status,
            headers=result.headers,
            hops=result.hops,
            passing=True,
        )
    return parsed


def _acknowledge(
    services: Services,
    answers: Sequence[tuple[Answer, ParsedFeed | Failed | Unchanged]],
) -> None:
    wait_to_write(services.store, services.clock)
    saved: list[Feed] = []
    for (feed, result), outcome in answers:
        bind_contextvars(feed_id=feed.id[:12])
        now = services.clock()
        services.counters["feeds_polled"] += 1
        response: PollResponse
        match outcome:
            case Unchanged():
                services.counters["feeds_unchanged"] += 1
                response = outcome
            case Failed():
                services.counters["feeds_failed"] += 1
                services.counters[kind_of("feeds_failed", outcome.code)] += 1
                if not feed.state.error and feed.state.last_success_at is not None:
                    services.counters["feeds_newly_failed"] += 1
                log.info("feed_failed", feed=feed.url, code=outcome.code, detail=outcome.detail)
                response = outcome
            case parsed:
                assert isinstance(result, Fetched)
                response = _record_entries(services, feed, result, parsed)
        policy = PollPolicy.of(services.settings.poll, feed)
        state = next_state(feed.state, response, now, policy)
        url = moved_url(state, now)
        former = (*feed.former_urls, feed.url) if url else feed.former_urls
        title = feed.title or (response.parsed.title if isinstance(response, Changed) else "")
        saved.append(
            replace(
                feed,
                url=url or feed.url,
                former_urls=former,
                title=title,
                state=state,
                next_check_at=state.next_check_at,
            )
        )
    unbind_contextvars("feed_id")
    for feed, written in zip(saved, services.store.put(saved), strict=True):
        if written is None:  # edited or polled by someone else meanwhile; entries stand anyway
            log.info("feed_state_lost", feed=feed.url)


def _record_entries(services: Services, feed: Feed, result: Fetched, parsed: ParsedFeed) -> Changed:
    now = services.clock()
    history = feed.state.first_success_at is None
    candidates = entries_of(feed, parsed, now, history=history, known={})
    known = services.store.get_many(Entry, [entry.id for entry in candidates])
    fresh = entries_of(feed, parsed, now, history=history, known=known)
    gone = forgotten(services.store, [entry.url for entry in fresh])
    fresh = tuple(entry for entry in fresh if entry.url not in gone)
    written = services.store.put(fresh)
    new = sum(1 for entry in written if entry is not None and entry.id not in known)
    services.counters["entries_new"] += new
    services.counters["entries_changed"] += len([w for w in written if w]) - new
    log.info("feed_polled", feed=feed.url, entries=len(candidates), new=new)
    return Changed(
        result=result,
        parsed=parsed,
        new_entries=new,
        known_entries=len(candidates) - new,
        entry_ids=tuple(entry.id for entry in candidates),
    )
