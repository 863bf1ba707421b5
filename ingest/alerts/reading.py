"""Turn the values under `rules:` into rules. Every mistake names file, line, field, the way out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingest import ids
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
from ingest.alerts.ruleset import (
    BASELINE,
    BUILT_IN,
    FEEDS,
    REALERT,
    RULE_TYPES,
    Asks,
    Rule,
    RuleType,
)
from ingest.errors import QueryError
from ingest.model import VENUE_ROLES
from ingest.query import clauses
from ingest.query.ast import DateRange, FieldIs, LeaderIs, Node
from ingest.query.parse import parse_query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.alerts.yamldoc import Value
    from ingest.query.clauses import Names

KEY_FIELDS = (
    "leader", "venue", "place", "country", "proposer", "party", "source", "lang", "role", "status",
    "article",
)  # fmt: skip
CONDITION_FIELDS = (
    "leader", "venue", "place", "country", "role", "status", "proposer", "party", "source", "lang",
    "text", "same_sentence", "min_confidence",
)  # fmt: skip
_EVERY = ("id", "type", "to", "when", "query", "min_confidence", "same_sentence", "max_age")
FIELDS_OF: Mapping[str, tuple[str, ...]] = {
    "match": (*_EVERY, "group_by", "key", "realert", "wait"),
    "new": (*_EVERY, "group_by", "key", "wait"),
    "change": (*_EVERY, "group_by", "key", "wait"),
    "spike": (
        *_EVERY, "group_by", "key", "realert", "window", "baseline", "ratio", "min_count", "count",
    ),
    "flatline": (*_EVERY, "realert", "window", "baseline", "below", "of"),
    "digest": (*_EVERY, "every", "at", "tz", "top"),
}  # fmt: skip
"""What a rule of each type may say."""
RULE_FIELDS = tuple(dict.fromkeys(name for fields in FIELDS_OF.values() for name in fields))
DEFAULT_KEYS: Mapping[str, tuple[str, ...]] = {
    "places": ("venue", "role"),
    "leaders": ("leader",),
    "article": ("article",),
}
"""Groups of a `match` rule without group_by: one alert of a day must not swallow another place's,
leader's or, where a rule asks for words alone, article's."""
CHANGE_KEY = ("venue", "proposer")
SPIKE_KEY = ("venue",)
SPIKE_WINDOW = timedelta(hours=6)
FLATLINE_WINDOW = timedelta(hours=12)
LEAST_WINDOW = timedelta(minutes=15)
MAX_RULES = 1000
MAX_TOP = 100
MAX_WINDOWS = 2000  # of one baseline: each is a record

RULE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_PLACE_KEYS = frozenset({"venue", "place", "country", "role", "status", "proposer", "party"})
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # no date of a query reaches a rule
_VENUE_FACTS = Clause(roles=frozenset(VENUE_ROLES))


class RuleReader:
    """Reads rules that may go to `channels`; `timezone` is that of digests that name none."""

    def __init__(
        self,
        channels: Sequence[str],
        max_age: timedelta,
        names: Names | None = None,
        timezone: str = "UTC",
    ) -> None:
        self._channels, self._max_age, self._names = channels, max_age, names
        self._timezone = timezone

    def rules(self, value: Value) -> tuple[Rule, ...]:
        """Return the rules of a list; raises SettingsError."""
        items = value.items()
        if len(items) > MAX_RULES:
            value.fail(f"{len(items):,} rules are too many", f"at most {MAX_RULES:,}")
        found: dict[str, Rule] = {}
        for item in items:
            rule = self._rule(item)
            if rule.id in found:
                item.fail(f"the id {rule.id!r} stands twice", "give each rule an id of its own")
            found[rule.id] = rule
        for item, rule in zip(items, found.values(), strict=True):
            watched = found.get(rule.of)
            if rule.type == "flatline" and rule.of not in (FEEDS, rule.id):
                at = item.fields(RULE_FIELDS)["of"]
                if watched is None:
                    at.fail(
                        f"{rule.of[:80]!r} is no rule of this file", f"`{FEEDS}`, or a rule's id"
                    )
                elif watched.is_windowed:
                    at.fail(f"{rule.of!r} is a {watched.type} rule", "watch one that articles meet")
        return tuple(found.values())

    def _rule(self, value: Value) -> Rule:
        fields = value.fields(RULE_FIELDS)
        for needed in ("id", "type"):
            if needed not in fields:
                value.fail(f"has no {needed}")
        rule_id = fields["id"].text()
        if not RULE_ID.fullmatch(rule_id):
            fields["id"].fail(f"{rule_id[:80]!r} is no id", "a-z, 0-9, - and _, at most 80")
        named = fields["type"].one_of(RULE_TYPES)
        kind = next(known for known in RULE_TYPES if known == named)
        for name, field in fields.items():
            if name not in FIELDS_OF[kind]:
                field.fail(
                    f"a `{kind}` rule has no {name}", f"fields: {', '.join(FIELDS_OF[kind])}"
                )
        condition, same_sentence = self._condition(value, fields, kind)
        if "same_sentence" in fields:
            same_sentence = same_sentence or fields["same_sentence"].truth()
        key = self._key(value, fields, kind, condition)
        leaders, places = wanted(condition) if condition else (frozenset(), frozenset())
        return Rule(
            id=rule_id,
            type=kind,
            version=ids.sha256("rule", _canonical(value))[:12],
            when=condition,
            key=key,
            max_age=fields["max_age"].duration() if "max_age" in fields else self._max_age,
            min_confidence=fields["min_confidence"].ratio() if "min_confidence" in fields else 0.0,
            same_sentence=same_sentence,
            to=self._to(fields),
            asks="places" if kind == "change" else _asks(condition, key),
            leaders=leaders,
            places=places,
            anchors=anchors(condition) if condition else None,
            requires_place=condition is None or speaks_of_places(condition),
            **self._times(fields, kind, key, rule_id),
        )

    def _times(
        self, fields: dict[str, Value], kind: RuleType, key: tuple[str, ...], rule_id: str
    ) -> dict[str, Any]:
        """Return periods and windows, and what is counted in them: attributes of Rule by name."""
        found: dict[str, Any] = {}
        if kind in ("spike", "flatline"):
            usual = SPIKE_WINDOW if kind == "spike" else FLATLINE_WINDOW
            window = fields["window"].duration(LEAST_WINDOW) if "window" in fields else usual
            baseline = fields["baseline"].duration() if "baseline" in fields else BASELINE
            if "baseline" in fields and not 3 * window <= baseline <= MAX_WINDOWS * window:
                fields["baseline"].fail(
                    "does not fit the window",
                    f"3 to {MAX_WINDOWS:,} windows, {BASELINE.days}d for one",
                )
            found = {
                "window": window,
                "baseline": min(max(baseline, 3 * window), MAX_WINDOWS * window),
                "realert": window if kind == "spike" else max(REALERT, window),
            }
        if "realert" in fields:
            found |= _realert(fields["realert"], kind, key)
        if "wait" in fields:
            found["wait"] = fields["wait"].duration()
        if "ratio" in fields:
            found["ratio"] = fields["ratio"].number(1, 1000)
        for name, least, most in (
            ("min_count", 1, 10**6),
            ("below", 1, 10**6),
            ("top", 1, MAX_TOP),
        ):
            if name in fields:
                found[name] = fields[name].whole(least, most)
        if "count" in fields:
            fields["count"].one_of(("stories", "sentences"))
        if kind == "flatline" and ("when" in fields or "query" in fields):
            found["of"] = rule_id
        if "of" in fields:
            if "when" in fields or "query" in fields:
                fields["of"].fail("stands beside the rule's own condition", "keep one of them")
            found["of"] = fields["of"].text()
        if kind == "digest":
            found |= {"timezone": self._timezone, **_calendar(fields)}
        return found

    def _key(
        self, value: Value, fields: dict[str, Value], kind: RuleType, condition: Condition | None
    ) -> tuple[str, ...]:
        named = [name for name in ("group_by", "key") if name in fields]
        if len(named) == 2:
            fields["key"].fail("stands beside group_by, which means the same", "keep one of them")
        if not named:
            match kind:
                case "new":
                    value.fail("a `new` rule needs a key", "write key: [leader, venue]")
                case "change":
                    return CHANGE_KEY
                case "spike":
                    return SPIKE_KEY
                case "match":
                    return DEFAULT_KEYS[_asks(condition, ())]
                case _:
                    return ()
        if kind in ("match", "spike") and fields[named[0]].content == ():
            return ()
        key = tuple(item.one_of(KEY_FIELDS) for item in fields[named[0]].many())
        if len(set(key)) != len(key):
            fields[named[0]].fail("names a field twice")
        if kind == "change" and ("venue" not in key or {"status", "role", "party"} & set(key)):
            fields[named[0]].fail(
                "does not fit a `change` rule",
                "it names the venue; meeting and standing are told apart by themselves",
            )
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
        return (_VENUE_FACTS if kind in ("spike", "digest") else None), False

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


def _realert(value: Value, kind: RuleType, key: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value.content, dict):
        return {"realert": value.duration()}
    names = ("every", "exponential_max", "escalate_on") if kind == "match" else ("every",)
    fields = value.fields(names)
    if "every" not in fields:
        value.fail("has no `every`", "write realert: 24h")
    every = fields["every"].duration()
    found: dict[str, Any] = {"realert": every}
    if "exponential_max" in fields:
        found["exponential_max"] = longest = fields["exponential_max"].duration()
        if longest < every:
            fields["exponential_max"].fail("is shorter than `every`")
    if "escalate_on" in fields:
        known = ("status", "role", "proposer", "party")
        found["escalate_on"] = tuple(
            dict.fromkeys(item.one_of(known) for item in fields["escalate_on"].many())
        )
        twice = sorted(set(found["escalate_on"]) & set(key))
        if twice:
            fields["escalate_on"].fail(
                f"{twice[0]} makes a group of its own already", "see group_by"
            )
    return found


def _calendar(fields: dict[str, Value]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "every" in fields:
        found["every"] = fields["every"].one_of(("day", "week"))
    if "at" in fields:
        text = fields["at"].text()
        clock = _CLOCK.fullmatch(text)
        if not clock:
            fields["at"].fail(f"{text[:80]!r} is no time of day", 'write "07:00"')
        found["at"] = time(int(clock[1]), int(clock[2]))
    if "tz" in fields:
        text = fields["tz"].text()
        try:
            ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            fields["tz"].fail(f"{text[:80]!r} is no time zone", "write one such as Europe/Minsk")
        found["timezone"] = text
    return found


def _asks(condition: Condition | None, key: tuple[str, ...]) -> Asks:
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
