"""Search with facets: p50 and p95 over 200 queries at 2,000 and 50,000 articles.

    python benchmarks/search.py [--articles 2000,50000] [--queries 200] [--keep /tmp/store-{}.sqlite]

The articles are made here, from a few sentences in nine languages and a salt of invented words
that are spread like words are (Zipf); a fifth names a venue on offer. Prints a table and one JSON
line. Runs on one core.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from ingest.ids import article_id, content_hash
from ingest.model import Article, Mention, Proposal
from ingest.query.parse import parse_query
from ingest.store.port import Save, Search
from ingest.store.sqlite import SqliteStore

START = datetime(2026, 1, 1, tzinfo=UTC)
FACETS = ("leader", "venue", "role", "source", "day")
ROLES = ("proposed", "agreed", "rejected", "hosted", "government", "location")

SENTENCES = {
    "en": "{leader} has offered {place} as the place of talks, and the ministry confirmed the offer.",
    "ru": "{leader} предложил провести переговоры в городе {place}, министерство подтвердило это.",
    "uk": "{leader} запропонував провести переговори у місті {place}, міністерство підтвердило.",
    "be": "{leader} прапанаваў правесці перамовы ў горадзе {place}, міністэрства пацвердзіла.",
    "pl": "{leader} zaproponował rozmowy w mieście {place}, ministerstwo potwierdziło ofertę.",
    "de": "{leader} hat {place} als Ort der Gespräche angeboten, das Ministerium bestätigte es.",
    "fr": "{leader} a proposé {place} pour les négociations, le ministère a confirmé cette offre.",
    "es": "{leader} ha ofrecido {place} como sede de las negociaciones, confirmó el ministerio.",
    "tr": "{leader} görüşmeler için {place} şehrini önerdi, bakanlık bu öneriyi doğruladı.",
}
CODES = ("by", "tr", "ch", "hu", "us")
SYLLABLES = [
    "ba",
    "ke",
    "li",
    "mo",
    "nu",
    "ra",
    "se",
    "ti",
    "vo",
    "za",
    "der",
    "gan",
    "hol",
    "mir",
    "pel",
    "tur",
    "vin",
]


class Ids:
    """Names that are their own ids."""

    def resolve(self, kind: str, text: str) -> tuple[str, ...]:
        prefix = "leader" if kind == "leader" else "place"
        return (f"{prefix}:{text.lower()}",)


def words(rng: random.Random, count: int) -> list[str]:
    return ["".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))) for _ in range(count)]


class Generator:
    """Articles with 300 leaders, 400 places and 120 sources, spread by Zipf."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.vocabulary = words(self.rng, 20_000)
        self.weights = list(accumulate(1 / (rank + 3) for rank in range(len(self.vocabulary))))
        self.leaders = [f"{word}ov-{at}" for at, word in enumerate(words(self.rng, 300))]
        self.places = [
            f"{word}-{at}-{code}"
            for at, (word, code) in enumerate(
                zip(words(self.rng, 400), self.rng.choices(CODES, k=400), strict=True)
            )
        ]
        self.sources = [f"{word}{at}.example" for at, word in enumerate(words(self.rng, 120))]

    def zipf(self, items: list[str]) -> str:
        return items[min(int(self.rng.paretovariate(0.9)) - 1, len(items) - 1)]

    def article(self, number: int) -> Article:
        rng = self.rng
        lang = rng.choice(list(SENTENCES))
        parts: list[str] = []
        mentions: list[Mention] = []
        proposals: list[Proposal] = []
        at = 0
        for sentence in range(8):
            leader, place = self.zipf(self.leaders), self.zipf(self.places)
            if sentence % 2:
                text = (
                    " ".join(
                        rng.choices(self.vocabulary, cum_weights=self.weights, k=40)
                    ).capitalize()
                    + ". "
                )
            else:
                text = SENTENCES[lang].format(leader=leader, place=place) + " "
                start, where = text.index(leader), text.index(place)
                role = rng.choice(ROLES)
                span = (at, at + len(text) - 1)
                mentions += [
                    Mention(at + start, at + start + len(leader), leader, "leader",
                            f"leader:{leader}", leader, None, None, 1.0, "", *span),
                    Mention(at + where, at + where + len(place), place, "venue",
                            f"place:{place}", place, None, role, 0.9, "", *span),
                ]  # fmt: skip
                if role in ROLES[:4]:
                    proposals.append(
                        Proposal(
                            f"leader:{leader}",
                            leader,
                            "BY",
                            (f"place:{place}",),
                            (place,),
                            ("RU", "UA"),
                            role,
                            *span,
                        )
                    )
            parts.append(text)
            at += len(text)
        moment = START + timedelta(minutes=7 * number)
        url = f"http://{self.zipf(self.sources)}/{number}"
        title = " ".join(rng.choices(self.vocabulary, cum_weights=self.weights, k=7)).capitalize()
        body = "".join(parts)
        return Article(
            id=article_id(url), url=url, normalized_url=url, title=title, text=body,
            source=url.split("/")[2], effective_at=moment, first_fetched_at=moment,
            fetched_at=moment, first_stored_at=moment, indexed_at=moment,
            content_hash=content_hash(title, body), lang=lang, mentions=tuple(mentions),
            proposals=tuple(proposals),
        )  # fmt: skip

    def query(self) -> str:
        rng = self.rng
        word = rng.choices(self.vocabulary, cum_weights=self.weights)[0]
        leader, place = self.zipf(self.leaders), self.zipf(self.places)
        return rng.choice(
            (
                word,
                f"{word} OR {self.zipf(self.vocabulary)}",
                f"{word} AND {self.zipf(self.vocabulary)}",
                f'"{self.zipf(self.vocabulary)} {word}"',
                f"{word[:4]}*",
                f"leader:{leader}",
                f"venue:{place} role:proposed",
                f"{word} leader:{leader} since:2026-02-01",
                f"proposer:{leader} status:agreed venue:{place}",
                f"lang:{rng.choice(list(SENTENCES))} {word}",
                f"venue:{place} -leader:{leader}",
                "переговоры",
                "ministry",
                "",
            )
        )


def measure(count: int, queries: int, keep: str) -> dict[str, float]:
    generator = Generator(seed=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(keep.format(count) if keep else f"{folder}/store.sqlite")
        built = 0.0
        if not path.exists():
            begun = time.perf_counter()
            with SqliteStore.open(path) as store:
                for at in range(0, count, 50):
                    store.save([Save(generator.article(n)) for n in range(at, min(at + 50, count))])
            built = time.perf_counter() - begun
        generator = Generator(seed=1)
        generator.rng.seed(2)
        now = START + timedelta(minutes=7 * count)
        searches = [
            Search(
                parse_query(generator.query(), names=Ids(), now=now).node,
                sort="newest" if at % 4 == 0 else "relevance",
                facets=FACETS,
            )
            for at in range(queries)
        ]
        with SqliteStore.open(path) as store:
            begun = time.perf_counter()
            store.search(searches[0])
            first = time.perf_counter() - begun
            times, worked, totals = [], [], []
            for search in searches:
                begun, cpu = time.perf_counter(), time.process_time()
                totals.append(store.search(search).total)
                times.append(time.perf_counter() - begun)
                worked.append(time.process_time() - cpu)
        size = path.stat().st_size
    times.sort()
    worked.sort()
    return {
        "articles": count,
        "build_per_s": round(count / built, 1) if built else 0.0,
        "bytes_per_article": round(size / count),
        "first_ms": round(first * 1000, 1),
        "p50_ms": round(statistics.median(times) * 1000, 1),
        "p95_ms": round(times[int(len(times) * 0.95)] * 1000, 1),
        "max_ms": round(times[-1] * 1000, 1),
        "cpu_p50_ms": round(statistics.median(worked) * 1000, 1),
        "cpu_p95_ms": round(worked[int(len(worked) * 0.95)] * 1000, 1),
        "median_hits": round(statistics.median(totals)),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", default="2000,50000")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--keep", default="", help="file to keep and use again; {} is the count")
    args = parser.parse_args()
    rows = [measure(int(n), args.queries, args.keep) for n in args.articles.split(",")]
    print(f"search with facets {', '.join(FACETS)}; {args.queries} queries")
    print("  ".join(f"{name:>17}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{value:>17}" for value in row.values()))
    print(json.dumps({"benchmark": "search", "rows": rows}))


if __name__ == "__main__":
    main()
