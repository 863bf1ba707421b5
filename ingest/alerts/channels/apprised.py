"""Any Apprise URL as a channel: Telegram, Matrix, Mattermost and a hundred more.

Apprise opens its own connections, so it runs in a process of its own (`apprise_child`), where
every address is judged at the moment it is dialled: by the rules of `ingest.fetch.guard`, except
that every port is allowed. Redirects are off. What hangs is killed.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from typing import TYPE_CHECKING

from ingest.alerts.channels import SendError, resolved
from ingest.alerts.channels.webhook import marked
from ingest.alerts.render import one_line

if TYPE_CHECKING:
    from ingest.alerts.channels import Channel, Message
    from ingest.settings import FetchSettings

DEADLINE_S = 60.0
_OWN_FAULT = re.compile(r"error=4(?!08|25|29)\d\d\b")  # the service refuses this message, not us


async def send_apprise(channel: Channel, message: Message, settings: FetchSettings) -> None:
    """Send a message to one Apprise URL.

    Apprise has no way to tell a receiver of a repeat: one that may be is marked in its text.

    Raises:
        SendError: it was refused, hung, or the extra `apprise` is not installed.
    """
    order = {
        "url": resolved(channel, "url"),
        "title": message.subject,
        "body": marked(message),
        "allow_private": settings.allow_private,
        "proxy": settings.proxy,
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ingest.alerts.channels.apprise_child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_environment(settings.proxy),
    )
    try:
        async with asyncio.timeout(DEADLINE_S):
            out, _ = await child.communicate(json.dumps(order).encode())
    except TimeoutError as exc:
        raise SendError(channel.name, f"no answer within {DEADLINE_S:.0f} s") from exc
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    try:
        answer = json.loads(out)
        is_sent, said = bool(answer["sent"]), one_line(str(answer["said"]), 300)
    except (ValueError, KeyError, TypeError) as exc:
        raise SendError(channel.name, f"apprise died (exit {child.returncode})") from exc
    if not is_sent:
        raise SendError(channel.name, said, is_down=not _OWN_FAULT.search(said))


def _environment(proxy: str) -> dict[str, str]:
    """This process's variables, with no proxy in them but the desk's own."""
    kept = {name: value for name, value in os.environ.items() if not _is_proxy(name)}
    return kept | ({"http_proxy": proxy, "https_proxy": proxy} if proxy else {})


def _is_proxy(name: str) -> bool:
    return name.lower().endswith("_proxy")
