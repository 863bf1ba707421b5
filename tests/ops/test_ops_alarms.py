"""Operational alarms against a sink on loopback whose ledger says what was told."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from alerts.sinks import HookSink, MailSink
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.alerts.channels import Channel
from ingest.errors import (
    ArchiveError,
    ConflictError,
    LeaseHeldError,
    SettingsError,
    StoreDownError,
    StoreFullError,
)
from ingest.fetch.resolve import map_resolver
from ingest.ops import Alarms, cause_of, channel_of
from ingest.settings import FetchSettings, OpsSettings

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TLS = ssl.create_default_context()
DOWN = StoreDownError("sqlite:///x", "cannot be opened", "look at the disk")


class Desk:
    """Alarms with a clock to turn."""

    def __init__(self, tmp_path, sink, to=None, **more):
        self.now, self.sink = NOW, sink
        port = getattr(sink, "port", 1)
        self.ops = OpsSettings(
            to=sink.url if to is None else to, state=tmp_path / "ops.json", **more
        )
        self.fetch = FetchSettings(allow_private=(f"127.0.0.1:{port}",), timeout_s=60)
        self.resolver = map_resolver({"hook.example": ("127.0.0.1", port)})

    def alarms(self):
        """As a process that starts now has them."""
        return Alarms(
            self.ops,
            self.fetch,
            clock=lambda: self.now,
            resolver=self.resolver,
            ssl_context=TLS,
        )

    def raises(self, cause="store", error=DOWN):
        return asyncio.run(self.alarms().raise_(cause, error))

    def resolves(self, cause="store"):
        return asyncio.run(self.alarms().resolved(cause))

    def told(self):
        records = [json.loads(body) for _, body in self.sink.ledger]
        return [(record["purpose"], record["cause"]) for record in records]


def test_one_alarm_and_one_resolved(tmp_path):
    with HookSink() as sink:
        desk = Desk(tmp_path, sink)
        assert not desk.resolves()
        assert desk.raises()
        for minute in (5, 10, 59):
            desk.now = NOW + timedelta(minutes=minute)
            assert not desk.raises()
        assert desk.resolves()
        assert not desk.resolves()
    assert desk.told() == [("alarm", "store"), ("alarm-resolved", "store")]
    first, last = (json.loads(body) for _, body in sink.ledger)
    assert first["reason"] == "sqlite:///x: cannot be opened (look at the disk)"
    assert first["since"] == last["since"] == "2026-03-02T09:00:00Z"
    assert last["thread"] == first["id"] != last["id"]


def test_a_trouble_that_lasts_is_told_once_an_hour_and_causes_do_not_share_it(tmp_path):
    with HookSink() as sink:
        desk = Desk(tmp_path, sink)
        for minute in range(0, 125, 5):
            desk.now = NOW + timedelta(minutes=minute)
            desk.raises()
        desk.raises("archive", ArchiveError("data/archive", "is gone"))
    assert desk.told() == [("alarm", "store")] * 3 + [("alarm", "archive")]
    assert len({json.loads(body)["thread"] for _, body in sink.ledger}) == 2


def test_a_trouble_that_comes_back_within_the_hour_is_not_told_again(tmp_path):
    with HookSink() as sink:
        desk = Desk(tmp_path, sink)
        for minute in range(0, 60, 10):
            desk.now = NOW + timedelta(minutes=minute)
            desk.raises()
            desk.resolves()
        assert desk.told() == [("alarm", "store"), ("alarm-resolved", "store")]
        desk.now = NOW + timedelta(minutes=60)
        assert desk.raises()


def test_what_could_not_be_sent_is_tried_at_the_next_occasion(tmp_path):
    with HookSink(500, 500, 200, 500) as sink:
        desk = Desk(tmp_path, sink)
        assert [desk.raises() for _ in range(4)] == [False, False, True, False]
        assert not desk.resolves()
        assert desk.resolves()
    assert desk.told() == [("alarm", "store"), ("alarm-resolved", "store")]


def test_a_trouble_nobody_was_told_of_needs_no_resolved(tmp_path):
    with HookSink(500) as sink:
        desk = Desk(tmp_path, sink)
        assert not desk.raises()
        assert not desk.resolves()
    assert sink.ledger == []


def test_runs_at_once_tell_it_once(tmp_path):
    """Each opens the lock for itself, as processes do."""
    with HookSink() as sink:
        desk = Desk(tmp_path, sink)
        gate, sent = threading.Barrier(4), []

        def run():
            alarms = desk.alarms()
            gate.wait()
            sent.append(asyncio.run(alarms.raise_("store", DOWN)))

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(sent) == [False, False, False, True]
    assert desk.told() == [("alarm", "store")]


def test_a_channels_name_is_kept_for_when_the_rules_cannot_be_read(tmp_path):
    with HookSink() as sink:
        desk = Desk(tmp_path, sink, to="desk")
        assert not desk.raises()
        channel = Channel("desk", "webhook", url=sink.url, secret="s3cret")
        other = Channel("file", "file", path=tmp_path / "alerts.jsonl")
        with pytest.raises(SettingsError, match="'desk' is no channel of the rules"):
            asyncio.run(desk.alarms().learn({"file": other}))
        asyncio.run(desk.alarms().learn({"file": other, "desk": channel}))
        assert desk.raises()
    ((headers, _),) = sink.ledger
    assert headers["X-Summitwatch-Signature"].startswith("sha256=")
    assert (tmp_path / "ops.json").stat().st_mode & 0o777 == 0o600


def test_a_file_channel_is_kept_too(tmp_path):
    path = tmp_path / "out" / "alerts.jsonl"
    desk = Desk(tmp_path, None, to="file")
    asyncio.run(desk.alarms().learn({"file": Channel("file", "file", path=path)}))
    assert desk.raises()
    assert json.loads(path.read_text())["cause"] == "store"


@pytest.mark.parametrize("text", ["", "{", '{"troubles": 7}', "\x00\xff"])
def test_a_damaged_state_file_silences_nothing(tmp_path, text):
    (tmp_path / "ops.json").write_text(text)
    with HookSink() as sink:
        desk = Desk(tmp_path, sink)
        assert desk.raises()
        assert not desk.raises()
    assert len(sink.ledger) == 1


def test_a_folder_that_cannot_be_written_silences_nothing(tmp_path):
    (tmp_path / "data").write_text("a file where the folder should be")
    with HookSink() as sink:
        desk = Desk(tmp_path / "data", sink)
        assert desk.raises()
    assert len(sink.ledger) == 1


def test_mail_keeps_the_thread(tmp_path):
    with MailSink() as sink:
        to = f"smtp://127.0.0.1:{sink.port}/?from=watch@example.org&to=a@example.org,b@example.org"
        desk = Desk(tmp_path, sink, to=to)
        assert desk.raises(error="down\r\nBcc: all@example.org\x1b[2J")
        assert desk.resolves()
    first, last = (dict(_headers(mail)) for mail in sink.mails)
    assert last["In-Reply-To"] == last["References"] == first["Message-ID"]
    assert last["Subject"] == f"Re: {first['Subject']}"
    assert first["To"] == "a@example.org, b@example.org"
    assert "Bcc" not in first
    assert all(b"\x1b" not in mail for mail in sink.mails)


def _headers(mail):
    for line in mail.split(b"\r\n\r\n")[0].decode().split("\r\n"):
        name, _, value = line.partition(": ")
        yield name, value


@pytest.mark.parametrize(
    ("to", "kind"),
    [
        ("stdout", "stdout"),
        ("desk", None),
        ("https://hook.example/x", "webhook"),
        ("slack+https://hooks.example/T/B", "slack"),
        ("file:data/ops.jsonl", "file"),
        ("smtps://u:p@mail.example:465/?from=a@x.example&to=b@x.example", "email"),
        ("tgram://123456:abc/987", "apprise"),
    ],
)
def test_places_to_tell(to, kind):
    channel = channel_of(to)
    assert (channel.type if channel else None) == kind


@pytest.mark.parametrize(
    "to", ["Desk!", "smtp://mail.example", "http:/", "//x", "https://[", "a b"]
)
def test_no_place_to_tell(tmp_path, to):
    with pytest.raises(SettingsError, match=r"ops\.to"):
        Alarms(OpsSettings(to=to, state=tmp_path / "s"), FetchSettings())


@given(st.text(min_size=1))
@settings(deadline=None)
def test_any_text_is_a_place_or_an_error(text):
    try:
        channel_of(text)
    except SettingsError as exc:
        assert exc.thing == "ops.to"


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (DOWN, "store"),
        (StoreFullError("x", "y"), "store"),
        (ArchiveError("x", "y"), "archive"),
        (SettingsError("x", "y"), "settings"),
        (LeaseHeldError("x", "y"), None),
        (ConflictError("x", "y"), None),
        (ValueError("x"), None),
    ],
)
def test_causes(error, cause):
    assert cause_of(error) == cause


def test_the_heartbeat(tmp_path):
    with HookSink() as sink:
        desk = Desk(tmp_path, sink, heartbeat_url=sink.url)
        assert asyncio.run(desk.alarms().heartbeat())
        assert sink.gets == ["/in?key=1"]
        sink.get_status = 500
        assert not asyncio.run(desk.alarms().heartbeat())
    assert not asyncio.run(desk.alarms().heartbeat())  # nobody there: logged, no more
    without = Desk(tmp_path, sink)
    assert not asyncio.run(without.alarms().heartbeat())
