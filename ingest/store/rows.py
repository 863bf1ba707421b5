"""Rows of the projections, made from an article: the same on every adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.ids import mention_id, proposal_id
from ingest.store.port import MentionRow, ProposalRow

if TYPE_CHECKING:
    from ingest.model import Article, Mention, Proposal


def mention_row(article: Article, ordinal: int, mention: Mention) -> MentionRow:
    """Return the projection of one of an article's mentions."""
    return MentionRow(
        id=mention_id(article.id, ordinal),
        mention=mention,
        sentence=article.text[mention.sentence_start : mention.sentence_end],
        article_id=article.id,
        title=article.title,
        url=article.url,
        source=article.source,
        lang=article.lang,
        effective_at=article.effective_at,
    )


def proposal_row(article: Article, ordinal: int, proposal: Proposal) -> ProposalRow:
    """Return the projection of one of an article's proposals."""
    return ProposalRow(
        id=proposal_id(article.id, ordinal),
        proposal=proposal,
        sentence=article.text[proposal.start : proposal.end],
        article_id=article.id,
        title=article.title,
        url=article.url,
        source=article.source,
        publisher=article.publisher,
        lang=article.lang,
        published_at=article.published_at,
        effective_at=article.effective_at,
        first_stored_at=article.first_stored_at,
        copy_of=article.copy_of,
    )


def mention_rows(article: Article) -> tuple[MentionRow, ...]:
    """Return the projections of an article's mentions, in order."""
    return tuple(mention_row(article, at, mention) for at, mention in enumerate(article.mentions))


def proposal_rows(article: Article) -> tuple[ProposalRow, ...]:
    """Return the projections of an article's proposals, in order."""
    return tuple(proposal_row(article, at, found) for at, found in enumerate(article.proposals))
