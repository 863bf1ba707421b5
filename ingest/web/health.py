"""`/health` and `/metrics`: whether it runs, and what it did. Counts only, no texts, no addresses.

The store is opened for each answer, so that one that went away and came back is seen as it is.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ingest import __version__
from ingest.errors import IngestError
from ingest.metrics import CONTENT_TYPE, down, exposition, last_good

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from starlette.requests import Request

    from ingest.store.port import Store

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def health_routes(
    open_store: Callable[[], Store], clock: Callable[[], datetime], *, max_age_s: int
) -> list[Route]:
    """Return the routes of both.

    Args:
        open_store: opens the store that is looked at; raises an IngestError where it is down.
        max_age_s: `/health` answers 503 where the last pass that ended well is older.
    """
    turn = threading.Lock()  # many who ask at once do not make it slower for the run

    def health(request: Request) -> Response:  # noqa: ARG001  starlette's signature
        with turn:
            body = _health(open_store, clock(), max_age_s)
        return JSONResponse(body, 200 if body["well"] else 503, _HEADERS)

    def metrics(request: Request) -> Response:  # noqa: ARG001
        with turn:
            text = _metrics(open_store, clock())
        return Response(text, 200, _HEADERS, CONTENT_TYPE)

    return [Route("/health", health), Route("/metrics", metrics)]


def _health(open_store: Callable[[], Store], now: datetime, max_age_s: int) -> dict[str, object]:
    store_says, age_s = "well", None
    try:
        with open_store() as store:
            last = last_good(store)
        if last and last.finished_at:
            age_s = round((now - last.finished_at).total_seconds(), 1)
    except IngestError as exc:
        store_says = exc.code
    is_fresh = age_s is not None and age_s <= max_age_s
    return {
        "well": store_says == "well" and is_fresh,
        "store": store_says,
        "last_pass": {"well": is_fresh, "age_s": age_s, "max_age_s": max_age_s},
        "version": __version__,
    }


def _metrics(open_store: Callable[[], Store], now: datetime) -> str:
    try:
        with open_store() as store:
            return exposition(store, now)
    except IngestError:
        return down()
