"""End to end against a plain script: feeds polled, articles fetched, read, tagged and stored.

    python benchmarks/pipeline.py [--articles 2000] [--rounds 3] [--weight 100]

The sample newsroom, scaled by salted copies, is served by a process of its own, its pages as heavy
as real ones: 100 kB of menus, cards, styles and configuration around each article (`--weight 0` for
the packaged pages, 5 kB each). Ours is one whole pass into a fresh SQLite store
(`pipeline_pass.py`); the other side is feedparser, httpx and trafilatura one after another, with the
same extraction settings (`plain_script.py`). They take turns, so that both meet the same neighbours.
Goal: ours at least 1.3 times as fast on two cores. Ends with 1 where the two did not read the same
articles.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from common import Foreign, newsroom, print_json, print_table, run_child

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

GOAL = 1.3
LIGHT = "the packaged pages (weight 0)"
OURS, PLAIN = "pipeline_pass.py", "plain_script.py"
# As they follow one another; what stands under "workers" runs beside the rest.
STAGES = {
    "load tagger": "main: load the tagger, once",
    "fetch": "main: fetch, event loop, rest",
    "hosts": "main: hosts' turns",
    "feeds": "main: record entries, feed states",
    "archive": "main: archive (WARC, gzip)",
    "tag": "main: tag",
    "save": "main: identity, save, index",
    "alerts": "main: evaluate the rules",
    "read feeds": "workers: start, parse feeds",
    "extract": "workers: warm up, extract",
}


def rounds(order: dict[str, Any], count: int) -> dict[str, list[dict[str, Any]]]:
    """Run both sides so many times, in turns, ours into a fresh folder each time."""
    results: dict[str, list[dict[str, Any]]] = {OURS: [], PLAIN: []}
    for at in range(count):
        for script in (PLAIN, OURS) if at % 2 == 0 else (OURS, PLAIN):
            with tempfile.TemporaryDirectory(prefix="summitwatch-bench-") as folder:
                results[script].append(run_once(script, {**order, "folder": folder}))
    return results


def run_once(script: str, order: dict[str, Any]) -> dict[str, Any]:
    result = run_child(script, order, timeout_s=1200)
    line = f"  {script}: {result['articles']} articles in {result['seconds']:.1f} s"
    print(line, file=sys.stderr, flush=True)
    return result


def rate(result: dict[str, Any]) -> float:
    return float(result["articles"] / result["seconds"])


def cpu_ms(result: dict[str, Any]) -> float:
    return float(1000 * result["cpu_s"] / result["articles"])


def spread(results: Sequence[dict[str, Any]], figure: Callable[[dict[str, Any]], float]) -> str:
    values = sorted(map(figure, results))
    return f"{values[0]:.1f}/{statistics.median(values):.1f}/{values[-1]:.1f}"


def report(
    results: dict[str, list[dict[str, Any]]], foreign: float, name: str, pages: str = "real pages"
) -> float:
    """Print the tables and the JSON line; returns the ratio of the median speeds."""
    ours, plain = results[OURS], results[PLAIN]
    ratio = statistics.median(map(rate, ours)) / statistics.median(map(rate, plain))
    cpu_ratio = statistics.median(map(cpu_ms, plain)) / statistics.median(map(cpu_ms, ours))
    print_table(
        f"{name}, {pages}: ours runs at {ratio:.2f} times the plain script (goal {GOAL}), with"
        f" {1 / cpu_ratio:.2f} times its CPU, so at most {2 * cpu_ratio:.2f} on two cores of its own;"
        f" others kept {foreign:.1f} cores busy",
        ("contender", "articles", "articles/s", "CPU ms/article", "peak MiB"),
        [
            (title, of[0]["articles"], spread(of, rate), spread(of, cpu_ms), spread(of, _peak))
            for title, of in (("summitwatch, tags and store", ours), ("plain script", plain))
        ],
    )
    stages = {
        side: {stage: _stage_ms(results[side], stage) for stage in results[side][0]["stages"]}
        for side in (OURS, PLAIN)
    }
    print_table(
        "ours by stage, CPU ms an article (median; what is done once is spread over all)",
        ("stage", "ms"),
        [(STAGES[stage], f"{stages[OURS][stage]:.2f}") for stage in STAGES],
    )
    print_table(
        "the plain script by stage, CPU ms an article (median)",
        ("stage", "ms"),
        [(stage, f"{ms:.2f}") for stage, ms in stages[PLAIN].items()],
    )
    main_mib, *workers_mib = max(ours, key=_peak)["memory_mib"]
    print_json(
        name,
        pages=pages,
        articles=ours[0]["articles"],
        ratio=round(ratio, 2),
        goal=GOAL,
        ratio_at_most=round(2 * cpu_ratio, 2),
        ours_per_s=round(statistics.median(map(rate, ours)), 1),
        plain_per_s=round(statistics.median(map(rate, plain)), 1),
        ours_cpu_ms=round(statistics.median(map(cpu_ms, ours)), 2),
        plain_cpu_ms=round(statistics.median(map(cpu_ms, plain)), 2),
        ours_stages_ms={stage: round(ms, 2) for stage, ms in stages[OURS].items()},
        plain_stages_ms={stage: round(ms, 2) for stage, ms in stages[PLAIN].items()},
        peak_main_mib=round(main_mib),
        peak_workers_mib=[round(mib) for mib in workers_mib],
        foreign_cores=foreign,
        rounds=len(ours),
    )
    return ratio


def _peak(result: dict[str, Any]) -> float:
    return float(result["peak_mib"])


def _stage_ms(results: Sequence[dict[str, Any]], stage: str) -> float:
    return statistics.median(1000 * r["stages"].get(stage, 0.0) / r["articles"] for r in results)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--weight", type=int, default=100, help="kB around each article, 0: the packaged pages"
    )
    args = parser.parse_args()
    pages = f"pages as heavy as real ones (weight {args.weight})" if args.weight else LIGHT
    with newsroom(args.articles, weight=args.weight) as served:
        foreign = Foreign()
        results = rounds(asdict(served), args.rounds)
        busy = foreign.cores()
    report(results, busy, "pipeline", pages)
    counts = {result["articles"] for side in results.values() for result in side}
    if len(counts) > 1:
        print(f"the two did not read the same articles: {sorted(counts)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
