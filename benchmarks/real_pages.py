"""The pipeline over real pages and feeds, which a folder outside the project holds.

    python benchmarks/real_pages.py FOLDER [FEEDS_FOLDER] [--copies 4]

FOLDER: html/*.html.gz, ground-truth.json and evaluate.py, as the article extraction benchmark of
scrapinghub has them. Its pages are served on loopback, in RSS feeds of 20 entries over hosts that
are made up here; the whole pipeline runs over them, and the stored texts are scored by the
folder's own evaluate.py (4-gram F1, goal .96). With `--copies` the pipeline
then races `plain_script.py` over so many copies of the pages, on hosts of their own.
FEEDS_FOLDER: *.gz, real feeds; each is parsed by us and by feedparser, and must have the same
entries, in links and titles. Ends with 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import gzip
import html
import importlib.util
import json
import re
import sys
import tempfile
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin
from xml.sax.saxutils import escape

import feedparser
from common import Foreign, print_json, print_table

from ingest.errors import ParseError
from ingest.feeds.parse import parse_feed
from ingest.feeds.text import clean_line
from ingest.model import Entry
from ingest.store import open_store
from pipeline import OURS, report, rounds, run_once

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GOAL_F1 = 0.96
ENTRIES_A_FEED = 20


# --- the publishers ------------------------------------------------------------------------------


class Site:
    """The pages by URL, spread over hosts of 20 pages each, and a feed for every host.

    Copies stand on hosts of their own, as other articles.
    """

    def __init__(self, folder: Path, copies: int = 1) -> None:
        files = sorted((folder / "html").glob("*.html.gz"))
        self.answers: dict[tuple[str, str], tuple[str, bytes]] = {}
        self.url_of: dict[str, str] = {}
        self.feeds: list[str] = []
        self.hosts: list[str] = []
        for copy in range(copies):
            for at in range(0, len(files), ENTRIES_A_FEED):
                host = f"paper-{at // ENTRIES_A_FEED + 1}-{copy}.example"
                self._add_host(host, files[at : at + ENTRIES_A_FEED])

    def _add_host(self, host: str, files: Sequence[Path]) -> None:
        items = []
        for file in files:
            page_id = file.name.removesuffix(".html.gz")
            packed = file.read_bytes()
            text = gzip.decompress(packed).decode("utf-8", "replace")
            path = f"/news/{page_id}.html"
            self.url_of[page_id] = f"http://{host}{path}"
            self.answers[host, path] = ("text/html; charset=utf-8", packed)
            items.append(_item(f"http://{host}{path}", text))
        feed = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
            f"<title>{host}</title><link>http://{host}/</link><description>news</description>"
            f"{''.join(items)}</channel></rss>\n"
        )
        packed = gzip.compress(feed.encode("utf-8", "xmlcharrefreplace"))
        self.answers[host, "/feed.xml"] = ("application/rss+xml; charset=utf-8", packed)
        self.feeds.append(f"http://{host}/feed.xml")
        self.hosts.append(host)


def _item(url: str, page: str) -> str:
    """A feed's item as the publisher might have written it: the page's own title and teaser."""
    title = re.search(r"<title[^>]*>([^<]+)</title>", page, re.IGNORECASE)
    teaser = re.search(
        r"""<meta[^>]+name=["']?description["']?[^>]+content=(["'])(.*?)\1""", page, re.IGNORECASE
    )
    name = _printable(title[1]) if title else "untitled"
    words = _printable(teaser[2]) if teaser else ""
    return (
        f"<item><title>{escape(name)}</title><link>{url}</link><guid>{url}</guid>"
        f"<description>{escape(words)}</description></item>"
    )


def _printable(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", html.unescape(text)).strip()


@contextmanager
def serving(site: Site) -> Iterator[int]:
    """Serve the site on loopback, hosts told apart by their header; yields the port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host = self.headers.get("Host", "").partition(":")[0]
            kind, packed = site.answers.get((host, self.path), ("", b""))
            self.send_response(200 if packed else 404)
            if packed:
                self.send_header("Content-Type", kind)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(packed)))
            self.end_headers()
            self.wfile.write(packed)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


# --- the pages -----------------------------------------------------------------------------------


def outcomes(store_url: str, site: Site) -> tuple[dict[str, dict[str, str]], Counter[str]]:
    """Return the stored text of every page, and what became of the pages."""
    page_of = {url: page_id for page_id, url in site.url_of.items()}
    texts = {page_id: {"articleBody": ""} for page_id in site.url_of}
    counts: Counter[str] = Counter()
    with open_store(store_url) as store:
        entries = store.find(Entry)
        articles = store.get_articles([entry.article_id for entry in entries if entry.article_id])
    for entry in entries:
        article = articles.get(entry.article_id or "")
        if article is None:
            counts["no article"] += 1
            print(f"  no article: {entry.url} ({entry.state}: {entry.reason})", file=sys.stderr)
            continue
        fell_back = "from_feed" in article.flags
        counts["from the feed" if fell_back else "from the page"] += 1
        if fell_back:
            print(f"  from the feed: {entry.url} ({entry.reason})", file=sys.stderr)
        texts[page_of[entry.url]] = {"articleBody": article.text}
    counts["not listed"] = len(site.url_of) - len(entries)
    return texts, counts


def score(folder: Path, texts: dict[str, dict[str, str]]) -> dict[str, float]:
    """Score the texts with the folder's evaluate.py."""
    spec = importlib.util.spec_from_file_location("evaluate", folder / "evaluate.py")
    assert spec is not None
    assert spec.loader is not None
    evaluate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(evaluate)
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    result = evaluate.evaluate(truth, texts, n_bootstrap=2)
    return {name: float(result[name]) for name in ("f1", "precision", "recall")}


def race(folder: Path, copies: int) -> float:
    """Time the pipeline against the plain script over copies of the pages; returns the ratio."""
    site = Site(folder, copies)
    with serving(site) as port:
        foreign = Foreign()
        results = rounds({"port": port, "hosts": site.hosts, "feeds": site.feeds}, 1)
        return report(results, foreign.cores(), "real_pages_speed")


def run_pages(folder: Path) -> dict[str, Any]:
    """Serve, run and score the pages; returns the figures."""
    site = Site(folder)
    with serving(site) as port, tempfile.TemporaryDirectory() as work:
        order = {"port": port, "hosts": site.hosts, "feeds": site.feeds, "folder": work}
        foreign = Foreign()
        result = run_once(OURS, order)
        busy = foreign.cores()
        texts, counts = outcomes(f"sqlite:///{work}/demo.sqlite", site)
    scores = score(folder, texts)
    print_table(
        f"{len(site.url_of)} real pages through the whole pipeline (F1 goal {GOAL_F1})",
        ("figure", "value"),
        [
            *((f"4-gram {name}", f"{value:.4f}") for name, value in scores.items()),
            *((f"articles {name}", counts[name]) for name in ("from the page", "from the feed")),
            *((name, counts[name]) for name in ("no article", "not listed")),
            ("poison (worker killed or failed)", result["counters"].get("pages_poison", 0)),
            ("articles/s, start of workers and tagger in", f"{_rate(result):.1f}"),
            ("CPU ms an article", f"{1000 * result['cpu_s'] / result['articles']:.1f}"),
            ("peak MiB, main and workers", f"{result['peak_mib']:.0f}"),
        ],
    )
    return {
        "pages": len(site.url_of),
        **{name: round(value, 4) for name, value in scores.items()},
        **{name.replace(" ", "_"): counts[name] for name in sorted(counts)},
        "articles_per_s": round(_rate(result), 1),
        "foreign_cores": busy,
    }


def _rate(result: dict[str, Any]) -> float:
    return float(result["articles"] / result["seconds"])


# --- the feeds -----------------------------------------------------------------------------------


def compare_feeds(folder: Path) -> dict[str, Any]:
    """Parse every feed twice, and print those that differ in an entry's link or title."""
    rows: list[tuple[str, str]] = []
    feeds = entries = more = 0
    for file in sorted(folder.glob("*.gz")):
        body = gzip.decompress(file.read_bytes())
        feeds += 1
        url = f"http://{file.name.removesuffix('.gz')}.example/feed"
        expected = [(_link(entry, url), _title(entry)) for entry in _feedparser_entries(body)]
        entries += len(expected)
        try:
            found = [(entry.url, entry.title) for entry in parse_feed(body, url=url).entries]
        except ParseError as exc:
            rows.append((file.name, f"{exc.reason}; feedparser has {len(expected)} entries"))
            continue
        if not expected and found:
            more += len(found)  # a format or an encoding that feedparser gives up on
        elif found != expected:
            rows.append((file.name, _difference(found, expected)))
    print_table(
        f"{feeds} real feeds against feedparser: {entries} entries, {len(rows)} feeds differ;"
        f" {more} entries more in feeds that it reads none from",
        ("feed", "difference"),
        rows or [("none", "")],
    )
    return {"feeds": feeds, "entries": entries, "entries_more": more, "feeds_differ": len(rows)}


def _feedparser_entries(body: bytes) -> list[Any]:
    return list(feedparser.parse(BytesIO(body)).entries)


def _link(entry: Any, url: str) -> str:
    """An absolute link; ours are resolved against the feed's URL, which feedparser is not told."""
    link = str(entry.get("link") or "")
    return urljoin(url, link) if link else ""


def _title(entry: Any) -> str:
    """Feedparser's title is HTML, ours is plain text on one line."""
    return clean_line(str(entry.get("title") or ""))


def _difference(found: Sequence[tuple[str, str]], expected: Sequence[tuple[str, str]]) -> str:
    if len(found) != len(expected):
        return f"{len(found)} entries, feedparser {len(expected)}"
    unequal = [(a, b) for a, b in zip(found, expected, strict=True) if a != b]
    ours, theirs = unequal[0]
    at = 0 if ours[0] != theirs[0] else 1
    return f"{len(unequal)} entries, the first: {ours[at][:60]!r}, feedparser {theirs[at][:60]!r}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("feeds", type=Path, nargs="?")
    parser.add_argument(
        "--copies", type=int, default=0, help="race the plain script over so many copies of all"
    )
    args = parser.parse_args()
    figures = run_pages(args.folder)
    if args.copies:
        figures["ratio"] = round(race(args.folder, args.copies), 2)
    if args.feeds:
        figures |= compare_feeds(args.feeds)
    print_json("real_pages", goal_f1=GOAL_F1, **figures)
    return int(figures["f1"] < GOAL_F1 or figures.get("feeds_differ", 0) > 0)


if __name__ == "__main__":
    sys.exit(main())
