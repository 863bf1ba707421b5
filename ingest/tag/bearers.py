"""Which of those who bear a name is meant: who is in office, whose state is spoken of, who rules."""

from __future__ import annotations

import re

from ingest.tag.document import Document
from ingest.tag.gazetteer import Entity
from ingest.tag.match import Hit


def rank(doc: Document, entity: Entity) -> tuple[int, int]:
    """Likelier first: in office on the day, then latest in office."""
    stamp = doc.day.isoformat() if doc.day else "9999"
    active = any(o.start <= stamp and (not o.end or stamp < o.end) for o in entity.offices)
    latest = max((o.start for o in entity.offices if o.start <= stamp), default="")
    return (0 if active else 1, -int(latest.replace("-", "") or 0))


def ranked(doc: Document, entities: list[Entity]) -> list[Entity]:
    """Likeliest first; of two in office, whose state is spoken of."""
    if len(entities) < 2:
        return entities
    return sorted(
        entities, key=lambda e: (rank(doc, e)[0], e.country not in doc.countries, rank(doc, e))
    )


def sure(doc: Document, entities: list[Entity]) -> frozenset[str]:
    """Ids of those who are well known or in office, of whom less is asked."""
    return frozenset(e.id for e in entities if e.weight or rank(doc, e)[0] == 0)


def is_ruler(entity: Entity) -> bool:
    """Whether a person reigns, is the pope or a supreme leader, or was."""
    return any(o.office in ("king", "pope", "crown", "supreme") for o in entity.offices)


_RULERS = (
    r"(?:kings?|queen|pope|konig|konigin|papst|roi|reine|pape|rey|reina|papa|krol|krolow|papiez|kral|kralice|"
    r"кароль|карал|королев|король|корол|папа|папы|папе|папу|папой|папи|папі|папою|папай|папам)"
)
_RULER = re.compile(rf"(?:lord|{_RULERS}\w{{0,3}}) ")
RULER_BEFORE = re.compile(
    rf"(?:^|(?<=\W))(?:{_RULERS}|(?:emir|emirem|emira|эмир|емір|эмір|sultan|султан|султ|prince|principe|prinz|ksiaze|prens|принц|прынц|"
    r"sheikh|scheich|cheikh|jeque|szejk|seyh|шейх|шэйх|lord))\w{0,3} $"
)

# Rulers known by a given name: it is theirs behind the title, or once they were named in full.
_BY_GIVEN_NAME = re.compile(
    r" of (?:Jordan|Saudi Arabia|Morocco|Nepal)$|^Pope | [IVX]+(?: of \w+)?$|^(?:John Paul|Benedict) "
)


def by_given_name(entity: Entity) -> bool:
    """Whether a person is a ruler whom a given name alone may mean."""
    return is_ruler(entity) and _BY_GIVEN_NAME.search(entity.name) is not None


def reigns(doc: Document, entity: Entity) -> bool:
    """Whether a ruler is in office on the day and the state is spoken of (the pope's need not be)."""
    return rank(doc, entity)[0] == 0 and (entity.country == "VA" or entity.country in doc.countries)


def behind_title(doc: Document, hit: Hit) -> int:
    """Where the name begins of a ruler whom the gazetteer lists with the title ("King Salman")."""
    title = _RULER.match(doc.folded.text, hit.start, hit.end)
    return title.end() if title is not None else hit.start
