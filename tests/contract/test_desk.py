"""Numbered revisions of what the desk sets, on both stores."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest import desk
from ingest.errors import ConflictError, UsageError

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def publish(store, body, kind="rules", **more):
    return desk.publish(store, kind, body, author="ann", now=NOW, **more)


def test_numbers_rise_and_every_text_stays(store):
    assert desk.latest(store, "rules") is None
    assert desk.stamp(store) == desk.DeskStamp()
    assert [publish(store, body).number for body in ("a", "b", "b", "c")] == [1, 2, 2, 3]
    publish(store, "x", kind="overlay", note="why")
    assert {one.body for one in desk.history(store, "rules")} <= {"a", "b", "c"}  # a search lags
    newest = desk.latest(store, "rules")
    assert (newest.number, newest.body, newest.author, newest.at) == (3, "c", "ann", NOW)
    assert desk.numbered(store, "rules", 2).body == "b"
    stamp = desk.stamp(store)
    assert stamp == desk.DeskStamp(rules=3, overlay=1)
    assert stamp.tagging == "+o1"


def test_a_change_made_from_an_older_revision_is_refused(store):
    publish(store, "a")
    publish(store, "b", after=1)
    with pytest.raises(ConflictError, match="revision 2"):
        publish(store, "c", after=1)
    assert desk.latest(store, "rules").body == "b"


def test_a_number_that_was_never_given_is_told(store):
    with pytest.raises(UsageError, match="rules revision 7"):
        desk.numbered(store, "rules", 7)
