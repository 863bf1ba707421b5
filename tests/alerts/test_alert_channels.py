"""Webhooks, Slack and mail against sinks on loopback, whose ledgers say what arrived."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import random
import shutil
import socket
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from alerts.newsdesk import DAY0, make_article, offer, rules_of, store_article
from alerts.sinks import HookSink, MailSink

from ingest.alerts.channels.webhook import retry_after_s, sign
from ingest.alerts.deliver import deliver
from ingest.alerts.evaluate import evaluate
from ingest.fetch.client import Fetcher
from ingest.fetch.resolve import map_resolver
from ingest.model import Alert, Delivery
from ingest.settings import FetchSettings

TLS = ssl.create_default_context()  # reading the roots costs more than the tests do


def rules_to(channel: str):
    return rules_of(
        f"version: 1\nchannels:\n  desk: {channel}\n"
        "rules:\n  - {id: offers, type: match, when: {status: proposed}, to: [desk]}\n"
    )


def raise_offers(store, rules, *venues, title="A day in politics", text=""):
    for venue in venues or ("Minsk",):
        said = offer(f"Lukashenko offered {venue}{text}.")
        store_article(store, make_article(said, slug=venue, title=title))
    return evaluate(store, rules, None, DAY0).alerts


def send(store, rules, sink=None, at=DAY0):
    async def go():
        port = sink.port if isinstance(sink, HookSink) else 1
        settings = FetchSettings(allow_private=(f"127.0.0.1:{port}",), timeout_s=100)
        resolver = map_resolver({"hook.example": ("127.0.0.1", port)})
        async with Fetcher(settings, resolver=resolver, ssl_context=TLS) as fetcher:
            return dict(await deliver(store, rules, fetcher, lambda: at))

    return asyncio.run(go())


def test_a_webhook_gets_signed_json_with_an_idempotency_key(store, monkeypatch):
    with HookSink() as sink:
        monkeypatch.setenv("HOOK_URL", sink.url)
        monkeypatch.setenv("HOOK_SECRET", "s3cret")
        rules = rules_to("{type: webhook, url: 'env:HOOK_URL', secret: 'env:HOOK_SECRET'}")
        (alert,) = raise_offers(store, rules)
        assert send(store, rules, sink) == {"delivered": 1}
        assert send(store, rules, sink) == {}
    ((headers, body),) = sink.ledger
    (row,) = store.find(Delivery)
    assert json.loads(body)["id"] == alert.id
    assert headers["Idempotency-Key"] == row.id
    assert headers["Content-Type"] == "application/json"
    timestamp = headers["X-Summitwatch-Timestamp"]
    assert timestamp == str(int(DAY0.timestamp()))
    assert headers["X-Summitwatch-Signature"] == sign("s3cret", timestamp, body)


def test_a_known_signature():
    """Computed with `printf '1700000000.{}' | openssl dgst -sha256 -hmac key`."""
    assert sign("key", "1700000000", b"{}") == (
        "sha256=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
    )


@pytest.mark.parametrize(
    ("step", "error", "goes_on"),
    [
        pytest.param(500, "http-500", False, id="500-is-down"),
        pytest.param(429, "http-429", False, id="429-is-down"),
        pytest.param(400, "http-400", True, id="400-is-this-alert"),
        pytest.param("reset", "connect", False, id="no-answer"),
        pytest.param(302, "http-302", False, id="a-redirect-is-not-followed"),
    ],
)
def test_a_hook_that_fails_is_tried_again(store, step, error, goes_on):
    with HookSink(step) as sink:
        rules = rules_to(f"{{type: webhook, url: '{sink.url}'}}")
        raise_offers(store, rules, "Minsk", "Istanbul", "Geneva")
        first = send(store, rules, sink)
        assert first == ({"failed": 1, "delivered": 2} if goes_on else {"failed": 3})
        assert sink.asked == (3 if goes_on else 1)
        failed = [row for row in store.find(Delivery) if row.error]
        assert all(row.error.startswith(error) for row in failed)
        assert send(store, rules, sink, DAY0 + timedelta(seconds=59)) == {}
        again = send(store, rules, sink, DAY0 + timedelta(minutes=1))
        assert again == {"delivered": len(failed)}
    assert len(sink.keys()) == len(set(sink.keys())) == 3


def test_a_lost_acknowledgement_is_repeated_under_the_same_key(store):
    with HookSink("lost") as sink:
        rules = rules_to(f"{{type: webhook, url: '{sink.url}'}}")
        raise_offers(store, rules)
        assert send(store, rules, sink) == {"failed": 1}
        assert send(store, rules, sink, DAY0 + timedelta(minutes=1)) == {"delivered": 1}
    first, second = sink.keys()
    assert first == second
    assert [headers["X-Summitwatch-Try"] for headers, _ in sink.ledger] == ["1", "2"]


def test_an_hour_of_outage_loses_nothing(store):
    with HookSink(*[503] * 100) as sink:
        rules = rules_to(f"{{type: webhook, url: '{sink.url}'}}")
        raise_offers(store, rules, "Minsk", "Istanbul", "Geneva", "Moscow")
        now = DAY0
        while store.count(
            Delivery,
        ) != sum(r.state == "delivered" for r in store.find(Delivery)):
            if now - DAY0 >= timedelta(hours=1):
                sink.script.clear()
            send(store, rules, sink, now)
            now += timedelta(minutes=5)
            assert now - DAY0 < timedelta(hours=4)
        assert sink.asked < 4 + 8
    assert len(sink.keys()) == len(set(sink.keys())) == 4


def test_a_hook_that_errs_one_time_in_five_gets_everything(store):
    chance = random.Random(7)
    steps = [
        chance.choice((200, 200, 200, 200, chance.choice((500, "lost", 400)))) for _ in range(60)
    ]
    venues = ("Minsk", "Istanbul", "Geneva", "Moscow")
    with HookSink(*steps) as sink:
        rules = rules_of(
            f"version: 1\nchannels: {{desk: {{type: webhook, url: '{sink.url}'}}}}\nrules:\n"
            "  - {id: o, type: match, when: {status: proposed}, group_by: [venue, source], to: desk}\n"
        )
        for number in range(5):
            for venue in venues:
                source = f"s{number}.example"
                article = make_article(
                    offer(f"Lukashenko offered {venue}."), slug=venue, source=source
                )
                store_article(store, article)
        evaluate(store, rules, None, DAY0)
        for hour in range(10):
            send(store, rules, sink, DAY0 + timedelta(hours=hour))
    expected = {row.id for row in store.find(Delivery)}
    assert len(expected) == 20
    assert set(sink.keys()) == expected
    assert {row.state for row in store.find(Delivery)} == {"delivered"}


def test_a_day_of_outage_leaves_dead_rows(store):
    with HookSink(*[500] * 1000) as sink:
        rules = rules_to(f"{{type: webhook, url: '{sink.url}'}}")
        raise_offers(store, rules, "Minsk", "Istanbul")
        now = DAY0
        while any(row.state == "pending" for row in store.find(Delivery)):
            assert now - DAY0 < timedelta(hours=31)
            send(store, rules, sink, now)
            now = min(row.next_try_at for row in store.find(Delivery))
        assert now - DAY0 >= timedelta(hours=24)
        assert sink.asked < 15
    assert all(row.error.startswith("http-500") for row in store.find(Delivery))


def test_retry_after_is_kept(store):
    with HookSink(429) as sink:
        sink.extra = {"Retry-After": "7200"}
        rules = rules_to(f"{{type: webhook, url: '{sink.url}'}}")
        raise_offers(store, rules)
        send(store, rules, sink)
    (row,) = store.find(Delivery)
    assert row.next_try_at == DAY0 + timedelta(hours=2)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("", 0, id="none"),
        pytest.param("90", 90, id="seconds"),
        pytest.param("999999999999", 86400, id="capped"),
        pytest.param("Mon, 02 Mar 2026 10:00:00 GMT", 3600, id="date"),
        pytest.param("Mon, 02 Mar 2026 10:00:00", 3600, id="date-without-zone"),
        pytest.param("Mon, 02 Mar 2020 10:00:00 GMT", 0, id="past"),
        pytest.param("soon", 0, id="text"),
        pytest.param("٣", 0, id="other-digits"),
    ],
)
def test_retry_after(value, seconds):
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert retry_after_s({"retry-after": value}, now) == seconds


def test_a_private_address_is_refused_before_it_is_dialled(store):
    rules = rules_to("{type: webhook, url: 'http://hook.example/x'}")
    raise_offers(store, rules)

    async def nowhere(host, port):
        return ["169.254.169.254"]

    async def go():
        async with Fetcher(FetchSettings(), resolver=nowhere, ssl_context=TLS) as fetcher:
            return dict(await deliver(store, rules, fetcher, lambda: DAY0))

    assert asyncio.run(go()) == {"failed": 1}
    assert store.find(Delivery)[0].error.startswith("blocked-address")


def test_a_variable_that_is_not_set_is_named(store, monkeypatch):
    monkeypatch.delenv("HOOK_URL", raising=False)
    rules = rules_to("{type: webhook, url: 'env:HOOK_URL'}")
    raise_offers(store, rules)
    assert send(store, rules) == {"failed": 1}
    assert store.find(Delivery)[0].error == "the variable HOOK_URL is not set"
    monkeypatch.setenv("HOOK_URL", "file:///etc/passwd")
    send(store, rules, at=DAY0 + timedelta(hours=1))
    assert store.find(Delivery)[0].error == "the variable HOOK_URL holds no url address"


HOSTILE = "<!channel> <http://evil.example|click> *bold* & <script>\r\nBcc: all@example.org\x1b[2J"


def test_slack_text_can_call_nobody(store):
    with HookSink("lost") as sink:
        rules = rules_to(f"{{type: slack, url: '{sink.url}'}}")
        raise_offers(store, rules, text=f" {HOSTILE}", title=HOSTILE)
        send(store, rules, sink)
        send(store, rules, sink, DAY0 + timedelta(hours=1))
    bodies = [json.loads(body) for _, body in sink.ledger]
    assert [set(body) for body in bodies] == [{"text", "mrkdwn", "unfurl_links"}] * 2
    first, second = (body["text"] for body in bodies)
    assert "<" not in first
    assert "&lt;!channel&gt;" in first
    assert "\x1b" not in first
    assert len(first.splitlines()) == 2
    assert "(perhaps sent before)" in second
    assert bodies[0]["mrkdwn"] is False


def mail_rules(sink):
    return rules_to(
        f"{{type: email, to: [desk@example.org, two@example.org],"
        f" from: watch@example.org, smtp: '{sink.url}'}}"
    )


def test_mail_has_text_and_html_and_a_stable_id(store):
    with MailSink("451 try later") as sink:
        rules = mail_rules(sink)
        (alert,) = raise_offers(store, rules)
        assert send(store, rules) == {"failed": 1}
        assert send(store, rules, at=DAY0 + timedelta(minutes=1)) == {"delivered": 1}
    (raw,) = sink.mails
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    (row,) = store.find(Delivery)
    assert mail["Message-ID"] == f"<{row.id}@example.org>"
    assert mail["Subject"] == alert.line
    assert (mail["From"], mail["To"]) == ("watch@example.org", "desk@example.org, two@example.org")
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_body(("plain",)).get_content()
    assert "“Lukashenko offered Minsk.”" in text
    assert "http://courier.example/Minsk" in text
    assert "courier.example, en, 2026-03-02 08:00 UTC" in text
    html = mail.get_body(("html",)).get_content()
    assert '<blockquote lang="en">Lukashenko offered Minsk.</blockquote>' in html
    recipients = [c for c in sink.commands if c.upper().startswith("RCPT")]
    assert recipients == ["rcpt TO:<desk@example.org>", "rcpt TO:<two@example.org>"] * 2


def test_hostile_headlines_break_out_of_no_mail(store):
    with MailSink() as sink:
        rules = mail_rules(sink)
        raise_offers(store, rules, text=f" {HOSTILE} " + "x" * 10_000, title=HOSTILE)
        assert send(store, rules) == {"delivered": 1}
    (raw,) = sink.mails
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["Bcc"] is None
    assert len(mail["Subject"]) <= 200
    html = mail.get_body(("html",)).get_content()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert b"\x1b" not in raw
    assert "\x1b" not in html


def test_a_password_goes_over_tls_only(store):
    with MailSink() as sink:
        url = sink.url.replace("smtp://", "smtp://user:s3cret@")
        rules = rules_to(f"{{type: email, to: a@example.org, from: b@example.org, smtp: '{url}'}}")
        raise_offers(store, rules)
        assert send(store, rules) == {"failed": 1}
    assert store.find(Delivery)[0].error == "127.0.0.1 offers no TLS for the password"
    assert not any("AUTH" in command.upper() for command in sink.commands)


def test_a_refused_mail_holds_no_other(store):
    with MailSink("554 spam") as sink:
        rules = mail_rules(sink)
        raise_offers(store, rules, "Minsk", "Istanbul")
        assert send(store, rules) == {"failed": 1, "delivered": 1}
    (error,) = {row.error for row in store.find(Delivery)} - {""}
    assert error == "127.0.0.1 said 554 spam"


def test_a_mail_server_that_is_down_is_said(store):
    with socket.socket() as taken:  # by somebody who does not listen, so that nobody else can
        taken.bind(("127.0.0.1", 0))
        rules = mail_rules(SimpleNamespace(url=f"smtp://127.0.0.1:{taken.getsockname()[1]}"))
        raise_offers(store, rules, "Minsk", "Istanbul")
        assert send(store, rules) == {"failed": 2}
    assert "Connection refused" in store.find(Delivery)[0].error
    assert store.count(Alert) == 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of localhost that vouches for itself."""
    folder = tmp_path_factory.mktemp("mail-tls")
    command = shutil.which("openssl")
    if command is None:
        pytest.skip("no openssl command to make certificates")
    subprocess.run(
        [
            command, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem",
        ],
        check=True,
        capture_output=True,
        timeout=100,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


@pytest.mark.parametrize("at_once", [False, True], ids=["starttls", "smtps"])
def test_mail_over_tls_with_a_password(store, monkeypatch, certificate, at_once):
    path, context = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with MailSink(tls=context, at_once=at_once) as sink:
        scheme = "smtps" if at_once else "smtp"
        monkeypatch.setenv("SMTP_URL", f"{scheme}://user:p%40ss@localhost:{sink.port}")
        rules = rules_to(
            "{type: email, to: a@example.org, from: b@example.org, smtp: 'env:SMTP_URL'}"
        )
        raise_offers(store, rules)
        assert send(store, rules) == {"delivered": 1}
    assert len(sink.mails) == 1
    assert "AUTH over TLS" in sink.commands


@pytest.mark.parametrize("at_once", [False, True], ids=["starttls", "smtps"])
def test_a_mail_server_that_nobody_vouches_for_gets_nothing(store, certificate, at_once):
    with MailSink(tls=certificate[1], at_once=at_once) as sink:
        scheme = "smtps" if at_once else "smtp"
        url = f"{scheme}://user:s3cret@localhost:{sink.port}"
        rules = rules_to(f"{{type: email, to: a@example.org, from: b@example.org, smtp: '{url}'}}")
        raise_offers(store, rules)
        assert send(store, rules) == {"failed": 1}
    (row,) = store.find(Delivery)
    assert "certificate" in row.error.lower()
    assert "s3cret" not in row.error
    assert not any("AUTH" in command for command in sink.commands)


@pytest.mark.parametrize(
    ("refusal", "counts", "state"),
    [
        pytest.param("550 unknown", {"delivered": 1}, "delivered", id="for-good"),
        pytest.param("450 greylisted", {"failed": 1}, "pending", id="for-now"),
    ],
)
def test_a_refused_recipient_is_named(store, refusal, counts, state):
    """The others have the mail: only a passing refusal is worth sending it to them again."""
    with MailSink(bad="two@", refusal=refusal) as sink:
        rules = mail_rules(sink)
        raise_offers(store, rules)
        assert send(store, rules) == counts
    (row,) = store.find(Delivery)
    assert (row.state, row.error) == (state, "127.0.0.1 refused two@example.org")
    assert len(sink.mails) == 1
