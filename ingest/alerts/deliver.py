"""The outbox: every alert to every channel of its rule, sent and then marked.

A crash between sending and marking sends again. The `file` channel looks whether the alert
already stands in the file; on a terminal it is shown a second time, marked so.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from ingest.alerts.channels.file import append_records
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
    fetcher: Fetcher | None,  # noqa: ARG001  webhooks go through it
    clock: Callable[[], datetime],
    *,
    print_line: Callable[[str], None] = print_stdout,
) -> Counter[str]:
    """Send what is due in the outbox, one channel after another, and mark it.

    Args:
        print_line: takes the lines of the `stdout` channel, made safe for a terminal.

    Returns:
        How many rows were `delivered`, `failed` (to be tried again) or `dead`.
    """
    try:
        with lease(store, "deliver", clock=clock):
            return await asyncio.to_thread(_deliver, store, rules, clock, print_line)
    except LeaseHeldError:
        return Counter()  # another run is delivering


def _deliver(
    store: Store,
    rules: RuleSet,
    clock: Callable[[], datetime],
    print_line: Callable[[str], None],
) -> Counter[str]:
    counts: Counter[str] = Counter()
    due = store.find(Delivery, Where("state", "=", "pending"), Where("next_try_at", "<=", clock()))
    alerts = store.get_many(Alert, {row.alert_id for row in due})
    by_channel: defaultdict[str, list[tuple[Delivery, Alert]]] = defaultdict(list)
    for row in sorted(due, key=lambda row: (row.created_at, row.id)):
        if row.alert_id in alerts:
            by_channel[row.channel].append((row, alerts[row.alert_id]))
        else:
            counts["dead"] += _mark(store, [replace(row, state="dead", error="its alert is gone")])
    for name, sends in by_channel.items():
        channel = rules.channels.get(name)
        rows = [replace(row, tries=row.tries + 1) for row, _ in sends]
        tried = [row for row in store.put(rows) if row is not None]  # noted before it is sent
        by_id = {alert.id: alert for _, alert in sends}
        if channel is None:
            counts += _failed(store, tried, f"the rules have no channel {name!r}", clock())
            continue
        try:
            _send(channel, [(row, by_id[row.alert_id]) for row in tried], rules, print_line)
        except OSError as exc:
            counts += _failed(store, tried, str(exc), clock())
        else:
            done = [
                replace(row, state="delivered", delivered_at=clock(), error="") for row in tried
            ]
            counts["delivered"] += _mark(store, done)
    return counts


def _send(
    channel: Channel,
    sends: Sequence[tuple[Delivery, Alert]],
    rules: RuleSet,
    print_line: Callable[[str], None],
) -> None:
    if channel.type == "file":
        assert channel.path is not None
        append_records(channel.path, (alert_json(alert, rules) for _, alert in sends))
        return
    for row, alert in sends:
        first, *rest = alert_lines(alert)
        print_line(first if row.tries == 1 else f"{first} (perhaps shown before)")
        for line in rest:
            print_line(line)


def _failed(store: Store, rows: Sequence[Delivery], error: str, now: datetime) -> Counter[str]:
    """Put rows off, longer after each try; after a day they are dead."""
    log.warning("delivery_failed", channel=rows[0].channel if rows else "", error=error[:200])
    counts: Counter[str] = Counter()
    for row in rows:
        pause = timedelta(seconds=BACK_OFF_S[min(row.tries, len(BACK_OFF_S)) - 1])
        is_dead = now - row.created_at >= GIVE_UP
        _mark(
            store,
            [
                replace(
                    row,
                    state="dead" if is_dead else "pending",
                    next_try_at=now + pause,
                    error=error[:500],
                )
            ],
        )
        counts["dead" if is_dead else "failed"] += 1
    return counts


def _mark(store: Store, rows: Sequence[Delivery]) -> int:
    return sum(row is not None for row in store.put(rows))
