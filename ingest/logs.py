"""Logs: one event a line on standard error, with keys; never bodies or secrets."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog

from ingest.errors import SettingsError

if TYPE_CHECKING:
    from ingest.settings import LogSettings

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_logs(settings: LogSettings) -> None:
    """Set level and form for the whole process; raises SettingsError for an unknown level."""
    level = LEVELS.get(settings.level.lower())
    if level is None:
        raise SettingsError("log.level", f"{settings.level!r} is none of {', '.join(LEVELS)}")
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    # JSON strings escape line breaks and control characters, so a hostile headline stays one line
    form: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.json_lines
        else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            form,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
