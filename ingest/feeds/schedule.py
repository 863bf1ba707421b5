"""When a feed is asked next: one pure function over what polling has learnt.

Intervals: 15 minutes by default; how many entries were new moves it; a publisher's hints lift it
to at most an hour; refusals to at most a day; a desk's own interval beats all but refusals.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias, assert_never

from ingest.feeds.hints import forbids_validators, freshness_seconds, retry_after_seconds
from ingest.feeds.pace import (
    DAY_S,
    HOUR_S,
    JITTER_RATIO,
    Asks,
    PollPolicy,
    adapted_interval,
    at_after,
    next_check,
    paced_interval,
    share_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.feeds.parsed import ParsedFeed
    from ingest.fetch.result import Fetched, Hop, NotModified
    from ingest.model import FeedState

GONE_S: Final = 30 * DAY_S
CHALLENGE_S: Final = 6 * HOUR_S
UNCONDITIONAL_EVERY: Final = timedelta(days=1)
MOVE_SIGHTINGS: Final = 5
MOVE_AFTER: Final = timedelta(days=7)
MAX_FAILURES: Final = 1000.0
KEPT_IDS: Final = 500
# So far a quiet feed's failures are a stumble, asked about soon: one timeout is worth no day.
STUMBLE: Final = 1.0
PERMANENT: Final = frozenset({301, 308})
# We did not ask: politeness held the request back, or another process was at the host.
NOT_ASKED: Final = frozenset({"resting", "busy-host"})
# Failures that lie with the server's day rather than with the feed's address.
SOFT: Final = frozenset(
    {"http-404", "http-429", "dns", "tls", "timeout", "connect", "truncated", "protocol",
     "not-a-feed", "empty-body", "parse", "worker-timeout", "worker-died", "worker-memory"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A 304."""

    result: NotModified


@dataclass(frozen=True, slots=True)
class Changed:
    """A document that parsed, whose entries are recorded.

    Attributes:
        new_entries, known_entries: of this document, after duplicates are removed.
        entry_ids: their ids in document order.
    """

    result: Fetched
    parsed: ParsedFeed
    new_entries: int
    known_entries: int
    entry_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """No usable document.

    Attributes:
        code: of `FetchFailed`, `ParseError` or `WorkerError`; see those.
        passing: the same request may well succeed soon.
    """

    code: str
    detail: str
    status: int = 0
    headers: Mapping[str, str] | None = None
    hops: tuple[Hop, ...] = ()
    passing: bool = True


PollResponse: TypeAlias = Unchanged | Changed | Failed


def next_state(
    state: FeedState, response: PollResponse, now: datetime, policy: PollPolicy
) -> FeedState:
    """Return what is known of a feed after a poll, and when to ask it again.

    Save the result only when the poll's entries are recorded: it carries the validators.

    Args:
        state: as stored before the poll.
        response: what the poll gave.
        now: when it ended, aware.
        policy: the desk's wishes for this feed.

    Returns:
        The next state; `next_check_at` lies between a minute and 31 days ahead and `why` says in
        a sentence how it came about. Never raises on anything a server can send.
    """
    match response:
        case Unchanged():
            return _after_unchanged(state, response, now, policy)
        case Changed():
            return _after_changed(state, response, now, policy)
        case Failed():
            return _after_failure(state, response, now, policy)
        case _:
            assert_never(response)


def should_send_validators(state: FeedState, now: datetime, *, ignore_cache: bool = False) -> bool:
    """Say whether to ask conditionally.

    Once a day not: some servers answer 304 for ever. `ignore_cache` is the feed's switch.
    """
    if ignore_cache or not (state.etag or state.last_modified):
        return False
    asked_at = state.last_unconditional_at
    return asked_at is not None and now - asked_at < UNCONDITIONAL_EVERY


def moved_url(state: FeedState, now: datetime) -> str:
    """Return the address that the feed has moved to for good, else "".

    A permanent redirect counts when it was seen at five polls over seven days, all the way
    permanent and to the same address, and what stood there parsed.
    """
    if state.moved_since is None or state.moved_count < MOVE_SIGHTINGS:
        return ""
    return state.moved_to if now - state.moved_since >= MOVE_AFTER else ""


def _after_unchanged(
    state: FeedState, response: Unchanged, now: datetime, policy: PollPolicy
) -> FeedState:
    result = response.result
    interval_s, reason = adapted_interval(state, 0, now, policy)
    asks = Asks(state.hint_s, state.skip_hours, state.skip_days)
    next_check_at, why = next_check(state, interval_s, asks, result.headers, reason, now, policy)
    return replace(
        state,
        **_well(state, now, 304, result.hops, result.final_url),
        etag=result.headers.get("etag") or state.etag,
        last_modified=result.headers.get("last-modified") or state.last_modified,
        interval_s=interval_s,
        unchanged_streak=state.unchanged_streak + 1,
        next_check_at=next_check_at,
        why=why,
    )


def _after_changed(
    state: FeedState, response: Changed, now: datetime, policy: PollPolicy
) -> FeedState:
    result, parsed = response.result, response.parsed
    last_new_at = state.last_new_at
    if response.new_entries:
        last_new_at = _newest_date(parsed, now) if state.first_success_at is None else now
    interval_s, reason = paced_interval(state, parsed, response.new_entries, now, policy)
    gap_from, gap_to, recent_ids = state.gap_from, state.gap_to, state.recent_ids
    if response.entry_ids and result.status != 226:  # RFC 3229: a 226 holds what is new only
        recent_ids = response.entry_ids[:KEPT_IDS]
        if _rolled_over(state, response):
            gap_from = state.last_success_at
            gap_to = _oldest_date(parsed, gap_from, now)
            interval_s = policy.interval_s
            reason = "no entry in common with the last poll, some may have been missed"
    # A document cut short must be asked for whole, and Expires: 0 forbids using any of it again.
    keep = not (parsed.truncated or forbids_validators(result.headers))
    hint_s = max(parsed.ttl_s or 0, parsed.update_period_s or 0)
    asks = Asks(hint_s, parsed.skip_hours, parsed.skip_days)
    next_check_at, why = next_check(state, interval_s, asks, result.headers, reason, now, policy)
    return replace(
        state,
        **_well(state, now, result.status, result.hops, result.final_url),
        etag=result.headers.get("etag", "") if keep else "",
        last_modified=result.headers.get("last-modified", "") if keep else "",
        body_hash=hashlib.sha256(result.body).hexdigest(),
        interval_s=interval_s,
        unchanged_streak=0,
        last_new_at=last_new_at,
        last_unconditional_at=now,
        hint_s=asks.hint_s,
        skip_hours=asks.skip_hours,
        skip_days=asks.skip_days,
        hub=parsed.hub,
        topic=parsed.topic,
        id_kind=parsed.id_kind,
        recent_ids=recent_ids,
        gap_from=gap_from,
        gap_to=gap_to,
        next_check_at=next_check_at,
        why=why,
    )


def _after_failure(
    state: FeedState, response: Failed, now: datetime, policy: PollPolicy
) -> FeedState:
    headers = response.headers or {}
    asked_for_s = retry_after_seconds(headers, now)
    if response.code in NOT_ASKED:
        held_s = min(asked_for_s or policy.interval_s, policy.refusal_cap_s)
        next_check_at, why = at_after(now, held_s, f"not asked: {response.detail or response.code}")
        return replace(state, next_check_at=next_check_at, why=why)
    failures = min(MAX_FAILURES, state.failures + _weight(response))
    interval_s = policy.own_interval_s or state.interval_s
    if response.passing and failures <= STUMBLE:
        interval_s = min(interval_s, policy.interval_s)
    wait_s: float = min(interval_s * (1 + failures), policy.refusal_cap_s)
    reason = f"{response.code}, {failures:g} on the count of failures"
    is_gone = state.gone or response.status == 410
    if response.status in {429, 503}:
        if response.status == 429:
            asked_for_s = max(asked_for_s or 0, freshness_seconds(headers, now) or 0, HOUR_S)
        if asked_for_s:
            # The herd that was turned away together must not come back together.
            spread_s = HOUR_S * share_of(policy.feed_id) if response.status == 429 else 0.0
            wait_s = max(wait_s, min(asked_for_s, policy.refusal_cap_s) + spread_s)
            reason = f"refused with {response.status}"
    elif response.code == "robots":
        wait_s = max(wait_s, policy.refusal_cap_s)
        reason = "robots.txt refuses the address"
    elif response.code.startswith("challenge"):
        wait_s = max(wait_s, CHALLENGE_S)
        reason = "the site asks readers to prove that they are human"
    wait_s *= 1 + JITTER_RATIO * share_of(policy.feed_id)
    if is_gone:
        wait_s = GONE_S + DAY_S * share_of(policy.feed_id)
        reason = "gone for good (410), tried again monthly"
    next_check_at, why = at_after(now, wait_s, reason)
    return replace(
        state,
        last_checked_at=now,
        last_status=response.status,
        failures=failures,
        failing_since=state.failing_since or now,
        error=response.code,
        error_detail=response.detail,
        on_time_successes=0,
        gone=is_gone,
        next_check_at=next_check_at,
        why=why,
    )


def _weight(response: Failed) -> float:
    """Hard failures count 1, those of a bad day .5, those that pass by themselves .25."""
    if response.code in SOFT or response.code.startswith("http-5"):
        return 0.5
    return 0.25 if response.passing and response.status == 0 else 1.0


def _well(
    state: FeedState, now: datetime, status: int, hops: tuple[Hop, ...], final_url: str
) -> dict[str, Any]:
    """Fields that every success sets: failures cleared, a permanent move counted."""
    moved = bool(hops) and all(hop.status in PERMANENT for hop in hops)
    is_same = moved and state.moved_to == final_url and state.moved_since is not None
    late_s = (now - state.next_check_at).total_seconds() if state.next_check_at else 0.0
    is_on_time = late_s <= max(state.interval_s, HOUR_S)
    return {
        "first_success_at": state.first_success_at or now,
        "last_checked_at": now,
        "last_success_at": now,
        "last_status": status,
        "failures": 0.0,
        "failing_since": None,
        "error": "",
        "error_detail": "",
        "gone": False,
        "on_time_successes": state.on_time_successes + 1 if is_on_time else 0,
        "moved_to": final_url if moved else "",
        "moved_count": (state.moved_count if is_same else 0) + 1 if moved else 0,
        "moved_since": (state.moved_since if is_same else now) if moved else None,
    }


def _rolled_over(state: FeedState, response: Changed) -> bool:
    """A document as long as the last one that shares no entry with it has lost some between."""
    former = set(state.recent_ids)
    return (
        len(former) > 1
        and len(response.entry_ids) >= len(former)
        and former.isdisjoint(response.entry_ids)
    )


def _newest_date(parsed: ParsedFeed, now: datetime) -> datetime:
    dates = (entry.published_at for entry in parsed.entries)
    return max((date for date in dates if date is not None and date <= now), default=now)


def _oldest_date(parsed: ParsedFeed, after: datetime | None, now: datetime) -> datetime:
    dates = (entry.published_at for entry in parsed.entries)
    return min(
        (date for date in dates if date and date <= now and (after is None or date >= after)),
        default=now,
    )
