"""What the commands of the desk's own names share: options read, changes published."""

from __future__ import annotations

import getpass
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest import desk
from ingest.cli.lookup import gazetteer
from ingest.cli.output import clean, counted, say, talk
from ingest.errors import IngestError, UsageError
from ingest.pipeline.services import utc_now
from ingest.tag.desk import overlay_of
from ingest.tag.gazetteer import Office
from ingest.tag.overlay import LANGS, dump_overlay, parse_overlay

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.model import DeskKind
    from ingest.store.port import Store
    from ingest.tag.gazetteer import Entity, Gazetteer
    from ingest.tag.overlay import Overlay, Own

MAX_FILE_BYTES = 32 * 2**20
MIN_NAME = 2  # characters, as of a name in a file
_LANG = re.compile(r"[a-z]{2}")

ByOption = Annotated[
    str, typer.Option("--by", envvar="SUMMITWATCH_AUTHOR", help="Who does it; the user's name.")
]
NoteOption = Annotated[str, typer.Option(help="Why, for the history.")]


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


def author(by: str) -> str:
    """Return who changes something: as given, else the user's name."""
    if by.strip():
        return by.strip()[:120]
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        return "unknown"


def print_history(store: Store, kind: DeskKind) -> None:
    """Print a line for each revision, newest first: number, when, who, why."""
    for one in desk.history(store, kind):
        say(f"{one.number}  {one.at:%Y-%m-%d %H:%M}Z  {clean(one.author)}  {clean(one.note)}")


def read_text(path: Path) -> str:
    """Read a file of the desk's; raises UsageError."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except OSError as exc:
        raise UsageError(str(path), exc.strerror or str(exc), "name a readable file") from exc
    if len(raw) > MAX_FILE_BYTES:
        raise UsageError(str(path), f"is longer than {MAX_FILE_BYTES:,} bytes", "split it")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise UsageError(str(path), "is not UTF-8", "save it as UTF-8") from exc


def write_text(text: str, path: Path | None) -> None:
    """Write an export to a file, or to stdout."""
    if path is None:
        typer.echo(text, nl=False)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise UsageError(str(path), exc.strerror or str(exc), "name a file to write") from exc


def spoken(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read `ru:Имя` or `Name` options: language ("" for none) -> names; raises UsageError."""
    found: dict[str, list[str]] = {}
    for name in names:
        lang, colon, rest = name.partition(":")
        known = bool(colon) and lang in LANGS
        if colon and not known and _LANG.fullmatch(lang):
            raise UsageError(
                name, f"{lang!r} is no language of names", f"one of {', '.join(LANGS)}"
            )
        found.setdefault(lang if known else "", []).append((rest if known else name).strip())
    return {lang: tuple(dict.fromkeys(spelled)) for lang, spelled in found.items()}


def check_own(own: Own) -> None:
    """Raise UsageError for a name that is none, and for countries that nobody knows."""
    if own.name and len(own.name.strip()) < MIN_NAME:
        raise UsageError(repr(own.name), "is no name", f"write {MIN_NAME} characters or more")
    known = gazetteer().country_by_code
    for option, codes in (
        ("--country", (own.country,)),
        ("--office", tuple(held.country for held in own.offices or ())),
    ):
        for code in filter(None, codes):
            if code not in known:
                raise UsageError(option, f"{code!r} is no country that is known", "write UA or EU")


def office(text: str) -> Office:
    """Read `US:envoy[:2026-01-20[:2027-01-20]]`; raises UsageError."""
    parts = [part.strip() for part in text.split(":")]
    if not 2 <= len(parts) <= 4 or not all(parts[:2]):
        raise UsageError("--office", f"{text!r} is no office", "write US:envoy:2026-01-20")
    return Office(parts[0].upper(), parts[1], *(parts[2:] or [""]))


def publish(store: Store, before: int, overlay: Overlay, *, by: str, note: str) -> int:
    """Store the overlay as its next revision and say how many articles that may affect.

    The revision is checked as if it had come from a file; raises SettingsError, ConflictError.
    """
    body = dump_overlay(overlay)
    parse_overlay(body, "the new overlay")
    made = desk.publish(
        store, "overlay", body, author=author(by), now=utc_now(), note=note, after=before
    )
    if made.number == before:
        say("nothing changed")
        return before
    say(f"overlay revision {made.number}")
    _tell_affected(store, before)
    return made.number


def _tell_affected(store: Store, before: int) -> None:
    from ingest.pipeline.retag import affected  # noqa: PLC0415  only after a change

    now, _corrections = desk.stamp(store), None
    try:
        count = len(affected(store, before, now.corrections))
    except IngestError as exc:
        talk(f"the articles it affects were not counted: {exc}")
        return
    if count:
        say(f"{counted(count, 'article')} may read otherwise now: summitwatch retag")


def current(store: Store) -> tuple[int, Overlay]:
    """Return the newest overlay and its number; raises SettingsError where it cannot be read."""
    return overlay_of(store)


def merged(overlay: Overlay, former: str, now: str) -> Overlay:
    """Return the overlay in which one entity became another; raises UsageError."""
    if former == now:
        raise UsageError(former, "cannot become itself", "name another id")
    if former.startswith("leader:") != now.startswith("leader:"):
        raise UsageError(former, f"cannot become {now}: a leader is no place")
    return overlay.with_redirect(former, now)


def joined(
    one: Mapping[str, tuple[str, ...]], other: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Return the names of both, by language."""
    return {
        lang: tuple(dict.fromkeys((*one.get(lang, ()), *other.get(lang, ()))))
        for lang in {*one, *other}
    }


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
