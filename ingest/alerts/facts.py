"""The facts of an article that a rule may ask about: acts, places, leaders, or the article itself.

Pure. A fact carries the sentence that shows it; a rule is asked of each fact by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias
from zoneinfo import ZoneInfo

from ingest.ids import mention_id
from ingest.lines import PERHAPS_BELOW, line_of
from ingest.model import VENUE_ROLES, Evidence
from ingest.query.analysis import analyze, fold_text
from ingest.query.projection import Projection, project, role_of
from ingest.store.rows import proposal_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.model import Article, Mention, Proposal
    from ingest.store.port import ProposalRow

Scope: TypeAlias = Literal["all", "fresh", "former"]

MAX_SENTENCE = 2000  # a "sentence" of a page without full stops; alerts must stay readable
MAX_TITLE = 500

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\s\"»”)]+|\n+")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing an article says.

    Attributes:
        id: of the proposal's or mention's projection, else the article's.
        places: entity ids: the venues of an act, the place of a mention, () otherwise.
        role: of the place, or the act's status; "" where there is no place.
        leaders: entity ids named in the sentence.
        subject: the leader whose naming the fact is, else "".
        row: the act, where it is one.
        names: English names of the places, or of the leader.
    """

    id: str
    sentence: str
    places: tuple[str, ...] = ()
    role: str = ""
    leaders: frozenset[str] = frozenset()
    subject: str = ""
    row: ProposalRow | None = None
    names: tuple[str, ...] = ()
    confidence: float = 1.0

    @property
    def proposal(self) -> Proposal | None:
        """The act itself."""
        return self.row.proposal if self.row else None

    @property
    def says(self) -> str:
        """What it says in ids, `role|places|who`; "" of an article as a whole."""
        if self.subject:
            return f"leader||{self.subject}"
        if not self.places:
            return ""
        act = self.proposal
        who = (act.proposer or act.proposer_country or "") if act else ""
        return f"{self.role}|{','.join(sorted(self.places))}|{who}"


class View:
    """An article with its facts, each computed at most once and only if some rule asks.

    Args:
        scope: which facts count: `fresh`, those that did not stand in the former text of an edited
            article; `former`, those that did; or `all`.
    """

    def __init__(self, article: Article, scope: Scope = "fresh") -> None:
        self.article, self._scope = article, scope

    @cached_property
    def projection(self) -> Projection:
        """The article as a query sees it."""
        return project(self.article)

    @cached_property
    def leaders(self) -> frozenset[str]:
        """Leaders named in text or title."""
        return frozenset(m.entity for m in self._all_mentions() if m.kind == "leader")

    @cached_property
    def entities(self) -> frozenset[str]:
        """Every entity that the article names: what rules are looked up by."""
        acts = (venue for act in self.article.proposals for venue in act.venues)
        return frozenset(m.entity for m in self._all_mentions()).union(acts)

    @cached_property
    def places(self) -> tuple[Fact, ...]:
        """Acts, then place mentions that no act of the same place and role covers.

        Acts that recall a meeting long past are no news: neither they nor the mentions they cover
        are facts.
        """
        article = self.article
        covered = {(venue, act.status) for act in article.proposals for venue in act.venues}
        acts = [self._act_fact(row) for row in self._rows if not row.proposal.background]
        mentions = [
            self._mention_fact(fact_id, mention, in_title=in_title)
            for fact_id, mention, in_title in self._numbered()
            if mention.kind == "venue" and (mention.entity, role_of(mention)) not in covered
        ]
        return (*acts, *mentions)

    @cached_property
    def recalled(self) -> tuple[Fact, ...]:
        """Acts of long ago: no news, but an article that must not name a place names it there."""
        return tuple(self._act_fact(row) for row in self._rows if row.proposal.background)

    @cached_property
    def persons(self) -> tuple[Fact, ...]:
        """Every naming of a leader."""
        return tuple(
            self._mention_fact(fact_id, mention, in_title=in_title)
            for fact_id, mention, in_title in self._numbered()
            if mention.kind == "leader"
        )

    def whole(
        self,
        stems: frozenset[str] = frozenset(),
        phrases: frozenset[tuple[str, ...]] = frozenset(),
    ) -> Fact:
        """The article as one fact, with the first sentence that holds a phrase or a word stem."""
        sentence = self._sentence_with(stems, phrases)
        return Fact(self.article.id, sentence or self.article.title)

    def in_scope(self, fact: Fact) -> bool:
        """Whether a match of this fact counts, by the view's scope."""
        if self._scope == "all":
            return True
        was_there = f" {fold_text(fact.sentence)} " in self._former
        return was_there == (self._scope == "former")

    def evidence(self, fact: Fact, timezone: str) -> Evidence:
        """Return the fact as an alert shows it."""
        article = self.article
        return Evidence(
            article_id=article.id,
            mention=fact.id,
            sentence=fact.sentence[:MAX_SENTENCE],
            title=article.title[:MAX_TITLE],
            url=article.url,
            source=article.source,
            lang=article.lang,
            line=self._line(fact, timezone),
            published_at=article.published_at,
            confidence=fact.confidence,
            fact=fact.says,
        )

    def _line(self, fact: Fact, timezone: str) -> str:
        if fact.row is not None:
            return line_of(fact.row, timezone)
        day = self.article.effective_at.astimezone(ZoneInfo(timezone))
        date = f"{day.day} {day:%b}"
        if not fact.names:
            return f"{date}: {self.article.source}: {self.article.title[:MAX_TITLE]}"
        shown = f"{min(fact.confidence, 0.99):.2f}".lstrip("0")
        perhaps = "perhaps " if fact.confidence < PERHAPS_BELOW else ""
        names = " and ".join(fact.names)
        if fact.role in VENUE_ROLES:
            return f"{date}: {perhaps}{names} {fact.role} as a venue; confidence {shown}"
        what = f" as a {fact.role}" if fact.role else ""
        return f"{date}: {perhaps}{names} named{what} by {self.article.source}; confidence {shown}"

    @cached_property
    def _rows(self) -> tuple[ProposalRow, ...]:
        return proposal_rows(self.article)

    def _act_fact(self, row: ProposalRow) -> Fact:
        act = row.proposal
        return Fact(
            id=row.id,
            sentence=row.sentence,
            places=act.venues,
            role=act.status,
            leaders=self._leaders_in(act.start, act.end),
            row=row,
            names=act.venue_names,
            confidence=act.confidence,
        )

    def _mention_fact(self, fact_id: str, mention: Mention, *, in_title: bool) -> Fact:
        article = self.article
        if in_title:
            sentence = article.title
            leaders = frozenset(m.entity for m in article.title_mentions if m.kind == "leader")
        else:
            sentence = article.text[mention.sentence_start : mention.sentence_end]
            leaders = self._leaders_in(mention.sentence_start, mention.sentence_end)
        is_place = mention.kind == "venue"
        return Fact(
            id=fact_id,
            sentence=sentence or article.title,
            places=(mention.entity,) if is_place else (),
            role=role_of(mention) if is_place else "",
            leaders=leaders if is_place else leaders | {mention.entity},
            subject="" if is_place else mention.entity,
            names=(mention.name,),
            confidence=mention.confidence,
        )

    def _leaders_in(self, start: int, end: int) -> frozenset[str]:
        return frozenset(
            m.entity
            for m in self.article.mentions
            if m.kind == "leader" and start <= m.start and m.end <= end
        )

    def _all_mentions(self) -> Iterable[Mention]:
        return (*self.article.mentions, *self.article.title_mentions)

    def _numbered(self) -> Iterable[tuple[str, Mention, bool]]:
        article = self.article
        for ordinal, mention in enumerate(article.mentions):
            yield mention_id(article.id, ordinal), mention, False
        for ordinal, mention in enumerate(article.title_mentions):
            yield f"{article.id}.t{ordinal}", mention, True

    @cached_property
    def _former(self) -> str:
        if not self.article.revisions:
            return ""
        former = self.article.revisions[-1]
        return f" {fold_text(former.title)} {fold_text(former.text)} "

    def _sentence_with(self, stems: frozenset[str], phrases: frozenset[tuple[str, ...]]) -> str:
        text = self.article.text
        if not phrases and stems.isdisjoint(self.projection.text.stems):
            return ""
        analysis = analyze(text, self.article.lang)
        for at, (stem, (start, _)) in enumerate(zip(analysis.stems, analysis.offsets, strict=True)):
            if stem in stems or any(analysis.terms[at : at + len(p)] == p for p in phrases):
                return sentence_at(text, start)
        return ""


def sentence_at(text: str, offset: int) -> str:
    """Return the sentence around an offset, cut at full stops and line breaks."""
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if end.start() > offset:
            return text[start : end.start()].strip()
        start = end.end()
    return text[start:].strip()
