"""Which states would meet: every state that the article speaks of is weighed, each alone.

A logistic regression over where and how often a state is spoken of, beside the act and its venues. Its
weights are trained by `ingest.tag.train` with those of the roles.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from ingest.model import VENUE_ROLES, Status
from ingest.tag.document import Document, Found, Sentence
from ingest.tag.proposer import state_code

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


@dataclass(frozen=True, slots=True)
class _Word:
    """One place in a text that speaks of a state: by a leader, as a side or as a place."""

    number: int  # of its sentence
    sort: str


class Spoken:
    """Where a text speaks of which states.

    Args:
        doc: with roles.

    Attributes:
        doc: the text.
        acting: the states that act, by a leader or as a side: any of them may be a party.
    """

    def __init__(self, doc: Document) -> None:
        self.doc = doc
        self._words: dict[str, list[_Word]] = {}
        for person in doc.people:
            self._add(speaks_for(doc, person), person.start, "person")
        for place in doc.places:
            sort = (
                "side" if place.role == "government"
                else "venue" if place.role in VENUE_ROLES else "place"
            )  # fmt: skip
            self._add(state_code(place.entity.country), place.start, sort)
        acts = {
            code: sum(word.sort in _ACTING for word in words) for code, words in self._words.items()
        }
        self.acting = sorted(filter(acts.get, acts), key=lambda c: (-acts[c], c))
        self._inside: defaultdict[int, set[str]] = defaultdict(set)  # who acts in a sentence
        for code in self.acting:
            for word in self._words[code]:
                if word.sort in _ACTING:
                    self._inside[word.number].add(code)
        self._together = Counter(
            pair for inside in self._inside.values() for pair in permutations(inside, 2)
        )
        self._sorts = {  # of a state, by sentence
            code: _by_sentence(self._words[code]) for code in self.acting
        }
        total = sum(acts.values())
        self._wide = {
            code: self._article_features(code, rank, acts[code], total)
            for rank, code in enumerate(self.acting)
        }

        self._made: dict[tuple[str, str, int], list[str]] = {}

    def _add(self, code: str | None, start: int, sort: str) -> None:
        if code:
            word = _Word(self.doc.sentence_index(start), sort)
            self._words.setdefault(code, []).append(word)

    def _article_features(self, code: str, rank: int, acts: int, total: int) -> list[str]:
        """What holds of a state in the whole article."""
        words = self._words[code]
        sorts = sorted({word.sort for word in words})
        company = sum(code in inside and len(inside) > 1 for inside in self._inside.values())
        found = [
            f"rank={min(rank, 5)}", f"acts={min(acts, 6)}", f"share={10 * acts // total}", f"sorts={'+'.join(sorts)}",
            f"people={min(sum(w.sort == 'person' for w in words), 4)}", f"company={min(company, 4)}",
        ]  # fmt: skip
        found += [
            f"with{number}={min(self._together[code, chief], 3)}"
            for number, chief in enumerate(self.acting[:2])
            if chief != code
        ]
        if any(word.number == 0 for word in words):
            found.append("lead")
        return found

    def features(self, act: Act, code: str) -> list[str]:
        """Names of the features that hold for an acting state as a party of an act."""
        who = ("host" if code in act.hosts else "") + ("own" if code == act.by else "") or "else"
        here = self.doc.sentence_index(act.sentence.start)
        rank = min(self.acting.index(code), 5)
        inside = self._sorts[code].get(here, "none")
        found = ["bias", f"who={who}|{act.status}", *self._around(code, who, here)]
        others = min(len(self._inside[here] - {code} - act.hosts), 3)
        found += [
            f"in={inside}|{act.status}|{who}", f"in={inside}|others={others}|rank={rank}",
            f"others={others}|rank={rank}|{act.status}", f"others={others}|{who}",
        ]  # fmt: skip
        if act.by in self._words and act.by != code:
            found.append(f"with-by={min(self._together[code, act.by], 3)}|{act.status}")
        return found

    def _around(self, code: str, who: str, here: int) -> list[str]:
        """What holds of a state in the article, and in the sentences around; made once."""
        found = self._made.get((code, who, here))
        if found is None:
            sorts = self._sorts[code]
            found = [f"{name}|{who}" for name in self._wide[code]]
            found += [f"{step}:{sorts.get(here + step, 'none')}|{who}" for step in range(-2, 3)]
            self._made[code, who, here] = found
        return found


def _by_sentence(words: Sequence[_Word]) -> dict[int, str]:
    """How each sentence speaks of a state, such as `person+side`."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for word in words:
        found[word.number].add(word.sort)
    return {number: "+".join(sorted(sorts)) for number, sorts in found.items()}


def parties_of(spoken: Spoken, act: Act, weights: Mapping[str, int]) -> tuple[str, ...]:
    """Codes of the states that would meet, in order of their letters; at least one if any acts."""
    points = {
        code: sum(filter(None, map(weights.get, spoken.features(act, code))))
        for code in spoken.acting
    }
    ranked = sorted(points, key=lambda code: -points[code])
    return tuple(sorted(c for c in ranked[:MOST] if points[c] > ENOUGH or c == ranked[0]))
