"""Two runs that meet at one address: the later one hands its entry over."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest import ids
from ingest.extract.result import Extracted
from ingest.model import Entry, UrlAlias
from ingest.pipeline.identity import handed_over, look_up
from ingest.pipeline.read import Ready
from ingest.store import open_store
from pipeline.site import BASE

SHARED = f"{BASE}/news/shared"


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/desk.sqlite") as opened:
        yield opened


def ready(name: str, canonical: str = "", **more) -> Ready:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    entry = Entry(
        id=name,
        feed_id="f",
        url=f"{BASE}/news/{name}",
        host="paper.example",
        title="Story",
        content_hash="",
        first_seen_at=now,
        changed_at=now,
        **more,
    )
    return Ready(entry, Extracted(title="Story", text="As told.", canonical_url=canonical))


def test_one_address_has_one_owner_within_a_chunk(store):
    first, second = ready("a"), ready("a")
    known = look_up(store, [first, second])
    assert known.identify(first) == known.identify(second)
    assert known.claim(store) == {}
    assert [alias.id for alias in store.find(UrlAlias)] == [f"{BASE}/news/a"]


def test_whoever_claims_late_joins_the_owner(store):
    ours, theirs = ready("ours", SHARED), ready("theirs", SHARED)
    slow, quick = look_up(store, [ours]), look_up(store, [theirs])
    own_id, existing = slow.identify(ours)
    owner, _ = quick.identify(theirs)
    assert (own_id, existing) == (ids.article_id(f"{BASE}/news/ours"), None)
    assert quick.claim(store) == {}
    assert slow.claim(store) == {own_id: owner}

    again = handed_over(ours, owner)
    known = look_up(store, [again])
    assert known.identify(again) == (owner, None)
    assert known.claim(store) == {}


def test_an_entry_that_has_an_article_keeps_it(store):
    edited = ready("ours", SHARED, article_id="mine")
    slow, quick = look_up(store, [edited]), look_up(store, [ready("theirs", SHARED)])
    slow.identify(edited)
    quick.identify(ready("theirs", SHARED))
    quick.claim(store)
    lost = slow.claim(store)
    assert handed_over(edited, lost["mine"]).entry.article_id == "mine"
