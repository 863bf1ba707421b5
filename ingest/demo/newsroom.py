"""The sample newsroom's content: invented publishers, articles and what is true of them.

The YAML files beside this module are the truth; everything else (pages, feeds, `truth.py`) is
derived from them. Pure: the only input is the package's own data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from importlib import resources
from typing import Any

import yaml

from ingest.demo.records import Fact, FeedSpec, Language, NewsArticle, PageKind, Site

_WEEK = timedelta(days=7)


def story_start(now: datetime) -> date:
    """Monday of day 1, so that day 21 (a Sunday) ends within the week before `now`.

    Args:
        now: the first run; aware. Later runs must pass the date that the first one stored.
    """
    today = now.astimezone(UTC).date()
    return today - timedelta(days=today.weekday()) - 3 * _WEEK


@dataclass(frozen=True)
class Newsroom:
    """Sites and articles, dated from `start` (the Monday that is day 1).

    Attributes:
        page_weight: kilobytes of furniture around every article (`furniture.py`); real pages have
            some 100, the packaged ones none.
    """

    start: date
    languages: Mapping[str, Language]
    sites: tuple[Site, ...]
    all_articles: tuple[NewsArticle, ...]
    page_weight: int = 0

    @classmethod
    def load(cls, start: date = date(2025, 3, 3), *, page_weight: int = 0) -> Newsroom:
        """Read the packaged data.

        Args:
            start: a Monday, see `story_start`.
            page_weight: kilobytes of furniture around every article.
        """
        if start.weekday() != 0:
            raise ValueError(f"the newsroom starts on a Monday, not on {start:%A %Y-%m-%d}")
        languages, sites, oddities = publishers()
        articles = _articles(article_rows(), {s.key: s for s in sites}, oddities, start)
        return cls(start, languages, sites, articles, page_weight)

    def articles(self, edition: int = 2) -> tuple[NewsArticle, ...]:
        """What is published in an edition, oldest first; the second includes the first."""
        return tuple(article for article in self.all_articles if article.edition <= edition)

    def listed(self, site: Site, spec: FeedSpec, edition: int) -> tuple[NewsArticle, ...]:
        """The articles of a feed in an edition, newest first."""
        return tuple(
            article
            for article in reversed(self.of_site(site))
            if article.edition <= edition and spec.only in ("", article.kind)
        )

    def of_site(self, site: Site) -> Sequence[NewsArticle]:
        """The site's articles of both editions, oldest first."""
        return self._by_site.get(site.key, ())

    def language(self, site: Site) -> Language:
        return self.languages[site.lang]

    def feeds(self) -> Iterator[tuple[Site, FeedSpec]]:
        """Every feed there is, in the order of sites.yaml."""
        for site in self.sites:
            for spec in site.feeds:
                yield site, spec

    def clutter(self, site: Site) -> tuple[str, ...]:
        """Texts of the site's pages that belong to no article."""
        return tuple(self.language(site).texts.values())

    def scaled(self, count: int) -> Newsroom:
        """A newsroom of exactly `count` articles, for benchmarks.

        The articles of the packaged one come first; then come salted ones: own id, URL and words, so
        that none repeats another. Salted ones carry no facts and are copies of none.
        """
        base = self.all_articles
        articles = [
            base[index % len(base)]
            if index < len(base)
            else _salted(base[index % len(base)], index // len(base))
            for index in range(count)
        ]
        articles.sort(key=lambda article: (article.published_at, article.id))
        return replace(self, all_articles=tuple(articles))

    @cached_property
    def by_id(self) -> Mapping[str, NewsArticle]:
        return {article.id: article for article in self.all_articles}

    @cached_property
    def _by_site(self) -> Mapping[str, list[NewsArticle]]:
        grouped: dict[str, list[NewsArticle]] = {}
        for article in self.all_articles:
            grouped.setdefault(article.site.key, []).append(article)
        return grouped


# --- reading ------------------------------------------------------------------------------------


def _yaml(text: str) -> Any:  # noqa: ANN401 - checked by the callers
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader, in C where there is one


@cache
def publishers() -> tuple[dict[str, Language], tuple[Site, ...], dict[str, list[str]]]:
    """Languages by code, sites, and the ids of articles whose page is odd, by oddity."""
    raw = _yaml(resources.files(__package__).joinpath("sites.yaml").read_text("utf-8"))
    languages = {
        code: Language(code, tuple(row["months"]), tuple(row["days"]), row["date"], row["texts"])
        for code, row in raw["languages"].items()
    }
    sites = []
    for row in raw["sites"]:
        feeds = tuple(
            FeedSpec(**{**feed, "extras": tuple(feed.get("extras", ()))}) for feed in row["feeds"]
        )
        tuples = {name: tuple(row.get(name, ())) for name in ("sections", "rubrics")}
        sites.append(Site(**{**row, **tuples, "feeds": feeds}))
    return languages, tuple(sites), dict(raw["oddities"])


@cache
def article_rows() -> tuple[dict[str, Any], ...]:
    """The rows of articles/*.yaml, unchecked, by file name."""
    folder = resources.files(__package__).joinpath("articles")
    rows: list[dict[str, Any]] = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            rows.extend(_yaml(file.read_text("utf-8")) or ())
    return tuple(rows)


def _articles(
    rows: tuple[dict[str, Any], ...],
    sites: Mapping[str, Site],
    oddities: Mapping[str, Sequence[str]],
    start: date,
) -> tuple[NewsArticle, ...]:
    by_id = {row["id"]: row for row in rows}
    articles = []
    for row in rows:
        original = by_id[row["copy_of"]] if row.get("copy_of") else row
        hour = time.fromisoformat(row["time"])
        published = datetime.combine(start + timedelta(days=row["day"] - 1), hour, UTC)
        articles.append(
            NewsArticle(
                id=row["id"],
                site=sites[row["site"]],
                day=row["day"],
                published_at=published,
                title=row["title"].strip(),
                section=row["section"],
                authors=tuple(row.get("authors") or ()),
                kind=row["kind"],
                text=original["text"].strip(),
                copy_of=row.get("copy_of") or "",
                facts=tuple(_fact(fact) for fact in original.get("facts") or ()),
                leaders=tuple(original.get("leaders") or ()),
                venues={
                    name: tuple(roles) for name, roles in (original.get("venues") or {}).items()
                },
                page=_page(row["id"], oddities),
            )
        )
    return tuple(sorted(articles, key=lambda article: (article.published_at, article.id)))


def _page(article: str, oddities: Mapping[str, Sequence[str]]) -> PageKind:
    if article in oddities.get("late", ()):
        return "late"
    return "video" if article in oddities.get("video", ()) else "ok"


def _fact(row: Mapping[str, Any]) -> Fact:
    return Fact(
        proposer=row["proposer"],
        venues=tuple(row["venues"]),
        parties=tuple(row["parties"]),
        status=row["status"],
        sentence=row["sentence"],
        background=bool(row.get("background", False)),
        when=row.get("when"),
    )


def _salted(article: NewsArticle, salt: int) -> NewsArticle:
    """The article with every sixth lower-case word lengthened by letters of the salt."""
    letters = "".join("bdfgklmnprstvzxq"[int(digit, 16)] + "a" for digit in f"{salt:x}")
    letters += "um" if article.copy_of else ""  # else it would repeat its salted original
    count = 0

    def salted(match: re.Match[str]) -> str:
        nonlocal count
        if not match[0].islower():  # names stay what they are
            return match[0]
        count += 1
        return match[0] + letters if count % 6 == 1 else match[0]

    def words(text: str) -> str:
        return re.sub(r"[^\W\d_]{4,}", salted, text)

    return replace(
        article,
        id=f"{article.id}-{salt}",
        published_at=article.published_at + timedelta(seconds=salt % 60),
        title=f"{words(article.title)} ({salt})",
        text=words(article.text),
        copy_of="",
        facts=(),
        page="ok",
    )
