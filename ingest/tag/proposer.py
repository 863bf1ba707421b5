"""Who an act is by: every candidate is weighed, nobody too.

A conditional logit over the people and states of the sentence that names the venue, the people of the
nearest sentence before it that names any, and "nobody named". A state may be named by its seat or capital, by its people
("the Norwegians", data/peoples.tsv) or by an adjective ("Yemeni officials"). The weights are trained
by `ingest.tag.train` with those of the roles.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ingest.model import Status
from ingest.tag.document import Document, Found, Sentence, inside
from ingest.tag.features import clause_of
from ingest.tag.fold import fold
from ingest.tag.gazetteer import Office
from ingest.tag.remembered import Remembered
from ingest.tag.sources import LANGS, rows

Sort = Literal["nobody", "person", "state", "folk", "recalled"]

_WORD = re.compile(r"[^\W\d_][\w'’-]*|[«»“”„\"():;—–,-]")
_NAME = re.compile(r"[^\W\d_][\w-]{2,}")
_KEPT_CODE = re.compile(r"[A-Z]{2}|NATO")
_OURS = frozenset({"XC", "YU", "CS"})  # our codes for states without one in ISO 3166
_QUOTE = re.compile('[«»“”„"]')
# What may stand behind the stem of a people's name, and the pronouns of one person; folded.
_ENDINGS = {
    "en": r"s|(?:wo)?m[ae]n|", "ru": r"\w{0,6}", "uk": r"\w{0,6}", "be": r"\w{0,6}", "pl": r"\w{0,6}", "de": r"\w{0,5}",
    "fr": r"(?:n?e)?s?", "es": r"[oa]?s?|es", "tr": r"(?:l[iu])?(?:l[ae]r)?\w{0,5}",
}  # fmt: skip
_PRONOUNS = {
    "en": "he|she|his|her|him", "ru": "он|она|его|ее|ему|ей", "uk": "він|вона|його|її|йому|їй", "be": "ен|яна|яго|яе|яму|ей",
    "pl": "on|ona|jego|jej|jemu|mu", "de": "er|sie|ihm|ihr|sein\\w{0,2}", "fr": "il|elle|lui|son|sa|ses", "es": "ella|su|sus|le",
    "tr": "o|onun|ona|onu|kendisi",
}  # fmt: skip
_PRONOUN = {lang: re.compile(rf"(?<!\w)(?:{words})(?!\w)") for lang, words in _PRONOUNS.items()}
_CAPITALS = frozenset({"en", "pl", "de", "tr"})  # that write the name of a people with one
_NEAR = 42  # letters that the words beside a candidate are looked for in
_BACK = 3  # sentences before, of which the nearest that names somebody is looked at


def state_code(country: str) -> str | None:
    """The code of a state or organisation as records name it; None where it has none."""
    return country if _KEPT_CODE.fullmatch(country) and country not in _OURS else None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody an act may be by: a person, a state, or nobody.

    Attributes:
        who: entity id of a person, code of a state, "" for nobody.
        sort: nobody; of the sentence: person, state (by a place that speaks for it), folk (by the name
            of its people); recalled, a person named before.
        start, end: where it is named.
        person: the mention, of a person.
    """

    who: str
    sort: Sort
    start: int = 0
    end: int = 0
    person: Found | None = None


_NOBODY = Candidate("", "nobody")


@dataclass(frozen=True, slots=True)
class Choice:
    """Who an act was found to be by.

    Attributes:
        one: the candidate; of several mentions of one person or state the likeliest.
        chance: of all its mentions together.
        why: the features that spoke loudest, for people to read.
    """

    one: Candidate
    chance: float
    why: str


class Scene:
    """The candidates for the acts of one sentence, and what is asked of them.

    Args:
        doc: with roles.
        sentence: that names the venues.
    """

    def __init__(self, doc: Document, sentence: Sentence) -> None:
        self.doc = doc
        self.sentence = sentence
        index = doc.sentence_index(sentence.start)
        self.people = inside(doc.people, sentence)
        self.before, self.back = sentence, 0
        self.earlier: list[Found] = []
        for back, other in enumerate(reversed(doc.read[max(index - _BACK, 0) : index]), 1):
            self.earlier = inside(doc.people, other)
            if self.earlier:
                self.before, self.back = other, back
                break
        self.candidates = [*self._candidates()]
        self._fixed: dict[int, list[str]] = {}  # by the candidate's identity: they live as long
        self._countries: dict[int, str] = {}
        text = doc.folded.text
        self.quotes = [m.start() for m in _QUOTE.finditer(text, sentence.start, sentence.end)]
        self.opening = _words(text, sentence.start, min(sentence.end, sentence.start + _NEAR))[:2]

    def _candidates(self) -> Iterator[Candidate]:
        doc = self.doc
        yield _NOBODY
        known = set()
        for person in self.people:
            known.add(person.entity.id)
            yield _person(person, "person")
        codes = set()
        for sort, code, start, end in _states(doc, self.sentence):
            if (sort, code) not in codes:
                codes.add((sort, code))
                yield Candidate(code, sort, start, end)
        for person in reversed(self.earlier):
            if person.entity.id not in known:
                known.add(person.entity.id)
                yield _person(person, "recalled")

    def fixed(self, one: Candidate, sentence: Sentence) -> list[str]:
        """The features of a candidate that are the same for every act, found once."""
        found = self._fixed.get(id(one))
        if found is None:
            found = _beside(self.doc, one, sentence)
            if one.person is not None:
                office = self.doc.gazetteer.office_at(one.person.entity, self.doc.day)
                self._countries[id(one)] = office.country if office else one.person.entity.country
                found += _of_person(self.doc, one.sort, one.person, office)
            self._fixed[id(one)] = found
        return found

    def country_of(self, one: Candidate) -> str:
        """The country that a person whose fixed features were asked for speaks for, or ""."""
        return self._countries.get(id(one), "")

    def features(self, venue: Found, status: Status) -> list[list[str]]:
        """Names of the features of each candidate for an act at a venue."""
        act = _Act(self, venue, status)
        return [
            act.of_nobody()
            if one.sort == "nobody"
            else act.of_one_before(one)
            if one.sort == "recalled"
            else act.of_oneinside(one)
            for one in self.candidates
        ]

    def choose(self, venue: Found, status: Status, weights: Mapping[str, int]) -> Choice:
        """Whoever is likeliest to be whom an act at a venue is by."""
        every = self.features(venue, status)
        sums = [sum(filter(None, map(weights.get, names))) for names in every]
        top = max(sums)
        shares: dict[str, float] = {}
        for one, points in zip(self.candidates, sums, strict=True):
            shares[one.who] = shares.get(one.who, 0.0) + math.exp((points - top) / 100)
        who = max(shares, key=shares.__getitem__)
        mine = [i for i, one in enumerate(self.candidates) if one.who == who]
        best = max(mine, key=sums.__getitem__)
        loudest = sorted(every[best], key=lambda name: -weights.get(name, 0))[:2]
        chance = shares[who] / sum(shares.values())
        return Choice(self.candidates[best], chance, ", ".join(loudest))


def _person(person: Found, sort: Sort) -> Candidate:
    return Candidate(person.entity.id, sort, person.start, person.end, person)


def _states(doc: Document, sentence: Sentence) -> Iterator[tuple[Sort, str, int, int]]:
    """States that a sentence names: by a place that speaks, or by its people's name or adjective."""
    places = inside(doc.places, sentence)
    for place in places:
        code = state_code(place.entity.country)
        if code and place.role == "government":
            yield "state", code, place.start, place.end
    taken = [*places, *inside(doc.people, sentence)]
    for start, end, code in peoples(doc.lang).find(doc, sentence):
        if not any(t.start < end and start < t.end for t in taken):
            yield "folk", code, start, end


class Peoples:
    """How the people of each state are called in a language, and its adjectives.

    Args:
        lang: one of LANGS.
    """

    def __init__(self, lang: str) -> None:
        column = LANGS.index(lang)
        self._stems: dict[str, str] = {}
        for code, *cells in rows("peoples.tsv"):
            cell = cells[column] if column < len(cells) else ""
            self._stems.update((fold(stem), code) for stem in cell.split(";") if stem)
        self._longest = max(map(len, self._stems), default=0)
        self._ending = re.compile(_ENDINGS[lang])
        self._capital = lang in _CAPITALS
        self._of = Remembered(self._code)

    def _code(self, word: str) -> str:
        for end in range(min(len(word), self._longest), 2, -1):
            code = self._stems.get(word[:end])
            if code is not None:
                return code if self._ending.fullmatch(word, end) else ""
        return ""

    def find(self, doc: Document, sentence: Sentence) -> Iterator[tuple[int, int, str]]:
        """Where a sentence names a people, and the code of its state."""
        text, visible = doc.folded.text, doc.visible
        for match in _NAME.finditer(text, sentence.start, sentence.end):
            code = self._of[match[0]]
            if code and (not self._capital or visible[match.start()].isupper()):
                north = code == "KR" and text.endswith("north ", 0, match.start())
                yield match.start(), match.end(), "KP" if north else code


@lru_cache(maxsize=16)
def peoples(lang: str) -> Peoples:
    """The names of peoples in a language; the English ones for a language we do not know."""
    return Peoples(lang if lang in LANGS else "en")


def _words(text: str, start: int, end: int) -> list[str]:
    return _WORD.findall(text, max(start, 0), end)


class _Act:
    """The features of the candidates for one act."""

    def __init__(self, scene: Scene, venue: Found, status: Status) -> None:
        self.scene, self.venue, self.status = scene, venue, status
        doc, sentence = scene.doc, scene.sentence
        self.text, self.lang = doc.folded.text, doc.lang
        self.low, self.high = clause_of(sentence, venue.start)
        self.here = dict.fromkeys(
            k for s, _e, k in sentence.concepts if self.low <= s < self.high
        )  # no set: the order of features decides the last digit of a trained weight
        self.quoted = bisect_left(scene.quotes, venue.start) % 2
        pronoun = _PRONOUN.get(self.lang, _PRONOUN["en"])
        self.pronoun = bool(pronoun.search(self.text, self.low, venue.start))

    def of_nobody(self) -> list[str]:
        scene, status, lang = self.scene, self.status, self.lang
        people = min(len(scene.people), 3)
        found = [
            "0", f"0|{status}", f"0|{lang}", f"0|people={people}|{status}", f"0|among={min(len(scene.candidates), 6)}",
            f"0|pronoun={self.pronoun}|{status}", f"0|quoted={self.quoted}|{status}",
        ]  # fmt: skip
        found += dict.fromkeys(f"0|s:{k}" for _s, _e, k in scene.sentence.concepts)
        found += [f"0|c:{k}|{status}" for k in self.here]
        before = _words(self.text, max(self.low, self.venue.start - _NEAR), self.venue.start)
        found += [f"0|b={w[:6]}|{lang}" for w in before[-2:]]
        found += [f"0|open={w[:6]}|{lang}" for w in scene.opening[:1]]
        if scene.earlier:
            gap = scene.doc.visible[scene.before.end : scene.sentence.start]
            found.append(f"0|break={chr(10) in gap}|people={min(people, 2)}")
        if scene.sentence.question:
            found.append("0|question")
        return found

    def of_oneinside(self, one: Candidate) -> list[str]:
        """Where somebody of the sentence stands: to the venue, to the others, to the clauses."""
        scene, venue, status, sort = self.scene, self.venue, self.status, one.sort
        sentence, people, start, end = scene.sentence, scene.people, one.start, one.end
        at = start < venue.end and venue.start < end
        side = "at" if at else "before" if start < venue.start else "after"
        low, high = (end, venue.start) if side == "before" else (venue.end, start)
        cuts = max(bisect_left(sentence.cuts, high) - bisect_left(sentence.cuts, low), 0)
        between = len([p for p in people if low <= p.start and p.end <= high])
        order = len([p for p in people if p.end <= start])
        among = "first" if order == 0 else "last" if order + 1 == len(people) else "mid"
        quoted = bisect_left(scene.quotes, start) % 2
        head, place, count = f"{sort}|{status}", f"{sort}|{side}", min(len(people), 3)
        found = [
            sort, head, f"{sort}|{self.lang}", f"{head}|{side}", f"{place}|same={self.low <= start < self.high}|{status}",
            f"{place}|cuts={min(cuts, 3)}", f"{place}|between={min(between, 2)}", f"{place}|order={min(order, 2)}|of={count}",
            f"{head}|people={count}", f"{place}|opens={start - sentence.start < 6}",
            f"{place}|gap={min(abs(venue.start - start) // 30, 5)}", f"{sort}|quote={quoted}{self.quoted}",
            f"{sort}|pronoun={self.pronoun}", f"{place}|{status}|{among}",
        ]  # fmt: skip
        found += scene.fixed(one, sentence)
        low, high = min(low, high), max(low, high)
        found += dict.fromkeys(
            f"{place}|k:{k}" for s, _e, k in sentence.concepts if low <= s < high
        )
        found += [f"{head}|k:{k}" for k in self.here]
        return found + self._own(one)

    def of_one_before(self, one: Candidate) -> list[str]:
        """What ties the sentence to somebody of an earlier one: a pronoun, how it begins, how near."""
        scene, status, lang, sort = self.scene, self.status, self.lang, one.sort
        other, people, back = scene.before, scene.earlier, scene.back
        order = len([p for p in people if p.start < one.start])
        rest = len([p for p in people if p.start > one.start])
        count, head = min(len(scene.people), 2), f"{sort}|{status}"
        broken = "\n" in scene.doc.visible[other.end : scene.sentence.start]
        opening = [w[:6] for w in scene.opening] or ["^"]
        found = [
            sort, head, f"{sort}|{lang}", f"{sort}|pronoun={self.pronoun}|people={count}", f"{head}|people={count}",
            f"{sort}|order={min(order, 2)}|rest={min(rest, 2)}|pronoun={self.pronoun}", f"{sort}|open={opening[0]}|{lang}",
            f"{sort}|quoted={self.quoted}|people={count}", f"{sort}|break={broken}", f"{sort}|back={back}",
            f"{head}|back={back}|pronoun={self.pronoun}", f"{sort}|opens={one.start - other.start < 6}",
        ]  # fmt: skip
        return found + scene.fixed(one, other) + self._own(one)

    def _own(self, one: Candidate) -> list[str]:
        country = self.scene.country_of(one)
        own = bool(country) and country == self.venue.entity.country
        return [f"{one.sort}|{self.status}|own"] if own else []


def _beside(doc: Document, one: Candidate, sentence: Sentence) -> list[str]:
    """The words and meanings on both sides of a name."""
    sort, start, end, lang, text = one.sort, one.start, one.end, doc.lang, doc.folded.text
    before = _words(text, max(sentence.start, start - _NEAR), start)[-2:] or ["^"]
    after = _words(text, end, min(sentence.end, end + _NEAR))[:3] or ["$"]
    concepts = sentence.concepts
    ahead = sorted([(s - end, k) for s, _e, k in concepts if end <= s <= end + 60])
    back = sorted([(start - e, k) for _s, e, k in concepts if start - 30 <= e <= start])
    nearest = f"{ahead[0][1] if ahead else '-'}|{back[0][1] if back else '-'}"
    return [
        f"{sort}|b1={before[-1][:6]}|{lang}",
        f"{sort}|a1={after[0][:6]}|{lang}",
        *[f"{sort}|a={w[:6]}|{lang}" for w in after],
        *[f"{sort}|b={w[:6]}|{lang}" for w in before],
        *[f"{sort}|then:{k}" for _gap, k in ahead[:3]],
        *[f"{sort}|ahead:{k}" for _gap, k in back[:2]],
        f"{sort}|nearest:{nearest}",
    ]


def _of_person(doc: Document, sort: Sort, person: Found, office: Office | None) -> list[str]:
    """Who a person is here: how named, in which office, with which Turkish ending."""
    found = [f"{sort}|how={person.how}", f"{sort}|office={office.office if office else '-'}"]
    tail = doc.folded.text[person.end : person.end + 3]
    if tail.startswith(("'", "’")):
        found.append(f"{sort}|'{tail[1:]}|{doc.lang}")
    return found
