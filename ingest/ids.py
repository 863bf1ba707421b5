"""Derived identities: the same input gives the same id, so every write can be repeated."""

from __future__ import annotations

import hashlib


def sha256(*parts: str) -> str:
    """Hex SHA-256 over the parts, each led by its length so that no two lists collide."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(f"{len(raw)}:".encode())
        digest.update(raw)
    return digest.hexdigest()


def feed_id(url: str) -> str:
    """Id of a feed: of the URL under which it was first added."""
    return sha256("feed", url)


def entry_id(feed: str, key: str) -> str:
    """Id of an entry: `key` is its raw guid, else its link, else a hash of title and content."""
    return sha256("entry", feed, key)


def article_id(normalized_url: str) -> str:
    """Id of an article: of the normalized URL under which it is first stored."""
    return sha256("article", normalized_url)


def mention_id(article: str, ordinal: int) -> str:
    """Id of a mention's projection."""
    return f"{article}.m{ordinal}"


def proposal_id(article: str, ordinal: int) -> str:
    """Id of a proposal's projection."""
    return f"{article}.p{ordinal}"


def content_hash(title: str, text: str) -> str:
    """Hash of what a reader sees; a feed's build date is no part of it."""
    return sha256("content", title, text)
