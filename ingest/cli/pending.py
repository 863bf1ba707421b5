"""People that texts name by title and name, and that the gazetteer lacks: `gazetteer pending`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.cli.context import command, opened_store
from ingest.cli.lookup import gazetteer
from ingest.cli.output import counted, print_json, quoted, say
from ingest.cli.overlays import (
    AliasOption,
    ByOption,
    CountryOption,
    NoteOption,
    OfficeOption,
    QidOption,
    check_own,
    current,
    joined,
    merged,
    office,
    publish,
    spoken,
    the_entity,
)
from ingest.cli.persons import read_persons
from ingest.cli.searches import JsonOption
from ingest.errors import UsageError
from ingest.query.ast import All, LeaderIs
from ingest.store.port import Search
from ingest.tag.overlay import Own, entity_id

if TYPE_CHECKING:
    from ingest.model import Article
    from ingest.store.port import Store

MOST_PENDING = 10_000
SAMPLES = 2


@command
def pending(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The most named so many.")] = 20,
    read: Annotated[
        int, typer.Option(min=0, max=5000, help="Also look for names in the newest so many texts.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """List people that texts name by title and name, and that the gazetteer lacks.

    With --read, also names without a title, as a model finds them: some are no people. Promote one
    with --name: a name stands here as its text bends it.
    """
    with opened_store() as store:
        found = strangers(store)
        shown: list[dict[str, Any]] = [
            {"id": one, "by": "title", "articles": count, "samples": _samples(store, one)}
            for one, count in found[:limit]
        ]
        if read:
            known = {one for one, _count in found} | set(gazetteer().redirects)
            more = read_persons(store, read, samples=SAMPLES, known=known)
            shown += [
                {
                    "id": one.id,
                    "by": "model",
                    "articles": one.articles,
                    "samples": [_sample(*at) for at in one.seen],
                }
                for one in more[:limit]
            ]
            found += [(one.id, one.articles) for one in more]
    if as_json:
        print_json({"pending": shown, "total": len(found)})
        return
    for row in shown:
        by = "  by the model" if row["by"] == "model" else ""
        say(f"{row['id']}  {counted(row['articles'], 'article')}{by}")
        for sample in row["samples"]:
            say(f"  {quoted(sample['sentence'])} {sample['source']}, {sample['lang']}")
    say(f"{counted(len(found), 'person', 'people')} pending" + (
        "; take one in: summitwatch gazetteer promote ID" if found else ""
    ))  # fmt: skip


def strangers(store: Store) -> list[tuple[str, int]]:
    """Return provisional people not promoted yet, and how many articles name each, most first."""
    page = store.search(
        Search(All(), sort="newest", limit=1, facets=("leader",), facet_size=MOST_PENDING)
    )
    redirects = gazetteer().redirects
    return [
        (value.value, value.count)
        for value in page.facets["leader"]
        if value.value.startswith("leader:?") and value.value not in redirects
    ]


def _samples(store: Store, entity: str) -> list[dict[str, str]]:
    page = store.search(Search(LeaderIs((entity,)), sort="newest", limit=SAMPLES, highlight=False))
    found = []
    for article in (hit.article for hit in page.hits):
        mention = next((m for m in article.mentions if m.entity == entity), None)
        found.append(
            _sample(
                article,
                article.text[mention.sentence_start : mention.sentence_end]
                if mention
                else article.title,
            )
        )
    return found


def _sample(article: Article, sentence: str) -> dict[str, str]:
    return {
        "article": article.id,
        "sentence": sentence,
        "source": article.source,
        "lang": article.lang,
    }


@command
def promote(
    which: Annotated[str, typer.Argument(metavar="ID", help="Of a pending person.")],
    name: Annotated[str, typer.Option(help="English name; as the texts name them.")] = "",
    country: CountryOption = "",
    qid: QidOption = "",
    alias: AliasOption = None,
    held: OfficeOption = None,
    known_as: Annotated[
        str, typer.Option("--as", metavar="ID", help="Someone known: the name becomes theirs.")
    ] = "",
    by: ByOption = "",
    note: NoteOption = "",
) -> None:
    """Take a pending person into the overlay; the provisional id leads to the new one."""
    if not which.startswith("leader:?"):
        raise UsageError(which, "is no pending person", "see: summitwatch gazetteer pending")
    with opened_store() as store:
        number, overlay = current(store)
        if which in overlay.redirects:
            raise UsageError(which, f"is {overlay.redirects[which]} already")
        written = name or _written(store, which)
        spelled = joined(spoken(alias or ()), {"": (written,)})
        if known_as:
            target = the_entity(gazetteer(), known_as).id
            own = overlay.entities.get(target, Own(target))
            own = replace(own, names=joined(own.names, spelled))
        else:
            own = Own(
                id=entity_id("leader", written),
                kind="leader",
                name=written,
                country=country.upper(),
                qid=qid or None,
                names={lang: found for lang, found in spelled.items() if lang},
                offices=tuple(map(office, held)) if held else None,
            )
            check_own(own)
            if overlay.entities.get(own.id) or gazetteer().entity(own.id):
                raise UsageError(own.id, "is known", f"promote it with --as {own.id}")
        changed = merged(overlay.with_entity(own), which, own.id)
        publish(store, number, changed, by=by, note=note or f"promote {which}")
        say(own.id)


def _written(store: Store, entity: str) -> str:
    page = store.search(Search(LeaderIs((entity,)), sort="newest", limit=1, highlight=False))
    for hit in page.hits:
        for mention in (*hit.article.mentions, *hit.article.title_mentions):
            if mention.entity == entity:
                return mention.name
    raise UsageError(entity, "is named by no article", "see: summitwatch gazetteer pending")
