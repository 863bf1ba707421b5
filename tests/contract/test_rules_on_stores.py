"""Every type of rule raises the same on every store."""

from __future__ import annotations

from alerts.newsdesk import DAY0, HOUR, Say, edited, make_article, offer, rules_of, store_article
from storing import settle

from ingest.alerts.evaluate import evaluate
from ingest.alerts.trying import dry_run
from ingest.model import Alert, Delivery, Run, Silence

RULES = rules_of(
    """
  - {id: offers, type: match, when: {status: proposed}, group_by: [venue], to: file}
  - {id: pairs, type: new, key: [leader, venue], to: file}
  - {id: moves, type: change, to: file}
  - {id: many, type: spike, window: 6h, baseline: 1d, min_count: 3, to: file}
  - {id: still, type: flatline, of: offers, window: 6h, baseline: 1d, to: file}
  - {id: daily, type: digest, at: "00:00", to: file}
"""
)
EXPECTED = {
    ("offers", 1, "open"), ("offers", 25, "open"), ("pairs", 1, "silenced"),
    ("pairs", 29, "withdrawn"), ("moves", 2, "disputed"), ("moves", 29, "withdrawn"),
    ("many", 27, "open"), ("still", 33, "open"), ("daily", -9, "open"), ("daily", 15, "open"),
}  # fmt: skip


def test_every_type_of_rule(store):
    def tell(hour, text, status="proposed", **more):
        at = DAY0 + hour * HOUR
        say = offer(text, status=status)
        article = make_article(say, slug=f"{hour}-{text}", at=at, published=at)
        return store_article(store, article, **more)

    def see(hour, entries):
        settle(store)
        evaluate(store, RULES, entries and [entry.id for entry in entries], DAY0 + hour * HOUR)

    store.put([Silence("s", "pairs", DAY0, DAY0 + 2 * HOUR, "ann")])
    store.put([Run(id=str(hour), started_at=DAY0 + hour * HOUR) for hour in range(0, 60, 2)])
    see(0, [])
    see(1, [tell(1, "Lukashenko offered Minsk, hour 1.")])
    agreed = tell(2, "Lukashenko agreed on Minsk.", "agreed")
    see(3, [agreed, tell(3, "Lukashenko refused Minsk.", "rejected")])
    for hour in (7, 13, 19, 25):
        tell(hour, f"Lukashenko offered Minsk, hour {hour}.")
    for number in range(4):
        tell(28, f"Lukashenko offered Minsk, report {number}.")
    wrong = tell(29, "Lukashenko agreed on Geneva.", "agreed", feed="g").article_id
    tell(30, "Putin offered Istanbul.", history=True)
    see(30, None)
    article = store.get_article(wrong)
    store_article(store, edited(article, Say("No."), at=DAY0 + 31 * HOUR), feed="g")
    see(46, None)
    see(46, None)
    settle(store)
    alerts = store.find(Alert)
    found = {(a.rule_id, int((a.period_start - DAY0) / HOUR), a.state) for a in alerts}
    assert found == EXPECTED
    sent = {row.alert_id for row in store.find(Delivery)}
    assert sent == {a.id for a in alerts if a.state != "silenced"}
    tried = dry_run(store, RULES, DAY0, DAY0 + 46 * HOUR)
    assert {a.rule_id for a in tried} == {rule.id for rule in RULES.rules}
