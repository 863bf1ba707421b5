"""What a query means, in memory: alerts use it, and the adapters are held against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from ingest.model import VENUE_ROLES
from ingest.query.ast import (
    All,
    And,
    DateRange,
    FieldIs,
    LeaderIs,
    Node,
    Not,
    Or,
    Phrase,
    PlaceIs,
    Prefix,
    ProposalIs,
    Word,
)
from ingest.query.projection import FIELD_OF, Projection, place_role

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ingest.model import Proposal


def matches(node: Node, projection: Projection) -> bool:
    """Whether an article matches."""
    match node:
        case All():
            return True
        case Word(stems=stems):
            wanted = set(stems)
            return not wanted.isdisjoint(projection.title.stems) or not wanted.isdisjoint(
                projection.text.stems
            )
        case Phrase(terms=terms):
            return has_run(projection.title.terms, terms) or has_run(projection.text.terms, terms)
        case Prefix(text=text):
            return any(
                term.startswith(text) for term in projection.title.terms + projection.text.terms
            )
        case LeaderIs(entities=entities):
            return not projection.leaders.isdisjoint(entities)
        case PlaceIs(entities=None, roles=roles):
            return not projection.roles.isdisjoint(roles)
        case PlaceIs(entities=entities, roles=roles):
            return any(
                place_role(entity, role) in projection.place_roles
                for entity in entities or ()
                for role in roles
            )
        case ProposalIs():
            return any(is_bound(node, proposal) for proposal in projection.proposals)
        case FieldIs(field="id", values=values):
            return projection.id in values
        case FieldIs(field=field, values=values):
            return not projection.values()[FIELD_OF[field]].isdisjoint(values)
        case DateRange(start=start, end=end):
            return in_range(projection.effective_at, start, end)
        case And(children=children):
            return all(matches(child, projection) for child in children)
        case Or(children=children):
            return any(matches(child, projection) for child in children)
        case Not(child=child):
            return not matches(child, projection)
        case _:
            assert_never(node)


def has_run(terms: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Whether the terms hold the wanted ones in a row."""
    if not wanted:
        return False
    length = len(wanted)
    return any(
        terms[at : at + length] == wanted
        for at, term in enumerate(terms[: len(terms) - length + 1])
        if term == wanted[0]
    )


def in_range(moment: datetime, start: datetime | None, end: datetime | None) -> bool:
    """Whether the moment lies in [start, end); None is open."""
    return (start is None or start <= moment) and (end is None or moment < end)


def is_bound(node: ProposalIs, proposal: Proposal) -> bool:
    """Whether one proposal meets every clause of the node."""
    if node.proposers is not None and not {
        proposal.proposer,
        proposal.proposer_country,
    } & set(node.proposers):
        return False
    if not set(node.parties) <= set(proposal.parties):
        return False
    if node.statuses is not None and proposal.status not in node.statuses:
        return False
    return node.venues is None or not set(node.venues).isdisjoint(proposal.venues)


def binds(node: Node, proposal: Proposal, holds: Callable[[Node], bool]) -> bool:
    """Whether a query picks this proposal out of an article that matches.

    Clauses of venue, role, proposer, party and status are asked of the proposal itself; a role
    that no proposal can have (`location`, `government`) and everything else of its article.

    Args:
        node: the whole query.
        proposal: one of the article's.
        holds: whether a leaf of the query holds for the article.
    """
    match node:
        case And(children=children):
            return all(binds(child, proposal, holds) for child in children)
        case Or(children=children):
            return any(binds(child, proposal, holds) for child in children)
        case Not(child=child):
            return not binds(child, proposal, holds)
        case ProposalIs():
            return is_bound(node, proposal)
        case PlaceIs(entities=entities, roles=roles) if set(roles) <= set(VENUE_ROLES):
            return proposal.status in roles and (
                entities is None or not set(entities).isdisjoint(proposal.venues)
            )
        case _:
            return holds(node)
