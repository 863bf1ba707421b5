"""What a run does once a day: drop raw pages past their time, read the store through."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from ingest.model import Note

if TYPE_CHECKING:
    from ingest.pipeline.services import Services

log = structlog.get_logger()

NOTE = "daily"


def do_daily(services: Services) -> bool:
    """Do it if it was not done today (UTC); returns whether it was done now."""
    today = services.clock().date()
    last = services.store.get(Note, NOTE)
    if last is not None and last.value == today.isoformat():
        return False
    oldest = today - timedelta(days=services.settings.archive.keep_days)
    deleted = services.archive.delete_before(oldest)
    wrong = services.store.check()
    if wrong:
        log.error("store_damaged", reason=wrong)
    log.info("daily_done", chunks_deleted=deleted, kept_since=oldest.isoformat())
    done = replace(last or Note(id=NOTE, value=""), value=today.isoformat())
    services.store.put([done])
    return True
