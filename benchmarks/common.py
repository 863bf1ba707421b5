"""What the benchmarks share: the newsroom in a process of its own, children that report, tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).resolve().parent
PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Served:
    """The sample newsroom, being served.

    Attributes:
        port: on 127.0.0.1, for every host.
        start: the Monday on which its story begins, ISO.
        feeds: URLs.
    """

    port: int
    start: str
    hosts: tuple[str, ...]
    feeds: tuple[str, ...]


@contextmanager
def newsroom(articles: int, *, weight: int = 0) -> Iterator[Served]:
    """Serve the newsroom scaled to so many articles, rendered beforehand, until the block ends.

    Args:
        weight: kB of furniture around each article, 0 for the packaged pages.
    """
    scale = ("--articles", str(articles), "--weight", str(weight))
    command = [sys.executable, "-m", "ingest.demo", *scale, "--warm"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            ready = json.loads(process.stdout.readline())
            yield Served(
                ready["port"], ready["start"], tuple(ready["hosts"]), tuple(ready["feeds"])
            )
        finally:
            process.stdin.close()  # which ends it


def run_child(script: str, order: dict[str, Any], *, timeout_s: float = 600) -> dict[str, Any]:
    """Run a script of this folder with an order on its standard input; its last line is JSON."""
    done = subprocess.run(
        [sys.executable, str(HERE / script)],
        input=json.dumps(order),
        stdout=subprocess.PIPE,
        text=True,
        timeout=timeout_s,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


class Foreign:
    """Cores that others kept busy between two moments; timings above a tenth or so are noisy."""

    def __init__(self) -> None:
        self._begun = self._read()

    @staticmethod
    def _read() -> tuple[float, float, float]:
        fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
        idle = int(fields[3]) + int(fields[4])
        busy = (sum(map(int, fields)) - idle) / TICKS
        return time.monotonic(), busy, sum(os.times()[:4])

    def cores(self, own_cpu_s: float | None = None) -> float:
        """Busy cores less our own: this process and its finished children, or `own_cpu_s`."""
        began, busy, own = self._begun
        now, busy_now, own_now = self._read()
        used = own_now - own if own_cpu_s is None else own_cpu_s
        return max(0.0, round((busy_now - busy - used) / (now - began), 2))


def children() -> list[int]:
    """Return the process ids of this process's children."""
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        found.extend(map(int, (task / "children").read_text(encoding="ascii").split()))
    return found


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that a live process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mib_of(pid: int | str) -> float:
    """Return the most resident memory that a live process has had, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their columns, the first left-aligned, the others right."""
    cells = [[str(cell) for cell in row] for row in (columns, *rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
    print(f"\n{title}")
    for row in cells:
        first, *rest = (
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join((first, *rest)).rstrip())


def print_json(benchmark: str, **figures: object) -> None:
    """Print the one line for machines."""
    print(json.dumps({"benchmark": benchmark, **figures}, sort_keys=False), flush=True)
