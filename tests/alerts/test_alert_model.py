"""The rule engine against a naive model that reads the whole past anew for every article.

The model keeps no state, no index, no periods: for each article in the order of time it asks what
was told before. Both must raise the same alerts at the same times.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from alerts.newsdesk import (
    DAY0,
    HOUR,
    LEADERS,
    PLACES,
    Act,
    Say,
    make_article,
    rules_of,
    store_article,
)
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ingest.alerts.evaluate import evaluate
from ingest.alerts.trying import dry_run
from ingest.model import Alert, Delivery
from ingest.store.sqlite import SqliteStore

RULES = rules_of(
    """
  - {id: plain, type: match, when: {status: [proposed, agreed]}, group_by: [venue], realert: 5h, to: file}
  - {id: grows, type: match, when: {venue: Minsk}, group_by: [],
     realert: {every: 2h, exponential_max: 8h}, to: file}
  - {id: jumps, type: match, when: {status: [proposed, agreed, rejected]}, group_by: [venue],
     realert: {every: 9h, escalate_on: [status]}, to: file}
  - {id: waits, type: match, when: {all: [{leader: Putin}], none: [{venue: Geneva}]},
     group_by: [leader], realert: 4h, wait: 30m, to: file}
  - {id: first, type: new, min_confidence: 0.5, key: [proposer, venue], to: file}
  - {id: moves, type: change, min_confidence: 0.5, to: file}
"""
)
CONTRARY = {("agreed", "rejected"), ("rejected", "agreed"), ("hosted", "rejected"), ("rejected", "hosted")}  # fmt: skip


@dataclass(frozen=True)
class Report:
    """One article with one act."""

    hour: int
    status: str
    venue: str
    by: str
    sure: bool

    @property
    def at(self):
        return DAY0 + self.hour * HOUR

    @property
    def article(self):
        confidence = 0.9 if self.sure else 0.3
        act = Act(self.status, (self.venue,), self.by, ("RU", "UA"), confidence)
        words = f"{self.by} and {self.venue}: {self.status} at {self.hour}, {self.sure}."
        return make_article(
            Say(words, self.status, act, confidence),
            slug=f"{self.hour:04}",
            at=self.at,
            published=self.at,
        )


reports = st.lists(
    st.builds(
        Report,
        hour=st.integers(0, 60),
        status=st.sampled_from(("proposed", "agreed", "rejected", "hosted")),
        venue=st.sampled_from(("Minsk", "Minsk", "Geneva")),
        by=st.sampled_from(("Putin", "Putin", "Lukashenko")),
        sure=st.sampled_from((True, True, False)),
    ),
    min_size=6,
    max_size=16,
    unique_by=lambda report: report.hour,
).map(lambda found: sorted(found, key=lambda report: report.hour))


def naive(told):
    """Return {(rule, key, hour): disputed} of a list of reports in the order of time."""
    alerts: dict[tuple[str, tuple[str, ...], int], bool] = {}

    def of(rule, group):
        """Hours of the rule's alerts for a group, oldest first."""
        return sorted(
            hour for (name, key, hour) in alerts if name == rule and key[: len(group)] == group
        )

    for report in told:
        place, who, hour, status = (
            PLACES[report.venue],
            LEADERS[report.by][0],
            report.hour,
            report.status,
        )

        if status in ("proposed", "agreed") and not any(
            hour - h < 5 for h in of("plain", (place,))
        ):
            alerts["plain", (place,), hour] = False

        if report.venue == "Minsk":
            past = of("grows", ())
            end, size = -1, 2
            for index, start in enumerate(past):
                goes_on = index and start < past[index - 1] + 2 * size
                size = min(size * 2, 8) if goes_on else 2
                end = start + size
            if hour >= end:
                alerts["grows", (), hour] = False

        if status != "hosted":
            first = [h for h in of("jumps", (place,)) if _opens(h, of("jumps", (place,)))]
            since = first[-1] if first and hour - first[-1] < 9 else None
            known = since is not None and any(
                key == (place, status) and h >= since
                for (name, key, h) in alerts
                if name == "jumps"
            )
            if not known:
                alerts["jumps", (place, status), hour] = False

        asks = report.by == "Putin" and report.venue != "Geneva"
        if asks and not any(hour - h < 4 for h in of("waits", (who,))):
            alerts["waits", (who,), hour] = False

        if report.sure and not of("first", (who, place)):
            alerts["first", (who, place), hour] = False

        if report.sure and status != "proposed":
            mine = {
                (key[3], h)
                for (name, key, h) in alerts
                if name == "moves" and key[:2] == (place, who)
            }
            against = [(s, h) for s, h in mine if (status, s) in CONTRARY and hour - h < 24]
            if any(s == status for s, _ in mine):
                pass
            elif against:
                standing, h = max(against, key=lambda pair: pair[1])
                alerts["moves", (place, who, "RU-UA", standing), h] = True
            else:
                alerts["moves", (place, who, "RU-UA", status), hour] = False
    return alerts


def _opens(hour, hours):
    """Whether the alert at that hour began a period of nine hours, not one within another."""
    start = None
    for other in hours:
        if start is None or other - start >= 9:
            start = other
        if other == hour:
            return start == hour
    return False


def outcome(alerts):
    return {
        (a.rule_id, a.key, int((a.period_start - DAY0) / HOUR)): a.state == "disputed"
        for a in alerts
    }


@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(told=reports, data=st.data())
def test_the_engine_raises_what_the_model_does(tmp_path_factory, told, data):
    """However the articles are cut into evaluations, and however often one is repeated."""
    check(tmp_path_factory, told, data)


@pytest.mark.drill
@pytest.mark.timeout(600)
@settings(max_examples=400, deadline=None)
@given(told=reports, data=st.data())
def test_the_engine_raises_what_the_model_does_at_length(tmp_path_factory, told, data):
    check(tmp_path_factory, told, data)


def check(tmp_path_factory, told, data):
    with SqliteStore.open(tmp_path_factory.mktemp("model") / "s.sqlite") as store:
        evaluate(store, RULES, None, DAY0)
        left = list(told)
        while left:
            number = data.draw(st.integers(1, len(left)))
            ids = [store_article(store, report.article).id for report in left[:number]]
            evaluate(store, RULES, ids, left[number - 1].at + timedelta(minutes=5))
            left = left[number:]
        if told and data.draw(st.booleans()):
            again = data.draw(st.sampled_from(told))
            evaluate(store, RULES, [store_article(store, again.article).id], DAY0 + 200 * HOUR)
        alerts = store.find(Alert)
        assert outcome(alerts) == naive(told)
        rows = store.find(Delivery)
        assert len(rows) == len(alerts)
        waiting = {row.alert_id for row in rows if row.next_try_at is not None}
        assert waiting == {a.id for a in alerts if a.rule_id == "waits"}
        assert outcome(dry_run(store, RULES, DAY0, DAY0 + 300 * HOUR)) == naive(told)
