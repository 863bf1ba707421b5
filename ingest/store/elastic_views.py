"""Records as Kibana sees them: a few plain fields beside the stored document, which it cannot read.

Nothing in the program reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.model import Alert, Delivery, Entry, EntryState, Feed, Run

if TYPE_CHECKING:
    from ingest.store.port import Record

COUNTERS = (
    "feeds_polled",
    "feeds_failed",
    "entries_new",
    "pages_fetched",
    "pages_failed",
    "articles_new",
    "alerts",
)
"""Of a run's counters, those that the dashboard draws."""


def view_of(record: Record) -> dict[str, Any]:
    """Return the fields of `view` by name, without unset ones; {} for kinds that it does not show.

    Feeds, runs, alerts and deliveries are shown, and of the entries the dead ones.
    """
    match record:
        case Feed():
            view = _feed(record)
        case Run():
            ended = record.finished_at
            view = {
                "at": record.started_at,
                "seconds": (ended - record.started_at).total_seconds() if ended else None,
                **{name: record.counters.get(name, 0) for name in COUNTERS},
            }
        case Alert():
            view = {
                "at": record.created_at,
                "title": record.line,
                "state": record.state,
                "rule": record.rule_id,
            }
        case Delivery():
            view = {
                "at": record.created_at,
                "state": record.state,
                "channel": record.channel,
                "error": record.error,
            }
        case Entry(state=EntryState.DEAD):
            code, _, detail = record.reason.partition(": ")
            view = {
                "at": record.changed_at,
                "title": record.title,
                "state": record.state,
                "error": code,
                "detail": detail,
            }
        case _:
            return {}
    return {name: value for name, value in view.items() if value is not None and value != ""}


def _feed(feed: Feed) -> dict[str, Any]:
    state = feed.state
    if feed.muted or state.gone:
        standing = "gone" if state.gone else "muted"
    else:
        standing = "failing" if state.error else "well"
    return {
        "at": state.last_checked_at or feed.added_at,
        "title": feed.title or feed.url,
        "state": standing,
        "error": state.error,
        "detail": state.error_detail,
        "failures": state.failures,
        "failing_since": state.failing_since,
        "last_new_at": state.last_new_at,
        "interval_s": state.interval_s,
    }
