"""What the pages show of an article: plain values for the templates. Pure."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from ingest.lines import line_of, short_name
from ingest.query.analysis import fold
from ingest.store.rows import proposal_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from ingest.model import Article, Mention
    from ingest.store.port import ProposalRow

_KEPT = "\n\t\u200c\u200d\u00ad"  # breaks; joiners and soft hyphens belong to words
_ROLES = {"government": "government", "location": "place", None: "place"}
_LANGUAGES = {
    "en": "English",
    "ru": "Russian",
    "uk": "Ukrainian",
    "be": "Belarusian",
    "pl": "Polish",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "tr": "Turkish",
}


class Piece(NamedTuple):
    """A stretch of text.

    Attributes:
        style: class of the mark, "" for plain text.
        word: what is named there, written behind it; "" where the mark alone says it.
        name: its English name.
    """

    text: str
    style: str = ""
    word: str = ""
    name: str = ""


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


def language(code: str) -> str:
    """Return the English name of one of our languages: `uk` alone reads as a country."""
    return _LANGUAGES.get(code, code or "unknown")


def short_day(moment: datetime, timezone: str) -> str:
    """Return `4 Mar`."""
    local = moment.astimezone(ZoneInfo(timezone))
    return f"{local.day} {local:%b}"


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
    for piece in _cut(article, 0, len(article.text), _annotated):
        if piece.style:
            found[-1].append(piece)
            continue
        for number, line in enumerate(piece.text.split("\n")):
            if number:
                found.append([])
            if line:
                found[-1].append(Piece(line))
    return [pieces for pieces in found if any(piece.text.strip() for piece in pieces)]


def evidence(row: ProposalRow, article: Article | None) -> list[Piece]:
    """Return the sentence of a proposal with its venues and its proposer marked.

    Args:
        article: whose proposal it is; None, or one read anew meanwhile, leaves it unmarked.
    """
    said = row.proposal

    def mark(text: str, mention: Mention) -> Piece:
        if mention.entity in said.venues:
            return Piece(text, style=said.status, name=mention.name)
        if mention.entity == said.proposer:
            return Piece(text, style="leader", name=mention.name)
        return Piece(text)

    if article is None or article.text[said.start : said.end] != row.sentence:
        return [Piece(row.sentence)]
    return list(_cut(article, said.start, said.end, mark))


def _cut(
    article: Article, start: int, end: int, mark: Callable[[str, Mention], Piece]
) -> Iterator[Piece]:
    at = start
    for mention in sorted(article.mentions, key=lambda m: m.start):
        if mention.start < at or mention.end > end:
            continue
        if at < mention.start:
            yield Piece(article.text[at : mention.start])
        yield mark(article.text[mention.start : mention.end], mention)
        at = mention.end
    if at < end:
        yield Piece(article.text[at:end])


def _annotated(text: str, mention: Mention) -> Piece:
    """What is named there and in which role; its English name where the text has another."""
    name = short_name(mention.entity, mention.name) if mention.name else ""
    known = fold(name) in fold(text)
    if mention.kind == "leader":
        style, word = "leader", "leader"
    else:
        style = mention.role or "location"
        word = _ROLES.get(mention.role) or f"venue, {mention.role}"
    return Piece(text, style, word if known else f"{name}: {word}", mention.name)


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
        "language": language(article.lang),
        "link": web_link(article.url),
        "flags": article.flags,
        "owner": owner,
        "paragraphs": paragraphs(article),
        "proposals": [
            {
                "line": line_of(row, timezone),
                "pieces": evidence(row, article),
                "status": row.proposal.status,
            }
            for row in proposal_rows(article)
        ],
    }
