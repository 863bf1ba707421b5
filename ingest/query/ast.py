"""The query tree: the only nodes that an adapter has to compile.

A user's string is parsed once (`ingest.query.parse`), entities are resolved to ids, words are
analysed; adapters see nothing else, so no user string reaches FTS5 or Elasticsearch raw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class All:
    """Every article."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word: matches any of its stems in title or text."""

    text: str
    stems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A quoted phrase: folded terms in a row, in the title or in the text."""

    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """`prefix*`: a folded term's beginning, at least two letters."""

    text: str


@dataclass(frozen=True, slots=True)
class LeaderIs:
    """`leader:`: the article (text or title) names one of these leaders."""

    entities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceIs:
    """`venue:`, `place:` and `role:` of one AND group, bound to the same mention.

    One place mention has one of `entities` (None: any) and one of `roles`.
    """

    entities: tuple[str, ...] | None
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProposalIs:
    """`proposer:`, `party:`, `status:` of one AND group, with its `venue:`, bound to one proposal.

    Each is None where not asked. `proposers` holds entity ids and ISO codes; a code also matches
    the country that a proposer speaks for. `parties`: all of them must take part.
    """

    proposers: tuple[str, ...] | None = None
    parties: tuple[str, ...] = ()
    statuses: tuple[str, ...] | None = None
    venues: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class FieldIs:
    """An exact field: `source`, `lang`, `country` (of a place mention), `feed`, `flag`, `id`."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DateRange:
    """`since:`, `until:`, `date:[a TO b]`: effective_at in [start, end); None is open."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not this one."""

    child: Node


Node: TypeAlias = (
    All
    | Word
    | Phrase
    | Prefix
    | LeaderIs
    | PlaceIs
    | ProposalIs
    | FieldIs
    | DateRange
    | And
    | Or
    | Not
)
