"""Operational alarms: that Summitwatch itself is not well. No store and no outbox on the way.

One alarm a cause, at most one an hour, one "resolved" after. What was told stands in a small local
file, replaced whole and written under a lock, so that restarts and overlapping processes do not
tell it twice. An alarm is sent and then marked: one that could not be sent is tried at the next
occasion.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import socket
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args
from urllib.parse import parse_qs, urlsplit, urlunsplit

import msgspec
import structlog

from ingest import ids
from ingest.alerts.channels import Channel, Message, SendError
from ingest.alerts.channels.sending import send
from ingest.alerts.render import one_line
from ingest.errors import ArchiveError, ConflictError, IngestError, SettingsError, StoreError
from ingest.fetch.client import Fetcher
from ingest.fetch.result import FetchFailed
from ingest.settings import load_ops

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Mapping

    from ingest.fetch.resolve import Resolver
    from ingest.settings import FetchSettings, OpsSettings

log = structlog.get_logger()

Cause: TypeAlias = Literal["store", "archive", "settings", "network", "quiet"]
CAUSES: tuple[Cause, ...] = get_args(Cause)

PAUSE = timedelta(hours=1)  # between two alarms of one cause
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")

_WAY_OUT = (
    "write a channel's name, https://…, slack+https://…, file:PATH, stdout or smtp://…?from=…&to=…"
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is remembered of a cause.

    Attributes:
        since: when it began; None: all is well.
        told: whether this trouble was told; told_at: when its cause was told last, then or before.
        key: of the first message of this trouble, which begins its thread.
    """

    since: datetime | None = None
    told: bool = False
    told_at: datetime | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """The state file: troubles by cause, and the channel that `ops.to` names as last seen."""

    troubles: dict[str, Trouble] = field(default_factory=dict)
    channel: Channel | None = None


def cause_of(error: BaseException) -> Cause | None:
    """Return which cause an error is of, or None where it is no operator's matter."""
    match error:
        case ConflictError():  # other writers were faster: the store is well
            return None
        case StoreError():
            return "store"
        case ArchiveError():
            return "archive"
        case SettingsError():
            return "settings"
        case _:
            return None


def channel_of(to: str) -> Channel | None:
    """Return the channel that `ops.to` writes out, or None where it is the name of one.

    Raises:
        SettingsError: it is neither.
    """
    if to == "stdout":
        return Channel("ops", "stdout")
    if NAME.fullmatch(to):
        return None
    if to.startswith("file:"):
        return Channel("ops", "file", path=Path(to.removeprefix("file:").removeprefix("//")))
    try:
        url = urlsplit(to)
    except ValueError as exc:
        raise SettingsError("ops.to", "is no address", _WAY_OUT) from exc
    if not url.netloc:
        raise SettingsError("ops.to", "is no address", _WAY_OUT)
    match url.scheme:
        case "http" | "https":
            return Channel("ops", "webhook", url=to)
        case "slack+http" | "slack+https":
            return Channel("ops", "slack", url=to.removeprefix("slack+"))
        case "smtp" | "smtps":
            query = parse_qs(url.query)
            if not (query.get("to") and query.get("from")):
                raise SettingsError("ops.to", "names no sender or no recipient", _WAY_OUT)
            smtp = urlunsplit((url.scheme, url.netloc, "", "", ""))
            people = tuple(a.strip() for text in query["to"] for a in text.split(","))
            return Channel("ops", "email", to=people, sender=query["from"][0], smtp=smtp)
        case scheme if scheme:
            return Channel("ops", "apprise", url=to)
        case _:
            raise SettingsError("ops.to", "is no address", _WAY_OUT)


async def tell_despite(error: SettingsError) -> None:
    """Tell of settings that cannot be read, with what can be read of them."""
    ops, fetch = load_ops()
    with contextlib.suppress(SettingsError):  # `ops.to` itself is what is wrong
        await Alarms(ops, fetch).raise_("settings", error)


class Alarms:
    """Tells whom `ops.to` names, and beats for the dead-man's switch.

    Args:
        ops: where to, and the state file. With no `to` alarms stand in the log alone.
        fetch: limits of the way out.
        resolver, ssl_context: see `ingest.fetch.client.Fetcher`.

    Raises:
        SettingsError: `ops.to` is no address and no channel's name.
    """

    def __init__(
        self,
        ops: OpsSettings,
        fetch: FetchSettings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        resolver: Resolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._ops, self._fetch, self._clock = ops, fetch, clock
        self._resolver, self._ssl = resolver, ssl_context
        self._to = ops.to.get_secret_value() if ops.to else ""
        self._channel = channel_of(self._to) if self._to else None

    async def learn(self, channels: Mapping[str, Channel]) -> None:
        """Keep the channel that `ops.to` names for times when the rules cannot be read.

        Raises:
            SettingsError: the rules have no such channel.
        """
        if not self._to or self._channel is not None:
            return
        found = channels.get(self._to)
        if found is None:
            raise SettingsError("ops.to", f"{self._to!r} is no channel of the rules", _WAY_OUT)
        if self._read().channel != found:
            async with self._locked():
                self._write(replace(self._read(), channel=found))

    async def raise_(self, cause: Cause, error: IngestError | str) -> bool:
        """Tell of a trouble unless it was told within the hour; returns whether it was sent.

        Never raises for what fails on the way: the trouble itself is what matters.
        """
        reason = one_line(str(error))
        log.error("alarm", cause=cause, error=reason)
        if not self._to:
            return False
        async with self._locked():
            memory, now = self._read(), self._clock()
            known = memory.troubles.get(cause, Trouble())
            if known.since is None:
                known = replace(known, since=now, told=False, key="")
            is_due = known.told_at is None or now - known.told_at >= PAUSE
            is_sent = is_due and await self._tell(memory, _alarm(cause, reason, known, now))
            if is_sent:
                key = known.key or _key(cause, known, now)
                known = replace(known, told=True, told_at=now, key=key)
            self._write(_with(memory, cause, known))
        return is_sent

    async def resolved(self, cause: Cause) -> bool:
        """Tell that a trouble that was told is over; returns whether it was sent."""
        if not self.is_raised(cause):
            return False
        async with self._locked():
            memory = self._read()
            known = memory.troubles.get(cause, Trouble())
            if known.since is None:
                return False
            if known.told and not await self._tell(memory, _resolved(cause, known, self._clock())):
                return False
            log.info("alarm_resolved", cause=cause)
            self._write(_with(memory, cause, replace(known, since=None, told=False, key="")))
            return known.told

    def is_raised(self, cause: Cause) -> bool:
        """Whether a trouble is known and not over."""
        return bool(self._to) and self._read().troubles.get(cause, Trouble()).since is not None

    async def heartbeat(self) -> bool:
        """Ask for `ops.heartbeat_url`; returns whether it answered."""
        if self._ops.heartbeat_url is None:
            return False
        async with self._fetcher() as fetcher:
            url = self._ops.heartbeat_url.get_secret_value()
            result = await fetcher.get(url, kind="hook", now=self._clock())
        if isinstance(result, FetchFailed):
            log.warning("heartbeat_failed", code=result.code, detail=result.detail)
            return False
        return True

    def _fetcher(self) -> Fetcher:
        return Fetcher(self._fetch, resolver=self._resolver, ssl_context=self._ssl)

    async def _tell(self, memory: Memory, message: Message) -> bool:
        channel = self._channel or memory.channel
        if channel is None:
            log.error("alarm_not_sent", reason=f"{self._to} was never seen among the rules")
            return False
        try:
            async with self._fetcher() as fetcher:
                await send(channel, message, fetcher=fetcher, now=self._clock())
        except (SendError, OSError) as exc:
            reason = exc.reason if isinstance(exc, SendError) else str(exc)
            log.warning("alarm_not_sent", channel=channel.name, reason=one_line(reason))
            return False
        return True

    # --- the state file ---

    @contextlib.asynccontextmanager
    async def _locked(self) -> AsyncIterator[None]:
        """Hold the state's lock; where its folder cannot be written, go on without."""
        path = self._ops.state
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(path.with_name(f"{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as exc:
            log.warning("alarm_state_unwritable", path=str(path), reason=exc.strerror)
            yield
            return
        try:
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _read(self) -> Memory:
        try:
            return msgspec.json.decode(
                self._ops.state.read_bytes(), type=Memory, dec_hook=_from_text
            )
        except FileNotFoundError:
            return Memory()
        except (OSError, msgspec.DecodeError, msgspec.ValidationError) as exc:
            log.warning("alarm_state_unreadable", path=str(self._ops.state), reason=str(exc))
            return Memory()

    def _write(self, memory: Memory) -> None:
        """Replace the file whole; it may hold a channel's secret, so it is ours alone to read."""
        path = self._ops.state
        draft = path.with_name(f"{path.name}.new")
        try:
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as f:
                f.write(msgspec.json.encode(memory, enc_hook=str))
                f.flush()
                os.fsync(f.fileno())
            draft.replace(path)
        except OSError as exc:
            log.warning("alarm_state_unwritable", path=str(path), reason=exc.strerror)


def _from_text(kind: type[Path], text: str) -> Path:
    return kind(text)


def _with(memory: Memory, cause: Cause, trouble: Trouble) -> Memory:
    return replace(memory, troubles=memory.troubles | {cause: trouble})


def _key(cause: Cause, trouble: Trouble, now: datetime) -> str:
    assert trouble.since is not None
    return ids.sha256("ops", cause, trouble.since.isoformat(), now.isoformat())


def _alarm(cause: Cause, reason: str, trouble: Trouble, now: datetime) -> Message:
    return _message(cause, "alarm", reason, trouble, now)


def _resolved(cause: Cause, trouble: Trouble, now: datetime) -> Message:
    return _message(cause, "alarm-resolved", f"the {cause} is well again", trouble, now)


def _message(cause: Cause, purpose: str, reason: str, trouble: Trouble, now: datetime) -> Message:
    """One text in every shape; the subject stays the same, so that mail readers keep the thread."""
    assert trouble.since is not None
    host = socket.gethostname()
    subject = f"Summitwatch alarm: {cause} on {host}"
    what = "RESOLVED" if purpose == "alarm-resolved" else "ALARM"
    first = f"{what} {cause}: {reason}"
    second = f"on {host}, since {trouble.since:%Y-%m-%d %H:%M} UTC"
    key = _key(cause, trouble, now)
    return Message(
        key=key,
        at=now,
        label=f"ops-{cause}",
        record={
            "id": key,
            "purpose": purpose,
            "thread": trouble.key or key,
            "cause": cause,
            "reason": reason,
            "host": host,
            "since": trouble.since.isoformat().replace("+00:00", "Z"),
        },
        lines=(first, f"  {second}"),
        subject=f"Re: {subject}" if trouble.key else subject,
        text=f"{first}\n{second}\n",
        html=f"<p><strong>{escape(first)}</strong><br>{escape(second)}</p>\n",
        chat=f"{first}\n{second}",
        thread=trouble.key,
    )
