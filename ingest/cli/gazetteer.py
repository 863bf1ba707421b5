"""`summitwatch gazetteer`: the desk's own people and places."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest import desk
from ingest.cli.context import CALL, command, opened_store
from ingest.cli.lookup import gazetteer
from ingest.cli.output import clean, counted, print_json, say, talk
from ingest.cli.overlays import (
    ByOption,
    NoteOption,
    current,
    office,
    publish,
    read_text,
    spoken,
    write_text,
)
from ingest.cli.persons import read_persons
from ingest.cli.searches import JsonOption
from ingest.errors import UsageError
from ingest.query.ast import All, LeaderIs
from ingest.store.port import Search
from ingest.tag import Tagger
from ingest.tag.overlay import KINDS, Own, dump_overlay, entity_id, parse_overlay

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.model import Article
    from ingest.store.port import Store
    from ingest.tag.gazetteer import Entity, Gazetteer
    from ingest.tag.overlay import Overlay

MOST_PENDING = 10_000
SAMPLES = 2

app = typer.Typer(no_args_is_help=True, help="The names that are known, and the desk's own.")

KindOption = Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")]
CountryOption = Annotated[str, typer.Option(help="ISO 3166 code, EU, UN or NATO.")]
AliasOption = Annotated[
    list[str] | None, typer.Option("--alias", help="Another name: `ru:Имя` or `Name`; repeat it.")
]
ShortOption = Annotated[
    list[str] | None, typer.Option("--short", help="A name that may stand alone; repeat it.")
]
OfficeOption = Annotated[
    list[str] | None,
    typer.Option("--office", help="COUNTRY:OFFICE:START[:END], such as US:envoy:2026-01-20."),
]
QidOption = Annotated[str, typer.Option(help="Wikidata id.")]


@app.command("add")
@command
def add(
    name: Annotated[str, typer.Argument(help="English name.")],
    kind: KindOption = "leader",
    country: CountryOption = "",
    qid: QidOption = "",
    alias: AliasOption = None,
    short: ShortOption = None,
    held: OfficeOption = None,
    lat: Annotated[float | None, typer.Option(help="Latitude of a place.")] = None,
    lon: Annotated[float | None, typer.Option(help="Longitude of a place.")] = None,
    own_id: Annotated[str, typer.Option("--id", help="An id; made of the name.")] = "",
    by: ByOption = "",
    note: NoteOption = "",
) -> None:
    """Add a person or place of the desk's own; its endings are made as the gazetteer's are."""
    own = Own(
        id=own_id or entity_id(kind, name, country),
        kind=kind,
        name=name,
        country=country.upper(),
        qid=qid or None,
        names=spoken(alias or ()),
        short=spoken(short or ()),
        offices=tuple(map(office, held)) if held else None,
        lat=lat,
        lon=lon,
    )
    with opened_store(create=True) as store:
        number, overlay = current(store)
        if own.id in overlay.entities or gazetteer().entity(own.id) is not None:
            raise UsageError(own.id, "is known", f"summitwatch gazetteer edit {own.id}, or --id")
        _warn_of_namesakes(own)
        publish(store, number, overlay.with_entity(own), by=by, note=note or f"add {own.id}")
        say(own.id)


def _warn_of_namesakes(own: Own) -> None:
    for name in (own.name, *(n for found in own.names.values() for n in found)):
        others = [one for one in gazetteer().resolve("any", name) if one != own.id]
        if others:
            talk(f"{name!r} already names {', '.join(others[:4])}")


@app.command("edit")
@command
def edit(
    which: Annotated[str, typer.Argument(metavar="ID", help="Of ours, or a name of one only.")],
    name: Annotated[str, typer.Option(help="English name.")] = "",
    country: CountryOption = "",
    qid: QidOption = "",
    alias: AliasOption = None,
    short: ShortOption = None,
    drop: Annotated[
        list[str] | None, typer.Option("--drop", help="A name that is not its; repeat it.")
    ] = None,
    held: OfficeOption = None,
    lat: Annotated[float | None, typer.Option(help="Latitude of a place.")] = None,
    lon: Annotated[float | None, typer.Option(help="Longitude of a place.")] = None,
    merge_into: Annotated[
        str, typer.Option("--merge-into", metavar="ID", help="It is this one; its id leads there.")
    ] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take the desk's edits back.")] = False,
    by: ByOption = "",
    note: NoteOption = "",
) -> None:
    """Change an entity, shipped or the desk's own; or merge it into another one."""
    with opened_store(create=True) as store:
        number, overlay = current(store)
        entity = the_entity(gazetteer(), which)
        own = overlay.entities.get(entity.id, Own(entity.id))
        if merge_into:
            target = the_entity(gazetteer(), merge_into)
            changed = merged(overlay, entity.id, target.id)
        elif remove:
            if entity.id not in overlay.entities:
                raise UsageError(entity.id, "has no edit of the desk's", "see: gazetteer show")
            kept = {key: one for key, one in overlay.entities.items() if key != entity.id}
            changed = replace(overlay, entities=kept)
        else:
            gone = tuple(drop or ())
            changed = overlay.with_entity(
                replace(
                    own,
                    name=name or own.name,
                    country=country.upper() or own.country,
                    qid=qid or own.qid,
                    names=_without(_joined(own.names, spoken(alias or ())), gone),
                    short=_without(_joined(own.short, spoken(short or ())), gone),
                    drop=tuple(dict.fromkeys((*own.drop, *gone))),
                    offices=tuple(map(office, held)) if held else own.offices,
                    lat=own.lat if lat is None else lat,
                    lon=own.lon if lon is None else lon,
                )
            )
        publish(store, number, changed, by=by, note=note or f"edit {entity.id}")


def merged(overlay: Overlay, former: str, now: str) -> Overlay:
    """Return the overlay in which one entity became another; raises UsageError."""
    if former == now:
        raise UsageError(former, "cannot become itself", "name another id")
    if former.startswith("leader:") != now.startswith("leader:"):
        raise UsageError(former, f"cannot become {now}: a leader is no place")
    return overlay.with_redirect(former, now)


def _joined(
    one: Mapping[str, tuple[str, ...]], other: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    return {
        lang: tuple(dict.fromkeys((*one.get(lang, ()), *other.get(lang, ()))))
        for lang in {*one, *other}
    }


def _without(
    names: dict[str, tuple[str, ...]], gone: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    kept = {lang: tuple(n for n in found if n not in gone) for lang, found in names.items()}
    return {lang: found for lang, found in kept.items() if found}


def the_entity(names: Gazetteer, which: str) -> Entity:
    """Return the entity that an id or a name means; raises UsageError unless it is one."""
    found = [one for one in names.resolve("any", which) if not names.is_former(one)]
    entities = [entity for one in found if (entity := names.entity(one)) is not None]
    if len(entities) == 1:
        return entities[0]
    if not entities:
        near = names.suggest("any", which)
        hint = f"did you mean {', '.join(near[:3])}?" if near else "see: summitwatch gazetteer add"
        raise UsageError(which, "is nobody and no place that is known", hint)
    shown = ", ".join(entity.id for entity in entities[:6])
    raise UsageError(which, f"may mean {shown}", "give the id")


@app.command("show")
@command
def show(
    which: Annotated[str, typer.Argument(metavar="NAME|ID", help="In any language, or a QID.")],
    as_json: JsonOption = False,
) -> None:
    """Show everyone and everything that bears a name."""
    with opened_store() as store:
        names = gazetteer()
        found = [one for one in names.resolve("any", which) if not names.is_former(one)]
        entities = [entity for one in found if (entity := names.entity(one)) is not None]
        if not entities:
            the_entity(names, which)
        _number, overlay = current(store)
        shown = [_entity_json(names, entity, overlay) for entity in entities]
    if as_json:
        print_json({"entities": shown})
        return
    for one in shown:
        say(
            f"{one['id']}  {one['name']}  {one['kind']} {one['country']} {one['qid'] or ''}".rstrip()
        )
        for lang, spelled in one["names"].items():
            say(f"  {lang or 'any'}: {', '.join(spelled)}")
        for held in one["offices"]:
            until = held["end"] or "now"
            say(f"  {held['office']} of {held['country']}, {held['start'] or '?'} to {until}")
        if one["former_ids"]:
            say(f"  was {', '.join(one['former_ids'])}")
        if one["edited"]:
            say("  added or changed by the desk")


def _entity_json(names: Gazetteer, entity: Entity, overlay: Overlay) -> dict[str, Any]:
    return {
        "id": entity.id,
        "kind": entity.kind,
        "name": entity.name,
        "country": entity.country,
        "qid": entity.qid,
        "geonames": entity.geonames,
        "lat": entity.lat,
        "lon": entity.lon,
        "names": {lang: list(found) for lang, found in sorted(entity.names.items())},
        "offices": [
            {"country": o.country, "office": o.office, "start": o.start, "end": o.end}
            for o in entity.offices
        ],
        "former_ids": [f for f, now in names.redirects.items() if now == entity.id],
        "edited": entity.id in overlay.entities,
    }


@app.command("check")
@command
def check(
    file: Annotated[Path | None, typer.Argument(help="A YAML file; none: what is stored.")] = None,
) -> None:
    """Check an overlay: its syntax, and names that others bear too."""
    if file is not None:
        overlay, where = parse_overlay(read_text(file), str(file)), str(file)
    else:
        with opened_store() as store:
            number, overlay = current(store)
        where = f"overlay revision {number}" if number else "no overlay is stored"
    names = Tagger.load().gazetteer
    for own in overlay.entities.values():
        if names.entity(own.id) is None and not own.name:
            talk(f"{own.id}: the shipped gazetteer has no such entity, and no name is given")
        spelled = (own.name, *(n for found in own.names.values() for n in found))
        for name in filter(None, spelled):
            others = [one for one in names.resolve("any", name) if one != own.id]
            if others:
                talk(f"{own.id}: {name!r} also names {', '.join(others[:4])}")
    known = {*overlay.entities}
    for former, now in overlay.redirects.items():
        if now not in known and names.entity(now) is None:
            talk(f"{former}: leads to {now}, which is not known")
    entities = counted(len(overlay.entities), "entity", "entities")
    say(f"{where}: {entities}, {counted(len(overlay.redirects), 'redirect')}; it can be used")


@app.command("import")
@command
def import_file(
    file: Annotated[Path, typer.Argument(help="A YAML file, as export writes it.")],
    by: ByOption = "",
    note: NoteOption = "",
) -> None:
    """Make a file the overlay. A file that is wrong changes nothing."""
    overlay = parse_overlay(read_text(file), str(file))
    with opened_store(create=True) as store:
        number, _overlay = current(store) if desk.latest(store, "overlay") else (0, None)
        publish(store, number, overlay, by=by, note=note or f"import {file.name}")


@app.command("export")
@command
def export_file(
    file: Annotated[Path | None, typer.Argument(help="Where to; none: stdout.")] = None,
) -> None:
    """Write the overlay as YAML."""
    with opened_store() as store:
        _number, overlay = current(store)
    write_text(dump_overlay(overlay), file)


@app.command("history")
@command
def history() -> None:
    """List the revisions of the overlay, newest first: who, when, why."""
    with opened_store() as store:
        for one in desk.history(store, "overlay"):
            say(f"{one.number}  {one.at:%Y-%m-%d %H:%M}Z  {clean(one.author)}  {clean(one.note)}")


# --- people that a title names and the gazetteer lacks -------------------------------------------


@app.command("pending")
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
            say(f"  «{clean(sample['sentence'])}» {sample['source']}, {sample['lang']}")
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


@app.command("promote")
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
        spelled = _joined(spoken(alias or ()), {"": (written,)})
        if known_as:
            target = the_entity(gazetteer(), known_as).id
            own = overlay.entities.get(target, Own(target))
            own = replace(own, names=_joined(own.names, spelled))
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


@app.command("refresh")
@command
def refresh(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="These; none: all with a QID.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change.")] = False,
    by: ByOption = "",
) -> None:
    """Take names and offices from Wikidata into the overlay. A failure keeps the old."""
    from ingest.cli.refreshing import fetched  # noqa: PLC0415  the others need no network

    settings = CALL.settings()
    with opened_store(settings, create=True) as store:
        number, overlay = current(store)
        names = gazetteer()
        wanted = [the_entity(names, one) for one in ids] if ids else list(names.compiled.entities)
        changed, lines = fetched(settings, overlay, wanted)
        for line in lines:
            say(line)
        if dry_run or not lines:
            say(f"{counted(len(lines), 'change')}" + ("; nothing was written" if dry_run else ""))
            return
        publish(store, number, changed, by=by, note="refresh from Wikidata")
