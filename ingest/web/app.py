"""The application that `serve` runs: pages for readers, counts for machines, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from ingest.errors import IngestError
from ingest.web.health import health_routes
from ingest.web.pages import on_error, on_status, page_routes

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ingest.store.port import Store


def make_app(
    open_store: Callable[[], Store],
    clock: Callable[[], datetime],
    *,
    timezone: str,
    max_age_s: int,
    pages: bool,
    metrics: bool,
) -> Starlette:
    """Return the application.

    Args:
        open_store: opens the store that is looked at; raises an IngestError where it is down.
        timezone: in which pages write days and times.
        max_age_s: `/health` answers 503 where the last pass that ended well is older.
        pages, metrics: whether to serve the pages; `/health` and `/metrics`.
    """
    app = Starlette(
        routes=[
            *(page_routes(open_store, clock, timezone) if pages else ()),
            *(health_routes(open_store, clock, max_age_s=max_age_s) if metrics else ()),
        ],
        exception_handlers={HTTPException: on_status, IngestError: on_error} if pages else {},
    )
    app.router.redirect_slashes = False  # it would redirect to whatever Host the client named
    return app
