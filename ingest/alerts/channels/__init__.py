"""Where alerts go: what a channel is, as rules.yaml names it, and what it is given to send."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingest.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ingest.alerts.yamldoc import Value

CHANNEL_TYPES = ("stdout", "file", "webhook", "slack", "email", "apprise")

FIELDS: Mapping[str, tuple[str, ...]] = {
    "stdout": ("type",),
    "file": ("type", "path"),
    "webhook": ("type", "url", "secret"),
    "slack": ("type", "url"),
    "email": ("type", "to", "from", "smtp"),
    "apprise": ("type", "url"),
}
_NEEDED = {
    "webhook": ("url",),
    "slack": ("url",),
    "email": ("to", "from", "smtp"),
    "apprise": ("url",),
}
_SCHEMES = {"url": ("http", "https"), "smtp": ("smtp", "smtps")}
_APPRISE = re.compile(r"[a-z][a-z0-9+.-]*://[!-~]+", re.IGNORECASE)
ENV = "env:"


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel.

    Attributes:
        path: of a `file` channel, as a shell in the working directory would read it.
        url: of a `webhook`, `slack` or `apprise` channel; secret: signs what a webhook gets.
        to, sender, smtp: of an `email` channel; smtp is `smtp://` or `smtps://user:pass@host:port`.

    `url`, `secret` and `smtp` may be `env:NAME`: read from that variable when something is sent.
    """

    name: str
    type: str
    path: Path | None = None
    url: str = ""
    secret: str = ""
    to: tuple[str, ...] = ()
    sender: str = ""
    smtp: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One piece of news, in the shapes that channels send. Made safe by whoever wrote it.

    Attributes:
        key: the same at every try: what a receiver may know a repeat by.
        at: when the news was made.
        label: short and plain: the rule's id.
        record: as JSON, `id` first.
        lines: for a terminal.
        subject: one line; text, html: a mail's two parts; chat: plain text for chats.
        thread: key of the message that this one follows, "" for the first.
        tries: this one counted; after more than one it may have arrived before.
    """

    key: str
    at: datetime
    label: str
    record: Mapping[str, object]
    lines: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    chat: str = ""
    thread: str = ""
    tries: int = 1


class SendError(FetchError):
    """A channel did not take an alert.

    Attributes:
        retry_after_s: how long the other side asks us to wait.
        is_down: whether the channel itself fails, so that its other alerts need not be tried now.
    """

    code = "SW-SEND"

    def __init__(
        self, thing: str, reason: str, *, retry_after_s: float = 0.0, is_down: bool = True
    ) -> None:
        super().__init__(thing, reason)
        self.retry_after_s, self.is_down = retry_after_s, is_down


def read_channel(name: str, value: Value, alerts_file: Path) -> Channel:
    """Read one channel of rules.yaml; raises SettingsError."""
    if not isinstance(value.content, dict) or "type" not in value.content:
        value.fail("has no type", f"write {name}: {{type: file}}")
    kind = value.content["type"].one_of(CHANNEL_TYPES)
    fields = value.fields(FIELDS[kind])
    for needed in _NEEDED.get(kind, ()):
        if needed not in fields:
            value.fail(f"has no {needed}", f"a {kind} channel needs {', '.join(_NEEDED[kind])}")
    path = None
    if kind == "file":
        path = Path(fields["path"].text()) if "path" in fields else alerts_file
    return Channel(
        name=name,
        type=kind,
        path=path,
        url=_address(fields["url"], "apprise" if kind == "apprise" else "url")
        if "url" in fields
        else "",
        secret=fields["secret"].text() if "secret" in fields else "",
        to=tuple(map(_mailbox, fields["to"].many())) if "to" in fields else (),
        sender=_mailbox(fields["from"]) if "from" in fields else "",
        smtp=_address(fields["smtp"], "smtp") if "smtp" in fields else "",
    )


def _address(value: Value, field: str) -> str:
    text = value.text()
    if text.startswith(ENV):
        if not text.removeprefix(ENV).isidentifier():
            value.fail(f"{text[:80]!r} names no variable", "write env:NAME")
        return text
    if field == "apprise":
        if not _APPRISE.fullmatch(text):
            value.fail("is no address", "write it as Apprise has it, tgram://…, or env:NAME")
        return text
    schemes = _SCHEMES[field]
    if not is_address(text, schemes):
        value.fail("is no address", f"write {schemes[0]}://… or env:NAME")
    return text


def is_address(text: str, schemes: tuple[str, ...]) -> bool:
    """Whether the text is a URL of one of these schemes with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _mailbox(value: Value) -> str:
    text = value.text()
    address = parseaddr(text)[1]
    local, at, domain = address.rpartition("@")
    if address != text or not (local and at and domain) or not text.isprintable() or " " in text:
        value.fail(f"{text[:80]!r} is no mail address", "write desk@example.org")
    return text


def resolved(channel: Channel, setting: str) -> str:
    """Return a setting's value, read from the environment where it says so.

    Raises:
        SendError: the variable is not set.
    """
    text: str = getattr(channel, setting)
    if not text.startswith(ENV):
        return text
    name = text.removeprefix(ENV)
    value = os.environ.get(name, "").strip()
    if not value:
        raise SendError(channel.name, f"the variable {name} is not set")
    if channel.type == "apprise":
        is_good = _APPRISE.fullmatch(value) is not None
    else:
        is_good = setting not in _SCHEMES or is_address(value, _SCHEMES[setting])
    if not is_good:
        raise SendError(channel.name, f"the variable {name} holds no {setting} address")
    return value
