"""Open everything that a run needs, and close it again."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ingest.archive import Archive
from ingest.fetch.client import Fetcher
from ingest.fetch.hosts import HostGate
from ingest.fetch.polite import PoliteFetcher
from ingest.pipeline.services import Progress, Services, no_progress, utc_now
from ingest.workers import WorkerPool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from ingest.alerts.templates import Templates
    from ingest.fetch.resolve import Resolver
    from ingest.settings import Settings
    from ingest.store.port import Store


@asynccontextmanager
async def open_services(
    settings: Settings,
    store: Store,
    *,
    resolver: Resolver | None = None,
    clock: Callable[[], datetime] = utc_now,
    progress: Progress = no_progress,
) -> AsyncIterator[Services]:
    """Open archive, fetcher and workers over an open store.

    Args:
        resolver: answers host names instead of the system's (the sample newsroom's map).

    Raises:
        SettingsError: a template of the desk is broken; names its file and line.
    """
    templates = _templates(settings)
    extract = settings.extract
    gate = HostGate(
        store,
        pause_s=settings.fetch.host_pause_s,
        refusal_cap_s=settings.poll.refusal_cap_s,
    )
    async with (
        Fetcher(settings.fetch, resolver=resolver) as fetcher,
        WorkerPool(
            extract.workers,
            deadline_s=extract.deadline_s,
            max_memory_bytes=extract.max_memory_bytes,
        ) as workers,
    ):
        yield Services(
            settings=settings,
            store=store,
            archive=Archive(settings.archive.url),
            fetcher=fetcher,
            polite=PoliteFetcher(
                fetcher,
                gate,
                clock=clock,
                timeout_s=settings.fetch.timeout_s,
                ask_robots=settings.fetch.robots,
            ),
            workers=workers,
            clock=clock,
            progress=progress,
            templates=templates,
        )


def _templates(settings: Settings) -> Templates | None:
    folder, base_url = settings.alerts.templates, settings.web.base_url
    if folder is None and not base_url:
        return None
    from ingest.alerts.templates import Templates  # noqa: PLC0415  jinja2 is large

    templates = Templates(folder, base_url)
    templates.check()
    return templates
