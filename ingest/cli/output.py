"""What the command line prints: data on stdout, talk on stderr, everything foreign escaped."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from ingest.logs import escape_controls

if TYPE_CHECKING:
    from datetime import datetime


def printable(text: str) -> str:
    """Make text safe for a terminal: one line, no control or bidi override characters."""
    kept = (" " if c in "\r\n\t" else c for c in text)
    return "".join(
        c
        for c in kept
        if unicodedata.category(c) not in {"Cc", "Cf", "Cs"} or c in "\u200c\u200d\u00ad"
    )


def clean(text: str) -> str:
    """`printable`, without blanks at the ends: for foreign text within a line of ours."""
    return printable(text).strip()


def console(*, stderr: bool = False) -> Console:
    """A console that never interprets markup and keeps lines whole where output is piped."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or os.environ.get("COLUMNS") else 100_000
    return Console(
        stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=True, width=width
    )


def quoted(text: str) -> str:
    """A sentence in quotation marks: other ones where it has guillemets of its own."""
    text = clean(text)
    return f"“{text}”" if "«" in text or "»" in text else f"«{text}»"


def say(text: str = "", style: str = "") -> None:
    """Print one line of data or report on stdout."""
    console().print(Text(printable(text), style=style))


def talk(text: str, style: str = "") -> None:
    """Print one line of talk on stderr."""
    console(stderr=True).print(Text(printable(text), style=style))


def print_json(value: Any) -> None:  # noqa: ANN401  whatever json takes
    """Print one JSON document on stdout, in one line."""
    sys.stdout.write(json_line(value))


def json_line(value: Any) -> str:  # noqa: ANN401  whatever json takes
    r"""One line of JSON; what a terminal would obey stands in it as `\uXXXX`."""
    return escape_controls(json.dumps(value, ensure_ascii=False, default=_plain)) + "\n"


def _plain(value: object) -> object:
    if hasattr(value, "isoformat"):
        return iso(value)  # type: ignore[arg-type]
    msg = f"no JSON for {type(value).__name__}"
    raise TypeError(msg)


def iso(moment: datetime | None) -> str | None:
    """Return RFC 3339 in UTC with Z, or None."""
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def program() -> str:
    """How this program was called, so that a command that we print can be pasted."""
    path = Path(sys.argv[0])
    if path.name == "__main__.py":
        return f"{Path(sys.executable).name} -m {path.parent.name}"
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return `1 feed`, `2 feeds`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
