"""Feed parsing: milliseconds a feed, against feedparser as it comes, with the same entries.

    python benchmarks/feed_parse.py FOLDER [--rounds 3]

FOLDER holds real feeds (`*.xml`, `*.json`, or gzipped). Each round reads every feed with both, one
after the other, so that a busy machine slows both; the best round of each counts, in CPU time.
Entries are compared by title (as plain text) and link. Prints a table and one JSON line; ends with
1 where an entry of feedparser's is missing or differs.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import sys
import time
import warnings
from pathlib import Path

import feedparser

from ingest.errors import ParseError
from ingest.feeds.parse import parse_feed
from ingest.feeds.parsed import ParsedFeed
from ingest.feeds.text import clean_line
from ingest.urls import join_url

BASE = "http://publisher.example/feed"


def read_folder(folder: Path) -> dict[str, bytes]:
    bodies = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".gz":
            bodies[path.name] = gzip.decompress(path.read_bytes())
        elif path.suffix in {".xml", ".rss", ".atom", ".rdf", ".json"}:
            bodies[path.name] = path.read_bytes()
    return bodies


def ours(body: bytes) -> ParsedFeed | None:
    try:
        return parse_feed(body, url=BASE, max_entries=100_000)
    except ParseError:
        return None


def differences(theirs: feedparser.FeedParserDict, mine: ParsedFeed | None) -> list[str]:
    """What differs; feeds that feedparser finds no entry in may have some."""
    expected = [
        (
            clean_line(entry.get("title", "")),
            join_url(BASE, link) if (link := entry.get("link")) else "",
        )
        for entry in theirs.entries
    ]
    found = [(entry.title, entry.url) for entry in mine.entries] if mine else []
    if expected == found or not expected:
        return []
    lines = [f"{len(expected)} entries, found {len(found)}"] if len(expected) != len(found) else []
    pairs = zip(expected, found, strict=False)
    return lines + [f"{one} became {other}" for one, other in pairs if one != other]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    warnings.simplefilter("ignore", DeprecationWarning)
    bodies = read_folder(args.folder)
    if not bodies:
        print(f"{args.folder}: no feeds in it", file=sys.stderr)
        return 2
    theirs_s = dict.fromkeys(bodies, float("inf"))
    ours_s = dict.fromkeys(bodies, float("inf"))
    wrong: dict[str, list[str]] = {}
    entries = more = 0
    for turn in range(args.rounds):
        for name, body in bodies.items():
            started = time.process_time()
            theirs = feedparser.parse(io.BytesIO(body))
            between = time.process_time()
            mine = ours(body)
            ended = time.process_time()
            theirs_s[name] = min(theirs_s[name], between - started)
            ours_s[name] = min(ours_s[name], ended - between)
            if turn == 0:
                found = len(mine.entries) if mine else 0
                entries += found
                more += found - len(theirs.entries)
                if lines := differences(theirs, mine):
                    wrong[name] = lines
    total_s, our_total_s = sum(theirs_s.values()), sum(ours_s.values())
    megabytes = sum(map(len, bodies.values())) / 1e6
    print(f"{len(bodies)} feeds, {megabytes:.1f} MB, {entries} entries; CPU time")
    print(f"{'':<20}{'ms a feed':>10}{'entries/s':>11}{'MB/s':>7}")
    for label, seconds in (("feedparser", total_s), ("summitwatch", our_total_s)):
        row = f"{label:<20}{seconds / len(bodies) * 1000:>10.1f}{entries / seconds:>11.0f}"
        print(f"{row}{megabytes / seconds:>7.1f}")
    print(f"speed-up {total_s / our_total_s:.1f} (goal 4); {more} entries more than feedparser")
    for name, lines in wrong.items():
        print(f"{name}: {lines[0]}" + (f" and {len(lines) - 1} more" if len(lines) > 1 else ""))
    print(
        json.dumps(
            {
                "benchmark": "feed_parse",
                "feeds": len(bodies),
                "entries": entries,
                "entries_more": more,
                "ms_per_feed": round(our_total_s / len(bodies) * 1000, 2),
                "ms_per_feed_feedparser": round(total_s / len(bodies) * 1000, 2),
                "speed_up": round(total_s / our_total_s, 2),
                "feeds_that_differ": len(wrong),
            }
        )
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
