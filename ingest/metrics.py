"""What passes did, for people and for Prometheus: their records, running totals, and the text.

Every pass leaves a `Run` with its counters; their sums over all passes stand in one note, since
runs are deleted in time and Prometheus wants totals that only grow. A counter named
`feeds_failed_by_http-404` is the part of `feeds_failed` of that kind.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest import __version__
from ingest.errors import ConflictError
from ingest.model import Delivery, Entry, EntryState, Feed, Note, RuleState, Run
from ingest.store.port import Where

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ingest.store.port import Records, Store

NOTE = "metrics"
BY = "_by_"
PART = "kind"
LAGS = {"alert_lag_p50_ms": "0.5", "alert_lag_p95_ms": "0.95", "alert_lag_max_ms": "1"}
"""Counters of a run that are no sums: the delay from an article's storing to its alert's delivery."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LOOK_BACK = 50  # passes; how far back the last one that ended well, or delivered, is looked for
TRIES = 8

_KIND = re.compile(r"[a-z0-9_-]{1,40}")
_COUNTER = re.compile(r"[a-z][a-z0-9_]*")

_HELP = {
    "passes": "Passes, by how they ended.",
    "feeds_due": "Feeds that were due.",
    "feeds_polled": "Feeds that were asked.",
    "feeds_unchanged": "Feeds that answered 304.",
    "feeds_failed": "Feeds whose poll failed, by code.",
    "pages_fetched": "Article pages fetched.",
    "pages_failed": "Article pages that could not be had, by code.",
    "entries_new": "Feed entries seen for the first time.",
    "entries_dead": "Entries that can become no article.",
    "articles_new": "Articles stored for the first time.",
    "articles_updated": "Articles stored anew.",
    "mentions": "Mentions in stored articles, by kind and role.",
    "alerts": "Alerts raised.",
    "deliveries": "Tries to deliver, by how they ended.",
}


# --- records of passes --------------------------------------------------------------------------


def kind_of(counter: str, kind: str) -> str:
    """Return the name of a counter's part, `feeds_failed_by_http-404`; odd kinds are `other`."""
    return f"{counter}{BY}{kind if _KIND.fullmatch(kind) else 'other'}"


def keep_run(records: Records, run: Run) -> bool:
    """Store a pass's record and add its counters to the totals; False where it is kept already.

    Raises:
        StoreError: the store failed; a record without its share of the totals may stand.
    """
    if records.put([replace(run, revision=0)])[0] is None:
        return False
    more = Counter({name: n for name, n in run.counters.items() if name not in LAGS})
    if run.note or _polled(run):
        more[f"passes{BY}{'error' if run.note else 'ok'}"] += 1
    for _ in range(TRIES):
        note = records.get(Note, NOTE) or Note(NOTE, "{}")
        total = _totals(note) + more
        if records.put([replace(note, value=json.dumps(dict(sorted(total.items()))))])[0]:
            return True
    raise ConflictError("the totals of passes", f"lost {TRIES} writes to others", "run again")


def lag_counters(lags_s: Sequence[float]) -> dict[str, int]:
    """Return median, 95th percentile (nearest rank) and maximum in milliseconds; {} of none."""
    if not lags_s:
        return {}
    ordered = sorted(max(0.0, lag) for lag in lags_s)

    def rank(share: float) -> int:
        at = max(0, math.ceil(share * len(ordered)) - 1)
        return round(ordered[at] * 1000)

    return {name: rank(float(share)) for name, share in LAGS.items()}


def last_good(records: Records) -> Run | None:
    """Return the newest pass that ended well, or None; runs that only raised alerts are none."""
    return _good(records.find(Run, order_by="-started_at", limit=LOOK_BACK))


def _good(runs: Sequence[Run]) -> Run | None:
    return next((run for run in runs if run.finished_at and not run.note and _polled(run)), None)


def _polled(run: Run) -> bool:
    return "feeds_due" in run.counters


def _totals(note: Note | None) -> Counter[str]:
    return Counter({str(k): int(v) for k, v in json.loads(note.value).items()} if note else {})


# --- the text -----------------------------------------------------------------------------------


def exposition(store: Store, now: datetime) -> str:
    """Return everything as Prometheus text.

    Raises:
        StoreError: the store failed.

    Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (version 0.0.4).
    """
    page = Page()
    page.add("info", "gauge", "The version.", [({"version": __version__}, 1)])
    page.add("store_up", "gauge", "Whether the store answers.", [({}, 1)])
    _add_totals(page, _totals(store.get(Note, NOTE)))
    _add_passes(page, store, now)
    feeds = store.find(Feed)
    polled = [feed for feed in feeds if not feed.muted]
    failing = sum(1 for feed in polled if feed.state.error)
    by_state = {
        "well": len(polled) - failing,
        "failing": failing,
        "muted": len(feeds) - len(polled),
    }
    page.add("feeds", "gauge", "Feeds, by state.", _labelled("state", by_state))
    waiting = {
        state.value: store.count(Entry, Where("state", "=", state))
        for state in EntryState
        if state is not EntryState.DONE  # the memory of what was done: large, and no news
    }
    page.add("entries", "gauge", "Entries, by state.", _labelled("state", waiting))
    rows = {s: store.count(Delivery, Where("state", "=", s)) for s in ("pending", "dead")}
    page.add("outbox", "gauge", "Outbox rows, by state.", _labelled("state", rows))
    aside = sum(1 for rule in store.find(RuleState) if rule.failed_since)
    page.add("rules_set_aside", "gauge", "Rules set aside since they failed.", [({}, aside)])
    page.add("articles", "gauge", "Articles in the store.", [({}, store.count_articles())])
    return page.text()


def down() -> str:
    """Return the text for a store that does not answer."""
    page = Page()
    page.add("info", "gauge", "The version.", [({"version": __version__}, 1)])
    page.add("store_up", "gauge", "Whether the store answers.", [({}, 0)])
    return page.text()


def _add_totals(page: Page, totals: Mapping[str, int]) -> None:
    whole = {name: n for name, n in totals.items() if BY not in name}
    parts: dict[str, dict[str, int]] = {}
    for name, n in totals.items():
        if BY in name:
            base, _, kind = name.partition(BY)
            parts.setdefault(base, {})[kind] = n
    for name in sorted(whole.keys() | parts.keys()):
        if not _COUNTER.fullmatch(name):
            continue
        words = _HELP.get(name, f"{name.replace('_', ' ').capitalize()}.")
        if name in parts:
            samples = _labelled(PART, parts[name])
            rest = whole.get(name, 0) - sum(parts[name].values())
            if rest > 0:
                samples = [*samples, ({PART: "other"}, rest)]
        else:
            samples = [({}, whole[name])]
        page.add(f"{name}_total", "counter", words, samples)


def _add_passes(page: Page, records: Records, now: datetime) -> None:
    runs = records.find(Run, order_by="-started_at", limit=LOOK_BACK)
    good = _good(runs)
    if good and good.finished_at:
        took_s = (good.finished_at - good.started_at).total_seconds()
        page.add(
            "last_pass_timestamp_seconds",
            "gauge",
            "When the last pass that ended well ended.",
            [({}, good.finished_at.timestamp())],
        )
        age_s = (now - good.finished_at).total_seconds()
        page.add("last_pass_age_seconds", "gauge", "How long ago that was.", [({}, age_s)])
        page.add("last_pass_seconds", "gauge", "How long that pass took.", [({}, took_s)])
    delivered = next((run for run in runs if LAGS.keys() <= run.counters.keys()), None)
    if delivered:
        page.add(
            "alert_lag_seconds",
            "gauge",
            "From an article's storing to its alert's delivery, in the last pass that delivered.",
            [({"quantile": q}, delivered.counters[name] / 1000) for name, q in LAGS.items()],
        )


Sample = tuple[dict[str, str], float]


def _labelled(label: str, values: Mapping[str, int]) -> list[Sample]:
    return [({label: name}, n) for name, n in sorted(values.items())]


class Page:
    """Metrics as lines of text."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, name: str, kind: str, words: str, samples: Iterable[Sample]) -> None:
        """Add one metric with its samples."""
        metric = f"summitwatch_{name}"
        self._lines += [f"# HELP {metric} {words}", f"# TYPE {metric} {kind}"]
        for labels, value in samples:
            shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            number = repr(value) if isinstance(value, float) else str(value)
            self._lines.append(f"{metric}{{{shown}}} {number}" if shown else f"{metric} {number}")

    def text(self) -> str:
        """Return the page."""
        return "\n".join(self._lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
