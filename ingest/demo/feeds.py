"""Renders the newsroom's feeds: every format and every fault that pollers meet. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from ingest.demo.newsroom import Newsroom
from ingest.demo.pages import feed_html, image_url
from ingest.demo.records import FeedSpec, NewsArticle, Site

_NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" '
    'xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)
_TYPES = {
    "rss": "application/rss+xml",
    "rdf": "application/rdf+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
}
# strftime would write them in the machine's locale.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """A feed as it goes out.

    Attributes:
        etag: with its quotes; changes only with the body.
        last_modified: HTTP date of the newest article, "" for an empty feed.
    """

    body: bytes
    content_type: str
    etag: str
    last_modified: str


def render_feed(newsroom: Newsroom, site: Site, spec: FeedSpec, edition: int) -> FeedDocument:
    """The feed as it stands in an edition; the same edition gives the same bytes.

    Args:
        spec: of a format that is a feed: no `gone`, no `html`.
    """
    articles = newsroom.listed(site, spec, edition)
    if spec.format == "json":
        body = _json_feed(site, spec, articles)
    else:
        writer = {"rss": _rss, "rdf": _rdf, "atom": _atom}[spec.format]
        text = writer(newsroom, site, spec, articles)
        body = text.encode(spec.charset, "xmlcharrefreplace")
    newest = articles[0].published_at if articles else None
    return FeedDocument(
        body=body,
        content_type=_TYPES[spec.format],
        etag=f'"{hashlib.sha256(body).hexdigest()[:16]}"',
        last_modified=format_datetime(newest, usegmt=True) if newest else "",
    )


def _rss(newsroom: Newsroom, site: Site, spec: FeedSpec, articles: Sequence[NewsArticle]) -> str:
    head = [
        f"<title>{escape(spec.title)}</title>",
        f"<link>{site.base}/</link>",
        f"<description>{escape(site.name)}</description>",
        f"<language>{site.lang}</language>",
    ]
    if "ttl" in spec.extras:
        head.append("<ttl>15</ttl>")
    if "update-period" in spec.extras:
        head.append(
            "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"
        )
    items = "\n".join(_rss_item(newsroom, site, spec, article) for article in articles)
    text = (
        f'<?xml version="1.0" encoding="{spec.charset}"?>\n<rss version="2.0" {_NAMESPACES}>\n'
        f"<channel>\n{chr(10).join(head)}\n{items}\n</channel>\n</rss>\n"
    )
    if spec.malformed:
        # What careless templates do: bare ampersands, and a tag that nobody closes.
        text = text.replace("&amp;", "&").replace(
            "</description>\n<language>", "</description><br>\n<language>"
        )
    return text


def _rss_item(newsroom: Newsroom, site: Site, spec: FeedSpec, article: NewsArticle) -> str:
    html = feed_html(article) if spec.content == "full" else escape(article.summary)
    lines = [
        f"<title>{escape(article.title)}</title>",
        f"<link>{escape(article.url)}</link>",
        f"<description>{escape(html) if spec.content == 'full' else html}</description>",
    ]
    if spec.guids:
        lines.append(f'<guid isPermaLink="false">{site.key}-{article.id}</guid>')
    if spec.dates != "none":
        lines.append(f"<pubDate>{_feed_date(newsroom, site, spec, article.local)}</pubDate>")
    if "category" in spec.extras:
        lines.append(f"<category>{escape(article.section)}</category>")
    if "creator" in spec.extras:
        lines.extend(f"<dc:creator>{escape(name)}</dc:creator>" for name in article.authors)
    if "media" in spec.extras:
        lines.append(f'<media:content url={quoteattr(image_url(article))} medium="image"/>')
    return f"<item>\n{chr(10).join(lines)}\n</item>"


def _feed_date(newsroom: Newsroom, site: Site, spec: FeedSpec, local: datetime) -> str:
    """RFC 822, with the zone as a name or an offset, or with the language's own names."""
    zone = f"{local:%z}"
    if spec.dates == "zone-name" and zone == "+0000":
        zone = "GMT"
    if spec.dates == "localized":
        language = newsroom.language(site)
        day, month = language.days[local.weekday()], language.months[local.month - 1][:3]
    else:
        day, month = _DAYS[local.weekday()], _MONTHS[local.month - 1]
    return f"{day}, {local.day:02} {month} {local.year} {local:%H:%M:%S} {zone}"


def _rdf(newsroom: Newsroom, site: Site, spec: FeedSpec, articles: Sequence[NewsArticle]) -> str:
    listed = "\n".join(f"<rdf:li rdf:resource={quoteattr(a.url)}/>" for a in articles)
    items = "\n".join(
        f"<item rdf:about={quoteattr(a.url)}>\n<title>{escape(a.title)}</title>\n"
        f"<link>{escape(a.url)}</link>\n<description>{escape(a.summary)}</description>\n"
        f"<dc:date>{a.local.isoformat()}</dc:date>\n<dc:subject>{escape(a.section)}</dc:subject>\n"
        + "".join(f"<dc:creator>{escape(name)}</dc:creator>\n" for name in a.authors)
        + "</item>"
        for a in articles
    )
    return (
        f'<?xml version="1.0" encoding="{spec.charset}"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns="http://purl.org/rss/1.0/" {_NAMESPACES}>\n'
        f'<channel rdf:about="{site.base}{spec.path}">\n<title>{escape(spec.title)}</title>\n'
        f"<link>{site.base}/</link>\n<description>{escape(site.name)}</description>\n"
        f"<dc:language>{newsroom.language(site).code}</dc:language>\n"
        "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>48</sy:updateFrequency>\n"
        f"<items><rdf:Seq>\n{listed}\n</rdf:Seq></items>\n</channel>\n{items}\n</rdf:RDF>\n"
    )


def _atom(newsroom: Newsroom, site: Site, spec: FeedSpec, articles: Sequence[NewsArticle]) -> str:
    newest = articles[0].local.isoformat() if articles else f"{newsroom.start}T00:00:00Z"
    hub = '<link rel="hub" href="http://hub.example/"/>\n' if "hub" in spec.extras else ""
    entries = "\n".join(_atom_entry(site, spec, article) for article in articles)
    return (
        f'<?xml version="1.0" encoding="{spec.charset}"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{site.lang}">\n'
        f"<title>{escape(spec.title)}</title>\n<id>{site.base}/</id>\n"
        f'<link rel="alternate" href="{site.base}/"/>\n'
        f'<link rel="self" href="{site.base}{spec.path}"/>\n{hub}'
        f"<updated>{newest}</updated>\n{entries}\n</feed>\n"
    )


def _atom_entry(site: Site, spec: FeedSpec, article: NewsArticle) -> str:
    when = article.local.isoformat()
    lines = [
        f"<title>{escape(article.title)}</title>",
        f"<id>tag:{site.domain},2025:{article.id}</id>",
        f'<link rel="alternate" type="text/html" href={quoteattr(article.url)}/>',
    ]
    if spec.dates != "none":
        lines.append(f"<published>{when}</published><updated>{when}</updated>")
    if "author" in spec.extras:
        lines.extend(f"<author><name>{escape(n)}</name></author>" for n in article.authors)
    if "category" in spec.extras:
        lines.append(f"<category term={quoteattr(article.section)}/>")
    if spec.content == "full":
        lines.append(f'<content type="html">{escape(feed_html(article))}</content>')
    else:
        lines.append(f"<summary>{escape(article.summary)}</summary>")
    return f"<entry>\n{chr(10).join(lines)}\n</entry>"


def _json_feed(site: Site, spec: FeedSpec, articles: Sequence[NewsArticle]) -> bytes:
    items = []
    for article in articles:
        item: dict[str, object] = {
            "id": f"{site.key}-{article.id}",
            "url": article.url,
            "title": article.title,
            "summary": article.summary,
            "date_published": article.local.isoformat(),
            "image": image_url(article),
        }
        if spec.content == "full":
            item["content_html"] = feed_html(article)
        if "author" in spec.extras:
            item["authors"] = [{"name": name} for name in article.authors]
        if "category" in spec.extras:
            item["tags"] = [article.section]
        items.append(item)
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": spec.title,
        "home_page_url": f"{site.base}/",
        "feed_url": f"{site.base}{spec.path}",
        "language": site.lang,
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def feed_list(newsroom: Newsroom) -> tuple[tuple[str, str, str, str], ...]:
    """Every feed as (url, title, language, country); the addresses are those to be added."""
    return tuple(
        (f"{site.base}{spec.path}", spec.title, site.lang, site.country)
        for site, spec in newsroom.feeds()
    )


def opml(newsroom: Newsroom) -> str:
    """The feeds as OPML 2.0, one group a country."""
    groups: dict[str, list[str]] = {}
    for url, title, lang, country in feed_list(newsroom):
        groups.setdefault(country, []).append(
            f'<outline type="rss" text={quoteattr(title)} title={quoteattr(title)} '
            f'xmlUrl={quoteattr(url)} language="{lang}"/>'
        )
    body = "\n".join(
        f'<outline text="{country}">\n{chr(10).join(lines)}\n</outline>'
        for country, lines in groups.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
        f"<head><title>Sample newsroom, invented news</title></head>\n<body>\n{body}\n</body>\n</opml>\n"
    )
