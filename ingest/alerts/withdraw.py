"""Alerts whose evidence an edit, a correction or a new reading took away.

An alert stands while any of its evidence does: while the article still says what the evidence says,
be it in other words. One that stands no more becomes `withdrawn`; each channel that got it gets one
short message that says why; and its group is opened again, so that the next true report is news.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ingest.alerts.facts import View
from ingest.alerts.groups import JOINS, LIVE, MAX_CONFLICTS, delivery_id
from ingest.alerts.matching import group_id
from ingest.alerts.periods import told_now
from ingest.errors import ConflictError
from ingest.model import Alert, AlertGroup, Delivery
from ingest.query.analysis import fold_text
from ingest.store.port import Where

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ingest.alerts.facts import Fact
    from ingest.model import Article, Evidence
    from ingest.store.port import Store

FROM_ARTICLES = ("match", "new", "change")
KEPT = timedelta(days=90)  # outbox rows are kept so long: older alerts have nobody to be told
SKEW = timedelta(minutes=10)  # of the clocks of those who store and those who raise
UNFINISHED = timedelta(days=1)  # a withdrawal this old may still lack its rows, after a crash
SAME_WORDS = 0.8


def withdraw(store: Store, article_ids: Iterable[str], now: datetime, why: str) -> list[Alert]:
    """Withdraw the alerts that nothing supports any more; run again it changes nothing.

    Args:
        article_ids: articles that changed or are gone; others are taken to say what they said.
        why: a sentence for the desk.

    Returns:
        The alerts that this call withdrew.

    Raises:
        ConflictError: other writers won every time.
    """
    changed = set(article_ids)
    if not changed:
        return []
    articles = store.get_articles(changed)
    suspects = [
        alert
        for alert in _alerts(store, articles, changed, now)
        if alert.type in FROM_ARTICLES and changed & {e.article_id for e in alert.evidence}
    ]
    others = {e.article_id for alert in suspects for e in alert.evidence} - changed
    articles |= store.get_articles(others)
    views = {article.id: View(article, scope="all") for article in articles.values()}
    withdrawn = []
    for alert in suspects:
        if stands(alert, views):
            continue
        fallen = _mark(store, alert, now, why)
        if fallen is not None:
            _tell(store, fallen, now)
            _reopen(store, fallen)
            if alert.state != "withdrawn":
                withdrawn.append(fallen)
    return withdrawn


def _alerts(
    store: Store, articles: Mapping[str, Article], wanted: set[str], now: datetime
) -> list[Alert]:
    """Alerts that can show one of the articles, as one of them raised it or joined it in time."""
    since = now - KEPT
    if len(articles) == len(wanted):
        stored = min(article.first_stored_at for article in articles.values())
        since = max(since, stored - JOINS - SKEW)
    live = store.find(Alert, Where("created_at", ">=", since), Where("state", "in", LIVE))
    gone = store.find(Alert, Where("created_at", ">=", since), Where("state", "=", "withdrawn"))
    return live + [a for a in gone if a.changed_at is not None and now - a.changed_at < UNFINISHED]


def stands(alert: Alert, views: Mapping[str, View]) -> bool:
    """Whether any of the alert's evidence still stands in its article."""
    return any(
        still_says(item, views[item.article_id], alert.key)
        for item in alert.evidence
        if item.article_id in views
    )


def still_says(item: Evidence, view: View, key: Iterable[str] = ()) -> bool:
    """Whether an article says what a piece of evidence says: the same fact, in whatever words.

    Of a fact with several places those of the alert's key must be there.
    """
    if not item.fact:
        return _has_words(item.sentence, view)
    role, _, rest = item.fact.partition("|")
    places, _, who = rest.partition("|")
    if role == "leader" and not places:
        return who in view.leaders
    named = frozenset(places.split(","))
    wanted = named.intersection(key) or named
    return any(
        fact.role == role and wanted.intersection(fact.places) and (not who or who == _who(fact))
        for fact in view.places
    )


def _who(fact: Fact) -> str:
    return fact.says.rpartition("|")[2]


def _has_words(sentence: str, view: View) -> bool:
    text = f" {fold_text(view.article.title)} {fold_text(view.article.text)} "
    folded = fold_text(sentence)
    if f" {folded} " in text:
        return True
    words, there = folded.split(), set(text.split())
    return sum(word in there for word in words) >= SAME_WORDS * max(len(words), 1)


def _mark(store: Store, alert: Alert, now: datetime, why: str) -> Alert | None:
    current: Alert | None = alert
    for _ in range(MAX_CONFLICTS):
        if current is None or current.state == "withdrawn":
            return current
        fallen = replace(current, state="withdrawn", changed_at=now, why=why)
        (written,) = store.put([fallen])
        if written is not None:
            return written
        current = store.get(Alert, alert.id)
    raise ConflictError(f"alert {alert.id[:12]}", "lost every write to others", "run again")


def _tell(store: Store, alert: Alert, now: datetime) -> None:
    """Put a withdrawal into the outbox for each channel that got the alert, or may have got it.

    One that is on its way is the sender's to follow up.
    """
    rows = store.get_many(Delivery, [delivery_id(alert.id, channel) for channel in alert.to])
    withdrawals = [
        Delivery(
            delivery_id(alert.id, row.channel, "withdrawal"),
            alert.id,
            row.channel,
            created_at=now,
            purpose="withdrawal",
        )
        for row in rows.values()
        if row.state == "delivered"
    ]
    there = store.get_many(Delivery, [row.id for row in withdrawals])
    store.put([row for row in withdrawals if row.id not in there])


def _reopen(store: Store, alert: Alert) -> None:
    """Let the alert's group tell the same again, when another report says it."""
    for _ in range(MAX_CONFLICTS):
        group = _group_of(store, alert)
        if group is None:
            return
        left = tuple(told for told in group.told if told.start != alert.period_start)
        is_current = group.period_start == alert.period_start and not group.told
        if len(left) == len(group.told) and not is_current:
            return  # it has moved on
        reopened = replace(group, told=left)
        if alert.type != "change" and not told_now(reopened):
            reopened = replace(reopened, closed=True)
        if reopened == group or store.put([reopened])[0] is not None:
            return
    raise ConflictError(f"alert {alert.id[:12]}", "lost every write to others", "run again")


def _group_of(store: Store, alert: Alert) -> AlertGroup | None:
    """The alert's group: its key may be followed by a meeting and a standing."""
    keys = [alert.key[: len(alert.key) - extra] for extra in range(min(2, len(alert.key)) + 1)]
    found = store.get_many(AlertGroup, [group_id(alert.rule_id, key) for key in keys])
    if alert.type == "change":
        keys = keys[2:]
    groups = (found.get(group_id(alert.rule_id, key)) for key in keys)
    return next((group for group in groups if group is not None), None)
