"""The desk's own people and places beside the compiled gazetteer: read from and written as YAML.

    entities:
      - id: leader:doe-jane          # left out: made of the name
        kind: leader                 # leader, country, city, site, region, seat
        name: Jane Doe
        country: US
        names: {en: [Jane Doe], ru: [Джейн Доу]}
        short: {en: [Doe]}           # names that may stand alone
        offices: [{country: US, office: envoy, start: 2026-01-20}]
    redirects: {"leader:?jane-doe": leader:doe-jane}

An entity with the id of a compiled one adds to it: names are added, `drop` takes forms away, other
fields that are given replace.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from ingest.errors import SettingsError
from ingest.tag.gazetteer import Office

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_CHARS = 8 * 2**20
MAX_NAME = 120
KINDS = ("leader", "country", "city", "site", "region", "seat")
LANGS = ("en", "ru", "uk", "be", "pl", "de", "fr", "es", "tr")
_ID = re.compile(r"(?:leader:\??|place:)[\w'-]{1,120}")
_QID = re.compile(r"Q[1-9]\d{0,11}")
_COUNTRY = re.compile(r"[A-Z]{2}|NATO")
_OFFICE = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_FIELDS = frozenset(
    {"id", "kind", "name", "country", "qid", "names", "short", "drop", "offices", "lat", "lon"}
)


@dataclass(frozen=True, slots=True)
class Own:
    """One entity of the overlay; fields that it leaves open are empty or None.

    Attributes:
        names, short: language ("" for no one language) -> names; `short` may stand alone.
        drop: names of a compiled entity that are no longer read as it.
        offices: None: as the compiled entity has them.
    """

    id: str
    kind: str = ""
    name: str = ""
    country: str = ""
    qid: str | None = None
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    short: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    offices: tuple[Office, ...] | None = None
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class Overlay:
    """Entities by id, and former id -> id now."""

    entities: Mapping[str, Own] = field(default_factory=dict)
    redirects: Mapping[str, str] = field(default_factory=dict)

    def with_entity(self, own: Own) -> Overlay:
        """Return the overlay with this entity added or replaced."""
        return replace(self, entities={**self.entities, own.id: own})

    def with_redirect(self, former: str, now: str) -> Overlay:
        """Return the overlay in which `former` has become `now`; chains are cut short."""
        moved = {old: now if new == former else new for old, new in self.redirects.items()}
        return replace(self, redirects={**moved, former: now})


EMPTY = Overlay()


def parse_overlay(text: str, source: str = "overlay") -> Overlay:
    """Read an overlay.

    Raises:
        SettingsError: names file, line and entity.
    """
    if len(text) > MAX_CHARS:
        raise SettingsError(source, f"is longer than {MAX_CHARS:,} characters", "split it")
    return _Reader(source).overlay(_composed(text, source))


def dump_overlay(overlay: Overlay) -> str:
    """Write an overlay as `parse_overlay` reads it; entities by id."""
    document: dict[str, Any] = {}
    if overlay.entities:
        document["entities"] = [_plain(overlay.entities[key]) for key in sorted(overlay.entities)]
    if overlay.redirects:
        document["redirects"] = dict(sorted(overlay.redirects.items()))
    if not document:
        return ""
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)


def _plain(own: Own) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": own.id}
    for key in ("kind", "name", "country", "qid"):
        if value := getattr(own, key):
            shown[key] = value
    for key in ("names", "short"):
        if table := getattr(own, key):
            shown[key] = {lang: list(found) for lang, found in sorted(table.items())}
    if own.drop:
        shown["drop"] = list(own.drop)
    if own.offices is not None:
        shown["offices"] = [
            {k: v for k, v in zip(("country", "office", "start", "end"), _office(o), strict=True) if v}
            for o in own.offices
        ]  # fmt: skip
    if own.lat is not None and own.lon is not None:
        shown |= {"lat": own.lat, "lon": own.lon}
    return shown


def _office(office: Office) -> tuple[str, str, str, str]:
    return office.country, office.office, office.start, office.end


def _composed(text: str, source: str) -> yaml.Node | None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text.encode()
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent):
                _refuse(
                    source,
                    event.start_mark.line if event.start_mark else 0,
                    "",
                    "anchors and aliases are not read",
                )
        return yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line if exc.problem_mark else 0
        _refuse(source, line, "", f"is no YAML: {exc.problem}")
    except (yaml.YAMLError, UnicodeError, RecursionError) as exc:
        raise SettingsError(source, f"is no YAML: {exc}"[:300], "mend the file") from exc


def _refuse(source: str, line: int, entity: str, reason: str, way_out: str = "") -> NoReturn:
    where = f"{source}:{line + 1}"
    raise SettingsError(f"{where}: {entity}" if entity else where, reason, way_out)


class _Reader:
    """Reads nodes; remembers the entity for what it says of them."""

    def __init__(self, source: str) -> None:
        self._source, self._entity = source, ""

    def overlay(self, root: yaml.Node | None) -> Overlay:
        if root is None:
            return EMPTY
        parts = self._map(root, {"entities", "redirects"})
        entities: dict[str, Own] = {}
        for node in self._list(parts.get("entities")):
            own = self._own(node)
            if own.id in entities:
                self._fail(node, "stands twice")
            entities[own.id] = own
        self._entity = ""
        redirects: dict[str, str] = {}
        if (table := parts.get("redirects")) is not None:
            for former, node in self._map(table, None).items():
                redirects[self._id(former, node)] = self._id(self._text(node), node)
            for former, now in redirects.items():
                if now in redirects:
                    self._fail(table, f"{former} leads to {now}, which is redirected itself")
                if former.split(":")[0] != now.split(":")[0]:
                    self._fail(table, f"{former} cannot become {now}: a leader is no place")
        return Overlay(entities, redirects)

    def _own(self, node: yaml.Node) -> Own:
        self._entity = ""
        cells = self._map(node, None)
        named = cells.get("id") or cells.get("name")
        self._entity = self._text(named)[:80] if isinstance(named, yaml.ScalarNode) else ""
        for key, value in cells.items():
            if key not in _FIELDS:
                self._fail(value, f"unknown field {key[:40]!r}", f"known: {', '.join(sorted(_FIELDS))}")  # fmt: skip
        texts: dict[str, str] = {
            key: self._text(cells[key])
            for key in ("id", "kind", "name", "country", "qid")
            if key in cells
        }
        self._check(cells, texts)
        offices = None
        if "offices" in cells:
            offices = tuple(self._office(one) for one in self._list(cells["offices"]))
        kind = texts.get("kind", "")
        own = Own(
            id=texts.get("id", ""),
            kind=kind,
            name=texts.get("name", ""),
            country=texts.get("country", ""),
            qid=texts.get("qid"),
            names=self._names(cells.get("names")),
            short=self._names(cells.get("short")),
            drop=tuple(self._name(one) for one in self._list(cells.get("drop"))),
            offices=offices,
            lat=self._degrees(cells.get("lat"), 90),
            lon=self._degrees(cells.get("lon"), 180),
        )
        if not own.id:
            if not own.name or not kind:
                self._fail(node, "has no id", "write an id, or kind and name")
            own = replace(own, id=entity_id(kind, own.name, own.country))
        if kind and (kind == "leader") != own.id.startswith("leader:"):
            self._fail(node, f"kind {kind} does not fit the id {own.id}")
        return own

    def _check(self, cells: Mapping[str, yaml.Node], texts: Mapping[str, str]) -> None:
        for key, pattern, what in (
            ("id", _ID, "write leader:surname-given or place:name-cc"),
            ("qid", _QID, "write Q and digits"),
            ("country", _COUNTRY, "an ISO 3166 code, EU, UN or NATO"),
        ):
            if key in texts and not pattern.fullmatch(texts[key]):
                self._fail(cells[key], f"{key} {texts[key][:80]!r} is none", what)
        if texts.get("kind", "leader") not in KINDS:
            self._fail(cells["kind"], f"kind {texts['kind'][:40]!r} is none", ", ".join(KINDS))
        if len(texts.get("name", "")) > MAX_NAME:
            self._fail(cells["name"], f"name is longer than {MAX_NAME} characters")

    def _names(self, node: yaml.Node | None) -> dict[str, tuple[str, ...]]:
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            return {"": tuple(self._name(one) for one in self._list(node))}
        found = {}
        for lang, value in self._map(node, None).items():
            if lang and lang not in LANGS:
                self._fail(value, f"language {lang[:20]!r} is none", f'"" or {", ".join(LANGS)}')
            found[lang] = tuple(self._name(one) for one in self._list(value))
        return found

    def _name(self, node: yaml.Node) -> str:
        name = " ".join(self._text(node).split())
        if not 2 <= len(name) <= MAX_NAME:
            self._fail(node, f"{name[:40]!r} is no name", f"2 to {MAX_NAME} characters")
        return name

    def _office(self, node: yaml.Node) -> Office:
        cells = self._map(node, {"country", "office", "start", "end"})
        values = {key: self._text(value) for key, value in cells.items()}
        for key, pattern in (("country", _COUNTRY), ("office", _OFFICE)):
            if not pattern.fullmatch(values.get(key, "")):
                self._fail(node, f"an office needs its {key}", "office: pres, pm, fm, envoy, …")
        for key in ("start", "end"):
            if key in values:
                self._day(cells[key], values[key])
        return Office(
            values["country"], values["office"], values.get("start", ""), values.get("end", "")
        )

    def _day(self, node: yaml.Node, text: str) -> None:
        try:
            date.fromisoformat(text)
        except ValueError:
            self._fail(node, f"{text[:40]!r} is no day", "write 2026-03-04")

    def _degrees(self, node: yaml.Node | None, most: int) -> float | None:
        if node is None:
            return None
        text = self._text(node)
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not -most <= value <= most:
            self._fail(node, f"{text[:40]!r} is not in -{most}..{most} degrees")
        return value

    def _id(self, text: str, node: yaml.Node) -> str:
        if not _ID.fullmatch(text):
            self._fail(node, f"{text[:80]!r} is no id", "leader:surname-given or place:name-cc")
        return text

    def _map(self, node: yaml.Node, known: set[str] | None) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self._fail(node, "must be a mapping")
        found: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key = self._text(key_node) if isinstance(key_node, yaml.ScalarNode) else ""
            if known is not None and key not in known:
                self._fail(key_node, f"unknown field {key[:40]!r}", f"known: {', '.join(sorted(known))}")  # fmt: skip
            if key in found:
                self._fail(key_node, f"{key[:40]!r} stands twice")
            found[key] = value
        return found

    def _list(self, node: yaml.Node | None) -> list[yaml.Node]:
        if node is None:
            return []
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        if not isinstance(node, yaml.ScalarNode) or not node.value:
            self._fail(node, "must be a list")
        return [node]

    def _text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._fail(node, "must be a text")
        # what names are made of goes by letters, not by letters and marks
        return unicodedata.normalize("NFC", str(node.value)).strip()

    def _fail(self, node: yaml.Node, reason: str, way_out: str = "") -> NoReturn:
        _refuse(self._source, node.start_mark.line, self._entity, reason, way_out)


def entity_id(kind: str, name: str, country: str = "") -> str:
    """Return the id that an entity of this name gets: `leader:doe-jane`, `place:minsk-by`."""
    from ingest.tag.build import leader_id, slug  # noqa: PLC0415  tagging needs no compiler

    name = unicodedata.normalize("NFC", name)
    return leader_id(name) if kind == "leader" else f"place:{slug(name)}-{country.lower() or 'xx'}"
