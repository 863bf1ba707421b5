"""What the pages show of an article and of the board: plain values for the templates. Pure."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from ingest.board_changes import title_of
from ingest.lines import line_of, short_name
from ingest.store.rows import proposal_rows

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.board import Meeting, Venue
    from ingest.model import Article, Mention

_KEPT = "\n\t\u200c\u200d\u00ad"  # breaks; joiners and soft hyphens belong to words
_ROLES = {"government": "government", "location": "place", None: "place"}


class Piece(NamedTuple):
    """A stretch of text; `word` says what is named there, "" for plain text."""

    text: str
    word: str = ""
    name: str = ""
    style: str = ""


def plain(text: str) -> str:
    """Drop control and direction characters and lone surrogates: an isolate cannot hold them."""
    if text.isprintable():
        return text
    return "".join(
        c for c in text if c in _KEPT or unicodedata.category(c) not in {"Cc", "Cf", "Cs"}
    )


def web_link(url: str) -> str:
    """Return the address if it is http(s), else ""."""
    return url if url.startswith(("http://", "https://")) else ""


def day(moment: datetime, timezone: str) -> str:
    """Return `4 Mar 2026`."""
    local = moment.astimezone(ZoneInfo(timezone))
    return f"{local.day} {local:%b} {local.year}"


def minute(moment: datetime, timezone: str) -> str:
    """Return `4 Mar 2026, 10:00 Europe/Warsaw`."""
    local = moment.astimezone(ZoneInfo(timezone))
    return f"{day(moment, timezone)}, {local:%H:%M} {timezone}"


def paragraphs(article: Article) -> list[list[Piece]]:
    """Cut the text at its line breaks and mark its leaders and places; no empty paragraphs.

    Of mentions that overlap the first is marked.
    """
    found: list[list[Piece]] = [[]]

    def add(text: str) -> None:
        for number, line in enumerate(text.split("\n")):
            if number:
                found.append([])
            if line:
                found[-1].append(Piece(line))

    at = 0
    for mention in sorted(article.mentions, key=lambda m: m.start):
        if mention.start < at:
            continue
        add(article.text[at : mention.start])
        found[-1].append(_marked(article.text[mention.start : mention.end], mention))
        at = mention.end
    add(article.text[at:])
    return [pieces for pieces in found if any(piece.text.strip() for piece in pieces)]


def _marked(text: str, mention: Mention) -> Piece:
    if mention.kind == "leader":
        return Piece(text, "leader", mention.name, "leader")
    word = _ROLES.get(mention.role) or f"venue, {mention.role}"
    return Piece(text, word, mention.name, mention.role or "location")


def article_values(article: Article, owner: Article | None, timezone: str) -> dict[str, object]:
    """Return what the page of an article is given.

    Args:
        owner: the article whose text this one repeats.
    """
    published = article.published_at
    return {
        "title": article.title or "untitled",
        "outlet": article.publisher or article.source,
        "source": article.source,
        "when": f"{'' if published else 'undated, first seen '}"
        f"{minute(published or article.first_fetched_at, timezone)}",
        "iso": (published or article.first_fetched_at).isoformat(),
        "lang": article.lang,
        "link": web_link(article.url),
        "flags": article.flags,
        "owner": owner,
        "paragraphs": paragraphs(article),
        "proposals": [
            {
                "line": line_of(row, timezone),
                "sentence": row.sentence,
                "status": row.proposal.status,
                "confidence": f"{row.proposal.confidence:.2f}",
            }
            for row in proposal_rows(article)
        ],
    }


def meeting_values(meeting: Meeting, timezone: str) -> dict[str, object]:
    """Return what the board is given of one meeting."""
    latest = {row.stance.country or row.stance.by: row for row in reversed(meeting.stances)}
    return {
        "id": meeting.id,
        "title": title_of(meeting),
        "first": day(meeting.first_at, timezone),
        "last": day(meeting.last_at, timezone),
        "background": meeting.background,
        "venues": [_venue_values(venue, timezone) for venue in meeting.venues],
        "stances": [
            {
                "by": row.stance.by_name,
                "stand": row.stance.stand,
                "when": day(row.effective_at, timezone),
                "sentence": row.sentence,
                "lang": row.lang,
                "outlet": row.publisher or row.source,
                "article": row.article_id,
            }
            for row in sorted(latest.values(), key=lambda row: row.effective_at, reverse=True)
        ],
    }


def _venue_values(venue: Venue, timezone: str) -> dict[str, object]:
    row = venue.newest
    return {
        "name": venue.name,
        "standing": venue.standing,
        "since": day(venue.since, timezone),
        "outlets": venue.outlets,
        "words": [
            f"{short_name(stance.by, stance.row.proposal.proposer_name)}: {stance.status}"
            f" ({day(stance.since, timezone)})"
            for stance in venue.stances
            if stance.by
        ],
        "line": line_of(row, timezone),
        "sentence": row.sentence,
        "lang": row.lang,
        "outlet": row.publisher or row.source,
        "when": minute(row.effective_at, timezone),
        "title": row.title or "untitled",
        "article": row.article_id,
    }
