"""Articles in Elasticsearch, and the steps of a save.

One document at a time is atomic, so the order of the steps carries the promise: article (by
compare-and-set), projections, surplus ordinals, entry last. Whoever repeats a save that was cut off
between two steps finds the article and writes the projections again.

A projection's version is the article's revision plus `projected.base`, a number of the article's
life: after a deletion the next life's versions lie above the former ones', which Elasticsearch
remembers for a while.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ingest.errors import StoreError
from ingest.ids import mention_id, proposal_id
from ingest.model import Article, Entry, UrlAlias
from ingest.store.elastic_documents import (
    PROJECTED,
    Step,
    Stored,
    article_document,
    article_key,
    article_path,
    mention_document,
    prepare,
    proposal_document,
)
from ingest.store.elastic_records import (
    ElasticRecords,
    Seen,
    conditions,
    count,
    decoded,
    distinct,
    find_all,
    new_token,
    record_key,
    sort_of,
    wrote,
)
from ingest.store.elastic_wire import Action, Outcome
from ingest.store.port import (
    Lost,
    MentionRow,
    Refused,
    Save,
    Saved,
    SaveResult,
    Where,
)
from ingest.store.records import (
    check_where,
    index_value,
    with_revision,
)
from ingest.store.rows import mention_rows, proposal_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ingest.store.elastic_documents import Locate, Names
    from ingest.store.elastic_wire import Wire

GROUP = 100
"""Articles that go through the steps together."""

WRITERS = 4
"""Groups under way at once: Elasticsearch takes one connection's writes at half its speed."""


class ElasticArticles:
    """`Articles` but for searches (`elastic_search`)."""

    def __init__(
        self,
        wire: Wire,
        records: ElasticRecords,
        *,
        name_of: Callable[[str], str],
        locate: Locate,
        names: Names,
    ) -> None:
        self._wire = wire
        self._records = records
        self._locate = locate
        self._names = names
        self.articles, self.mentions, self.proposals = map(
            name_of, ("articles", "mentions", "proposals")
        )

    # --- reading --------------------------------------------------------------------------------

    def get(self, ids: Iterable[str]) -> dict[str, Article]:
        """Return the articles that exist, by id; newest writes."""
        keys = [article_key(article_id) for article_id in ids]
        found = self._wire.read(self.articles, keys, excludes=PROJECTED)
        return {doc["_source"]["id"]: decoded(Article, doc["_source"]) for doc in found.values()}

    def find(self, where: Sequence[Where], order_by: str, limit: int | None) -> list[Article]:
        """Return articles by conditions, sorted."""
        check_where(Article, tuple(where), order_by)
        found = find_all(
            self._wire,
            self.articles,
            conditions(where, article_path),
            sort_of(order_by, article_path),
            limit,
            excludes=PROJECTED,
        )
        return [decoded(Article, source) for source in found]

    def count(self, where: Sequence[Where] = ()) -> int:
        """Return how many articles meet the conditions."""
        check_where(Article, tuple(where))
        return count(self._wire, self.articles, conditions(where, article_path))

    def mention_rows(self, article_ids: Iterable[str]) -> list[MentionRow]:
        """Return the mention projections of some articles, article by article, in order."""
        wanted = [str(index_value(article_id)) for article_id in dict.fromkeys(article_ids)]
        by_article: dict[str, list[MentionRow]] = {article_id: [] for article_id in wanted}
        sort = [{"article_id": "asc"}, {"ordinal": "asc"}]
        for at in range(0, len(wanted), 1000):
            query = {"terms": {"article_id": wanted[at : at + 1000]}}
            for source in find_all(self._wire, self.mentions, query, sort, None):
                row = decoded(MentionRow, {**source, "mention": source})
                by_article[row.article_id].append(row)
        return [row for rows in by_article.values() for row in rows]

    # --- saving ---------------------------------------------------------------------------------

    def save(self, saves: Sequence[Save]) -> list[SaveResult]:
        """Write articles, projections and entries (see `Articles.save`)."""
        results: dict[int, SaveResult] = {}
        for rounds in distinct([tuple(saved_keys(save)) for save in saves]):
            groups = [rounds[start : start + GROUP] for start in range(0, len(rounds), GROUP)]
            with ThreadPoolExecutor(min(WRITERS, len(groups))) as pool:
                done = pool.map(lambda group: self._save([saves[at] for at in group]), groups)
                for group, saved_group in zip(groups, done, strict=True):
                    results.update(zip(group, saved_group, strict=True))
        return [results[at] for at in range(len(saves))]

    def _save(self, saves: Sequence[Save]) -> list[SaveResult]:
        steps = [prepare(save) for save in saves]
        token = new_token()
        self._read(steps)
        self._compare(steps)
        self._write_articles(steps, token)
        self._write_projections(steps)
        self._delete_surplus(steps)
        self._write_entries(steps, token)
        return [step.result for step in steps if step.result is not None]

    def _read(self, steps: Sequence[Step]) -> None:
        keys = {article_key(step.article.id): step for step in open_steps(steps)}
        excluded = tuple(name for name in PROJECTED if name != "projected")
        found = self._wire.read(self.articles, keys, excludes=excluded)
        for key, doc in found.items():
            source = doc["_source"]
            keys[key].stored = Stored(decoded(Article, source), Seen.of(doc), **source["projected"])
        entries = {record_key(Entry, s.entry.id): s for s in open_steps(steps) if s.entry}
        for key, seen in self._records.seen(entries).items():
            entries[key].entry_seen = seen

    def _compare(self, steps: Sequence[Step]) -> None:
        for step in open_steps(steps):
            article, entry = step.article, step.entry
            stored = step.stored
            if (stored.article.revision if stored else 0) != article.revision:
                step.result = Lost(article.id, "article")
            elif entry and (step.entry_seen.revision if step.entry_seen else 0) != entry.revision:
                step.result = Lost(article.id, "entry")
            elif stored and stored.article == article:
                step.is_repeat, step.base = True, stored.base
            else:
                step.article = with_revision(article, article.revision + 1)
                step.base = stored.base if stored else time.time_ns() // 1000

    def _write_articles(self, steps: Sequence[Step], token: str) -> None:
        changed = [step for step in open_steps(steps) if not step.is_repeat]
        actions = [self._article_action(step, token) for step in changed]
        for step, action, outcome in zip(changed, actions, self._wire.bulk(actions), strict=True):
            if outcome.is_conflict:
                if not (outcome.is_repeat and wrote(self._wire, action, token)):
                    step.result = Lost(step.article.id, "article")
            elif not outcome.is_done:
                step.result = refused(step, outcome)

    def _article_action(self, step: Step, token: str) -> Action:
        stored = step.stored
        return Action(
            op="index" if stored else "create",
            index=self.articles,
            id=article_key(step.article.id),
            doc=article_document(step, token, self._names),
            seen=stored.seen.at if stored else None,
        )

    def _write_projections(self, steps: Sequence[Step]) -> None:
        pairs = [(step, action) for step in open_steps(steps) for action in self._rows(step)]
        outcomes = self._wire.bulk([action for _, action in pairs])
        for (step, _), outcome in zip(pairs, outcomes, strict=True):
            # a conflict: whoever saved a later revision has written it already
            if not outcome.is_done and not outcome.is_conflict:
                step.result = refused(step, outcome)

    def _rows(self, step: Step) -> Iterator[Action]:
        article, version = step.article, step.version
        for ordinal, mention in enumerate(mention_rows(article)):
            doc = mention_document(mention, article, ordinal, self._locate, self._names)
            yield Action("index", self.mentions, mention.id, doc, version=version)
        for ordinal, proposal in enumerate(proposal_rows(article)):
            doc = proposal_document(proposal, ordinal, self._locate, self._names)
            yield Action("index", self.proposals, proposal.id, doc, version=version)

    def _delete_surplus(self, steps: Sequence[Step]) -> None:
        actions = [
            Action("delete", index, row_id, version=step.version)
            for step in open_steps(steps)
            for index, row_id in self._surplus(step)
        ]
        self._wire.bulk(actions)

    def _surplus(self, step: Step) -> Iterator[tuple[str, str]]:
        """Return the projections of former revisions that this one has no row for."""
        article, stored = step.article, step.stored
        if stored is None:
            return
        for ordinal in range(len(article.mentions), stored.mentions):
            yield self.mentions, mention_id(article.id, ordinal)
        for ordinal in range(len(article.proposals), stored.proposals):
            yield self.proposals, proposal_id(article.id, ordinal)

    def _write_entries(self, steps: Sequence[Step], token: str) -> None:
        marked: list[tuple[Step, Entry, Action]] = []
        for step in open_steps(steps):
            entry = step.entry
            if entry is None:
                step.result = saved(step, None)
                continue
            entry = with_revision(entry, entry.revision + 1)
            seen = step.entry_seen.at if step.entry_seen else None
            marked.append((step, entry, self._records.action(entry, token, seen)))
        outcomes = self._wire.bulk([action for _, _, action in marked])
        for (step, entry, action), outcome in zip(marked, outcomes, strict=True):
            # lost only to somebody who came between: the article stands, its entry is theirs
            is_ours = self._records.is_ours(action, outcome, token)
            step.result = saved(step, entry) if is_ours else Lost(step.article.id, "entry")

    # --- deleting -------------------------------------------------------------------------------

    def delete(self, ids: Iterable[str]) -> int:
        """Delete articles, projections and aliases, the articles last; returns how many."""
        wanted = list(dict.fromkeys(str(index_value(article_id)) for article_id in ids))
        deleted = 0
        self._wire.refresh(self.mentions, self.proposals, self._records.index)
        for at in range(0, len(wanted), 1000):
            batch = wanted[at : at + 1000]
            by_article = {"terms": {"article_id": batch}}
            self._delete_found(self.mentions, by_article)
            self._delete_found(self.proposals, by_article)
            aliases = self._records.find(
                UrlAlias, (Where("article_id", "in", tuple(batch)),), "id", None
            )
            self._records.delete(UrlAlias, (alias.id for alias in aliases))
            keys = map(article_key, batch)
            outcomes = self._wire.bulk([Action("delete", self.articles, key) for key in keys])
            deleted += sum(outcome.is_done for outcome in outcomes)
        return deleted

    def _delete_found(self, index: str, query: dict[str, Any]) -> None:
        found = find_all(self._wire, index, query, [{"id": "asc"}], None, "id")
        self._wire.bulk([Action("delete", index, source["id"]) for source in found])


def saved_keys(save: Save) -> Iterator[str]:
    """Return what a save writes, to keep two saves of one thing apart."""
    yield article_key(save.article.id)
    if save.entry is not None:
        yield record_key(Entry, save.entry.id)


def open_steps(steps: Sequence[Step]) -> list[Step]:
    """Return the saves that still have steps to go."""
    return [step for step in steps if step.result is None]


def saved(step: Step, entry: Entry | None) -> Saved:
    """Return the result of a save that went through."""
    return Saved(step.article, entry, created=step.stored is None)


def refused(step: Step, outcome: Outcome) -> Refused:
    """Return the result of a document that the server will never take."""
    if outcome.status not in {400, 413}:
        raise StoreError(step.article.id, f"cannot be stored: {outcome.reason}")
    return Refused(step.article.id, f"mapping: {outcome.reason}")
