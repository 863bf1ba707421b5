"""Read stored articles again after an edit of names or corrections, and say what is different.

Only articles that the edit can affect are read, and those that another tagger or gazetteer read.
Saves go by compare-and-set and raise no alert; `new` rules learn what appeared, alerts whose
evidence is gone are withdrawn.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ingest import articles
from ingest.alerts import history
from ingest.alerts.facts import View
from ingest.alerts.matching import is_young, match_articles
from ingest.alerts.periods import Timed
from ingest.alerts.withdraw import withdraw
from ingest.board_store import remember_meetings
from ingest.errors import ConflictError
from ingest.leases import wait_to_write
from ingest.model import AlertGroup, Note
from ingest.pipeline.services import Services, no_progress, utc_now
from ingest.query.ast import All
from ingest.store.port import Lost, Save, Saved, Search, Where
from ingest.tag.affected import change_between, searches
from ingest.tag.desk import corrections_of, overlay_of, tagger_of
from ingest.tag.tagger import Tagger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ingest.alerts.rules import RuleSet
    from ingest.model import Alert, Article, Mention, Proposal
    from ingest.pipeline.services import Progress
    from ingest.query.ast import Node
    from ingest.store.port import Store

NOTE = "retag"
PAGE = 500
CHUNK = 50
TRIES = 5
WHY = "the articles were read again, after an edit of names or a correction"
BOARD_DAYS = 60  # meetings of so long are noted before, so that they keep their ids
MAX_DIFFERENCES = 1000  # told one by one; the counts hold them all


@dataclass(frozen=True, slots=True)
class Difference:
    """What reading an article again changed: a line for each mention or proposal."""

    article_id: str
    title: str
    url: str
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(slots=True)
class RetagReport:
    """What a retag did, or would do.

    Attributes:
        version: of the tagger.
        counts: articles `read`, `saved`, `unchanged`, `conflicts`; mentions and proposals
            `gained`, `lost`, `changed`.
        would_fire: (rule id, group key, article id) of alerts that the new reading would have
            raised.
        withdrawn: alerts whose evidence is gone.
    """

    version: str
    counts: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    would_fire: list[tuple[str, tuple[str, ...], str]] = field(default_factory=list)
    withdrawn: list[Alert] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _State:
    """Up to which tagger and desk revisions the store's articles were read again."""

    base: str = ""
    overlay: int = 0
    corrections: int = 0


def retag(
    source: Services | Store,
    *,
    since: datetime | None = None,
    only_stale: bool = False,
    ids: Sequence[str] | None = None,
    everything: bool = False,
    dry_run: bool = False,
    rules: RuleSet | None = None,
    now: datetime | None = None,
    progress: Progress = no_progress,
) -> RetagReport:
    """Tag stored articles anew where that can make a difference.

    Args:
        since: only articles published since then.
        only_stale: only those that another tagger or gazetteer read, not what the desk's edits
            affect.
        ids: these articles, whatever their state.
        everything: all articles.
        dry_run: report, and write nothing.
        rules: to tell which alerts would have fired, and to train `new` rules.
        now: the time of withdrawals; the clock's by default.

    Raises:
        StoreError: what was saved stays; run again.
    """
    store = source.store if isinstance(source, Services) else source
    now = now or utc_now()
    tagger = tagger_of(store)
    tagger.warm()
    report = RetagReport(tagger.version)
    if not dry_run:
        wait_to_write(store, utc_now)
        reports = store.proposals(All(), since=now - timedelta(days=BOARD_DAYS))
        remember_meetings(store, reports)
    wanted = _wanted(store, tagger, only_stale=only_stale, ids=ids, everything=everything)
    edited = set() if only_stale or wanted is not None or everything else _edited(store)
    job = _Job(store, tagger, rules, report, now, dry_run=dry_run, forced=ids is not None)
    done, total = 0, len(wanted) if wanted is not None else store.count_articles()
    progress("retag", 0, total)
    for page in _pages(store, wanted):
        chosen = [a for a in page if since is None or a.effective_at >= since]
        if wanted is None and not everything:
            chosen = [a for a in chosen if a.id in edited or is_stale(a, tagger)]
        for start in range(0, len(chosen), CHUNK):
            job.chunk(chosen[start : start + CHUNK])
        done += len(page)
        progress("retag", min(done, total), total)
    if not dry_run and since is None and ids is None:
        _remember(store, tagger, only_stale=only_stale)
    return report


def is_stale(article: Article, tagger: Tagger) -> bool:
    """Whether another tagger or gazetteer (the desk's edits aside) read the article."""
    stamp, base = article.tagger_version, tagger.base_version
    return stamp != base and not stamp.startswith(f"{base}+")


# --- which articles ----------------------------------------------------------------------------


def _wanted(
    store: Store,
    tagger: Tagger,
    *,
    only_stale: bool,
    ids: Sequence[str] | None,
    everything: bool,
) -> list[str] | None:
    """Ids of the articles to read; None: look at every one."""
    if ids is not None:
        return list(dict.fromkeys(ids))
    state = _state(store)
    if everything or state.base != tagger.base_version:
        return None
    return [] if only_stale else affected(store, state.overlay, state.corrections)


def _edited(store: Store) -> set[str]:
    """Ids of the articles that the desk's edits affect, by another tagger's state or none."""
    state = _state(store)
    return set(affected(store, state.overlay, state.corrections))


def affected(store: Store, overlay: int, corrections: int) -> list[str]:
    """Return ids of the articles that edits since these revisions can affect.

    Raises:
        StoreError: the store cannot be searched.
    """
    _number, overlay_now = overlay_of(store)
    _number, corrections_now = corrections_of(store)
    change = change_between(
        Tagger.load().gazetteer,
        (overlay_of(store, overlay)[1], overlay_now),
        (corrections_of(store, corrections)[1], corrections_now),
    )
    if not change:
        return []
    found = dict.fromkeys(store.get_articles(change.articles))
    for node in searches(change, tagger_of(store).gazetteer):
        found.update(dict.fromkeys(article.id for article in holding(store, node)))
    return list(found)


def holding(store: Store, node: Node) -> Iterator[Article]:
    """Yield every article that a search finds, newest first."""
    cursor = ""
    while True:
        page = store.search(Search(node, sort="newest", limit=PAGE, cursor=cursor, highlight=False))
        yield from (hit.article for hit in page.hits)
        cursor = page.next
        if not cursor:
            return


def _pages(store: Store, wanted: Sequence[str] | None) -> Iterator[list[Article]]:
    if wanted is not None:
        for start in range(0, len(wanted), PAGE):
            yield list(store.get_articles(wanted[start : start + PAGE]).values())
        return
    last = ""
    while page := store.find_articles(Where("id", ">", last), limit=PAGE):
        yield page
        last = page[-1].id


def _state(store: Store) -> _State:
    note = store.get(Note, NOTE)
    if note is None:
        return _State()
    try:
        return _State(**json.loads(note.value))
    except (ValueError, TypeError):
        return _State()  # a note of another version: look at every article


def _remember(store: Store, tagger: Tagger, *, only_stale: bool) -> None:
    before, stamp = _state(store), tagger.stamp
    same_base = before.base == tagger.base_version
    overlay, corrections = stamp.overlay, stamp.corrections
    if only_stale and same_base:
        overlay, corrections = before.overlay, before.corrections
    value = json.dumps(
        {"base": tagger.base_version, "overlay": overlay, "corrections": corrections}
    )
    note = store.get(Note, NOTE) or Note(NOTE, "")
    store.put([replace(note, value=value)])


# --- reading them again ------------------------------------------------------------------------


class _Job:
    """Reads chunks of articles again; gathers what is different."""

    def __init__(
        self,
        store: Store,
        tagger: Tagger,
        rules: RuleSet | None,
        report: RetagReport,
        now: datetime,
        *,
        dry_run: bool,
        forced: bool,
    ) -> None:
        self._store, self._tagger, self._rules, self._report = store, tagger, rules, report
        self._now, self._dry_run, self._forced = now, dry_run, forced

    def chunk(self, chunk: Sequence[Article]) -> None:
        """Read some articles again and save those that changed."""
        pairs = [(article, self._again(article)) for article in chunk]
        self._report.counts["read"] += len(pairs)
        todo = [pair for pair in pairs if self._is_news(*pair)]
        self._report.counts["unchanged"] += len(pairs) - len(todo)
        if self._dry_run:
            self._told(todo)
            return
        for _ in range(TRIES):
            if not todo:
                return
            wait_to_write(self._store, utc_now)
            results = self._store.save([Save(after) for _before, after in todo])
            done = [p for p, r in zip(todo, results, strict=True) if isinstance(r, Saved)]
            self._told(done)
            fallen = withdraw(self._store, [after.id for _b, after in done], self._now, WHY)
            self._report.withdrawn += fallen
            lost = [r.article_id for r in results if isinstance(r, Lost)]
            anew = self._store.get_articles(lost).values()
            todo = [(a, after) for a in anew if self._is_news(a, after := self._again(a))]
        if todo:
            raise ConflictError(
                todo[0][0].url, f"lost {TRIES} saves to other writers", "run retag again"
            )

    def _again(self, article: Article) -> Article:
        tagged = self._tagger.tag(
            article.text,
            lang=article.lang,
            title=article.title,
            published=article.effective_at,
            article=article.id,
        )
        # indexed_at stays: rules take it for the time at which the publisher's text was stored
        return articles.with_tags(article, tagged)

    def _is_news(self, before: Article, after: Article) -> bool:
        same = replace(after, tagger_version=before.tagger_version) == before
        return not same or (after != before and (is_stale(before, self._tagger) or self._forced))

    def _told(self, pairs: Sequence[tuple[Article, Article]]) -> None:
        counts = self._report.counts
        counts["saved"] += len(pairs)
        for before, after in pairs:
            difference = difference_of(before, after)
            for what in ("gained", "lost", "changed"):
                counts[what] += len(getattr(difference, what))
            if difference.gained or difference.lost or difference.changed:
                counts["different"] += 1
                if len(self._report.differences) < MAX_DIFFERENCES:
                    self._report.differences.append(difference)
        if self._rules is not None and self._rules.rules:
            self._ask_rules(pairs)

    def _ask_rules(self, pairs: Sequence[tuple[Article, Article]]) -> None:
        assert self._rules is not None
        olds = match_articles(self._rules.rules, [View(old, scope="all") for old, _new in pairs])
        news = match_articles(self._rules.rules, [View(new, scope="all") for _old, new in pairs])
        known = {(m.group_id, m.view.article.id) for m in olds.matches}
        fresh = [m for m in news.matches if (m.group_id, m.view.article.id) not in known]
        learnt = self._store.get_many(
            AlertGroup, {m.group_id for m in fresh if m.rule.type == "new"}
        )
        self._report.would_fire += [
            (m.rule.id, m.key, m.view.article.id)
            for m in fresh
            if is_young(m) and m.group_id not in learnt
        ]
        if not self._dry_run:
            times = [Timed(m, m.view.article.effective_at) for m in fresh]
            history.train(self._store, [t for t in times if t.match.rule.type in history.LEARNERS])


# --- what is different -------------------------------------------------------------------------


def difference_of(before: Article, after: Article) -> Difference:
    """Compare what an article said with what it says now."""
    gained: list[str] = []
    lost: list[str] = []
    changed: list[str] = []
    for old, new in (
        (before.mentions, after.mentions),
        (before.title_mentions, after.title_mentions),
    ):
        was = {(m.start, m.end): m for m in old}
        now = {(m.start, m.end): m for m in new}
        gained += [_mention_line(m) for span, m in now.items() if span not in was]
        lost += [_mention_line(m) for span, m in was.items() if span not in now]
        changed += [
            f"{_mention_line(was[span])} -> {_meaning(m)}"
            for span, m in now.items()
            if span in was and _meaning(was[span]) != _meaning(m)
        ]
    acts_before, acts_after = _acts(before.proposals), _acts(after.proposals)
    gained += [line for line in acts_after if line not in acts_before]
    lost += [line for line in acts_before if line not in acts_after]
    return Difference(
        before.id, before.title, before.url, tuple(gained), tuple(lost), tuple(changed)
    )


def _meaning(mention: Mention) -> str:
    return f"{mention.name} ({mention.entity})" + (f" [{mention.role}]" if mention.role else "")


def _mention_line(mention: Mention) -> str:
    return f"{mention.surface!r}: {_meaning(mention)}"


def _acts(proposals: Iterable[Proposal]) -> list[str]:
    return [
        f"{p.proposer_name or 'nobody named'}: {p.status} {', '.join(p.venue_names)}"
        f" for {'-'.join(p.parties) or 'nobody named'}"
        for p in proposals
    ]
