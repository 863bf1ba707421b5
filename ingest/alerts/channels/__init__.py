"""Where alerts go: what a channel is, as rules.yaml names it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingest.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.alerts.yamldoc import Value
    from ingest.model import Alert, Delivery

CHANNEL_TYPES = ("stdout", "file", "webhook", "slack", "email")

FIELDS: Mapping[str, tuple[str, ...]] = {
    "stdout": ("type",),
    "file": ("type", "path"),
    "webhook": ("type", "url", "secret"),
    "slack": ("type", "url"),
    "email": ("type", "to", "from", "smtp"),
}
_NEEDED = {"webhook": ("url",), "slack": ("url",), "email": ("to", "from", "smtp")}
_SCHEMES = {"url": ("http", "https"), "smtp": ("smtp", "smtps")}
ENV = "env:"


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel.

    Attributes:
        path: of a `file` channel, as a shell in the working directory would read it.
        url: of a `webhook` or `slack` channel; secret: signs what a webhook gets.
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
class Letter:
    """An alert on its way: the alert, its outbox row (this try counted), and its JSON."""

    alert: Alert
    row: Delivery
    record: Mapping[str, object]


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
        url=_address(fields["url"], "url") if "url" in fields else "",
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
    if setting in _SCHEMES and not is_address(value, _SCHEMES[setting]):
        raise SendError(channel.name, f"the variable {name} holds no {setting} address")
    return value
