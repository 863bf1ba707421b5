"""Polls a second against a server that is 150 ms away: ours, plain httpx, aiohttp.

    python benchmarks/fetch.py [--requests 600] [--concurrency 50] [--latency-ms 150] [--rounds 3]

The server is a process of its own on loopback; it waits before each answer. Its feeds are made
here: about 50 kB each, a quarter of that compressed. `unchanged` asks with a validator and gets a
304, `changed` gets the feed, `parsed` also parses it, in two worker processes as in production
(the others have nothing to compare there). Each client runs in a process of its own, in turns, so
that noise hits them alike; the table has the median of the rounds. aiohttp is no part of our
installation: it goes to a folder under the temporary directory. Prints a table and one JSON line.

Polling asks each publisher once, so connections are not kept; the peers are measured both as they
come (kept, which the single server here favours) and without.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

PEERS = Path(tempfile.gettempdir()) / "summitwatch-bench-peers"
ETAG = '"bench"'
FEEDS = 40
CLIENTS = ("ours", "httpx", "httpx-closing", "aiohttp", "aiohttp-closing")


# --- the server --------------------------------------------------------------------------------


def make_feed(seed: int) -> bytes:
    """RSS of 40 entries; a few thousand words, spread as words are, compress about as news do."""
    rng = random.Random(seed)
    words = ["".join(rng.choices("abdeiklmnoprstuvz", k=rng.randint(2, 11))) for _ in range(4000)]
    weights = [1 / rank for rank in range(1, 4001)]
    items = []
    for at in range(40):
        text = " ".join(rng.choices(words, weights, k=150))
        items.append(
            f"<item><title>{text[:70]}</title><link>http://courier.example/{seed}/{at}</link>"
            f"<guid>{seed}-{at}</guid><pubDate>Mon, 02 Mar 2026 10:{at:02}:00 GMT</pubDate>"
            f"<description><![CDATA[<p>{text}</p>]]></description></item>"
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Courier</title>'
        f"<link>http://courier.example/</link>{''.join(items)}</channel></rss>"
    ).encode()


async def serve(latency_s: float) -> None:
    bodies = [gzip.compress(make_feed(seed)) for seed in range(FEEDS)]
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Encoding: gzip\r\n"
        f"ETag: {ETAG}\r\nContent-Length: %d\r\n%s\r\n"
    )
    close = "Connection: close\r\n"
    unchanged = f"HTTP/1.1 304 Not Modified\r\nETag: {ETAG}\r\n%s\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                asked = (await reader.readuntil(b"\r\n\r\n")).lower()
                await asyncio.sleep(latency_s)
                end = close if b"connection: close" in asked else ""
                if b"if-none-match" in asked:
                    writer.write((unchanged % end).encode())
                else:
                    body = bodies[int(asked.split(b" ", 2)[1].rpartition(b"/")[2]) % FEEDS]
                    writer.write((head % (len(body), end)).encode() + body)
                await writer.drain()
                if end:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


# --- the clients -------------------------------------------------------------------------------

Fetch = Callable[[int], Awaitable[int]]  # number of the feed -> bytes of its body, 0 for a 304


async def measure(args: argparse.Namespace) -> dict[str, float]:
    headers = {"If-None-Match": ETAG} if args.mode == "unchanged" else {}
    base = f"http://127.0.0.1:{args.port}/feed/"
    run = {"ours": _ours, "httpx": _httpx, "aiohttp": _aiohttp}[args.client.partition("-")[0]]
    return await run(base, headers, args)


async def _time(fetch: Fetch, args: argparse.Namespace) -> dict[str, float]:
    slots = asyncio.Semaphore(args.concurrency)

    async def one(number: int) -> int:
        async with slots:
            return await fetch(number)

    await one(0)  # imports, first connection
    cpu, begun = time.process_time(), time.perf_counter()
    sizes = await asyncio.gather(*(one(number) for number in range(args.requests)))
    elapsed = time.perf_counter() - begun
    assert all((size == 0) == (args.mode == "unchanged") for size in sizes)
    return {
        "per_s": args.requests / elapsed,
        "cpu_ms": (time.process_time() - cpu) / args.requests * 1000,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


async def _ours(base: str, headers: dict[str, str], args: argparse.Namespace) -> dict[str, float]:
    from ingest.fetch.client import Fetcher
    from ingest.fetch.result import Fetched, NotModified
    from ingest.settings import FetchSettings
    from ingest.workers import WorkerPool

    now = datetime(2026, 3, 2, tzinfo=UTC)
    etag = headers.get("If-None-Match", "")
    settings = FetchSettings(
        allow_private=(f"127.0.0.1:{args.port}",), concurrency=args.concurrency
    )
    async with Fetcher(settings) as fetcher, WorkerPool(2) as workers:

        async def fetch(number: int) -> int:
            result = await fetcher.get(f"{base}{number}", etag=etag, now=now)
            if isinstance(result, NotModified):
                return 0
            assert isinstance(result, Fetched), result
            return len(result.body)

        async def fetch_and_parse(number: int) -> int:
            result = await fetcher.get(f"{base}{number}", now=now)
            assert isinstance(result, Fetched), result
            parsed = await workers.call("parse_feed", {"url": result.url}, result.body)
            assert len(parsed.entries) == 40
            return len(result.body)

        if args.mode == "parsed":
            await asyncio.gather(fetch_and_parse(0), fetch_and_parse(1))  # both workers are up
        return await _time(fetch_and_parse if args.mode == "parsed" else fetch, args)


async def _httpx(base: str, headers: dict[str, str], args: argparse.Namespace) -> dict[str, float]:
    import httpx

    kept = 0 if args.client.endswith("closing") else 20  # 20 is what it comes with
    limits = httpx.Limits(max_connections=args.concurrency, max_keepalive_connections=kept)
    async with httpx.AsyncClient(limits=limits, timeout=30) as client:

        async def fetch(number: int) -> int:
            return len((await client.get(f"{base}{number}", headers=headers)).content)

        return await _time(fetch, args)


async def _aiohttp(
    base: str, headers: dict[str, str], args: argparse.Namespace
) -> dict[str, float]:
    import aiohttp

    connector = aiohttp.TCPConnector(
        limit=args.concurrency, force_close=args.client.endswith("closing")
    )
    async with aiohttp.ClientSession(connector=connector) as client:

        async def fetch(number: int) -> int:
            async with client.get(f"{base}{number}", headers=headers) as response:
                return len(await response.read())

        return await _time(fetch, args)


# --- the benchmark -----------------------------------------------------------------------------


def install_peers() -> None:
    """Put aiohttp into a folder of its own, once."""
    if (PEERS / "aiohttp").is_dir():
        return
    uv = shutil.which("uv")
    install = [uv, "pip", "install", "-q", "--python", sys.executable] if uv else None
    install = install or [sys.executable, "-m", "pip", "install", "-q"]
    subprocess.run([*install, "--target", str(PEERS), "aiohttp>=3.12"], check=True)


def run_client(client: str, mode: str, port: int, args: argparse.Namespace) -> dict[str, float]:
    paths = [str(Path(__file__).parent.parent), *([str(PEERS)] if "aiohttp" in client else [])]
    command = [sys.executable, __file__, "--client", client, "--mode", mode, "--port", str(port)]
    command += ["--requests", str(args.requests), "--concurrency", str(args.concurrency)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def compare(args: argparse.Namespace) -> list[dict[str, object]]:
    install_peers()
    serving = [sys.executable, __file__, "--serve", "--latency-ms", str(args.latency_ms)]
    with subprocess.Popen(serving, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            port = int(server.stdout.readline())
            tasks = [(mode, client) for mode in ("unchanged", "changed") for client in CLIENTS]
            tasks.append(("parsed", "ours"))
            runs: dict[tuple[str, str], list[dict[str, float]]] = {task: [] for task in tasks}
            for _ in range(args.rounds):
                for mode, client in tasks:
                    runs[mode, client].append(run_client(client, mode, port, args))
        finally:
            server.terminate()
    return [
        {"mode": mode, "client": client}
        | {
            name: round(statistics.median(run[name] for run in results), 2)
            for name in ("per_s", "cpu_ms", "peak_mib")
        }
        for (mode, client), results in runs.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--concurrency", type=int, default=50)
    parser.add_argument("--latency-ms", type=float, default=150)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--client", choices=CLIENTS, help=argparse.SUPPRESS)
    parser.add_argument("--mode", default="", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        asyncio.run(serve(args.latency_ms / 1000))
    elif args.client:
        print(json.dumps(asyncio.run(measure(args))))
    else:
        rows = compare(args)
        print(
            f"polls at concurrency {args.concurrency}, {args.latency_ms:g} ms away, "
            f"{args.requests} requests, median of {args.rounds} rounds"
        )
        for row in rows:
            print(
                f"{row['mode']:>10}  {row['client']:<16} {row['per_s']:>7.1f}/s "
                f"{row['cpu_ms']:>6.2f} ms CPU each  {row['peak_mib']:>5.0f} MiB"
            )
        print(json.dumps({"benchmark": "fetch", "latency_ms": args.latency_ms, "rows": rows}))


if __name__ == "__main__":
    main()
