"""`python -m ingest` is `summitwatch`."""

from ingest.cli import main

main()
