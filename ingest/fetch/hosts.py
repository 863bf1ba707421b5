"""One request a host at a time, with a pause between, whatever number of processes polls.

The host's record says when its next request may start; whoever writes that by compare-and-set has
the turn. Decisions are pure functions of the records and the clock; `HostGate` reads and writes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import urlsplit

from ingest.fetch import robots
from ingest.fetch.result import FetchFailed, FetchResult
from ingest.model import Host
from ingest.urls import host_of, registrable_domain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ingest.store.port import Records

# A 429 that does not say how long: an hour is what such limits mostly count by.
DEFAULT_REST_S: Final = 3600.0
MIN_REST_S: Final = 60.0

_TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class Granted:
    """The turn is ours; `host` is the record as it now stands."""

    host: Host


@dataclass(frozen=True, slots=True)
class Wait:
    """The host is busy or in its pause; ask again after `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Resting:
    """The host, or its whole domain, is left alone until then."""

    until: datetime
    reason: str


Turn: TypeAlias = Granted | Wait | Resting


def host_key(url: str) -> str:
    """Return the id of a URL's host record: the host, with its port where that is a special one.

    "" where the URL has no host.
    """
    host = host_of(url)
    try:
        port = urlsplit(url).port
    except ValueError:
        return ""
    return f"{host}:{port}" if host and port not in (None, 80, 443) else host


def domain_key(url_or_host: str) -> str:
    """Return the id of the record that lets a whole registrable domain rest."""
    return f"*.{registrable_domain(url_or_host)}"


def decide(
    host: Host | None, domain: Host | None, now: datetime, *, key: str, busy_s: float
) -> Host | Wait | Resting:
    """Decide whether a request may start now; returns the record that claims the turn.

    Args:
        host: the host's record, None where there is none yet.
        domain: the record of its registrable domain, likewise.
        now: the clock.
        key: the host's id.
        busy_s: how long nobody else may start.
    """
    for record in (domain, host):
        if record is not None and record.rest_until is not None and record.rest_until > now:
            return Resting(record.rest_until, record.rest_reason)
    if host is not None and host.next_start_at is not None and host.next_start_at > now:
        return Wait((host.next_start_at - now).total_seconds())
    return replace(host or Host(id=key), next_start_at=now + timedelta(seconds=busy_s))


def rest_of(result: FetchResult, *, cap_s: float) -> tuple[str, datetime, str] | None:
    """Return what a refusal asks for: (record id, until, reason), or None.

    A 429 rests the registrable domain, for an hour where it does not say how long. A 503 with
    Retry-After rests the host alone: a whole domain's feeds must not stand still for one server.
    """
    if not isinstance(result, FetchFailed) or result.status not in (429, 503):
        return None
    answered = result.hops[-1].location if result.hops else result.url
    asked = retry_after_s(result.headers, result.fetched_at)
    if asked is None:
        if result.status != 429:
            return None
        asked = DEFAULT_REST_S
    until = result.fetched_at + timedelta(seconds=min(max(asked, MIN_REST_S), cap_s))
    key = domain_key(answered) if result.status == 429 else host_key(answered)
    said = "" if "retry-after" not in result.headers else ", Retry-After given"
    return key, until, f"HTTP {result.status}{said}"


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that Retry-After asks for, from its number or its date; None if neither.

    Source: RFC 9110 10.2.3.
    """
    text = headers.get("retry-after", "").strip()
    first = text.partition(",")[0]  # a proxy may have repeated it
    if first.isascii() and first.isdigit():
        return float(first[:12])
    try:
        date = parsedate_to_datetime(text)
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        seconds = (date - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


class HostGate:
    """Turns and rests, kept in the host records of the store.

    Args:
        records: the store; it is called from the event loop, each call one short transaction.
        pause_s: between two requests to one host; a crawl-delay of the host raises it.
        refusal_cap_s: no refusal rests a host for longer.
    """

    def __init__(self, records: Records, *, pause_s: float, refusal_cap_s: float = 86400.0) -> None:
        self._records, self._pause_s, self._cap_s = records, pause_s, refusal_cap_s

    def pause_of(self, host: Host | None) -> float:
        """Return the pause that a host gets, in seconds."""
        delay = host.crawl_delay_s if host is not None else None
        return max(self._pause_s, min(delay or 0.0, robots.MAX_CRAWL_DELAY_S))

    def known(self, url: str) -> Host | None:
        """Return the record of a URL's host, if there is one."""
        return self._records.get(Host, host_key(url))

    async def claim(self, url: str, now: datetime, *, hold_s: float = 0.0) -> Turn:
        """Claim the next start at a URL's host.

        Args:
            url: what is to be fetched.
            now: the clock.
            hold_s: longest time that the request may take; others wait that long, or until
                `release`. A process that dies meanwhile holds nobody up for longer.
        """
        key, domain = host_key(url), domain_key(url)
        for _ in range(_TRIES):
            found = self._records.get_many(Host, (key, domain))
            host = found.get(key)
            busy_s = hold_s + self.pause_of(host)
            claimed = decide(host, found.get(domain), now, key=key, busy_s=busy_s)
            if not isinstance(claimed, Host):
                return claimed
            written = self._records.put([claimed])[0]
            if written is not None:
                return Granted(written)
        return Wait(max(self._pause_s, 0.1))  # many want this host; all but one have to wait

    async def release(self, url: str, now: datetime) -> None:
        """End a claimed turn: the next may start after the pause."""

        def change(host: Host) -> Host:
            return replace(host, next_start_at=now + timedelta(seconds=self.pause_of(host)))

        self._change(host_key(url), change)

    async def rest(self, key: str, until: datetime, reason: str) -> None:
        """Let a host (`host_key`) or domain (`domain_key`) rest; never shortens a rest."""

        def change(host: Host) -> Host:
            if host.rest_until is not None and host.rest_until >= until:
                return host
            return replace(host, rest_until=until, rest_reason=reason)

        self._change(key, change)

    async def learn(self, result: FetchResult) -> None:
        """Draw the consequences of an answer for its host: see `rest_of`."""
        rest = rest_of(result, cap_s=self._cap_s)
        if rest is not None:
            await self.rest(*rest)

    async def keep_robots(self, url: str, result: FetchResult, now: datetime) -> Host:
        """Record what a host's robots.txt says; an unreachable one leaves the last rules there."""
        status, rules = robots.read_answer(result)

        def change(host: Host) -> Host:
            kept = host.robots if status == robots.UNREACHABLE else rules
            delay = robots.crawl_delay_s(kept)
            return replace(
                host, robots=kept, robots_status=status, robots_at=now, crawl_delay_s=delay
            )

        return self._change(host_key(url), change)

    def _change(self, key: str, change: Callable[[Host], Host]) -> Host:
        """Read, change, write by compare-and-set; a lost race is read again."""
        while True:
            before = self._records.get(Host, key) or Host(id=key)
            after = change(before)
            if after == before:
                return before
            written = self._records.put([after])[0]
            if written is not None:
                return written
