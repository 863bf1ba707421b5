"""Pages made to hurt, through a real worker: each costs itself alone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from ingest.errors import ParseError, WorkerError
from ingest.extract.result import Extracted
from ingest.workers import WorkerPool

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ARTICLE = "".join(
    f"<p>Delegation number {n} left the hall at noon and said that its talks would go on.</p>"
    for n in range(8)
)
GOOD = f"<html><body><article><h1>Talks</h1>{ARTICLE}</article></body></html>".encode()


def page(body: str) -> bytes:
    return f"<html><body>{body}</body></html>".encode("utf-8", "surrogatepass")


HOSTILE = {
    "deep": page("<div>" * 300 + ARTICLE + "</div>" * 300),
    "long-node": page("<p>" + "word " * 2_000_100 + "</p>" + ARTICLE),
    "surrogates": page(f"<article>{ARTICLE}\ud800&#xDFFF;</article>"),
    "json": page(f'<script type="application/ld+json">{"[" * 200_000}</script>{ARTICLE}'),
    "blanks": page(" " * 3_000_000 + ARTICLE),
    "pdf": b"%PDF-1.7\n" + b"\x00" * 1000,
    "zeros": b"\x00" * 3_000_000,
    "unclosed": page("<b><i>" * 20_000 + ARTICLE),
}
HEAVY = {
    "links": page("".join(f"<a href='/{n}'>link {n}</a>" for n in range(100_000)) + ARTICLE),
    "items": page("<ul>" + "".join(f"<li>item {n}</li>" for n in range(100_000)) + "</ul>"),
    "classes": page("".join(f"<div class='c{n}'>text {n}</div>" for n in range(80_000))),
    "tables": page("<table><tr><td>" * 2000 + ARTICLE),
    "attributes": page("<div " + " ".join(f"a{n}=x" for n in range(60_000)) + f">{ARTICLE}</div>"),
}


async def extract_all(bodies: dict[str, bytes], deadline_s: float) -> dict[str, object]:
    async with WorkerPool(2, deadline_s=deadline_s) as pool:

        async def one(name: str, body: bytes) -> object:
            header = {"url": f"http://courier.example/{name}", "now": NOW}
            try:
                return await pool.call("extract_article", header, body)
            except (ParseError, WorkerError) as exc:
                return exc

        results = await asyncio.gather(*(one(name, body) for name, body in bodies.items()))
        return dict(zip(bodies, results, strict=True))


def check(bodies: dict[str, bytes], deadline_s: float) -> dict[str, object]:
    mixed = {**bodies, **{f"good-{n}": GOOD for n in range(5)}}
    found = asyncio.run(extract_all(mixed, deadline_s))
    for name, result in found.items():
        if name.startswith("good"):
            assert isinstance(result, Extracted)
            assert result.text.count("\n") == 7
        elif isinstance(result, Extracted):
            assert len(result.text) <= 200_000
            result.text.encode("utf-8")
    return found


def test_hostile_pages_cost_only_themselves() -> None:
    found = check(HOSTILE, deadline_s=200)
    flags = {n: r.flags for n, r in found.items() if n in HOSTILE and isinstance(r, Extracted)}
    assert flags["deep"] == flags["surrogates"] == flags["json"] == ()
    assert flags["long-node"] == ("cut",)
    assert flags["blanks"] == ("short", "cut")
    assert "short" in flags["unclosed"]
    assert {type(found["pdf"]), type(found["zeros"])} == {ParseError}


@pytest.mark.drill
def test_heavy_pages_end_by_the_deadline() -> None:
    found = check(HEAVY, deadline_s=15)
    failed = [result for result in found.values() if not isinstance(result, Extracted)]
    assert all(isinstance(failure, WorkerError) for failure in failed)
