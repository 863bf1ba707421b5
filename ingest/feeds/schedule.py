"""When a feed is asked next: one pure function over what polling has learnt.

Intervals: 15 minutes by default; how many entries were new moves it; a publisher's hints lift it
to at most an hour; refusals to at most a day; a desk's own interval beats all but refusals.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias, assert_never

from ingest.feeds.hints import (
    forbids_validators,
    freshness_seconds,
    retry_after_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.feeds.parsed import ParsedFeed
    from ingest.fetch.result import Fetched, Hop, NotModified
    from ingest.model import Feed, FeedState
    from ingest.settings import PollSettings

HOUR_S: Final = 3600
DAY_S: Final = 86_400
SHORTEST_S: Final = 60
LONGEST_S: Final = 31 * DAY_S
GONE_S: Final = 30 * DAY_S
CHALLENGE_S: Final = 6 * HOUR_S
UNCONDITIONAL_EVERY: Final = timedelta(days=1)
MOVE_SIGHTINGS: Final = 5
MOVE_AFTER: Final = timedelta(days=7)
MAX_FAILURES: Final = 1000.0
JITTER_RATIO: Final = 0.1
KEPT_IDS: Final = 500
PACE_S: Final = 55 * 60
BUSY_GAP_S: Final = 2 * HOUR_S
SLOW_GAP_S: Final = 12 * HOUR_S
SLOW_POWER: Final = 3.0
# Entries whose dates tell a feed's pace: few enough to be of late, enough to even out chance.
PACE_ENTRIES: Final = 12
MIN_PACE_ENTRIES: Final = 4
PERMANENT: Final = frozenset({301, 308})
# We did not ask: politeness held the request back, or another process was at the host.
NOT_ASKED: Final = frozenset({"resting", "busy-host"})
# Failures that lie with the server's day rather than with the feed's address.
SOFT: Final = frozenset(
    {"http-404", "http-429", "dns", "tls", "timeout", "connect", "truncated", "protocol",
     "not-a-feed", "empty-body", "parse", "worker-timeout", "worker-died", "worker-memory"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """What the desk has set, for one feed.

    Attributes:
        interval_s: default, and the shortest that adapting goes to.
        quiet_cap_s: the longest that adapting goes to for a feed with little news.
        hint_cap_s, refusal_cap_s: how far hints and refusals may lift the interval.
        own_interval_s: the feed's own interval, None where the desk set none.
        feed_id: spreads feeds over time, always the same way for one feed.
    """

    interval_s: int = 900
    quiet_cap_s: int = 12 * HOUR_S
    hint_cap_s: int = HOUR_S
    refusal_cap_s: int = DAY_S
    own_interval_s: int | None = None
    feed_id: str = ""

    @classmethod
    def of(cls, settings: PollSettings, feed: Feed) -> PollPolicy:
        """Return the policy for a feed."""
        return cls(
            interval_s=settings.interval_s,
            hint_cap_s=settings.hint_cap_s,
            refusal_cap_s=settings.refusal_cap_s,
            own_interval_s=feed.interval_s,
            feed_id=feed.id,
        )


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
    interval_s, reason = _adapted_interval(state, 0, now, policy)
    asks = _Asks(state.hint_s, state.skip_hours, state.skip_days)
    next_check_at, why = _next_check(state, interval_s, asks, result.headers, reason, now, policy)
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
    interval_s, reason = _paced_interval(state, response, now, policy)
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
    asks = _Asks(hint_s, parsed.skip_hours, parsed.skip_days)
    next_check_at, why = _next_check(state, interval_s, asks, result.headers, reason, now, policy)
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
        next_check_at, why = _at(now, held_s, f"not asked: {response.detail or response.code}")
        return replace(state, next_check_at=next_check_at, why=why)
    failures = min(MAX_FAILURES, state.failures + _weight(response))
    interval_s = policy.own_interval_s or state.interval_s
    wait_s: float = min(interval_s * (1 + failures), policy.refusal_cap_s)
    reason = f"{response.code}, {failures:g} on the count of failures"
    is_gone = state.gone or response.status == 410
    if response.status in {429, 503}:
        if response.status == 429:
            asked_for_s = max(asked_for_s or 0, freshness_seconds(headers, now) or 0, HOUR_S)
        if asked_for_s:
            # The herd that was turned away together must not come back together.
            spread_s = HOUR_S * _share(policy.feed_id) if response.status == 429 else 0.0
            wait_s = max(wait_s, min(asked_for_s, policy.refusal_cap_s) + spread_s)
            reason = f"refused with {response.status}"
    elif response.code == "robots":
        wait_s = max(wait_s, policy.refusal_cap_s)
        reason = "robots.txt refuses the address"
    elif response.code.startswith("challenge"):
        wait_s = max(wait_s, CHALLENGE_S)
        reason = "the site asks readers to prove that they are human"
    wait_s *= 1 + JITTER_RATIO * _share(policy.feed_id)
    if is_gone:
        wait_s = GONE_S + DAY_S * _share(policy.feed_id)
        reason = "gone for good (410), tried again monthly"
    next_check_at, why = _at(now, wait_s, reason)
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


@dataclass(frozen=True, slots=True)
class _Asks:
    """What the document asks of pollers."""

    hint_s: int
    skip_hours: tuple[int, ...]
    skip_days: tuple[int, ...]


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


def _paced_interval(
    state: FeedState, response: Changed, now: datetime, policy: PollPolicy
) -> tuple[int, str]:
    """The interval that fits a document: by the dates of its newest entries where it has some."""
    dates = sorted(
        (entry.published_at for entry in response.parsed.entries if entry.published_at),
        reverse=True,
    )
    newest = [date for date in dates if date <= now][:PACE_ENTRIES]
    if len(newest) < MIN_PACE_ENTRIES:
        return _adapted_interval(state, response.new_entries, now, policy)
    gap_s = (now - newest[-1]).total_seconds() / len(newest)
    interval_s = _interval_for(gap_s)
    reason = f"{response.new_entries} new, one every {_span(gap_s)} of late"
    return int(min(max(interval_s, policy.interval_s), policy.quiet_cap_s)), reason


def _adapted_interval(
    state: FeedState, new: int, now: datetime, policy: PollPolicy
) -> tuple[int, str]:
    """Move the interval half way (in ratio) to what new entries, or their absence, ask for."""
    if state.last_success_at is None or state.on_time_successes < 1:
        return policy.interval_s, "too few polls on time to know the feed's pace"
    quiet_s = (now - (state.last_new_at or state.last_success_at)).total_seconds()
    if new:
        wanted_s = _interval_for(quiet_s / new)
        reason = f"{new} new"
    else:
        # One wait in twenty is thrice the mean by chance; longer ones mean that it rests.
        wanted_s = max(_interval_for(quiet_s / 3), state.interval_s)
        reason = f"nothing new for {_span(quiet_s)}"
    interval_s = math.sqrt(max(state.interval_s, 1) * wanted_s)
    return int(min(max(interval_s, policy.interval_s), policy.quiet_cap_s)), reason


def _interval_for(gap_s: float) -> float:
    """Seconds between polls for a feed with one entry every `gap_s` seconds.

    Busy feeds are asked as the root of their pace, which costs the least delay for a number of
    requests; those with one entry in two to twelve hours about hourly, so that an entry waits an
    hour at most; slower ones ever less, since hardly an entry waits there. The figures are those
    of benchmarks/politeness.py: half the requests of an hourly poller, and less delay.
    """
    gap_s = max(gap_s, 1.0)
    if gap_s < BUSY_GAP_S:
        return PACE_S * math.sqrt(gap_s / BUSY_GAP_S)
    return PACE_S * math.pow(max(1.0, gap_s / SLOW_GAP_S), SLOW_POWER)


def _next_check(
    state: FeedState,
    interval_s: int,
    asks: _Asks,
    headers: Mapping[str, str],
    reason: str,
    now: datetime,
    policy: PollPolicy,
) -> tuple[datetime, str]:
    """When to ask a feed that is well, and why then."""
    if policy.own_interval_s:
        return _at(now, policy.own_interval_s, "the feed's own interval")
    hint_s = min(max(asks.hint_s, freshness_seconds(headers, now) or 0), policy.hint_cap_s)
    wait_s: float = interval_s
    if hint_s > wait_s:
        wait_s, reason = hint_s, f"{reason}; the publisher asks for {_span(hint_s)}"
    share = _share(policy.feed_id)
    if state.first_success_at is None:  # feeds added together part at once
        wait_s *= 0.5 + 0.5 * share
    else:
        wait_s *= 1 + JITTER_RATIO * (2 * share - 1)
    if asks.skip_hours or asks.skip_days:
        pause_s = _skip_seconds(now + timedelta(seconds=wait_s), asks.skip_hours, asks.skip_days)
        if pause_s:
            wait_s += pause_s + 900 * share
            reason += "; the publisher's skipped hours or days are left out"
    return _at(now, wait_s, reason)


def _skip_seconds(at: datetime, hours: tuple[int, ...], days: tuple[int, ...]) -> float:
    """Return how long to go on waiting until an hour that is not skipped, a day at most."""
    start = at
    while at - start < timedelta(days=1) and (at.hour in hours or at.weekday() in days):
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return min((at - start).total_seconds(), DAY_S)


def _at(now: datetime, wait_s: float, reason: str) -> tuple[datetime, str]:
    wait_s = math.ceil(min(max(wait_s, SHORTEST_S), LONGEST_S))
    return now + timedelta(seconds=wait_s), f"in {_span(wait_s)}: {reason}"


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


@lru_cache(maxsize=50_000)
def _share(feed_id: str) -> float:
    """A number in 0..1 that is a feed's own."""
    return int.from_bytes(hashlib.sha256(feed_id.encode("utf-8", "replace")).digest()[:4]) / 2**32


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR_S:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / HOUR_S:.0f} h" if seconds < 2 * DAY_S else f"{seconds / DAY_S:.0f} d"
