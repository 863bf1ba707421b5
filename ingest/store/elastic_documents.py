"""What a save becomes in Elasticsearch: the documents of an article and of its projections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from ingest.model import VENUE_ROLES
from ingest.query.projection import country_of, project
from ingest.store.port import Refused
from ingest.store.records import MAX_DOC_BYTES, encode, index_time, index_value, scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ingest.model import Article, Entry
    from ingest.query.projection import Projection
    from ingest.store.elastic_records import Seen
    from ingest.store.port import MentionRow, ProposalRow, Save, SaveResult

    Locate = Callable[[str], tuple[float, float] | None]
    Names = Callable[[str], tuple[str, ...]]

NAMED = ("leader", "place", "venue", *VENUE_ROLES)
PROJECTED = ("token", "facet", "proposal", "order", "language", "projected", "write", *NAMED)
"""What an article's document holds beside the article."""

ANALYZED_LANGUAGES = frozenset({"de", "en", "es", "fr", "ru", "tr"})
"""Those that every Elasticsearch has an analyzer for, of the ones that we read."""

EXACT = {"effective_at": "order.effective_at", "first_stored_at": "order.first_stored_at"}
"""Times whose exact text stands beside the date, which knows milliseconds only."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An article as it was read: the record, where it stood, and what was ever projected."""

    article: Article
    seen: Seen
    base: int
    mentions: int
    proposals: int


@dataclass(slots=True)
class Step:
    """A save on its way through the steps; `result` is set as soon as nothing more is to do."""

    article: Article
    entry: Entry | None
    projection: Projection
    stored: Stored | None = None
    entry_seen: Seen | None = None
    is_repeat: bool = False
    base: int = 0
    result: SaveResult | None = None

    @property
    def version(self) -> int:
        return self.base + self.article.revision


def prepare(save: Save) -> Step:
    """Clean and project an article; one that is too large is refused."""
    article = save.article
    try:
        size = len(encode(article))
    except UnicodeEncodeError:
        article = scrub(article)
        size = len(encode(article))
    entry = scrub(save.entry) if save.entry is not None else None
    step = Step(article, entry, project(article))
    if size > MAX_DOC_BYTES:
        reason = f"too-large: {size:,} bytes, at most {MAX_DOC_BYTES:,} are stored"
        step.result = Refused(article.id, reason)
    return step


def article_key(article_id: str) -> str:
    """Return the `_id` of an article: its id, which is a hash."""
    return str(index_value(article_id)) or "-"


def article_path(field: str) -> str:
    """Return where an indexed field of an article stands: times have an exact twin."""
    return EXACT.get(field, field)


def article_document(step: Step, token: str, names: Names) -> bytes:
    """Return an article as it is indexed: the record's own fields, and what it is searched by."""
    article, projection, stored = step.article, step.projection, step.stored
    extra: dict[str, Any] = {
        "write": token,
        "facet": projection.values(),
        "proposal": [
            {
                "proposer": [p for p in (proposal.proposer, proposal.proposer_country) if p],
                "party": proposal.parties,
                "status": proposal.status,
                "venue": proposal.venues,
            }
            for proposal in projection.proposals
        ],
        "token": {
            "title_terms": " ".join(projection.title.terms),
            "title_stems": " ".join(projection.title.stems),
            "text_terms": " ".join(projection.text.terms),
            "text_stems": " ".join(projection.text.stems),
        },
        "order": {name: index_time(getattr(article, name)) for name in EXACT},
        "projected": {
            "base": step.base,
            "mentions": max(len(article.mentions), stored.mentions if stored else 0),
            "proposals": max(len(article.proposals), stored.proposals if stored else 0),
        },
        "leader": named(projection.leaders, names),
        "place": named(projection.places, names),
        "venue": named(projection.venues, names),
    }
    for role in VENUE_ROLES:
        ending = f"|{role}"
        within = (p.removesuffix(ending) for p in projection.place_roles if p.endswith(ending))
        extra[role] = named(within, names)
    if article.lang in ANALYZED_LANGUAGES:
        extra["language"] = {article.lang: {"title": article.title, "text": article.text}}
    return encode(article)[:-1] + b"," + msgspec.json.encode(extra)[1:]


def mention_document(
    row: MentionRow, article: Article, ordinal: int, locate: Locate, names: Names
) -> bytes:
    """Return a mention as it is indexed: flat, so that Kibana can aggregate every field."""
    mention = msgspec.to_builtins(row.mention)
    fields = {name: value for name, value in msgspec.to_builtins(row).items() if name != "mention"}
    extra = {
        "ordinal": ordinal,
        "publisher": article.publisher,
        "published_at": article.published_at,
        "country": country_of(row.mention.entity) or None,
        "location": point(locate(row.mention.entity)) if row.mention.kind == "venue" else None,
    }
    every = named((row.mention.entity,), names)
    if row.mention.kind == "leader":
        extra["leader"] = every
    else:
        extra |= {"place": every, "venue": every if row.mention.role in VENUE_ROLES else None}
    return msgspec.json.encode({**mention, **fields, **extra})


def proposal_document(row: ProposalRow, ordinal: int, locate: Locate, names: Names) -> bytes:
    """Return a proposal as it is indexed: flat, so that Kibana can aggregate every field."""
    proposal = msgspec.to_builtins(row.proposal)
    fields = {name: value for name, value in msgspec.to_builtins(row).items() if name != "proposal"}
    places = filter(None, (point(locate(venue)) for venue in row.proposal.venues))
    extra = {
        "ordinal": ordinal,
        "locations": list(places),
        "venue": named(row.proposal.venues, names),
        "leader": named(filter(None, (row.proposal.proposer,)), names),
    }
    return msgspec.json.encode({**proposal, **fields, **extra})


def named(entities: Iterable[str], names: Names) -> list[str]:
    """Return the ids and every name of some entities: what a person may type in Kibana."""
    return sorted({name for entity in entities for name in (entity, *names(entity))})


def point(place: tuple[float, float] | None) -> dict[str, float] | None:
    """Return (latitude, longitude) as a geo_point."""
    return {"lat": place[0], "lon": place[1]} if place else None
