"""The outbox: each alert to each channel, once in the file, whatever happens on the way."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from alerts.newsdesk import DAY0, HOUR, Say, make_article, offer, rules_of, store_article
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.alerts.channels.file import append_records, json_line
from ingest.alerts.deliver import deliver
from ingest.alerts.evaluate import evaluate
from ingest.alerts.render import alert_lines, one_line
from ingest.leases import lease
from ingest.model import Alert, Delivery


@pytest.fixture
def rules(tmp_path):
    return rules_of(
        "  - {id: offers, type: match, when: {status: proposed}, to: [file, stdout]}\n",
        alerts_file=tmp_path / "out" / "alerts.jsonl",
    )


def send(store, rules, at=DAY0, printed=None):
    lines = [] if printed is None else printed
    counts = asyncio.run(deliver(store, rules, None, lambda: at, print_line=lines.append))
    return dict(counts)


def raised(store, rules, *sentences, **more):
    article = make_article(*(sentences or (offer(),)), **more)
    entry = store_article(store, article)
    return evaluate(store, rules, [entry.id], DAY0).alerts


def in_file(tmp_path):
    path = tmp_path / "out" / "alerts.jsonl"
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def test_an_alert_goes_to_every_channel_once(store, rules, tmp_path):
    (alert,) = raised(store, rules)
    printed = []
    assert send(store, rules, printed=printed) == {"delivered": 2}
    assert send(store, rules, printed=printed) == {}
    (line,) = in_file(tmp_path)
    assert line["id"] == alert.id
    assert line["rule"] == "offers"
    assert line["key"] == {"venue": "place:minsk-by", "role": "proposed"}
    assert line["line"] == "2 Mar: Lukashenko (BY) offers Minsk; confidence .90"
    assert line["evidence"][0]["sentence"] == "Lukashenko offered Minsk for the talks."
    assert line["created"] == "2026-03-02T09:00:00Z"
    assert printed == [
        "ALERT offers: 2 Mar: Lukashenko (BY) offers Minsk; confidence .90 [minsk-by, proposed]",
        (
            "  “Lukashenko offered Minsk for the talks.” en, courier.example,"
            f" 2026-03-02 08:00 UTC http://courier.example/a id {alert.id[:12]}"
        ),
    ]
    rows = store.find(Delivery)
    assert {(row.state, row.tries, row.error) for row in rows} == {("delivered", 1, "")}
    assert all(row.delivered_at == DAY0 for row in rows)


class CrashError(Exception):
    pass


class Crashing:
    """A store that dies at its n-th write of outbox rows."""

    def __init__(self, store, at):
        self._store, self._left = store, at

    def __getattr__(self, name):
        return getattr(self._store, name)

    def put(self, records):
        if records and isinstance(records[0], Delivery):
            self._left -= 1
            if self._left == 0:
                raise CrashError
        return self._store.put(records)


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_after_a_crash_the_file_holds_each_alert_once(store, rules, tmp_path, at):
    for venue in ("Minsk", "Istanbul", "Geneva"):
        raised(store, rules, offer(f"Lukashenko offered {venue}."), slug=venue)
    with pytest.raises(CrashError):
        send(Crashing(store, at), rules)
    printed = []
    send(store, rules, printed=printed)
    alerts = {alert.id for alert in store.find(Alert)}
    assert len(alerts) == 3
    assert sorted(line["id"] for line in in_file(tmp_path)) == sorted(alerts)
    assert {row.state for row in store.find(Delivery)} == {"delivered"}
    assert all(line.startswith("ALERT") or "“" in line for line in printed)


def test_what_a_terminal_may_have_shown_before_is_marked_so(store, rules):
    raised(store, rules)
    shown = []
    (row,) = [row for row in store.find(Delivery) if row.channel == "stdout"]
    store.put([replace(row, tries=1)])  # it was noted, perhaps printed, and the run died
    send(store, rules, printed=shown)
    assert shown[0].endswith("(perhaps shown before)")


def test_a_line_that_a_crash_cut_short_is_written_again(store, rules, tmp_path):
    (first,) = raised(store, rules)
    send(store, rules)
    path = tmp_path / "out" / "alerts.jsonl"
    (second,) = raised(store, rules, offer("Lukashenko offered Geneva."), slug="2")
    with path.open("ab") as file:
        file.write(f'{{"id": "{second.id}", "rule": "of'.encode())
    send(store, rules)
    assert [line["id"] for line in in_file(tmp_path)] == [first.id, second.id]


def test_a_channel_that_is_down_holds_no_other_and_is_tried_again(store, rules, tmp_path):
    raised(store, rules)
    (tmp_path / "out").write_text("a file where the folder should be")
    printed = []
    assert send(store, rules, printed=printed) == {"failed": 1, "delivered": 1}
    assert len(printed) == 2
    (row,) = store.find(Delivery)[:1] if store.find(Delivery)[0].error else store.find(Delivery)[1:]
    assert (row.state, row.tries, row.next_try_at) == ("pending", 1, DAY0 + timedelta(minutes=1))
    assert "File exists" in row.error or "Not a directory" in row.error
    assert send(store, rules, DAY0 + timedelta(seconds=59)) == {}
    (tmp_path / "out").unlink()
    assert send(store, rules, DAY0 + timedelta(minutes=1)) == {"delivered": 1}
    assert len(in_file(tmp_path)) == 1


def test_after_a_day_a_row_is_dead(store, rules, tmp_path):
    raised(store, rules)
    (tmp_path / "out").write_text("")
    now, counts = DAY0, []
    while not counts or "dead" not in counts[-1]:
        counts.append(send(store, rules, now))
        pending = store.find(Delivery)
        now = max(row.next_try_at or now for row in pending)
        assert len(counts) < 30
    row = next(row for row in store.find(Delivery) if row.channel == "file")
    assert row.state == "dead"
    assert 24 * HOUR <= now - DAY0 <= 37 * HOUR
    assert 6 <= row.tries <= 10


def test_rows_without_a_channel_or_an_alert_do_not_stop_the_rest(store, rules, tmp_path):
    (alert,) = raised(store, rules)
    store.put([Delivery("x", "gone", "file", created_at=DAY0)])
    store.put([Delivery("y", alert.id, "fax", created_at=DAY0)])
    assert send(store, rules) == {"dead": 1, "failed": 1, "delivered": 2}
    assert store.get(Delivery, "x").error == "its alert is gone"
    assert store.get(Delivery, "y").error == "the rules have no such channel"


def test_two_deliverers_do_not_meet(store, rules):
    raised(store, rules)
    with lease(store, "deliver", clock=lambda: DAY0):
        assert send(store, rules) == {}
    assert send(store, rules) == {"delivered": 2}


def test_writers_of_one_file_write_each_alert_once(tmp_path):
    """Even without the lease: the file's own lock and the look into it are enough."""
    path = tmp_path / "alerts.jsonl"
    gate, errors = threading.Barrier(4, timeout=100), []

    def work():
        try:
            gate.wait()
            for start in range(0, 40, 10):
                append_records(
                    path, [{"id": f"{n:064x}", "n": n} for n in range(start, start + 10)]
                )
        except Exception as exc:  # noqa: BLE001
            errors.append(exc)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    lines = [json.loads(line)["n"] for line in path.read_text().splitlines()]
    assert sorted(lines) == list(range(40))


HOSTILE = [
    pytest.param("A\r\nB\x0bC\x85D\u2028E\u2029F", id="line-breaks"),
    pytest.param("\x1b]0;owned\x07\x1b[2J\x9b31mred", id="terminal-escapes"),
    pytest.param("\u202eevil\u2066 bidi \ufeff", id="directions"),
    pytest.param("<script>alert(1)</script>", id="script"),
    pytest.param("=HYPERLINK(1) [bold]rich[/bold] {{7*7}} %s", id="markup"),
    pytest.param("long " * 2000, id="ten-thousand-characters"),
    pytest.param("\ud800 lone \x00 nul", id="surrogate"),
    pytest.param('"}\n{"id": "forged"}', id="json"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_headlines_break_out_of_nothing(store, rules, tmp_path, text):
    (alert,) = raised(store, rules, offer(f"Lukashenko offered Minsk {text}"), title=text)
    printed = []
    send(store, rules, printed=printed)
    raw = (tmp_path / "out" / "alerts.jsonl").read_bytes()
    assert raw.count(b"\n") == 1
    (line,) = raw.decode().splitlines()
    found = json.loads(line)
    assert found["id"] == alert.id
    assert len(raw) < 20_000
    assert len(printed) == 2
    for shown in (*printed, line):
        assert shown.isprintable()
    assert all(len(shown) < 1500 for shown in printed)


@given(st.text(), st.text(), st.text(alphabet=st.characters(), max_size=40))
@settings(max_examples=80, deadline=None)
def test_any_text_is_one_safe_line(sentence, title, more):
    line = one_line(sentence + title + more)
    assert len(line.splitlines()) <= 1
    assert "\x1b" not in line
    encoded = json_line({"id": "1", "title": title, "sentence": sentence + more})
    assert len(encoded.splitlines()) == 1
    assert json.loads(encoded)["title"] == title


def test_lines_of_an_undated_alert_with_more_evidence(store, rules):
    (alert,) = raised(store, rules, offer(), Say("x"), offer("Putin too offered Minsk.", "Putin"))
    first = replace(alert.evidence[0], published_at=None)
    shown = alert_lines(replace(alert, evidence=(first, *alert.evidence[1:])))
    assert "undated (+1 more) http" in shown[1]


def test_stdout_that_is_no_utf8_takes_every_line(store, rules, capfd):
    from ingest.alerts.deliver import print_stdout

    print_stdout("Łódź “quoted”")
    assert capfd.readouterr().out == "Łódź “quoted”" + os.linesep
