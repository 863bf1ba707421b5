"""Jobs that misbehave, for the tests of the worker pool."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass

from ingest.errors import ParseError


@dataclass(frozen=True)
class Echo:
    pid: int
    size: int
    said: str


def echo(header: dict[str, object], body: bytes) -> Echo:
    os.write(1, b"noise on standard output")
    sys.stdout.write("more of it")
    sys.stderr.write("noise on standard error")
    return Echo(os.getpid(), len(body), str(header["say"]))


def refuse(header: dict[str, object], body: bytes) -> None:
    raise ParseError(str(header["url"]), "not-html: a picture", "nothing to do")


def fail(header: dict[str, object], body: bytes) -> None:
    raise RuntimeError("a bug \udc80")


def loop(header: dict[str, object], body: bytes) -> None:
    while True:
        pass


def hang(header: dict[str, object], body: bytes) -> None:
    time.sleep(60)


def segfault(header: dict[str, object], body: bytes) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave(header: dict[str, object], body: bytes) -> None:
    os._exit(7)


def allocate(header: dict[str, object], body: bytes) -> None:
    hoard = []
    while True:
        hoard.append(bytearray(16 * 2**20))


def gate(header: dict[str, object], body: bytes) -> str:
    with open(str(header["path"]), "rb"):  # noqa: PTH123  a pipe: until somebody opens its other end
        return "through"


def nonsense(header: dict[str, object], body: bytes) -> dict[str, str]:
    return {"text": "\udc80"}  # cannot be encoded
