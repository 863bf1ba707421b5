"""Alerts are withdrawn where nothing supports them any more, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from alerts.newsdesk import (
    DAY0,
    HOUR,
    OFFERS,
    PAIRS,
    Say,
    edited,
    make_article,
    offer,
    rules_of,
    store_article,
)

from ingest.alerts.evaluate import evaluate
from ingest.alerts.groups import delivery_id
from ingest.alerts.withdraw import withdraw
from ingest.model import Alert, Delivery
from ingest.store.port import Save

CHANGE = rules_of("  - {id: moves, type: change, to: [file]}\n")
STATUS = rules_of(
    "  - {id: s, type: match, when: {venue: [Minsk, Geneva]}, group_by: [venue],"
    " realert: {every: 24h, escalate_on: [status]}, to: file}\n"
)
WORDS = rules_of("  - {id: w, type: match, query: '\"peace talks\"', to: file}\n")
WHY = "The desk corrected it."


def tell(store, rules, *sentences, slug="a", at=DAY0):
    entry = store_article(store, make_article(*sentences, slug=slug, at=at))
    return evaluate(store, rules, [entry.id], at).alerts


def change(store, article_id, *sentences, at=DAY0 + HOUR):
    """Store what a correction or a new reading makes of an article: its text stays as it may."""
    article = store.get_article(article_id)
    new = edited(article, *sentences, at=at)
    store.save([Save(replace(new, revisions=article.revisions, indexed_at=article.indexed_at))])


def edit(store, article_id, *sentences, rules=OFFERS, at=DAY0 + HOUR):
    """The publisher edits an article: its entry is queued again."""
    article = store.get_article(article_id)
    entry = store_article(store, edited(article, *sentences, at=at))
    return evaluate(store, rules, [entry.id], at)


def article_of(alert):
    return alert.evidence[0].article_id


def delivered(store, alert):
    row = store.get(Delivery, delivery_id(alert.id, "file"))
    store.put([replace(row, state="delivered", delivered_at=DAY0, tries=1)])


MINSK = offer("Lukashenko offered Minsk for the talks.")


@pytest.mark.parametrize(
    ("now", "stands"),
    [
        pytest.param((offer("Lukashenko has offered Minsk, again."),), True, id="in-other-words"),
        pytest.param((Say("Lukashenko spoke in Minsk."),), False, id="role-corrected"),
        pytest.param((offer("Lukashenko offered Geneva."),), False, id="another-place"),
        pytest.param((offer("Putin offered Minsk.", "Putin"),), False, id="another-proposer"),
        pytest.param((offer("Lukashenko offered Minsk.", status="rejected"),), False, id="status"),
        pytest.param((offer(background=True),), False, id="long-past"),
        pytest.param((offer("Lukashenko offered Geneva or Minsk."),), True, id="one-place-more"),
        pytest.param((), False, id="nothing"),
    ],
)
def test_what_a_new_reading_leaves(store, now, stands):
    (alert,) = tell(store, OFFERS, MINSK)
    delivered(store, alert)
    change(store, article_of(alert), *now)
    found = withdraw(store, [article_of(alert)], DAY0 + HOUR, WHY)
    assert [one.id for one in found] == ([] if stands else [alert.id])
    kept = store.get(Alert, alert.id)
    assert kept.state == ("open" if stands else "withdrawn")
    rows = {row.purpose: row.state for row in store.find(Delivery)}
    expected = {"alert": "delivered"} | ({} if stands else {"withdrawal": "pending"})
    assert rows == expected
    if not stands:
        assert (kept.why, kept.changed_at) == (WHY, DAY0 + HOUR)
    assert withdraw(store, [article_of(alert)], DAY0 + HOUR, WHY) == []


def test_an_edit_withdraws_what_it_took_away_and_says_why(store):
    (alert,) = tell(store, OFFERS, MINSK)
    report = edit(store, article_of(alert), Say("Nobody offered Minsk."))
    assert [one.id for one in report.withdrawn] == [alert.id]
    assert "publisher changed the article" in store.get(Alert, alert.id).why
    assert report.alerts == []


def test_an_alert_stands_while_another_article_says_so(store):
    (alert,) = tell(store, OFFERS, MINSK)
    tell(store, OFFERS, offer("Minsk, said Lukashenko."), slug="b", at=DAY0 + HOUR)
    edit(store, article_of(alert), Say("No."), at=DAY0 + 2 * HOUR)
    assert store.get(Alert, alert.id).state == "open"
    other = store.get(Alert, alert.id).evidence[1].article_id
    edit(store, other, Say("No."), at=DAY0 + 3 * HOUR)
    assert store.get(Alert, alert.id).state == "withdrawn"


def test_an_article_that_is_gone_takes_its_alert_along(store):
    (alert,) = tell(store, OFFERS, MINSK)
    store.delete_articles([article_of(alert)])
    assert len(withdraw(store, [article_of(alert)], DAY0 + HOUR, WHY)) == 1


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        pytest.param(OFFERS, MINSK, id="match"),
        pytest.param(PAIRS, MINSK, id="new"),
        pytest.param(CHANGE, offer("Lukashenko agreed on Minsk.", status="agreed"), id="change"),
        pytest.param(STATUS, MINSK, id="escalating"),
    ],
)
def test_the_next_true_report_is_news_again(store, rules, sentence):
    (false,) = tell(store, rules, sentence)
    edit(store, article_of(false), Say("No."), rules=rules)
    assert store.get(Alert, false.id).state == "withdrawn"
    (true,) = tell(store, rules, sentence, slug="b", at=DAY0 + 2 * HOUR)
    assert true.id != false.id
    assert tell(store, rules, sentence, slug="c", at=DAY0 + 3 * HOUR) == []
    assert withdraw(store, [article_of(false)], DAY0 + 4 * HOUR, WHY) == []
    assert tell(store, rules, sentence, slug="d", at=DAY0 + 5 * HOUR) == []


def test_the_group_of_an_older_alert_is_left_alone(store):
    (old,) = tell(store, OFFERS, MINSK)
    (new,) = tell(store, OFFERS, MINSK, slug="b", at=DAY0 + 30 * HOUR)
    edit(store, article_of(old), Say("No."), at=DAY0 + 31 * HOUR)
    assert {a.id: a.state for a in store.find(Alert)} == {old.id: "withdrawn", new.id: "open"}
    assert tell(store, OFFERS, MINSK, slug="c", at=DAY0 + 32 * HOUR) == []


def test_an_edit_from_offer_to_refusal_takes_back_one_and_tells_the_other(store):
    (alert,) = tell(store, STATUS, MINSK)
    refusal = offer("Lukashenko refused Minsk.", status="rejected")
    report = edit(store, article_of(alert), refusal, rules=STATUS)
    assert [one.id for one in report.withdrawn] == [alert.id]
    assert [one.key[1] for one in report.alerts] == ["rejected"]


def test_words_stand_while_most_of_them_do(store):
    say = Say("The peace talks may begin in the spring, diplomats say with some hope.")
    (alert,) = tell(store, WORDS, say)
    typo = Say("The peace talks may begin in spring, diplomats say with some hope.")
    edit(store, article_of(alert), typo, rules=WORDS)
    assert store.get(Alert, alert.id).state == "open"
    edit(store, article_of(alert), Say("It rains."), rules=WORDS, at=DAY0 + 2 * HOUR)
    assert store.get(Alert, alert.id).state == "withdrawn"


def test_a_silenced_alert_is_withdrawn_in_silence(store):
    from ingest.model import Silence

    store.put([Silence("s", "offers", DAY0, DAY0 + HOUR, "ann")])
    (alert,) = tell(store, OFFERS, MINSK)
    edit(store, article_of(alert), Say("No."))
    assert store.get(Alert, alert.id).state == "withdrawn"
    assert store.count(Delivery) == 0


class DyingError(BaseException):
    """The process is gone."""


class Dying:
    """A store that dies after its n-th write."""

    def __init__(self, store, left):
        self._store, self._left = store, left

    def __getattr__(self, name):
        return getattr(self._store, name)

    def put(self, records):
        written = self._store.put(records)
        self._left -= 1
        if self._left == 0:
            raise DyingError
        return written


@pytest.mark.parametrize("left", [1, 2, 3])
def test_a_crash_on_the_way_is_made_good(store, left):
    (alert,) = tell(store, OFFERS, MINSK)
    delivered(store, alert)
    change(store, article_of(alert), Say("No."))
    with pytest.raises(DyingError):
        withdraw(Dying(store, left), [article_of(alert)], DAY0 + HOUR, WHY)
    withdraw(store, [article_of(alert)], DAY0 + HOUR, WHY)
    assert store.get(Alert, alert.id).state == "withdrawn"
    assert {row.purpose for row in store.find(Delivery)} == {"alert", "withdrawal"}
    assert len(tell(store, OFFERS, MINSK, slug="b", at=DAY0 + 2 * HOUR)) == 1
