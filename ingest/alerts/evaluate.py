"""The alert rules over what was just stored.

The queue is the entries in state `stored`. Each is marked as seen only after everything that it
raises is written (see `ingest.alerts.groups`), so a repeat changes nothing and nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import structlog

from ingest.alerts import history
from ingest.alerts.closing import close_windows
from ingest.alerts.facts import View
from ingest.alerts.groups import raise_alerts
from ingest.alerts.matching import is_young, match_articles
from ingest.alerts.periods import Timed, slots
from ingest.alerts.withdraw import withdraw
from ingest.model import Entry, EntryState
from ingest.store.port import Where

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ingest.alerts.ruleset import RuleSet
    from ingest.model import Alert
    from ingest.store.port import Store

log = structlog.get_logger()

BATCH = 500
EDITED = "The publisher changed the article, which does not say so any more."

Key: TypeAlias = tuple[str, tuple[str, ...]]  # rule id, group key


@dataclass
class Evaluation:
    """What an evaluation did.

    Attributes:
        alerts: created by it; withdrawn: those whose evidence an edit took away.
        evaluated: entries that the rules have seen.
        failed_rules: rule id -> error, of rules that are set aside.
        history: matches that history would have raised, by rule and group.
    """

    alerts: list[Alert] = field(default_factory=list)
    withdrawn: list[Alert] = field(default_factory=list)
    evaluated: int = 0
    failed_rules: dict[str, str] = field(default_factory=dict)
    history: dict[Key, list[Timed]] = field(default_factory=dict)

    @property
    def from_history(self) -> int:
        """How many alerts history would have been, had its articles come one by one."""
        return sum(len(slots(times)) for times in self.history.values())

    def add(self, other: Evaluation) -> None:
        """Take in what another evaluation did."""
        self.alerts += other.alerts
        self.withdrawn += other.withdrawn
        self.evaluated += other.evaluated
        self.failed_rules |= other.failed_rules
        for key, times in other.history.items():
            self.history.setdefault(key, []).extend(times)


def evaluate(
    store: Store, rules: RuleSet, entry_ids: Sequence[str] | None, now: datetime
) -> Evaluation:
    """Let the rules see entries in state `stored`, raise alerts, move the entries on.

    Args:
        entry_ids: these entries, those of them that are `stored`; None: all that the store finds.
        now: the alerts' `created_at`; it decides nothing else.

    Raises:
        StoreError: the store failed; what was not marked is seen again.
    """
    evaluation = Evaluation()
    aside = history.prepare(store, rules, now)
    evaluation.alerts += aside.alerts
    evaluation.failed_rules |= aside.failed
    entries = _queue(store, entry_ids)
    for start in range(0, len(entries), BATCH):
        batch = entries[start : start + BATCH]
        evaluation.add(_evaluate(store, _active(rules, evaluation), batch, now))
    states = {i: s for i, s in aside.states.items() if i not in evaluation.failed_rules}
    closed = close_windows(store, rules, states, now)
    evaluation.alerts += closed.alerts
    evaluation.failed_rules |= closed.failed
    return evaluation


def _active(rules: RuleSet, evaluation: Evaluation) -> RuleSet:
    active = [rule for rule in rules.rules if rule.id not in evaluation.failed_rules]
    return replace(rules, rules=tuple(active))


def _queue(store: Store, entry_ids: Sequence[str] | None) -> list[Entry]:
    if entry_ids is None:
        return store.find(Entry, Where("state", "=", EntryState.STORED), order_by="changed_at")
    found = store.get_many(Entry, entry_ids)
    return [entry for entry in found.values() if entry.state is EntryState.STORED]


def _evaluate(store: Store, rules: RuleSet, entries: Sequence[Entry], now: datetime) -> Evaluation:
    evaluation = Evaluation(evaluated=len(entries))
    articles = store.get_articles({entry.article_id for entry in entries if entry.article_id})
    live = {entry.article_id for entry in entries if not entry.history}
    ordered = sorted(articles.values(), key=lambda a: (a.first_stored_at, a.id))
    edited = [a.id for a in ordered if a.revisions]
    evaluation.withdrawn += withdraw(store, edited, now, EDITED)
    driven = [rule for rule in rules.rules if not rule.is_windowed]
    found = match_articles(driven, map(View, ordered))
    for rule_id, error in found.failed.items():
        log.warning("rule_set_aside", rule=rule_id, error=error)
        history.set_aside(store, rule_id, min(a.indexed_at for a in ordered), error)
        evaluation.failed_rules[rule_id] = error
    news = [m for m in found.matches if m.view.article.id in live and is_young(m)]
    timed = [Timed(match, match.view.article.first_stored_at) for match in news]
    evaluation.alerts += raise_alerts(store, rules, timed, now)
    old = [
        Timed(match, match.view.article.effective_at)
        for match in found.matches
        if match.view.article.id not in live
    ]
    for past in history.train(store, old):
        key = (past.match.rule.id, past.match.key)
        evaluation.history.setdefault(key, []).append(past)
    store.put([replace(entry, state=entry.after) for entry in entries])
    return evaluation
