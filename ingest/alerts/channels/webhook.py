"""Webhooks: signed JSON, and the shape that Slack and its kin take. Both through the one fetcher."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, assert_never

from ingest.alerts.channels import SendError, resolved
from ingest.alerts.channels.file import json_line
from ingest.fetch.result import Fetched, FetchFailed, NotModified

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ingest.alerts.channels import Channel, Message
    from ingest.fetch.client import Fetcher

MAX_RETRY_AFTER_S = 86_400.0
_PASSING = frozenset({"http-408", "http-425", "http-429"})


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return `sha256=…`: HMAC-SHA256 with the secret over `timestamp.body`.

    The timestamp is part of it, so that a receiver can refuse what is replayed later.
    """
    message = timestamp.encode() + b"." + body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


async def send_webhook(channel: Channel, message: Message, fetcher: Fetcher, now: datetime) -> None:
    """POST the record as JSON.

    `Idempotency-Key` is the message's key, the same at every try: a receiver that keeps it sees
    each message once.

    Raises:
        SendError: any answer but success.
    """
    body = json_line(message.record).encode()
    timestamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": message.key,
        "X-Summitwatch-Timestamp": timestamp,
        "X-Summitwatch-Try": str(message.tries),
    }
    if secret := resolved(channel, "secret"):
        headers["X-Summitwatch-Signature"] = sign(secret, timestamp, body)
    await _post(channel, body, headers, fetcher, now)


async def send_slack(channel: Channel, message: Message, fetcher: Fetcher, now: datetime) -> None:
    """POST the message as `{"text": …}`; foreign text can neither format nor call anybody.

    Raises:
        SendError: any answer but success.
    """
    text = marked(message)
    # https://docs.slack.dev/messaging/formatting-message-text: these three, and nothing else
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    body = json.dumps({"text": text, "mrkdwn": False, "unfurl_links": False}).encode()
    await _post(channel, body, {"Content-Type": "application/json"}, fetcher, now)


def marked(message: Message) -> str:
    """Return the text for a chat, which cannot know a repeat: one that may be is marked so."""
    first, *rest = message.chat.split("\n")
    return "\n".join([f"{first}{' (perhaps sent before)' if message.tries > 1 else ''}", *rest])


async def _post(
    channel: Channel, body: bytes, headers: Mapping[str, str], fetcher: Fetcher, now: datetime
) -> None:
    result = await fetcher.post(resolved(channel, "url"), body, headers=headers, now=now)
    match result:
        case Fetched():
            return
        case NotModified():
            raise SendError(channel.name, "304 to a POST")
        case FetchFailed(code=code, detail=detail):
            is_down = not code.startswith("http-4") or code in _PASSING
            wait_s = retry_after_s(result.headers, now)
            raise SendError(
                channel.name, f"{code}: {detail}", retry_after_s=wait_s, is_down=is_down
            )
        case _:
            assert_never(result)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float:
    """Return what Retry-After asks for in seconds, at most a day; 0 where it asks for nothing."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_RETRY_AFTER_S)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), MAX_RETRY_AFTER_S)
