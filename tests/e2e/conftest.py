"""The newsroom, polled once for all end-to-end tests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ingest.alerts.rules import load_rules
from ingest.cli.runs import one_pass
from ingest.demo.desk import add_feeds, demo_settings
from ingest.demo.newsroom import Newsroom, story_start
from ingest.demo.server import NewsroomServer
from ingest.fetch.resolve import map_resolver
from ingest.pipeline.services import utc_now
from ingest.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.pipeline.run import PassReport
    from ingest.settings import Settings
    from ingest.store.port import Store


@pytest.fixture(scope="session")
def newsroom() -> Newsroom:
    return Newsroom.load(story_start(utc_now()))


@dataclass
class Told:
    """A store after both editions."""

    folder: Path
    settings: Settings
    store: Store
    newsroom: Newsroom
    reports: list[PassReport]
    server: NewsroomServer

    def poll(self) -> PassReport:
        """One more pass over every feed."""
        return asyncio.run(
            one_pass(
                self.settings,
                self.store,
                load_rules(self.settings),
                stop=asyncio.Event(),
                resolver=map_resolver(self.server.resolver_map()),
                feeds=add_feeds(self.store, self.newsroom),
            )
        )


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory, newsroom: Newsroom) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("told")
    settings = demo_settings(str(folder))
    with NewsroomServer(newsroom) as server, open_store(settings.store) as store:
        found = Told(folder, settings, store, newsroom, [], server)
        for edition in (1, 2):
            server.set_edition(edition)
            found.reports.append(found.poll())
        yield found
