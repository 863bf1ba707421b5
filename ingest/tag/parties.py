"""Which states would meet: every state that acts in the article is weighed, each alone.

A logistic regression over where and how often a state is spoken of, beside the act and its venues. Its
weights are trained by `ingest.tag.train` with those of the roles.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations

from ingest.model import VENUE_ROLES, Status
from ingest.tag.document import Document, Found, Sentence
from ingest.tag.proposer import state_code

_SORTS: dict[str, str] = {"government": "side", **dict.fromkeys(VENUE_ROLES, "venue")}
_ACTING = ("person", "side")
MOST = 5  # parties of a record
# A party is said at a chance of .45: best on the labelled acts. The likeliest one is said anyway.
ENOUGH = -20


def speaks_for(doc: Document, person: Found) -> str | None:
    """The state or organisation a leader speaks for on the article's day."""
    office = doc.gazetteer.office_at(person.entity, doc.day)
    return state_code(office.country if office else person.entity.country)


@dataclass(frozen=True, slots=True)
class Act:
    """What is known of an act when its parties are asked for.

    Attributes:
        hosts: codes of the states that its venues lie in.
        by: code of the state or organisation that says it.
    """

    status: Status
    sentence: Sentence
    hosts: frozenset[str]
    by: str | None


class Spoken:
    """Where a text speaks of which states: by a leader, as a side, as a venue or as another place.

    Args:
        doc: with roles.

    Attributes:
        doc: the text.
        acting: the states that act, by a leader or as a side, the oftenest first: any may be a party.
    """

    def __init__(self, doc: Document) -> None:
        self.doc = doc
        spoken: defaultdict[str, defaultdict[int, set[str]]]  # state -> sentence -> how
        spoken = defaultdict(lambda: defaultdict(set))
        people: Counter[str] = Counter()
        acts: Counter[str] = Counter()
        codes: dict[str, str | None] = {}
        for person in doc.people:
            name = person.entity.id
            if name not in codes:
                codes[name] = speaks_for(doc, person)
            code = codes[name]
            if code:
                people[code] += 1
                acts[code] += 1
                spoken[code][doc.sentence_index(person.start)].add("person")
        for place in doc.places:
            code = state_code(place.entity.country)
            if code:
                sort = _SORTS.get(place.role or "", "place")
                acts[code] += sort == "side"
                spoken[code][doc.sentence_index(place.start)].add(sort)
        self.acting = sorted((c for c in acts if acts[c]), key=lambda code: (-acts[code], code))
        self._inside: defaultdict[int, set[str]] = defaultdict(set)  # who acts in a sentence
        for code in self.acting:
            for number, sorts in spoken[code].items():
                if not sorts.isdisjoint(_ACTING):
                    self._inside[number].add(code)
        company = [inside for inside in self._inside.values() if len(inside) > 1]
        self._together = Counter(pair for inside in company for pair in permutations(inside, 2))
        accompanied = Counter(code for inside in company for code in inside)
        total = acts.total()
        self._wide = {}  # what holds of a state in the whole article
        for rank, code in enumerate(self.acting):
            sorts = set().union(*spoken[code].values())
            self._wide[code] = [
                f"rank={min(rank, 5)}", f"acts={min(acts[code], 6)}", f"share={10 * acts[code] // total}",
                f"sorts={'+'.join(sorted(sorts))}", f"people={min(people[code], 4)}", f"company={min(accompanied[code], 4)}",
                *(f"with{n}={min(self._together[code, chief], 3)}" for n, chief in enumerate(self.acting[:2]) if chief != code),
                *(["lead"] if 0 in spoken[code] else []),
            ]  # fmt: skip
        self._how = {  # such as "person+side"
            code: {number: "+".join(sorted(sorts)) for number, sorts in spoken[code].items()}
            for code in self.acting
        }

    def features(self, act: Act, code: str) -> list[str]:
        """Names of the features that hold for an acting state as a party of an act."""
        who = ("host" if code in act.hosts else "") + ("own" if code == act.by else "") or "else"
        here = self.doc.sentence_index(act.sentence.start)
        rank = min(self.acting.index(code), 5)
        how = self._how[code]
        inside = how.get(here, "none")
        found = ["bias", f"who={who}|{act.status}", *(f"{name}|{who}" for name in self._wide[code])]
        found += [f"{step}:{how.get(here + step, 'none')}|{who}" for step in range(-2, 3)]
        others = min(len(self._inside[here] - {code} - act.hosts), 3)
        found += [
            f"in={inside}|{act.status}|{who}", f"in={inside}|others={others}|rank={rank}",
            f"others={others}|rank={rank}|{act.status}", f"others={others}|{who}",
        ]  # fmt: skip
        if act.by is not None and act.by != code and act.by in self._how:
            found.append(f"with-by={min(self._together[code, act.by], 3)}|{act.status}")
        return found


def parties_of(spoken: Spoken, act: Act, weights: Mapping[str, int]) -> tuple[str, ...]:
    """Codes of the states that would meet, in order of their letters; at least one if any acts."""
    points = {
        code: sum(filter(None, map(weights.get, spoken.features(act, code))))
        for code in spoken.acting
    }
    ranked = sorted(points, key=lambda code: -points[code])
    return tuple(sorted(c for c in ranked[:MOST] if points[c] > ENOUGH or c == ranked[0]))
