"""Ask a SPARQL endpoint through the one way out, and make an overlay of its answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ingest.errors import FetchError, UsageError
from ingest.fetch.client import Fetcher
from ingest.fetch.result import Fetched
from ingest.pipeline.services import utc_now
from ingest.tag.wikidata import (
    BATCH,
    Known,
    names_question,
    offices_question,
    read_answer,
    refreshed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.settings import Settings
    from ingest.tag.gazetteer import Entity
    from ingest.tag.overlay import Overlay

HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept": "application/sparql-results+json",
}


def fetched(
    settings: Settings, overlay: Overlay, entities: Sequence[Entity]
) -> tuple[Overlay, list[str]]:
    """Return the overlay as the endpoint's answers change it, and a line for each change.

    Raises:
        FetchError, ParseError: the endpoint failed; nothing is changed by half.
        UsageError: none of the entities has a QID.
    """
    wanted = [entity for entity in entities if entity.qid]
    if not wanted:
        raise UsageError("refresh", "none of them has a QID", "gazetteer edit ID --qid Q…")
    found = asyncio.run(_asked(settings, sorted({entity.qid or "" for entity in wanted})))
    monarchies = {o.country for e in entities for o in e.offices if o.office == "king"}
    return refreshed(overlay, wanted, found, monarchies)


async def _asked(settings: Settings, qids: Sequence[str]) -> dict[str, Known]:
    url = settings.gazetteer.sparql_url
    found: dict[str, Known] = {}
    async with Fetcher(settings.fetch) as fetcher:
        first = True
        for start in range(0, len(qids), BATCH):
            for question in (names_question, offices_question):
                if not first:
                    await asyncio.sleep(settings.fetch.host_pause_s)
                first = False
                body = urlencode({"query": question(qids[start : start + BATCH])}).encode()
                result = await fetcher.post(url, body, headers=HEADERS, now=utc_now())
                if not isinstance(result, Fetched):
                    detail = getattr(result, "detail", "the endpoint gave no answer")
                    raise FetchError(url, detail, "the gazetteer stays as it was; try later")
                read_answer(result.body, found, url)
    return found
