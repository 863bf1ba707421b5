from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingest.coverage import ago, coverage_line, coverage_of
from ingest.model import Feed, FeedState

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def feed(url, **state):
    muted = state.pop("muted", False)
    return Feed(id=url, url=url, muted=muted, state=FeedState(**state))


def test_it_says_what_was_seen_what_fails_and_how_old_the_news_is():
    feeds = [
        feed("a", last_success_at=NOW - timedelta(minutes=5)),
        feed(
            "b",
            last_success_at=NOW - timedelta(hours=3),
            error="dns",
            failing_since=NOW - timedelta(hours=2),
        ),
        feed("c", muted=True, error="http-410"),
    ]
    found = coverage_of(feeds, NOW - timedelta(minutes=40), NOW)
    assert coverage_line(found, NOW) == (
        "coverage: 1 of 2 feeds seen in the last hour; 1 failing, the longest for 2 h;"
        " newest article 40 min old"
    )


def test_gaps_are_told():
    found = coverage_of([feed("a", gap_from=NOW - timedelta(hours=9), gap_to=NOW)], None, NOW)
    assert "1 with gaps" in coverage_line(found, NOW)
    assert coverage_line(found, NOW).endswith("no article yet")


def test_without_feeds_it_says_what_to_do():
    assert "feeds add" in coverage_line(coverage_of([], None, NOW), NOW)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (40, "40 s"), (720, "12 min"), (18_000, "5 h"), (259_200, "3 days")],
)
def test_ago(seconds, text):
    assert ago(seconds) == text
