"""From matches to alerts: the period a match falls into, and the writes that raise it once.

The order of the writes carries the promise; a crash between any two is mended by the next
evaluation, since the entries that brought the matches are marked only after all of this:

1. the group's record, by compare-and-set: it fixes the period, and with it the alert's id;
2. the alert, created only if its id is absent;
3. its outbox rows, likewise.

Before a group moves on to its next period, the alert of the period before is made sure of: the
evaluator that opened it may have died, and its article would now fall into the next period.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ingest import ids
from ingest.alerts.facts import View
from ingest.alerts.matching import MAX_EVIDENCE, match_rule
from ingest.errors import ConflictError
from ingest.model import Alert, AlertGroup, Delivery

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ingest.alerts.matching import Match
    from ingest.alerts.rules import Rule, RuleSet
    from ingest.model import Evidence
    from ingest.store.port import Store

REPAIR = timedelta(days=30)
"""How long after a period began a missing alert or outbox row is taken for a crash's work. Rows
are kept for 90 days, so what retention deleted is not sent again."""

MAX_CONFLICTS = 50


@dataclass(frozen=True, slots=True)
class Timed:
    """A match, and the time that decides its period."""

    match: Match
    at: datetime


def step(group: AlertGroup | None, timed: Timed) -> AlertGroup:
    """Return the group's record with this match in it: the same one while its period lasts.

    A period starts with the time of the match that opens it. A `new` group has one period, which
    never ends. A match older than the period belongs to it: the desk has been told.
    """
    match, at = timed.match, timed.at
    article_id = match.view.article.id
    if group is None:
        return AlertGroup(match.group_id, match.rule.id, match.key, at, article_id=article_id)
    if match.rule.type == "new" or at < group.period_start + match.rule.realert:
        return group
    return replace(group, period_start=at, step=group.step + 1, article_id=article_id)


def alert_id(rule_id: str, key: Sequence[str], period_start: datetime) -> str:
    """Id of the alert of a group's period."""
    return ids.sha256("alert", rule_id, *key, period_start.isoformat())


def make_alert(
    rule: Rule, group: AlertGroup, matches: Iterable[Match], now: datetime, timezone: str
) -> Alert:
    """Return the alert of a group's period, with the sentences that raised it, each once."""
    evidence: dict[str, Evidence] = {}
    for match in matches:
        for fact in match.facts:
            if len(evidence) < MAX_EVIDENCE:
                evidence.setdefault(fact.sentence, match.view.evidence(fact, timezone))
    shown = tuple(evidence.values())
    return Alert(
        id=alert_id(rule.id, group.key, group.period_start),
        rule_id=rule.id,
        rule_version=rule.version,
        key=group.key,
        period_start=group.period_start,
        created_at=now,
        line=shown[0].line,
        evidence=shown,
        to=rule.to,
    )


def raise_alerts(
    store: Store, rules: RuleSet, matches: Iterable[Timed], now: datetime
) -> list[Alert]:
    """Write groups, alerts and outbox rows; returns the alerts that this call created.

    Args:
        matches: in the order of their times.

    Raises:
        ConflictError: other writers won every time.
    """
    waiting: dict[str, deque[Timed]] = {}
    for timed in matches:
        waiting.setdefault(timed.match.group_id, deque()).append(timed)
    created: list[Alert] = []
    conflicts = 0
    while waiting:
        lost = _one_period(store, rules, waiting, now, created)
        conflicts += bool(lost)
        if conflicts > MAX_CONFLICTS:
            raise ConflictError("alert groups", "lost every write to others", "run again")
    return created


def _one_period(
    store: Store,
    rules: RuleSet,
    waiting: dict[str, deque[Timed]],
    now: datetime,
    created: list[Alert],
) -> int:
    """Take each group's next period off `waiting`; returns how many groups lost their write."""
    stored = store.get_many(AlertGroup, waiting)
    wanted = {gid: step(stored.get(gid), queue[0]) for gid, queue in waiting.items()}
    moved = [gid for gid, group in wanted.items() if group is not stored.get(gid)]
    _repair(store, rules, [stored[gid] for gid in moved if gid in stored], now, created)
    written = dict(zip(moved, store.put([wanted[gid] for gid in moved]), strict=True))
    alerts: list[Alert] = []
    for gid, group in wanted.items():
        if gid in written and written[gid] is None:
            continue  # somebody else wrote the group first: read it again
        queue = waiting[gid]
        members = [queue.popleft()]
        while queue and step(group, queue[0]) is group:
            members.append(queue.popleft())
        if not queue:
            del waiting[gid]
        near = abs(members[0].at - group.period_start) <= REPAIR
        if near and not group.from_history:
            found = [timed.match for timed in members]
            alerts.append(make_alert(found[0].rule, group, found, now, rules.timezone))
    created += _ensure(store, alerts, now)
    return sum(record is None for record in written.values())


def _repair(
    store: Store,
    rules: RuleSet,
    groups: Iterable[AlertGroup],
    now: datetime,
    created: list[Alert],
) -> None:
    """Write what a dead evaluator left out, before these groups' periods end."""
    recent = [g for g in groups if not g.from_history and now - g.period_start <= REPAIR]
    by_alert = {alert_id(g.rule_id, g.key, g.period_start): g for g in recent}
    known = store.get_many(Alert, by_alert)
    alerts = list(known.values())
    missing = [group for key, group in by_alert.items() if key not in known]
    articles = store.get_articles({group.article_id for group in missing})
    for group in missing:
        rule, article = rules.rule(group.rule_id), articles.get(group.article_id)
        if rule is None or article is None:
            continue
        found = match_rule(rule, View(article, scope="all"))
        matches = [match for match in found if match.key == group.key]
        if matches:
            alerts.append(make_alert(rule, group, matches, now, rules.timezone))
    created += _ensure(store, alerts, now)


def _ensure(store: Store, alerts: Sequence[Alert], now: datetime) -> list[Alert]:
    """Create the alerts and outbox rows that are not there; returns the alerts created."""
    known = store.get_many(Alert, [alert.id for alert in alerts])
    missing = [alert for alert in alerts if alert.id not in known]
    created = [alert for alert in store.put(missing) if alert is not None]
    rows = [
        Delivery(delivery_id(alert.id, channel), alert.id, channel, created_at=now)
        for alert in alerts
        for channel in (known.get(alert.id) or alert).to
    ]
    there = store.get_many(Delivery, [row.id for row in rows])
    store.put([row for row in rows if row.id not in there])
    return created


def delivery_id(alert: str, channel: str, purpose: str = "alert") -> str:
    """Id of an outbox row."""
    return ids.sha256("delivery", alert, channel, purpose)
