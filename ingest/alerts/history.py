"""Rules and the past: training `new` rules, rules set aside and restored, dry runs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ingest.alerts.facts import View
from ingest.alerts.groups import Timed, make_alert, raise_alerts, step
from ingest.alerts.matching import Match, is_young, match_articles
from ingest.errors import ConflictError, UsageError
from ingest.model import Alert, AlertGroup, Article, Entry, EntryState, RuleState
from ingest.store.port import Where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from ingest.alerts.rules import Rule, RuleSet
    from ingest.store.port import Store

PAGE = 500
EDIT_MARGIN = timedelta(hours=48)  # a page is retried for 24 h after its entry changed
TRIES = 20


@dataclass(slots=True)
class Prepared:
    """Alerts of rules that were restored, and the rules set aside: id -> error."""

    alerts: list[Alert] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def prepare(store: Store, rules: RuleSet, now: datetime) -> Prepared:
    """Bring the rules' states in line with the file before an evaluation.

    A rule that is new or edited is noted; a `new` one learns the pairs that the store holds, so
    that it does not take the past for news. An edited rule that was set aside is tried again.
    """
    prepared = Prepared()
    states = store.get_many(RuleState, [rule.id for rule in rules.rules])
    changed = [
        rule
        for rule in rules.rules
        if rule.id not in states or states[rule.id].version != rule.version
    ]
    failing = [rule for rule in changed if rule.id in states and states[rule.id].failed_since]
    for rule in failing:
        prepared.alerts += restore(store, rules, rule, now)
    noted = [rule for rule in changed if rule not in failing]
    broken = _train_on_store(store, [rule for rule in noted if rule.type == "new"])
    for rule in noted:
        _note(store, rule, now, since=now, error=broken.get(rule.id, ""))
    if changed:
        states = store.get_many(RuleState, [rule.id for rule in rules.rules])
    prepared.failed = {s.id: s.error for s in states.values() if s.failed_since is not None}
    return prepared


def _note(store: Store, rule: Rule, now: datetime, *, since: datetime, error: str) -> None:
    """Record that a rule was brought up to date; an error sets it aside `since` then."""

    def noted(state: RuleState) -> RuleState:
        return replace(
            state,
            version=rule.version,
            added_at=state.added_at or now,
            trained_at=now,
            failed_since=since if error else None,
            error=error,
        )

    _update(store, rule.id, noted)


def set_aside(store: Store, rule_id: str, since: datetime, error: str) -> None:
    """Record that a rule broke, and from which save on its articles must be seen again."""

    def failed(state: RuleState) -> RuleState:
        earliest = min(since, state.failed_since) if state.failed_since else since
        return replace(state, failed_since=earliest, error=error)

    _update(store, rule_id, failed)


def restore(store: Store, rules: RuleSet, rule: Rule, now: datetime) -> list[Alert]:
    """Take a rule that was set aside back into service: replay what it missed.

    Returns:
        The alerts that this raised. A rule that breaks again stays set aside.
    """
    state = store.get(RuleState, rule.id)
    since = state.failed_since if state else None
    if since is None:
        return []
    error = ""
    if rule.type == "new":
        error = _train_on_store(store, [rule], until=since).get(rule.id, "")
    alerts: list[Alert] = []
    if not error:
        found = match_articles([rule], map(View, _saved_since(store, since)))
        error = found.failed.get(rule.id, "")
        timed = [Timed(m, m.view.article.first_stored_at) for m in found.matches if is_young(m)]
        alerts = raise_alerts(store, rules, timed, now)

    _note(store, rule, now, since=since, error=error)
    return alerts


def train(store: Store, matches: Iterable[Match]) -> list[Match]:
    """Let `new` rules learn the pairs of these matches; nothing is raised.

    Returns:
        The matches that would have been news: all of `match` rules, of `new` ones those whose
        pair was not known.
    """
    matches = list(matches)
    firsts: dict[str, Match] = {}
    for match in matches:
        if match.rule.type == "new":
            firsts.setdefault(match.group_id, match)
    known = store.get_many(AlertGroup, firsts)
    groups = [
        AlertGroup(
            id=group_id,
            rule_id=match.rule.id,
            key=match.key,
            period_start=match.view.article.first_stored_at,
            article_id=match.view.article.id,
            from_history=True,
        )
        for group_id, match in firsts.items()
        if group_id not in known
    ]
    learnt = {group.id for group in store.put(groups) if group is not None}
    return [
        match
        for match in matches
        if match.rule.type == "match"
        or (match.group_id in learnt and firsts[match.group_id] is match)
    ]


def dry_run(store: Store, rules: RuleSet, since: datetime, now: datetime) -> list[Alert]:
    """Return the alerts that these rules would have raised, oldest first; nothing is written.

    Every article counts as stored when it was published, so that one which came with a feed's
    first poll takes part. Pairs from before `since` are known to `new` rules.
    """
    learns = any(rule.type == "new" for rule in rules.rules)
    where = () if learns else (Where("effective_at", ">=", since),)
    groups: dict[str, list[Timed]] = {}
    for page in _pages(store, *where):
        views = [View(article, scope="all") for article in page if article.effective_at <= now]
        found = match_articles(rules.rules, views)
        for rule_id, error in found.failed.items():
            raise UsageError(f"rule {rule_id}", f"breaks: {error}", "mend the rule")
        for match in found.matches:
            at = match.view.article.effective_at
            if match.rule.type == "new" or at >= since:
                groups.setdefault(match.group_id, []).append(Timed(match, at))
    alerts = [
        make_alert(
            members[0].match.rule,
            group,
            [timed.match for timed in members],
            group.period_start,
            rules.timezone,
        )
        for times in groups.values()
        for group, members in periods(times)
        if group.period_start >= since
    ]
    return sorted(alerts, key=lambda alert: (alert.period_start, alert.rule_id, alert.key))


def periods(times: Iterable[Timed]) -> list[tuple[AlertGroup, list[Timed]]]:
    """Cut the matches of one group into its periods, as if each had come at its time."""
    found: list[tuple[AlertGroup, list[Timed]]] = []
    group: AlertGroup | None = None
    for timed in sorted(times, key=lambda t: (t.at, t.match.view.article.id)):
        following = step(group, timed)
        if following is not group:
            found.append((following, []))
        found[-1][1].append(timed)
        group = following
    return found


def _train_on_store(
    store: Store, rules: Sequence[Rule], until: datetime | None = None
) -> dict[str, str]:
    """Learn every pair that the store holds and that waits for no evaluation; returns errors.

    Of an article that waits, or that was saved after `until`, only what its former text said is
    known.
    """
    failed: dict[str, str] = {}
    if not rules:
        return failed
    for page in _pages(store):
        waiting = _waiting(store, page)
        views = [
            View(
                article,
                scope="former"
                if article.id in waiting or (until is not None and article.indexed_at >= until)
                else "all",
            )
            for article in page
        ]
        found = match_articles([rule for rule in rules if rule.id not in failed], views)
        failed |= found.failed
        train(store, found.matches)
    return failed


def _waiting(store: Store, page: Sequence[Article]) -> set[str]:
    """Ids of articles that rules have yet to see, of a page that was read before this is asked.

    Their entry is on its way to `stored`, or it does not know its article yet: an article is
    written before its entry is marked.
    """
    under_way = (EntryState.NEW, EntryState.FETCHED, EntryState.STORED)
    article_ids = tuple(article.id for article in page)
    entries = store.find(
        Entry, Where("article_id", "in", article_ids), Where("state", "in", under_way)
    )
    firsts = store.get_many(Entry, [article.entry_id for article in page if article.entry_id])
    unmarked = {
        article.id
        for article in page
        if article.entry_id in firsts and not firsts[article.entry_id].article_id
    }
    return {entry.article_id for entry in entries} | unmarked


def _saved_since(store: Store, since: datetime) -> list[Article]:
    """Articles that came or were edited since then, but not with a feed's first poll."""
    articles = {a.id: a for a in store.find_articles(Where("first_stored_at", ">=", since))}
    touched = store.find(Entry, Where("changed_at", ">=", since - EDIT_MARGIN))
    articles |= store.get_articles({e.article_id for e in touched if e.article_id})
    wanted = sorted(articles)
    live: set[str] = set()
    for start in range(0, len(wanted), PAGE):
        ids = tuple(wanted[start : start + PAGE])
        entries = store.find(Entry, Where("article_id", "in", ids))
        live.update(entry.article_id for entry in entries if not entry.history)
    found = [a for a in articles.values() if a.indexed_at >= since and a.id in live]
    return sorted(found, key=lambda a: (a.first_stored_at, a.id))


def _pages(store: Store, *where: Where) -> Iterator[list[Article]]:
    last = ""
    while page := store.find_articles(*where, Where("id", ">", last), limit=PAGE):
        yield page
        last = page[-1].id


def _update(store: Store, rule_id: str, change: Callable[[RuleState], RuleState]) -> None:
    for _ in range(TRIES):
        current = store.get(RuleState, rule_id) or RuleState(rule_id)
        if store.put([change(current)])[0] is not None:
            return
    raise ConflictError(f"rule {rule_id}", "lost every write to others", "run again")
