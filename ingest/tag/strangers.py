"""People the gazetteer lacks, found by a title in front of a name.

They become provisional entities (`leader:?…`), named as the text names them. Only where names do not
bend: English, German, French, Spanish, Turkish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.tag.capitals import opens_sentence
from ingest.tag.document import Document, Found
from ingest.tag.first_names import is_first_name
from ingest.tag.fold import LATIN_UPPER, fold
from ingest.tag.gazetteer import EPITHET, PLACE, SURNAME, TITLE, Entity
from ingest.tag.heard import covered
from ingest.tag.match import Hit, whole_places

_LANGS = frozenset({"en", "de", "fr", "es", "tr"})
_PARTICLE = r"(?:al-|el-|Al |El |bin |ben |ibn |van |von |der |de |da |di |del |la |dos |du )"
_NAME = re.compile(
    rf" ({_PARTICLE}?[{LATIN_UPPER}][\w'’-]*\w(?: (?:[{LATIN_UPPER}]\. )?{_PARTICLE}*(?:{_PARTICLE})?[{LATIN_UPPER}][\w’-]*\w){{1,3}})"
)
# Offices whose holders are leaders; "spokesman", "ambassador" of a firm or a police force are not.
_CATEGORIES = frozenset(
    {
        "president",
        "premier",
        "chancellor",
        "fm",
        "dm",
        "king",
        "crown",
        "vp",
        "secgen",
        "minister",
        "envoy",
    }
)
_CALENDAR = re.compile(r"(?:January|February|March|April|May|June|July|August|September|October|November|December|"
                       r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b")  # fmt: skip


def find_strangers(doc: Document) -> None:
    """Add to `doc.people` those whom a title names and the gazetteer does not know."""
    if doc.lang not in _LANGS:
        return
    names = [
        name
        for at, hit in enumerate(doc.hits)
        if _is_office(doc, hit)
        and (name := _NAME.match(doc.visible, hit.end))
        and not _is_of_a_firm(doc, at)
        and not _is_a_firm(doc, name)
    ]
    if not names:
        return
    taken = covered(doc, ((f.start, f.end) for f in doc.people if f.how != "title"))
    places = {hit.start for hit in doc.hits if hit.has(PLACE)}
    for name in names:
        if _CALENDAR.match(name[1]):
            continue
        start, end = name.span(1)
        if start in places or 1 in taken[start:end]:
            continue
        entity = provisional(name[1])
        for low, high in _namings(doc, name[1], start):
            if 1 not in taken[low:high]:
                taken[low:high] = b"\1" * (high - low)
                doc.people.append(
                    Found(low, high, entity, "leader", "full", "title-and-name", 0.55)
                )
    doc.people.sort(key=lambda f: f.start)


def _is_office(doc: Document, hit: Hit) -> bool:
    titles = doc.gazetteer.compiled.titles
    return hit.has(EPITHET) or any(
        titles[row][0] == doc.lang and titles[row][1] in _CATEGORIES for row in hit.rows(TITLE)
    )


# Words with a capital before a title that say whose it is not: "Interim President".
_QUALIFIED = frozenset(
    """
    acting amtierender assistant caretaker defence defense deputy designated elect ehemaliger ex first foreign former
    interim late lebenslanger long-time military mr mrs neuer new outgoing prime rebel special state then vice warlord
    """.split()  # noqa: SIM905
)
_BEFORE = re.compile(r"([^\W\d_][\w.&’'-]*) $")
# Who has these beside the title leads no state.
_IN_BUSINESS = re.compile(
    r"(?<!\w)(?:c[efto]o|chair(?:man|woman|person)?|chief executive(?: officer)?|founder|co-founder|owner|director|geschaftsfuhrer(?:in)?|"
    r"grunder(?:in)?|vorstand|pdg|directeur|directrice|fondateur|fondatrice|fundador|fundadora|director|directora|"
    r"genel mudur|kurucu)(?:,| and| &|/| und| et| y| ve) $"
)


def _is_of_a_firm(doc: Document, at: int) -> bool:
    """Whether the office is a firm's, a union's or a house's: "Teachers' Association President", "CEO and president"."""
    hit = doc.hits[at]
    if _IN_BUSINESS.search(doc.folded.text, max(0, hit.start - 40), hit.start):
        return True
    before = _BEFORE.search(doc.visible, max(0, hit.start - 40), hit.start)
    if doc.lang != "en" or before is None or not before[1][0].isupper():
        return False  # elsewhere it stands behind the title
    if opens_sentence(doc.visible, before.start()) or fold(before[1]).strip(".'") in _QUALIFIED:
        return False
    known = doc.hits[at - 1] if at else None
    return known is None or known.end != before.end(1)


def _is_a_firm(doc: Document, name: re.Match[str]) -> bool:
    """Whether what follows a title is no person's name: "President Ascom North America", "Premier Solution Partner"."""
    start, end = name.span(1)
    words = name[1].split(" ")
    if doc.lang == "de" and not is_first_name(words[0], "de", doc.gazetteer.given_names):
        return not any(
            hit.start >= start and hit.end <= end and hit.has(SURNAME) for hit in doc.hits
        )
    entities = doc.gazetteer.compiled.entities
    return any(
        start < hit.start and hit.end == end and entities[row].kind in ("country", "region")
        for hit in doc.hits
        for row in hit.rows(PLACE)[:1]
    )


def provisional(name: str) -> Entity:
    """Someone of whom only the name is known."""
    key = re.sub(r"\W+", "-", fold(name)).strip("-")
    return Entity(id=f"leader:?{key}", kind="leader", name=name, names={"": (name,)})


def _namings(doc: Document, name: str, first: int) -> Iterator[tuple[int, int]]:
    """Where the full name, or the family name after it, stands."""
    family = name.rsplit(" ", maxsplit=1)[-1]
    # the full name comes first, so that a family name within it is taken
    for named, after in ((name, 0), (family, first + 1)):
        for start in whole_places(doc.visible, named, after):
            yield start, start + len(named)
