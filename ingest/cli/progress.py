"""Progress bars, on a terminal only."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from ingest.cli.output import console
from ingest.pipeline.services import no_progress

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.progress import TaskID

    from ingest.pipeline.services import Progress


@contextlib.contextmanager
def progress_bars() -> Generator[Progress, None, None]:
    """Give a function to report progress to; it draws one bar a stage where stderr is a terminal."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield no_progress
        return
    columns = (TextColumn("{task.description:>6}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, TimeElapsedColumn(), console=console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            if total == 0:
                return
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report
