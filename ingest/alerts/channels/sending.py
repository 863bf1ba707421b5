"""One message to one channel, whatever its type."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from ingest.alerts.channels import SendError
from ingest.alerts.channels.file import append_records
from ingest.alerts.channels.webhook import send_slack, send_webhook

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ingest.alerts.channels import Channel, Message
    from ingest.fetch.client import Fetcher


def print_stdout(line: str) -> None:
    """Print a line on stdout at once; what the terminal's encoding lacks is escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    sys.stdout.flush()


async def send(
    channel: Channel,
    message: Message,
    *,
    fetcher: Fetcher | None,
    now: datetime,
    print_line: Callable[[str], None] = print_stdout,
) -> str:
    """Send it.

    Args:
        fetcher: carries webhooks, and knows the limits for apprise; None where there are none.
        print_line: takes the lines of a `stdout` channel.

    Returns:
        What a person should know though it was sent, or "".

    Raises:
        SendError, OSError: the channel did not take it.
    """
    match channel.type:
        case "file":
            assert channel.path is not None
            await asyncio.to_thread(append_records, channel.path, [message.record])
        case "email":
            from ingest.alerts.channels.mail import send_mail  # noqa: PLC0415  not every desk mails

            return await asyncio.to_thread(send_mail, channel, message)
        case "webhook" | "slack" | "apprise":
            if fetcher is None:
                raise SendError(channel.name, "there is no network here")
            if channel.type == "apprise":
                from ingest.alerts.channels.apprised import send_apprise  # noqa: PLC0415  as above

                await send_apprise(channel, message, fetcher.settings)
            else:
                post = send_webhook if channel.type == "webhook" else send_slack
                await post(channel, message, fetcher, now)
        case _:
            first, *rest = message.lines
            print_line(first if message.tries == 1 else f"{first} (perhaps shown before)")
            for line in rest:
                print_line(line)
    return ""
