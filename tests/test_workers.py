"""The worker pool, with real subprocesses that crash, loop and hoard.

Where a job must run into its deadline the others run under it too: it is long enough for a machine that stalls.
"""

from __future__ import annotations

import asyncio
import gc
import os
import select
import signal
import time
from pathlib import Path

import pytest

from ingest.errors import ParseError, WorkerError
from ingest.feeds.parsed import ParsedFeed
from ingest.workers import Job, WorkerPool, _Worker, default_size
from tests import worker_jobs

NAMES = ("refuse", "fail", "loop", "hang", "segfault", "leave", "allocate", "nonsense", "gate")
JOBS = {
    "echo": Job("tests.worker_jobs:echo", result="tests.worker_jobs:Echo"),
    "missing": Job("tests.worker_jobs:no_such_job"),
    **{name: Job(f"tests.worker_jobs:{name}") for name in NAMES},
}
SHORT_S = 3.0


def pool(size: int = 1, deadline_s: float = 60.0) -> WorkerPool:
    return WorkerPool(size, deadline_s=deadline_s, max_memory_bytes=256 * 2**20, jobs=JOBS)


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def echo(workers: WorkerPool, body: bytes = b"") -> worker_jobs.Echo:
    answer = await workers.call("echo", {"say": "hello"}, body)
    assert isinstance(answer, worker_jobs.Echo)
    return answer


def test_a_job_returns_its_value_and_the_worker_is_used_again() -> None:
    async def run() -> None:
        async with pool() as workers:
            first = await echo(workers, b"x" * 3_000_000)
            assert (first.size, first.said) == (3_000_000, "hello")
            assert (await echo(workers)).pid == first.pid != os.getpid()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("job", "code", "says"),
    [
        pytest.param("segfault", "worker-died", "SIGSEGV", id="crashes"),
        pytest.param("leave", "worker-died", "exit code 7", id="exits"),
        pytest.param("loop", "worker-timeout", "after 3 s", id="loops"),
        pytest.param("hang", "worker-timeout", "after 3 s", id="hangs"),
        pytest.param("allocate", "worker-memory", "memory", id="hoards"),
        pytest.param("fail", "worker-failed", "RuntimeError: a bug", id="raises"),
        pytest.param("nonsense", "worker-failed", "UnicodeEncodeError", id="cannot-be-encoded"),
        pytest.param("missing", "worker-failed", "no_such_job", id="does-not-exist"),
    ],
)
def test_only_the_faulty_job_fails(job: str, code: str, says: str) -> None:
    async def run() -> None:
        async with pool(size=2, deadline_s=SHORT_S if code == "worker-timeout" else 60) as workers:
            await asyncio.gather(echo(workers), echo(workers))
            faulty = workers.call(job, {"url": "http://courier.example/a"}, b"")
            failed, *others = await asyncio.gather(
                faulty, *(echo(workers) for _ in range(10)), return_exceptions=True
            )
            assert isinstance(failed, WorkerError)
            assert failed.thing == "http://courier.example/a"
            assert failed.reason.startswith(f"{code}: ")
            assert says in failed.reason
            assert all(isinstance(other, worker_jobs.Echo) for other in others)
            assert (await echo(workers)).said == "hello"

    asyncio.run(run())


def test_a_parse_error_arrives_as_it_was_raised() -> None:
    async def run() -> None:
        async with pool() as workers:
            with pytest.raises(ParseError) as caught:
                await workers.call("refuse", {"url": "http://courier.example/p"}, b"")
            assert str(caught.value) == (
                "http://courier.example/p: not-html: a picture (nothing to do)"
            )

    asyncio.run(run())


def test_a_worker_killed_between_jobs_is_replaced() -> None:
    async def run() -> None:
        async with pool() as workers:
            first = (await echo(workers)).pid
            os.kill(first, signal.SIGKILL)
            os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
            assert (await echo(workers)).pid != first

    asyncio.run(run())


def test_a_cancelled_job_ends_its_worker() -> None:
    async def run() -> None:
        async with pool() as workers:
            pid = (await echo(workers)).pid
            task = asyncio.create_task(workers.call("hang", {}, b""))
            await asyncio.sleep(0.3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not is_there(pid)
            assert (await echo(workers)).pid != pid

    asyncio.run(run())


def test_an_answer_that_came_in_time_is_taken_though_nobody_looked(
    tmp_path: Path,
) -> None:
    """The pool's own process stands still (a locked store, a paused container) past the deadline."""

    gate, opened = tmp_path / "gate", tmp_path / "opened"
    os.mkfifo(gate)
    opened.touch()

    async def run() -> None:
        async with pool(deadline_s=SHORT_S) as workers:
            await workers.call("gate", {"path": str(opened)}, b"")  # so much for imports
            answer = asyncio.create_task(workers.call("gate", {"path": str(gate)}, b""))
            for _ in range(10):  # turns of the loop: the order is on its way
                await asyncio.sleep(0)
            (worker,) = workers._busy
            with gate.open("wb"):  # waits until the job opens it, too
                pass
            assert select.select([worker._socket], [], [], 300)[0]
            time.sleep(SHORT_S + 0.1)
            assert await answer == "through"

    asyncio.run(run())


def test_nothing_is_left_behind() -> None:
    def open_files() -> set[str]:
        gc.collect()  # what earlier tests left is closed before it is counted
        return {path.name for path in Path("/proc/self/fd").iterdir()}

    async def run() -> list[int]:
        async with pool(size=2, deadline_s=SHORT_S) as workers:
            pids = [e.pid for e in await asyncio.gather(echo(workers), echo(workers))]
            with pytest.raises(WorkerError):
                await workers.call("hang", {}, b"")
            return [*pids, (await echo(workers)).pid]

    asyncio.run(run())
    before = open_files()
    pids = asyncio.run(run())
    assert open_files() <= before
    assert not [pid for pid in pids if is_there(pid)]


def test_a_worker_ends_when_its_parent_is_gone() -> None:
    async def run() -> None:
        worker = _Worker(5.0, 2**28)
        await worker.prepare(JOBS["hang"], "idle")
        worker.hang_up()
        assert worker._process.wait(300) == 0

    asyncio.run(run())


def test_a_job_without_a_parent_ends_by_its_own_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.workers._GRACE_S", 0.2)

    async def run() -> None:
        worker = _Worker(0.3, 2**28)
        await worker.prepare(JOBS["hang"], "busy")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await worker._exchange({"do": "run", "run": JOBS["hang"].run, "header": {}}, b"")
        worker.hang_up()
        assert worker._process.wait(300) == -signal.SIGALRM

    asyncio.run(run())


def test_signals_for_the_parent_do_not_stop_a_worker() -> None:
    async def run() -> None:
        async with pool() as workers:
            pid = (await echo(workers)).pid
            assert os.getsid(pid) == pid
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGINT)
            assert (await echo(workers)).pid == pid

    asyncio.run(run())


def test_feeds_are_parsed_by_the_registered_job() -> None:
    body = b"<rss version='2.0'><channel><title>News</title><item><guid>1</guid></item></channel></rss>"

    async def run() -> None:
        async with WorkerPool(1, deadline_s=30) as workers:
            header = {"url": "http://courier.example/feed", "content_type": "application/rss+xml"}
            feed = await workers.call("parse_feed", header, body)
            assert isinstance(feed, ParsedFeed)
            assert (feed.title, [entry.guid for entry in feed.entries]) == ("News", ["1"])
            with pytest.raises(ParseError):
                await workers.call("parse_feed", header, b"<html><body>No feed</body></html>")

    asyncio.run(run())


def test_the_default_size_follows_the_cores() -> None:
    assert 1 <= default_size() <= 4
    assert WorkerPool().size == default_size()
