"""Decide who is meant: full names, bare family names, titles that stand for one person."""

from __future__ import annotations

import re

from ingest.tag.bare_names import is_bent_elsewhere, is_frequent, is_spoken_of, may_be_meant
from ingest.tag.bearers import (
    RULER_BEFORE,
    behind_title,
    by_given_name,
    is_ruler,
    rank,
    ranked,
    reigns,
    sure,
)
from ingest.tag.beside_names import (
    NAME_BEFORE,
    NAME_BEHIND,
    first_name_before,
    given_follows,
    goes_on,
    guarded,
    is_a_word,
    is_called,
    other_given_name,
    then_another,
    title_before,
)
from ingest.tag.document import Document, Found
from ingest.tag.family_words import COMMON, NEVER, WORDS
from ingest.tag.fold import fold
from ingest.tag.gazetteer import LEADER, PLACE, SURNAME, Entity
from ingest.tag.given import FAMILY_FIRST, find_first_names, find_given, is_anothers
from ingest.tag.heard import families_by_sound, people_by_sound
from ingest.tag.match import Hit
from ingest.tag.strangers import find_strangers
from ingest.tag.titles import find_titles


def find_people(doc: Document) -> None:
    """Fill `doc.people`."""
    full = [_full_name(doc, hit, at) for at, hit in enumerate(doc.hits) if hit.has(LEADER)]
    known: dict[str, Entity] = {}
    if doc.context is not None:
        known.update({f.entity.id: f.entity for f in doc.context.people})
        doc.namesakes |= doc.context.namesakes
    for found in filter(None, full):
        known[found.entity.id] = found.entity
        doc.people.append(found)
    _add_surnames(doc, known)
    heard = [f for f in people_by_sound(doc) if not _is_another(doc, f)]
    if heard:
        doc.people += heard
        known.update({f.entity.id: f.entity for f in heard})
        _add_surnames(doc, known)  # of whom they are is known now
        doc.people += families_by_sound(doc, heard)
    doc.people[:] = _longest(doc.people)
    doc.people[:] = _longest([*doc.people, *find_first_names(doc)])
    find_strangers(doc)
    find_titles(doc)


def _is_longer(doc: Document, index: int) -> bool:
    """Whether a family name is followed by another of the same person: "María Gabriela Chávez"."""
    return doc.lang in ("en", "fr", "es") and then_another(doc, index)


def _is_another(doc: Document, found: Found) -> bool:
    """Whether somebody found by sound has a given name of their own, or bears a longer name."""
    if guarded(doc, found.start, found.end):
        return True
    first = doc.visible[found.start : found.end].split(" ", 1)[0]
    if is_anothers(first, found.entity, doc.lang):
        return True
    return (
        doc.lang in ("en", "fr", "es")
        and NAME_BEHIND.match(doc.visible, found.end) is not None
        and any(hit.start == found.end + 1 and hit.has(SURNAME) for hit in doc.hits)
    )


def _add_surnames(doc: Document, known: dict[str, Entity]) -> None:
    """Add the family names that stand alone; whoever is found is known from then on."""
    taken = {f.start for f in doc.people} | {f.end for f in doc.people}
    for index, hit in enumerate(doc.hits):
        if hit.start in taken or hit.end in taken or not hit.has(SURNAME):
            continue
        single = _surname(doc, hit, index, known)
        if single is not None:
            known.setdefault(single.entity.id, single.entity)
            doc.people.append(single)


def _longest(people: list[Found]) -> list[Found]:
    """In text order, without those that stand within a longer one ("Charles" in "Charles'em Michelem")."""
    kept: list[Found] = []
    for found in sorted(people, key=lambda f: (f.start, -f.end)):
        if kept and found.start < kept[-1].end:
            continue
        kept.append(found)
    return kept


# "Benigno Aquino III", „König Abdullah II.“, "François Hollande'em"
_ORDINAL = re.compile(r" (?:I{1,3}|IV|VI{0,3}|XI{0,3}|XIV|XVI)(?!\w)")
_ORDINAL_BEFORE = re.compile(r" [IVX]+$")
_POLISH_ENDING = re.compile(r"['’](?:a|ego|owi|emu|em|m|ie|u|go|mu|y)(?!\w)")


_SON_OF = re.compile(r" (?:bin|ibn|bint|бин|ибн|бін|ібн) \w")


def _end(doc: Document, end: int) -> int:
    """Where a name ends that was matched to `end`: its ordinal and its Polish ending are part of it."""
    ordinal = _ORDINAL.match(doc.visible, end)
    if ordinal is not None:
        end = ordinal.end()
    if doc.lang == "de" and doc.visible[end : end + 2] == ". " and _ORDINAL_BEFORE.search(doc.visible, end - 5, end):  # fmt: skip
        end += doc.visible[end + 2 : end + 3].islower()
    if doc.lang == "pl":
        ending = _POLISH_ENDING.match(doc.visible, end)
        if ending is not None:
            end = ending.end()
    return end


def _full_name(doc: Document, hit: Hit, index: int) -> Found | None:
    rows = hit.rows(LEADER)
    entities = [doc.gazetteer.compiled.entities[row] for row in rows]
    if not entities:
        return None
    entities = ranked(doc, entities)
    if guarded(doc, hit.start, hit.end):
        return None
    if " " not in doc.visible[hit.start : hit.end]:  # a name by which one is known, or an alias
        whole = find_given(doc.visible, hit.start, entities, doc.lang, sure(doc, entities))
        if whole is not None:
            return Found(
                whole[0], _end(doc, hit.end), whole[1], "leader", "full", "full-name", 0.95
            )
        if is_called(doc, hit) or other_given_name(doc, hit, index):
            return None
    start = behind_title(doc, hit)
    return Found(start, _end(doc, hit.end), entities[0], "leader", "full", "full-name", 0.98)


def _surname(doc: Document, hit: Hit, index: int, known: dict[str, Entity]) -> Found | None:
    """Whom a family name means; `doc.namesakes` gains the ids of those whose name another bears."""
    surface = doc.visible[hit.start : hit.end]
    entities = [doc.gazetteer.compiled.entities[row] for row in hit.rows(SURNAME)]
    entities = [e for e in entities if not is_bent_elsewhere(e, surface, doc.lang)]
    if not entities:
        return None
    end = _end(doc, hit.end)
    if guarded(doc, hit.start, hit.end):
        return None
    before = doc.folded.text[max(0, hit.start - 30) : hit.start]
    family = [e for e in entities if not by_given_name(e)]
    whole = find_given(doc.visible, hit.start, ranked(doc, family), doc.lang, sure(doc, family))
    if whole is not None and not goes_on(doc, index, end) and not _is_longer(doc, index):
        start, entity = whole
        if guarded(doc, start, end):
            return None
        return Found(start, end, entity, "leader", "full", "full-name-by-sound", 0.9)
    if other_given_name(doc, hit, index):
        if first_name_before(doc, hit):
            doc.namesakes |= {e.id for e in entities}
        return None
    if doc.folded.text[hit.start : hit.end] in NEVER or is_a_word(doc, hit) or is_called(doc, hit):
        return None
    if RULER_BEFORE.search(before):
        entities = [e for e in entities if is_ruler(e)] or entities
        if is_ruler(entities[0]):
            entity = ranked(doc, entities)[0]
            return Found(hit.start, end, entity, "leader", "surname", "ruler", 0.9)
    alone = not NAME_BEHIND.match(doc.visible, end) and not NAME_BEFORE.search(
        doc.visible, max(0, hit.start - 24), hit.start
    )
    entities = [
        e for e in entities if not by_given_name(e) or (alone and (e.id in known or reigns(doc, e)))
    ]
    if given_follows(doc, index, end):
        entities = [e for e in entities if e.country not in FAMILY_FIRST]
    if not entities:
        return None
    told = [e for e in entities if e.id in known]
    if told:
        told = ranked(doc, told)
        return Found(hit.start, end, told[0], "leader", "surname", "surname-of-full-name", 0.95)  # fmt: skip
    if _SON_OF.match(doc.visible, end):
        return None  # a given name: "Ahmed bin Sulayem"
    titled = title_before(doc, index)
    if doc.folded.text[hit.start : hit.end] in COMMON:
        entities = [e for e in entities if titled and is_spoken_of(doc, e)]
    if hit.has(PLACE) or not entities:
        return None
    given = fold(doc.visible[hit.start : hit.end]) in doc.gazetteer.given_names
    if hit.end - hit.start < 4 or (given and NAME_BEHIND.match(doc.visible, end)):
        return None
    if then_another(doc, index):
        return None
    word = given or doc.folded.text[hit.start : hit.end] in WORDS
    entities = [e for e in entities if e.weight or titled or (not word and rank(doc, e)[0] == 0)]
    if not entities or len(entities) > 6:
        return None
    entities = ranked(doc, entities)
    first = rank(doc, entities[0])
    if len(entities) > 1 and first[0] == 1 and (not titled or is_frequent(surface)):
        return None
    if (
        entities[0].id in doc.namesakes
        and not titled
        and (first[0] == 1 or entities[0].country not in doc.countries)
    ):
        return None  # «Анна Меркель» was named before, and nothing speaks of the chancellor
    if not titled and not may_be_meant(
        doc, entities[0], surface, in_office=first[0] == 0, alone=not known
    ):
        return None
    if not titled and not entities[0].weight and doc.lang != "de" and goes_on(doc, index, end):
        return None  # "Tanner Morgan", "Condé Nast"
    if first[0] == 1 and not titled:
        if doc.lang != "de" and NAME_BEHIND.match(doc.visible, end):
            return None  # it may be a given name: «Марина Порошенко»
        # nobody of that name is in office: only a known name of weight stands alone
        return Found(hit.start, end, entities[0], "leader", "surname", "surname-unique", 0.6)  # fmt: skip
    return Found(hit.start, end, entities[0], "leader", "surname", "surname-in-office", 0.85)  # fmt: skip
