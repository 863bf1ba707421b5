"""Elasticsearch: indexing beside the client's bare parallel_bulk, disk, searches, lag.

    python benchmarks/elastic_store.py [--articles 20000,200000] [--queries 200] [--compared 20000]
                                        [--no-sqlite]

Runs a server of its own on this machine's disk (ELASTICSEARCH_URL names another one) and takes the
articles of search.py. One index grows, and a SQLite file beside it; at each size both are measured.
The bare side writes the very documents that the adapter wrote, prepared beforehand, into indices of
the same mappings, for the first `--compared` articles. Prints a table and one JSON line.
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
from contextlib import ExitStack, contextmanager
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


class Growing:
    """One index of the adapter, one bare one and one SQLite file that grow with the same articles.

    Chunk by chunk in turns, each first every other time, so that whatever else the machine does
    and the growth of the indices weigh on all alike. The bare one takes the first `compared`.
    """

    def __init__(
        self, client: Elasticsearch, bare: str, store: ElasticStore, sqlite: SqliteStore | None
    ) -> None:
        self.client, self.bare, self.store, self.sqlite = client, bare, store, sqlite
        self.generator = Generator(seed=1)
        self.count = 0

    def grow(self, count: int, compared: int) -> dict[str, float]:
        """Return seconds of this stretch by side; `same_s`: the adapter's for the bare articles."""
        spent = dict.fromkeys(("bare_s", "same_s", "adapter_s", "sqlite_s"), 0.0)
        while self.count < count:
            numbers = range(self.count, min(self.count + CHUNK, count))
            articles = [self.generator.article(number) for number in numbers]
            saves = [Save(article) for article in articles]
            is_compared = self.count < compared
            turns = [self._adapter, self._bare] if is_compared else [self._adapter]
            if self.count // CHUNK % 2:
                turns.reverse()
            for turn in turns:
                name, seconds = turn(articles, saves)
                spent[name] += seconds
                if name == "adapter_s" and is_compared:
                    spent["same_s"] += seconds
            if self.sqlite is not None:
                spent["sqlite_s"] += timed_save(self.sqlite, saves)
            self.count = numbers[-1] + 1
            print(f"\r{self.count:,} articles", end="", file=sys.stderr, flush=True)
        return spent

    def _adapter(self, _: list[Article], saves: list[Save]) -> tuple[str, float]:
        return "adapter_s", timed_save(self.store, saves)

    def _bare(self, articles: list[Article], _: list[Save]) -> tuple[str, float]:
        actions = [doc for article in articles for doc in documents(article, self.bare)]
        begun = time.perf_counter()
        for ok, _ in parallel_bulk(self.client, actions):
            assert ok
        return "bare_s", time.perf_counter() - begun


def timed_save(store: Any, saves: list[Save]) -> float:
    begun = time.perf_counter()
    results = store.save(saves)
    spent = time.perf_counter() - begun
    assert all(isinstance(result, Saved) for result in results)
    return spent


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
    ids: list[str] = []
    with ElasticStore.open(url, store.prefix, load_settings().elasticsearch) as reader:
        for number in range(LAG_SAMPLES):
            article = Generator(seed=1000 + number).article(number)
            article = replace(article, id=f"lag{uuid.uuid4().hex}")
            store.save([Save(article)])
            begun = time.perf_counter()
            ids.append(article.id)
            while not reader.search(Search(FieldIs("id", (article.id,)))).total:
                time.sleep(0.01)
            seen.append(time.perf_counter() - begun)
    store.delete_articles(ids)  # the stores are to find the same again
    return statistics.median(seen), max(seen)


def measure(
    url: str, sizes: list[int], queries: int, compared: int, sqlite: SqliteStore | None
) -> list[dict[str, Any]]:
    prefixes = [f"bench-{uuid.uuid4().hex[:8]}" for _ in range(2)]
    settings = load_settings().elasticsearch
    stores = [
        ElasticStore.open(url, prefix, settings, locate=place_of, names=names_of)
        for prefix in prefixes
    ]
    client = connect(url, settings)
    growing = Growing(client, prefixes[0], stores[1], sqlite)
    try:
        return [measure_at(url, growing, size, queries, compared) for size in sizes]
    finally:
        for store in stores:
            drop(client, store.prefix)
            store.close()
        client.close()


def measure_at(
    url: str, growing: Growing, size: int, queries: int, compared: int
) -> dict[str, Any]:
    """Grow to `size` and measure; rates are those of the stretch since the last size."""
    foreign = Foreign()
    before = growing.count
    spent = growing.grow(size, compared)
    added, same = size - before, max(0, min(size, compared) - before)
    row = {"articles": size, "adapter_per_s": round(added / spent["adapter_s"], 1)}
    if same:
        row |= {
            "bare_per_s": round(same / spent["bare_s"], 1),
            "ratio": round(spent["bare_s"] / spent["same_s"], 2),
        }
    row["bytes_per_article"] = round(disk_bytes(growing.client, growing.store) / size)
    wanted = searches(size, queries)
    p50, p95, totals = timed(growing.store, wanted)
    row |= {"p50_ms": round(p50, 1), "p95_ms": round(p95, 1)}
    if growing.sqlite is not None:
        row["sqlite_per_s"] = round(added / spent["sqlite_s"], 1)
        p50, p95, found = timed(growing.sqlite, wanted)
        assert found == totals, "the stores do not find the same"
        row |= {"sqlite_p50_ms": round(p50, 1), "sqlite_p95_ms": round(p95, 1)}
    lag_p50, lag_max = lag(url, growing.store)
    row |= {"lag_p50_s": round(lag_p50, 2), "lag_max_s": round(lag_max, 2)}
    row["foreign_cores"] = foreign.cores()
    print(f"\n{json.dumps(row)}", file=sys.stderr, flush=True)  # the larger size takes long
    return row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", default="20000,200000")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--compared", type=int, default=20_000, help="articles of the bare side")
    parser.add_argument("--no-sqlite", action="store_true")
    args = parser.parse_args()
    sizes = [int(size) for size in args.articles.split(",")]
    with running() as server, tempfile.TemporaryDirectory() as folder:
        measure(server.url, [CHUNK], 10, CHUNK, None)  # warms the server's JVM for both sides
        with ExitStack() as stack:
            sqlite = None
            if not args.no_sqlite:
                sqlite = stack.enter_context(SqliteStore.open(f"{folder}/s.db"))
            rows = measure(server.url, sizes, args.queries, args.compared, sqlite)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    print_table("Elasticsearch", columns, [[row.get(name, "") for name in columns] for row in rows])
    growth = rows[-1]["p50_ms"] / rows[0]["p50_ms"]
    print(json.dumps({"benchmark": "elastic", "rows": rows, "p50_growth": round(growth, 2)}))
    return 0 if rows[0]["ratio"] >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main())
