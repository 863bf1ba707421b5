"""The desk that polls the newsroom: its settings, its feeds, and what its store remembers."""

from __future__ import annotations

from datetime import date
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import ids
from ingest.demo.newsroom import story_start
from ingest.model import Feed, Note
from ingest.pipeline.services import utc_now
from ingest.settings import load_settings

if TYPE_CHECKING:
    from ingest.demo.newsroom import Newsroom
    from ingest.settings import Settings
    from ingest.store.port import Store

NOTICE = "sample newsroom, invented news"


def demo_settings(folder: str = "data") -> Settings:
    """The settings of the demo: its own files, no pauses, the packaged rules."""
    with as_file(files("ingest.demo").joinpath("rules.yaml")) as rules:
        return load_settings(
            store=f"sqlite:///{folder}/demo.sqlite",
            fetch={"host_pause_s": 0.0, "pages_per_host": 100_000},
            archive={"url": f"{folder}/demo-archive"},
            alerts={"rules": rules, "file": Path(folder) / "demo-alerts.jsonl"},
        )


def remembered_start(store: Store) -> tuple[date, bool]:
    """The Monday on which the story begins, and whether this store saw its end already."""
    start = store.get(Note, "demo-start")
    if start is None:
        start = Note(id="demo-start", value=story_start(utc_now()).isoformat())
        store.put([start, Note(id="notice", value=NOTICE)])
    return date.fromisoformat(start.value), store.get(Note, "demo-told") is not None


def add_feeds(store: Store, newsroom: Newsroom) -> list[Feed]:
    """Add the newsroom's feeds where they are missing; returns all of them."""
    feeds = [
        Feed(
            id=ids.feed_id(f"{site.base}{spec.path}"),
            url=f"{site.base}{spec.path}",
            title=spec.title,
            lang=site.lang,
            country=site.country,
            timezone=site.zone,
            added_at=utc_now(),
        )
        for site, spec in newsroom.feeds()
    ]
    store.put(feeds)
    return list(store.get_many(Feed, [feed.id for feed in feeds]).values())
