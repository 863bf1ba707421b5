"""The command line."""

from __future__ import annotations


def main() -> None:
    """Entry point of `summitwatch`."""
    from ingest.cli.app import app  # noqa: PLC0415  --help and completion stay quick

    app(prog_name="summitwatch")
