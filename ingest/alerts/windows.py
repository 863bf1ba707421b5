"""Closed windows: which there are, what was counted in them, and what that means. Pure.

Windows of `spike` and `flatline` follow each other from 1970 on; a digest's end at a time of day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ingest import ids
from ingest.alerts.matching import group_id
from ingest.query.analysis import fold_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ingest.alerts.facts import Fact
    from ingest.alerts.matching import Match
    from ingest.alerts.ruleset import Rule
    from ingest.model import Evidence

GRACE = timedelta(minutes=2)
"""A window is counted so long after its end: what was stored within it can be found by then."""
MIN_WINDOWS = 3  # fewer say nothing of what is usual
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RANK = {"agreed": 0, "rejected": 1, "hosted": 2, "proposed": 3}


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time, end exclusive."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """What a window raised for one group: a `Firing` whose evidence is made already."""

    rule: Rule
    key: tuple[str, ...]
    line: str
    evidence: tuple[Evidence, ...]
    standing: str = ""
    parties: tuple[str, ...] = ()
    article_id: str = ""

    @property
    def group_id(self) -> str:
        """Id of the group's record."""
        return group_id(self.rule.id, self.key)

    def shown(self, timezone: str) -> tuple[Evidence, ...]:  # noqa: ARG002  as Firing has it
        """The evidence as an alert shows it."""
        return self.evidence


def last_end(rule: Rule, now: datetime) -> datetime:
    """Return the latest end of a window that is not after `now`."""
    if rule.type != "digest":
        return _EPOCH + (now - _EPOCH) // rule.window * rule.window
    local = now.astimezone(ZoneInfo(rule.timezone))
    day = local.date()
    if rule.every == "week":
        day -= timedelta(days=day.weekday())
    step = timedelta(days=7 if rule.every == "week" else 1)
    end = _at(rule, day)
    return end if end <= now else _at(rule, day - step)


def closed_windows(rule: Rule, after: datetime, now: datetime) -> list[Window]:
    """Return the windows that closed since `after`, oldest first, once their grace is over."""
    latest = last_end(rule, now - GRACE)
    found: list[Window] = []
    end = latest
    while end > after:
        start = last_end(rule, end - timedelta(microseconds=1))
        found.append(Window(max(start, after), end))
        end = start
    return found[::-1]


def windows_before(rule: Rule, window: Window, since: datetime) -> list[Window]:
    """Return the whole windows of the baseline, oldest first; none that began before `since`."""
    end = last_end(rule, window.end - timedelta(microseconds=1))
    count = rule.baseline // rule.window
    found = [Window(end - (n + 1) * rule.window, end - n * rule.window) for n in range(count)]
    return [earlier for earlier in reversed(found) if earlier.start >= since]


def window_id(rule: Rule, window: Window) -> str:
    """Id of a RuleWindow."""
    return ids.sha256("rule-window", rule.id, rule.version, window.start.isoformat())


def _at(rule: Rule, day: object) -> datetime:
    local = datetime.combine(day, rule.at, ZoneInfo(rule.timezone))  # type: ignore[arg-type]
    return local.astimezone(UTC)


# --- what was said in a window -----------------------------------------------------------------


def sentences(matches: Iterable[Match]) -> dict[tuple[str, ...], list[tuple[Match, Fact]]]:
    """Group what matches show, each distinct sentence once: copies of agency text count as one."""
    seen: dict[tuple[str, ...], set[str]] = {}
    found: dict[tuple[str, ...], list[tuple[Match, Fact]]] = {}
    for match in matches:
        known = seen.setdefault(match.key, set())
        for fact in match.facts:
            folded = fold_text(fact.sentence)
            if folded not in known:
                known.add(folded)
                found.setdefault(match.key, []).append((match, fact))
    return found


def usual(key: tuple[str, ...], baseline: Sequence[Mapping[tuple[str, ...], int]]) -> float:
    """Return how much of a group a window of the baseline holds on average."""
    return sum(counts.get(key, 0) for counts in baseline) / len(baseline)


def spikes(
    rule: Rule,
    counts: Mapping[tuple[str, ...], int],
    baseline: Sequence[Mapping[tuple[str, ...], int]],
) -> dict[tuple[str, ...], float]:
    """Return the groups that were spoken of unusually much, and how much is usual."""
    if len(baseline) < MIN_WINDOWS:
        return {}
    means = {key: usual(key, baseline) for key in counts}
    return {
        key: means[key]
        for key, count in counts.items()
        if count >= rule.min_count and count >= rule.ratio * means[key]
    }


def flat(
    rule: Rule,
    groups: Iterable[tuple[str, ...]],
    counts: Mapping[tuple[str, ...], int],
    baseline: Sequence[Mapping[tuple[str, ...], int]],
) -> dict[tuple[str, ...], float]:
    """Return the groups that gave too little though they usually give enough, and the usual."""
    if len(baseline) < MIN_WINDOWS:
        return {}
    quiet = [key for key in groups if counts.get(key, 0) < rule.below]
    means = {key: usual(key, baseline) for key in quiet}
    return {key: mean for key, mean in means.items() if mean >= rule.below}


def best_first(found: Iterable[tuple[Match, Fact]]) -> list[tuple[Match, Fact]]:
    """Order what a digest shows: decisions before offers, sure before unsure, new before old."""

    def rank(pair: tuple[Match, Fact]) -> tuple[int, float, float, str]:
        match, fact = pair
        newest = -match.view.article.effective_at.timestamp()
        return (_RANK.get(fact.role, 4), -round(fact.confidence, 1), newest, fact.id)

    return sorted(found, key=rank)


# --- how it is told ----------------------------------------------------------------------------


def span(window: Window, timezone: str) -> str:
    """Return `1 Mar 07:00 to 2 Mar 07:00 UTC`."""
    zone = ZoneInfo(timezone)
    start, end = window.start.astimezone(zone), window.end.astimezone(zone)
    first = f"{start.day} {start:%b %H:%M}"
    return f"{first} to {end.day} {end:%b %H:%M} {timezone}"


def spike_line(label: str, count: int, mean: float, window: Window, timezone: str) -> str:
    """Return the line of a spike; it says what was counted."""
    return (
        f"{label or 'the rule'}: {count} distinct sentences, {mean:.1f} are usual,"
        f" {span(window, timezone)} (sentences are counted: there are no stories yet)"
    )


def flat_line(label: str, what: str, count: int, mean: float | None, when: str) -> str:
    """Return the line of a flatline."""
    known = "" if mean is None else f", {mean:.1f} are usual"
    return f"{label}: {count} {what}{known}, {when}"


def digest_line(sentences_: int, articles: int, older: int, when: str) -> str:
    """Return the line of a digest."""
    old = f", {older:,} more in old articles stored now" if older else ""
    return f"digest: {sentences_:,} sentences in {articles:,} articles{old}, {when}"
