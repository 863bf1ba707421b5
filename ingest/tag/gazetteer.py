"""The compiled gazetteer: who and what the names stand for.

Compiled from the readable sources in `data/` by `python -m ingest.tag.compile`; loaded whole.
"""

from __future__ import annotations

import difflib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

import msgspec

from ingest.errors import SettingsError
from ingest.tag.fold import fold, folded_name
from ingest.tag.formtable import Forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COMPILED = Path(__file__).parent / "data" / "gazetteer.bin"

# what a form stands for (the low bits of a target)
LEADER, SURNAME, PLACE, ADJECTIVE, TITLE, EPITHET = range(6)
# how a form must be written in the text
ANY_CASE, CAPITAL, ALL_CAPS = range(3)


def pack(ref: int, kind: int, case: int) -> int:
    """One target of a form as a number: the row it refers to, what it is, its case rule."""
    return ref << 5 | kind << 2 | case


def unpack(target: int) -> tuple[int, int, int]:
    """The reverse of `pack`."""
    return target >> 5, target >> 2 & 7, target & 3


class Office(msgspec.Struct, frozen=True, array_like=True):
    """An office held: `office` is pres, pm, king, fm, dm, spox, ...; dates are ISO, "" is open."""

    country: str
    office: str
    start: str
    end: str = ""


class Entity(msgspec.Struct, frozen=True, array_like=True):
    """A person or place of the gazetteer.

    Attributes:
        id: ours (`leader:lukashenko-alexander`, `place:minsk-by`), stable.
        kind: leader, country, city, site, region or seat.
        name: English label as Wikidata writes it.
        country: ISO 3166 code (or EU, UN, NATO, SU, YU), "" where none applies.
        qid: Wikidata id or None.
        names: language code -> names; "" holds those of no one language.
        lat, lon: degrees, or None.
        offices: held by a leader, oldest first.
        geonames: GeoNames id of a city, or None.
        weight: which of two namesakes is likelier (population, or 1 for a curated row).
    """

    id: str
    kind: str
    name: str
    country: str = ""
    qid: str | None = None
    names: dict[str, tuple[str, ...]] = {}
    lat: float | None = None
    lon: float | None = None
    offices: tuple[Office, ...] = ()
    geonames: int | None = None
    weight: int = 1


class Rows(Sequence[Entity]):
    """All entities: most are towns, which few texts name, so each is decoded when it is asked for.

    Args:
        known: those that are no town of GeoNames, the first rows.
        towns: the others, as msgpack.
    """

    def __init__(self, known: Sequence[Entity], towns: Sequence[msgspec.Raw]) -> None:
        self.known = known
        self._rows: list[Entity | msgspec.Raw] = [*known, *towns]

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Entity: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entity]: ...
    def __getitem__(self, index: int | slice) -> Entity | Sequence[Entity]:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        row = self._rows[index]
        if isinstance(row, Entity):
            return row
        made = self._rows[index] = msgspec.msgpack.decode(row, type=Entity)
        return made


class Country(msgspec.Struct, frozen=True, array_like=True):
    """A state: which office "the leader" means, and its capital's entity id."""

    code: str
    leader_office: str
    capital: str


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """A name as it sounds: the row of its entity, the whole, and its last word."""

    row: int
    whole: str
    last: str


class Sounds(msgspec.Struct, frozen=True, array_like=True):
    """Names by sound: the consonants of a name (`ingest.tag.sound.keys`) -> whose."""

    people: dict[str, tuple[Heard, ...]] = {}
    places: dict[str, tuple[Heard, ...]] = {}


class Compiled(msgspec.Struct, frozen=True, array_like=True):
    """The compiled file.

    Attributes:
        forms: folded form -> its packed targets.
        sounds: full names of people, and names of the larger places, by sound.
        redirects: id that an entity had in an earlier release -> the id it has now.
    """

    version: str
    sources: str
    entities: Sequence[Entity]
    countries: tuple[Country, ...]
    titles: tuple[tuple[str, str], ...]
    epithets: tuple[tuple[str, str], ...]
    forms: Forms[tuple[int, ...]]
    sounds: Sounds = Sounds()
    redirects: dict[str, str] = {}


CURATED = 2_000_000  # a curated place weighs at least as much; a city, its inhabitants


def is_uncurated(entity: Entity) -> bool:
    """Whether it is a town of GeoNames that nobody looked at: half the words of a language are one."""
    return entity.geonames is not None and entity.weight < CURATED


def first_names(entities: Iterable[Entity]) -> frozenset[str]:
    """Folded first words of the leaders' names of two words or more."""
    return frozenset(
        fold(spelled.split(" ", 1)[0])
        for entity in entities
        if entity.kind == "leader"
        for names in entity.names.values()
        for spelled in names
        if " " in spelled
    )


@dataclass(frozen=True)
class Gazetteer:
    """Names to entities and back. Build with `Gazetteer.load()`.

    Attributes:
        redirects: id of a merged or promoted entity -> the id it has now.
    """

    compiled: Compiled
    redirects: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path = COMPILED) -> Gazetteer:
        """Read a compiled gazetteer.

        Raises:
            SettingsError: the file is missing or damaged.
        """
        from ingest.tag.packed import unpacked  # noqa: PLC0415  it needs the classes above

        try:
            compiled = unpacked(path.read_bytes())
        except (
            OSError,
            zlib.error,
            msgspec.MsgspecError,
            ValueError,
            IndexError,
            RuntimeError,
        ) as exc:
            raise SettingsError(
                str(path),
                f"the gazetteer cannot be read: {exc}",
                "compile it again: python -m ingest.tag.compile",
            ) from exc
        return cls(compiled, compiled.redirects)

    @property
    def version(self) -> str:
        return self.compiled.version

    @cached_property
    def _by_id(self) -> dict[str, Entity]:
        return {entity.id: entity for entity in self.compiled.entities}

    @cached_property
    def country_by_code(self) -> dict[str, Country]:
        """ISO code -> country."""
        return {country.code: country for country in self.compiled.countries}

    @cached_property
    def state_by_code(self) -> dict[str, Entity]:
        """Code -> the state or organisation as a place, of those that are one."""
        return {e.country: e for e in reversed(self.known) if e.kind == "country"}

    @property
    def known(self) -> Sequence[Entity]:
        """The entities, in their rows, without the towns behind them that nobody curated, where they have not been decoded."""
        entities = self.compiled.entities
        return entities.known if isinstance(entities, Rows) else entities

    def entity(self, entity_id: str) -> Entity | None:
        """The entity with this id (or that it became), or None."""
        return self._by_id.get(self.current(entity_id))

    def current(self, entity_id: str) -> str:
        """The id that an entity has now: a merged or promoted one has moved."""
        return self.redirects.get(entity_id, entity_id)

    def is_former(self, entity_id: str) -> bool:
        """Whether the id is one that an entity had before it was merged or promoted."""
        return entity_id in self.redirects

    def with_former(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        """These ids as they are now, and all that lead to them: articles may still hold those."""
        now = dict.fromkeys(map(self.current, ids))
        return (*now, *(former for former, to in self.redirects.items() if to in now))

    def resolve(self, kind: Literal["leader", "venue", "any"], text: str) -> tuple[str, ...]:
        """Ids of all entities that bear a name, in any language, inflected or not.

        An entity that others were merged into is followed by their former ids.

        Args:
            kind: which to return.
            text: a name, an id of ours, or a QID; case and accents do not matter.

        Returns:
            0..n ids, likeliest first.
        """
        return self.with_former(self._named(kind, " ".join(text.split())))

    def _named(self, kind: Literal["leader", "venue", "any"], wanted: str) -> tuple[str, ...]:
        if wanted in self._by_id or wanted in self.redirects:
            return (wanted,)
        found: dict[str, tuple[int, int]] = {}
        for target in self.compiled.forms.get(folded_name(wanted), ()):
            ref, what, _case = unpack(target)
            if (
                what > PLACE
                or (kind == "leader") > (what != PLACE)
                or (kind == "venue" and what != PLACE)
            ):
                continue
            entity = self.compiled.entities[ref]
            found.setdefault(entity.id, (what, -entity.weight))
        if not found and wanted[:1] in "Qq" and wanted[1:].isdigit():
            return tuple(e.id for e in self.compiled.entities if e.qid == wanted.upper())
        if not found and kind != "venue" and " " in wanted:
            return self._by_family_name(wanted)
        return tuple(sorted(found, key=lambda entity_id: (*found[entity_id], entity_id)))

    def _by_family_name(self, wanted: str) -> tuple[str, ...]:
        """Who bears the last word as a family name and a given name that sounds like one in front."""
        from ingest.tag.given import is_given  # noqa: PLC0415  it needs Entity

        *words, family = wanted.split(" ")
        found = [
            self.compiled.entities[row]
            for row, what, _case in map(unpack, self.compiled.forms.get(folded_name(family), ()))
            if what == SURNAME
        ]
        return tuple(
            entity.id
            for entity in found
            # "ru" reads both alphabets, Latin as English
            if any(is_given(word, entity, "ru", sure=True) for word in words)
        )

    def suggest(
        self, kind: Literal["leader", "venue", "any"], text: str, limit: int = 5
    ) -> tuple[str, ...]:
        """English names of entities whose names look most like `text`, best first."""
        names = {
            form: name
            for (form, is_leader), name in self._suggestible.items()
            if kind == "any" or is_leader == (kind == "leader")
        }
        close = difflib.get_close_matches(fold(text)[:60], names, n=limit * 3, cutoff=0.72)
        return tuple(dict.fromkeys(names[form] for form in close))[:limit]

    @cached_property
    def _suggestible(self) -> dict[tuple[str, bool], str]:
        names: dict[tuple[str, bool], str] = {}
        for entity in self.compiled.entities:
            if entity.kind != "city" or entity.weight == 1 or entity.weight > 300_000:
                for spelled in (entity.name, *(n for ns in entity.names.values() for n in ns)):
                    names.setdefault((fold(spelled), entity.kind == "leader"), entity.name)
                    if entity.kind == "leader" and len(family := spelled.split(" ")[-1]) > 3:
                        names.setdefault((fold(family), True), entity.name)
        return names

    @cached_property
    def given_names(self) -> frozenset[str]:
        """Folded first names of all leaders, those of two words or more, as they are spelled."""
        return first_names(self.known)

    def office_at(self, entity: Entity, day: date | None) -> Office | None:
        """The office that a leader holds on a day, else the latest held before, else the first."""
        if not entity.offices:
            return None
        if day is None:
            return entity.offices[-1]
        stamp = day.isoformat()
        held = [o for o in entity.offices if o.start <= stamp and (not o.end or stamp < o.end)]
        if held:
            return held[-1]
        past = [o for o in entity.offices if o.start <= stamp]
        return past[-1] if past else entity.offices[0]

    @cached_property
    def holders(self) -> dict[tuple[str, str], tuple[tuple[str, str, int], ...]]:
        """(country, office) -> (start, end, entity row), oldest first."""
        table: dict[tuple[str, str], list[tuple[str, str, int]]] = {}
        for row, entity in enumerate(self.known):
            for held in entity.offices:
                table.setdefault((held.country, held.office), []).append(
                    (held.start, held.end, row)
                )
        return {key: tuple(sorted(rows)) for key, rows in table.items()}

    def holder(self, country: str, office: str, day: date | None) -> Entity | None:
        """Who held an office on a day (None: the latest)."""
        rows = self.holders.get((country, office), ())
        if not rows:
            return None
        if day is None:
            return self.compiled.entities[rows[-1][2]]
        stamp = day.isoformat()
        for start, end, row in reversed(rows):
            if start <= stamp and (not end or stamp < end):
                return self.compiled.entities[row]
        return None
