"""The outbox: every alert to every channel of its rule, sent and then marked.

A try is noted before it is made, so a crash between sending and marking shows: what cannot be
known to have arrived is sent again. The `file` channel looks whether the alert already stands in
the file, a webhook gets the same Idempotency-Key, mail the same Message-ID; a terminal and Slack
are told that it may be a repeat.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from ingest.alerts.channels import Letter, SendError
from ingest.alerts.channels.file import append_records
from ingest.alerts.channels.webhook import send_slack, send_webhook
from ingest.alerts.render import alert_json, alert_lines
from ingest.errors import LeaseHeldError
from ingest.leases import lease
from ingest.model import Alert, Delivery
from ingest.store.port import Where

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ingest.alerts.channels import Channel
    from ingest.alerts.rules import RuleSet
    from ingest.fetch.client import Fetcher
    from ingest.store.port import Store

log = structlog.get_logger()

GIVE_UP = timedelta(hours=24)
BACK_OFF_S = (60, 300, 900, 3600, 3 * 3600, 6 * 3600)


def print_stdout(line: str) -> None:
    """Print a line on stdout at once; what the terminal's encoding lacks is escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    sys.stdout.flush()


async def deliver(
    store: Store,
    rules: RuleSet,
    fetcher: Fetcher | None,
    clock: Callable[[], datetime],
    *,
    print_line: Callable[[str], None] = print_stdout,
) -> Counter[str]:
    """Send what is due in the outbox and mark it; channels do not wait for each other.

    Args:
        fetcher: carries webhooks; None where there are none.
        print_line: takes the lines of the `stdout` channel, made safe for a terminal.

    Returns:
        How many rows were `delivered`, `failed` (to be tried again) or `dead`. Nothing where
        another run is delivering.
    """
    try:
        with lease(store, "deliver", clock=clock):
            outbox = _Outbox(store, rules, fetcher, clock, print_line)
            return await outbox.send_due()
    except LeaseHeldError:
        return Counter()


@dataclass(frozen=True, slots=True)
class _Outbox:
    store: Store
    rules: RuleSet
    fetcher: Fetcher | None
    clock: Callable[[], datetime]
    print_line: Callable[[str], None]

    async def send_due(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        due = self.store.find(
            Delivery, Where("state", "=", "pending"), Where("next_try_at", "<=", self.clock())
        )
        alerts = self.store.get_many(Alert, {row.alert_id for row in due})
        by_channel: defaultdict[str, list[tuple[Delivery, Alert]]] = defaultdict(list)
        for row in sorted(due, key=lambda row: (row.created_at, row.id)):
            if row.alert_id in alerts:
                by_channel[row.channel].append((row, alerts[row.alert_id]))
            else:
                self.store.put([replace(row, state="dead", error="its alert is gone")])
                counts["dead"] += 1
        sent = await asyncio.gather(*(self._channel(name, s) for name, s in by_channel.items()))
        return sum(sent, counts)

    async def _channel(self, name: str, sends: Sequence[tuple[Delivery, Alert]]) -> Counter[str]:
        """Send what is due to one channel; where it is down, all of that is put off at once."""
        counts: Counter[str] = Counter()
        channel = self.rules.channels.get(name)
        for at, (row, alert) in enumerate(sends):
            tried = self.store.put([replace(row, tries=row.tries + 1)])[0]
            if tried is None:
                continue  # another run has it
            try:
                if channel is None:
                    raise SendError(name, "the rules have no such channel")  # noqa: TRY301
                note = await self._send(
                    channel, Letter(alert, tried, alert_json(alert, self.rules))
                )
            except (SendError, OSError) as exc:
                reason = exc.reason if isinstance(exc, SendError) else str(exc)
                log.warning("delivery_failed", channel=name, alert=alert.id[:12], error=reason)
                # Where the channel is down, the others share its outage and its pauses.
                is_down = not isinstance(exc, SendError) or exc.is_down
                rest = [later for later, _ in sends[at + 1 :]] if is_down else []
                counts += self._put_off([tried, *rest], exc, reason)
                if is_down:
                    break
            else:
                done = replace(tried, state="delivered", delivered_at=self.clock(), error=note)
                counts["delivered"] += self.store.put([done])[0] is not None
        return counts

    async def _send(self, channel: Channel, letter: Letter) -> str:
        """Send one alert; returns what a person should know though it was sent, or ""."""
        match channel.type:
            case "file":
                assert channel.path is not None
                await asyncio.to_thread(append_records, channel.path, [letter.record])
            case "email":
                from ingest.alerts.channels.mail import send_mail  # noqa: PLC0415  jinja2 is large

                return await asyncio.to_thread(send_mail, channel, letter)
            case "webhook" | "slack":
                if self.fetcher is None:
                    raise SendError(channel.name, "there is no network here")
                post = send_webhook if channel.type == "webhook" else send_slack
                await post(channel, letter, self.fetcher, self.clock())
            case _:
                self._print(letter)
        return ""

    def _print(self, letter: Letter) -> None:
        first, *rest = alert_lines(letter.alert)
        self.print_line(first if letter.row.tries == 1 else f"{first} (perhaps shown before)")
        for line in rest:
            self.print_line(line)

    def _put_off(self, rows: Sequence[Delivery], exc: Exception, reason: str) -> Counter[str]:
        """Put rows off, longer after each try of the first; after a day of that they are dead."""
        now, counts = self.clock(), Counter[str]()
        tries = rows[0].tries
        asked_s = exc.retry_after_s if isinstance(exc, SendError) else 0.0
        pause_s = max(BACK_OFF_S[min(tries, len(BACK_OFF_S)) - 1], asked_s)
        for row in rows:
            is_dead = tries >= len(BACK_OFF_S) and now - row.created_at >= GIVE_UP
            waiting = replace(
                row,
                state="dead" if is_dead else "pending",
                next_try_at=now + timedelta(seconds=pause_s),
                error=reason[:500],
            )
            if self.store.put([waiting])[0] is not None:
                counts["dead" if is_dead else "failed"] += 1
        return counts
