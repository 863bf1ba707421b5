"""Run the benchmarks one after another: `make bench`.

    python benchmarks/run_all.py [NAME ...]

Those that read real pages or feeds run where SUMMITWATCH_BENCH_DATA names a folder with extraction/
and feeds/ in it (README.md beside this file says where they are from).
Each prints a table and one JSON line. One that fails is named at the end and the others go on;
then this ends with 1.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = "SUMMITWATCH_BENCH_DATA"
TIMEOUT_S = 1800  # for one; on two idle cores none takes more than three minutes


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A script with its arguments.

    Attributes:
        folders: given first, from the data folder.
        script: where it is not called as the benchmark is.
    """

    name: str
    arguments: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    script: str = ""


BENCHMARKS = (
    Benchmark("pipeline"),
    Benchmark("search"),
    Benchmark("elastic_store", ("--articles", "20000")),
    Benchmark("fetch", ("--rounds", "2")),
    Benchmark("politeness"),
    Benchmark("alerts"),
    Benchmark("airflow"),
    Benchmark("tagging", ("--cv",)),
    Benchmark("tagging_speed", script="tagging"),
    Benchmark("stances"),
    Benchmark("plain"),
    Benchmark("real_pages", ("--copies", "4"), folders=("extraction", "feeds")),
    Benchmark("extraction", folders=("extraction",)),
    Benchmark("feed_parse", folders=("feeds",)),
    Benchmark("tagging_public", ("--shipped",), folders=("public",)),
)


def missing(benchmark: Benchmark, data: str) -> str:
    """Return why a benchmark cannot run, or ""."""
    if benchmark.folders and not data:
        return f"{DATA} is not set"
    gone = [name for name in benchmark.folders if not (Path(data) / name).is_dir()]
    return f"no folder {Path(data) / gone[0]}" if gone else ""


def run(benchmark: Benchmark, data: str) -> str:
    """Run one; returns what went wrong, or ""."""
    folders = [str(Path(data) / name) for name in benchmark.folders]
    script = HERE / f"{benchmark.script or benchmark.name}.py"
    try:
        done = subprocess.run(
            [sys.executable, str(script), *folders, *benchmark.arguments],
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"not done after {TIMEOUT_S} s"
    return f"exit code {done.returncode}" if done.returncode else ""


def main() -> int:
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    args = parser.parse_args()
    if unknown := set(args.names) - set(names):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    chosen = [b for b in BENCHMARKS if b.name in (args.names or names)]
    data = os.environ.get(DATA, "")
    failed: dict[str, str] = {}
    for at, benchmark in enumerate(chosen, start=1):
        head = f"[{at}/{len(chosen)}] {benchmark.name}"
        if reason := missing(benchmark, data):
            print(f"{head}: left out, {reason}", flush=True)
            if benchmark.name in args.names:
                failed[benchmark.name] = reason
            continue
        print(f"{head} ...", flush=True)
        began = time.monotonic()
        reason = run(benchmark, data)
        print(f"{head}: {reason or 'done'}, {time.monotonic() - began:.0f} s", flush=True)
        if reason:
            failed[benchmark.name] = reason
    for name, reason in failed.items():
        print(f"failed: {name}: {reason}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
