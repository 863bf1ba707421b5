"""Serves the sample newsroom in a process of its own, for benchmarks and for a look around.

`python -m ingest.demo [--articles N] [--edition 1|2] [--start YYYY-MM-DD] [--weight KB] [--warm]`
prints one JSON line, `{"port", "start", "hosts", "feeds"}`, and serves until its standard input ends.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, date, datetime

from ingest.demo.feeds import feed_list
from ingest.demo.newsroom import Newsroom, story_start
from ingest.demo.server import NewsroomServer


def main(arguments: list[str]) -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m ingest.demo", description=__doc__)
    parser.add_argument("--articles", type=int, default=0, help="scale to so many; 0: as packaged")
    parser.add_argument("--edition", type=int, choices=(1, 2), default=2)
    parser.add_argument("--start", type=date.fromisoformat, help="Monday of day 1")
    parser.add_argument("--weight", type=int, default=0, help="kB around each article; real: 100")
    parser.add_argument("--warm", action="store_true", help="render everything before serving")
    options = parser.parse_args(arguments)
    start = options.start or story_start(datetime.now(UTC))
    newsroom = Newsroom.load(start, page_weight=options.weight)
    if options.articles:
        newsroom = newsroom.scaled(options.articles)
    with NewsroomServer(newsroom) as server:
        server.set_edition(options.edition)
        if options.warm:
            server.warm()
        ready = {
            "port": server.port,
            "start": newsroom.start.isoformat(),
            "hosts": list(server.resolver_map()),
            "feeds": [url for url, *_ in feed_list(newsroom)],
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
