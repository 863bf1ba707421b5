"""The store as everything above it sees it: two small Protocols, implemented by each adapter.

`Records` keeps the work records (feeds, entries, hosts, leases, aliases, alert groups, ...), each
written by compare-and-set. `Articles` keeps articles with their projections and answers searches.
Adapters hold no policy: pure code decides what is due, duplicate or alarming.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # msgspec reads the rows' annotations at run time
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self, TypeVar, runtime_checkable

from ingest.model import Article, Entry, Mention, Proposal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ingest.query.ast import Node


@runtime_checkable
class Record(Protocol):
    """A frozen dataclass of `ingest.model` with an id, a revision and its indexed fields."""

    INDEXED: ClassVar[tuple[str, ...]]

    @property
    def id(self) -> str: ...
    @property
    def revision(self) -> int: ...


R = TypeVar("R", bound=Record)

Op = Literal["=", "!=", "<=", ">=", "<", ">", "in", "prefix"]


@dataclass(frozen=True, slots=True)
class Where:
    """One condition on an indexed field or on `id`; several are joined by AND.

    `None` (unset) satisfies `=` None and `<=` anything ("due when never set"), nothing else.
    `in` takes a tuple; `prefix` is for text fields and `id`.
    """

    field: str
    op: Op
    value: Any


class Records(Protocol):
    """Work records of every kind, by id."""

    def get(self, kind: type[R], record_id: str) -> R | None:
        """Return the record, or None; always the newest write (no refresh lag)."""
        ...

    def get_many(self, kind: type[R], ids: Iterable[str]) -> dict[str, R]:
        """Return the records that exist, by id."""
        ...

    def put(self, records: Sequence[R]) -> list[R | None]:
        """Write each by compare-and-set, in step with the argument.

        A record whose `revision` is 0 is created only if its id is absent; any other replaces the
        stored one only if that has the same revision. Returns the record with its new revision,
        or None where the comparison lost. One record's conflict leaves the others written.
        All of one call may be one transaction, but only each record by itself is promised.
        """
        ...

    def find(
        self,
        kind: type[R],
        *where: Where,
        order_by: str = "id",
        limit: int | None = None,
    ) -> list[R]:
        """Return records that satisfy every condition, sorted by an indexed field, then id.

        `order_by="-field"` sorts downwards; None sorts first upwards.
        """
        ...

    def count(self, kind: type[R], *where: Where) -> int:
        """Return how many records `find` would return without a limit."""
        ...

    def delete(self, kind: type[R], ids: Iterable[str]) -> int:
        """Delete records by id; returns how many were there."""
        ...


# --- articles ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Save:
    """An article to write, and the entry to mark with it (both by compare-and-set)."""

    article: Article
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """The article (and entry) as now stored; `created` if the id was new."""

    article: Article
    entry: Entry | None
    created: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """The compare-and-set lost on `what` ("article" or "entry"); nothing of it was written."""

    article_id: str
    what: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The store will never take this document; the reason goes into the dead entry."""

    article_id: str
    reason: str


SaveResult = Saved | Lost | Refused


@dataclass(frozen=True, slots=True)
class Search:
    """A search to run.

    Attributes:
        node: the parsed query (`ingest.query.parse`).
        sort: `relevance`, `newest` (effective_at, id downwards) or `oldest`.
        limit: at most 1,000.
        cursor: `next` of the page before; opaque; carries the sort.
        facets: which to count, of FACETS; facet_size: how many values each.
        highlight: cut snippets.
        ids: only these articles (alert evaluation reads by id).
    """

    node: Node
    sort: Literal["relevance", "newest", "oldest"] = "relevance"
    limit: int = 10
    cursor: str = ""
    facets: tuple[str, ...] = ()
    facet_size: int = 10
    highlight: bool = True
    timezone: str = "UTC"
    ids: tuple[str, ...] | None = None


FACETS = ("leader", "venue", "role", "country", "source", "language", "day")


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A facet's value: `value` is an entity id, role, ISO code, source, language or day."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One found article.

    Attributes:
        snippet: pieces of (text, is_match), for each surface to mark in its own way.
        leaders, venues: entity ids, most mentioned first; venues only in the four venue roles.
    """

    article: Article
    score: float
    snippet: tuple[tuple[str, bool], ...]
    leaders: tuple[str, ...]
    venues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of hits; `next` is "" on the last one."""

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]
    next: str = ""


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal's projection with what the board and alerts need of its article."""

    id: str
    proposal: Proposal
    sentence: str
    article_id: str
    title: str
    url: str
    source: str
    publisher: str
    lang: str
    published_at: datetime | None
    effective_at: datetime
    first_stored_at: datetime
    copy_of: str = ""


@dataclass(frozen=True, slots=True)
class MentionRow:
    """A mention's projection."""

    id: str
    mention: Mention
    sentence: str
    article_id: str
    title: str
    url: str
    source: str
    lang: str
    effective_at: datetime


class Articles(Protocol):
    """Articles with their projections."""

    def save(self, saves: Sequence[Save]) -> list[SaveResult]:
        """Write articles, projections, then entries, each by compare-and-set, in step.

        Order: article, projections (mentions, proposals, search rows), surplus ordinals deleted,
        entry last. A repeat with the same revision and the same content still rewrites the
        projections. SQLite writes the call in one transaction.
        """
        ...

    def get_article(self, article_id: str) -> Article | None:
        """Return the article, newest write."""
        ...

    def get_articles(self, ids: Iterable[str]) -> dict[str, Article]:
        """Return the articles that exist, by id."""
        ...

    def find_articles(
        self, *where: Where, order_by: str = "id", limit: int | None = None
    ) -> list[Article]:
        """Return articles by conditions on Article.INDEXED fields, as Records.find."""
        ...

    def count_articles(self, *where: Where) -> int:
        """Return how many articles there are."""
        ...

    def search(self, search: Search) -> Page:
        """Run a search. Same hits and facet counts on every adapter; scores may differ."""
        ...

    def proposals(
        self,
        node: Node,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[ProposalRow]:
        """Return proposals of articles that match, newest first by (effective_at, id).

        Where the query has venue, role, status, proposer or party clauses, only the proposals
        that those clauses bind to.
        """
        ...

    def mentions(self, article_ids: Iterable[str]) -> list[MentionRow]:
        """Return the mention projections of some articles, in order."""
        ...

    def repair(self, articles: Sequence[Article]) -> int:
        """Write the projections of these articles anew where they are not what is embedded.

        Args:
            articles: as just read; one that was saved meanwhile is left to whoever saved it.

        Returns:
            How many articles had others.
        """
        ...

    def delete_articles(self, ids: Iterable[str]) -> int:
        """Delete articles, their projections and aliases; returns how many were there."""
        ...


class Store(Records, Articles, Protocol):
    """Both, and the life of the connection."""

    name: str

    def check(self) -> str:
        """Read the store through once (`quick_check`); returns "" or what is wrong."""
        ...

    def free_bytes(self) -> int:
        """Return what can be written before the disk is full, or the server slows itself down."""
        ...

    def stats(self) -> Mapping[str, int | str]:
        """Return counts and sizes for `doctor`."""
        ...

    def close(self) -> None:
        """Release it."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...
