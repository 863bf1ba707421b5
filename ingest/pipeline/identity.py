"""Which article an entry belongs to: its addresses, and who owns them.

A chunk is decided at once: what the store knows of it is read in a few calls, not in some for each
entry, and the articles of the chunk itself count as known as soon as they are prepared.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ingest import articles, ids
from ingest.model import Article, UrlAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.pipeline.read import Ready
    from ingest.store.port import Store


@dataclass(slots=True)
class Known:
    """Owners of addresses, and articles by id, as stored when the chunk was begun.

    Attributes:
        owners: normalized URL -> article id; the chunk's claims join it.
        claims: the addresses that were nobody's, and the article ids that they are claimed for.
        pending: articles of this chunk, prepared and not yet stored.
    """

    owners: dict[str, str]
    stored: Mapping[str, Article]
    claims: dict[str, str] = field(default_factory=dict)
    pending: dict[str, Article] = field(default_factory=dict)

    def identify(self, item: Ready) -> tuple[str, Article | None]:
        """Find the article that an entry's addresses lead to, or claim a new one.

        Returns:
            (article id, the article as stored or None).
        """
        entry, extracted = item.entry, item.extracted
        plain = articles.addresses(entry, entry.final_url, "")
        article_id = entry.article_id
        urls = []
        for url in articles.addresses(entry, entry.final_url, extracted.canonical_url):
            owner = self.owners.get(url, "")
            if owner and owner != article_id:
                if url not in plain and not self._is_same(owner, item):
                    continue  # declared, and another story's: a template's mistake
                article_id = article_id or owner
            urls.append(url)
        article_id = article_id or ids.article_id(urls[0])
        for url in urls:
            if url not in self.owners:
                self.owners[url] = self.claims[url] = article_id
        return article_id, self.stored.get(article_id)

    def _is_same(self, article_id: str, item: Ready) -> bool:
        other = self.pending.get(article_id) or self.stored.get(article_id)
        title = articles.title_of(item.entry, item.extracted)
        return other is not None and articles.same_article(other, title, item.extracted.text)

    def claim(self, store: Store) -> dict[str, str]:
        """Write the claims; an address that another run has claimed meanwhile stays that run's.

        Returns:
            Our article id -> the article that owns one of its addresses, where we came too late.
        """
        aliases = [UrlAlias(id=url, article_id=owner) for url, owner in self.claims.items()]
        written = store.put(aliases)
        late = [alias.id for alias, done in zip(aliases, written, strict=True) if done is None]
        owners = store.get_many(UrlAlias, late)
        return {self.claims[url]: alias.article_id for url, alias in owners.items()}


def look_up(store: Store, items: Iterable[Ready]) -> Known:
    """Read what the store knows of the addresses of a chunk."""
    urls: set[str] = set()
    wanted: set[str] = set()
    for item in items:
        entry = item.entry
        found = articles.addresses(entry, entry.final_url, item.extracted.canonical_url)
        urls.update(found)
        wanted.add(entry.article_id or ids.article_id(found[0]))
    owners = {url: alias.article_id for url, alias in store.get_many(UrlAlias, urls).items()}
    return Known(owners, store.get_articles(wanted.union(owners.values())))


def handed_over(item: Ready, owner: str) -> Ready:
    """Give an entry to the article that owns its address, unless it has one."""
    article_id = item.entry.article_id or owner
    return replace(item, entry=replace(item.entry, article_id=article_id))
