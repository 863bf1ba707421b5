"""What alerts are written with: templates of ours and of the desk, withdrawals, disputes."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from alerts.newsdesk import DAY0, HOUR, edited, make_article, offer, rules_of, store_article
from alerts.sinks import HookSink, MailSink
from alerts.test_alert_channels import HOSTILE, TLS, mail_rules, raise_offers, rules_to

from ingest.alerts.deliver import deliver
from ingest.alerts.evaluate import evaluate
from ingest.alerts.groups import delivery_id
from ingest.alerts.templates import NAMES, SAMPLE, Templates, ours
from ingest.alerts.withdraw import withdraw
from ingest.errors import SettingsError
from ingest.fetch.client import Fetcher
from ingest.fetch.resolve import map_resolver
from ingest.model import Alert, Delivery
from ingest.settings import FetchSettings

WHY = "the publisher's edit took the offer out"


def send(store, rules, sink=None, at=DAY0, printed=None, **more):
    async def go():
        port = sink.port if isinstance(sink, HookSink) else 1
        settings = FetchSettings(allow_private=(f"127.0.0.1:{port}",), timeout_s=100)
        resolver = map_resolver({"hook.example": ("127.0.0.1", port)})
        lines = [] if printed is None else printed
        async with Fetcher(settings, resolver=resolver, ssl_context=TLS) as fetcher:
            return dict(
                await deliver(store, rules, fetcher, lambda: at, print_line=lines.append, **more)
            )

    return asyncio.run(go())


def take_back(store, at=DAY0 + HOUR, why=WHY):
    """Edit the offer out of every article, and withdraw what stood on it."""
    alerts = store.find(Alert)
    for alert in alerts:
        article = store.get_article(alert.evidence[0].article_id)
        store_article(store, edited(article, offer("Nobody offered anything.", by=""), at=at))
    return withdraw(store, [a.evidence[0].article_id for a in alerts], at, why)


def mails_of(sink):
    return [email.message_from_bytes(raw, policy=email.policy.default) for raw in sink.mails]


# --- withdrawals and disputes -------------------------------------------------------------------


def test_a_withdrawal_stands_in_the_thread_of_its_mail(store):
    with MailSink() as sink:
        rules = mail_rules(sink)
        (alert,) = raise_offers(store, rules)
        assert send(store, rules) == {"delivered": 1}
        assert len(take_back(store)) == 1
        assert send(store, rules, at=DAY0 + HOUR) == {"delivered": 1}
        assert send(store, rules, at=DAY0 + 2 * HOUR) == {}
    first, last = mails_of(sink)
    assert last["In-Reply-To"] == last["References"] == first["Message-ID"]
    assert last["Message-ID"] == f"<{delivery_id(alert.id, 'desk', 'withdrawal')}@example.org>"
    assert last["Subject"] == f"Re: {first['Subject']}"
    text = last.get_body(("plain",)).get_content()
    assert text.splitlines()[:3] == [f"Withdrawn: {alert.line}", "", WHY]
    assert len(text) < 600
    assert f"<p>{WHY}</p>" not in text
    assert "<strong>Withdrawn:</strong>" in last.get_body(("html",)).get_content()
    # ids of any length stay whole on the wire, or no reader would find the thread
    assert f"In-Reply-To: {first['Message-ID']}\r\n".encode() in sink.mails[1]


def test_a_withdrawal_on_every_other_channel(store, tmp_path):
    with HookSink() as sink:
        rules = rules_of(
            "version: 1\nchannels:\n"
            f"  hook: {{type: webhook, url: '{sink.url}'}}\n"
            f"  chat: {{type: slack, url: '{sink.url}'}}\n"
            "rules:\n  - {id: offers, type: match, when: {status: proposed},"
            " to: [hook, chat, file, stdout]}\n",
            alerts_file=tmp_path / "alerts.jsonl",
        )
        (alert,) = raise_offers(store, rules)
        printed = []
        assert send(store, rules, sink) == {"delivered": 4}
        take_back(store)
        assert send(store, rules, sink, DAY0 + HOUR, printed) == {"delivered": 4}
    bodies = [json.loads(body) for _, body in sink.ledger]
    hooked = [body for body in bodies if "purpose" in body]
    assert [(b["purpose"], b["thread"]) for b in hooked] == [
        ("alert", alert.id),
        ("withdrawal", alert.id),
    ]
    assert hooked[1]["why"] == WHY
    assert hooked[1]["alert"]["id"] == alert.id
    keys = [headers["Idempotency-Key"] for headers, body in sink.ledger if b'"purpose"' in body]
    assert keys[0] != keys[1]
    chats = [body["text"] for body in bodies if "text" in body]
    assert chats[1].startswith(f"WITHDRAWN offers: {alert.line}")
    assert WHY in chats[1]
    assert alert.id[:12] in chats[0]
    assert alert.id[:12] in chats[1]
    lines = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    assert [line["purpose"] for line in lines] == ["alert", "withdrawal"]
    assert lines[1]["thread"] == lines[0]["id"] == alert.id
    assert printed == [f"WITHDRAWN offers: {alert.line}", f"  {WHY} id {alert.id[:12]}"]


def test_an_alert_withdrawn_before_it_was_sent_is_not_sent(store):
    with HookSink() as sink:
        rules = rules_to(f"{{type: webhook, url: '{sink.url}'}}")
        raise_offers(store, rules)
        take_back(store)
        assert send(store, rules, sink, DAY0 + HOUR) == {"withdrawn": 1}
        assert send(store, rules, sink, DAY0 + 2 * HOUR) == {}
    assert sink.asked == 0
    assert [row.state for row in store.find(Delivery)] == ["withdrawn"]


def test_one_that_may_have_arrived_is_followed_by_its_withdrawal(store):
    with HookSink("lost") as sink:
        rules = rules_to(f"{{type: webhook, url: '{sink.url}'}}")
        raise_offers(store, rules)
        assert send(store, rules, sink) == {"failed": 1}
        take_back(store)
        assert send(store, rules, sink, DAY0 + HOUR) == {"withdrawn": 1}
        assert send(store, rules, sink, DAY0 + HOUR) == {"delivered": 1}
    purposes = [json.loads(body)["purpose"] for _, body in sink.ledger]
    assert purposes == ["alert", "withdrawal"]


def test_one_withdrawn_while_it_was_on_its_way_is_followed_too(store):
    with HookSink() as sink:
        rules = rules_to(f"{{type: webhook, url: '{sink.url}'}}")
        raise_offers(store, rules)

        class Meanwhile:
            """Another process takes the alert back just before the row is marked."""

            def __getattr__(self, name):
                return getattr(store, name)

            def put(self, records):
                if isinstance(records[0], Delivery) and records[0].state == "delivered":
                    take_back(store)
                return store.put(records)

        assert send(Meanwhile(), rules, sink) == {"delivered": 1}
        assert send(store, rules, sink, DAY0 + 2 * HOUR) == {"delivered": 1}
    purposes = [json.loads(body)["purpose"] for _, body in sink.ledger]
    assert purposes == ["alert", "withdrawal"]


def test_a_dispute_shows_what_contradicts(store):
    with MailSink() as sink:
        rules = mail_rules(sink)
        (alert,) = raise_offers(store, rules)
        send(store, rules)
        contrary = replace(alert.evidence[0], sentence="Putin ruled Minsk out.", source="b.example")
        now = store.get(Alert, alert.id)
        store.put([replace(now, state="disputed", evidence=(*now.evidence, contrary))])
        row = Delivery(
            delivery_id(alert.id, "desk", "dispute"), alert.id, "desk", DAY0, purpose="dispute"
        )
        store.put([row])
        assert send(store, rules, at=DAY0 + HOUR) == {"delivered": 1}
    first, last = mails_of(sink)
    assert last["In-Reply-To"] == first["Message-ID"]
    text = last.get_body(("plain",)).get_content()
    assert text.startswith("Disputed: ")
    assert "“Lukashenko offered Minsk.”" in text
    assert "“Putin ruled Minsk out.”" in text


def test_hostile_reasons_break_out_of_no_withdrawal(store):
    with MailSink() as sink, HookSink() as hook:
        rules = rules_of(
            "version: 1\nchannels:\n"
            f"  desk: {{type: email, to: a@example.org, from: b@example.org, smtp: '{sink.url}'}}\n"
            f"  chat: {{type: slack, url: '{hook.url}'}}\n"
            "rules: [{id: offers, type: match, when: {status: proposed}, to: [desk, chat]}]\n"
        )
        raise_offers(store, rules, text=f" {HOSTILE}", title=HOSTILE)
        send(store, rules, hook)
        take_back(store, why=HOSTILE)
        assert send(store, rules, hook, DAY0 + HOUR) == {"delivered": 2}
    for mail in mails_of(sink):
        assert mail["Bcc"] is None
        assert "<script" not in mail.get_body(("html",)).get_content()
    assert all(b"\x1b" not in mail for mail in sink.mails)
    for _, body in hook.ledger:
        text = json.loads(body)["text"]
        assert "<" not in text
        assert len(text.splitlines()) == 2


# --- templates ----------------------------------------------------------------------------------


def write(folder, **texts):
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_txt", ".txt").replace("_html", ".html")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Templates(folder)


def test_the_desks_own_templates_for_all_channels_and_for_one(store, tmp_path):
    with MailSink() as sink, HookSink() as hook:
        rules = rules_of(
            "version: 1\nchannels:\n"
            f"  desk: {{type: email, to: a@example.org, from: b@example.org, smtp: '{sink.url}'}}\n"
            f"  night: {{type: email, to: n@example.org, from: b@example.org, smtp: '{sink.url}'}}\n"
            f"  chat: {{type: slack, url: '{hook.url}'}}\n"
            "rules: [{id: offers, type: match, when: {status: proposed}, to: [desk, night, chat]}]\n"
        )
        templates = write(
            tmp_path / "templates",
            subject_txt="[watch] {{ alert.line }}",
            night__mail_html="<i>{{ evidence[0].sentence }}</i> {{ evidence[0].role }}",
            chat_txt="{{ evidence[0].source }} says {{ evidence[0].role }}",
        )
        templates.check()
        raise_offers(store, rules, text=" <b>")
        assert send(store, rules, hook, templates=templates) == {"delivered": 3}
    by_to = {mail["To"]: mail for mail in mails_of(sink)}
    assert all(mail["Subject"].startswith("[watch] 2 Mar: ") for mail in by_to.values())
    night = by_to["n@example.org"].get_body(("html",)).get_content()
    assert night.strip() == "<i>Lukashenko offered Minsk &lt;b&gt;.</i> proposed"
    assert "blockquote" in by_to["a@example.org"].get_body(("html",)).get_content()
    assert json.loads(hook.ledger[0][1])["text"] == "courier.example says proposed"


def test_links_go_to_the_desks_pages_where_it_has_some(store):
    with MailSink() as sink:
        rules = mail_rules(sink)
        (alert,) = raise_offers(store, rules)
        send(store, rules, templates=Templates(base_url="https://desk.example/watch/"))
    (mail,) = mails_of(sink)
    article = alert.evidence[0].article_id
    for kind in ("plain", "html"):
        body = mail.get_body((kind,)).get_content()
        assert f"https://desk.example/watch/article/{article}" in body
        assert "https://desk.example/watch/board" in body
        assert "proposed" in body


@pytest.mark.parametrize(
    ("name", "text", "where", "reason"),
    [
        pytest.param("mail_txt", "a\n{% if %}", "mail.txt:2", "Expected an expression", id="syntax"),
        pytest.param("chat_txt", "\n\n{{ alart.line }}", "chat.txt:3", "'alart' is undefined", id="name"),
        pytest.param(
            "desk__mail_html", "{{ evidence[0].sentense }}", "desk/mail.html:1",
            "has no attribute 'sentense'", id="field",
        ),
        pytest.param("mail_txt", "{{ 1 / 0 }}", "mail.txt:1", "division by zero", id="zero"),
        pytest.param(
            "mail_txt", "{{ ''.__class__.__mro__ }}", "mail.txt:1", "is unsafe", id="sandbox"
        ),
        pytest.param("mail_txt", "{% include '/etc/passwd' %}", "mail.txt:1", "passwd", id="include"),
        pytest.param(
            "mail_txt", "{% for i in range(10**9) %}x{% endfor %}", "mail.txt:1", "Range too big",
            id="endless",
        ),
    ],
)  # fmt: skip
def test_a_broken_template_is_refused_with_its_line(tmp_path, name, text, where, reason):
    templates = write(tmp_path, **{name: text})
    with pytest.raises(SettingsError) as found:
        templates.check()
    assert found.value.thing == f"{tmp_path}/{where}"
    assert reason in found.value.reason


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(lambda f: f.mkdir(), None, id="empty-folder"),
        pytest.param(lambda f: None, "No such file", id="no-folder"),
        pytest.param(lambda f: f.write_text("x"), "Not a directory", id="a-file"),
        pytest.param(lambda f: write(f, body_txt="x"), "is no template's name", id="odd-name"),
        pytest.param(
            lambda f: (f.mkdir(), (f / "mail.txt").write_bytes(b"\xff\xfe")),
            "not UTF-8",
            id="bytes",
        ),
    ],
)
def test_a_folder_of_templates(tmp_path, make, reason):
    folder = tmp_path / "templates"
    make(folder)
    if reason is None:
        Templates(folder).check()
        return
    with pytest.raises(SettingsError, match=reason):
        Templates(folder).check()


def test_a_template_that_breaks_on_a_real_alert_loses_nothing(store, tmp_path):
    with MailSink() as sink:
        rules = mail_rules(sink)
        templates = write(tmp_path / "own", mail_txt="{{ 1 // (evidence | length - 1) }}")
        templates.check()
        raise_offers(store, rules)
        assert send(store, rules, templates=templates) == {"delivered": 1}
    (row,) = store.find(Delivery)
    assert row.state == "delivered"
    assert "mail.txt:1: " in row.error
    assert "ours was used" in row.error
    assert "“Lukashenko offered Minsk.”" in mails_of(sink)[0].get_body(("plain",)).get_content()


def test_every_template_of_ours_takes_the_sample(tmp_path):
    for name in NAMES:
        (tmp_path / name).write_text(ours(name))
        text, wrong = Templates(tmp_path).render(name, "desk", SAMPLE)
        assert text.strip()
        assert wrong == ""


# --- lag ----------------------------------------------------------------------------------------


def test_lag_counts_from_the_saving_that_raised_it(store):
    with HookSink() as sink:
        rules = rules_to(f"{{type: webhook, url: '{sink.url}'}}")
        raise_offers(store, rules)
        old = make_article(offer("x y z w.", by=""), slug="old", at=DAY0 - 5 * HOUR)
        store_article(store, old)
        evaluate(store, rules, None, DAY0)
        store_article(store, edited(old, offer("Putin offered Geneva.", "Putin"), at=DAY0 + HOUR))
        evaluate(store, rules, None, DAY0 + HOUR)
        lags = []
        send(store, rules, sink, DAY0 + HOUR + timedelta(seconds=3), lags_s=lags)
    assert sorted(lags) == [3.0, 3603.0]
