"""Any Apprise URL as a channel: apprise itself, in its own process, against a sink on loopback."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading

import pytest
from alerts.newsdesk import DAY0, HOUR
from alerts.sinks import HookSink
from alerts.test_alert_channels import HOSTILE, TLS, raise_offers, rules_to

from ingest.alerts.channels import apprise_child, apprised
from ingest.alerts.deliver import deliver
from ingest.errors import SettingsError
from ingest.fetch.client import Fetcher
from ingest.model import Delivery
from ingest.settings import FetchSettings


def send(store, rules, *allowed, at=DAY0):
    async def go():
        settings = FetchSettings(allow_private=allowed)
        async with Fetcher(settings, ssl_context=TLS) as fetcher:
            return dict(await deliver(store, rules, fetcher, lambda: at))

    return asyncio.run(go())


def test_an_alert_arrives_and_a_repeat_says_so(store, monkeypatch):
    with HookSink("lost") as sink:
        monkeypatch.setenv("CHAT_URL", f"json://127.0.0.1:{sink.port}/x")
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # of the environment: ignored
        rules = rules_to("{type: apprise, url: 'env:CHAT_URL'}")
        (alert,) = raise_offers(store, rules, text=f" {HOSTILE}", title=HOSTILE)
        allowed = f"127.0.0.1:{sink.port}"
        assert send(store, rules, allowed) == {"failed": 1}
        assert send(store, rules, allowed, at=DAY0 + HOUR) == {"delivered": 1}
    first, second = (json.loads(body) for _, body in sink.ledger)
    assert first["title"] == alert.line
    assert len(first["message"].splitlines()) == 2
    assert first["message"].startswith(f"ALERT offers: {alert.line}")
    assert "\x1b" not in first["message"]
    assert "(perhaps sent before)" not in first["message"]
    assert "(perhaps sent before)" in second["message"]


@pytest.mark.parametrize(
    ("step", "goes_on", "error"),
    [
        pytest.param(400, True, "error=400", id="400-is-this-alert"),
        pytest.param(307, False, "error=307", id="a-redirect-is-not-followed"),
    ],
)
def test_what_a_service_answers(store, step, goes_on, error):
    with HookSink(step) as sink:
        sink.extra = {"Location": "/elsewhere"}
        url = f"json://127.0.0.1:{sink.port}/x?redirect=yes"
        rules = rules_to(f"{{type: apprise, url: '{url}'}}")
        raise_offers(store, rules, "Minsk", "Istanbul")
        counts = send(store, rules, f"127.0.0.1:{sink.port}")
    assert counts == ({"failed": 1, "delivered": 1} if goes_on else {"failed": 2})
    assert sink.asked == (2 if goes_on else 1)
    assert any(error in row.error for row in store.find(Delivery))


def test_a_private_address_is_not_dialled(store):
    with HookSink() as sink:
        rules = rules_to(f"{{type: apprise, url: 'json://localhost:{sink.port}/x'}}")
        raise_offers(store, rules)
        assert send(store, rules) == {"failed": 1}
    assert sink.asked == 0
    (row,) = store.find(Delivery)
    assert row.error.startswith("blocked-address: 127.0.0.1 is not a public address")
    assert f"fetch.allow_private (127.0.0.1:{sink.port})" in row.error


def test_a_url_that_apprise_does_not_know(store):
    rules = rules_to("{type: apprise, url: 'nosuch://token'}")
    raise_offers(store, rules)
    assert send(store, rules) == {"failed": 1}
    assert store.find(Delivery)[0].error.startswith("is no URL that Apprise knows")


def test_what_hangs_is_killed(store, monkeypatch):
    monkeypatch.setattr(apprised, "DEADLINE_S", 0.4)
    ended = threading.Event()
    with HookSink(lambda: ended.wait(100) and 200) as sink:
        rules = rules_to(f"{{type: apprise, url: 'json://127.0.0.1:{sink.port}/x'}}")
        raise_offers(store, rules)
        assert send(store, rules, f"127.0.0.1:{sink.port}") == {"failed": 1}
        ended.set()
    assert store.find(Delivery)[0].error == "no answer within 0 s"


@pytest.mark.parametrize(
    ("said", "is_ours"),
    [("x, error=500.", False), ("x, error=429.", False), ("x, error=404.", True), ("none", False)],
)
def test_whose_fault_it_is(said, is_ours):
    assert bool(apprised._OWN_FAULT.search(said)) is is_ours


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    sent, said = apprise_child._send("json://x", "t", "b")
    assert not sent
    assert "pip install 'summitwatch[apprise]'" in said


GUARD = """
import socket, sys
from ingest.alerts.channels import apprise_child
blocked = apprise_child._guard(frozenset({("127.0.0.1", 9)}))
for make, address in (
    (socket.SOCK_STREAM, ("10.0.0.1", 80)),
    (socket.SOCK_STREAM, ("169.254.169.254", 80)),
    (socket.SOCK_STREAM, ("127.0.0.1", 8)),
):
    with socket.socket(socket.AF_INET, make) as s:
        try:
            s.connect(address)
        except PermissionError:
            pass
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    try:
        s.sendto(b"x", ("192.168.0.1", 514))
    except PermissionError:
        pass
with socket.socket(socket.AF_UNIX) as s:
    try:
        s.connect("/run/dbus/system_bus_socket")
    except PermissionError:
        pass
with socket.socket() as s:
    try:
        s.connect(("127.0.0.1", 9))
    except ConnectionRefusedError:
        print("dialled")
print(len(blocked))
"""


def test_the_guard_sees_every_way_to_dial():
    """No private address is dialled: the hook refuses before the system is asked."""
    said = subprocess.run(
        [sys.executable, "-c", GUARD], capture_output=True, text=True, timeout=300, check=True
    )
    assert said.stdout.split() == ["dialled", "5"]


@pytest.mark.parametrize(
    "url", ["", "no scheme", "tgram://a b", "tgram://", "1x://y", "json://\x1b"]
)
def test_what_is_no_url_is_refused_with_the_rules(url):
    with pytest.raises(SettingsError):
        rules_to(f"{{type: apprise, url: {json.dumps(url)}}}")
