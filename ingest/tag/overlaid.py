"""The compiled gazetteer with the desk's overlay on top: rows keep their place, new ones follow.

Forms are made by the code that compiles the gazetteer, so a desk's name bends like any other.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import msgspec

from ingest.tag.build import Builder, case_rule, forms_in_texts, surname_of
from ingest.tag.fold import fold
from ingest.tag.formtable import Changed, Forms
from ingest.tag.gazetteer import (
    ALL_CAPS,
    CURATED,
    LEADER,
    PLACE,
    SURNAME,
    Compiled,
    Entity,
    Gazetteer,
    Heard,
    Sounds,
    unpack,
)
from ingest.tag.inflect import inflect
from ingest.tag.translit import to_belarusian, to_ukrainian

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ingest.tag.overlay import Overlay, Own

_BENT = ("", "ru", "uk", "be", "pl", "de")


def overlaid(base: Gazetteer, overlay: Overlay, number: int = 0) -> Gazetteer:
    """Return the gazetteer with the overlay applied.

    Args:
        number: the overlay's revision; it ends the version of the result.
    """
    if not overlay.entities and not overlay.redirects:
        return base
    compiled = base.compiled
    entities = list(compiled.entities)
    row_of = {entity.id: row for row, entity in enumerate(entities)}
    build = Builder()
    for former, now in base.redirects.items():
        row_of[former] = row_of[now]  # a desk may know an entity by the id it had
    dropped: set[tuple[str, int]] = set()
    for own in overlay.entities.values():
        row = row_of.setdefault(own.id, len(entities))
        if row == len(entities):
            entities.append(Entity(own.id, own.kind or kind_of(own.id), own.name or own.id))
        entities[row] = _merged(entities[row], own)
        for form, kind in _dropped(own, entities[row].kind):
            dropped.add((form, row << 3 | kind))
        _add_forms(build, own, row, entities[row].kind)
    for former, now in overlay.redirects.items():
        old, new = row_of.get(former), row_of.get(now)
        if new is not None and old is not None:
            entities[new] = _joined(entities[new], entities[old])
    for former, now in overlay.redirects.items():
        old, new = row_of.get(former), row_of.get(now)
        if new is not None and old is not None:
            entities[old] = entities[new]
    forms = _with_forms(compiled.forms, build.forms, dropped)
    return Gazetteer(
        Compiled(
            version=f"{compiled.version}+o{number}",
            sources=compiled.sources,
            entities=tuple(entities),
            countries=compiled.countries,
            titles=compiled.titles,
            epithets=compiled.epithets,
            forms=forms,
            sounds=without_sounds(
                compiled.sounds, {row_of[own.id] for own in overlay.entities.values() if own.drop}
            ),
        ),
        redirects=_chained({**base.redirects, **overlay.redirects}),
    )


def _chained(redirects: Mapping[str, str]) -> dict[str, str]:
    """Each former id to where its chain of redirects ends."""
    made = {}
    for former in redirects:
        now, steps = redirects[former], 0
        while now in redirects and steps < len(redirects):
            now, steps = redirects[now], steps + 1
        made[former] = now
    return made


def kind_of(entity_id: str) -> str:
    """Return what an id without a kind names: a leader, or a city."""
    return "leader" if entity_id.startswith("leader:") else "city"


class _Spelled(Builder):
    """Notes forms as they are written, for searches that fold in their own way."""

    def __init__(self) -> None:
        super().__init__()
        self.spelled: set[str] = set()

    def add_form(self, form: str, ref: int, kind: int, case: int) -> None:
        del ref, kind, case
        self.spelled.add(form)


def spelled_forms(own: Own, kind: str) -> frozenset[str]:
    """Return every form, as it is written, that an entity adds or takes away."""
    build = _Spelled()
    _add_forms(build, own, 0, kind or kind_of(own.id))
    for name, lang in product(own.drop, _BENT):
        build.add_name(name, lang, 0, PLACE)
    return frozenset(build.spelled)


def _merged(entity: Entity, own: Own) -> Entity:
    names: dict[str, tuple[str, ...]] = dict(entity.names)
    if own.name:
        names["en"] = tuple(dict.fromkeys((own.name.split(" (")[0], *names.get("en", ()))))
    for lang, found in own.names.items():
        names[lang] = tuple(dict.fromkeys((*names.get(lang, ()), *found)))
    gone = {fold(name) for name in own.drop}
    kept = {lang: tuple(n for n in found if fold(n) not in gone) for lang, found in names.items()}
    return msgspec.structs.replace(
        entity,
        kind=own.kind or entity.kind,
        name=own.name or entity.name,
        country=own.country or entity.country,
        qid=own.qid or entity.qid,
        names={lang: found for lang, found in kept.items() if found},
        lat=entity.lat if own.lat is None else own.lat,
        lon=entity.lon if own.lon is None else own.lon,
        offices=entity.offices
        if own.offices is None
        else tuple(sorted(own.offices, key=lambda o: (o.start, o.end))),
        weight=entity.weight if entity.kind == "leader" else max(entity.weight, CURATED),
    )


def _joined(entity: Entity, former: Entity) -> Entity:
    """An entity with the names and offices of one that was merged into it."""
    names = {
        lang: tuple(dict.fromkeys((*entity.names.get(lang, ()), *former.names.get(lang, ()))))
        for lang in {*entity.names, *former.names}
    }
    offices = sorted({*entity.offices, *former.offices}, key=lambda o: (o.start, o.end))
    return msgspec.structs.replace(entity, names=names, offices=tuple(offices))


def _add_forms(build: Builder, own: Own, row: int, kind: str) -> None:
    if kind == "leader":
        for lang, spelled, what in _leader_names(own):
            for written in ("pl", "de") if lang in {"", "en"} else (lang,):
                build.add_name(spelled, written, row, what)
        return
    for lang, spelled in _place_names(own):
        if lang == "en" and kind != "country":
            languages: tuple[str, ...] = ("de", "pl")
        else:
            languages = (lang,)
        for written in languages:
            build.add_name(spelled, written, row, PLACE)


def _leader_names(own: Own) -> Iterable[tuple[str, str, int]]:
    """(language, name, LEADER or SURNAME): full names, and what may stand alone."""
    names = {lang: list(found) for lang, found in own.names.items()}
    if own.name:
        names.setdefault("en", []).insert(0, own.name)
    for lang, carry in (("uk", to_ukrainian), ("be", to_belarusian)):
        if not names.get(lang):
            names[lang] = [one for spelled in names.get("ru", ()) for one in carry(spelled)]
    for lang, found in names.items():
        for spelled in dict.fromkeys(found):
            whole = spelled.replace("*", "")
            yield lang, whole, LEADER if " " in whole else SURNAME
            if " " in whole and (tail := surname_of(spelled)) and lang not in own.short:
                yield lang, tail, SURNAME
    for lang, alone in own.short.items():
        for spelled in alone:
            yield lang, spelled, SURNAME


def _place_names(own: Own) -> Iterable[tuple[str, str]]:
    names = {lang: list(found) for lang, found in own.names.items()}
    if own.name:
        names.setdefault("en", []).insert(0, own.name.split(" (")[0])
    for lang, carry in (("uk", to_ukrainian), ("be", to_belarusian)):
        if not names.get(lang):
            names[lang] = [one for n in names.get("ru", ()) for one in carry(n, place=True)]
    for lang, found in names.items():
        for spelled in dict.fromkeys(found):
            yield lang, spelled


def _dropped(own: Own, kind: str) -> Iterable[tuple[str, int]]:
    """(folded form, kind) of the names that the entity loses, in any ending."""
    kinds = (LEADER, SURNAME) if kind == "leader" else (PLACE,)
    for name, lang, what in product(own.drop, _BENT, kinds):
        for form in inflect(name, lang) if case_rule(name) != ALL_CAPS else (name,):
            yield from ((written, what) for written in forms_in_texts(form))


def _with_forms(
    base: Forms[tuple[int, ...]],
    added: Mapping[str, Iterable[int]],
    dropped: set[tuple[str, int]],
) -> Forms[tuple[int, ...]]:
    changes: dict[str, tuple[int, ...] | None] = {}
    for form, key in dropped:
        held = (changes[form] if form in changes else base.get(form)) or ()
        changes[form] = tuple(t for t in held if _key(t) != key) or None
    for form, targets in added.items():
        held = (changes[form] if form in changes else base.get(form)) or ()
        changes[form] = tuple(dict.fromkeys((*held, *targets)))
    return Changed(base, changes)


def _key(target: int) -> int:
    row, kind, _case = unpack(target)
    return row << 3 | kind


def without_sounds(sounds: Sounds, rows: Collection[int]) -> Sounds:
    """Sounds without those of some entities: one that a desk took a name from is known as it is written."""
    if not rows:
        return sounds

    def kept(table: Mapping[str, tuple[Heard, ...]]) -> dict[str, tuple[Heard, ...]]:
        left = {key: tuple(h for h in heard if h.row not in rows) for key, heard in table.items()}
        return {key: heard for key, heard in left.items() if heard}

    return Sounds(kept(sounds.people), kept(sounds.places))
