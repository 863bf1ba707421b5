"""Which alert a match belongs to. Pure: the group's record and the match's time decide, no clock.

A group is in a period; whatever falls into it belongs to one alert. `new` has one period without
an end. `change` has none: it tells each standing of a venue once for every meeting.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from ingest import ids
from ingest.board import QUIET
from ingest.model import AlertGroup, Told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ingest.alerts.ruleset import Rule
    from ingest.model import Evidence

DISPUTE = timedelta(hours=24)
"""So long after a change was told, a contrary report joins its alert instead of being one."""
CONTRARY = {"agreed": ("rejected",), "hosted": ("rejected",), "rejected": ("agreed", "hosted")}
BASIS = "proposed"  # where a venue begins: no change
MAX_TOLD = 50  # of one venue and party
TOUCH = timedelta(days=1)  # how exactly the latest report of a meeting is remembered
_TICK = timedelta(microseconds=1)


class Firing(Protocol):
    """What may raise an alert: an article that meets a rule, or a window that does."""

    @property
    def rule(self) -> Rule: ...
    @property
    def key(self) -> tuple[str, ...]: ...
    @property
    def group_id(self) -> str: ...
    @property
    def standing(self) -> str: ...
    @property
    def parties(self) -> tuple[str, ...]: ...
    @property
    def article_id(self) -> str: ...
    @property
    def line(self) -> str: ...

    def shown(self, timezone: str) -> tuple[Evidence, ...]:
        """The evidence as an alert shows it."""
        ...


@dataclass(frozen=True, slots=True)
class Timed:
    """A match, and the time that decides its period."""

    match: Firing
    at: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """The alert that a match belongs to.

    Attributes:
        key: the alert's key.
        start: when its period began.
        opener: the article that opened it; standing: the one it tells.
        is_contrary: the match contradicts what the alert tells.
    """

    key: tuple[str, ...]
    start: datetime
    opener: str
    standing: str = ""
    is_contrary: bool = False

    def alert_id(self, rule_id: str) -> str:
        """Id of the alert."""
        return ids.sha256("alert", rule_id, *self.key, self.start.isoformat())


def place(group: AlertGroup | None, timed: Timed) -> tuple[AlertGroup | None, Slot | None]:
    """Return the group's record with this match in it, and the alert that the match belongs to.

    The record comes back as the same object where nothing had to be noted. No slot: the match is
    no news, or history taught the group what it says.
    """
    if timed.match.rule.type == "change":
        return _place_change(group, timed)
    if group is None or group.closed or _is_over(group, timed):
        group = _opened(group, timed)
    elif timed.match.rule.watches and not _told(group, timed):
        told = Told(timed.match.standing, timed.at, timed.match.article_id)
        group = replace(group, told=(*group.told, told))
    if group.from_history:
        return group, None
    if told_before := _told(group, timed):
        return group, slot_of(group, told_before)
    return group, Slot(group.key, group.period_start, group.article_id)


def slot_of(group: AlertGroup, told: Told) -> Slot:
    """Return the slot of a standing that was told."""
    meeting = ("-".join(told.parties),) if told.last_at else ()
    return Slot((*group.key, *meeting, told.standing), told.start, told.article_id, told.standing)


def slots(times: Iterable[Timed]) -> list[tuple[Slot, list[Timed], list[Timed]]]:
    """Cut the matches of one group into alerts, as if each match had come at its time.

    Returns:
        (slot, the matches that it tells, those that contradict them), in order of their opening.
    """
    found: dict[tuple[tuple[str, ...], datetime], tuple[Slot, list[Timed], list[Timed]]] = {}
    group: AlertGroup | None = None
    for timed in sorted(times, key=lambda t: (t.at, t.match.article_id)):
        group, slot = place(group, timed)
        if slot is not None:
            _, told, contrary = found.setdefault((slot.key, slot.start), (slot, [], []))
            (contrary if slot.is_contrary else told).append(timed)
    return list(found.values())


def length(rule: Rule, group: AlertGroup) -> timedelta:
    """How long the group's period lasts: twice as long each time that it went on, up to a most."""
    if rule.exponential_max is None:
        return rule.realert
    doubled: timedelta = rule.realert * 2 ** min(group.streak, 16)
    return min(doubled, rule.exponential_max)


def _is_over(group: AlertGroup, timed: Timed) -> bool:
    """Whether the match lies past the period. One that is older belongs to it: it was told."""
    rule = timed.match.rule
    return rule.type != "new" and timed.at >= group.period_start + length(rule, group)


def _opened(group: AlertGroup | None, timed: Timed) -> AlertGroup:
    match, at = timed.match, timed.at
    if group is None:
        group = AlertGroup(match.group_id, match.rule.id, match.key, at)
        streak = 0
    else:
        # After a withdrawal a match may be as old as the period that it follows.
        at = max(at, group.period_start + _TICK)
        goes_on = at < group.period_start + 2 * length(match.rule, group) and not group.closed
        streak = group.streak + 1 if match.rule.exponential_max and goes_on else 0
        group = replace(group, step=group.step + 1)
    told = (Told(match.standing, at, match.article_id),) if match.rule.watches else ()
    told = (*group.told, *told)[-MAX_TOLD:]
    return replace(
        group,
        period_start=at,
        article_id=match.article_id,
        streak=streak,
        told=told,
        closed=False,
        from_history=False,
    )


def told_now(group: AlertGroup) -> tuple[Told, ...]:
    """Return the standings told in the group's period; those of earlier ones are kept too."""
    return tuple(told for told in group.told if told.start >= group.period_start)


def _told(group: AlertGroup, timed: Timed) -> Told | None:
    """The alert that told the match's standing: of this period, or of the one it came in."""
    same = [told for told in group.told if told.standing == timed.match.standing]
    now = next((told for told in same if told.start >= group.period_start), None)
    if timed.at >= group.period_start:
        return now
    before = [told for told in same if told.start <= timed.at]
    return max(before, key=lambda told: told.start, default=now)


# --- change ------------------------------------------------------------------------------------


def _place_change(group: AlertGroup | None, timed: Timed) -> tuple[AlertGroup | None, Slot | None]:
    match, at = timed.match, timed.at
    same = [told for told in group.told if _is_same(told, match.parties, at)] if group else []
    if group is not None:
        group, same = _touched(group, same, at)
        known = next((told for told in same if told.standing == match.standing), None)
        if known is not None:
            return group, slot_of(group, known) if known.article_id else None
        contrary = [told for told in reversed(same) if _denies(match.standing, told, at)]
        # A report that is read again contradicts what was told before it, not what came after.
        earlier = [told for told in contrary if told.start <= at]
        if contrary:
            return group, replace(slot_of(group, (earlier or contrary)[0]), is_contrary=True)
    if match.standing == BASIS:
        return group, None
    told = Told(match.standing, at, match.article_id, match.parties, at)
    if group is None:
        group = AlertGroup(match.group_id, match.rule.id, match.key, at)
    group = replace(group, told=(*group.told, told)[-MAX_TOLD:], step=group.step + 1)
    return group, slot_of(group, told)


def _denies(standing: str, told: Told, at: datetime) -> bool:
    contrary = told.standing in CONTRARY.get(standing, ())
    return contrary and bool(told.article_id) and abs(at - told.start) < DISPUTE


def _is_same(told: Told, parties: Sequence[str], at: datetime) -> bool:
    """Whether a report speaks of the meeting of which a standing was told.

    Reports name more or fewer of the parties, and a meeting that nobody speaks of for three weeks
    is over (the board's own measure).
    """
    one, other = set(told.parties), set(parties)
    agrees = one <= other or other <= one or len(one & other) > 1
    return agrees and abs(at - (told.last_at or told.start)) <= QUIET


def _touched(group: AlertGroup, same: list[Told], at: datetime) -> tuple[AlertGroup, list[Told]]:
    """Note that the meeting is still spoken of."""
    fresh = {
        id(told): replace(told, last_at=at) if at > (told.last_at or at) + TOUCH else told
        for told in same
    }
    if any(new is not old for new, old in zip(fresh.values(), same, strict=True)):
        group = replace(group, told=tuple(fresh.get(id(told), told) for told in group.told))
    return group, list(fresh.values())
