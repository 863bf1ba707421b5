"""What a pipeline must store after reading the sample newsroom, derived from its YAML files.

`python -m ingest.demo.truth [START]` prints it as JSON lines: first one a feed, then one an article.
START is the Monday of day 1 (YYYY-MM-DD), by default the one for a first run now.

A feed's line: `feed` (the address to add), `final_url`, `outcome` (`ok`, `moved`, `gone` or
`not-a-feed`), `format`, and `articles`: for each edition the ids listed, newest first.

An article's line: `id`, `site`, `lang`, `url` (as the feed has it), `plain_url` (tracking off),
`final_url` (after redirects), `canonical_url` (as the page declares it; "" where it declares none),
`title`, `paragraphs`, `published` (UTC), `authors`, `section`, `kind`, `edition`, `copy_of`, `page`
(`ok`, `late`, `video`: see `NewsArticle`), `facts`, `leaders`, `venues` (name -> roles). The text of
a `video` page must come from its feed and be flagged `from_feed`; that of a `late` page may.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from ingest.demo.newsroom import Newsroom, story_start
from ingest.demo.records import FeedSpec, NewsArticle, Site

_OUTCOMES = {"gone": "gone", "html": "not-a-feed"}


def truth(newsroom: Newsroom) -> Iterator[dict[str, Any]]:
    """Everything that is true of the newsroom, as JSON objects; see the module's head."""
    for site, spec in newsroom.feeds():
        yield feed_truth(newsroom, site, spec)
    for article in newsroom.all_articles:
        yield article_truth(article)


def feed_truth(newsroom: Newsroom, site: Site, spec: FeedSpec) -> dict[str, Any]:
    """What polling a feed must lead to."""
    outcome = _OUTCOMES.get(spec.format, "moved" if spec.moved else "ok")
    return {
        "feed": f"{site.base}{spec.path}",
        "final_url": f"{site.base}{spec.moved or spec.path}",
        "outcome": outcome,
        "format": spec.format,
        "lang": site.lang,
        "articles": {
            str(edition): [a.id for a in newsroom.listed(site, spec, edition)]
            if outcome in ("ok", "moved")
            else []
            for edition in (1, 2)
        },
    }


def article_truth(article: NewsArticle) -> dict[str, Any]:
    """What an article must be stored as."""
    site = article.site
    redirected = bool(site.link) and site.then == "redirect"
    return {
        "id": article.id,
        "site": site.domain,
        "lang": site.lang,
        "url": article.url,
        "plain_url": article.plain_url,
        "final_url": article.canonical_url if redirected else article.url,
        "canonical_url": article.declared_url,
        "title": article.title,
        "paragraphs": list(article.paragraphs),
        "published": article.published_at.isoformat(),
        "authors": list(article.authors),
        "section": article.section,
        "kind": article.kind,
        "edition": article.edition,
        "copy_of": article.copy_of,
        "page": article.page,
        "facts": [asdict(fact) for fact in article.facts],
        "leaders": list(article.leaders),
        "venues": {name: list(roles) for name, roles in article.venues.items()},
    }


def main(arguments: list[str]) -> None:
    """Print the truth as JSON lines."""
    start = date.fromisoformat(arguments[0]) if arguments else story_start(datetime.now(UTC))
    for record in truth(Newsroom.load(start)):
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
