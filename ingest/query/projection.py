"""What an article is searched by: token streams, facet values, mentions and proposals.

Every adapter indexes exactly this, and `ingest.query.match` searches it in memory; so all of them
give the same answers.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.model import VENUE_ROLES
from ingest.query.analysis import Streams, streams

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ingest.model import Article, Mention, Proposal

_COUNTRY = re.compile(r"^place:(?:.*-)?([a-z]{2})(?:-\d+)?$")


@dataclass(frozen=True, slots=True)
class Projection:
    """An article as the engines see it.

    Attributes:
        title, text: their terms and stems.
        leaders: entity ids named in text or title.
        venues: places in one of the four venue roles; places: in any role.
        place_roles: `place:minsk-by|proposed`, one for each pair: binds venue and role.
        roles, countries: of all place mentions.
        proposals: as embedded, in order.
    """

    id: str
    title: Streams
    text: Streams
    leaders: frozenset[str]
    venues: frozenset[str]
    places: frozenset[str]
    place_roles: frozenset[str]
    roles: frozenset[str]
    countries: frozenset[str]
    source: str
    lang: str
    feed: str
    flags: frozenset[str]
    effective_at: datetime
    proposals: tuple[Proposal, ...]

    def values(self) -> dict[str, frozenset[str]]:
        """Return the exact values by field: what `FieldIs`, `LeaderIs`, `PlaceIs` and facets use.

        The facet `day` is none of them: it depends on the asker's time zone.
        """
        return {
            "leader": self.leaders,
            "venue": self.venues,
            "place_role": self.place_roles,
            "role": self.roles,
            "country": self.countries,
            "source": frozenset({self.source}),
            "language": frozenset({self.lang}),
            "feed": frozenset({self.feed}),
            "flag": self.flags,
        }


FIELD_OF = {
    "source": "source",
    "lang": "language",
    "country": "country",
    "feed": "feed",
    "flag": "flag",
}
"""`FieldIs.field` -> the key of `Projection.values` (`id` is no value but the key itself)."""


def place_role(entity: str, role: str) -> str:
    """Return the token that binds a place and a role."""
    return f"{entity}|{role}"


def role_of(mention: Mention) -> str:
    """Return the role of a place mention; one without a role is a mere location."""
    return mention.role or "location"


def country_of(entity: str) -> str:
    """Return the ISO code that ends a place's id (`place:minsk-by` -> `BY`), else "".

    The gazetteer ends the ids of cities, sites and countries (`place:belarus-by`) so; `xx` is no
    country, and a number after the code tells namesakes apart (`place:singapore-sg-1880252`).
    """
    match = _COUNTRY.match(entity)
    code = match.group(1).upper() if match else ""
    return "" if code == "XX" else code


def project(article: Article) -> Projection:
    """Return everything that an article is searched by."""
    mentions = article.mentions + article.title_mentions
    places = [mention for mention in mentions if mention.kind == "venue"]
    return Projection(
        id=article.id,
        title=streams(article.title, article.lang),
        text=streams(article.text, article.lang),
        leaders=frozenset(m.entity for m in mentions if m.kind == "leader"),
        venues=frozenset(m.entity for m in places if m.role in VENUE_ROLES),
        places=frozenset(m.entity for m in places),
        place_roles=frozenset(place_role(m.entity, role_of(m)) for m in places),
        roles=frozenset(role_of(m) for m in places),
        countries=frozenset(filter(None, (country_of(m.entity) for m in places))),
        source=article.source,
        lang=article.lang,
        feed=article.feed_id,
        flags=frozenset(article.flags),
        effective_at=article.effective_at,
        proposals=article.proposals,
    )


def ranked_leaders(article: Article) -> tuple[str, ...]:
    """Return the leaders an article names, most mentioned first, then by id."""
    return _ranked(
        mention.entity
        for mention in article.mentions + article.title_mentions
        if mention.kind == "leader"
    )


def ranked_venues(article: Article) -> tuple[str, ...]:
    """Return the places in a venue role, most mentioned first, then by id."""
    return _ranked(
        mention.entity
        for mention in article.mentions + article.title_mentions
        if mention.kind == "venue" and mention.role in VENUE_ROLES
    )


def _ranked(entities: Iterable[str]) -> tuple[str, ...]:
    counts = Counter(entities)
    return tuple(sorted(counts, key=lambda entity: (-counts[entity], entity)))
