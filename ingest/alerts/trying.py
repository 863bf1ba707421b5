"""Rules tried on the past: what would have been raised, and when. Nothing is written.

The same matching, periods and windows as live rules have; only the writes are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.alerts import windows
from ingest.alerts.closing import Counting
from ingest.alerts.facts import View
from ingest.alerts.groups import Draft, make_alert
from ingest.alerts.history import LEARNERS, pages
from ingest.alerts.matching import match_articles
from ingest.alerts.periods import Timed, slots
from ingest.errors import StoreError, UsageError
from ingest.store.port import Where

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ingest.alerts.ruleset import Rule, RuleSet
    from ingest.model import Alert
    from ingest.store.port import Store


def dry_run(
    store: Store, rules: RuleSet, since: datetime, now: datetime, only: str = ""
) -> list[Alert]:
    """Return the alerts that these rules would have raised, oldest first; nothing is written.

    Every article counts as stored when it was published, so that one which came with a feed's
    first poll takes part. What was said before `since` is known to `new` and `change` rules.
    Silences are left out of account.

    Args:
        only: the id of one rule; "": all of them.

    Raises:
        UsageError: a rule breaks.
    """
    wanted = [rule for rule in rules.rules if not only or rule.id == only]
    drafts = [
        draft
        for times in _by_group([r for r in wanted if not r.is_windowed], store, since, now)
        for draft in _drafts(times)
    ]
    for rule in wanted:
        if rule.is_windowed:
            drafts += _window_drafts(store, rules, rule, since, now)
    alerts = [
        make_alert(draft, draft.slot.start, rules) for draft in drafts if draft.slot.start >= since
    ]
    return sorted(alerts, key=lambda alert: (alert.period_start, alert.rule_id, alert.key))


def _by_group(
    rules: list[Rule], store: Store, since: datetime, now: datetime
) -> Iterable[list[Timed]]:
    if not rules:
        return ()
    learns = any(rule.type in LEARNERS for rule in rules)
    where = () if learns else (Where("effective_at", ">=", since),)
    groups: dict[str, list[Timed]] = {}
    for page in pages(store, *where):
        views = [View(article, scope="all") for article in page if article.effective_at <= now]
        found = match_articles(rules, views)
        for rule_id, error in found.failed.items():
            raise _broken(rule_id, error)
        for match in found.matches:
            at = match.view.article.effective_at
            if match.rule.type in LEARNERS or at >= since:
                groups.setdefault(match.group_id, []).append(Timed(match, at))
    return groups.values()


def _drafts(times: Iterable[Timed]) -> Iterator[Draft]:
    for slot, told, contrary in slots(times):
        if told:
            rule = told[0].match.rule
            yield Draft(rule, slot, [t.match for t in told], [t.match for t in contrary])


def _window_drafts(
    store: Store, rules: RuleSet, rule: Rule, since: datetime, now: datetime
) -> list[Draft]:
    counting = Counting(store, rules, rule, clock="published")
    groups: dict[str, list[Timed]] = {}
    for window in windows.closed_windows(rule, windows.last_end(rule, since), now):
        try:
            fired = counting.fired(window)
        except StoreError:
            raise
        except Exception as exc:
            raise _broken(rule.id, f"{type(exc).__name__}: {exc}") from exc
        for counted in fired:
            groups.setdefault(counted.group_id, []).append(Timed(counted, window.start))
    # Of windows that share an alert the first one tells it.
    return [
        Draft(rule, slot, [told[0].match])
        for times in groups.values()
        for slot, told, _ in slots(times)
    ]


def _broken(rule_id: str, error: str) -> UsageError:
    return UsageError(f"rule {rule_id}", f"breaks: {error}", "mend the rule")
