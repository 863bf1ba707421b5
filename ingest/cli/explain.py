"""`summitwatch explain`: why an article was read so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.cli.context import command, opened_store
from ingest.cli.lookup import one_article
from ingest.cli.output import clean, counted, print_json, quoted, say, talk
from ingest.cli.searches import SHORT_ID, JsonOption
from ingest.errors import UsageError
from ingest.lines import line_of
from ingest.store.rows import proposal_rows
from ingest.tag.desk import tagger_of
from ingest.tag.explain import explain as explained

if TYPE_CHECKING:
    from ingest.model import Article, MeetingStance
    from ingest.tag.explain import Explained
    from ingest.tag.tagger import Tagger

OTHERS = 5


@command
def explain(
    article_id: Annotated[str, typer.Argument(metavar="ARTICLE", help="Any unique prefix.")],
    as_json: JsonOption = False,
) -> None:
    """Show every mention with its alias, rule, alternatives and confidence; proposals likewise."""
    prefix, _, part = article_id.partition(".")
    with opened_store() as store:
        article = one_article(store, prefix)
        tagger = tagger_of(store)
    rows = [*_title(tagger, article), *_text(tagger, article)]
    if part:
        rows = [row for row in rows if row[0] == part]
    acts = [row for row in proposal_rows(article) if not part or row.id.endswith(f".{part}")]
    if part and not rows and not acts:
        raise UsageError(
            f"{article.id[:SHORT_ID]}.{part}",
            "is no mention and no proposal",
            f"see: summitwatch explain {article.id[:SHORT_ID]}",
        )
    stale = article.tagger_version != tagger.version
    if as_json:
        print_json(
            {
                "article": article.id,
                "tagger": tagger.version,
                "stored_by": article.tagger_version,
                "mentions": [_json(article, key, one) for key, one in rows],
                "proposals": [
                    {
                        "id": row.id,
                        "line": line_of(row),
                        "rule": row.proposal.rule,
                        "confidence": row.proposal.confidence,
                        "sentence": row.sentence,
                    }
                    for row in acts
                ],
                "stances": [stance_json(article, stance) for stance in article.stances],
            }
        )
        return
    if stale:
        talk(f"stored by {article.tagger_version or 'nobody'}, read here by {tagger.version}")
    say(clean(article.title), style="bold")
    for key, one in rows:
        _print(article, key, one)
    for row in acts:
        act = row.id.partition(".")[2]
        say(f"{article.id[:SHORT_ID]}.{act}  {clean(line_of(row))}", style="bold")
        say(f"    rule: {row.proposal.rule}")
        say(f"    {quoted(row.sentence)}")
    for stance in article.stances:
        say(f"{stance.by_name}: {stance.stand} to meet; {stance.rule}; {stance.confidence:.2f}")
        say(f"    {quoted(article.text[stance.start : stance.end])}")
    say(f"{counted(len(rows), 'mention')}, {counted(len(acts), 'proposal')}")


def stance_json(article: Article, stance: MeetingStance) -> dict[str, Any]:
    """A stance with its sentence."""
    return {
        "by": stance.by_name,
        "by_id": stance.by,
        "country": stance.country,
        "stand": stance.stand,
        "parties": list(stance.parties),
        "sentence": article.text[stance.start : stance.end],
        "rule": stance.rule,
        "confidence": stance.confidence,
    }


def _text(tagger: Tagger, article: Article) -> list[tuple[str, Explained]]:
    found = explained(
        tagger,
        article.text,
        lang=article.lang,
        published=article.effective_at,
        article=article.id,
        title=article.title,
    )
    ordinals = {(m.start, m.end): f"m{n}" for n, m in enumerate(article.mentions)}
    return [(ordinals.get((one.mention.start, one.mention.end), "-"), one) for one in found]


def _title(tagger: Tagger, article: Article) -> list[tuple[str, Explained]]:
    if not article.title:
        return []
    found = explained(
        tagger,
        article.title,
        lang=article.lang,
        published=article.effective_at,
        article=article.id,
        context=article.text,
    )
    ordinals = {(m.start, m.end): f"t{n}" for n, m in enumerate(article.title_mentions)}
    return [(ordinals.get((one.mention.start, one.mention.end), "-"), one) for one in found]


def _json(article: Article, key: str, one: Explained) -> dict[str, Any]:
    mention = one.mention
    source = article.title if key.startswith("t") else article.text
    return {
        "id": f"{article.id}.{key}",
        "surface": mention.surface,
        "kind": mention.kind,
        "entity": mention.entity,
        "name": mention.name,
        "role": mention.role,
        "confidence": mention.confidence,
        "rule": mention.rule,
        "alias": one.alias,
        "found_as": one.how,
        "alternatives": [{"id": key, "name": name} for key, name in one.others],
        "roles": [{"role": role, "chance": chance} for role, chance in one.roles],
        "sentence": source[mention.sentence_start : mention.sentence_end],
    }


def _print(article: Article, key: str, one: Explained) -> None:
    mention = one.mention
    role = f" [{mention.role}]" if mention.role else ""
    say(
        f"{article.id[:SHORT_ID]}.{key}  {clean(mention.surface)} = {mention.name}{role}"
        f"  {mention.confidence:.2f}"
    )
    say(
        f"    rule: {clean(mention.rule)}; {one.how}"
        + (f" {quoted(one.alias)}" if one.alias else "")
    )
    if one.others:
        shown = ", ".join(f"{name} ({key})" for key, name in one.others[:OTHERS])
        more = len(one.others) - OTHERS
        say(f"    or: {shown}" + (f" and {more} more" if more > 0 else ""))
    if one.roles:
        say("    roles: " + ", ".join(f"{role} {chance:.2f}" for role, chance in one.roles[:3]))
