"""From matches to alerts: the writes that raise each alert once.

The order of the writes carries the promise; a crash between any two is mended by the next
evaluation, since the entries that brought the matches are marked only after all of this:

1. the group's record, by compare-and-set: it fixes the period, and with it the alert's id;
2. the alert, created only if its id is absent; what joins a known alert is added to it;
3. its outbox rows, created only if absent.

Before a group moves on to its next period, the alert of the period before is made sure of: the
evaluator that opened it may have died, and its article would now fall into the next period.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ingest import ids
from ingest.alerts.facts import View
from ingest.alerts.matching import MAX_EVIDENCE, match_rule
from ingest.alerts.periods import Slot, Timed, place, slot_of, told_now
from ingest.alerts.silences import silence_of
from ingest.errors import ConflictError
from ingest.model import Alert, AlertGroup, Delivery, Silence
from ingest.store.port import Where

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ingest.alerts.periods import Firing
    from ingest.alerts.ruleset import Rule, RuleSet
    from ingest.model import Evidence
    from ingest.store.port import Store

REPAIR = timedelta(days=30)
"""How long after a period began a missing alert or outbox row is taken for a crash's work. Rows
are kept for 90 days, so what retention deleted is not sent again."""

JOINS = timedelta(days=7)
"""So long after a period began a sentence may join its alert; withdrawals look no further back."""

MAX_CONFLICTS = 50
CONTRARY_WHY = "Another report says the contrary."
LIVE = ("open", "acked", "disputed", "silenced")


@dataclass(slots=True)
class Draft:
    """An alert as some matches would have it: those that it tells, and those against it."""

    rule: Rule
    slot: Slot
    told: list[Firing] = field(default_factory=list)
    contrary: list[Firing] = field(default_factory=list)
    joins: bool = True

    @property
    def id(self) -> str:
        """Id of the alert."""
        return self.slot.alert_id(self.rule.id)


def make_alert(draft: Draft, now: datetime, rules: RuleSet) -> Alert:
    """Return the alert of a draft that tells something, each sentence once."""
    rule = draft.rule
    shown = _distinct(item for match in draft.told for item in match.shown(rules.timezone))
    most = rule.top if rule.type == "digest" else MAX_EVIDENCE
    alert = Alert(
        id=draft.id,
        rule_id=rule.id,
        rule_version=rule.version,
        key=draft.slot.key,
        period_start=draft.slot.start,
        created_at=now,
        line=draft.told[0].line or shown[0].line,
        evidence=shown[:most],
        to=rule.to,
        type=rule.type,
        rules_revision=rules.number,
    )
    return joined(alert, replace_told(draft), now, rules.timezone) if draft.contrary else alert


def replace_told(draft: Draft) -> Draft:
    """Return the draft with nothing but what contradicts it."""
    return Draft(draft.rule, draft.slot, contrary=draft.contrary)


def joined(alert: Alert, draft: Draft, now: datetime, timezone: str) -> Alert:
    """Return a known alert with a draft's evidence in it; the same object where it has all of it.

    A contrary sentence always finds its place, so that a disputed alert shows both sides.
    """
    if alert.state not in LIVE or draft.rule.is_windowed:
        return alert
    known = alert.evidence
    if len(known) < MAX_EVIDENCE and draft.joins:
        more = [item for match in draft.told for item in match.shown(timezone)]
        known = _distinct([*known, *more])[:MAX_EVIDENCE]
    if draft.contrary:
        against = _distinct(item for match in draft.contrary for item in match.shown(timezone))
        there = {item.sentence for item in known}
        fresh = tuple(item for item in against if item.sentence not in there)
        if fresh and alert.changed_at is None:
            known = (*known[: MAX_EVIDENCE - 1], fresh[0])
    if draft.contrary and alert.changed_at is None:
        state = alert.state if alert.state == "silenced" else "disputed"
        return replace(alert, evidence=known, state=state, changed_at=now, why=CONTRARY_WHY)
    return alert if known == alert.evidence else replace(alert, evidence=known)


def _distinct(items: Iterable[Evidence]) -> tuple[Evidence, ...]:
    found: dict[str, Evidence] = {}
    for item in items:
        found.setdefault(item.sentence, item)
    return tuple(found.values())


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
        lost = _one_step(store, rules, waiting, now, created)
        conflicts += bool(lost)
        if conflicts > MAX_CONFLICTS:
            raise ConflictError("alert groups", "lost every write to others", "run again")
    return created


def _one_step(
    store: Store,
    rules: RuleSet,
    waiting: dict[str, deque[Timed]],
    now: datetime,
    created: list[Alert],
) -> int:
    """Take off `waiting` what each group's next record holds; returns how many writes were lost."""
    stored = store.get_many(AlertGroup, waiting)
    steps = {gid: _step(stored.get(gid), queue) for gid, queue in waiting.items()}
    moved = {
        gid: group
        for gid, (group, _) in steps.items()
        if group is not None and group is not stored.get(gid)
    }
    ended = [
        stored[gid]
        for gid, group in moved.items()
        if gid in stored and stored[gid].period_start != group.period_start
    ]
    _repair(store, rules, ended, now, created)
    written = dict(zip(moved, store.put(list(moved.values())), strict=True))
    drafts: dict[str, Draft] = {}
    for gid, (_, taken) in steps.items():
        if gid in written and written[gid] is None:
            continue  # somebody else wrote the group first: read it again
        queue = waiting[gid]
        for slot, timed in taken:
            queue.popleft()
            if slot is not None and abs(timed.at - slot.start) <= REPAIR:
                draft = Draft(timed.match.rule, replace(slot, is_contrary=False))
                draft = drafts.setdefault(draft.id, draft)
                draft.joins = draft.joins and abs(timed.at - slot.start) <= JOINS
                (draft.contrary if slot.is_contrary else draft.told).append(timed.match)
        if not queue:
            del waiting[gid]
    created += _ensure(store, rules, drafts, now)
    return sum(record is None for record in written.values())


def _step(
    group: AlertGroup | None, queue: Iterable[Timed]
) -> tuple[AlertGroup | None, list[tuple[Slot | None, Timed]]]:
    """Return the group's next record, and the matches that it holds, each with its slot."""
    first, *rest = queue
    group, slot = place(group, first)
    taken = [(slot, first)]
    for timed in rest:
        following, slot = place(group, timed)
        if following is not group:
            break
        taken.append((slot, timed))
    return group, taken


def _repair(
    store: Store, rules: RuleSet, groups: Iterable[AlertGroup], now: datetime, created: list[Alert]
) -> None:
    """Write what a dead evaluator left out, before these groups' periods end.

    Windows are evaluated again until their end is saved, so they need none of it.
    """
    drafts: dict[str, Draft] = {}
    for group in groups:
        rule = rules.rule(group.rule_id)
        if rule is None or rule.is_windowed or group.from_history or group.closed:
            continue
        if now - group.period_start > REPAIR:
            continue
        slots = [slot_of(group, told) for told in told_now(group)] or [
            Slot(group.key, group.period_start, group.article_id)
        ]
        drafts |= {draft.id: draft for draft in (Draft(rule, slot) for slot in slots)}
    created += _ensure(store, rules, drafts, now)


def _ensure(
    store: Store, rules: RuleSet, drafts: Mapping[str, Draft], now: datetime
) -> list[Alert]:
    """Create alerts and outbox rows that are not there; returns the alerts created."""
    if not drafts:
        return []
    known = store.get_many(Alert, drafts)
    missing = [draft for alert_id, draft in drafts.items() if alert_id not in known]
    _recall_openers(store, missing)
    made = [make_alert(draft, now, rules) for draft in missing if draft.told]
    silences = _silences(store, made)
    quiet = [_hushed(alert, silences, now) for alert in made]
    created = [alert for alert in store.put(quiet) if alert is not None]
    known |= {alert.id: alert for alert in created}
    known |= store.get_many(Alert, [alert.id for alert in made if alert.id not in known])
    known |= _join(store, {i: a for i, a in known.items() if i in drafts}, drafts, now, rules)
    _put_rows(store, known.values(), {i: drafts[i].rule.wait for i in known if i in drafts}, now)
    return created


def _recall_openers(store: Store, drafts: Sequence[Draft]) -> None:
    """Find again what opened an alert that is missing, in the article that did."""
    bare = [draft for draft in drafts if not draft.told]
    articles = store.get_articles({draft.slot.opener for draft in bare})
    for draft in bare:
        article = articles.get(draft.slot.opener)
        if article is not None:
            extra = len(draft.rule.key)
            draft.told += [
                match
                for match in match_rule(draft.rule, View(article, scope="all"))
                if match.key == draft.slot.key[:extra] and match.standing == draft.slot.standing
            ]


def _silences(store: Store, alerts: Iterable[Alert]) -> list[Silence]:
    rule_ids = tuple({alert.rule_id for alert in alerts})
    return store.find(Silence, Where("rule_id", "in", rule_ids)) if rule_ids else []


def _hushed(alert: Alert, silences: Iterable[Silence], now: datetime) -> Alert:
    silence = silence_of(alert, silences, now)
    if silence is None:
        return alert
    return replace(alert, state="silenced", silenced_by=silence.id, to=())


def _join(
    store: Store,
    alerts: Mapping[str, Alert],
    drafts: Mapping[str, Draft],
    now: datetime,
    rules: RuleSet,
) -> dict[str, Alert]:
    """Add what belongs to alerts that were there before; returns those that changed."""
    changed: dict[str, Alert] = {}
    waiting = dict(alerts)
    for _ in range(MAX_CONFLICTS):
        fresh = {i: joined(alert, drafts[i], now, rules.timezone) for i, alert in waiting.items()}
        writes = [alert for i, alert in fresh.items() if alert is not waiting[i]]
        if not writes:
            return changed
        written = store.put(writes)
        changed |= {alert.id: alert for alert in written if alert is not None}
        lost = [w.id for w, done in zip(writes, written, strict=True) if done is None]
        waiting = store.get_many(Alert, lost)
    raise ConflictError("alerts", "lost every write to others", "run again")


def _put_rows(
    store: Store, alerts: Iterable[Alert], waits: Mapping[str, timedelta], now: datetime
) -> None:
    rows = {
        row.id: row
        for alert in alerts
        if alert.state != "withdrawn"
        for channel in alert.to
        for row in (_row(alert, channel, now, waits.get(alert.id)),)
    }
    there = store.get_many(Delivery, rows)
    disputed = [alert for alert in alerts if alert.state == "disputed" and alert.changed_at]
    for alert in disputed:
        for channel in alert.to:
            told = there.get(delivery_id(alert.id, channel))
            if told is None or told.delivered_at is None or alert.changed_at is None:
                continue
            if told.delivered_at < alert.changed_at:
                dispute = delivery_id(alert.id, channel, "dispute")
                rows[dispute] = Delivery(dispute, alert.id, channel, now, purpose="dispute")
    there |= store.get_many(Delivery, [row_id for row_id in rows if row_id not in there])
    store.put([row for row_id, row in rows.items() if row_id not in there])


def _row(alert: Alert, channel: str, now: datetime, wait: timedelta | None) -> Delivery:
    return Delivery(
        delivery_id(alert.id, channel),
        alert.id,
        channel,
        created_at=now,
        next_try_at=alert.created_at + wait if wait else None,
    )


def delivery_id(alert: str, channel: str, purpose: str = "alert") -> str:
    """Id of an outbox row."""
    return ids.sha256("delivery", alert, channel, purpose)
