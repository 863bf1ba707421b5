"""Rules and the past: training `new` and `change` rules, rules set aside and restored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ingest.alerts.facts import View
from ingest.alerts.groups import raise_alerts
from ingest.alerts.matching import is_young, match_articles
from ingest.alerts.periods import Timed, place
from ingest.alerts.windows import last_end
from ingest.errors import ConflictError
from ingest.model import Alert, AlertGroup, Article, Entry, EntryState, RuleState
from ingest.store.port import Where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from ingest.alerts.ruleset import Rule, RuleSet
    from ingest.store.port import Store

PAGE = 500
EDIT_MARGIN = timedelta(hours=48)  # a page is retried for 24 h after its entry changed
TRIES = 20
LEARNERS = ("new", "change")  # what history says is no news to them


@dataclass(slots=True)
class Prepared:
    """Alerts of rules that were restored, the rules set aside (id -> error), and every state."""

    alerts: list[Alert] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    states: dict[str, RuleState] = field(default_factory=dict)


def prepare(store: Store, rules: RuleSet, now: datetime) -> Prepared:
    """Bring the rules' states in line with the file before an evaluation.

    A rule that is new or edited is noted; `new` and `change` rules learn what the store holds, so
    that they do not take the past for news. An edited rule that was set aside is tried again.
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
    broken = _train_on_store(store, [rule for rule in noted if rule.type in LEARNERS])
    for rule in noted:
        _note(store, rule, now, since=now, error=broken.get(rule.id, ""))
    if changed:
        states = store.get_many(RuleState, [rule.id for rule in rules.rules])
    prepared.failed = {s.id: s.error for s in states.values() if s.failed_since is not None}
    prepared.states = states
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
            window_end=state.window_end or (last_end(rule, now) if rule.is_windowed else None),
        )

    update_state(store, rule.id, noted)


def set_aside(store: Store, rule_id: str, since: datetime, error: str) -> None:
    """Record that a rule broke, and from which save on its articles must be seen again."""

    def failed(state: RuleState) -> RuleState:
        earliest = min(since, state.failed_since) if state.failed_since else since
        return replace(state, failed_since=earliest, error=error)

    update_state(store, rule_id, failed)


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
    if rule.type in LEARNERS:
        error = _train_on_store(store, [rule], until=since).get(rule.id, "")
    alerts: list[Alert] = []
    if not error and not rule.is_windowed:  # windows go on from the last that was counted
        found = match_articles([rule], map(View, _saved_since(store, since)))
        error = found.failed.get(rule.id, "")
        timed = [Timed(m, m.view.article.first_stored_at) for m in found.matches if is_young(m)]
        alerts = raise_alerts(store, rules, timed, now)
    _note(store, rule, now, since=since, error=error)
    return alerts


def train(store: Store, times: Sequence[Timed]) -> list[Timed]:
    """Let `new` and `change` rules learn what these matches say; nothing is raised.

    Returns:
        The matches that would have been news: all of `match` rules, of the others those that
        taught their group something.

    Raises:
        ConflictError: other writers won every time.
    """
    waiting: dict[str, list[Timed]] = {}
    for timed in times:
        if timed.match.rule.type in LEARNERS:
            waiting.setdefault(timed.match.group_id, []).append(timed)
    taught: set[int] = set()
    for _ in range(TRIES):
        if not waiting:
            return [t for t in times if t.match.rule.type == "match" or id(t) in taught]
        known = store.get_many(AlertGroup, waiting)
        learnt = {gid: _learnt(known.get(gid), queue) for gid, queue in waiting.items()}
        writes = {
            gid: group
            for gid, (group, _) in learnt.items()
            if group is not None and group is not known.get(gid)
        }
        written = dict(zip(writes, store.put(list(writes.values())), strict=True))
        lost = {gid for gid, group in written.items() if group is None}
        taught |= {id(t) for gid, (_, news) in learnt.items() if gid not in lost for t in news}
        waiting = {gid: queue for gid, queue in waiting.items() if gid in lost}
    raise ConflictError("alert groups", "lost every write to others", "run again")


def _learnt(
    group: AlertGroup | None, times: Iterable[Timed]
) -> tuple[AlertGroup | None, list[Timed]]:
    """Return the group's record with what the matches say in it, marked as told by nobody."""
    news: list[Timed] = []
    for timed in times:
        following, _ = place(group, timed)
        if following is None or following is group:
            continue
        if timed.match.rule.type == "change":
            before = {told.start for told in group.told} if group else set()
            if len(following.told) > (len(group.told) if group else 0):
                news.append(timed)
            told = [t if t.start in before else replace(t, article_id="") for t in following.told]
            following = replace(following, told=tuple(told))
        else:
            news.append(timed)
            following = replace(following, from_history=True)
        group = following
    return group, news


def _train_on_store(
    store: Store, rules: Sequence[Rule], until: datetime | None = None
) -> dict[str, str]:
    """Learn whatever the store holds and waits for no evaluation; returns errors.

    Of an article that waits, or that was saved after `until`, only what its former text said is
    known.
    """
    failed: dict[str, str] = {}
    if not rules:
        return failed
    for page in pages(store):
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
        train(store, [Timed(m, m.view.article.effective_at) for m in found.matches])
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


def pages(store: Store, *where: Where) -> Iterator[list[Article]]:
    """Read articles page by page."""
    last = ""
    while page := store.find_articles(*where, Where("id", ">", last), limit=PAGE):
        yield page
        last = page[-1].id


def update_state(store: Store, rule_id: str, change: Callable[[RuleState], RuleState]) -> None:
    """Change what is remembered of a rule; raises ConflictError."""
    for _ in range(TRIES):
        current = store.get(RuleState, rule_id) or RuleState(rule_id)
        if store.put([change(current)])[0] is not None:
            return
    raise ConflictError(f"rule {rule_id}", "lost every write to others", "run again")
