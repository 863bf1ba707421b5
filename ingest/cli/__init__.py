"""The command line."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Entry point of `summitwatch`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a locale without Cyrillic must not end a command
            stream.reconfigure(errors="backslashreplace")
    try:
        from ingest.cli.app import app  # noqa: PLC0415  --help and completion stay quick

        app(prog_name="summitwatch")
    except KeyboardInterrupt:  # before a command began: its imports take a second
        sys.exit(130)
