"""Find people and places whose names a text spells in its own way, by how they sound."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import product

from ingest.tag.bare_names import is_spoken_of
from ingest.tag.capitals import PARTICLE, Span
from ingest.tag.document import Document, Found
from ingest.tag.fold import fold
from ingest.tag.gazetteer import CURATED, PLACE, SURNAME, Entity, Heard, Sounds
from ingest.tag.sound import LEAST, alike, keys, sound

_ENDINGS = {
    "ru": re.compile(r"(?:ами|ями|[оеё]м|[ая]м|[ыи]м|[ое]го|[ое]му|[ая]х|[оеё]й|[оеё]в)$"),
    "uk": re.compile(r"(?:ами|ями|[оеє]м|ьом|[ая]м|[иі]м|[оеє]ві|ого|ому|[ая]х|[оеє]ю|ів)$"),
    "be": re.compile(r"(?:амі|ямі|[оёае]м|[ая]м|[ыі]м|[ао]га|[ао]му|[ая]х|[аяое]й|[оёае]ў)$"),
    "pl": re.compile(r"(?:[’'].*|ami|i?em|om|[iy]m|i?ego|i?emu|ach|i?owi|ów)$"),
    "tr": re.compile(r"[’'].*$"),
    "en": re.compile(r"[’']s$"),
    "de": re.compile(r"(?:[’']|s)$"),
}


def sounds_of(entities: Iterable[tuple[int, Entity]]) -> Sounds:
    """The names of entities by sound: full names of people; places that papers write about.

    Args:
        entities: rows and what stands there.
    """
    people: dict[str, list[Heard]] = {}
    places: dict[str, list[Heard]] = {}
    for row, entity in entities:
        leader = entity.kind == "leader"
        if not leader and entity.weight < _HEARD_OF:
            continue
        table = people if leader else places
        named = {(lang or "en", name) for lang, found in entity.names.items() for name in found}
        told: dict[str, str] = {}
        for lang, name in sorted({*named, ("en", entity.name)}):
            words = [sound(word, lang) for word in words_of(name)]
            if len(words) > leader:
                told["".join(words)] = words[-1]
        for whole, last in told.items():
            if len(whole) >= _SHORTEST:
                for key in keys(whole):
                    table.setdefault(key, []).append(Heard(row, whole, last))
    return Sounds(
        {key: tuple(heard) for key, heard in people.items()},
        {key: tuple(heard) for key, heard in places.items()},
    )


_ALIKE = 0.82  # a whole name of a person: below it are others, Salman Rushdie and Salman Khurshid
_ALIKE_WORD = 0.7  # a word of it,
_SURELY_ALIKE = 0.85  # and where nothing else speaks for them
# Adjectives as family names: of a woman, of a man. No ending makes one of the other.
_HERS, _HIS = ("ska", "Ska"), ("ski", "Ski")
_HEARD_OF = 100_000  # inhabitants of a town that papers write about
_SAME_PAPER = 0.9  # one text spells a name one way, but for endings
_SHORTEST_FAMILY = 4  # letters of a family name that is known alone
_SHORTEST = 3  # letters of a sound that tells anything


def words_of(name: str) -> list[str]:
    """The words of a name that every paper writes."""
    return list(_words(name))


@lru_cache(20_000)
def _words(name: str) -> tuple[str, ...]:
    bare = name.replace("*", "").lstrip("~").split(" (")[0]
    return tuple(w for w in re.split(r"[ -]", bare) if w and not PARTICLE.fullmatch(w))


@lru_cache(20_000)
def stems_of(word: str, lang: str) -> tuple[str, ...]:
    """How a word sounds as it stands, and without an ending."""
    endings = _ENDINGS.get(lang)
    bare = endings.sub("", word) if endings else word
    told = [sound(w, lang) for w in ({word: 0, bare: 0} if len(bare) > 2 else (word,))]
    return tuple(dict.fromkeys(filter(None, told)))


def covered(doc: Document, spans: Iterable[Span]) -> bytearray:
    """A mark for each code point of the visible text that one of the spans holds."""
    marks = bytearray(len(doc.visible))
    for start, end in spans:
        marks[start:end] = b"\1" * (end - start)
    return marks


def people_by_sound(doc: Document) -> list[Found]:
    """Full names of known people in a spelling that the gazetteer lacks, beside those in `doc.people`."""
    found = []
    places = [
        (h.start, h.end) for h in doc.hits if h.has(PLACE) and " " in doc.visible[h.start : h.end]
    ]
    taken = covered(doc, [*((f.start, f.end) for f in doc.people), *places])
    every = doc.gazetteer.compiled.entities
    towns = {
        (h.start, h.end) for h in doc.hits for r in h.rows(PLACE)[:1] if every[r].weight >= CURATED
    }
    families = _families(doc)
    for run in doc.capitals:
        if len(run) < 2 or 0 not in taken[run[0][0] : run[-1][1]]:
            continue
        words = [_words(doc.visible[start:end]) for start, end in run]
        low = 0
        while low < len(run) - 1:
            best = _person(doc, run, words, low, taken, families)
            if best is None:
                low += 1
                continue
            past, entity = best
            least = _least_alike(words[low:past], entity, doc.lang)
            listed = bare_end(doc, run[past - 1]) in families
            likely = listed or bool(doc.people) or is_spoken_of(doc, entity)
            # where nobody else is a leader and their state is not named, it is mostly somebody else;
            # "in London Johnson said" is nobody
            if least < (_ALIKE_WORD if likely else _SURELY_ALIKE) or run[low] in towns:
                low += 1
                continue
            span = (run[low][0], bare_end(doc, run[past - 1]))
            found.append(Found(*span, entity, "leader", "full", "full-name-by-sound", 0.8))
            low = past
    return found


def _least_alike(words: list[tuple[str, ...]], entity: Entity, lang: str) -> float:
    """How much the word of a name that is least alike agrees with the one in its place in a person's name.

    "David Law" sounds much like David Levy on the whole. A name of more words, or of fewer, is not asked: 1.
    """
    parts = [part for word in words for part in word]
    told = [stems_of(part, lang) for part in parts]
    return max(
        (
            min(
                max(alike(stem, sound(other, own or "en")) for stem in stems)
                for stems, other in zip(told, others, strict=True)
            )
            for own, names in entity.names.items()
            for others in map(_words, names)
            if len(others) == len(parts)
        ),
        default=1.0,
    )


def _families(doc: Document) -> dict[int, frozenset[int]]:
    """Whose the family names are that the text spells as the gazetteer does, by where they end."""
    return {hit.end: frozenset(hit.rows(SURNAME)) for hit in doc.hits if hit.has(SURNAME)}


def bare_end(doc: Document, word: Span) -> int:
    """Where a word ends without what an apostrophe adds, which is no part of a mention."""
    start, end = word
    if doc.lang in ("en", "tr") and (cut := _ENDINGS[doc.lang].search(doc.visible, start, end)):
        return cut.start()
    return end


def _person(
    doc: Document,
    run: list[Span],
    words: list[tuple[str, ...]],
    low: int,
    taken: bytearray,
    families: dict[int, frozenset[int]],
) -> tuple[int, Entity] | None:
    best: tuple[float, int, int] = (_ALIKE, 0, -1)
    for past in range(low + 2, min(low + 5, len(run)) + 1):
        start, end = run[low][0], run[past - 1][1]
        if 1 in taken[start:end]:
            break
        parts = [part for word in words[low:past] for part in word]
        if not 2 <= len(parts) <= 4:
            continue
        family = sound(parts[-1], doc.lang)
        bearers = families.get(bare_end(doc, run[past - 1]))
        for stems in product(*(stems_of(part, doc.lang) for part in parts)):
            whole = "".join(stems)
            for key in keys(whole):
                for heard in doc.gazetteer.compiled.sounds.people.get(key, ()):
                    score = alike(whole, heard.whole)
                    if score <= best[0] or (family.endswith(_HERS) and heard.last.endswith(_HIS)):
                        continue
                    if (
                        bearers is None
                        or heard.row in bearers
                        or alike(family, heard.last) >= LEAST
                    ):
                        best = (score, past, heard.row)
    if best[2] < 0:
        return None
    return best[1], doc.gazetteer.compiled.entities[best[2]]


def families_by_sound(doc: Document, full: list[Found]) -> list[Found]:
    """The family names alone, of those found by sound, where nobody in `doc.people` stands."""
    if not full:
        return []
    families: dict[str, tuple[str, Entity]] = {}
    for person in full:
        last = words_of(doc.visible[person.start : person.end])[-1]
        for stem in stems_of(last, doc.lang):
            for key in keys(stem):
                families[key] = (stem, person.entity)
    found = []
    taken = covered(doc, ((f.start, f.end) for f in doc.people))
    known = {hit.end for hit in doc.hits}
    for before, word in (
        (at and run[at - 1], word) for run in doc.capitals for at, word in enumerate(run)
    ):
        start, end = word[0], bare_end(doc, word)
        if end - start < _SHORTEST_FAMILY or end in known or 1 in taken[start:end]:
            continue
        if before and fold(doc.visible[slice(*before)]) in doc.gazetteer.given_names:
            continue  # a namesake
        for stem in stems_of(doc.visible[start:end], doc.lang):
            hit = next((families[key] for key in keys(stem) if key in families), None)
            if hit and alike(stem, hit[0]) >= _SAME_PAPER:
                found.append(
                    Found(start, end, hit[1], "leader", "surname", "surname-by-sound", 0.75)
                )
                break
    return found
