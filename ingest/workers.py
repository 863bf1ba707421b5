"""Worker processes for what publishers send: killed at a deadline, bounded in memory, one job each.

A thread cannot be stopped, and one crash breaks a whole `ProcessPoolExecutor`. Here every slot is a
subprocess of its own (`python -m ingest.workers`) on the far end of a socket pair; whatever a page
does to it costs that one job. The child imports nothing until a job names it, so any stage can be
run here: a job is a function `(header: dict, body: bytes) -> value`.

Frames, both ways: a 12-byte head (length of the header, length of the body; big-endian), a
MessagePack header, the raw body.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import traceback
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import msgspec

from ingest.errors import ParseError, WorkerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

_HEAD = struct.Struct(">IQ")
_MAX_REPLY_BYTES = 64 * 2**20  # a page of 15 MiB cannot honestly grow to more
_START_S = 60.0  # imports and warm-up on a loaded machine; no part of a job's deadline
_GRACE_S = 2.0  # the child's own alarm, for when its parent is gone
_GC_THRESHOLD = 50_000  # documents are trees of many small values: walking them costs an eighth
_STOP_S = 2.0  # an idle child ends at once; this is for one that does not


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker can be asked to do, by dotted name so that nothing is imported here.

    Attributes:
        run: `package.module:function`, called with (header, body) in the child.
        result: `package.module:Type` to decode the answer to; "" for plain dicts and lists.
        warm: `package.module:function`, called once in each child before the first such job, so
            that a deadline pays for the page alone; "" only imports `run`.
    """

    run: str
    result: str = ""
    warm: str = ""


JOBS: Mapping[str, Job] = MappingProxyType(
    {
        "parse_feed": Job(
            run="ingest.feeds.parse:parse_feed_job",
            result="ingest.feeds.parsed:ParsedFeed",
        ),
        "extract_article": Job(
            run="ingest.extract.article:extract_article_job",
            result="ingest.extract.result:Extracted",
            warm="ingest.extract.article:warm_up",
        ),
        "feed_text": Job(
            run="ingest.extract.feed_text:feed_text_job",
            result="ingest.extract.result:Extracted",
        ),
    }
)


def default_size() -> int:
    """One worker a core, at most four."""
    return max(1, min(4, len(os.sched_getaffinity(0))))


class WorkerPool:
    """Runs jobs in subprocesses; an async context manager.

    Args:
        size: worker processes, started when first needed; 0 means `default_size()`.
        deadline_s: seconds that one job may take before its worker is killed.
        max_memory_bytes: address space that a job may add to its worker.
        jobs: what can be called, by name.
    """

    def __init__(
        self,
        size: int = 0,
        *,
        deadline_s: float = 15.0,
        max_memory_bytes: int = 1024 * 2**20,
        jobs: Mapping[str, Job] = JOBS,
    ) -> None:
        self.size = size or default_size()
        self._deadline_s = deadline_s
        self._max_memory_bytes = max_memory_bytes
        self._jobs = jobs
        self._slots = asyncio.Semaphore(self.size)
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End every worker, the busy ones by force; needs no running loop and may be repeated."""
        for worker in self._busy:
            worker.kill()
        for worker in self._idle:
            worker.hang_up()
        for worker in self._idle:
            worker.stop()
        self._busy.clear()
        self._idle.clear()

    async def call(self, job: str, header: dict[str, Any], body: bytes) -> Any:  # noqa: ANN401
        """Run a job in a free worker and return its value, of the type the job names.

        Args:
            job: a name in `jobs`.
            header: arguments; anything MessagePack takes, and datetimes.
            body: the document.

        Raises:
            ParseError: as the job raised it.
            WorkerError: the reason begins with `worker-timeout`, `worker-died`, `worker-memory` or
                `worker-failed` (the job raised something unexpected), a colon and a sentence.
        """
        task = self._jobs[job]
        subject = str(header.get("url") or job)
        async with self._slots, self._worker() as worker:
            await worker.prepare(task, subject)
            reply, data = await worker.exchange(
                {"do": "run", "run": task.run, "header": header}, body, self._deadline_s, subject
            )
        match reply.get("status"):
            case "ok":
                return msgspec.msgpack.decode(data, type=_type_named(task.result))
            case "parse":
                raise ParseError(*reply["args"])
            case status:
                code = "worker-memory" if status == "memory" else "worker-failed"
                raise _worker_error(subject, code, str(reply.get("detail")))

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[_Worker]:
        """Lend a live worker; one that did not finish its exchange is killed, never lent again."""
        worker = None
        while self._idle and worker is None:
            worker = self._idle.pop()
            if not worker.is_alive():  # died between jobs (the kernel's memory killer, a person)
                worker.kill()
                worker = None
        worker = worker or _Worker(self._deadline_s, self._max_memory_bytes)
        self._busy.add(worker)
        try:
            yield worker
        except BaseException:
            worker.kill()
            raise
        finally:
            self._busy.discard(worker)
        if worker.is_spent:
            worker.kill()
        else:
            self._idle.append(worker)


class _Worker:
    """The parent's end of one child."""

    def __init__(self, deadline_s: float, max_memory_bytes: int) -> None:
        self._socket, child = socket.socketpair()
        self._socket.setblocking(False)
        self._warmed: set[Job] = set()
        self.is_spent = False
        limits = (str(deadline_s + _GRACE_S), str(max_memory_bytes))
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-P", "-m", "ingest.workers", *limits],
                stdin=child.fileno(),
                stdout=child.fileno(),
                stderr=subprocess.DEVNULL,  # parsers complain there about every second page
                start_new_session=True,  # Ctrl-C is for the parent, which ends its children
                env={**os.environ, "PYTHONPATH": _import_path(), "OPENBLAS_NUM_THREADS": "1"},
            )
        except BaseException:
            self._socket.close()
            raise
        finally:
            child.close()

    def is_alive(self) -> bool:
        return self._process.poll() is None

    async def prepare(self, job: Job, subject: str) -> None:
        """Import what the job needs, outside of any job's deadline."""
        if job in self._warmed:
            return
        order = {"do": "warm", "run": job.run, "warm": job.warm}
        reply, _ = await self.exchange(order, b"", _START_S, subject)
        if reply.get("status") != "ok":
            raise _worker_error(subject, "worker-failed", str(reply.get("detail")))
        self._warmed.add(job)

    async def exchange(
        self, order: dict[str, Any], body: bytes, deadline_s: float, subject: str
    ) -> tuple[dict[str, Any], bytes]:
        """Send one frame, read one frame, within the deadline.

        An answer that waits to be read is taken, however late: where this process itself stood
        still (at a locked store, in a paused container) no page is to blame.
        """
        answer = asyncio.ensure_future(self._exchange(order, body))
        try:
            await asyncio.wait((answer,), timeout=deadline_s)
            if answer.done():
                return answer.result()
            reason = f"still at work after {deadline_s:g} s, so it was killed"
            raise _worker_error(subject, "worker-timeout", reason)
        except (OSError, EOFError, ValueError, msgspec.MsgspecError) as exc:
            self.kill()
            raise _worker_error(subject, "worker-died", self._epitaph(exc)) from exc
        finally:
            if not answer.done():  # it lets go of the socket before that is closed
                answer.cancel()
                await asyncio.wait((answer,))

    async def _exchange(self, order: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        loop = asyncio.get_running_loop()
        head = msgspec.msgpack.encode(order)
        await loop.sock_sendall(self._socket, _HEAD.pack(len(head), len(body)) + head)
        await loop.sock_sendall(self._socket, body)
        head_bytes, body_bytes = _HEAD.unpack(await self._read(_HEAD.size))
        if head_bytes + body_bytes > _MAX_REPLY_BYTES:
            raise ValueError(f"an answer of {head_bytes + body_bytes} bytes")
        reply = msgspec.msgpack.decode(await self._read(head_bytes), type=dict[str, Any])
        data = await self._read(body_bytes)
        self.is_spent = reply.get("status") == "memory"  # its heap is not to be trusted with more
        return reply, data

    async def _read(self, count: int) -> bytes:
        loop = asyncio.get_running_loop()
        data = bytearray(count)
        view, filled = memoryview(data), 0
        while filled < count:
            got = await loop.sock_recv_into(self._socket, view[filled:])
            if not got:
                raise EOFError("no answer")
            filled += got
        return bytes(data)

    def _epitaph(self, exc: Exception) -> str:
        code = self._process.returncode
        if isinstance(exc, ValueError | msgspec.MsgspecError):
            return f"it answered nonsense ({exc})"
        if code is not None and code < 0 and code != -signal.SIGKILL:
            return f"ended by {signal.Signals(-code).name}"
        return f"ended without an answer (exit code {code})"

    def hang_up(self) -> None:
        self._socket.close()

    def stop(self) -> None:
        """Wait for a child that was hung up on; then by force."""
        self._socket.close()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the child now and reap it; may be repeated."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


def _worker_error(subject: str, code: str, detail: str) -> WorkerError:
    way_out = {
        "worker-timeout": "extract.deadline_s sets the limit",
        "worker-memory": "extract.max_memory_bytes sets the limit",
    }.get(code, "the rest goes on; replay it after an update")
    return WorkerError(subject, f"{code}: {detail}", way_out)


def _import_path() -> str:
    """The parent's import path, so that the child finds the same modules and no others."""
    return os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)


@cache
def _named(path: str) -> Any:  # noqa: ANN401  whatever the dotted name holds
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def _type_named(path: str) -> Any:  # noqa: ANN401
    return _named(path) if path else object


# --- the child ---------------------------------------------------------------------------------


def main() -> None:
    """Serve jobs from standard input until it closes."""
    alarm_s, max_memory_bytes = float(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a stopping service lets the chunk finish
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends even a loop inside a C library
    gc.set_threshold(_GC_THRESHOLD)
    with os.fdopen(os.dup(0), "rb") as orders, os.fdopen(os.dup(1), "wb") as answers:
        silence = os.open(os.devnull, os.O_RDWR)
        os.dup2(silence, 0)
        os.dup2(silence, 1)  # a job that prints must not break the frames
        os.close(silence)
        while (frame := _read_frame(orders)) is not None:
            order, body = frame
            if order["do"] == "warm":
                reply, data = _guarded(partial(_warm, order, max_memory_bytes))
            else:
                signal.setitimer(signal.ITIMER_REAL, alarm_s)
                reply, data = _guarded(partial(_run, order, body))
                signal.setitimer(signal.ITIMER_REAL, 0)
            head = msgspec.msgpack.encode(reply)
            answers.write(_HEAD.pack(len(head), len(data)) + head)
            answers.write(data)
            answers.flush()


def _read_frame(orders: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    head = orders.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    head_bytes, body_bytes = _HEAD.unpack(head)
    order = msgspec.msgpack.decode(orders.read(head_bytes), type=dict[str, Any])
    return order, orders.read(body_bytes)


def _guarded(work: Callable[[], bytes]) -> tuple[dict[str, Any], bytes]:
    """Run one piece of work; every way it can fail becomes an answer."""
    try:
        return {"status": "ok"}, work()
    except ParseError as exc:
        return {"status": "parse", "args": [exc.thing, exc.reason, exc.way_out]}, b""
    except MemoryError:
        return {"status": "memory", "detail": "it asked for more memory than it may have"}, b""
    except Exception as exc:  # noqa: BLE001  the boundary: the parent tells of it
        where = traceback.extract_tb(exc.__traceback__)[-1]
        detail = f"{type(exc).__name__}: {exc}"[:300].encode("utf-8", "replace").decode()
        place = f"{Path(where.filename).name}:{where.lineno}"
        return {"status": "failed", "detail": f"{detail} at {place}"}, b""


def _run(order: dict[str, Any], body: bytes) -> bytes:
    return msgspec.msgpack.encode(_named(order["run"])(order["header"], body))


def _warm(order: dict[str, Any], max_memory_bytes: int) -> bytes:
    """Import a job, then set the memory limit to what is in use plus the allowance."""
    unlimited = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (unlimited, unlimited))
    _named(order["run"])
    if order["warm"]:
        _named(order["warm"])()
    gc.freeze()  # what was imported stays: no collection need walk it
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + max_memory_bytes
    if unlimited != resource.RLIM_INFINITY:
        limit = min(limit, unlimited)
    resource.setrlimit(resource.RLIMIT_AS, (limit, unlimited))
    return b""


if __name__ == "__main__":
    main()
