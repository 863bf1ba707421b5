"""The outbox: every alert to every channel of its rule, sent and then marked.

A try is noted before it is made, so a crash between sending and marking shows: what cannot be
known to have arrived is sent again. The `file` channel looks whether the alert already stands in
the file, a webhook gets the same Idempotency-Key, mail the same Message-ID; people are told that
it may be a repeat.

An alert that is withdrawn before it was sent is not sent. One that may have arrived is followed by
its withdrawal, in the same thread.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from ingest.alerts.channels import SendError
from ingest.alerts.channels.sending import print_stdout, send
from ingest.alerts.groups import delivery_id
from ingest.alerts.letters import PROSE, write_message
from ingest.errors import LeaseHeldError
from ingest.leases import lease
from ingest.model import Alert, Delivery
from ingest.store.port import Where

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ingest.alerts.channels import Channel
    from ingest.alerts.rules import RuleSet
    from ingest.alerts.templates import Templates
    from ingest.fetch.client import Fetcher
    from ingest.store.port import Store

log = structlog.get_logger()

GIVE_UP = timedelta(hours=24)
WIDTH = 8  # webhooks of one channel on their way at once
BACK_OFF_S = (60, 300, 900, 3600, 3 * 3600, 6 * 3600)


async def deliver(
    store: Store,
    rules: RuleSet,
    fetcher: Fetcher | None,
    clock: Callable[[], datetime],
    *,
    templates: Templates | None = None,
    lags_s: list[float] | None = None,
    print_line: Callable[[str], None] = print_stdout,
) -> Counter[str]:
    """Send what is due in the outbox and mark it; channels do not wait for each other.

    Args:
        fetcher: carries webhooks; None where there are none.
        templates: of the desk; None: ours.
        lags_s: takes, for each alert delivered, the seconds since its article was stored.
        print_line: takes the lines of the `stdout` channel, made safe for a terminal.

    Returns:
        How many rows were `delivered`, `failed` (to be tried again), `dead` or `withdrawn` (not
        sent, since their alert was taken back). Nothing where another run is delivering.
    """
    try:
        with lease(store, "deliver", clock=clock):
            outbox = _Outbox(store, rules, fetcher, clock, print_line, templates)
            counts = await outbox.send_due()
    except LeaseHeldError:
        return Counter()
    if lags_s is not None:
        lags_s += outbox.lags_s()
    return counts


@dataclass(slots=True)
class _Outbox:
    store: Store
    rules: RuleSet
    fetcher: Fetcher | None
    clock: Callable[[], datetime]
    print_line: Callable[[str], None]
    templates: Templates | None
    sent: list[tuple[Alert, datetime]] = field(default_factory=list)

    async def send_due(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        due = self.store.find(
            Delivery, Where("state", "=", "pending"), Where("next_try_at", "<=", self.clock())
        )
        alerts = self.store.get_many(Alert, {row.alert_id for row in due})
        by_channel: defaultdict[str, list[Delivery]] = defaultdict(list)
        for row in sorted(due, key=lambda row: (row.created_at, row.id)):
            if row.alert_id in alerts:
                by_channel[row.channel].append(row)
            else:
                self.store.put([replace(row, state="dead", error="its alert is gone")])
                counts["dead"] += 1
        sent = await asyncio.gather(*(self._channel(name, s) for name, s in by_channel.items()))
        return sum(sent, counts)

    def lags_s(self) -> list[float]:
        """Seconds from the storing of its article, in the state that raised it, to each delivery."""
        articles = self.store.get_articles({a.evidence[0].article_id for a, _ in self.sent})
        lags = []
        for alert, at in self.sent:
            article = articles.get(alert.evidence[0].article_id)
            # an article may have been saved once more since
            stored = min(article.indexed_at, alert.created_at) if article else alert.created_at
            lags.append((at - stored).total_seconds())
        return lags

    async def _channel(self, name: str, rows: Sequence[Delivery]) -> Counter[str]:
        """Send what is due to one channel; where it is down, all of that is put off at once.

        Webhooks are sent several at a time once the first has gone through.
        """
        channel = self.rules.channels.get(name)
        counts: Counter[str] = Counter()
        left = deque(rows)
        await self._one(name, channel, left, counts)

        async def send_rest() -> None:
            while left:
                await self._one(name, channel, left, counts)

        width = WIDTH if channel is not None and channel.type == "webhook" else 1
        await asyncio.gather(*(send_rest() for _ in range(min(width, len(left)))))
        return counts

    async def _one(
        self, name: str, channel: Channel | None, left: deque[Delivery], counts: Counter[str]
    ) -> None:
        """Send the next row; where the channel is down, none is left."""
        row = left.popleft()
        tried = self.store.put([replace(row, tries=row.tries + 1)])[0]
        alert = self.store.get(Alert, row.alert_id)
        if tried is None or alert is None:
            return  # another run has it; or it was deleted just now
        if row.purpose != "withdrawal" and alert.state == "withdrawn":
            counts["withdrawn"] += self._take_back(tried)
            return
        try:
            if channel is None:
                raise SendError(name, "the rules have no such channel")  # noqa: TRY301
            note = await self._send(channel, tried, alert)
        except (SendError, OSError) as exc:
            reason = exc.reason if isinstance(exc, SendError) else str(exc)
            log.warning("delivery_failed", channel=name, alert=alert.id[:12], error=reason)
            put_off = [tried]
            if not isinstance(exc, SendError) or exc.is_down:
                put_off += left  # the others share its outage and its pauses
                left.clear()
            counts.update(self._put_off(put_off, exc, reason))
        else:
            counts["delivered"] += self._mark(tried, alert, note)

    async def _send(self, channel: Channel, row: Delivery, alert: Alert) -> str:
        if self.templates is None and channel.type in PROSE:
            from ingest.alerts.templates import Templates  # noqa: PLC0415  jinja2 is large

            self.templates = Templates()
        message, wrong = write_message(alert, row, channel, self.rules, self.templates)
        if wrong:
            log.warning("template_broken", channel=channel.name, error=wrong)
        note = await send(
            channel,
            message,
            fetcher=self.fetcher,
            now=self.clock(),
            print_line=self.print_line,
        )
        return "; ".join(filter(None, (note, wrong)))

    def _mark(self, row: Delivery, alert: Alert, note: str) -> bool:
        now = self.clock()
        done = replace(row, state="delivered", delivered_at=now, error=note[:500])
        is_marked = self.store.put([done])[0] is not None
        log.info("delivered", channel=row.channel, alert=alert.id[:12], purpose=row.purpose)
        if row.purpose == "alert":
            self.sent.append((alert, now))
            current = self.store.get(Alert, alert.id)
            if current is not None and current.state == "withdrawn":  # while it was on its way
                self._follow(row)
        return is_marked

    def _take_back(self, row: Delivery) -> bool:
        """Do not send a withdrawn alert; if a try before may have arrived, take that back."""
        if row.purpose == "alert" and row.tries > 1:
            self._follow(row)
        return self.store.put([replace(row, state="withdrawn")])[0] is not None

    def _follow(self, row: Delivery) -> None:
        """See to it that the withdrawal follows; the next delivery sends it."""
        withdrawal = Delivery(
            delivery_id(row.alert_id, row.channel, "withdrawal"),
            row.alert_id,
            row.channel,
            created_at=self.clock(),
            purpose="withdrawal",
        )
        self.store.put([withdrawal])

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
