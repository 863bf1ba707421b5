"""How far a result can be trusted today: which feeds were seen, which fail, how old the news is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.model import Feed

SEEN_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Feeds asked with success in the last hour of all that are polled; failures; newest news."""

    feeds: int
    seen: int
    failing: tuple[tuple[str, str, datetime | None], ...]
    newest_at: datetime | None
    newest_age_s: float | None
    gaps: tuple[tuple[str, datetime, datetime], ...]


def coverage_of(feeds: Iterable[Feed], newest_at: datetime | None, now: datetime) -> Coverage:
    """Judge the feeds' states. `newest_at`: when the newest article was published or fetched."""
    polled = [feed for feed in feeds if not feed.muted]
    seen = [
        feed
        for feed in polled
        if feed.state.last_success_at and now - feed.state.last_success_at <= SEEN_WITHIN
    ]
    failing = [
        (feed.url, feed.state.error, feed.state.failing_since)
        for feed in polled
        if feed.state.error
    ]
    gaps = [
        (feed.url, feed.state.gap_from, feed.state.gap_to)
        for feed in polled
        if feed.state.gap_from and feed.state.gap_to
    ]
    age = (now - newest_at).total_seconds() if newest_at else None
    return Coverage(len(polled), len(seen), tuple(sorted(failing)), newest_at, age, tuple(gaps))


def ago(seconds: float) -> str:
    """Return `40 s`, `12 min`, `5 h` or `3 days`."""
    if seconds < 90:
        return f"{max(seconds, 0):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 86_400:.0f} days"


def coverage_line(coverage: Coverage, now: datetime) -> str:
    """Return the one line that ends a board or a search."""
    if not coverage.feeds:
        return "coverage: no feeds; add one with `summitwatch feeds add URL`"
    parts = [f"coverage: {coverage.seen} of {coverage.feeds} feeds seen in the last hour"]
    if coverage.failing:
        since = min((at for _, _, at in coverage.failing if at), default=None)
        text = f"{len(coverage.failing)} failing"
        if since:
            text += f", the longest for {ago((now - since).total_seconds())}"
        parts.append(text)
    if coverage.gaps:
        parts.append(f"{len(coverage.gaps)} with gaps")
    if coverage.newest_age_s is None:
        parts.append("no article yet")
    else:
        parts.append(f"newest article {ago(coverage.newest_age_s)} old")
    return "; ".join(parts)
