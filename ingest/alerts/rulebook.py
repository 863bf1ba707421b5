"""The rules in force: numbered revisions in the store, and a file that is imported into it.

A file of rules (the setting `alerts.rules`, else rules.yaml beside the store) is import: when its
text changed it becomes the store's next revision, unless somebody published another one meanwhile.
Then the store's rules stay in force and a warning says so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import structlog

from ingest import desk, ids
from ingest.alerts.rules import parse_text, read_file, rules_file
from ingest.errors import ConflictError, SettingsError
from ingest.model import Note

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from ingest.alerts.ruleset import RuleSet
    from ingest.model import DeskRevision
    from ingest.query.clauses import NameKind
    from ingest.settings import Settings
    from ingest.store.port import Records
    from ingest.tag.gazetteer import Gazetteer

log = structlog.get_logger()

IMPORTED = "rules-file"
"""Note: which file text was taken last, and the revision that was in force then."""
FILE_AUTHOR = "file"
TRIES = 5


@dataclass(frozen=True, slots=True)
class Chosen:
    """The text in force.

    Attributes:
        number: of its revision, 0: none yet.
        path: the file that it is to be imported from, if it is.
        is_file_too: the file says the same.
        warning: why the file is not in force, though it says something else.
    """

    text: str
    number: int = 0
    path: Path | None = None
    is_file_too: bool = False
    warning: str = ""

    @property
    def source(self) -> str:
        """Where the text stands, for errors."""
        return str(self.path) if self.path else f"rules revision {self.number}"


class _DeskNames:
    """Names of leaders and places, the desk's own included; read when the first is asked for."""

    def __init__(self, records: Records) -> None:
        self._records = records

    @cached_property
    def _gazetteer(self) -> Gazetteer:
        from ingest.tag.desk import tagger_of  # noqa: PLC0415  large; many files need none

        return tagger_of(self._records).gazetteer

    def resolve(self, kind: NameKind, text: str) -> tuple[str, ...]:
        """Return the entities of a name."""
        return self._gazetteer.resolve(kind, text)

    def suggest(self, kind: NameKind, text: str) -> tuple[str, ...]:
        """Return names that are near."""
        return self._gazetteer.suggest(kind, text)


def parse(records: Records, settings: Settings, text: str, source: str) -> RuleSet:
    """Read a text as rules, with the store's names; raises SettingsError."""
    return parse_text(text, source, settings, names=_DeskNames(records))


def rules_in_force(records: Records, settings: Settings) -> RuleSet:
    """Return the rules that a run would have now; nothing is written.

    Raises:
        SettingsError: the file or the revision is wrong: line, field and the way out.
    """
    return _read(records, settings, choose(records, settings))


def take_rules(records: Records, settings: Settings, now: datetime) -> RuleSet:
    """Return the rules of a run that begins now: one revision. A file that changed is imported.

    A file that is wrong stops the first run; later ones keep the revision that is in force.

    Raises:
        SettingsError: the file or the revision is wrong.
        ConflictError: others published every time.
    """
    for _ in range(TRIES):
        chosen = choose(records, settings)
        rules = _read(records, settings, chosen)
        if rules.number or chosen.path is None:
            if chosen.is_file_too:  # a crash may have left the note behind
                _remember(records, chosen.text, chosen.number)
            return rules
        try:
            made = desk.publish(
                records,
                "rules",
                chosen.text,
                author=FILE_AUTHOR,
                now=now,
                note=f"imported from {chosen.path}",
                after=chosen.number,
            )
        except ConflictError:
            continue
        _remember(records, chosen.text, made.number)
        return replace(rules, number=made.number)
    raise ConflictError("rules", "were published by others every time", "run again")


def publish(
    records: Records,
    settings: Settings,
    text: str,
    *,
    author: str,
    now: datetime,
    note: str = "",
    after: int | None = None,
    follow: bool = False,
    source: str = "the rules",
) -> DeskRevision:
    """Put a text of rules in force as the store's next revision.

    Args:
        after: the number that the change was made from.
        follow: a file that says what was in force before is brought up to date.
        source: what an error names as the text's place.

    Raises:
        SettingsError: the text is wrong, or the file cannot be written.
        ConflictError: somebody published meanwhile; nothing was written.
    """
    parse(records, settings, text, source)
    path = rules_file(settings)
    newest = desk.latest(records, "rules")
    made = desk.publish(records, "rules", text, author=author, now=now, note=note, after=after)
    on_disk = _text_of(path)
    if on_disk == text:
        _remember(records, text, made.number)
    elif follow and path is not None and newest is not None and on_disk == newest.body:
        _write(path, text)
        _remember(records, text, made.number)
    return made


def choose(records: Records, settings: Settings) -> Chosen:
    """Decide between the store's newest revision and the file.

    Raises:
        SettingsError: there is only a file, and it cannot be read.
    """
    newest = desk.latest(records, "rules")
    path = rules_file(settings)
    if newest is None:
        return Chosen("" if path is None else read_file(path), path=path)
    stored = Chosen(newest.body, newest.number)
    if path is None:
        return stored
    try:
        text = read_file(path)
    except SettingsError as exc:
        return replace(stored, warning=f"{exc}; revision {newest.number} stays in force")
    taken, number = _remembered(records)
    if text == newest.body:
        return replace(stored, is_file_too=True)
    if _sha(text) == taken:
        return stored
    if number == newest.number:
        return Chosen(text, newest.number, path)
    return replace(
        stored,
        warning=(
            f"{path} is not in force: {newest.author} published revision {newest.number} on"
            f" {newest.at:%Y-%m-%d %H:%M}Z, after the file was last taken. Take the file with"
            f" `summitwatch rules apply {path}`, or the store's rules with"
            f" `summitwatch rules export {path}`"
        ),
    )


def _read(records: Records, settings: Settings, chosen: Chosen) -> RuleSet:
    warning = chosen.warning
    if chosen.path is not None and chosen.number:
        try:
            return parse(records, settings, chosen.text, chosen.source)
        except SettingsError as exc:
            body = desk.numbered(records, "rules", chosen.number).body
            warning = f"{exc}; revision {chosen.number} stays in force"
            chosen = Chosen(body, chosen.number)
    if warning:
        log.warning("rules_file_not_in_force", reason=warning)
    rules = parse(records, settings, chosen.text, chosen.source if chosen.text else "")
    return rules if chosen.path else replace(rules, number=chosen.number)


def _remembered(records: Records) -> tuple[str, int]:
    note = records.get(Note, IMPORTED)
    if note is None:
        return "", 0
    value = json.loads(note.value)
    return str(value["sha256"]), int(value["number"])


def _remember(records: Records, text: str, number: int) -> None:
    value = json.dumps({"sha256": _sha(text), "number": number})
    for _ in range(TRIES):
        note = records.get(Note, IMPORTED) or Note(IMPORTED, "")
        if note.value == value or records.put([replace(note, value=value)])[0] is not None:
            return


def _text_of(path: Path | None) -> str | None:
    try:
        return read_file(path) if path else None
    except SettingsError:
        return None


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.new")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as exc:
        raise SettingsError(
            str(path),
            f"cannot be written: {exc.strerror or exc}",
            f"the rules are in force; write the file with `summitwatch rules export {path}`",
        ) from exc


def _sha(text: str) -> str:
    return ids.sha256("rules-file", text)
