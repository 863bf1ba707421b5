"""Find people and places whose names a text spells in its own way, by how they sound."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import product

from ingest.tag.document import Document, Found
from ingest.tag.gazetteer import Entity, Heard, Sounds
from ingest.tag.sound import LEAST, alike, keys, sound

WORD = re.compile(r"\w[\w'’ʼ-]*\w")
# Words inside a name that one paper writes and another does not.
_PARTICLES = re.compile(
    r"(?:al|el|ul|bin|ben|ibn|abu|van|von|der|den|de|da|di|du|la|le|uld|ould|аль|ель|эль|ас|аш|бин|бен|бін|ибн|"
    r"ібн|ван|вон|фон|дер|ден|де|ді|да|ду|ля|ле|ульд|улд)",
    re.IGNORECASE,
)
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


_HEARD_OF = 100_000  # inhabitants of a town that papers write about
_SHORTEST = 3  # letters of a sound that tells anything


def words_of(name: str) -> list[str]:
    """The words of a name that every paper writes."""
    bare = name.replace("*", "").lstrip("~").split(" (")[0]
    return [w for w in re.split(r"[ -]", bare) if w and not _PARTICLES.fullmatch(w)]


@lru_cache(20_000)
def stems_of(word: str, lang: str) -> tuple[str, ...]:
    """How a word sounds as it stands, and without an ending."""
    endings = _ENDINGS.get(lang)
    bare = endings.sub("", word) if endings else word
    told = [sound(w, lang) for w in ({word: 0, bare: 0} if len(bare) > 2 else (word,))]
    return tuple(dict.fromkeys(filter(None, told)))


def _runs(doc: Document) -> Iterator[list[re.Match[str]]]:
    """Words in capitals that stand beside each other, particles between them."""
    run: list[re.Match[str]] = []
    end = -2
    for token in WORD.finditer(doc.visible):
        word = token[0]
        beside = token.start() == end + 1 and doc.visible[end] == " "
        named = word[0].isupper() and not word.isupper()
        if run and beside and (named or _PARTICLES.fullmatch(word)):
            run.append(token)
        else:
            if len(run) > 1:
                yield run
            run = [token] if named else []
        end = token.end()
    if len(run) > 1:
        yield run


def people_by_sound(doc: Document, taken: list[tuple[int, int]]) -> list[Found]:
    """Full names of known people in a spelling that the gazetteer lacks."""
    found = []
    for run in _runs(doc):
        low = 0
        while low < len(run) - 1:
            best = _person(doc, run, low, taken)
            if best is None:
                low += 1
                continue
            past, entity = best
            span = (run[low].start(), bare_end(run[past - 1], doc.lang))
            found.append(Found(*span, entity, "leader", "full", "full-name-by-sound", 0.8))
            low = past
    return found


def bare_end(token: re.Match[str], lang: str) -> int:
    """Where a word ends without what an apostrophe adds, which is no part of a mention."""
    if lang in ("en", "tr") and (cut := _ENDINGS[lang].search(token[0])):
        return token.start() + cut.start()
    return token.end()


def _person(
    doc: Document, run: list[re.Match[str]], low: int, taken: list[tuple[int, int]]
) -> tuple[int, Entity] | None:
    if _PARTICLES.fullmatch(run[low][0]):
        return None
    best: tuple[float, int, int] = (LEAST, 0, -1)
    for past in range(low + 2, min(low + 5, len(run)) + 1):
        words = [t[0] for t in run[low:past]]
        if _PARTICLES.fullmatch(words[-1]):
            continue
        start, end = run[low].start(), run[past - 1].end()
        if any(s < end and start < e for s, e in taken):
            break
        parts = [w for word in words for w in words_of(word)]
        if not 2 <= len(parts) <= 4:
            continue
        for stems in product(*(stems_of(part, doc.lang) for part in parts)):
            whole = "".join(stems)
            for key in keys(whole):
                for heard in doc.gazetteer.compiled.sounds.people.get(key, ()):
                    score = alike(whole, heard.whole)
                    if score > best[0]:
                        best = (score, past, heard.row)
    if best[2] < 0:
        return None
    return best[1], doc.gazetteer.compiled.entities[best[2]]


def families_by_sound(
    doc: Document, full: list[Found], taken: list[tuple[int, int]]
) -> list[Found]:
    """The family names alone, of those found by sound."""
    families: dict[str, tuple[str, Entity]] = {}
    for person in full:
        last = words_of(doc.visible[person.start : person.end])[-1]
        for stem in stems_of(last, doc.lang):
            for key in keys(stem):
                families[key] = (stem, person.entity)
    found = []
    for token in WORD.finditer(doc.visible) if families else ():
        word = token[0]
        if len(word) < 4 or not word[0].isupper():
            continue
        span = (token.start(), bare_end(token, doc.lang))
        if any(s < span[1] and span[0] < e for s, e in taken):
            continue
        for stem in stems_of(word, doc.lang):
            hit = next((families[key] for key in keys(stem) if key in families), None)
            if hit and alike(stem, hit[0]) > LEAST:
                found.append(Found(*span, hit[1], "leader", "surname", "surname-by-sound", 0.75))
                break
    return found
