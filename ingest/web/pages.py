"""`/board` and `/article/<id>`: what alerts link to. Read only, no scripts, no address but ours.

Links are relative, so that a proxy may serve the pages below a path. Every text that a template
writes is escaped, and cleared of control and direction characters.
"""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from ingest.board_store import read_board
from ingest.coverage import coverage_line, coverage_of
from ingest.errors import IngestError, QueryError, UsageError
from ingest.model import Feed, Note
from ingest.query.dates import FORMS, parse_date
from ingest.web.shown import article_values, day, plain
from ingest.web.shown_board import evidence_ids, meeting_values

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from starlette.requests import Request

    from ingest.store.port import Store

WINDOW = "30d"  # as `summitwatch board`
_PARTIES = re.compile(r"[A-Z]{2,6}")
_ID = re.compile(r"[0-9a-f]{64}")
_STYLE = files("ingest.web").joinpath("style.css").read_text("utf-8")
_ICON = files("ingest.web").joinpath("icon.svg").read_text("utf-8")
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def page_routes(
    open_store: Callable[[], Store], clock: Callable[[], datetime], timezone: str
) -> list[Route]:
    """Return the routes of the pages; the store is opened for each answer.

    Their endpoints raise UsageError, StoreError and HTTPException: see `on_error`, `on_status`.
    """
    turn = threading.Lock()  # many who ask at once do not make it slower for the run

    def home(request: Request) -> Response:  # noqa: ARG001  starlette's signature
        return RedirectResponse("board", 302, _HEADERS)

    def board(request: Request) -> Response:
        now = clock()
        since = request.query_params.get("since", "").strip() or WINDOW
        parties = request.query_params.get("parties", "").strip()
        start, wanted = _start(since, now, timezone), _parties(parties)
        with turn, open_store() as store:
            meetings = read_board(store, since=start, parties=wanted)
            articles = store.get_articles(evidence_ids(meetings))
            newest = store.find_articles(order_by="-effective_at", limit=1)
            at = newest[0].effective_at if newest else None
            coverage = coverage_line(coverage_of(store.find(Feed), at, now), now)
            notice = store.get(Note, "notice")
        values: dict[str, object] = {
            "meetings": [meeting_values(meeting, articles, timezone) for meeting in meetings],
            "is_empty": not newest,
            "since": since,
            "start": day(start, timezone),
            "parties": parties,
            "timezone": timezone,
            "coverage": coverage,
            "notice": notice.value if notice else "",
        }
        return _page(request, "board.html", values)

    def article(request: Request) -> Response:
        key = request.path_params["key"]
        with turn, open_store() as store:
            found = store.get_article(key) if _ID.fullmatch(key) else None
            if found is None:
                raise HTTPException(404, "no article has this id; it may have been taken out")
            owner = store.get_article(found.copy_of) if found.copy_of else None
        return _page(request, "article.html", article_values(found, owner, timezone))

    def icon(request: Request) -> Response:  # noqa: ARG001
        headers = _HEADERS | {"Cache-Control": "max-age=86400"}
        return Response(_ICON, 200, headers, "image/svg+xml")

    return [
        Route("/", home),
        Route("/board", board),
        Route("/article/{key}", article),
        Route("/icon.svg", icon),
    ]


def on_error(request: Request, exc: Exception) -> Response:
    """Return the page of an error of ours: 400 for what was asked, else 503."""
    assert isinstance(exc, IngestError)
    status = 400 if isinstance(exc, UsageError) else 503
    return _error(request, status, f"{exc} [{exc.code}]")


def on_status(request: Request, exc: Exception) -> Response:
    """Return the page of an HTTP status, such as 404."""
    assert isinstance(exc, HTTPException)
    is_ours = exc.detail != HTTPStatus(exc.status_code).phrase
    said = exc.detail if is_ours else "there is only the board, and its articles, to be read"
    answer = _error(request, exc.status_code, said)
    answer.headers.update(exc.headers or {})
    return answer


def _start(since: str, now: datetime, timezone: str) -> datetime:
    try:
        return parse_date(since, now=now, tz=timezone, position=0).start
    except QueryError as exc:
        raise UsageError("since", f"{since!r} is no date", FORMS) from exc


def _parties(text: str) -> tuple[str, ...]:
    wanted = tuple(part.strip().upper() for part in text.split(",") if part.strip())
    for party in wanted:
        if not _PARTIES.fullmatch(party):
            raise UsageError("parties", f"{party!r} is no party", "write codes such as RU,UA")
    return wanted


def _error(request: Request, status: int, sentence: str) -> Response:
    values: dict[str, object] = {
        "status": status,
        "phrase": HTTPStatus(status).phrase,
        "sentence": sentence,
    }
    return _page(request, "error.html", values, status)


def _page(
    request: Request, template: str, values: dict[str, object], status: int = 200
) -> Response:
    depth = request.scope["raw_path"].count(b"/") - 1
    text = _templates().get_template(template).render(values, up="../" * depth or "./")
    return HTMLResponse(text, status, _HEADERS)


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("ingest.web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_cleared,
    )
    made.globals["style"] = Markup(_STYLE)  # noqa: S704  our own file
    return made


def _cleared(value: object) -> object:
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value
