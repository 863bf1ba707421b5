"""Concurrency of a stage: one item at a time for each host, results in chunks as they come."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

T = TypeVar("T")
Out = TypeVar("Out")

CHUNK_ITEMS = 50  # DATA.md: one archive object holds at most 50 pages or 16 MiB
CHUNK_BYTES = 16 * 2**20
LINGER_S = 1.0  # a slow host must not hold back what others have brought


async def by_host(
    groups: Mapping[str, Sequence[T]],
    work: Callable[[T], Awaitable[Out]],
    *,
    should_stop: Callable[[], bool],
    size: Callable[[Out], int],
) -> AsyncIterator[list[Out]]:
    """Yield chunks of results; each group's items run one after another, groups side by side.

    Once `should_stop()` holds no further item is begun; what is under way is finished and yielded. The first
    exception that `work` raises ends the stream once the others have been cancelled.
    """
    results: asyncio.Queue[Out] = asyncio.Queue(maxsize=2 * CHUNK_ITEMS)

    async def run_group(items: Sequence[T]) -> None:
        for item in items:
            if should_stop():
                return
            await results.put(await work(item))

    tasks = [asyncio.create_task(run_group(items)) for items in groups.values() if items]
    everything = asyncio.gather(*tasks)
    try:
        async for chunk in _chunks(results, everything, size):
            yield chunk
        await everything
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if everything.done() and not everything.cancelled():
            everything.exception()


async def _chunks(
    results: asyncio.Queue[Out],
    producers: asyncio.Future[list[None]],
    size: Callable[[Out], int],
) -> AsyncIterator[list[Out]]:
    loop = asyncio.get_running_loop()
    while True:
        chunk: list[Out] = []
        total = 0
        deadline = 0.0
        while len(chunk) < CHUNK_ITEMS and total < CHUNK_BYTES:
            wait_s = None if not chunk else deadline - loop.time()
            result = await _next(results, producers, wait_s)
            if result is None:
                break
            if not chunk:
                deadline = loop.time() + LINGER_S
            chunk.append(result[0])
            total += size(result[0])
        if chunk:
            yield chunk
        elif producers.done() and results.empty():
            return


async def _next(
    results: asyncio.Queue[Out], producers: asyncio.Future[list[None]], wait_s: float | None
) -> tuple[Out] | None:
    """Return the next result in a tuple, or None at the time-out or when all are done."""
    if not results.empty():
        return (results.get_nowait(),)
    if producers.done() or (wait_s is not None and wait_s <= 0):
        return None
    getter = asyncio.ensure_future(results.get())
    waiting: set[asyncio.Future[object]] = {getter, producers}  # type: ignore[arg-type]
    await asyncio.wait(waiting, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
    if getter.done():
        return (getter.result(),)
    getter.cancel()
    return (results.get_nowait(),) if not results.empty() else None
