"""`export`: articles or proposals as JSON lines, CSV or Parquet."""

from __future__ import annotations

import csv
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from ingest.cli.boards import row_json
from ingest.cli.context import CALL, command, opened_store
from ingest.cli.lookup import parsed
from ingest.cli.output import counted, json_line, talk
from ingest.cli.searches import QueryArgument, SinceOption, article_json
from ingest.errors import UsageError
from ingest.store.port import Search

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.query.ast import Node
    from ingest.store.port import Store

PAGE = 500


class Format(StrEnum):
    """How the rows are written."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


class What(StrEnum):
    """Which rows."""

    ARTICLES = "articles"
    PROPOSALS = "proposals"


@command
def export(
    query: QueryArgument = "",
    what: Annotated[What, typer.Option(help="Which records.")] = What.ARTICLES,
    form: Annotated[Format, typer.Option("--format", help="File format.")] = Format.JSONL,
    output: Annotated[str, typer.Option("--output", "-o", help="A file; - is stdout.")] = "-",
    since: SinceOption = "",
) -> None:
    """Export everything that a query finds, newest first."""
    settings = CALL.settings()
    with opened_store(settings) as store:
        _, node = parsed(query, settings, since)
        if what is What.ARTICLES:
            rows = _articles(store, node)
        else:
            rows = (row_json(row, settings.timezone) for row in store.proposals(node))
        if form is Format.PARQUET:
            count = _write_parquet(rows, output)
        else:
            count = _write_text(rows, form, output)
    talk(f"{counted(count, what.value.removesuffix('s'))} exported")


def _articles(store: Store, node: Node) -> Iterator[dict[str, Any]]:
    cursor = ""
    while True:
        page = store.search(
            Search(node=node, sort="newest", limit=PAGE, cursor=cursor, highlight=False)
        )
        for hit in page.hits:
            yield article_json(hit.article)
        cursor = page.next
        if not cursor:
            return


def _write_text(rows: Iterator[dict[str, Any]], form: Format, output: str) -> int:
    write = _write_lines if form is Format.JSONL else _write_csv
    if output == "-":
        return write(rows, sys.stdout)
    try:
        with Path(output).open("w", encoding="utf-8", newline="") as stream:
            return write(rows, stream)
    except OSError as exc:
        raise UsageError(
            output, exc.strerror or str(exc), "name a file that can be written"
        ) from exc


def _write_lines(rows: Iterator[dict[str, Any]], stream: TextIO) -> int:
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007
        stream.write(json_line(row))
    return count


def _write_csv(rows: Iterator[dict[str, Any]], stream: TextIO) -> int:
    writer: csv.DictWriter[str] | None = None
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007
        if writer is None:
            writer = csv.DictWriter(stream, list(row), extrasaction="ignore", quoting=csv.QUOTE_ALL)
            writer.writeheader()
        writer.writerow({key: cell(value) for key, value in row.items()})
    return count


def cell(value: object) -> str:
    """Write a value for a spreadsheet; a text that it would take for a formula gets a quote."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text.replace("\x00", "")
    if text.lstrip()[:1] in {"=", "+", "-", "@", "|", "%"} or text[:1] in {"\t", "\r", "\n"}:
        return "'" + text
    return text


def _write_parquet(rows: Iterator[dict[str, Any]], output: str) -> int:
    try:
        import pyarrow as pa  # noqa: PLC0415  an extra
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as exc:
        raise UsageError(
            "--format parquet", "pyarrow is not installed", "pip install 'summitwatch[parquet]'"
        ) from exc
    if output == "-":
        raise UsageError("--format parquet", "needs a file", "name one with --output")
    columns: dict[str, list[str]] = {}
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007
        for key, value in row.items():
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            columns.setdefault(key, []).append("" if value is None else text)
    try:
        parquet.write_table(pa.table(columns), output)
    except OSError as exc:
        raise UsageError(output, str(exc), "name a file that can be written") from exc
    return count
