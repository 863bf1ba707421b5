"""People the gazetteer lacks, found by a title in front of a name.

They become provisional entities (`leader:?…`), named as the text names them. Only where names do not
bend: English, German, French, Spanish, Turkish.
"""

from __future__ import annotations

import re

from ingest.tag.document import Document, Found
from ingest.tag.fold import LATIN_UPPER, fold
from ingest.tag.gazetteer import EPITHET, PLACE, TITLE, Entity

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
    taken = [(f.start, f.end) for f in doc.people if f.how != "title"]
    titles = doc.gazetteer.compiled.titles
    for hit in doc.hits:
        fits = hit.has(EPITHET) or any(
            titles[row][0] == doc.lang and titles[row][1] in _CATEGORIES for row in hit.rows(TITLE)
        )
        if not fits:
            continue
        name = _NAME.match(doc.visible, hit.end)
        if name is None or _CALENDAR.match(name[1]):
            continue
        start, end = name.span(1)
        if any(s < end and start < e for s, e in taken) or _is_place(doc, start, end):
            continue
        entity = provisional(name[1])
        for at in _namings(doc, name[1], start):
            if not any(s < at[1] and at[0] < e for s, e in taken):
                taken.append(at)
                doc.people.append(Found(*at, entity, "leader", "full", "title-and-name", 0.55))
    doc.people.sort(key=lambda f: f.start)


def _is_place(doc: Document, start: int, end: int) -> bool:
    return any(
        h.start < end and start < h.end and h.has(PLACE) and h.start == start for h in doc.hits
    )


def provisional(name: str) -> Entity:
    """Someone of whom only the name is known."""
    key = re.sub(r"\W+", "-", fold(name)).strip("-")
    return Entity(id=f"leader:?{key}", kind="leader", name=name, names={"": (name,)})


def _namings(doc: Document, name: str, first: int) -> list[tuple[int, int]]:
    """Where the full name, or the family name after it, stands."""
    spans = [m.span() for m in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", doc.visible)]
    family = name.rsplit(" ", maxsplit=1)[-1]
    for match in re.finditer(rf"(?<!\w){re.escape(family)}(?!\w)", doc.visible):
        if match.start() > first and not any(s <= match.start() < e for s, e in spans):
            spans.append(match.span())
    return sorted(spans)
