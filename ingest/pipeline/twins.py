"""Entries of several feeds that link to one page: it is fetched, read and stored once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.model import Entry, EntryState, UrlAlias
from ingest.urls import normalize_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.pipeline.services import Services


def split_twins(entries: Iterable[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Return (the entries to fetch, their twins); of each page the one that says most is fetched.

    A date with its zone comes first, then the longer content: both go into the article.
    """
    by_page: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_page[normalize_url(entry.url) if entry.url else entry.id].append(entry)
    chosen = [max(members, key=_says) for members in by_page.values()]
    twins = [
        entry
        for best, members in zip(chosen, by_page.values(), strict=True)
        for entry in members
        if entry is not best
    ]
    return chosen, twins


def _says(entry: Entry) -> tuple[bool, int]:
    return entry.published_at is not None and not entry.zoneless, len(entry.content)


def settle_twins(services: Services, twins: Sequence[Entry]) -> list[str]:
    """Tie twins to the article that their page has become; returns ids of entries now `stored`.

    Where the page gave no article in this run the twin stays `new`: the next one fetches it for
    its own sake, with its own content to fall back on.
    """
    page_of = {entry.id: normalize_url(entry.url) for entry in twins}
    aliases = services.store.get_many(UrlAlias, page_of.values())
    articles = services.store.get_articles(alias.article_id for alias in aliases.values())
    settled = []
    for entry in twins:
        alias = aliases.get(page_of[entry.id])
        article = articles.get(alias.article_id) if alias else None
        if (
            article is None
            or "from_feed" in article.flags
            or article.fetched_at < entry.changed_at
            or entry.article_id not in ("", article.id)
        ):
            continue
        settled.append(
            replace(
                entry,
                state=EntryState.STORED,
                after=EntryState.DONE,
                article_id=article.id,
                archive_ref=article.archive_ref,
                final_url=article.final_url,
                fetched_at=article.fetched_at,
                next_try_at=None,
                reason="",
            )
        )
    written = services.store.put(settled)
    stored = [entry.id for entry in written if entry is not None]
    services.counters["pages_shared"] += len(stored)
    return stored
