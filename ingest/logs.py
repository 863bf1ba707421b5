"""Logs: one event a line on standard error, with keys; never bodies or secrets."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, TextIO, cast

import structlog

from ingest.errors import SettingsError

if TYPE_CHECKING:
    from ingest.settings import LogSettings

_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)

_USERINFO = re.compile(r"(?<=://)[^/?#\s]*@")  # of a URL: may hold a password

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class _Stderr:
    """Standard error as it is at each event, not as it was when logs were configured."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def _harmless(
    logger: object,  # noqa: ARG001  structlog's signature
    name: str,  # noqa: ARG001
    event: structlog.typing.EventDict,
) -> structlog.typing.EventDict:
    """Escape what a terminal would obey or a line could break on, hide passwords in URLs."""
    return {
        key: _USERINFO.sub("***@", escape_controls(value)) if isinstance(value, str) else value
        for key, value in event.items()
    }


def escape_controls(text: str) -> str:
    r"""Write control, bidi and surrogate characters as `\uXXXX`."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def configure_logs(settings: LogSettings) -> None:
    """Set level and form for the whole process; raises SettingsError for an unknown level."""
    level = LEVELS.get(settings.level.lower())
    if level is None:
        raise SettingsError("log.level", f"{settings.level!r} is none of {', '.join(LEVELS)}")
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
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
            _harmless,
            form,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Stderr())),
        cache_logger_on_first_use=False,
    )
