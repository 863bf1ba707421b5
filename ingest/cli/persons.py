"""People whom stored articles name and the gazetteer lacks, read anew by the model for names."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.query.ast import All
from ingest.store.port import Search
from ingest.tag.desk import tagger_of
from ingest.tag.persons import find_persons
from ingest.tag.strangers import provisional
from ingest.tag.tagger import MAX_TEXT_CHARS

if TYPE_CHECKING:
    from ingest.model import Article
    from ingest.store.port import Store

_PAGE = 500


@dataclass(slots=True)
class Person:
    """A name found, as it is written there (its ending may be bent).

    Attributes:
        seen: the first articles that have it, each with the sentence.
    """

    id: str
    name: str
    articles: int = 0
    seen: list[tuple[Article, str]] = field(default_factory=list)


def read_persons(
    store: Store, newest: int, *, samples: int, known: Collection[str]
) -> list[Person]:
    """Names in the newest articles that no leader known has, the most named first.

    Args:
        newest: how many articles to read; about a hundred a second.
        samples: how many articles to keep of each.
        known: provisional ids to leave out.
    """
    tagger = tagger_of(store)
    found: dict[str, Person] = {}
    for article in _newest(store, newest):
        text = article.text[:MAX_TEXT_CHARS]
        doc = tagger.read(text, article.lang, article.effective_at, model=tagger.model)
        told: set[str] = set()
        for start, end in find_persons(doc):
            entity = provisional(doc.visible[start:end])
            if entity.id in told or entity.id in known:
                continue
            told.add(entity.id)
            person = found.setdefault(entity.id, Person(entity.id, entity.name))
            person.articles += 1
            if len(person.seen) < samples:
                low, high = doc.sentence(start)
                person.seen.append((article, doc.visible[low:high]))
    return sorted(found.values(), key=lambda person: (-person.articles, person.id))


def _newest(store: Store, count: int) -> Iterator[Article]:
    cursor = ""
    while count > 0:
        page = store.search(
            Search(All(), sort="newest", limit=min(count, _PAGE), cursor=cursor, highlight=False)
        )
        yield from (hit.article for hit in page.hits)
        count -= len(page.hits)
        cursor = page.next
        if not cursor or not page.hits:
            return
