"""`summitwatch gazetteer`: the desk's own people and places."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.cli.context import CALL, command, opened_store
from ingest.cli.lookup import gazetteer
from ingest.cli.output import counted, print_json, say, talk
from ingest.cli.overlays import (
    AliasOption,
    ByOption,
    CountryOption,
    NoteOption,
    OfficeOption,
    QidOption,
    ShortOption,
    check_own,
    current,
    joined,
    merged,
    office,
    print_history,
    publish,
    read_text,
    spoken,
    the_entity,
    write_text,
)
from ingest.cli.pending import pending, promote
from ingest.cli.searches import JsonOption
from ingest.errors import UsageError
from ingest.tag import Tagger
from ingest.tag.desk import overlay_of
from ingest.tag.overlay import KINDS, Own, dump_overlay, entity_id, parse_overlay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.tag.gazetteer import Entity, Gazetteer
    from ingest.tag.overlay import Overlay

app = typer.Typer(no_args_is_help=True, help="The names that are known, and the desk's own.")

KindOption = Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")]


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
    if not name.strip():
        raise UsageError("name", "is empty", "write the English name")
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
        check_own(own)
        if own.id in overlay.entities or gazetteer().entity(own.id) is not None:
            raise UsageError(own.id, "is known", f"summitwatch gazetteer edit {own.id}, or --id")
        for spelled, others in _namesakes(gazetteer(), own):
            talk(f"{spelled!r} already names {others}")
        publish(store, number, overlay.with_entity(own), by=by, note=note or f"add {own.id}")
        say(own.id)


def _namesakes(names: Gazetteer, own: Own) -> Iterator[tuple[str, str]]:
    """Yield each name of `own` that others bear too, and the ids of some of them."""
    for name in filter(None, (own.name, *(n for found in own.names.values() for n in found))):
        others = [one for one in names.resolve("any", name) if one != own.id]
        if others:
            yield name, ", ".join(others[:4])


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
            for one in gone:
                if entity.id not in gazetteer().resolve("any", one):
                    talk(f"{one!r} names {entity.id} nowhere: nothing is lost by dropping it")
            own = replace(
                own,
                name=name or own.name,
                country=country.upper() or own.country,
                qid=qid or own.qid,
                names=_without(joined(own.names, spoken(alias or ())), gone),
                short=_without(joined(own.short, spoken(short or ())), gone),
                drop=tuple(dict.fromkeys((*own.drop, *gone))),
                offices=tuple(map(office, held)) if held else own.offices,
                lat=own.lat if lat is None else lat,
                lon=own.lon if lon is None else lon,
            )
            check_own(own)
            changed = overlay.with_entity(own)
        publish(store, number, changed, by=by, note=note or f"edit {entity.id}")


def _without(
    names: dict[str, tuple[str, ...]], gone: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    kept = {lang: tuple(n for n in found if n not in gone) for lang, found in names.items()}
    return {lang: found for lang, found in kept.items() if found}


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
        for name, others in _namesakes(names, own):
            talk(f"{own.id}: {name!r} also names {others}")
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
        number, former = current(store)
        told = _difference(former, overlay)
        made = publish(store, number, overlay, by=by, note=note or f"import {file.name}")
        if made != number:
            back = f"; what was: summitwatch gazetteer export --revision {number}"
            say(told + (back if number else ""))


def _difference(former: Overlay, now: Overlay) -> str:
    """Say how many entities came, went and are different."""
    old, new = former.entities, now.entities
    changed = sum(new[key] != old[key] for key in old.keys() & new.keys())
    counts = (len(new.keys() - old.keys()), len(old.keys() - new.keys()), changed)
    return "{} added, {} taken out, {} changed".format(*counts)


@app.command("export")
@command
def export_file(
    file: Annotated[Path | None, typer.Argument(help="Where to; none: stdout.")] = None,
    revision: Annotated[int, typer.Option(min=0, help="Of this revision; 0: the newest.")] = 0,
) -> None:
    """Write the overlay as YAML."""
    with opened_store() as store:
        _number, overlay = overlay_of(store, revision or None)
    write_text(dump_overlay(overlay), file)


@app.command("history")
@command
def history() -> None:
    """List the revisions of the overlay, newest first: who, when, why."""
    with opened_store() as store:
        print_history(store, "overlay")


app.command("pending")(pending)
app.command("promote")(promote)


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
