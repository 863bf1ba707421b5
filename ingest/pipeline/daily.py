"""What a run does once a day: housekeeping, unless it was done today."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from ingest.model import Note
from ingest.pipeline.housekeeping import housekeep

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
    report = housekeep(services)
    if report.damage:
        log.error("store_damaged", reason=report.damage)
    for warning in report.warnings:
        log.warning("housekeeping_warning", reason=warning)
    log.info("daily_done", summary=report.summary)
    done = replace(last or Note(id=NOTE, value=""), value=today.isoformat())
    services.store.put([done])
    return True
