"""Rules that closed windows drive: what each window held, and the alerts that this raises.

The last window that was counted is saved in the rule's state after its alerts are written, so
that after downtime or a crash each window is counted again from there, and raises the same ids.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

import structlog

from ingest.alerts import windows
from ingest.alerts.facts import View
from ingest.alerts.groups import raise_alerts
from ingest.alerts.history import pages, set_aside, update_state
from ingest.alerts.matching import is_young, match_rule
from ingest.alerts.periods import Timed
from ingest.alerts.ruleset import FEEDS
from ingest.alerts.windows import Counted, Window
from ingest.errors import StoreError
from ingest.model import Entry, Evidence, Feed, RuleState, RuleWindow, Run
from ingest.store.port import Where
from ingest.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ingest.alerts.facts import Fact
    from ingest.alerts.matching import Match
    from ingest.alerts.ruleset import Rule, RuleSet
    from ingest.model import Alert, Article
    from ingest.store.port import Store

log = structlog.get_logger()

Key: TypeAlias = tuple[str, ...]
MAX_AT_ONCE = 200  # windows of a rule in one evaluation; the next one goes on


@dataclass(slots=True)
class Closed:
    """Alerts that closed windows raised, and rules set aside for what they did: id -> error."""

    alerts: list[Alert] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def close_windows(
    store: Store, rules: RuleSet, states: Mapping[str, RuleState], now: datetime
) -> Closed:
    """Count the windows that closed since the last evaluation, raise what they hold, save.

    Args:
        states: of the rules that are not set aside.
    """
    closed = Closed()
    for rule in rules.rules:
        state = states.get(rule.id)
        if not rule.is_windowed or state is None or state.window_end is None:
            continue
        due = windows.closed_windows(rule, state.window_end, now)[:MAX_AT_ONCE]
        counting = Counting(store, rules, rule)
        for window in due:
            try:
                fired = counting.fired(window)
            except StoreError:
                raise
            except Exception as exc:  # noqa: BLE001  one broken rule must not stop the others
                error = f"{type(exc).__name__}: {exc}"[:500]
                log.warning("rule_set_aside", rule=rule.id, error=error)
                set_aside(store, rule.id, window.end, error)
                closed.failed[rule.id] = error
                break
            timed = [Timed(counted, window.start) for counted in fired]
            closed.alerts += raise_alerts(store, rules, timed, now)
            if fired or window is due[-1]:  # one that raised nothing may be counted again
                update_state(store, rule.id, partial(_counted_to, window.end))
        if due and rule.type != "digest":
            _forget(store, rule, due[-1])
    return closed


def _counted_to(end: datetime, state: RuleState) -> RuleState:
    return replace(state, window_end=max(state.window_end or end, end))


def _forget(store: Store, rule: Rule, window: Window) -> None:
    """Drop counts that no baseline needs any more."""
    old = Where("started_at", "<", window.start - 2 * rule.baseline)
    found = store.find(RuleWindow, Where("rule_id", "=", rule.id), old)
    store.delete(RuleWindow, [counted.id for counted in found])


@dataclass(slots=True)
class Counting:
    """Counts one rule's windows.

    Attributes:
        clock: an article belongs to the window in which it was `stored`, or, when the past is
            tried, in which it was `published`.
    """

    store: Store
    rules: RuleSet
    rule: Rule
    clock: Literal["stored", "published"] = "stored"
    _known: dict[str, Mapping[Key, int]] = field(default_factory=dict)
    _earliest: datetime | None = None

    def fired(self, window: Window) -> list[Counted]:
        """Return what the window raises."""
        match self.rule.type:
            case "spike":
                return self._spikes(window)
            case "flatline":
                return self._flat_feeds(window) if self.rule.of == FEEDS else self._flat(window)
            case _:
                return self._digest(window)

    def _spikes(self, window: Window) -> list[Counted]:
        found = windows.sentences(self._matches(self.rule, window))
        counts = {key: len(pairs) for key, pairs in found.items()}
        self._save(window, counts)
        if not any(count >= self.rule.min_count for count in counts.values()):
            return []
        means = windows.spikes(self.rule, counts, self._baseline(window))
        timezone = self.rules.timezone
        return [
            Counted(
                self.rule,
                key,
                windows.spike_line(_label(key, found[key]), counts[key], mean, window, timezone),
                tuple(m.view.evidence(fact, timezone) for m, fact in found[key][:5]),
            )
            for key, mean in means.items()
        ]

    def _flat(self, window: Window) -> list[Counted]:
        counts = self._count_rule(window)
        self._save(window, counts)
        if not self._was_watched(window):
            return []
        found = windows.flat(self.rule, [()], counts, self._baseline(window))
        when = windows.span(window, self.rules.timezone)
        lines = [
            windows.flat_line(f"rule {self.rule.of}", "distinct sentences", counts[()], mean, when)
            for mean in found.values()
        ]
        return [
            Counted(self.rule, (), line, (_bare(line, f"rule {self.rule.of}"),)) for line in lines
        ]

    def _flat_feeds(self, window: Window) -> list[Counted]:
        counts = self._count_feeds(window)
        self._save(window, counts)
        if not self._was_watched(window):
            return []
        feeds = {
            feed.id: feed
            for feed in self.store.find(Feed, Where("muted", "=", False))
            if feed.added_at is None or feed.added_at <= window.start
        }
        keys = [(feed_id,) for feed_id in feeds]
        found = windows.flat(self.rule, keys, counts, self._baseline(window))
        when = windows.span(window, self.rules.timezone)
        return [
            self._silent(feeds[key[0]], counts.get(key, 0), mean, when)
            for key, mean in found.items()
        ]

    def _silent(self, feed: Feed, count: int, mean: float, when: str) -> Counted:
        name = feed.title or feed.url
        line = windows.flat_line(f"feed {name[:100]}", "new entries", count, mean, when)
        last = feed.state.last_new_at
        said = f"The latest new entries came {last:%Y-%m-%d %H:%M} UTC." if last else line
        if feed.state.error:
            said += f" It fails: {feed.state.error}: {feed.state.error_detail}"[:500]
        evidence = replace(_bare(said, name), url=feed.url, source=host_of(feed.url), line=line)
        return Counted(self.rule, (feed.id,), line, (replace(evidence, mention=feed.id),))

    def _digest(self, window: Window) -> list[Counted]:
        matches = list(self._matches(self.rule, window))
        young = [m for m in matches if self.clock == "published" or is_young(m)]
        recent = windows.sentences(young).get((), [])
        older = sum(map(len, windows.sentences(m for m in matches if m not in young).values()))
        shown = recent or windows.sentences(matches).get((), [])
        if not shown:
            return []
        best = windows.best_first(shown)[: self.rule.top]
        articles = len({match.article_id for match, _ in recent})
        when = windows.span(window, self.rule.timezone)
        line = windows.digest_line(len(recent), articles, older, when)
        timezone = self.rule.timezone
        return [Counted(self.rule, (), line, tuple(m.view.evidence(f, timezone) for m, f in best))]

    # --- counts ------------------------------------------------------------------------------

    def _baseline(self, window: Window) -> list[Mapping[Key, int]]:
        """Counts of the windows before; what was never counted is counted now."""
        earlier = windows.windows_before(self.rule, window, self._earliest_article())
        by_id = {windows.window_id(self.rule, one): one for one in earlier}
        stored = self.store.get_many(RuleWindow, by_id.keys() - self._known.keys())
        self._known |= {one.id: dict(one.counts) for one in stored.values()}
        for record_id, one in by_id.items():
            if record_id not in self._known:
                self._save(one, self._count(one))
        return [self._known[record_id] for record_id in by_id]

    def _count(self, window: Window) -> Mapping[Key, int]:
        if self.rule.type == "flatline":
            is_feeds = self.rule.of == FEEDS
            return self._count_feeds(window) if is_feeds else self._count_rule(window)
        found = windows.sentences(self._matches(self.rule, window))
        return {key: len(pairs) for key, pairs in found.items()}

    def _count_rule(self, window: Window) -> dict[Key, int]:
        watched = self.rules.rule(self.rule.of) or self.rule
        found = windows.sentences(self._matches(watched, window))
        return {(): len({fact.sentence for pairs in found.values() for _, fact in pairs})}

    def _count_feeds(self, window: Window) -> dict[Key, int]:
        seen = self.store.find(
            Entry,
            Where("first_seen_at", ">=", window.start),
            Where("first_seen_at", "<", window.end),
        )
        return dict(Counter((entry.feed_id,) for entry in seen if not entry.history))

    def _save(self, window: Window, counts: Mapping[Key, int]) -> None:
        record_id = windows.window_id(self.rule, window)
        self._known[record_id] = counts
        if self.clock == "stored":
            counted = tuple(sorted(counts.items()))
            record = RuleWindow(record_id, self.rule.id, window.start, window.end, counted)
            self.store.put([record])  # counted before: the same, or counted in time

    def _earliest_article(self) -> datetime:
        """Since when anything can have been counted."""
        if self._earliest is None:
            name = "first_stored_at" if self.clock == "stored" else "effective_at"
            first = self.store.find_articles(order_by=name, limit=1)
            self._earliest = getattr(first[0], name) if first else windows.NEVER
        return self._earliest

    def _was_watched(self, window: Window) -> bool:
        """Whether passes ran in both halves of the window: silence of ours is no flatline."""
        middle = window.start + (window.end - window.start) / 2
        runs = self.store.find(
            Run, Where("started_at", ">=", window.start), Where("started_at", "<", window.end)
        )
        return {run.started_at < middle for run in runs} == {True, False}

    def _matches(self, rule: Rule, window: Window) -> Iterator[Match]:
        for article in self._articles(window, old_too=rule.type == "digest"):
            view = View(article, scope="all")
            if rule.anchors is not None and rule.anchors.isdisjoint(view.entities):
                continue
            for match in match_rule(rule, view):
                if rule.type == "digest" or self.clock == "published" or is_young(match):
                    yield match

    def _articles(self, window: Window, *, old_too: bool) -> Iterator[Article]:
        name = "first_stored_at" if self.clock == "stored" else "effective_at"
        where = (Where(name, ">=", window.start), Where(name, "<", window.end))
        for page in pages(self.store, *where):
            if old_too or self.clock == "published":
                yield from page
                continue
            ids = tuple(article.id for article in page)
            entries = self.store.find(Entry, Where("article_id", "in", ids))
            live = {entry.article_id for entry in entries if not entry.history}
            yield from (article for article in page if article.id in live)


def _label(key: Key, found: Sequence[tuple[Match, Fact]]) -> str:
    """Names of the group's values, where its facts know them."""
    names = {
        entity: name
        for _, fact in found
        for entity, name in zip(fact.places, fact.names, strict=False)
    }
    return ", ".join(names.get(value) or value.partition(":")[2] or value for value in key if value)


def _bare(sentence: str, title: str) -> Evidence:
    """Evidence that no article gave."""
    return Evidence(
        article_id="",
        mention="",
        sentence=sentence,
        title=title[:500],
        url="",
        source="",
        lang="en",
        line=sentence,
        published_at=None,
    )
