"""`metrics`: what passes did, as Prometheus text."""

from __future__ import annotations

from ingest.cli.context import command, opened_store
from ingest.cli.output import say
from ingest.metrics import exposition
from ingest.pipeline.services import utc_now


@command
def metrics() -> None:
    """Print counters of all passes and the state of the store as Prometheus text."""
    with opened_store() as store:
        text = exposition(store, utc_now())
    for line in text.splitlines():
        say(line)
