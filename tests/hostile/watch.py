"""Watching what a test does to the machine: where it dials, how its memory grows."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Connects:
    """Every address dialled while it watched; those outside `allowed` were stopped."""

    allowed: set[tuple[str, int]] = field(default_factory=set)
    dialled: list[tuple[str, int]] = field(default_factory=list)

    @property
    def strays(self) -> list[tuple[str, int]]:
        return [address for address in self.dialled if address not in self.allowed]


_watching: list[Connects] = []


def _hook(event: str, args: tuple[object, ...]) -> None:
    if event != "socket.connect" or not _watching:
        return
    sock, address = args
    if not isinstance(sock, socket.socket) or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    assert isinstance(address, tuple)
    pair = (str(address[0]), int(address[1]))
    for connects in _watching:
        connects.dialled.append(pair)
        if pair not in connects.allowed:
            raise ConnectionRefusedError(f"this test may not dial {pair}")


sys.addaudithook(_hook)  # it cannot be taken away again, only have nothing to do


@contextlib.contextmanager
def watching_connects(*allowed: tuple[str, int]) -> Iterator[Connects]:
    """Record every connect of this process below Python's socket objects, and stop strays."""
    connects = Connects(set(allowed))
    _watching.append(connects)
    try:
        yield connects
    finally:
        _watching.remove(connects)


@dataclass
class Memory:
    """Bytes by which the peak of resident memory rose over its start."""

    growth: int = 0


@contextlib.contextmanager
def watching_memory() -> Iterator[Memory]:
    """Measure the peak of this process's resident memory (Linux: VmHWM, reset at the start)."""
    memory = Memory()
    Path("/proc/self/clear_refs").write_text("5")
    before = _status_kib("VmRSS")
    yield memory
    memory.growth = (_status_kib("VmHWM") - before) * 1024


def _status_kib(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise AssertionError(name)
