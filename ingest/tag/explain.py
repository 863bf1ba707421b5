"""Why a text was read so: each mention with the name it was found by, and what else it might be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.model import ROLES, Mention
from ingest.tag.gazetteer import ADJECTIVE, LEADER, PLACE, SURNAME
from ingest.tag.mending import mend_mentions

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.tag.document import Document, Found
    from ingest.tag.match import Hit
    from ingest.tag.tagger import Tagger

NAMED = {LEADER: "full name", SURNAME: "family name", PLACE: "place", ADJECTIVE: "adjective"}


@dataclass(frozen=True, slots=True)
class Explained:
    """A mention and what lay behind it.

    Attributes:
        alias: the form of the gazetteer that was found, folded; "" for a title or a stranger.
        how: what that form is (full name, family name, place, adjective, title).
        others: (entity id, name) of others who bear it, the likeliest first as the gazetteer has
            them.
        roles: (role, chance) that a place was given, best first; the rule of the mention may have
            decided otherwise.
    """

    mention: Mention
    alias: str
    how: str
    others: tuple[tuple[str, str], ...]
    roles: tuple[tuple[str, float], ...]


def explain(
    tagger: Tagger,
    text: str,
    *,
    lang: str = "",
    published: datetime | None = None,
    article: str = "",
    title: str = "",
    context: str = "",
) -> list[Explained]:
    """Read a text again and tell what decided each mention, in text order.

    Args:
        title: its headline, where `text` is a body.
        context: the body, where `text` is its headline.
    """
    body = tagger.read(context, lang, published, model=tagger.model) if context else None
    doc = tagger.read(text, lang, published, body, title=title)
    if tagger.corrections:
        mend_mentions(doc, tagger.corrections, article)
    found = {(f.start, f.end): f for f in (*doc.people, *doc.places)}
    spans = {doc.original(*span): f for span, f in found.items()}
    explained = []
    for mention in doc.mentions():
        one = spans[mention.start, mention.end]
        hit = _hit(doc, one)
        explained.append(
            Explained(
                mention,
                doc.folded.text[hit.start : hit.end] if hit else "",
                _how(one, hit),
                _others(doc, one, hit),
                _ranked(one.chances),
            )
        )
    return explained


def _ranked(chances: tuple[float, ...]) -> tuple[tuple[str, float], ...]:
    pairs = zip(ROLES, chances, strict=False)  # a leader has none
    return tuple((role, round(c, 2)) for role, c in sorted(pairs, key=lambda pair: -pair[1]))


def _hit(doc: Document, found: Found) -> Hit | None:
    inside = [h for h in doc.hits if found.start <= h.start and h.end <= found.end]
    return max(inside, key=lambda h: h.end - h.start, default=None)


def _how(found: Found, hit: Hit | None) -> str:
    if found.how == "title" or hit is None:
        return found.how
    wanted = (LEADER, SURNAME) if found.kind == "leader" else (PLACE, ADJECTIVE)
    return next((NAMED[kind] for kind in wanted if hit.has(kind)), found.how)


def _others(doc: Document, found: Found, hit: Hit | None) -> tuple[tuple[str, str], ...]:
    if hit is None:
        return ()
    rows = dict.fromkeys(row for kind in (LEADER, SURNAME, PLACE) for row in hit.rows(kind))
    entities = [doc.gazetteer.compiled.entities[row] for row in rows]
    entities.sort(key=lambda e: -e.weight)
    named = {e.id: e.name for e in entities if e.id != found.entity.id}
    return tuple(named.items())
