"""How often a feed is asked: by its pace, its publisher's hints and the desk's wishes."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ingest.feeds.hints import freshness_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.feeds.parsed import ParsedFeed
    from ingest.model import Feed, FeedState
    from ingest.settings import PollSettings

HOUR_S: Final = 3600
DAY_S: Final = 86_400
SHORTEST_S: Final = 60
LONGEST_S: Final = 31 * DAY_S
JITTER_RATIO: Final = 0.05
# The curve of `_interval_for`.
PACE_S: Final = 56 * 60
BUSY_GAP_S: Final = HOUR_S / 2
SLOW_GAP_S: Final = 10 * HOUR_S
SLOW_POWER: Final = 3.0
# Entries whose dates tell a feed's pace: few enough to be of late, enough to even out chance.
PACE_ENTRIES: Final = 12
MIN_PACE_ENTRIES: Final = 4


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
    quiet_cap_s: int = 6 * HOUR_S
    hint_cap_s: int = HOUR_S
    refusal_cap_s: int = DAY_S
    own_interval_s: int | None = None
    feed_id: str = ""

    @classmethod
    def of(cls, settings: PollSettings, feed: Feed) -> PollPolicy:
        """Return the policy for a feed."""
        return cls(
            interval_s=settings.interval_s,
            quiet_cap_s=settings.quiet_cap_s,
            hint_cap_s=settings.hint_cap_s,
            refusal_cap_s=settings.refusal_cap_s,
            own_interval_s=feed.interval_s,
            feed_id=feed.id,
        )

    def bounded(self, interval_s: float) -> int:
        """Hold an adapted interval between the default and the cap for quiet feeds."""
        longest_s = max(self.quiet_cap_s, self.interval_s)
        return int(min(max(interval_s, self.interval_s), longest_s))


@dataclass(frozen=True, slots=True)
class Asks:
    """What the document asks of pollers."""

    hint_s: int
    skip_hours: tuple[int, ...]
    skip_days: tuple[int, ...]


def paced_interval(
    state: FeedState, parsed: ParsedFeed, new: int, now: datetime, policy: PollPolicy
) -> tuple[int, str]:
    """The interval that fits a document: by the dates of its newest entries where it has some."""
    dates = sorted(
        (entry.published_at for entry in parsed.entries if entry.published_at),
        reverse=True,
    )
    newest = [date for date in dates if date <= now][:PACE_ENTRIES]
    if len(newest) < MIN_PACE_ENTRIES:
        return adapted_interval(state, new, now, policy)
    gap_s = (now - newest[-1]).total_seconds() / len(newest)
    interval_s = _interval_for(gap_s)
    reason = f"{new} new, one every {_span(gap_s)} of late"
    return policy.bounded(interval_s), reason


def adapted_interval(
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
    return policy.bounded(interval_s), reason


def _interval_for(gap_s: float) -> float:
    """Seconds between polls for a feed with one entry every `gap_s` seconds.

    Busy feeds are asked as the root of their pace, which costs the least delay for a number of
    requests; those with one entry in half an hour to ten hours about hourly, so that an entry
    waits an hour at most; slower ones ever less, down to the cap for quiet feeds, since hardly an
    entry waits there. The figures are those of benchmarks/politeness.py: half the requests of an
    hourly poller at no more delay. A desk that wants a feed sooner gives it its own interval.
    """
    gap_s = max(gap_s, 1.0)
    if gap_s < BUSY_GAP_S:
        return PACE_S * math.sqrt(gap_s / BUSY_GAP_S)
    return PACE_S * math.pow(max(1.0, gap_s / SLOW_GAP_S), SLOW_POWER)


def next_check(
    state: FeedState,
    interval_s: int,
    asks: Asks,
    headers: Mapping[str, str],
    reason: str,
    now: datetime,
    policy: PollPolicy,
) -> tuple[datetime, str]:
    """When to ask a feed that is well, and why then."""
    if policy.own_interval_s:
        return at_after(now, policy.own_interval_s, "the feed's own interval")
    hint_s = min(max(asks.hint_s, freshness_seconds(headers, now) or 0), policy.hint_cap_s)
    wait_s: float = interval_s
    if hint_s > wait_s:
        wait_s, reason = hint_s, f"{reason}; the publisher asks for {_span(hint_s)}"
    share = share_of(policy.feed_id)
    if state.first_success_at is None:  # feeds added together part at once
        wait_s *= 0.5 + 0.5 * share
    else:
        wait_s *= 1 + JITTER_RATIO * (2 * share - 1)
    if asks.skip_hours or asks.skip_days:
        pause_s = _skip_seconds(now + timedelta(seconds=wait_s), asks.skip_hours, asks.skip_days)
        if pause_s:
            wait_s += pause_s + 900 * share
            reason += "; the publisher's skipped hours or days are left out"
    return at_after(now, wait_s, reason)


def _skip_seconds(at: datetime, hours: tuple[int, ...], days: tuple[int, ...]) -> float:
    """Return how long to go on waiting until an hour that is not skipped, a day at most."""
    start = at
    while at - start < timedelta(days=1) and (at.hour in hours or at.weekday() in days):
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return min((at - start).total_seconds(), DAY_S)


def at_after(now: datetime, wait_s: float, reason: str) -> tuple[datetime, str]:
    """Return the moment after a wait, held between a minute and 31 days, and the sentence why."""
    wait_s = math.ceil(min(max(wait_s, SHORTEST_S), LONGEST_S))
    return now + timedelta(seconds=wait_s), f"in {_span(wait_s)}: {reason}"


@lru_cache(maxsize=50_000)
def share_of(feed_id: str) -> float:
    """A number in 0..1 that is a feed's own."""
    return int.from_bytes(hashlib.sha256(feed_id.encode("utf-8", "replace")).digest()[:4]) / 2**32


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR_S:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / HOUR_S:.0f} h" if seconds < 2 * DAY_S else f"{seconds / DAY_S:.0f} d"
