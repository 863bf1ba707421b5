"""What a rule is, once it is read. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.alerts.channels import Channel
    from ingest.alerts.conditions import Condition

RuleType: TypeAlias = Literal["match", "new", "change", "spike", "flatline", "digest"]
Asks: TypeAlias = Literal["places", "leaders", "article"]

RULE_TYPES: tuple[RuleType, ...] = ("match", "new", "change", "spike", "flatline", "digest")
WINDOW_TYPES: tuple[RuleType, ...] = ("spike", "flatline", "digest")
"""Evaluated when a window of time has closed; the others as articles come."""

BUILT_IN = ("stdout", "file")
REALERT = timedelta(hours=24)
MAX_AGE = timedelta(hours=48)
BASELINE = timedelta(days=14)
FEEDS = "feeds"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        when: None matches every fact.
        key: fields whose values make a group; for `new` what must be the first ever.
        realert: a group's period; `new` and `change` have none.
        exponential_max: a group that goes on has periods twice as long each time, up to this.
        escalate_on: fields whose change is told at once, within the period.
        wait: how long an alert is held back, so that more evidence joins it.
        max_age: articles published earlier before their saving raise no alert.
        same_sentence: leaders must be named in the evidence sentence.
        version: hash of the rule as written.
        asks: what it is asked of first: `places` (acts and place mentions), `leaders`, `article`.
        leaders, places: entities that `when` names, which then alone make the groups.
        anchors: an article must name one of them; None: need not.
        requires_place: the condition itself speaks of places, not only the key.
        window: of `spike` and `flatline`; baseline: the time before it that it is compared with.
        ratio, min_count: a spike is so many times the usual, and at least so much.
        below: a flatline is less than this; of: `feeds`, or the id of the rule that it watches.
        at, every, timezone, top: of a digest: when it ends, how often, and how many sentences.
    """

    id: str
    type: RuleType
    version: str
    when: Condition | None = None
    key: tuple[str, ...] = ()
    realert: timedelta = REALERT
    exponential_max: timedelta | None = None
    escalate_on: tuple[str, ...] = ()
    wait: timedelta = timedelta()
    max_age: timedelta = MAX_AGE
    min_confidence: float = 0.0
    same_sentence: bool = False
    to: tuple[str, ...] = BUILT_IN
    asks: Asks = "article"
    leaders: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    anchors: frozenset[str] | None = None
    requires_place: bool = True
    window: timedelta = timedelta()
    baseline: timedelta = BASELINE
    ratio: float = 3.0
    min_count: int = 5
    below: int = 1
    of: str = FEEDS
    at: time = time(7)
    every: Literal["day", "week"] = "day"
    timezone: str = "UTC"
    top: int = 20

    @property
    def is_windowed(self) -> bool:
        """Whether closed windows drive it, not articles as they come."""
        return self.type in WINDOW_TYPES

    @property
    def watches(self) -> tuple[str, ...]:
        """Fields whose values make a standing, told apart within a group."""
        return ("status",) if self.type == "change" else self.escalate_on

    @property
    def alert_key(self) -> tuple[str, ...]:
        """Names of the values of an alert's key."""
        if self.type == "change":
            return (*self.key, "meeting", "standing")
        if self.type == "flatline" and self.of == FEEDS:
            return ("feed",)
        return (*self.key, "standing") if self.escalate_on else self.key


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules in force and the channels they go to, by name.

    An empty set still evaluates: entries move on, nothing is raised.

    Attributes:
        number: of the revision in the store that this is; 0: none.
    """

    rules: tuple[Rule, ...] = ()
    channels: Mapping[str, Channel] = field(default_factory=dict)
    version: str = ""
    timezone: str = "UTC"
    source: str = ""
    number: int = 0

    def rule(self, rule_id: str) -> Rule | None:
        """Return the rule of that id."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)
