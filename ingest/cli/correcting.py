"""Corrections made of what a person asks on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.board_store import read_board
from ingest.cli.lookup import gazetteer, states
from ingest.cli.overlays import the_entity
from ingest.errors import UsageError
from ingest.model import ROLES, VENUE_ROLES
from ingest.query.analysis import fold_terms
from ingest.query.ast import Phrase
from ingest.tag.corrections import (
    Correction,
    Corrections,
    Was,
    find_in,
    occurrence_in,
    sentence_key,
    with_id,
)

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.model import Article
    from ingest.store.port import Store

NOBODY = "none"


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of `correct`, as they were given."""

    none: bool = False
    role: str = ""
    entity: str = ""
    proposer: str = ""
    status: str = ""
    venues: str = ""
    parties: str = ""
    name: str = ""
    merge: str = ""
    split: str = ""
    hide: bool = False

    def only(self, *fields: str) -> None:
        """Raise UsageError for an option that does not fit, or where none is given."""
        given = {name for name in self.__dataclass_fields__ if getattr(self, name)}
        options = ", ".join("--not" if name == "none" else f"--{name}" for name in fields)
        if not given:
            raise UsageError("correct", "changes nothing", f"give one of {options}")
        if wrong := sorted(given - set(fields)):
            raise UsageError(f"--{wrong[0]}", "does not fit that id", f"it takes {options}")


def mention_correction(
    article: Article, part: str, asked: Asked, by: str, now: datetime
) -> Correction:
    """Correct `m3` or (in the headline) `t0` of an article; raises UsageError."""
    asked.only("none", "role", "entity")
    mentions = article.title_mentions if part.startswith("t") else article.mentions
    mention = mentions[int(part[1:])] if int(part[1:]) < len(mentions) else None
    if mention is None:
        raise UsageError(f"{article.id[:10]}.{part}", "is no mention", "see: summitwatch explain")
    text = article.title if part.startswith("t") else article.text
    entity = the_entity(gazetteer(), asked.entity).id if asked.entity else None
    if asked.role:
        _one_of("--role", asked.role, ROLES)
        if not (entity or mention.entity).startswith("place:"):
            raise UsageError("--role", f"{mention.surface!r} is a leader", "leaders have no role")
    said = text[mention.sentence_start : mention.sentence_end]
    return with_id(
        Correction(
            id="",
            kind="mention",
            by=by,
            at=now,
            article=article.id,
            surface=mention.surface,
            sentence=sentence_key(said),
            occurrence=occurrence_in(said, mention.surface, mention.start - mention.sentence_start),
            said=said,
            lang=article.lang,
            published=article.effective_at,
            was=Was(entity=mention.entity, role=mention.role, kind=mention.kind),
            none=asked.none,
            role=asked.role or None,
            entity=entity,
        )
    )


def proposal_correction(
    article: Article, part: str, asked: Asked, by: str, now: datetime
) -> Correction:
    """Correct `p0` of an article; raises UsageError."""
    asked.only("none", "proposer", "status", "venues", "parties")
    at = int(part[1:])
    if at >= len(article.proposals):
        raise UsageError(f"{article.id[:10]}.{part}", "is no proposal", "see: summitwatch explain")
    proposal = article.proposals[at]
    if asked.status:
        _one_of("--status", asked.status, VENUE_ROLES)
    said = article.text[proposal.start : proposal.end]
    named = [
        mention
        for mention in article.mentions
        if proposal.start <= mention.start < proposal.end and mention.entity in proposal.venues
    ]
    surface = named[0].surface if named else said.split()[0]
    offset = named[0].start - proposal.start if named else 0
    return with_id(
        Correction(
            id="",
            kind="proposal",
            by=by,
            at=now,
            article=article.id,
            surface=surface,
            sentence=sentence_key(said),
            occurrence=occurrence_in(said, surface, offset),
            said=said,
            lang=article.lang,
            published=article.effective_at,
            was=Was(
                proposer=proposal.proposer,
                status=proposal.status,
                venues=proposal.venues,
                parties=proposal.parties,
            ),
            none=asked.none,
            proposer=_proposer(asked.proposer) if asked.proposer else None,
            status=asked.status or None,
            venues=_venues(asked.venues) if asked.venues else None,
            parties=codes(asked.parties) if asked.parties else None,
        )
    )


def meeting_correction(
    store: Store, prefix: str, asked: Asked, by: str, now: datetime
) -> Correction:
    """Correct a meeting of the board; raises UsageError."""
    from ingest.cli.boards import the_meeting  # noqa: PLC0415  texts need no board

    asked.only("name", "merge", "split", "hide")
    meeting = the_meeting(store, prefix)
    other = the_meeting(store, asked.merge) if asked.merge else None
    if other == meeting:
        raise UsageError("--merge", f"{asked.merge} is the same meeting", "name another one")
    return with_id(
        Correction(
            id="",
            kind="meeting",
            by=by,
            at=now,
            meeting=meeting,
            name=asked.name or None,
            hide=asked.hide,
            merge=other,
            split=_venues_of(store, meeting, asked.split) if asked.split else None,
        )
    )


def touched(store: Store, one: Correction) -> list[str]:
    """Return ids of the articles in which a correction holds, its own first."""
    from ingest.pipeline.retag import holding  # noqa: PLC0415

    if one.kind == "meeting":
        return []
    articles = {article.id: article for article in store.get_articles([one.article]).values()}
    terms = fold_terms(one.said or one.sentence)
    if terms:
        articles |= {article.id: article for article in holding(store, Phrase(terms))}
    alone = Corrections([one])
    return [
        article.id
        for article in articles.values()
        if any(
            find_in(alone, text, article.lang, article.id) for text in (article.title, article.text)
        )
    ]


def codes(text: str) -> tuple[str, ...]:
    """Read `RU,UA`, or `none` for nobody."""
    if text.strip().lower() == NOBODY:
        return ()
    return tuple(sorted(states("--parties", text)))


def _venues_of(store: Store, meeting: str, text: str) -> tuple[str, ...]:
    """Read venues of a meeting: a name that several places bear means the one of the meeting."""
    shown = [one for one in read_board(store, since=None) if one.id == meeting]
    there = {venue.entity: venue.name for one in shown for venue in one.venues}
    named = {name.casefold(): entity for entity, name in there.items()}
    parts = [part.strip() for part in text.split(",") if part.strip()]
    found = [named.get(part.casefold()) or the_entity(gazetteer(), part).id for part in parts]
    for part, entity in zip(parts, found, strict=True):
        if entity not in there:
            raise UsageError(
                "--split", f"{part!r} is no venue of the meeting", "see: summitwatch board"
            )
    return tuple(dict.fromkeys(found))


def _venues(text: str) -> tuple[str, ...]:
    found = [the_entity(gazetteer(), part.strip()).id for part in text.split(",") if part.strip()]
    for entity in found:
        if not entity.startswith("place:"):
            raise UsageError(entity, "is no place", "name a venue")
    return tuple(dict.fromkeys(found))


def _proposer(text: str) -> str:
    if text.strip().lower() == NOBODY:
        return ""
    code = text.strip().upper()
    if code in {"EU", "UN", "NATO"} or code in gazetteer().country_by_code:
        return code
    entity = the_entity(gazetteer(), text)
    if entity.id.startswith("leader:"):
        return entity.id
    if entity.kind == "country":
        return entity.country
    raise UsageError("--proposer", f"{entity.name} is neither leader nor state")


def _one_of(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UsageError(option, f"{value!r} is none", f"one of {', '.join(known)}")
