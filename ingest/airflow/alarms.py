"""From a task's end to the operational alarms: raised at its last failure, resolved at a success."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from ingest.errors import FetchError, IngestError, SettingsError
from ingest.ops import Alarms, Cause, cause_of, tell_despite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.settings import Settings

log = structlog.get_logger()

CUT_OFF = "feeds"  # what a FetchError is about when most feeds fail


def failed(error: BaseException | str | None) -> None:
    """Raise the alarm of an error, or of the one that it was raised from; never fails itself."""
    found: BaseException | None = error if isinstance(error, BaseException) else None
    while found is not None and not isinstance(found, IngestError):
        found = found.__cause__
    if not isinstance(found, IngestError):
        return
    cause: Cause | None = "network" if isinstance(found, FetchError) else cause_of(found)
    if cause is None:
        return
    try:
        if isinstance(found, SettingsError):
            asyncio.run(tell_despite(found))
            return
        from ingest.airflow.running import airflow_settings  # imports us

        asyncio.run(_alarms(airflow_settings()).raise_(cause, found))
    except (IngestError, OSError) as exc:
        log.warning("alarm_not_raised", cause=cause, reason=str(exc))


def well(causes: Iterable[Cause], settings: Settings) -> None:
    """Say that these causes are over, where any was told of."""

    async def tell() -> None:
        alarms = _alarms(settings)
        for cause in causes:
            await alarms.resolved(cause)

    asyncio.run(tell())


def _alarms(settings: Settings) -> Alarms:
    return Alarms(settings.ops, settings.fetch)
