"""A small site on loopback whose pages a test writes, and a desk that polls it."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from xml.sax.saxutils import escape

from ingest import ids
from ingest.alerts.rules import parse_rules
from ingest.cli.runs import one_pass
from ingest.fetch.resolve import map_resolver
from ingest.model import Feed
from ingest.pipeline.services import utc_now
from ingest.settings import load_settings
from ingest.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

BASE = "http://paper.example"
SENTENCES = (
    "The {word} delegation said on Monday that the meeting about {word} would take a whole day.",
    "Nobody at the ministry wanted to comment on {word} before the minister had spoken.",
    "People in the street were more interested in the price of {word} than in the talks.",
    "An evening session was added so that every question about {word} could be heard.",
)


def text_about(word: str) -> str:
    return "\n".join(sentence.format(word=word) for sentence in SENTENCES)


def page(title: str, text: str, canonical: str = "", published: str = "") -> str:
    paragraphs = "".join(f"<p>{escape(p)}</p>" for p in text.split("\n"))
    link = f'<link rel="canonical" href="{escape(canonical)}">' if canonical else ""
    date = f'<meta property="article:published_time" content="{published}">' if published else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta property="og:title" content="{escape(title)}">{link}{date}</head>'
        f"<body><nav><a href='/'>Home</a></nav><article><h1>{escape(title)}</h1>{paragraphs}"
        "</article></body></html>"
    )


def rss(items: list[dict[str, str]]) -> str:
    parts = []
    for item in items:
        tags = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in item.items())
        parts.append(f"<item>{tags}</item>")
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Paper</title>'
        f"<link>{BASE}/</link>{''.join(parts)}</channel></rss>"
    )


class Site:
    """Pages by path: a body (str or bytes), (status, headers, body), or what is called for them."""

    def __init__(self) -> None:
        self.pages: dict[str, object] = {}
        self.ledger: list[tuple[str, int]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                found = site.pages.get(self.path, (404, {}, "nothing here"))
                found = found() if callable(found) else found
                status, headers, body = found if isinstance(found, tuple) else (200, {}, found)
                data = body.encode() if isinstance(body, str) else body
                site.ledger.append((self.path, status))
                self.send_response(status)
                kind = "text/xml" if self.path.endswith(".xml") else "text/html"
                for key, value in {"Content-Type": f"{kind}; charset=utf-8", **headers}.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Desk:
    """A store with its settings, and the feeds of a site."""

    def __init__(self, folder: Path, site: Site, rules: str = "version: 1\nrules: []\n", **more):
        self.site = site
        self.settings = load_settings(
            store=f"sqlite:///{folder}/desk.sqlite",
            fetch={"host_pause_s": 0.0, "timeout_s": 60.0},
            archive={"url": f"{folder}/archive"},
            alerts={"file": folder / "alerts.jsonl"},
            **{"extract": {"workers": 1}} | more,  # a second one costs its imports only
        )
        self.rules = parse_rules(rules, "test")
        self.store = open_store(self.settings.store)
        self.now_shift = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.store.close()

    def add(self, path: str = "/feed.xml", **more) -> Feed:
        url = f"{BASE}{path}"
        self.store.put([Feed(id=ids.feed_id(url), url=url, **more)])
        return self.store.get(Feed, ids.feed_id(url))

    def poll(self, *, clock=utc_now, force: bool = True):
        feeds = self.store.find(Feed) if force else None
        if force:  # without validators, so that a changed page behind an unchanged feed is seen
            feeds = [replace(feed, ignore_cache=True) for feed in feeds]
        names = ("paper.example", "www.paper.example", "other.example", "twin.example")
        resolver = map_resolver(dict.fromkeys(names, ("127.0.0.1", self.site.port)))
        return asyncio.run(
            one_pass(
                self.settings,
                self.store,
                self.rules,
                stop=asyncio.Event(),
                resolver=resolver,
                clock=clock,
                feeds=feeds,
            )
        )
