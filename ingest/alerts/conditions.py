"""What a rule asks for. Pure: every condition is asked of one fact of one article."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, assert_never

from ingest.model import VENUE_ROLES
from ingest.query.ast import And, LeaderIs, Not, Or, PlaceIs, ProposalIs
from ingest.query.match import is_bound, matches
from ingest.query.projection import country_of

if TYPE_CHECKING:
    from ingest.alerts.facts import Fact, View
    from ingest.query.ast import Node


@dataclass(frozen=True, slots=True)
class Clause:
    """Fields of one mapping, all of them asked of the same fact; None where not asked.

    Attributes:
        venues: places in one of the four venue roles; places: in any role.
        proposers: entity ids and ISO codes; a code also means the country a proposer speaks for.
        parties: all of them must take part; of everything else any one does.
    """

    leaders: frozenset[str] | None = None
    venues: frozenset[str] | None = None
    places: frozenset[str] | None = None
    countries: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    statuses: frozenset[str] | None = None
    proposers: frozenset[str] | None = None
    parties: frozenset[str] = frozenset()
    sources: frozenset[str] | None = None
    langs: frozenset[str] | None = None
    text: Node | None = None
    min_confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class QueryIs:
    """A query in the language of `search`."""

    node: Node


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of them."""

    children: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of them."""

    children: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Not a single one of them."""

    children: tuple[Condition, ...]


Condition: TypeAlias = Clause | QueryIs | AllOf | AnyOf | NoneOf


def holds(condition: Condition, fact: Fact, view: View, *, same_sentence: bool = False) -> bool:
    """Whether a fact satisfies a condition.

    Args:
        same_sentence: a leader must be named in the fact's own sentence, not just in the article.
    """
    match condition:
        case Clause():
            return _clause_holds(condition, fact, view, same_sentence=same_sentence)
        case QueryIs(node=node):
            return matches(node, view.projection) and _binds(node, fact, view)
        case AllOf(children=children):
            return all(holds(c, fact, view, same_sentence=same_sentence) for c in children)
        case AnyOf(children=children):
            return any(holds(c, fact, view, same_sentence=same_sentence) for c in children)
        case NoneOf(children=children):
            # What has no place of its own is barred by any place of the article.
            asked = (fact,) if fact.places else (fact, *view.places, *view.recalled)
            return not any(
                holds(child, each, view, same_sentence=same_sentence)
                for child in children
                for each in asked
            )
        case _:
            assert_never(condition)


def _clause_holds(clause: Clause, fact: Fact, view: View, *, same_sentence: bool) -> bool:
    article = view.article
    if clause.sources is not None and article.source not in clause.sources:
        return False
    if clause.langs is not None and article.lang not in clause.langs:
        return False
    if fact.confidence < clause.min_confidence:
        return False
    if clause.leaders is not None and clause.leaders.isdisjoint(
        fact.leaders if same_sentence else view.leaders
    ):
        return False
    if not _place_holds(clause, fact) or not _act_holds(clause, fact):
        return False
    return clause.text is None or matches(clause.text, view.projection)


def _place_holds(clause: Clause, fact: Fact) -> bool:
    if clause.venues is not None and (
        fact.role not in VENUE_ROLES or clause.venues.isdisjoint(fact.places)
    ):
        return False
    if clause.places is not None and clause.places.isdisjoint(fact.places):
        return False
    if clause.roles is not None and fact.role not in clause.roles:
        return False
    return clause.countries is None or not clause.countries.isdisjoint(map(country_of, fact.places))


def _act_holds(clause: Clause, fact: Fact) -> bool:
    if clause.statuses is None and clause.proposers is None and not clause.parties:
        return True
    act = fact.proposal
    if act is None:
        return False
    if clause.statuses is not None and act.status not in clause.statuses:
        return False
    if clause.proposers is not None and clause.proposers.isdisjoint(
        {act.proposer, act.proposer_country}
    ):
        return False
    return clause.parties <= set(act.parties)


def _binds(node: Node, fact: Fact, view: View) -> bool:
    """Whether a query picks this fact out of an article that matches."""
    match node:
        case And(children=children):
            return all(_binds(child, fact, view) for child in children)
        case Or(children=children):
            return any(_binds(child, fact, view) for child in children)
        case Not(child=child):
            return not _binds(child, fact, view)
        case ProposalIs() if fact.places:
            return fact.proposal is not None and is_bound(node, fact.proposal)
        case PlaceIs(entities=entities, roles=roles) if fact.places:
            return fact.role in roles and (
                entities is None or not set(entities).isdisjoint(fact.places)
            )
        case _:
            return matches(node, view.projection)


# --- what a condition speaks of ----------------------------------------------------------------


def speaks_of_places(condition: Condition) -> bool:
    """Whether places or acts decide, so that each of them is asked by itself."""
    match condition:
        case Clause():
            return (
                condition.venues is not None
                or condition.places is not None
                or condition.countries is not None
                or condition.roles is not None
                or condition.statuses is not None
                or condition.proposers is not None
                or bool(condition.parties)
            )
        case QueryIs(node=node):
            return any(isinstance(leaf, PlaceIs | ProposalIs) for leaf in leaves(node))
        case AllOf(children=children) | AnyOf(children=children) | NoneOf(children=children):
            return any(map(speaks_of_places, children))
        case _:
            assert_never(condition)


def speaks_of_leaders(condition: Condition) -> bool:
    """Whether leaders are asked for."""
    match condition:
        case Clause(leaders=leaders):
            return leaders is not None
        case QueryIs(node=node):
            return any(isinstance(leaf, LeaderIs) for leaf in leaves(node))
        case AllOf(children=children) | AnyOf(children=children) | NoneOf(children=children):
            return any(map(speaks_of_leaders, children))
        case _:
            assert_never(condition)


def wanted(condition: Condition) -> tuple[frozenset[str], frozenset[str]]:
    """Return the leaders and the places that the condition asks for by name, not those it bars."""
    match condition:
        case Clause():
            places = (condition.venues or frozenset()) | (condition.places or frozenset())
            return condition.leaders or frozenset(), places
        case QueryIs(node=node):
            return _wanted_by(node)
        case AllOf(children=children) | AnyOf(children=children):
            pairs = [wanted(child) for child in children]
            return (
                frozenset().union(*(leaders for leaders, _ in pairs)),
                frozenset().union(*(places for _, places in pairs)),
            )
        case NoneOf():
            return frozenset(), frozenset()
        case _:
            assert_never(condition)


def _wanted_by(node: Node) -> tuple[frozenset[str], frozenset[str]]:
    leaders: set[str] = set()
    places: set[str] = set()
    for leaf in leaves(node, barred=False):
        if isinstance(leaf, LeaderIs):
            leaders.update(leaf.entities)
        elif isinstance(leaf, PlaceIs):
            places.update(leaf.entities or ())
        elif isinstance(leaf, ProposalIs):
            places.update(leaf.venues or ())
    return frozenset(leaders), frozenset(places)


def leaves(node: Node, *, barred: bool = True) -> list[Node]:
    """Return the leaves of a query; those under NOT only if `barred`."""
    match node:
        case And(children=children) | Or(children=children):
            return [leaf for child in children for leaf in leaves(child, barred=barred)]
        case Not(child=child):
            return leaves(child, barred=barred) if barred else []
        case _:
            return [node]


def anchors(condition: Condition) -> frozenset[str] | None:
    """Return entities of which an article must name one, or None where it need not.

    Rules are looked up by them, so that cost grows with what an article names, not with rules.
    """
    match condition:
        case Clause():
            named = (condition.venues, condition.places, condition.leaders)
            return min((ids for ids in named if ids is not None), key=len, default=None)
        case QueryIs(node=node):
            return _anchors_of(node)
        case AllOf(children=children):
            found = [ids for ids in map(anchors, children) if ids is not None]
            return min(found, key=len, default=None)
        case AnyOf(children=children):
            return _joined([anchors(child) for child in children])
        case NoneOf():
            return None
        case _:
            assert_never(condition)


def _anchors_of(node: Node) -> frozenset[str] | None:
    match node:
        case And(children=children):
            found = [ids for ids in map(_anchors_of, children) if ids is not None]
            return min(found, key=len, default=None)
        case Or(children=children):
            return _joined([_anchors_of(child) for child in children])
        case LeaderIs(entities=entities):
            return frozenset(entities)
        case PlaceIs(entities=entities):
            return None if entities is None else frozenset(entities)
        case ProposalIs(venues=venues):
            return None if venues is None else frozenset(venues)
        case _:
            return None


def _joined(parts: list[frozenset[str] | None]) -> frozenset[str] | None:
    known = [part for part in parts if part is not None]
    return frozenset().union(*known) if parts and len(known) == len(parts) else None
