"""Renders article pages and home pages, with the clutter that real ones have. Pure."""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import Any

import jinja2
from markupsafe import escape

from ingest.demo.furniture import Furniture, Headline, furniture
from ingest.demo.newsroom import Newsroom
from ingest.demo.records import NewsArticle, Site


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("ingest.demo", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_page(newsroom: Newsroom, article: NewsArticle) -> bytes:
    """The article's page, in the site's charset; the same in both editions."""
    template = "video" if article.page == "video" else article.site.template
    language = newsroom.language(article.site)
    html = (
        _environment()
        .get_template(f"{template}.html.j2")
        .render(
            site=article.site,
            article=article,
            t=language.texts,
            written=language.written(article.local),
            teasers=_teasers(newsroom, article),
            image=image_url(article),
            ld=json_ld(article),
        )
    )
    whole = _furniture(newsroom, article.site).around(html)
    return whole.encode(article.site.charset, "xmlcharrefreplace")


def render_home(newsroom: Newsroom, site: Site, edition: int) -> bytes:
    """The site's front page: names its feeds, lists its headlines."""
    language = newsroom.language(site)
    articles = [a for a in newsroom.articles(edition) if a.site.key == site.key]
    html = (
        _environment()
        .get_template("home.html.j2")
        .render(site=site, t=language.texts, articles=articles[:-31:-1])
    )
    return html.encode(site.charset, "xmlcharrefreplace")


def content_type(site: Site) -> str:
    """The Content-Type header of the site's pages."""
    return f"text/html; charset={site.charset}" if site.declared == "header" else "text/html"


def image_url(article: NewsArticle) -> str:
    """Where the article's picture would be."""
    return f"{article.site.base}/images/{article.id}.jpg"


def feed_html(article: NewsArticle) -> str:
    """The article's text as a feed carries it in full: escaped paragraphs."""
    return "".join(f"<p>{escape(part)}</p>" for part in article.paragraphs)


def json_ld(article: NewsArticle) -> dict[str, Any]:
    """The article as schema.org's NewsArticle, the text left out."""
    return {
        "@type": "NewsArticle",
        "headline": article.title,
        "datePublished": article.local.isoformat(),
        "author": [{"@type": "Person", "name": name} for name in article.authors],
        "articleSection": article.section,
        "image": [image_url(article)],
        "inLanguage": article.site.lang,
        "mainEntityOfPage": article.canonical_url,
        "publisher": {"@type": "NewsMediaOrganization", "name": article.site.name},
    }


def _furniture(newsroom: Newsroom, site: Site) -> Furniture:
    """What stands around the site's articles, in the weight that the newsroom asks for."""
    if not newsroom.page_weight:
        return Furniture()
    language = newsroom.language(site)
    first = islice((a for a in newsroom.of_site(site) if a.edition == 1), 30)
    cards = tuple(Headline(a.title, a.url, a.section, language.written(a.local)) for a in first)
    template = _environment().get_template("furniture.html.j2")
    return furniture(template, site, cards, newsroom.page_weight)


def _teasers(newsroom: Newsroom, article: NewsArticle) -> list[NewsArticle]:
    """Five other articles of the first edition, so that the page is the same in both."""
    same = [
        a for a in newsroom.of_site(article.site) if a.edition == 1 and a.title != article.title
    ]
    if not same:
        return []
    first = sum(map(ord, article.id)) % len(same)
    return [same[(first + step) % len(same)] for step in range(min(5, len(same)))]
