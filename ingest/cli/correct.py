"""`summitwatch correct`: what a mention, a proposal or a meeting is after all, for good."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest import desk
from ingest.cli.context import CALL, command, opened_store
from ingest.cli.correcting import (
    Asked,
    meeting_correction,
    mention_correction,
    proposal_correction,
    touched,
)
from ingest.cli.lookup import one_article
from ingest.cli.output import clean, counted, iso, print_json, quoted, say
from ingest.cli.overlays import ByOption, NoteOption, author, print_history, read_text, write_text
from ingest.cli.retag import print_report
from ingest.cli.searches import SHORT_ID, JsonOption
from ingest.errors import UsageError
from ingest.pipeline.services import utc_now
from ingest.tag.corrections import (
    Corrections,
    dump_corrections,
    find_in,
    parse_corrections,
    undone,
)
from ingest.tag.desk import corrections_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store.port import Store
    from ingest.tag.corrections import Correction

_PART = re.compile(r"([0-9a-fA-F]+)\.([mtp])(\d{1,6})")
VERBS = ("undo", "list", "import", "export", "history")


@command
def correct(
    what: Annotated[
        str,
        typer.Argument(
            metavar="ID|undo|list|import|export|history",
            help="ARTICLE.m3, ARTICLE.p0 or a meeting's id.",
        ),
    ],
    which: Annotated[str, typer.Argument(help="The correction to undo, or the file.")] = "",
    none: Annotated[bool, typer.Option("--not", help="It is no mention, or no proposal.")] = False,
    role: Annotated[str, typer.Option(help="Role of a place mention.")] = "",
    entity: Annotated[str, typer.Option(help="Who or what a mention names: id or name.")] = "",
    proposer: Annotated[str, typer.Option(help="Leader, ISO code, or none.")] = "",
    status: Annotated[str, typer.Option(help="Status of a proposal.")] = "",
    venues: Annotated[str, typer.Option(help="Venues of a proposal, joined by commas.")] = "",
    parties: Annotated[str, typer.Option(help="Parties, such as RU,UA; none for nobody.")] = "",
    name: Annotated[str, typer.Option(help="Name of a meeting.")] = "",
    merge: Annotated[str, typer.Option(help="Another meeting's id: both are one.")] = "",
    split: Annotated[str, typer.Option(help="Venues that are a meeting of their own.")] = "",
    hide: Annotated[bool, typer.Option("--hide", help="Take a meeting off the board.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it touches.")] = False,
    by: ByOption = "",
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """Correct a mention, a proposal or a meeting, for good; `undo ID` takes it back.

    A correction holds for the same sentence in every article, and stays when its own is edited.
    """  # fmt: skip
    asked = Asked(
        none=none,
        role=role,
        entity=entity,
        proposer=proposer,
        status=status,
        venues=venues,
        parties=parties,
        name=name,
        merge=merge,
        split=split,
        hide=hide,
    )
    if what in VERBS:
        if asked != Asked():
            raise UsageError(what, "takes no correction", "summitwatch correct ID --role …")
        _verb(what, which, by=by, note=note, dry_run=dry_run, as_json=as_json)
        return
    with opened_store() as store:
        number, known = corrections_of(store)
        one = _made(store, what, asked, author(by))
        found = touched(store, one)
        _tell(one, found)
        if dry_run:
            say("nothing was written")
            return
        _publish(store, number, (*known.all, one), by=by, note=note or f"correct {what}")
        say(f"{one.id}; take it back with: summitwatch correct undo {one.id}")
        _again(store, found)


def _made(store: Store, what: str, asked: Asked, by: str) -> Correction:
    part = _PART.fullmatch(what)
    if part is None:
        return meeting_correction(store, what, asked, by, utc_now())
    article = one_article(store, part[1])
    make = proposal_correction if part[2] == "p" else mention_correction
    return make(article, f"{part[2]}{part[3]}", asked, by, utc_now())


def _tell(one: Correction, found: Sequence[str]) -> None:
    say(f"{one.kind} {one.surface or one.meeting[:SHORT_ID]}: {one.change}")
    if one.kind == "meeting":
        return
    say(quoted(one.said))
    elsewhere = sum(article != one.article for article in found)
    say(f"touches {counted(len(found), 'article')}" + (
        f", {elsewhere} with the same sentence elsewhere" if elsewhere else ""
    ))  # fmt: skip


def _publish(
    store: Store, before: int, corrections: Sequence[Correction], *, by: str, note: str
) -> None:
    desk.publish(
        store,
        "corrections",
        dump_corrections(corrections),
        author=author(by),
        now=utc_now(),
        note=note,
        after=before,
    )


def _again(store: Store, articles: Sequence[str]) -> None:
    """Read the touched articles again, so that search and board show it at once."""
    if not articles:
        return
    from ingest.alerts.rulebook import rules_in_force  # noqa: PLC0415  only after a change
    from ingest.pipeline.retag import retag  # noqa: PLC0415

    report = retag(store, ids=articles, rules=rules_in_force(store, CALL.settings()))
    print_report(report, 20)


def _verb(verb: str, which: str, *, by: str, note: str, dry_run: bool, as_json: bool) -> None:
    if verb == "list":
        _list(as_json=as_json)
    elif verb == "history":
        with opened_store() as store:
            print_history(store, "corrections")
    elif verb == "export":
        with opened_store() as store:
            _number, known = corrections_of(store)
        write_text(dump_corrections(known.all), Path(which) if which else None)
    elif not which:
        raise UsageError(verb, "needs what to take", f"summitwatch correct {verb} …")
    elif verb == "undo":
        _undo(which, by=by, note=note, dry_run=dry_run)
    else:
        _import(Path(which), by=by, note=note)


def _list(*, as_json: bool) -> None:
    with opened_store() as store:
        _number, known = corrections_of(store)
    if as_json:
        print_json({"corrections": [_json(one) for one in known.all]})
        return
    for one in known.all:
        where = one.meeting[:SHORT_ID] if one.kind == "meeting" else one.article[:SHORT_ID]
        say(f"{one.id}  {one.kind} {where}  {clean(one.surface)}  {one.change}")
        say(
            f"  by {clean(one.by)}, {one.at:%Y-%m-%d %H:%M}Z"
            + (f"  {quoted(one.said)}" if one.said else "")
        )
    say(counted(len(known.all), "correction"))


def _json(one: Correction) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "by": one.by,
        "at": iso(one.at),
        "article": one.article or None,
        "meeting": one.meeting or None,
        "surface": one.surface,
        "sentence": one.said,
        "occurrence": one.occurrence,
        "change": one.change,
    }


def _undo(which: str, *, by: str, note: str, dry_run: bool) -> None:
    with opened_store() as store:
        number, known = corrections_of(store)
        kept = undone(known.all, which)
        one = next(c for c in known.all if c.id == which)
        found = touched(store, one)
        _tell(one, found)
        if dry_run:
            say("nothing was written")
            return
        _publish(store, number, kept, by=by, note=note or f"undo {which}")
        say(f"{which} is undone")
        _again(store, found)


def _import(path: Path, *, by: str, note: str) -> None:
    made = parse_corrections(read_text(path), str(path))
    with opened_store(create=True) as store:
        number, known = corrections_of(store)
        merged = {one.id: one for one in (*known.all, *made)}
        fresh = [one for one in made if one not in known.all]
        found = list(dict.fromkeys(a for one in fresh for a in touched(store, one)))
        say(f"{counted(len(fresh), 'correction')} new, touching {counted(len(found), 'article')}")
        if fresh:
            _publish(
                store, number, list(merged.values()), by=by, note=note or f"import {path.name}"
            )
            _again(store, found)


def unfit(store: Store) -> list[Correction]:
    """Return the corrections that no longer fit: their article is there, their sentence is not.

    Raises:
        SettingsError: the stored corrections cannot be read.
    """
    _number, known = corrections_of(store)
    anchored = [one for one in known.all if one.kind != "meeting"]
    articles = store.get_articles({one.article for one in anchored})
    held: set[str] = set()
    for article in articles.values():
        mine = Corrections([one for one in anchored if one.article == article.id])
        for text in (article.title, article.text):
            held |= find_in(mine, text, article.lang, article.id)
    return [one for one in anchored if one.article in articles and one.id not in held]
