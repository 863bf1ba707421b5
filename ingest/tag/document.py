"""What the steps of tagging know of one text; filled in order, then turned into mentions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from ingest.model import Mention, Role
from ingest.tag.capitals import capitals
from ingest.tag.fold import Folded
from ingest.tag.gazetteer import ADJECTIVE, PLACE, Entity, Gazetteer
from ingest.tag.match import Hit
from ingest.tag.sentences import sentence_at, sentence_bounds


@dataclass(slots=True)
class Found:
    """A mention in the making; offsets into the visible text.

    Attributes:
        how: full, surname, title, provisional (leaders); name, adjective (places).
        chances: of a place, what each of ROLES was given before its rule decided.
    """

    start: int
    end: int
    entity: Entity
    kind: str
    how: str
    rule: str
    confidence: float = 0.9
    role: Role | None = None
    chances: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, read once for all its places.

    Attributes:
        cues: (start, end, class) of the words that speak of a role.
        cuts: where clauses begin, and the end.
        concepts: (start, end, concept) of the words whose meaning we list.
    """

    start: int
    end: int
    cues: tuple[tuple[int, int, str], ...]
    cuts: tuple[int, ...]
    question: bool
    year: bool
    concepts: tuple[tuple[int, int, str], ...] = ()


def inside(found: list[Found], sentence: Sentence) -> list[Found]:
    """Those mentions that begin in a sentence."""
    return [f for f in found if sentence.start <= f.start < sentence.end]


@dataclass
class Document:
    """A text, its hits and what they turned out to be.

    Attributes:
        context: the body's document when a headline is read; its people count as known.
        read: the sentences with their cues, once roles are assigned.
        inside: words of which somebody asked whether they stand within a sentence, with the answer.
        namesakes: ids of leaders whose family name another bears here.
    """

    text: str
    folded: Folded
    lang: str
    day: date | None
    hits: list[Hit]
    gazetteer: Gazetteer
    context: Document | None = None
    people: list[Found] = field(default_factory=list)
    places: list[Found] = field(default_factory=list)
    read: list[Sentence] = field(default_factory=list)
    inside: dict[str, bool] = field(default_factory=dict)
    namesakes: set[str] = field(default_factory=set)

    @property
    def visible(self) -> str:
        """The text that all inner offsets refer to."""
        return self.folded.visible

    @cached_property
    def countries(self) -> dict[str, int]:
        """How often the text speaks of each state: by its name, a place in it or its adjective."""
        return dict(Counter(code for hit in self.hits for code in self.states_of(hit)))

    def states_of(self, hit: Hit) -> list[str]:
        """Codes of the states that a hit speaks of: by its adjective, and by the likeliest place."""
        compiled = self.gazetteer.compiled
        codes = [compiled.countries[row].code for row in hit.rows(ADJECTIVE)[:1]]
        places = [compiled.entities[row] for row in hit.rows(PLACE)]
        if places:
            codes.append(max(places, key=lambda place: place.weight).country)
        return codes

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """Bounds of the sentences in the visible text; at least one."""
        return sentence_bounds(self.visible, self.lang) or [(0, len(self.visible))]

    @cached_property
    def capitals(self) -> list[list[tuple[int, int]]]:
        """Bounds of the words with a capital in the visible text, those together that are one name."""
        return capitals(self.visible)

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _end in self.sentences]

    def sentence_index(self, offset: int) -> int:
        """Number of the sentence that holds an offset."""
        return sentence_at(self.sentences, self._starts, offset)

    def sentence(self, offset: int) -> tuple[int, int]:
        """Bounds of the sentence that holds an offset."""
        return self.sentences[self.sentence_index(offset)]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Offsets into the original text for a span of the visible one."""
        return self.folded.start(start), self.folded.end(end)

    def mentions(self) -> list[Mention]:
        """The mentions in text order, leaders and places together, never overlapping."""
        found = sorted([*self.people, *self.places], key=lambda f: (f.start, -f.end))
        made: list[Mention] = []
        last = 0
        for item in found:
            if item.start < last:
                continue
            last = item.end
            start, end = self.original(item.start, item.end)
            bounds = self.original(*self.sentence(item.start))
            made.append(
                Mention(
                    start=start,
                    end=end,
                    surface=self.text[start:end],
                    kind="leader" if item.kind == "leader" else "venue",
                    entity=item.entity.id,
                    name=item.entity.name,
                    qid=item.entity.qid,
                    role=item.role,
                    confidence=round(item.confidence, 2),
                    rule=item.rule,
                    sentence_start=bounds[0],
                    sentence_end=bounds[1],
                )
            )
        return made
