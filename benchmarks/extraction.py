"""Extraction on real pages: quality against the true texts, speed, and what the walks save.

    python benchmarks/extraction.py FOLDER

FOLDER is a checkout of scrapinghub/article-extraction-benchmark (MIT): `html/*.html.gz`,
`ground-truth.json` and `evaluate.py`, whose functions score. Prints a table and one JSON line.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import importlib.util
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trafilatura
from lxml.etree import XPath
from trafilatura import xpaths

from ingest.extract import fast
from ingest.extract.article import extract_article, warm_up
from ingest.workers import WorkerPool

OPTIONS = {"favor_precision": True, "include_comments": False}
NAMESPACES = {"re": "http://exslt.org/regular-expressions"}
Pages = dict[str, tuple[str, bytes]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the benchmark's checkout")
    parser.add_argument("--rounds", type=int, default=3, help="timed passes; the best counts")
    parser.add_argument("--workers", type=int, default=0, help="size of the pool; 0: one a core")
    arguments = parser.parse_args()
    evaluate = load_evaluate(arguments.folder / "evaluate.py")
    truth = json.loads((arguments.folder / "ground-truth.json").read_text("utf-8"))
    pages = read_pages(arguments.folder / "html", truth)
    warm_up()
    rounds = arguments.rounds

    plain_ms, plain = timed(lambda body, _: trafilatura.extract(body, **OPTIONS), pages, rounds)
    unpatch()
    slow_ms, slow = timed(lambda body, _: trafilatura.extract(body, **OPTIONS), pages, rounds)
    meta_ms, _ = timed(
        lambda body, _: trafilatura.bare_extraction(body, with_metadata=True, **OPTIONS),
        pages,
        rounds,
    )
    fast.patch()
    ours_ms, ours = timed(ours_text, pages, rounds)
    size, pool_s = asyncio.run(pool_seconds(pages, arguments.workers, rounds))

    rows = [
        ("trafilatura as it is", slow_ms, score(evaluate, truth, slow)),
        ("trafilatura as it is, with metadata", meta_ms, None),
        ("trafilatura with our walks", plain_ms, score(evaluate, truth, plain)),
        ("extract_article (walks, metadata, language, trimming)", ours_ms, score(evaluate, truth, ours)),
    ]  # fmt: skip
    print(f"{'':55} {'CPU ms/page':>12} {'pages/s':>8} {'F1':>7} {'P':>6} {'R':>6}")
    for name, milliseconds, scores in rows:
        quality = (
            f"{scores['f1']:7.4f} {scores['precision']:6.3f} {scores['recall']:6.3f}"
            if scores
            else ""
        )
        print(f"{name:55} {milliseconds:12.1f} {1000 / milliseconds:8.1f} {quality}")
    print(
        f"{f'extract_article, pool of {size} workers (wall clock)':55} {'':12} {len(pages) / pool_s:8.1f}"
    )
    changed = sum(plain[key] != slow[key] for key in pages)
    print(f"texts that the walks change: {changed} of {len(pages)}")
    record = {
        "benchmark": "extraction",
        "pages": len(pages),
        "f1": round(score(evaluate, truth, ours)["f1"], 4),
        "f1_trafilatura": round(score(evaluate, truth, slow)["f1"], 4),
        "ms_per_page": round(ours_ms, 2),
        "ms_per_page_trafilatura": round(slow_ms, 2),
        "ms_per_page_trafilatura_with_metadata": round(meta_ms, 2),
        "ms_per_page_trafilatura_with_walks": round(plain_ms, 2),
        "pool_workers": size,
        "pool_pages_per_s": round(len(pages) / pool_s, 1),
        "texts_changed_by_walks": changed,
        "cores": os.cpu_count(),
    }
    print(json.dumps(record))
    return 0 if record["f1"] >= 0.96 and not changed else 1


def load_evaluate(path: Path) -> Any:
    """The scoring functions as the benchmark publishes them."""
    spec = importlib.util.spec_from_file_location("evaluate", path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_pages(folder: Path, truth: dict[str, dict[str, str]]) -> Pages:
    """Every page with its URL."""
    return {
        key: (row["url"], gzip.decompress((folder / f"{key}.html.gz").read_bytes()))
        for key, row in truth.items()
    }


def unpatch() -> None:
    """Bring trafilatura's own expressions back."""
    for name in fast.LISTS:
        expressions = getattr(xpaths, name)
        expressions[:] = [XPath(e.path, namespaces=NAMESPACES) for e in expressions]


def ours_text(body: bytes, url: str) -> str:
    return extract_article(body, url=url, now=datetime.now(UTC)).text


def timed(extract: Any, pages: Pages, rounds: int) -> tuple[float, dict[str, str]]:
    """CPU milliseconds a page (best round), and the texts."""
    best, texts = float("inf"), {}
    for _ in range(rounds):
        started = time.process_time()
        texts = {key: extract(body, url) or "" for key, (url, body) in pages.items()}
        best = min(best, (time.process_time() - started) * 1000 / len(pages))
    return best, texts


async def pool_seconds(pages: Pages, size: int, rounds: int) -> tuple[int, float]:
    """Workers, and seconds for all pages through them once they are warm (best round)."""
    now = datetime.now(UTC)
    best = float("inf")
    async with WorkerPool(size, deadline_s=60.0) as pool:

        async def one(url: str, body: bytes) -> None:
            await pool.call("extract_article", {"url": url, "now": now}, body)

        for _ in range(rounds + 1):  # the first one starts the workers
            started = time.perf_counter()
            await asyncio.gather(*(one(url, body) for url, body in pages.values()))
            best = min(best, time.perf_counter() - started)
        return pool.size, best


def score(
    evaluate: Any, truth: dict[str, dict[str, str]], texts: dict[str, str]
) -> dict[str, float]:
    """4-gram F1, precision and recall, as evaluate.py has them."""
    counts = [
        evaluate.string_shingle_matching(true=row["articleBody"], pred=texts[key])
        for key, row in truth.items()
    ]
    result: dict[str, float] = evaluate.metrics_from_tp_fp_fns(counts)
    return result


if __name__ == "__main__":
    sys.exit(main())
