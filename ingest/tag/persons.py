"""Names of people in a text, known or not, by a small linear-chain model over the look of words.

It knows no names: a capitalised word is its ending, its beginning and its shape; the words around it
are themselves. It says where names of two words or more stand, not whose they are. Its weights are
trained by `ingest.tag.train_persons` and shipped as data/persons.json.

Source: Lafferty, McCallum and Pereira, Conditional Random Fields, ICML 2001; decoded by Viterbi.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from ingest.errors import SettingsError
from ingest.tag.document import Document
from ingest.tag.gazetteer import ADJECTIVE, EPITHET, PLACE, TITLE
from ingest.tag.match import Hit

WEIGHTS = Path(__file__).parent / "data" / "persons.json"
MARKS = ("O", "B", "I")  # outside of a name, its first word, a further one
_TOKEN = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")
_WORD = re.compile(r"[\w'’-]+")
_LINE = re.compile(r"[^\n]+")
_KINDS = {PLACE: "place", ADJECTIVE: "adj", TITLE: "title", EPITHET: "epi"}
_LONGEST = 6  # words; longer runs are headlines in capitals

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PersonModel:
    """Weights in hundredths.

    Attributes:
        states: feature -> one for each of MARKS.
        moves: from each of MARKS to each.
    """

    states: dict[str, list[int]]
    moves: list[list[int]]

    @classmethod
    @cache
    def load(cls, path: Path = WEIGHTS) -> PersonModel:
        """Read the shipped weights, once a process.

        Raises:
            SettingsError: the file is missing or damaged.
        """
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            return cls(raw["states"], raw["moves"])
        except (OSError, ValueError, KeyError) as exc:
            raise SettingsError(
                str(path),
                f"the weights for people cannot be read: {exc}",
                "run python -m ingest.tag.train_persons",
            ) from exc

    def marks(self, rows: Sequence[Iterable[str]]) -> list[int]:
        """The likeliest mark of each token, as places in MARKS, given its features."""
        best = [0, 0, 0]
        back: list[tuple[int, ...]] = []
        for at, row in enumerate(rows):
            here = [0, 0, 0]
            for name in row:
                weights = self.states.get(name)
                if weights is not None:
                    here[0] += weights[0]
                    here[1] += weights[1]
                    here[2] += weights[2]
            if at:
                came = [
                    max((best[was] + self.moves[was][now], was) for was in range(3))
                    for now in range(3)
                ]
                back.append(tuple(was for _score, was in came))
                best = [came[now][0] + here[now] for now in range(3)]
            else:
                best = here
        if not rows:
            return []
        mark = max(range(3), key=best.__getitem__)
        found = [mark]
        for step in reversed(back):
            mark = step[mark]
            found.append(mark)
        return found[::-1]


def read_lines(
    text: str, lang: str, hits: Iterable[Hit]
) -> Iterator[tuple[list[Span], list[list[str]]]]:
    """Bounds and features of the tokens of each line that has any."""
    known: dict[int, str] = {}
    for hit in hits:
        kinds = "+".join(sorted({_KINDS[kind] for kind in hit.targets if kind in _KINDS}))
        if kinds:
            for token in _TOKEN.finditer(text, hit.start, hit.end):
                known[token.start()] = kinds
    for line in _LINE.finditer(text):
        spans = [token.span() for token in _TOKEN.finditer(text, *line.span())]
        if spans:
            yield spans, _rows(text, lang, spans, known)


def _rows(text: str, lang: str, spans: list[Span], known: dict[int, str]) -> list[list[str]]:
    own: list[list[str]] = []
    for start, end in spans:
        word = text[start:end]
        low = word.lower()
        mine = [
            f"sh={_shape(word)}", f"k={known.get(start, '-')}", f"s3={low[-3:]}", f"s2={low[-2:]}",
            f"p3={low[:3]}", f"s4={low[-4:]}",
        ]  # fmt: skip
        if not word[:1].isupper():
            mine.append(f"w={low}|{lang}")
        own.append(mine)
    rows = []
    for at, mine in enumerate(own):
        row = ["bias", f"lang={lang}|{mine[0]}", *mine]
        for step in (-2, -1, 1, 2):
            if not 0 <= at + step < len(own):
                row.append(f"{step}:edge")
                continue
            near = own[at + step]
            chosen = near[:3] if step in (-1, 1) else near[:2]
            row += [f"{step}:{name}" for name in (*chosen, *near[6:])]
        rows.append(row)
    return rows


@lru_cache(20_000)
def _squeezed(shape: str) -> str:
    return re.sub(r"(.)\1{2,}", r"\1\1", shape)


def _shape(word: str) -> str:
    """Its letters as X and x, digits as 0, runs cut to two: "McCain" is XxXxx."""
    return _squeezed(
        "".join(
            "X" if c.isupper() else "x" if c.isalpha() else "0" if c.isdigit() else c for c in word
        )[:12]
    )


def is_full_name(surface: str) -> bool:
    """Whether it has two words in capitals or more, as a name that can be looked up has."""
    words = _WORD.findall(surface)
    return len(words) <= _LONGEST and sum(word[:1].isupper() for word in words) >= 2


def spans_of(spans: Sequence[Span], marks: Sequence[int]) -> Iterator[Span]:
    """Where runs of a first and further words of a name stand."""
    start, last = -1, 0
    for (low, high), mark in zip(spans, marks, strict=True):
        if start >= 0 and MARKS[mark] != "I":
            yield start, last
            start = -1
        if MARKS[mark] != "O" and start < 0:
            start = low
        last = high
    if start >= 0:
        yield start, last


def find_persons(doc: Document, model: PersonModel | None = None) -> list[Span]:
    """Full names of people whom the gazetteer does not know.

    Args:
        doc: as `Tagger.read` gives it, its people found.

    Returns:
        Spans in the document's visible text, in order, none over a known leader.
    """
    weights = model or PersonModel.load()
    taken = [(p.start, p.end) for p in doc.people if not p.entity.id.startswith("leader:?")]
    return [
        (start, end)
        for spans, rows in read_lines(doc.visible, doc.lang, doc.hits)
        for start, end in spans_of(spans, weights.marks(rows))
        if is_full_name(doc.visible[start:end]) and not any(s < end and start < e for s, e in taken)
    ]
