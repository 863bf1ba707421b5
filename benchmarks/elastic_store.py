"""Elasticsearch: indexing beside the client's bare parallel_bulk, disk, searches, lag.

    python benchmarks/elastic_store.py [--articles 20000,200000] [--queries 200] [--compared 20000]
                                        [--no-sqlite]

Runs a server of its own on this machine's disk (ELASTICSEARCH_URL names another one) and takes the
articles of search.py. The bare side writes the very documents that the adapter wrote, prepared
beforehand, into indices of the same mappings, for the first `--compared` articles. Prints a table and one JSON line.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from common import Foreign, print_table
from elasticsearch.helpers import parallel_bulk
from search import FACETS, START, Generator, Ids, timedelta

from elastic.fixtures import drop
from elastic.server import PRODUCTION_JVM, Provided, local_server
from ingest.query.ast import FieldIs
from ingest.query.parse import parse_query
from ingest.settings import load_settings
from ingest.store.elastic import ElasticStore
from ingest.store.elastic_articles import (
    Step,
    article_document,
    mention_document,
    proposal_document,
)
from ingest.store.elastic_articles import prepare as prepared
from ingest.store.elastic_connect import connect
from ingest.store.elastic_mappings import INDICES
from ingest.store.port import Save, Saved, Search
from ingest.store.rows import mention_rows, proposal_rows
from ingest.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from elasticsearch import Elasticsearch

    from ingest.model import Article

CHUNK = 1000
LAG_SAMPLES = 20


@contextmanager
def running() -> Iterator[Provided]:
    given = os.environ.get("ELASTICSEARCH_URL", "")
    if given:
        yield Provided(given)
        return
    with tempfile.TemporaryDirectory(prefix="summitwatch-bench-") as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own
        with local_server(PRODUCTION_JVM, folder) as server:
            os.environ.update(server.environment)
            yield server


def chunks(generator: Generator, count: int) -> Iterator[list[Article]]:
    for start in range(0, count, CHUNK):
        yield [generator.article(number) for number in range(start, min(start + CHUNK, count))]


@cache
def names_of(entity: str) -> tuple[str, ...]:
    """As many names as an entity of the gazetteer has in nine languages."""
    return tuple(f"{entity.partition(':')[2]} {number}" for number in range(12))


def place_of(entity: str) -> tuple[float, float]:
    return 53.9, float(len(entity))


def documents(article: Article, prefix: str) -> Iterator[dict[str, Any]]:
    """What the adapter sends for a new article, as parallel_bulk takes it."""
    step: Step = prepared(Save(article))
    step.article = replace(article, revision=1)
    step.base = 1
    rows = [(article.id, "articles", article_document(step, "0" * 32, names_of))]
    rows += [
        (row.id, "mentions", mention_document(row, step.article, at, place_of, names_of))
        for at, row in enumerate(mention_rows(step.article))
    ]
    rows += [
        (row.id, "proposals", proposal_document(row, at, place_of, names_of))
        for at, row in enumerate(proposal_rows(step.article))
    ]
    for row_id, index, doc in rows:
        yield {"_index": f"{prefix}-{index}", "_id": row_id, "_source": json.loads(doc)}


def index_both(
    client: Elasticsearch, prefix: str, store: ElasticStore, count: int, compared: int
) -> tuple[float, float, float]:
    """Return the seconds of parallel_bulk and of the adapter for the first `compared` articles,
    and of the adapter for all.

    Chunk by chunk in turns, each first every other time, so that whatever else the machine does
    and the growth of the indices weigh on both alike.
    """
    bare_s = adapter_s = all_s = 0.0
    for at, articles in enumerate(chunks(Generator(seed=1), count)):
        saves = [Save(article) for article in articles]
        if at * CHUNK >= compared:
            all_s += timed_save(store, saves)
            continue
        actions = [doc for article in articles for doc in documents(article, prefix)]
        if at % 2:
            adapter_s += timed_save(store, saves)
        begun = time.perf_counter()
        for ok, _ in parallel_bulk(client, actions):
            assert ok
        bare_s += time.perf_counter() - begun
        if not at % 2:
            adapter_s += timed_save(store, saves)
    return bare_s, adapter_s, adapter_s + all_s


def timed_save(store: Any, saves: list[Save]) -> float:
    begun = time.perf_counter()
    results = store.save(saves)
    spent = time.perf_counter() - begun
    assert all(isinstance(result, Saved) for result in results)
    return spent


def index_sqlite(store: SqliteStore, count: int) -> float:
    """Return the seconds that SQLite's adapter takes for the articles."""
    return sum(
        timed_save(store, [Save(article) for article in articles])
        for articles in chunks(Generator(seed=1), count)
    )


def disk_bytes(client: Elasticsearch, store: ElasticStore) -> int:
    """Return bytes on disk, once the segments are merged as they would be with time."""
    names = [f"{store.prefix}-{index}" for index in INDICES]
    client.options(request_timeout=900).indices.forcemerge(index=names, max_num_segments=1)
    store.refresh()
    return int(store.stats()["bytes"])


def searches(count: int, queries: int) -> list[Search]:
    generator = Generator(seed=1)
    generator.rng.seed(2)
    now = START + timedelta(minutes=7 * count)
    return [
        Search(
            parse_query(generator.query(), names=Ids(), now=now).node,
            sort="newest" if at % 4 == 0 else "relevance",
            facets=FACETS,
        )
        for at in range(queries)
    ]


def timed(store: Any, wanted: list[Search]) -> tuple[float, float, list[int]]:
    """Return p50 and p95 in milliseconds, and the totals."""
    for search in wanted[:20]:
        store.search(search)
    times, totals = [], []
    for search in wanted:
        begun = time.perf_counter()
        totals.append(store.search(search).total)
        times.append((time.perf_counter() - begun) * 1000)
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.95)], totals


def lag(url: str, store: ElasticStore) -> tuple[float, float]:
    """Return the median and the longest time from a save to its sight in another connection."""
    seen: list[float] = []
    with ElasticStore.open(url, store.prefix, load_settings().elasticsearch) as reader:
        for number in range(LAG_SAMPLES):
            article = Generator(seed=1000 + number).article(number)
            article = replace(article, id=f"lag{uuid.uuid4().hex}")
            store.save([Save(article)])
            begun = time.perf_counter()
            while not reader.search(Search(FieldIs("id", (article.id,)))).total:
                time.sleep(0.01)
            seen.append(time.perf_counter() - begun)
    return statistics.median(seen), max(seen)


def measure(
    url: str, count: int, queries: int, compared: int, *, with_sqlite: bool
) -> dict[str, Any]:
    prefixes = [f"bench-{uuid.uuid4().hex[:8]}" for _ in range(2)]
    settings = load_settings().elasticsearch
    foreign = Foreign()
    stores = [
        ElasticStore.open(url, prefix, settings, locate=place_of, names=names_of)
        for prefix in prefixes
    ]
    adapter = stores[1]
    client = connect(url, settings)
    try:
        compared = min(count, compared)
        bare_s, adapter_s, all_s = index_both(client, prefixes[0], adapter, count, compared)
        drop(client, prefixes[0])
        size = disk_bytes(client, adapter)
        wanted = searches(count, queries)
        p50, p95, totals = timed(adapter, wanted)
        lag_p50, lag_max = lag(url, adapter)
    finally:
        for store in stores:
            drop(client, store.prefix)
            store.close()
        client.close()
    row = {
        "articles": count,
        "adapter_per_s": round(count / all_s, 1),
        "compared": compared,
        "bare_per_s": round(compared / bare_s, 1),
        "ratio": round(bare_s / adapter_s, 2),
        "bytes_per_article": round(size / count),
        "p50_ms": round(p50, 1),
        "p95_ms": round(p95, 1),
        "lag_p50_s": round(lag_p50, 2),
        "lag_max_s": round(lag_max, 2),
        "foreign_cores": foreign.cores(),
    }
    if with_sqlite:
        with tempfile.TemporaryDirectory() as folder, SqliteStore.open(f"{folder}/s.db") as sqlite:
            row["sqlite_per_s"] = round(count / index_sqlite(sqlite, count), 1)
            p50, p95, same = timed(sqlite, wanted)
            assert same == totals, "the stores do not find the same"
            row |= {"sqlite_p50_ms": round(p50, 1), "sqlite_p95_ms": round(p95, 1)}
    print(json.dumps(row), file=sys.stderr, flush=True)  # the larger sizes take an hour
    return row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", default="20000,200000")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--compared", type=int, default=20_000, help="articles of the bare side")
    parser.add_argument("--no-sqlite", action="store_true")
    args = parser.parse_args()
    with running() as server:
        measure(
            server.url, CHUNK, 10, CHUNK, with_sqlite=False
        )  # warms the server's JVM for both sides
        rows = [
            measure(
                server.url, int(count), args.queries, args.compared, with_sqlite=not args.no_sqlite
            )
            for count in args.articles.split(",")
        ]
    print_table("Elasticsearch", list(rows[0]), [list(row.values()) for row in rows])
    growth = rows[-1]["p50_ms"] / rows[0]["p50_ms"]
    print(json.dumps({"benchmark": "elastic", "rows": rows, "p50_growth": round(growth, 2)}))
    return 0 if all(row["ratio"] >= 0.9 for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
