"""Alerts: how many rules a second are asked, how long from an article's storing to its webhook.

    python benchmarks/alerts.py [--passes 10] [--sources 10] [--fresh 3]

First 200 rules, each about a place or a leader of 500, over 2,000 articles with 10,000 mentions; one
mention and one rule are a pair. The articles are in memory; nothing is known of them beforehand.

Passes follow one another as `run --every` makes them, over a site and a webhook on loopback. In
each pass every source has some fresh articles that offer a venue, and each is an alert of its own.
The clock starts with the time at which the article says it was stored and ends when the webhook's
receiver has read the request.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from common import Foreign, print_json

from ingest import ids
from ingest.alerts.facts import View
from ingest.alerts.matching import match_articles
from ingest.alerts.rules import parse_rules
from ingest.cli.demo import demo_settings
from ingest.cli.runs import one_pass
from ingest.fetch.resolve import map_resolver
from ingest.logs import configure_logs
from ingest.model import Article, Feed, Mention, Proposal
from ingest.store import open_store

CITIES = ("Minsk", "Istanbul", "Geneva", "Budapest", "Vienna", "Doha", "Riyadh", "Abu Dhabi")
RULES = """
version: 1
channels:
  hook: {type: webhook, url: 'http://hook.example/alerts'}
rules:
  - {id: offers, type: match, when: {status: proposed}, group_by: [article], to: [hook]}
"""


@dataclass
class Site:
    """Feeds and pages for every host that is asked for, and the webhook."""

    fresh: int
    edition: int = 0
    received: dict[str, float] = field(default_factory=dict)

    def feed(self, host: str) -> str:
        items = "".join(
            f"<item><title>{self.title(number)}</title><guid>{number}</guid>"
            f"<link>http://{host}/{number}</link>"
            f"<pubDate>{format_datetime(datetime.now(UTC))}</pubDate></item>"
            for number in range(self.edition * self.fresh)
        )
        return f"<rss version='2.0'><channel><title>{host}</title>{items}</channel></rss>"

    def title(self, number: int) -> str:
        return f"Offer {number} of a place for the talks"

    def page(self, host: str, number: int) -> str:
        city = CITIES[number % len(CITIES)]
        filler = " ".join(f"Report {number} of {host} has word {n} in it." for n in range(40))
        return (
            f"<html><head><title>{self.title(number)}</title></head><body><article>"
            f"<h1>{self.title(number)}</h1>"
            f"<p>President Alexander Lukashenko offered {city} as a venue for talks between Russia"
            f" and Ukraine, said {host}.</p><p>{filler}</p></article></body></html>"
        )


def serve(site: Site) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = (self.headers["Host"] or "").partition(":")[0]
            name = self.path.strip("/")
            if name == "robots.txt":
                self.answer(404, "", "text/plain")
            elif name == "feed":
                self.answer(200, site.feed(host), "application/rss+xml")
            else:
                self.answer(200, site.page(host, int(name)), "text/html")

        def do_POST(self) -> None:
            record = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            site.received[record["evidence"][0]["article"]] = time.time()
            self.answer(204, "", "text/plain")

        def answer(self, status: int, body: str, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def latency(passes: int, sources: int, fresh: int) -> dict[str, Any]:
    """Return the figures; every alert must have arrived."""
    site = Site(fresh)
    server = serve(site)
    hosts = [f"source-{n}.example" for n in range(sources)]
    target = ("127.0.0.1", server.server_address[1])
    resolver = map_resolver(dict.fromkeys([*hosts, "hook.example"], target))
    seconds, foreign = [], Foreign()
    with tempfile.TemporaryDirectory() as folder:
        settings = demo_settings(folder)
        configure_logs(settings.log)
        rules = parse_rules(RULES, "benchmark")
        with open_store(settings.store) as store:
            urls = [f"http://{host}/feed" for host in hosts]
            store.put([Feed(id=ids.sha256("feed", url), url=url) for url in urls])
            for edition in range(1, passes + 2):  # the first is history and raises nothing
                site.edition = edition
                began = time.perf_counter()
                asyncio.run(
                    one_pass(
                        settings,
                        store,
                        rules,
                        stop=asyncio.Event(),
                        resolver=resolver,
                        feeds=store.find(Feed),
                        print_line=lambda _: None,
                    )
                )
                seconds.append(time.perf_counter() - began)
            stored = {a.id: a.first_stored_at.timestamp() for a in store.find_articles()}
    server.shutdown()
    server.server_close()
    lags = sorted(at - stored[article] for article, at in site.received.items())
    expected = passes * sources * fresh
    assert len(lags) == expected, f"{len(lags)} of {expected} alerts arrived"
    return {
        "alerts": len(lags),
        "alerts_a_pass": sources * fresh,
        "p50_s": round(lags[len(lags) // 2], 3),
        "p95_s": round(lags[min(len(lags) - 1, int(len(lags) * 0.95))], 3),
        "max_s": round(lags[-1], 3),
        "pass_s": round(sorted(seconds[1:])[len(seconds[1:]) // 2], 2),
        "foreign_cores": foreign.cores(),
    }


class AnyName:
    """Takes ids for names."""

    def resolve(self, kind: str, text: str) -> tuple[str, ...]:  # noqa: ARG002
        return (text,)


def evaluations(rules: int = 200, articles: int = 2000, repeats: int = 5) -> dict[str, Any]:
    """Return mention-rule pairs a second, the best of some repeats."""
    entities = [f"place:p{n}-xx" for n in range(400)] + [f"leader:l{n}" for n in range(100)]
    kinds = ("match", "new", "change")
    lines = []
    for n in range(rules):
        entity = entities[n * 7 % len(entities)]
        field_ = "leader" if entity.startswith("leader:") else "venue"
        kind = kinds[n % 3]
        key = ", key: [venue, proposer]" if kind == "new" else ""
        lines.append(f"  - {{id: r{n}, type: {kind}, when: {{{field_}: '{entity}'}}{key}}}")
    text = "\n".join(["version: 1", "rules:", *lines])
    found = parse_rules(text, "benchmark", names=AnyName()).rules
    stored = [_article(n, entities) for n in range(articles)]
    mentions = sum(len(article.mentions) for article in stored)
    times, foreign = [], Foreign()
    for _ in range(repeats):
        began = time.perf_counter()
        matches = match_articles(found, map(View, stored)).matches
        times.append(time.perf_counter() - began)
    return {
        "rules": rules,
        "mentions": mentions,
        "matches": len(matches),
        "seconds": round(min(times), 3),
        "pairs_per_s": round(rules * mentions / min(times)),
        "foreign_cores": foreign.cores(),
    }


def _article(number: int, entities: list[str]) -> Article:
    """An article with five mentions, one of them in an offer."""
    now = datetime.now(UTC)
    dice = random.Random(number)
    words = [f"Name{n} of the {number} matter was spoken of here." for n in range(5)]
    mentions, start = [], 0
    for sentence, entity in zip(words, dice.sample(entities, 5), strict=True):
        is_place = entity.startswith("place:")
        mentions.append(
            Mention(
                start, start + 5, sentence[:5], "venue" if is_place else "leader", entity, entity,
                role="proposed" if is_place else None,
                sentence_start=start, sentence_end=start + len(sentence),
            )
        )  # fmt: skip
        start += len(sentence) + 1
    venues = tuple(m.entity for m in mentions if m.kind == "venue")[:1]
    act = Proposal("BY", "BY", "BY", venues, venues, ("RU", "UA"), "proposed", 0, len(words[0]))
    url = f"http://source-{number % 50}.example/{number}"
    return Article(
        id=ids.article_id(url), url=url, normalized_url=url, title=f"Title {number}",
        text=" ".join(words), source=f"source-{number % 50}.example", effective_at=now,
        first_fetched_at=now, fetched_at=now, first_stored_at=now, indexed_at=now,
        content_hash="", mentions=tuple(mentions), proposals=(act,) if venues else (),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--passes", type=int, default=10)
    parser.add_argument("--sources", type=int, default=10)
    parser.add_argument("--fresh", type=int, default=3)
    args = parser.parse_args()
    asked = evaluations()
    print(
        f"{asked['rules']} rules over {asked['mentions']:,} mentions:"
        f" {asked['pairs_per_s']:,} mention-rule pairs a second, {asked['matches']:,} matches in"
        f" {asked['seconds']:.2f} s ({asked['foreign_cores']} cores kept busy by others)"
    )
    print_json("alert_rules", **asked)
    figures = latency(args.passes, args.sources, args.fresh)
    print("from an article's storing to its webhook, run --every over loopback")
    print(
        f"  {figures['alerts']} alerts, {figures['alerts_a_pass']} a pass of {figures['pass_s']} s:"
        f" p50 {figures['p50_s']:.2f} s, p95 {figures['p95_s']:.2f} s, max {figures['max_s']:.2f} s"
        f" ({figures['foreign_cores']} cores kept busy by others)"
    )
    print_json("alert_latency", **figures)


if __name__ == "__main__":
    main()
