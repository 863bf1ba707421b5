"""Workers that outlive their pool: to start one takes as long as ten tests."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ingest.workers import WorkerPool

if TYPE_CHECKING:
    from ingest.workers import _Worker

_IDLE: defaultdict[tuple[float, int], list[_Worker]] = defaultdict(list)
_MOST = 2


class KeptPool(WorkerPool):
    """A pool that takes over the idle workers of those that ended; the others end as ever."""

    def __init__(self, *args, **limits) -> None:
        super().__init__(*args, **limits)
        kept = _IDLE[self._deadline_s, self._max_memory_bytes]
        taken = min(len(kept), self.size)
        self._idle += [kept.pop() for _ in range(taken)]

    def close(self) -> None:
        kept = _IDLE[self._deadline_s, self._max_memory_bytes]
        while self._idle and len(kept) < _MOST:
            kept.append(self._idle.pop())
        super().close()


def end_workers() -> None:
    """End those that are kept."""
    for workers in _IDLE.values():
        for worker in workers:
            worker.kill()
    _IDLE.clear()
