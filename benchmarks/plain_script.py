"""The other side of pipeline.py: feedparser, httpx and trafilatura, one article after another.

What one writes in an afternoon: no workers, no archive, no tags, no store, no guard. It reads its
order (feeds, port) from standard input and prints one JSON line. Imports are not in its time.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
from io import BytesIO

import feedparser
import httpx
import trafilatura


class Loopback(httpx.HTTPTransport):
    """Every host is the newsroom's server, which tells them apart by their Host header."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(host="127.0.0.1", port=self._port)
        return super().handle_request(request)


def links_of(answer: httpx.Response) -> list[str | None]:
    if "json" in answer.headers.get("content-type", ""):  # feedparser reads no JSON Feed
        return [item.get("url") for item in answer.json()["items"]]
    feed = feedparser.parse(BytesIO(answer.content), response_headers=dict(answer.headers))
    return [entry.get("link") for entry in feed.entries]


def main() -> None:
    order = json.load(sys.stdin)
    logging.disable(logging.CRITICAL)  # trafilatura reports every page without a text
    began, cpu = time.perf_counter(), time.process_time()
    stages = {"feeds": 0.0, "fetch": 0.0, "extract": 0.0}
    seen: set[str] = set()
    articles = characters = entries = 0
    with httpx.Client(transport=Loopback(order["port"]), follow_redirects=True) as client:
        for feed_url in order["feeds"]:
            at = time.thread_time()
            answer = client.get(feed_url)
            stages["fetch"] += time.thread_time() - at
            if answer.status_code != 200:
                continue
            at = time.thread_time()
            links = links_of(answer)
            stages["feeds"] += time.thread_time() - at
            for link in links:
                entries += 1
                if not link or link in seen:
                    continue
                seen.add(link)
                at = time.thread_time()
                page = client.get(link)
                stages["fetch"] += time.thread_time() - at
                if page.status_code != 200:
                    continue
                at = time.thread_time()
                document = trafilatura.bare_extraction(
                    page.content,
                    url=str(page.url),
                    favor_precision=True,
                    include_comments=False,
                    with_metadata=True,
                )
                stages["extract"] += time.thread_time() - at
                if document is not None and document.text:
                    articles += 1
                    characters += len(document.text)
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    print(
        json.dumps(
            {
                "articles": articles,
                "links": len(seen),
                "entries": entries,
                "characters": characters,
                "seconds": seconds,
                "cpu_s": used,
                "stages": stages,
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
