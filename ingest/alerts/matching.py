"""Which rules an article meets, and into which group each match falls. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from ingest import ids
from ingest.alerts.conditions import Clause, QueryIs, holds, leaves
from ingest.model import VENUE_ROLES
from ingest.query.ast import Phrase, Word
from ingest.query.projection import country_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ingest.alerts.conditions import Condition
    from ingest.alerts.facts import Fact, View
    from ingest.alerts.ruleset import Rule
    from ingest.model import Evidence

MAX_EVIDENCE = 5


@dataclass(frozen=True, slots=True)
class Match:
    """A rule met by an article, for one group; `facts` are its evidence, best first.

    Attributes:
        standing: values of the fields that the rule watches within the group, "" without any.
    """

    rule: Rule
    key: tuple[str, ...]
    view: View
    facts: tuple[Fact, ...]
    standing: str = ""

    @property
    def group_id(self) -> str:
        """Id of the group's record."""
        return group_id(self.rule.id, self.key)

    @property
    def article_id(self) -> str:
        """The article that met the rule."""
        return self.view.article.id

    @property
    def parties(self) -> tuple[str, ...]:
        """Who would meet: the parties of the act, without the venue's own state beside two others."""
        act = self.facts[0].proposal
        if act is None:
            return ()
        guests = set(act.parties) - {country_of(venue) for venue in act.venues}
        return tuple(sorted(guests if len(guests) > 1 else act.parties))

    @property
    def line(self) -> str:
        """The alert's line, "" for that of its first evidence."""
        return ""

    def shown(self, timezone: str) -> tuple[Evidence, ...]:
        """The evidence as an alert shows it."""
        return tuple(self.view.evidence(fact, timezone) for fact in self.facts)


def group_id(rule_id: str, key: Sequence[str]) -> str:
    """Id of an AlertGroup: of the rule and the values of its key."""
    return ids.sha256("alert-group", rule_id, *key)


class RuleIndex:
    """Rules by the entities that an article must name to meet them."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._always: list[Rule] = []
        self._by_entity: defaultdict[str, list[Rule]] = defaultdict(list)
        self._order: dict[str, int] = {}
        for rule in rules:
            self._order[rule.id] = len(self._order)
            if rule.anchors is None:
                self._always.append(rule)
            for entity in rule.anchors or ():
                self._by_entity[entity].append(rule)

    def rules_for(self, view: View) -> list[Rule]:
        """Return the rules that the article may meet, in the file's order."""
        found = {rule.id: rule for rule in self._always}
        for entity in view.entities & self._by_entity.keys():
            found.update((rule.id, rule) for rule in self._by_entity[entity])
        return sorted(found.values(), key=lambda rule: self._order[rule.id])


@dataclass(frozen=True, slots=True)
class Found:
    """Matches in the order of the articles, and the rules that broke, with none of their own."""

    matches: list[Match]
    failed: dict[str, str]


def match_articles(rules: Iterable[Rule], views: Iterable[View]) -> Found:
    """Ask every rule about every article. A rule that raises is left out with its error."""
    index = RuleIndex(rules)
    matches: list[Match] = []
    failed: dict[str, str] = {}
    for view in views:
        for rule in index.rules_for(view):
            if rule.id in failed:
                continue
            try:
                matches += match_rule(rule, view)
            except Exception as exc:  # noqa: BLE001  one broken rule must not stop the others
                failed[rule.id] = f"{type(exc).__name__}: {exc}"[:500]
    return Found([match for match in matches if match.rule.id not in failed], failed)


def is_young(match: Match) -> bool:
    """Whether the article was published no longer than `max_age` before it was saved.

    Measured against the save, not against now: a late evaluation raises what a prompt one would.
    """
    article = match.view.article
    return article.indexed_at - article.effective_at <= match.rule.max_age


def match_rule(rule: Rule, view: View) -> tuple[Match, ...]:
    """Return the groups of a rule that an article falls into, each with its evidence.

    A `new` rule takes only facts that give every field of its key a value: half a pair is none.
    """
    for facts, is_strict in _candidates(rule, view):
        keyed = [
            (key, fact)
            for fact in facts
            if fact.confidence >= rule.min_confidence and _meets(rule, fact, view)
            for key in _keys(rule, fact, view)
            if all(key) or not is_strict
        ]
        if keyed:
            return _grouped(rule, view, [pair for pair in keyed if view.in_scope(pair[1])])
    return ()


def _meets(rule: Rule, fact: Fact, view: View) -> bool:
    return rule.when is None or holds(rule.when, fact, view, same_sentence=rule.same_sentence)


def _grouped(
    rule: Rule, view: View, keyed: Iterable[tuple[tuple[str, ...], Fact]]
) -> tuple[Match, ...]:
    groups: dict[tuple[tuple[str, ...], str], list[Fact]] = {}
    for key, fact in keyed:
        groups.setdefault((key, _standing(rule, fact, view)), []).append(fact)
    return tuple(
        Match(rule, key, view, tuple(facts[:MAX_EVIDENCE]), standing)
        for (key, standing), facts in groups.items()
    )


def _standing(rule: Rule, fact: Fact, view: View) -> str:
    return "|".join("+".join(_VALUES[name](rule, fact, view)) for name in rule.watches)


def _candidates(rule: Rule, view: View) -> Iterator[tuple[Sequence[Fact], bool]]:
    """Yield facts that the rule is asked of; the next ones only where none of these met it.

    Acts and places first, then leaders, then the article as a whole: an article that meets a rule
    is never missed because it has no fact of the kind that shows it best. Strict facts must fill
    the whole key: where only the key speaks of places, a mere location does not make a group.
    """
    if rule.type == "change":
        yield [fact for fact in view.places if fact.row is not None], False
        return
    if rule.asks == "places":
        yield view.places, not rule.requires_place
    if rule.asks == "leaders" or rule.leaders:
        named = rule.leaders
        yield [fact for fact in view.persons if not named or fact.subject in named], False
    yield [view.whole(*_words(rule.when))], False


def _words(condition: Condition | None) -> tuple[frozenset[str], frozenset[tuple[str, ...]]]:
    """Stems and phrases that a condition asks for, to find a sentence that shows them."""
    match condition:
        case None:
            return frozenset(), frozenset()
        case Clause(text=text):
            nodes = [] if text is None else leaves(text, barred=False)
        case QueryIs(node=node):
            nodes = leaves(node, barred=False)
        case _:
            pairs = [_words(child) for child in condition.children]
            stems = frozenset().union(*(stems for stems, _ in pairs))
            return stems, frozenset().union(*(phrases for _, phrases in pairs))
    return (
        frozenset(stem for node in nodes if isinstance(node, Word) for stem in node.stems),
        frozenset(node.terms for node in nodes if isinstance(node, Phrase)),
    )


def _keys(rule: Rule, fact: Fact, view: View) -> Iterator[tuple[str, ...]]:
    values = [_VALUES[field](rule, fact, view) or ("",) for field in rule.key]
    for key in product(*values):
        if rule.type != "new" or all(key):
            yield key


def _leaders(rule: Rule, fact: Fact, view: View) -> tuple[str, ...]:
    """Who acts, else who stands in the sentence; of those the rule names, where it names any."""
    act = fact.proposal
    actor = {act.proposer} if act and (act.proposer or "").startswith("leader:") else set()
    if fact.subject:
        return (fact.subject,)
    if rule.leaders:
        for found in (actor, fact.leaders, view.leaders):
            if named := rule.leaders & found:
                return tuple(sorted(named))
    return tuple(sorted(filter(None, actor))) or tuple(sorted(fact.leaders))


def _places(rule: Rule, fact: Fact, view: View) -> tuple[str, ...]:  # noqa: ARG001  one signature
    return tuple(sorted(rule.places.intersection(fact.places))) or fact.places


def _venues(rule: Rule, fact: Fact, view: View) -> tuple[str, ...]:
    return _places(rule, fact, view) if fact.role in VENUE_ROLES else ()


def _countries(rule: Rule, fact: Fact, view: View) -> tuple[str, ...]:
    countries = map(country_of, _places(rule, fact, view))
    return tuple(dict.fromkeys(filter(None, countries)))


def _proposer(rule: Rule, fact: Fact, view: View) -> tuple[str, ...]:  # noqa: ARG001
    act = fact.proposal
    who = (act.proposer or act.proposer_country) if act else None
    return (who,) if who else ()


def _party(rule: Rule, fact: Fact, view: View) -> tuple[str, ...]:  # noqa: ARG001
    """All parties of the meeting as one value."""
    act = fact.proposal
    return ("-".join(sorted(act.parties)),) if act and act.parties else ()


def _role(rule: Rule, fact: Fact, view: View) -> tuple[str, ...]:  # noqa: ARG001
    return (fact.role,) if fact.role else ()


def _status(rule: Rule, fact: Fact, view: View) -> tuple[str, ...]:  # noqa: ARG001
    return (fact.role,) if fact.role in VENUE_ROLES else ()


_VALUES: dict[str, Callable[[Rule, Fact, View], tuple[str, ...]]] = {
    "leader": _leaders,
    "venue": _venues,
    "place": _places,
    "country": _countries,
    "proposer": _proposer,
    "party": _party,
    "source": lambda rule, fact, view: (view.article.source,),  # noqa: ARG005
    "lang": lambda rule, fact, view: (view.article.lang,),  # noqa: ARG005
    "role": _role,
    "status": _status,
    "article": lambda rule, fact, view: (view.article.copy_of or view.article.id,),  # noqa: ARG005
}
