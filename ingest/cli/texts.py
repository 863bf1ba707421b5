"""`tag` and `extract`: the two middle stages on files of one's own."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from ingest.cli.context import CALL, command
from ingest.cli.output import iso, print_json, say
from ingest.cli.searches import JsonOption
from ingest.errors import FetchError, UsageError, WorkerError
from ingest.fetch.result import Fetched
from ingest.pipeline.services import utc_now
from ingest.tag import Tagger, to_json
from ingest.workers import WorkerPool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.extract.result import Extracted
    from ingest.settings import Settings

MAX_LINE_BYTES = 20 * 2**20
MAX_TEXT_CHARS = 2_000_000


def _opened(name: str) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as exc:
        raise UsageError(name, exc.strerror or str(exc), "name a readable file, or -") from exc


@command
def tag(
    file: Annotated[
        str, typer.Argument(help="JSON lines with id, text (lang, title, published).")
    ] = "-",
) -> None:
    """Tag JSON lines: each comes back with its mentions and proposals."""
    tagger = Tagger.load()
    with _opened(file) as stream:
        for number, row in _rows(stream, file):
            published = _published(row.get("published"), f"{file}:{number}")
            text, lang, title = (row.get(key) or "" for key in ("text", "lang", "title"))
            tagged = tagger.tag(text, lang=lang, title=title, published=published)
            print_json(row | to_json(tagged, text))


def _rows(stream: BinaryIO, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, row); the first line that is none ends it: a program's output is broken."""
    for number, line in enumerate(iter(lambda: stream.readline(MAX_LINE_BYTES + 1), b""), 1):
        where = f"{name}:{number}"
        if len(line) > MAX_LINE_BYTES:
            raise UsageError(where, f"the line is longer than {MAX_LINE_BYTES} bytes", "split it")
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8-sig"), parse_constant=_no_constant)
        except UnicodeDecodeError as exc:
            raise UsageError(where, "is not UTF-8", "save the file as UTF-8") from exc
        except (ValueError, RecursionError) as exc:
            raise UsageError(where, f"is no JSON: {exc}", "one JSON object a line") from exc
        if not isinstance(row, dict) or not isinstance(row.get("text"), str) or "id" not in row:
            raise UsageError(where, "has no id and text", 'write {"id": …, "text": "…"}')
        for key in ("lang", "title", "published"):
            if row.get(key) is not None and not isinstance(row[key], str):
                raise UsageError(where, f"{key} is no text", "quote it or leave it out")
        if len(row["text"]) > MAX_TEXT_CHARS:
            raise UsageError(where, f"text is longer than {MAX_TEXT_CHARS} characters", "split it")
        yield number, row


def _no_constant(name: str) -> object:
    msg = f"{name} is no JSON value"
    raise ValueError(msg)


def _published(value: str | None, where: str) -> datetime | None:
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as exc:
        raise UsageError(
            where, f"published {value!r} is no ISO time", "as 2026-03-04T09:00:00Z"
        ) from exc
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@command
def extract(
    source: Annotated[str, typer.Argument(metavar="FILE|URL", help="An HTML file, - or a URL.")],
    as_json: JsonOption = False,
) -> None:
    """Extract the article of one page."""
    settings = CALL.settings()
    extracted = asyncio.run(_extracted(settings, source))
    if as_json:
        shown = asdict(extracted)
        shown["published"] = shown.pop("published_at")
        shown["updated"] = shown.pop("updated_at")
        print_json(shown)
        return
    say(extracted.title)
    about = [extracted.publisher, extracted.lang, iso(extracted.published_at) or "no date"]
    say(", ".join(part for part in (*about, *extracted.authors) if part))
    if extracted.flags:
        say("flags: " + ", ".join(extracted.flags))
    say()
    for paragraph in extracted.text.split("\n"):
        say(paragraph)


async def _extracted(settings: Settings, source: str) -> Extracted:
    url, content_type = source, ""
    if "://" in source:
        from ingest.fetch.client import Fetcher  # noqa: PLC0415  `tag` starts without it

        async with Fetcher(settings.fetch) as fetcher:
            result = await fetcher.get(source, kind="page", now=utc_now())
        if not isinstance(result, Fetched):
            detail = getattr(result, "detail", "the page gave no body")
            raise FetchError(source, detail)
        body, url = result.body, result.final_url
        content_type = result.headers.get("content-type", "")
    else:
        with _opened(source) as stream:
            body = stream.read(settings.fetch.max_body_bytes + 1)
        if len(body) > settings.fetch.max_body_bytes:
            raise UsageError(
                source,
                f"is longer than {settings.fetch.max_body_bytes} bytes",
                "raise fetch.max_body_bytes",
            )
        url = ""
    header = {
        "url": url,
        "content_type": content_type,
        "now": utc_now(),
        "min_chars": settings.extract.min_chars,
        "max_html_bytes": settings.extract.max_html_bytes,
    }
    async with WorkerPool(
        1,
        deadline_s=settings.extract.deadline_s,
        max_memory_bytes=settings.extract.max_memory_bytes,
    ) as workers:
        try:
            found: Extracted = await workers.call("extract_article", header, body)
        except WorkerError as exc:
            raise WorkerError(source, exc.reason, "see extract.deadline_s") from exc
    return found
