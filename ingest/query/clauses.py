"""Field clauses: their values checked and resolved, and bound to each other within an AND group."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from ingest.errors import QueryError
from ingest.ids import feed_id
from ingest.model import ROLES, VENUE_ROLES
from ingest.query.ast import FieldIs, LeaderIs, Or, PlaceIs, ProposalIs
from ingest.query.projection import country_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.query.ast import Node

NameKind = Literal["leader", "venue", "any"]

MAX_CLAUSES = 64
"""Words and fields of one query, and the clauses that binding makes of them."""

FIELDS = (
    "leader",
    "venue",
    "place",
    "role",
    "proposer",
    "party",
    "status",
    "source",
    "lang",
    "country",
    "feed",
    "flag",
    "id",
    "since",
    "until",
    "date",
)
BOUND = ("venue", "place", "role", "proposer", "party", "status")

ORGANISATIONS = ("EU", "UN", "NATO")

_CODE = re.compile(r"[A-Za-z]{2}")
_LANG = re.compile(r"[a-z]{2,3}")


class Names(Protocol):
    """Who and what a name may mean (the gazetteer)."""

    def resolve(self, kind: NameKind, text: str) -> tuple[str, ...]:
        """Return the ids of all entities that bear the name, in any language and case."""
        ...


@runtime_checkable
class Suggesting(Protocol):
    """Names that can say what a misspelt name may have meant."""

    def suggest(self, kind: NameKind, text: str) -> tuple[str, ...]:
        """Return names that look like the text, the likeliest first."""
        ...


@runtime_checkable
class Redirecting(Protocol):
    """Names some of whose ids have become others."""

    def is_former(self, entity_id: str) -> bool:
        """Return whether the id now leads to another."""
        ...


@dataclass(frozen=True, slots=True)
class Value:
    """One value as written, and where."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of BOUND with its resolved values: any of them."""

    field: str
    values: tuple[str, ...]
    position: int


class Resolver:
    """Turns the values of a field into what the tree holds; gathers notes on the way."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.notes: list[str] = []

    def clause(self, field: str, values: Sequence[Value]) -> Clause | Node:
        """Return the clause, or its node where the field binds to nothing."""
        found = tuple(
            dict.fromkeys(item for value in values for item in self._values(field, value))
        )
        if field in BOUND:
            return Clause(field, found, values[0].position)
        if field == "leader":
            return LeaderIs(found)
        return FieldIs(field, found)

    def _values(self, field: str, value: Value) -> tuple[str, ...]:
        text = value.text.strip()
        if not text:
            raise QueryError(f"{field}:", "needs a value", f"write {field}:value", value.position)
        match field:
            case "leader":
                return self._entities("leader", value)
            case "venue" | "place":
                return self._entities("venue", value)
            case "role":
                return (_one_of(field, value, ROLES),)
            case "status":
                return (_one_of(field, value, VENUE_ROLES),)
            case "proposer":
                return self._resolved("leader", text) or self._states(field, value)
            case "party" | "country":
                return self._states(field, value)
            case "lang":
                lang = text.lower()
                if not _LANG.fullmatch(lang):
                    raise QueryError(
                        f"lang:{text}",
                        "is no language code",
                        "write two letters: lang:ru",
                        value.position,
                    )
                return (lang,)
            case "source":
                return (text.lower().removeprefix("www."),)
            case "feed":
                return (feed_id(text) if "://" in text else text,)
            case _:  # flag, id
                return (text.lower(),)

    def _entities(self, kind: NameKind, value: Value) -> tuple[str, ...]:
        found = self._resolved(kind, value.text.strip())
        if not found:
            raise self._unknown(kind, value)
        return found

    def _resolved(self, kind: NameKind, text: str) -> tuple[str, ...]:
        found = self._names.resolve(kind, text)
        if found:
            self._note(text, found)
            return tuple(sorted(found))
        prefix = "leader:" if kind == "leader" else "place:"
        return (text,) if text.startswith(prefix) and len(text) > len(prefix) else ()

    def _states(self, field: str, value: Value) -> tuple[str, ...]:
        """Return ISO codes: the code itself, or that of the country or place named."""
        text = value.text.strip()
        if _CODE.fullmatch(text) or (field != "country" and text.upper() in ORGANISATIONS):
            return (text.upper(),)
        codes = {country_of(entity) for entity in self._names.resolve("venue", text)} - {""}
        if not codes:
            raise self._unknown("any" if field == "proposer" else "venue", value)
        self._note(text, tuple(codes))
        return tuple(sorted(codes))

    def _note(self, text: str, found: tuple[str, ...]) -> None:
        if isinstance(self._names, Redirecting):
            found = tuple(one for one in found if not self._names.is_former(one))
        if len(found) > 1:
            note = f"{text!r} may mean {', '.join(sorted(found))}: any of them is searched for"
            if note not in self.notes:
                self.notes.append(note)

    def _unknown(self, kind: NameKind, value: Value) -> QueryError:
        what = {"leader": "leader", "venue": "place", "any": "leader or state"}[kind]
        near: tuple[str, ...] = ()
        if isinstance(self._names, Suggesting):
            near = self._names.suggest(kind, value.text)
        way_out = (
            f"did you mean {', '.join(near[:3])}?"
            if near
            else "search for it as a word, without the field"
        )
        return QueryError(f"{value.text!r}", f"is no {what} that is known", way_out, value.position)


def _one_of(field: str, value: Value, allowed: Sequence[str]) -> str:
    text = value.text.strip().lower()
    if text not in allowed:
        raise QueryError(
            f"{field}:{value.text}",
            f"is no {field}",
            f"one of {', '.join(allowed)}",
            value.position,
        )
    return text


def bind(clauses: Sequence[Clause]) -> list[Node]:
    """Return the nodes that the bound clauses of one AND group make together.

    - each `venue:` or `place:` binds with each `role:` to one mention; without a role `venue:`
      means the four venue roles, `place:` any;
    - `proposer:`, `party:` and `status:` bind to one proposal, with `venue:` where there is one
      (which then asks for no mention of its own, unless a `role:` does).

    Raises:
        QueryError: the combinations are too many.
    """
    by_field = {name: [c for c in clauses if c.field == name] for name in BOUND}
    asks_proposal = any(by_field[name] for name in ("proposer", "party", "status"))
    nodes: list[Node] = []
    for clause in by_field["venue"] + by_field["place"]:
        if by_field["role"]:
            nodes += [PlaceIs(clause.values, role.values) for role in by_field["role"]]
        elif clause.field == "place":
            nodes.append(PlaceIs(clause.values, ROLES))
        elif not asks_proposal:
            nodes.append(PlaceIs(clause.values, VENUE_ROLES))
    if by_field["role"] and not nodes:
        nodes += [PlaceIs(None, role.values) for role in by_field["role"]]
    if asks_proposal:
        nodes += _proposals(by_field)
    if len(nodes) > MAX_CLAUSES:
        raise QueryError(
            "the query", "combines too many fields", "ask in parts", clauses[0].position
        )
    return nodes


def _proposals(by_field: dict[str, list[Clause]]) -> list[Node]:
    def alternatives(field: str) -> list[tuple[str, ...] | None]:
        return [clause.values for clause in by_field[field]] or [None]

    size = prod(len(clause.values) for clause in by_field["party"])
    size *= prod(len(alternatives(name)) for name in ("venue", "proposer", "status"))
    if size > MAX_CLAUSES:
        first = min(clause.position for group in by_field.values() for clause in group)
        raise QueryError("the query", "combines too many fields", "ask in parts", first)
    parties = list(product(*(clause.values for clause in by_field["party"])))
    nodes: list[Node] = []
    for venues, proposers, statuses in product(
        alternatives("venue"), alternatives("proposer"), alternatives("status")
    ):
        choices = tuple(
            ProposalIs(proposers, tuple(dict.fromkeys(states)), statuses, venues)
            for states in parties
        )
        nodes.append(choices[0] if len(choices) == 1 else Or(choices))
    return nodes
