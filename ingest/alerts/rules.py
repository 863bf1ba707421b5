"""Alert rules: read from YAML, checked, their names resolved. docs/alerts.md describes the file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import unquote

from ingest import ids
from ingest.alerts.channels import Channel, read_channel
from ingest.alerts.conditions import (
    AllOf,
    AnyOf,
    Clause,
    Condition,
    NoneOf,
    QueryIs,
    anchors,
    leaves,
    speaks_of_leaders,
    speaks_of_places,
    wanted,
)
from ingest.alerts.yamldoc import Value, read_yaml
from ingest.errors import QueryError, SettingsError
from ingest.query import clauses
from ingest.query.ast import DateRange, FieldIs, LeaderIs, Node
from ingest.query.parse import parse_query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.query.clauses import Names
    from ingest.settings import Settings

RuleType: TypeAlias = Literal["match", "new"]

RULE_TYPES: tuple[RuleType, ...] = ("match", "new")
KEY_FIELDS = (
    "leader", "venue", "place", "country", "proposer", "party", "source", "lang", "role", "status",
    "article",
)  # fmt: skip
CONDITION_FIELDS = (
    "leader", "venue", "place", "country", "role", "status", "proposer", "party", "source", "lang",
    "text", "same_sentence", "min_confidence",
)  # fmt: skip
RULE_FIELDS = (
    "id", "type", "when", "query", "group_by", "key", "realert", "max_age", "min_confidence",
    "same_sentence", "to",
)  # fmt: skip
DEFAULT_KEYS: Mapping[str, tuple[str, ...]] = {
    "places": ("venue", "role"),
    "leaders": ("leader",),
    "article": ("article",),
}
"""Groups of a `match` rule without group_by: one alert of a day must not swallow another place's,
leader's or, where a rule asks for words alone, article's."""

BUILT_IN = ("stdout", "file")
REALERT = timedelta(hours=24)
MAX_AGE = timedelta(hours=48)
MAX_RULES = 1000

_SQLITE = "sqlite:///"
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_PLACE_KEYS = frozenset({"venue", "place", "country", "role", "status", "proposer", "party"})
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # no date of a query reaches a rule


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        when: None matches every fact (`new` only).
        key: fields whose values make a group; for `new` the pair that must be the first ever.
        realert: a group's period for `match`; `new` has none.
        max_age: articles published earlier before their saving raise no alert.
        same_sentence: leaders must be named in the evidence sentence.
        version: hash of the rule as written.
        asks: what it is asked of first: `places` (acts and place mentions), `leaders`, `article`.
        leaders, places: entities that `when` names, which then alone make the groups.
        anchors: an article must name one of them; None: need not.
        requires_place: the condition itself speaks of places, not only the key.
    """

    id: str
    type: RuleType
    version: str
    when: Condition | None = None
    key: tuple[str, ...] = ()
    realert: timedelta = REALERT
    max_age: timedelta = MAX_AGE
    min_confidence: float = 0.0
    same_sentence: bool = False
    to: tuple[str, ...] = BUILT_IN
    asks: Literal["places", "leaders", "article"] = "article"
    leaders: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    anchors: frozenset[str] | None = None
    requires_place: bool = True


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules in force and the channels they go to, by name.

    An empty set still evaluates: entries move on, nothing is raised.
    """

    rules: tuple[Rule, ...] = ()
    channels: Mapping[str, Channel] = field(default_factory=dict)
    version: str = ""
    timezone: str = "UTC"
    source: str = ""

    def rule(self, rule_id: str) -> Rule | None:
        """Return the rule of that id."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


def rules_file(settings: Settings) -> Path | None:
    """Return the file of rules in use: settings.alerts.rules, else rules.yaml beside the store."""
    if settings.alerts.rules is not None:
        return settings.alerts.rules
    if not settings.store.startswith(_SQLITE):
        return None
    beside = new_rules_file(settings)
    return beside if beside.is_file() else None


def new_rules_file(settings: Settings) -> Path:
    """Return where the first rule of a store goes: rules.yaml beside it.

    Raises:
        SettingsError: the store is no file.
    """
    if not settings.store.startswith(_SQLITE):
        raise SettingsError("alerts.rules", "is not set", "set it to a file such as rules.yaml")
    return Path(unquote(settings.store.removeprefix(_SQLITE))).parent / "rules.yaml"


def load_rules(settings: Settings) -> RuleSet:
    """Read the rules in force; none where there is no file.

    Raises:
        SettingsError: the file cannot be read, or is wrong: file, line, field and the way out.
    """
    path = rules_file(settings)
    return parse_text("", "", settings) if path is None else read_rules(path, settings)


def read_rules(path: Path, settings: Settings) -> RuleSet:
    """Read the rules of a file, be it in force or not (`alerts test --rules`)."""
    return parse_text(read_file(path), str(path), settings)


def parse_text(text: str, source: str, settings: Settings) -> RuleSet:
    """Read rules from YAML, with the defaults that the settings give."""
    return parse_rules(
        text,
        source,
        max_age=timedelta(hours=settings.alerts.max_age_h),
        alerts_file=settings.alerts.file,
        timezone=settings.timezone,
    )


MAX_FILE_BYTES = 2**20  # some thousand rules; /dev/zero has no end


def read_file(path: Path) -> str:
    """Return the text of a file of rules; raises SettingsError."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise SettingsError(
                str(path), f"is longer than {MAX_FILE_BYTES} bytes", "name a file of rules"
            )
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise SettingsError(str(path), "is not UTF-8", "save it as UTF-8") from exc
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
        raise SettingsError(str(path), f"cannot be read: {reason}", "name another file") from exc


def parse_rules(
    text: str,
    source: str,
    *,
    names: Names | None = None,
    max_age: timedelta = MAX_AGE,
    alerts_file: Path = Path("alerts.jsonl"),
    timezone: str = "UTC",
) -> RuleSet:
    """Read rules from YAML.

    Args:
        source: the file's name, for errors.
        names: resolves names of leaders and places; the gazetteer by default.
        max_age: of rules that say nothing of it.
        alerts_file: where the `file` channel writes unless it says so itself.
        timezone: of the days in the alerts' lines.

    Raises:
        SettingsError: with file, line, field and the way out.
    """
    document = read_yaml(text, source)
    channels = {
        name: Channel(name=name, type=name, path=alerts_file if name == "file" else None)
        for name in BUILT_IN
    }
    rules: tuple[Rule, ...] = ()
    if document.content is not None:
        fields = document.fields(("version", "channels", "rules"))
        if "version" not in fields:
            document.fail("has no version", "begin the file with `version: 1`")
        fields["version"].one_of(("1",))
        if "channels" in fields and fields["channels"].content is not None:
            channels |= _channels(fields["channels"], alerts_file)
        if "rules" in fields and fields["rules"].content is not None:
            reader = _RuleReader(tuple(channels), max_age, names)
            rules = reader.rules(fields["rules"])
    return RuleSet(rules, channels, ids.sha256("rules", text)[:12], timezone, source)


def _channels(value: Value, alerts_file: Path) -> dict[str, Channel]:
    if not isinstance(value.content, dict):
        value.fail("must be a mapping of names to channels", "write `desk: {type: file}`")
    found = {}
    for name, options in value.content.items():
        if not _ID.fullmatch(name):
            options.fail(f"{name[:80]!r} is no channel name", "a-z, 0-9, - and _")
        found[name] = read_channel(name, options, alerts_file)
    return found


class _RuleReader:
    """Turns the values of `rules:` into rules."""

    def __init__(self, channels: tuple[str, ...], max_age: timedelta, names: Names | None) -> None:
        self._channels, self._max_age, self._names = channels, max_age, names

    def rules(self, value: Value) -> tuple[Rule, ...]:
        items = value.items()
        if len(items) > MAX_RULES:
            value.fail(f"{len(items):,} rules are too many", f"at most {MAX_RULES:,}")
        found: dict[str, Rule] = {}
        for item in items:
            rule = self._rule(item)
            if rule.id in found:
                item.fail(f"the id {rule.id!r} stands twice", "give each rule an id of its own")
            found[rule.id] = rule
        return tuple(found.values())

    def _rule(self, value: Value) -> Rule:
        fields = value.fields(RULE_FIELDS)
        for needed in ("id", "type"):
            if needed not in fields:
                value.fail(f"has no {needed}")
        rule_id = fields["id"].text()
        if not _ID.fullmatch(rule_id):
            fields["id"].fail(f"{rule_id[:80]!r} is no id", "a-z, 0-9, - and _, at most 80")
        kind: RuleType = "new" if fields["type"].one_of(RULE_TYPES) == "new" else "match"
        condition, same_sentence = self._condition(value, fields, kind)
        if "same_sentence" in fields:
            same_sentence = same_sentence or fields["same_sentence"].truth()
        key = self._key(value, fields, kind, condition)
        if "realert" in fields and kind == "new":
            fields["realert"].fail("a `new` rule has no realert", "each pair is new once")
        leaders, places = wanted(condition) if condition else (frozenset(), frozenset())
        return Rule(
            id=rule_id,
            type=kind,
            version=ids.sha256("rule", _canonical(value))[:12],
            when=condition,
            key=key,
            realert=_realert(fields["realert"]) if "realert" in fields else REALERT,
            max_age=fields["max_age"].duration() if "max_age" in fields else self._max_age,
            min_confidence=fields["min_confidence"].ratio() if "min_confidence" in fields else 0.0,
            same_sentence=same_sentence,
            to=self._to(fields),
            asks=_asks(condition, key),
            leaders=leaders,
            places=places,
            anchors=anchors(condition) if condition else None,
            requires_place=condition is None or speaks_of_places(condition),
        )

    def _key(
        self, value: Value, fields: dict[str, Value], kind: RuleType, condition: Condition | None
    ) -> tuple[str, ...]:
        named = [name for name in ("group_by", "key") if name in fields]
        if len(named) == 2:
            fields["key"].fail("stands beside group_by, which means the same", "keep one of them")
        if not named:
            if kind == "new":
                value.fail("a `new` rule needs a key", "write key: [leader, venue]")
            return DEFAULT_KEYS[_asks(condition, ())]
        if kind == "match" and fields[named[0]].content == ():
            return ()
        key = tuple(item.one_of(KEY_FIELDS) for item in fields[named[0]].many())
        if len(set(key)) != len(key):
            fields[named[0]].fail("names a field twice")
        return key

    def _to(self, fields: dict[str, Value]) -> tuple[str, ...]:
        if "to" not in fields:
            return BUILT_IN
        return tuple(dict.fromkeys(item.one_of(self._channels) for item in fields["to"].many()))

    def _condition(
        self, value: Value, fields: dict[str, Value], kind: RuleType
    ) -> tuple[Condition | None, bool]:
        if "when" in fields and "query" in fields:
            fields["query"].fail("stands beside `when`", "keep one of them")
        if "query" in fields:
            return QueryIs(self._query(fields["query"])), False
        if "when" in fields:
            return self._group(fields["when"])
        if kind == "match":
            value.fail("says neither `when` nor `query`", "say what the rule waits for")
        return None, False

    def _group(self, value: Value) -> tuple[Condition, bool]:
        """Read `{all: […], any: […], none: […]}`, or one mapping of conditions."""
        if not isinstance(value.content, dict):
            value.fail("must be a mapping", "write all:, any: or none: with a list under it")
        joins: dict[str, type[AllOf | AnyOf | NoneOf]] = {
            "all": AllOf,
            "any": AnyOf,
            "none": NoneOf,
        }
        if not value.content.keys() & joins.keys():
            return self._clause(value)
        parts: list[Condition] = []
        same = False
        for name, members in value.fields(joins).items():
            read = [self._group(member) for member in members.many()]
            parts.append(joins[name](tuple(condition for condition, _ in read)))
            same = same or any(flag for _, flag in read)
        return (parts[0] if len(parts) == 1 else AllOf(tuple(parts))), same

    def _clause(self, value: Value) -> tuple[Clause, bool]:
        fields = value.fields(CONDITION_FIELDS)
        if not fields.keys() - {"same_sentence", "min_confidence"}:
            value.fail("asks for nothing", f"one of {', '.join(CONDITION_FIELDS)}")

        def values(name: str) -> frozenset[str] | None:
            return self._values(name, fields[name]) if name in fields else None

        clause = Clause(
            leaders=values("leader"),
            venues=values("venue"),
            places=values("place"),
            countries=values("country"),
            roles=values("role"),
            statuses=values("status"),
            proposers=values("proposer"),
            parties=values("party") or frozenset(),
            sources=values("source"),
            langs=values("lang"),
            text=self._query(fields["text"]) if "text" in fields else None,
            min_confidence=fields["min_confidence"].ratio() if "min_confidence" in fields else 0.0,
        )
        return clause, "same_sentence" in fields and fields["same_sentence"].truth()

    def _values(self, name: str, value: Value) -> frozenset[str]:
        found: set[str] = set()
        for item in value.many():
            resolver = clauses.Resolver(self._gazetteer())
            try:
                clause = resolver.clause(name, [clauses.Value(item.text(), 0)])
            except QueryError as exc:
                item.fail(f"{exc.thing} {exc.reason}", exc.way_out)
            if isinstance(clause, LeaderIs):
                found.update(clause.entities)
            elif isinstance(clause, FieldIs | clauses.Clause):
                found.update(clause.values)
        return frozenset(found)

    def _query(self, value: Value) -> Node:
        try:
            node = parse_query(value.text(), names=self._gazetteer(), now=_EPOCH).node
        except QueryError as exc:
            value.fail(f"{exc.thing} {exc.reason} (at {exc.position})", exc.way_out)
        if any(isinstance(leaf, DateRange) for leaf in leaves(node)):
            value.fail("a rule's query has no dates", "use max_age; a rule sees what is new")
        return node

    def _gazetteer(self) -> Names:
        if self._names is None:
            from ingest.tag.gazetteer import Gazetteer  # noqa: PLC0415  large; many files need none

            self._names = Gazetteer.load()
        return self._names


def _realert(value: Value) -> timedelta:
    if isinstance(value.content, dict):
        fields = value.fields(("every",))
        if "every" not in fields:
            value.fail("has no `every`", "write realert: 24h")
        return fields["every"].duration()
    return value.duration()


def _asks(
    condition: Condition | None, key: tuple[str, ...]
) -> Literal["places", "leaders", "article"]:
    if _PLACE_KEYS & set(key) or (condition and speaks_of_places(condition)):
        return "places"
    if "leader" in key or (condition and speaks_of_leaders(condition)):
        return "leaders"
    return "article"


def _canonical(value: Value) -> str:
    """Return the value as one text, whatever its layout in the file."""
    content = value.content
    if isinstance(content, dict):
        inner = ",".join(f"{key!r}:{_canonical(content[key])}" for key in sorted(content))
        return f"{{{inner}}}"
    if isinstance(content, tuple):
        return f"[{','.join(map(_canonical, content))}]"
    return repr(content)
