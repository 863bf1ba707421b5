"""Seven days of polling in virtual time: how many requests, and how late the news is.

    python benchmarks/politeness.py [--feeds 10000] [--hosts 3000] [--days 7] [--seed 1]

10,000 feeds on 3,000 hosts, driven by the very function that decides in production
(`ingest.feeds.schedule.next_state`), against a poller that asks every feed every 60 minutes. Both
ask one thing at a time of a host, two seconds apart, and conditionally. The mix of feeds below is
an assumption, written out as constants; nothing here touches the network. Hosts do not wait for
each other, so groups of them run in as many processes as there are cores. Prints a table and one
JSON line; the same seed gives the same figures.
"""

from __future__ import annotations

import argparse
import gc
import heapq
import json
import os
import random
import time
from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ingest.feeds.parsed import ParsedEntry, ParsedFeed
from ingest.feeds.schedule import Changed, Failed, PollPolicy, Unchanged, next_state
from ingest.fetch.result import Fetched, NotModified
from ingest.model import Feed, FeedState
from ingest.settings import PollSettings

START = datetime(2026, 3, 2, tzinfo=UTC)
DAY_S, HOUR_S = 86_400.0, 3600.0

# Entries a day, log-normal: most feeds publish less than one, a few agencies hundreds.
ENTRIES_A_DAY_MEDIAN, ENTRIES_A_DAY_SIGMA, ENTRIES_A_DAY_MAX = 0.7, 2.2, 400.0
# Newsrooms sleep: hourly weight of publishing over a local day.
DAY_SHAPE = (
    [0.3] * 6
    + [0.9, 1.3, 1.5, 1.6, 1.6, 1.6, 1.5, 1.5, 1.5, 1.4, 1.4, 1.3, 1.2, 1.0, 0.9]
    + [0.6] * 3
)
DOCUMENT_LENGTHS = (10, 15, 20, 30, 50)
# Shares of feeds.
DEAD = 0.03  # 404 for ever
GONE = 0.005  # 410
HTML = 0.01  # a page where the feed was
MOVED = 0.02  # behind a permanent redirect
NO_VALIDATORS = 0.30  # always answer with the whole document
HINTED = {900: 0.10, 1800: 0.08, 3600: 0.30}  # ttl or updatePeriod, in seconds
MAX_AGE = {300: 0.20, 600: 0.10, 3600: 0.04}  # cache-control
# Shares of polls.
PASSING_FAILURES = 0.012  # timeouts, resets, 502 and 503
REFUSALS = 0.002  # 429 with Retry-After of an hour
LATENCY_S, PAUSE_S = 0.5, 2.0
GROUPS = 8  # of hosts; a part of the figures as the seed is


@dataclass
class SimFeed:
    """A feed of the simulation: what it publishes and how its server behaves."""

    id: str
    host: int
    times: list[float]
    entries: tuple[ParsedEntry, ...]
    ids: tuple[str, ...]
    length: int
    fate: str
    has_validators: bool
    ttl_s: int | None
    headers: dict[str, str]
    policy: PollPolicy
    seen: int = 0
    first_at: float = -1.0
    state: FeedState = field(default_factory=FeedState)


@dataclass
class Tally:
    """What one poller did."""

    requests: int = 0
    unchanged: int = 0
    failed: int = 0
    delays: array[float] = field(default_factory=lambda: array("d"))
    missed: int = 0
    host_hour_max: int = 0

    def add(self, other: Tally) -> None:
        self.requests += other.requests
        self.unchanged += other.unchanged
        self.failed += other.failed
        self.delays += other.delays
        self.missed += other.missed
        self.host_hour_max = max(self.host_hour_max, other.host_hour_max)


def pick(dice: random.Random, shares: dict[int, float]) -> int:
    """One of the keys by its share, 0 for the rest."""
    at = dice.random()
    for value, share in shares.items():
        if at < share:
            return value
        at -= share
    return 0


def make_feeds(
    number: int, hosts: int, days: float, seed: int, group: int, settings: PollSettings
) -> list[SimFeed]:
    """The feeds of one group of hosts; every feed has dice of its own."""
    weights = [1 / (rank + 10) ** 0.7 for rank in range(hosts)]
    chosen = random.Random(seed).choices(range(hosts), weights, k=number)
    return [
        make_feed(random.Random(f"{seed} {number}"), number, host, days, settings)
        for number, host in enumerate(chosen)
        if host % GROUPS == group
    ]


def make_feed(
    dice: random.Random, number: int, host: int, days: float, settings: PollSettings
) -> SimFeed:
    rate = min(
        ENTRIES_A_DAY_MAX, dice.lognormvariate(0, ENTRIES_A_DAY_SIGMA) * ENTRIES_A_DAY_MEDIAN
    )
    zone = dice.randrange(24)
    fate = "well"
    at = dice.random()
    for name, share in (("dead", DEAD), ("gone", GONE), ("html", HTML), ("moved", MOVED)):
        if at < share:
            fate = name
            break
        at -= share
    length = dice.choice(DOCUMENT_LENGTHS)
    times = []
    moment = 0.0
    for _ in range(length):  # what the document holds when polling begins
        moment -= dice.expovariate(rate / DAY_S)
        times.append(moment)
    times.reverse()
    top = max(DAY_SHAPE)
    mean = sum(DAY_SHAPE) / 24
    moment = 0.0
    while True:  # a Poisson process thinned to the shape of the day
        moment += dice.expovariate(rate / mean * top / DAY_S)
        if moment > days * DAY_S:
            break
        if dice.random() * top < DAY_SHAPE[(int(moment // HOUR_S) + zone) % 24]:
            times.append(moment)
    hint = pick(dice, HINTED)
    max_age = pick(dice, MAX_AGE)
    has_validators = dice.random() >= NO_VALIDATORS
    headers = {"cache-control": f"max-age={max_age}"} if max_age else {}
    if has_validators:
        headers["etag"] = '"x"'
    return SimFeed(
        id=f"feed-{number}",
        host=host,
        times=times,
        entries=tuple(
            ParsedEntry(key="", published_at=START + timedelta(seconds=t)) for t in times
        ),
        ids=tuple(map(str, range(len(times)))),
        length=length,
        fate=fate,
        has_validators=has_validators,
        ttl_s=hint or None,
        headers=headers,
        policy=PollPolicy.of(settings, Feed(id=f"feed-{number}", url="")),
    )


Decide = Callable[[SimFeed, float, str, int, int], float]


def every_hour(_feed: SimFeed, at: float, _outcome: str, _new: int, _end: int) -> float:
    """Every sixty minutes, come what may."""
    return at + HOUR_S


def decide_ours(feed: SimFeed, at: float, outcome: str, new: int, end: int) -> float:
    """Ask production's function; returns the moment of the next poll."""
    now = START + timedelta(seconds=at)
    response: Changed | Unchanged | Failed
    if outcome == "unchanged":
        response = Unchanged(NotModified(feed.id, feed.id, feed.headers, now))
    elif outcome == "changed":
        first = max(0, end - feed.length)
        response = Changed(
            result=Fetched(feed.id, feed.id, 200, feed.headers, b"", now),
            parsed=ParsedFeed(entries=feed.entries[first:end], ttl_s=feed.ttl_s),
            new_entries=new,
            known_entries=end - first - new,
            entry_ids=feed.ids[first:end],
        )
    else:
        status = {"dead": 404, "gone": 410, "refused": 429, "passing": 503}.get(outcome, 200)
        headers = {"retry-after": "3600"} if outcome == "refused" else {}
        code = "not-a-feed" if outcome == "html" else f"http-{status}"
        response = Failed(code=code, detail="", status=status, headers=headers)
    feed.state = next_state(feed.state, response, now, feed.policy)
    assert feed.state.next_check_at is not None
    return (feed.state.next_check_at - START).total_seconds()


def simulate(feeds: list[SimFeed], days: float, decide: Decide, seed: int) -> Tally:
    """Run a poller over the feeds; entries from before a feed's first poll are history."""
    dice = random.Random(seed)
    tally = Tally()
    due = [(dice.random() * HOUR_S, number) for number in range(len(feeds))]
    heapq.heapify(due)
    free_at: defaultdict[int, float] = defaultdict(float)
    by_host_hour: Counter[tuple[int, int]] = Counter()
    end_s = days * DAY_S
    while due:
        wanted, number = heapq.heappop(due)
        feed = feeds[number]
        at = max(wanted, free_at[feed.host])
        if at > wanted + 1 and at < end_s:
            heapq.heappush(due, (at, number))  # the host is busy: its turn comes later
            continue
        if at >= end_s:
            continue
        free_at[feed.host] = at + LATENCY_S + PAUSE_S
        tally.requests += 1
        by_host_hour[feed.host, int(at // HOUR_S)] += 1
        new, end = 0, bisect_right(feed.times, at)
        luck = dice.random()
        if luck < PASSING_FAILURES:
            outcome = "passing"
        elif luck < PASSING_FAILURES + REFUSALS:
            outcome = "refused"
        elif feed.fate in {"dead", "gone", "html"}:
            outcome = feed.fate
        else:
            new = end - feed.seen
            is_whole = feed.first_at < 0 or new or not feed.has_validators
            outcome = "changed" if is_whole else "unchanged"
        if outcome == "unchanged":
            tally.unchanged += 1
        elif outcome != "changed":
            tally.failed += 1
        if outcome == "changed":
            if feed.first_at < 0:
                feed.first_at = at
            else:
                kept = feed.times[max(feed.seen, end - feed.length) : end]
                tally.delays.extend([at - moment for moment in kept])
                tally.missed += new - len(kept)
            feed.seen = end
        heapq.heappush(due, (decide(feed, at, outcome, min(new, feed.length), end), number))
    tally.host_hour_max = max(by_host_hour.values(), default=0)
    return tally


POLLERS: dict[str, Decide] = {"fixed-60": every_hour, "ours": decide_ours}


def run_group(poller: str, group: int, args: argparse.Namespace) -> Tally:
    """One poller over one group of hosts, in a process of its own."""
    gc.disable()  # nothing here is cyclic, and a million small values are long to walk
    settings = PollSettings(quiet_cap_s=args.quiet_cap_s)
    feeds = make_feeds(args.feeds, args.hosts, args.days, args.seed, group, settings)
    return simulate(feeds, args.days, POLLERS[poller], args.seed + 1 + group)


def run(args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """All pollers over all groups; a row of figures each."""
    tallies = {poller: Tally() for poller in POLLERS}
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), max_tasks_per_child=1) as pool:
        running = [
            (poller, pool.submit(run_group, poller, group, args))
            for group in range(GROUPS)
            for poller in POLLERS
        ]
        for poller, done in running:
            tallies[poller].add(done.result())
    return {poller: summary(tally, args.days) for poller, tally in tallies.items()}


def summary(tally: Tally, days: float) -> dict[str, float]:
    delays = sorted(tally.delays)
    return {
        "requests_a_day": round(tally.requests / days),
        "delay_p50_min": round(delays[len(delays) // 2] / 60, 1),
        "delay_p95_min": round(delays[int(len(delays) * 0.95)] / 60, 1),
        "delay_mean_min": round(sum(delays) / len(delays) / 60, 1),
        "share_304": round(tally.unchanged / tally.requests, 3),
        "share_failed": round(tally.failed / tally.requests, 3),
        "host_hour_max": tally.host_hour_max,
        "entries": len(delays),
        "missed": tally.missed,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--hosts", type=int, default=3_000)
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quiet-cap-s", type=int, default=PollSettings().quiet_cap_s)
    args = parser.parse_args()
    started = time.perf_counter()
    rows = run(args)
    fixed, ours = rows["fixed-60"], rows["ours"]
    print(
        f"{args.feeds} feeds, {args.hosts} hosts, {args.days:g} days, seed {args.seed}, quiet cap {args.quiet_cap_s} s"
    )
    print(f"{'':<18}{'fixed 60 min':>14}{'ours':>14}")
    for key in fixed:
        print(f"{key:<18}{fixed[key]:>14}{ours[key]:>14}")
    ratio = ours["requests_a_day"] / fixed["requests_a_day"]
    print(f"{time.perf_counter() - started:.0f} s; load {os.getloadavg()[0]:.1f}")
    print(f"requests: {ratio:.3f} of the fixed poller's (goal: at most 0.50, at no more delay)")
    print(
        json.dumps(
            {
                "benchmark": "politeness",
                "feeds": args.feeds,
                "hosts": args.hosts,
                "days": args.days,
                "seed": args.seed,
                "quiet_cap_s": args.quiet_cap_s,
                "requests_ratio": round(ratio, 3),
                "fixed": fixed,
                "ours": ours,
                "elapsed_s": round(time.perf_counter() - started, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
