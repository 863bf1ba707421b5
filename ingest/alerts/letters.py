"""An alert and its outbox row as the message that a channel sends. No I/O but the templates'."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ingest.alerts.channels import Message
from ingest.alerts.groups import delivery_id
from ingest.alerts.render import alert_json, alert_lines, one_line

if TYPE_CHECKING:
    from ingest.alerts.channels import Channel
    from ingest.alerts.rules import RuleSet
    from ingest.alerts.templates import Templates
    from ingest.model import Alert, Delivery, Evidence

WHAT = {"withdrawal": "Withdrawn", "dispute": "Disputed"}
"""Messages that follow an alert to the channels that got it."""

PROSE = frozenset({"email", "slack", "apprise"})
"""Channel types that are sent what templates write."""

MAX_SENTENCE = 2000


def write_message(
    alert: Alert, row: Delivery, channel: Channel, rules: RuleSet, templates: Templates | None
) -> tuple[Message, str]:
    """Return the message of an outbox row, in the shapes that this channel's type sends.

    A withdrawal or dispute follows the alert's own message: it names that one as its thread.

    Args:
        templates: None will do for channels that are not of PROSE.

    Returns:
        The message, and what was wrong with the desk's templates, or "".
    """
    message = Message(
        key=row.id,
        at=alert.created_at if row.purpose == "alert" else (alert.changed_at or row.created_at),
        label=alert.rule_id,
        record=_record(alert, row, rules),
        lines=alert_lines(alert) if row.purpose == "alert" else _follow_up_lines(alert, row),
        thread="" if row.purpose == "alert" else delivery_id(alert.id, row.channel),
        tries=row.tries,
    )
    if templates is None or channel.type not in PROSE:
        return message, ""
    values = _values(alert, message, row.purpose, templates.base_url)
    notes: dict[str, None] = {}

    def render(name: str) -> str:
        text, note = templates.render(name, channel.name, values)
        notes.setdefault(note)
        return text

    stem = "mail" if row.purpose == "alert" else "follow_up"
    chat = "chat.txt" if row.purpose == "alert" else "follow_up_chat.txt"
    subject = one_line(render("subject.txt"))
    # "Re:" and nothing else before it: some readers go by the subject to keep a thread together
    message = replace(message, subject=f"Re: {subject}" if message.thread else subject)
    if channel.type == "email":
        message = replace(message, text=render(f"{stem}.txt"), html=render(f"{stem}.html"))
    else:
        message = replace(message, chat=render(chat).strip())
    return message, "; ".join(note for note in notes if note)


def _record(alert: Alert, row: Delivery, rules: RuleSet) -> dict[str, Any]:
    whole = alert_json(alert, rules)
    if row.purpose == "alert":
        return whole | {"purpose": "alert", "thread": alert.id}
    head = {"id": row.id, "purpose": row.purpose, "thread": alert.id, "why": _why(alert)}
    return head | {"alert": whole}


def _why(alert: Alert) -> str:
    return one_line(alert.why)


def _follow_up_lines(alert: Alert, row: Delivery) -> tuple[str, ...]:
    first = f"{WHAT[row.purpose].upper()} {alert.rule_id}: {alert.line}"
    why = f"{_why(alert)} " if alert.why else ""
    last = alert.evidence[-1]
    if row.purpose == "dispute":
        why += f"“{one_line(last.sentence)}” {one_line(last.source, 100)} {one_line(last.url)} "
    return one_line(first), f"  {why}id {alert.id[:12]}"


def _values(alert: Alert, message: Message, purpose: str, base_url: str) -> dict[str, object]:
    """What templates are given: foreign text in single lines, links that are http(s) or ""."""
    base = base_url.rstrip("/")
    shown = message.record if purpose == "alert" else message.record["alert"]
    assert isinstance(shown, dict)
    key = shown["key"] if isinstance(shown["key"], dict) else {}
    values = [value.partition(":")[2] or value[:20] for value in alert.key if value]
    return {
        "alert": {
            "id": alert.id,
            "rule": alert.rule_id,
            "line": one_line(alert.line),
            "group": f" [{one_line(', '.join(values))}]" if values else "",
            "key": {name: one_line(str(value)) for name, value in key.items()},
            "state": alert.state,
            "created": f"{alert.created_at:%Y-%m-%d %H:%M} UTC",
        },
        "evidence": tuple(_evidence(item, base) for item in alert.evidence),
        "board": f"{base}/board" if base else "",
        "purpose": purpose,
        "what": WHAT.get(purpose, "Alert"),
        "why": _why(alert),
        "again": message.tries > 1,
    }


def _evidence(item: Evidence, base: str) -> dict[str, object]:
    publisher = one_line(item.url, 2000) if item.url.startswith(("http://", "https://")) else ""
    when = item.published_at
    return {
        "sentence": one_line(item.sentence, MAX_SENTENCE),
        "title": one_line(item.title),
        "source": one_line(item.source, 100),
        "lang": one_line(item.lang, 20),
        "when": f"{when:%Y-%m-%d %H:%M} UTC" if when else "undated",
        "role": item.fact.partition("|")[0],  # role|places|who, see facts
        "confidence": item.confidence,
        "line": one_line(item.line),
        "link": f"{base}/article/{item.article_id}" if base else publisher,
        "publisher_link": publisher,
    }
