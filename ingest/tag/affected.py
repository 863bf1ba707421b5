"""Which articles an edit of overlay or corrections can affect, as searches.

An article is affected if its text holds a name of a changed entity in any ending, a title that an
office whose holders changed gives, or the sentence of a correction; or if it names a merged entity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ingest.model import ROLES
from ingest.query.analysis import fold_terms
from ingest.query.ast import And, DateRange, LeaderIs, Node, Or, Phrase, PlaceIs
from ingest.tag.formtable import Changed
from ingest.tag.gazetteer import ADJECTIVE, EPITHET, PLACE, TITLE, unpack
from ingest.tag.overlaid import spelled_forms
from ingest.tag.overlay import Own
from ingest.tag.titles import OFFICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ingest.tag.corrections import Corrections
    from ingest.tag.gazetteer import Gazetteer, Office
    from ingest.tag.overlay import Overlay

Targets = tuple[int, ...]  # what a form may mean
PHRASES = 200  # in one search; both engines take more, neither gets faster by it
# Folded forms of the gazetteer have lost the short u that searches keep.
_SHORT_U = re.compile(r"(?<=[аеёіоуыэюя])у")


@dataclass(frozen=True, slots=True)
class Change:
    """What an edit changed.

    Attributes:
        spelled: names, in any ending, that now mean something else.
        entities: ids of changed entities: whoever holds one must be read again.
        offices: (country, office) whose holders changed, and since when ("": ever).
        sentences: sentences of corrections made or undone.
        articles: in which they were made.
    """

    spelled: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()
    offices: frozenset[tuple[str, str, str]] = frozenset()
    sentences: frozenset[str] = frozenset()
    articles: frozenset[str] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        return any((self.spelled, self.entities, self.offices, self.sentences, self.articles))


def change_between(
    base: Gazetteer,
    overlays: tuple[Overlay, Overlay],
    corrections: tuple[Corrections, Corrections],
) -> Change:
    """Compare the overlay and the corrections before and after.

    Args:
        base: the gazetteer without an overlay.
    """
    old, new = overlays
    keys = {*old.entities, *new.entities}
    entities = {key for key in keys if old.entities.get(key) != new.entities.get(key)}
    for former, now in set(old.redirects.items()) ^ set(new.redirects.items()):
        entities |= {former, now}
    spelled: set[str] = set()
    offices: set[tuple[str, str, str]] = set()
    for key in entities:
        found = [one for one in (old.entities.get(key), new.entities.get(key)) if one is not None]
        held = [_offices(base, overlay, key) for overlay in overlays]
        offices |= {(o.country, o.office, o.start) for o in held[0] ^ held[1]}
        if (entity := base.entity(key)) is not None:
            found.append(Own(key, entity.kind, entity.name, names=entity.names))
        for own in found:
            kind = own.kind or (entity.kind if entity else "")
            spelled |= spelled_forms(own, kind)
    marked = {c.id: c for c in (*corrections[0].all, *corrections[1].all) if c.kind != "meeting"}
    both = {c.id for c in corrections[0].all} & {c.id for c in corrections[1].all}
    touched = [c for key, c in marked.items() if key not in both]
    return Change(
        frozenset(spelled),
        frozenset(entities),
        frozenset(offices),
        frozenset(c.said or c.sentence for c in touched),
        frozenset(c.article for c in touched if c.article),
    )


def _offices(base: Gazetteer, overlay: Overlay, key: str) -> set[Office]:
    own = overlay.entities.get(key)
    if own is not None and own.offices is not None:
        return set(own.offices)
    entity = base.entity(key)
    return set(entity.offices) if entity else set()


def searches(change: Change, gazetteer: Gazetteer) -> Iterator[Node]:
    """Yield the searches that together find every article the change can affect."""
    phrases = sorted({terms for text in change.spelled | change.sentences if (terms := fold_terms(text))})  # fmt: skip
    for start in range(0, len(phrases), PHRASES):
        yield _any(Phrase(terms) for terms in phrases[start : start + PHRASES])
    leaders = tuple(sorted(e for e in change.entities if e.startswith("leader:")))
    places = tuple(sorted(e for e in change.entities if e.startswith("place:")))
    if leaders:
        yield LeaderIs(leaders)
    if places:
        yield PlaceIs(places, ROLES)
    for country, office, start_day in sorted(change.offices):
        node = _titles(gazetteer, country, office)
        if node is not None:
            yield And((node, DateRange(_day(start_day), None))) if start_day else node


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(days=1)


def _titles(gazetteer: Gazetteer, country: str, office: str) -> Node | None:
    """Texts with a title of this office: one that names the state, or noun and state."""
    compiled = gazetteer.compiled
    state = gazetteer.country_by_code.get(country)
    categories = {
        category
        for category, offices in OFFICES.items()
        if office in offices or ("*" in offices and state and state.leader_office == office)
    }
    nouns: set[str] = set()
    states: set[str] = set()
    epithets: set[str] = set()

    for form, targets in _telling(gazetteer):
        for row, kind, _case in map(unpack, targets):
            if kind == TITLE and compiled.titles[row][1] in categories:
                nouns.add(form)
            elif kind == EPITHET and compiled.epithets[row] == (country, office):
                epithets.add(form)
            elif kind == ADJECTIVE and compiled.countries[row].code == country:
                states.add(form)
            elif kind == PLACE:
                entity = compiled.entities[row]
                if entity.kind == "country" and entity.country == country:
                    states.add(form)
    parts: list[Node] = []
    if epithets:
        parts.append(_any(_phrases(epithets)))
    if nouns and states:
        parts.append(And((_any(_phrases(nouns)), _any(_phrases(states)))))
    return _any(parts) if parts else None


def _telling(gazetteer: Gazetteer) -> Iterator[tuple[str, Targets]]:
    """Forms of titles, epithets and states: those of the base are looked for once, in a million."""
    forms = gazetteer.compiled.forms
    base, changes = (forms.base, forms.changes) if isinstance(forms, Changed) else (forms, {})
    countries = frozenset(row for row, one in enumerate(gazetteer.known) if one.kind == "country")
    kept = _LAST.get("telling")
    if kept is None or kept.base is not base or kept.countries != countries:
        tells: dict[Targets, bool] = {}  # the same for many forms
        found = []
        for form, targets in base.items():
            if targets not in tells:
                tells[targets] = any(_may_tell(target, countries) for target in targets)
            if tells[targets]:
                found.append((form, targets))
        kept = _LAST["telling"] = _Telling(base, countries, tuple(found))
    yield from (pair for pair in kept.forms if pair[0] not in changes)
    yield from ((form, targets) for form, targets in changes.items() if targets)


def _may_tell(target: int, countries: frozenset[int]) -> bool:
    row, kind, _case = unpack(target)
    return kind in {TITLE, EPITHET, ADJECTIVE} or (kind == PLACE and row in countries)


class _Telling(NamedTuple):
    base: Mapping[str, Targets]
    countries: frozenset[int]
    forms: tuple[tuple[str, Targets], ...]


_LAST: dict[str, _Telling] = {}
"""A desk edits again and again, over one base."""


def _phrases(forms: Iterable[str]) -> list[Node]:
    written = {one for form in forms for one in (form, _SHORT_U.sub("ў", form))}
    return [Phrase(terms) for terms in sorted({fold_terms(one) for one in written}) if terms]


def _any(nodes: Iterable[Node]) -> Node:
    found = tuple(nodes)
    return found[0] if len(found) == 1 else Or(found)
