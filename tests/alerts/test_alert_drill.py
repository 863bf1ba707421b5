"""Outages, flaky channels, lost answers and killed senders: 0 lost, repeats marked.

The ledgers of a webhook sink and of aiosmtpd say what arrived; the outbox says what had to.
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from alerts.newsdesk import DAY0, PLACES, make_article, offer, rules_of, store_article
from alerts.sinks import HookSink
from alerts.test_alert_channels import TLS

from ingest.alerts.deliver import deliver
from ingest.alerts.evaluate import evaluate
from ingest.fetch.client import Fetcher
from ingest.fetch.resolve import map_resolver
from ingest.model import Alert, Delivery
from ingest.settings import FetchSettings
from ingest.store.sqlite import SqliteStore


class Mailbox(Controller):
    """aiosmtpd on a free port. `script` holds answers to DATA: "lost" takes a mail and hangs up."""

    def __init__(self, *script):
        self.script, self.mails, self.down = list(script), [], False
        self.listener = socket.create_server(("127.0.0.1", 0))
        port = self.listener.getsockname()[1]
        super().__init__(self, hostname="127.0.0.1", port=port, ready_timeout=100)
        self.url = f"smtp://127.0.0.1:{self.port}"

    def _create_server(self):
        return self.loop.create_server(self._factory_invoker, sock=self.listener)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  aiosmtpd's name
        step = self.script.pop(0) if self.script else "250 taken"
        if self.down:
            return "451 down for repairs"
        if step == "lost" or step.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content))
        if step == "lost":
            server.transport.abort()
        return step if step != "lost" else "421 gone"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.stop()

    def tries(self):
        return tries((mail["Message-ID"], mail["X-Summitwatch-Try"]) for mail in self.mails)


def tries(pairs):
    """{key: the numbers of the tries that arrived}."""
    found = {}
    for key, number in pairs:
        found.setdefault(key, []).append(int(number))
    return found


def hook_tries(sink):
    heads = (headers for headers, _ in sink.ledger)
    return tries((head["Idempotency-Key"], head["X-Summitwatch-Try"]) for head in heads)


def rule_text(sink, mailbox, *more):
    to = ", ".join(("hook", "mail", *more))
    return (
        "version: 1\nchannels:\n"
        f"  hook: {{type: webhook, url: '{sink.url}'}}\n"
        f"  mail: {{type: email, to: a@example.org, from: b@example.org, smtp: '{mailbox.url}'}}\n"
        "rules:\n  - {id: o, type: match, when: {status: proposed}, group_by: [venue, source],"
        f" to: [{to}]}}\n"
    )


def raise_some(store, rules, sources=3):
    for number, venue in itertools.product(range(sources), PLACES):
        said = offer(f"Lukashenko offered {venue}.")
        store_article(store, make_article(said, slug=venue, source=f"s{number}.example"))
    alerts = evaluate(store, rules, None, DAY0).alerts
    assert len(alerts) == sources * len(PLACES)
    return alerts


def fetcher_to(sink):
    settings = FetchSettings(allow_private=(f"127.0.0.1:{sink.port}",), timeout_s=100)
    resolver = map_resolver({"hook.example": ("127.0.0.1", sink.port)})
    return Fetcher(settings, resolver=resolver, ssl_context=TLS)


def send(store, rules, sink, at=DAY0):
    async def go():
        async with fetcher_to(sink) as fetcher:
            return dict(await deliver(store, rules, fetcher, lambda: at))

    return asyncio.run(go())


def keys_of(store, channel):
    return {row.id for row in store.find(Delivery) if row.channel == channel}


def assert_whole(store, sink, mailbox, path):
    """Everything arrived; whatever arrived twice says so and has the same key."""
    assert {row.state for row in store.find(Delivery)} == {"delivered"}
    hooked, mailed = hook_tries(sink), mailbox.tries()
    assert set(hooked) == keys_of(store, "hook")
    assert set(mailed) == {f"<{key}@example.org>" for key in keys_of(store, "mail")}
    for numbers in (*hooked.values(), *mailed.values()):
        assert all(number > 1 for number in numbers[1:])
        assert len(set(numbers)) == len(numbers)
    lines = [json.loads(line)["id"] for line in path.read_text().splitlines()]
    assert Counter(lines) == Counter(alert.id for alert in store.find(Alert))


def test_an_hour_without_a_channel_holds_no_other(store, tmp_path):
    path = tmp_path / "alerts.jsonl"
    with HookSink(*[503] * 1000) as sink, Mailbox() as mailbox:
        rules = rules_of(rule_text(sink, mailbox, "file"), alerts_file=path)
        raise_some(store, rules)
        mailbox.down = True
        for minute in range(0, 180, 10):
            if minute == 60:
                sink.script.clear()
                mailbox.down = False
            send(store, rules, sink, DAY0 + timedelta(minutes=minute))
            if minute == 0:
                assert len(path.read_text().splitlines()) == 12
        assert sink.asked <= 4 + 12  # one try each pause told that it was down
    assert_whole(store, sink, mailbox, path)
    assert all(len(numbers) == 1 for numbers in hook_tries(sink).values())


def test_one_error_in_five_and_lost_answers(store, tmp_path):
    chance = random.Random(11)
    path = tmp_path / "alerts.jsonl"

    def steps(good, *bad):
        return [chance.choice(bad) if chance.random() < 0.3 else good for _ in range(300)]

    hooks = steps(200, 500, 429, 400, "lost", "reset")
    mails = steps("250 taken", "451 later", "550 no", "lost")
    with HookSink(*hooks) as sink, Mailbox(*mails) as mailbox:
        rules = rules_of(rule_text(sink, mailbox, "file"), alerts_file=path)
        raise_some(store, rules, 2)
        for hour in range(0, 60, 2):
            if not store.count(Delivery) - len(_delivered(store)):
                break
            send(store, rules, sink, DAY0 + timedelta(hours=hour))
        repeats = [n for n in (*hook_tries(sink).values(), *mailbox.tries().values()) if n[1:]]
    assert_whole(store, sink, mailbox, path)
    assert repeats  # answers were lost, so the drill did try what it claims


def _delivered(store):
    return [row for row in store.find(Delivery) if row.state == "delivered"]


def test_webhooks_go_out_side_by_side_once_the_first_is_through(store):
    """The sink answers none of eight before four have come."""
    gate = threading.Barrier(4, timeout=60)

    def together():
        gate.wait()
        return 200

    with HookSink(200, *[together] * 8) as sink, Mailbox() as mailbox:
        rules = rules_of(rule_text(sink, mailbox))
        raise_some(store, rules)
        assert send(store, rules, sink) == {"delivered": 24}
    assert set(sink.keys()) == keys_of(store, "hook")


SENDER = """
import asyncio, os, ssl, sys
from pathlib import Path
from alerts.newsdesk import DAY0, rules_of
from alerts.test_alert_drill import fetcher_to, deliver
from ingest.logs import configure_logs
from ingest.settings import LogSettings
from ingest.store.sqlite import SqliteStore
import ingest.alerts.templates, ingest.alerts.channels.mail

configure_logs(LogSettings(level="error"))  # standard output is for the test

class Sink:
    port = int(sys.argv[1])

folder = Path(sys.argv[2])
rules = rules_of((folder / "rules.yaml").read_text(), alerts_file=folder / "alerts.jsonl")

async def go():
    with SqliteStore.open(folder / "store.sqlite") as store:
        async with fetcher_to(Sink) as fetcher:
            await deliver(store, rules, fetcher, lambda: DAY0)

print("ready", flush=True)
for _ in sys.stdin:  # one life a line; the imports are paid once
    pid = os.fork()
    if pid == 0:
        asyncio.run(go())
        os._exit(0)
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""


class Lives:
    """Senders, one after the other; `kill` ends the one that lives now by SIGKILL."""

    def __init__(self, sink, folder):
        self._process = subprocess.Popen(
            [sys.executable, "-c", SENDER, str(sink.port), str(folder)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._sink, self._pid, self._born = sink, 0, threading.Event()
        assert self._process.stdout.readline() == "ready\n"

    def live(self):
        """One life; returns whether it was killed."""
        self._born.clear()
        self._process.stdin.write("live\n")
        self._process.stdin.flush()
        self._pid = int(self._process.stdout.readline())
        self._born.set()
        is_killed = int(self._process.stdout.readline()) == signal.SIGKILL
        self._sink.come_to_rest()  # requests that went out beside the last are none of the next life
        return is_killed

    def kill(self):
        assert self._born.wait(100)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)

    def close(self):
        self._process.communicate(timeout=100)


@pytest.mark.parametrize(
    ("kills", "sources"),
    [
        pytest.param(10, 3, id="10"),
        pytest.param(25, 8, id="25", marks=pytest.mark.drill),
    ],
)
def test_a_sender_killed_again_and_again_loses_nothing(tmp_path, kills, sources):
    """It dies in its first to third request, before or after that was taken, always unanswered."""
    path = tmp_path / "alerts.jsonl"
    with HookSink() as sink, Mailbox() as mailbox:
        (tmp_path / "rules.yaml").write_text(rule_text(sink, mailbox, "file"))
        with SqliteStore.open(tmp_path / "store.sqlite") as store:
            raise_some(store, rules_of((tmp_path / "rules.yaml").read_text()), sources)
        lives = Lives(sink, tmp_path)

        def dies(how):
            def step():
                lives.kill()
                return how

            return step

        deaths = 0
        try:
            for number in range(kills):
                how = "lost" if number % 2 else "reset"
                sink.script[:] = [*[200] * (number % 3), dies(how)]
                deaths += lives.live()
            sink.script.clear()
            assert not lives.live()
        finally:
            lives.close()
        assert deaths == kills
        with SqliteStore.open(tmp_path / "store.sqlite") as store:
            assert_whole(store, sink, mailbox, path)
        assert any(numbers[1:] for numbers in hook_tries(sink).values())
