"""`search` and `show`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from ingest.cli.context import CALL, command, opened_store
from ingest.cli.coverages import coverage_json, print_coverage
from ingest.cli.lookup import MIN_PREFIX, gazetteer, one_article, parsed
from ingest.cli.output import clean, console, iso, print_json, printable, say, talk
from ingest.errors import UsageError
from ingest.ids import proposal_id
from ingest.lines import line_of
from ingest.model import Alert
from ingest.store.port import FACETS, Search, Where
from ingest.store.rows import proposal_rows

if TYPE_CHECKING:
    from ingest.model import Article
    from ingest.store.port import Hit, Page

SHORT_ID = 10
MAX_LIMIT = 1000

QueryArgument = Annotated[
    str, typer.Argument(help="Such as: putin AND venue:istanbul role:proposed since:7d")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]
SinceOption = Annotated[str, typer.Option(help="Not older than 7d, 24h, 2w or an ISO date.")]


def check_limit(limit: int) -> None:
    """Raise UsageError for a limit that no page can have."""
    if not 1 <= limit <= MAX_LIMIT:
        raise UsageError("--limit", f"{limit} is not in 1..{MAX_LIMIT}", "page with --cursor")


@command
def search(
    query: QueryArgument = "",
    limit: Annotated[int, typer.Option(help="Hits on a page.")] = 10,
    facets: Annotated[bool, typer.Option("--facets", help="Count the facets.")] = False,
    since: SinceOption = "",
    newest: Annotated[bool, typer.Option("--newest", help="Newest first.")] = False,
    cursor: Annotated[str, typer.Option(help="`next` of the page before.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Search articles by words, leaders, venues, roles, sources and dates."""
    check_limit(limit)
    settings = CALL.settings()
    with opened_store(settings) as store:
        result, node = parsed(query, settings, since)
        page = store.search(
            Search(
                node=node,
                sort="newest" if newest or not query.strip() else "relevance",
                limit=limit,
                cursor=cursor,
                facets=FACETS if facets else (),
                timezone=settings.timezone,
            )
        )
        if as_json:
            print_json(_page_json(page) | {"notes": list(result.notes)} | coverage_json(store))
            return
        for note in result.notes:
            talk(note)
        for hit in page.hits:
            _print_hit(hit)
        if facets:
            _print_facets(page)
        say(f"{page.total:,} found" + (f"; more with --cursor {page.next}" if page.next else ""))
        print_coverage(store)


def _name(value: str) -> str:
    entity = gazetteer().entity(value) if ":" in value else None
    return entity.name if entity else value


def _hit_json(hit: Hit) -> dict[str, Any]:
    article = hit.article
    return {
        "id": article.id,
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "published": iso(article.published_at),
        "lang": article.lang,
        "score": round(hit.score, 4),
        "snippet": "".join(text for text, _ in hit.snippet),
        "leaders": [{"id": value, "name": _name(value)} for value in hit.leaders],
        "venues": [{"id": value, "name": _name(value)} for value in hit.venues],
        "flags": list(article.flags),
        "copy_of": article.copy_of or None,
    }


def _page_json(page: Page) -> dict[str, Any]:
    return {
        "total": page.total,
        "hits": [_hit_json(hit) for hit in page.hits],
        "facets": {
            facet: [
                {"value": value, "name": _name(value), "count": count} for value, count in values
            ]
            for facet, values in _facets(page).items()
        },
        "next": page.next,
    }


def _print_hit(hit: Hit) -> None:
    article = hit.article
    out = console()
    head = Text(clean(article.title), style="bold")
    out.print(head)
    day = article.effective_at.strftime("%Y-%m-%d %H:%MZ")
    flags = f" [{', '.join(article.flags)}]" if article.flags else ""
    out.print(Text(f"  {article.id[:SHORT_ID]}  {day}  {article.lang}  {article.source}{flags}"))
    if hit.snippet:
        line = Text("  ")
        for text, is_match in hit.snippet:
            line.append(printable(text), style="bold yellow" if is_match else "")
        out.print(line)
    names = [_name(value) for value in (*hit.leaders[:4], *hit.venues[:4])]
    if names:
        out.print(Text("  " + ", ".join(names), style="cyan"))


def _facets(page: Page) -> dict[str, list[tuple[str, int]]]:
    """The facets; a merged entity is counted with the one it became, until retag has moved it."""
    facets = {}
    for facet, values in page.facets.items():
        counts: Counter[str] = Counter()
        for value in values:
            counts[gazetteer().current(value.value) if ":" in value.value else value.value] += (
                value.count
            )
        facets[facet] = list(counts.items())
    return facets


def _print_facets(page: Page) -> None:
    for facet, values in _facets(page).items():
        shown = ", ".join(f"{_name(value)} {count}" for value, count in values)
        say(f"{facet}: {shown or 'none'}")


@command
def show(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="Any unique prefix of an id.")],
    as_json: JsonOption = False,
) -> None:
    """Show one article with its mentions, proposals and evidence, or one alert."""
    prefix, _, part = article_id.partition(".")
    with opened_store() as store:
        alerts = store.find(Alert, Where("id", "prefix", prefix.lower()), limit=2)
        if len(alerts) == 1 and len(prefix) >= MIN_PREFIX:
            _show_alert(alerts[0], as_json=as_json)
            return
        article = one_article(store, prefix)
        if part and part not in _parts(article):
            raise UsageError(article_id, f"the article has no {part}", "see `summitwatch show ID`")
        if as_json:
            print_json(article_json(article))
            return
        _print_article(article)


def _show_alert(alert: Alert, *, as_json: bool) -> None:
    from ingest.alerts.render import alert_json, alert_lines  # noqa: PLC0415  search starts without

    if as_json:
        print_json(alert_json(alert))
        return
    for line in alert_lines(alert):
        say(line)


def _parts(article: Article) -> set[str]:
    """What may follow the dot of an id: its mentions and proposals."""
    mentions = {f"m{n}" for n in range(len(article.mentions))}
    return mentions | {f"p{n}" for n in range(len(article.proposals))}


def article_json(article: Article) -> dict[str, Any]:
    """One article as JSON, times as RFC 3339."""
    return {
        "id": article.id,
        "title": article.title,
        "url": article.url,
        "final_url": article.final_url,
        "canonical_url": article.canonical_url,
        "source": article.source,
        "publisher": article.publisher,
        "published": iso(article.published_at),
        "published_raw": article.published_raw,
        "updated": iso(article.updated_at),
        "fetched": iso(article.fetched_at),
        "first_stored": iso(article.first_stored_at),
        "lang": article.lang,
        "authors": list(article.authors),
        "section": article.section,
        "image": article.image,
        "flags": list(article.flags),
        "copy_of": article.copy_of or None,
        "revision": article.revision,
        "edits": len(article.revisions),
        "archive_ref": article.archive_ref,
        "tagger_version": article.tagger_version,
        "text": article.text,
        "mentions": [
            {
                "start": m.start,
                "end": m.end,
                "surface": m.surface,
                "kind": m.kind,
                "entity": m.entity,
                "name": m.name,
                "qid": m.qid,
                "role": m.role,
                "confidence": m.confidence,
                "rule": m.rule,
                "sentence": article.text[m.sentence_start : m.sentence_end],
            }
            for m in article.mentions
        ],
        "proposals": [
            {
                "id": row.id,
                "line": line_of(row),
                "proposer": row.proposal.proposer_name,
                "venues": list(row.proposal.venue_names),
                "parties": list(row.proposal.parties),
                "status": row.proposal.status,
                "when": row.proposal.when,
                "background": row.proposal.background,
                "confidence": row.proposal.confidence,
                "rule": row.proposal.rule,
                "start": row.proposal.start,
                "end": row.proposal.end,
                "sentence": row.sentence,
            }
            for row in proposal_rows(article)
        ],
    }


def _print_article(article: Article) -> None:
    out = console()
    out.print(Text(clean(article.title), style="bold"))
    say(f"{article.publisher} ({article.source}), {article.lang}, {iso(article.published_at)}")
    say(article.url)
    if article.authors:
        say("by " + ", ".join(article.authors))
    if article.flags:
        say("flags: " + ", ".join(article.flags))
    if article.copy_of:
        say(f"the same text as {article.copy_of[:SHORT_ID]}, stored earlier from another source")
    say()
    _print_text(article)
    say()
    for ordinal, row in enumerate(proposal_rows(article)):
        out.print(Text(clean(line_of(row)), style="bold green"))
        say(f"  {proposal_id(article.id[:SHORT_ID], ordinal)}  rule: {row.proposal.rule}")
        say(f"  {row.sentence}")


def _print_text(article: Article) -> None:
    """Print the text with leaders and places marked, a place with its role behind it."""
    styles = {"proposed": "yellow", "agreed": "green", "rejected": "red", "hosted": "blue"}
    line, at = Text(), 0
    for mention in sorted(article.mentions, key=lambda m: m.start):
        if mention.start < at:
            continue
        _append(line, article.text[at : mention.start])
        style = "cyan" if mention.kind == "leader" else styles.get(mention.role or "", "magenta")
        line.append(clean(mention.surface), style=style)
        if mention.role:
            line.append(f"[{mention.role}]", style=f"dim {style}")
        at = mention.end
    _append(line, article.text[at:])
    console().print(line)


def _append(line: Text, text: str) -> None:
    line.append("\n".join(printable(part) for part in text.split("\n")))
