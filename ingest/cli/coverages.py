"""The line of coverage under a board or a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.cli.output import iso, say
from ingest.coverage import Coverage, coverage_line, coverage_of
from ingest.model import Feed, Note
from ingest.pipeline.services import utc_now

if TYPE_CHECKING:
    from ingest.store.port import Store


def coverage(store: Store) -> Coverage:
    """Read the feeds' states and the newest article's age."""
    newest = store.find_articles(order_by="-effective_at", limit=1)
    return coverage_of(store.find(Feed), newest[0].effective_at if newest else None, utc_now())


def print_coverage(store: Store) -> None:
    """Print it as the last line; a store of invented news says so."""
    say(coverage_line(coverage(store), utc_now()), style="dim")
    notice = store.get(Note, "notice")
    if notice is not None:
        say(notice.value, style="dim")


def coverage_json(store: Store) -> dict[str, Any]:
    """Give it as the `coverage` key of a JSON answer."""
    found = coverage(store)
    return {
        "coverage": {
            "feeds": found.feeds,
            "seen_last_hour": found.seen,
            "failing": [
                {"feed": url, "error": error, "since": iso(since)}
                for url, error, since in found.failing
            ],
            "gaps": [
                {"feed": url, "from": iso(start), "to": iso(end)} for url, start, end in found.gaps
            ],
            "newest": iso(found.newest_at),
        }
    }
