"""Models trained on a public set's own training part, from our features, scored and thrown away.

They tell what the features are worth on the set's own terms: what it calls a name, and where a
place stands for its government, differ from what this project means. Part of tagging_public.py.
"""

from __future__ import annotations

import math
import random
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pycrfsuite
from public_formats import Labelled, Reading

from ingest.tag import Tagger
from ingest.tag.document import Document, Found
from ingest.tag.features import Surroundings, read_sentences
from ingest.tag.fold import fold
from ingest.tag.gazetteer import Entity
from ingest.tag.persons import MARKS, PersonModel, read_lines
from ingest.tag.roles import RoleModel

_NONE = RoleModel("none", {})


# --- metonymy --------------------------------------------------------------------------------


def read_place(tagger: Tagger, one: Reading) -> tuple[Document, int]:
    """The text as our tagger reads it, and which of `places` is the one asked for.

    A place that the gazetteer lacks, or reads as something else, is put there.
    """
    doc = tagger.read(one.text.replace("\n", " "), "en", None, model=_NONE)
    kept = [p for p in doc.places if p.end <= one.start or one.end <= p.start]
    same = next((p for p in doc.places if (p.start, p.end) == (one.start, one.end)), None)
    name = one.text[one.start : one.end]
    entity = same.entity if same else Entity(id="place:?", kind="city", name=name, names={})
    place = Found(one.start, one.end, entity, "city", "name", "given")
    doc.people = [p for p in doc.people if p.end <= one.start or one.end <= p.start]
    doc.places = sorted([*kept, place], key=lambda p: p.start)
    return doc, doc.places.index(place)


def _names(tagger: Tagger, one: Reading) -> list[str]:
    doc, index = read_place(tagger, one)
    return [*chain(*Surroundings(doc, read_sentences(doc)).features(index))]


def metonymy(tagger: Tagger, train: list[Reading], test: list[Reading]) -> list[bool]:
    """What weights fitted to `train` say of `test`."""
    weights = fit([(_names(tagger, one), one.metonymic) for one in train])
    return [sum(weights.get(name, 0.0) for name in _names(tagger, one)) > 0 for one in test]


def fit(
    examples: list[tuple[list[str], bool]], epochs: int = 8, rate: float = 0.08, decay: float = 0.02
) -> dict[str, float]:
    """Logistic regression by AdaGrad; the rarer answer counts for more."""
    weights: dict[str, float] = {}
    squares: dict[str, float] = {}
    true = sum(answer for _names, answer in examples)
    counts = {True: true, False: len(examples) - true}
    balance = {answer: (len(examples) / 2 / max(n, 1)) ** 0.3 for answer, n in counts.items()}
    order = random.Random(7)
    shuffled = [(list(dict.fromkeys(found)), answer) for found, answer in examples]
    for _epoch in range(epochs):
        order.shuffle(shuffled)
        for found, answer in shuffled:
            chance = 1 / (1 + math.exp(-sum(weights.get(name, 0.0) for name in found)))
            pull = (chance - answer) * balance[answer]
            for name in found:
                weight = weights.get(name, 0.0)
                step = pull + decay * weight
                squares[name] = squares.get(name, 0.01) + step * step
                weights[name] = weight - rate * step / math.sqrt(squares[name])
    return weights


# --- names -----------------------------------------------------------------------------------

_TOKEN = re.compile(r"\w+|[^\w\s]")
_KINDS = ("leader", "surname", "place", "adjective", "title", "epithet")


def _shape(word: str) -> str:
    shape = re.sub(
        r"\d", "0", "".join("X" if c.isupper() else "x" if c.isalpha() else c for c in word)
    )
    return re.sub(r"(.)\1{2,}", r"\1\1", shape)


_PAIR = re.compile(r"(?=\b(\w[\w’'-]*\w) (\w[\w’'-]*\w))")
_VOWELS = "аеиоуыэюяйьіїєaeiouyąęó"


def _paired(text: str) -> dict[str, set[str]]:
    """Beginnings of words that stand beside another word with a capital: as the first, the second."""
    seen: dict[str, set[str]] = {}
    for pair in _PAIR.finditer(text):
        if pair[1][0].isupper() and pair[2][0].isupper():
            seen.setdefault(pair[1].lower()[:5], set()).add("1st")
            seen.setdefault(pair[2].lower()[:5], set()).add("2nd")
    return seen


def _stem(low: str) -> str:
    """The beginning that the cases of a name share, short ones too: "Буш", "Буша"."""
    stem = low[:5].rstrip(_VOWELS)
    return stem if len(stem) > 1 else low[:5]


def _is_given(low: str, given: frozenset[str]) -> bool:
    """Whether it is some leader's first name, perhaps with an ending."""
    name = fold(low)
    cuts = (name[: len(name) - n] for n in (0, 1, 2) if len(name) - n > 2)
    return any(cut in given for cut in cuts) or any(name[:-1] + end in given for end in "аяй")


def _named(doc: Document) -> dict[int, str]:
    """B or I for each letter of what our model for unknown names takes for a person."""
    marks = {}
    for spans, rows in read_lines(doc.visible, doc.lang, doc.hits):
        for (start, end), mark in zip(spans, PersonModel.load().marks(rows), strict=True):
            if MARKS[mark] != "O":
                marks.update(dict.fromkeys(range(start, end), MARKS[mark]))
    return marks


@dataclass(slots=True)
class _Word:
    """A token, what it is by itself, and what stands for it in the features of those beside it."""

    start: int
    end: int
    text: str
    kind: str  # what the gazetteer calls it
    person: str  # what the tagger does
    named: str  # B, I or nothing
    given: bool

    @property
    def low(self) -> str:
        return self.text.lower()

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()


def _told(lines: list[list[_Word]]) -> dict[str, set[str]]:
    """What any occurrence of a word in the text tells of the others, by their stem."""
    told: dict[str, set[str]] = {}
    for line in lines:
        for at, word in enumerate(line):
            here = told.setdefault(_stem(word.low), set())
            before = line[at - 1] if at else None
            if not word.capital:
                here.add("lower")
                continue
            here |= {f"name:{word.named}"} if word.named else set()
            here |= {"leader"} if "leader" in word.person else set()
            if before:
                here |= {"given-before"} if before.given else set()
                here |= {"title-before"} if "title" in before.kind else set()
                here |= {"amid"} if before.text[0].islower() else set()
    return told


def _lines(tagger: Tagger, text: str, lang: str) -> Iterator[tuple[list[_Word], list[list[str]]]]:
    """Tokens and their features, line by line."""
    doc = tagger.read(text, lang, None, model=_NONE)
    paired, named, given = _paired(text), _named(doc), tagger.gazetteer.given_names
    known: dict[int, str] = {}
    for hit in doc.hits:
        kinds = "+".join(sorted({_KINDS[kind] for kind in hit.targets}))
        at = hit.start
        for token in _TOKEN.finditer(doc.visible, hit.start, hit.end):
            known[token.start()] = ("b:" if token.start() == at else "i:") + kinds
    said = {}
    for found in (*doc.people, *doc.places):
        for token in _TOKEN.finditer(doc.visible, found.start, found.end):
            mark = "b:" if token.start() == found.start else "i:"
            said[token.start()] = mark + ("leader" if found.kind == "leader" else found.entity.kind)
    lines = []
    for line in re.finditer(r"[^\n]+", text):
        words = []
        for token in _TOKEN.finditer(text, *line.span()):
            at, low = token.start(), token[0].lower()
            words.append(
                _Word(
                    at, token.end(), token[0], known.get(at, "-"), said.get(at, "-"), named.get(at, ""),
                    token[0][0].isupper() and _is_given(low, given),
                )
            )  # fmt: skip
        if words:
            lines.append(words)
    told = _told(lines)
    for words in lines:
        own = [_own(word, paired, told) for word in words]
        yield words, [_row(own, words, at) for at in range(len(own))]


def _own(word: _Word, paired: dict[str, set[str]], told: dict[str, set[str]]) -> list[str]:
    low = word.low
    own = [
        f"w={low}", f"s2={low[-2:]}", f"s3={low[-3:]}", f"s4={low[-4:]}", f"p3={low[:3]}", f"p5={low[:5]}",
        f"sh={_shape(word.text)}", f"k={word.kind}", f"t={word.person}",
    ]  # fmt: skip
    if word.capital:
        own += [f"in={place}" for place in sorted(paired.get(low[:5], ()))]
        own += [f"told={what}" for what in sorted(told[_stem(low)])]
    return own


def _row(own: list[list[str]], words: list[_Word], at: int) -> list[str]:
    row = ["bias", *own[at]]
    for step in (-2, -1, 0, 1, 2):
        if not 0 <= at + step < len(own):
            row.append(f"{step}:edge")
            continue
        near, word = own[at + step], words[at + step]
        if step:
            chosen = near if abs(step) == 1 else (near[0], near[6], near[7])
            row += [f"{step}:{name}" for name in chosen]
        if abs(step) == 1:
            row.append(f"{step}:{near[0]}|{own[at][6]}")
        if abs(step) < 2:
            row += [f"{step}:name={word.named}"] if word.named else []
            row += [f"{step}:given"] if word.given else []
    return row


def _marks(words: list[_Word], gold: Iterable[tuple[int, int, str]]) -> list[str]:
    inside = sorted(gold)
    marks = []
    for word in words:
        over = next((g for g in inside if g[0] < word.end and word.start < g[1]), None)
        opens = over is not None and word.start <= over[0]
        marks.append("O" if over is None else ("B-" if opens else "I-") + over[2])
    return marks


def names(
    tagger: Tagger, train: Iterable[Labelled], test: Iterable[Labelled]
) -> list[frozenset[tuple[int, int, str]]]:
    """What a conditional random field fitted to `train` finds in `test`, text by text."""
    trainer = pycrfsuite.Trainer(verbose=False)
    for one in train:
        for words, rows in _lines(tagger, one.text, one.lang):
            low, high = words[0].start, words[-1].end
            gold = [g for g in one.spans if g[0] < high and low < g[1]]
            trainer.append(rows, _marks(words, gold))
    trainer.set_params({"c1": 0.1, "c2": 0.05, "max_iterations": 60, "feature.minfreq": 2})
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "names.crfsuite")
        trainer.train(file)
        tag = pycrfsuite.Tagger()
        tag.open(file)
        found = [_read(tagger, tag, one) for one in test]
        tag.close()
    return found


def _read(tagger: Tagger, tag: pycrfsuite.Tagger, one: Labelled) -> frozenset[tuple[int, int, str]]:
    lines, found = [], set()
    for words, rows in _lines(tagger, one.text, one.lang):
        lines.append(words)
        found |= set(_spans(words, tag.tag(rows)))
    return frozenset(found | _again(lines, found))


def _spans(words: list[_Word], marks: list[str]) -> Iterator[tuple[int, int, str]]:
    start, kind, last = 0, "", 0
    for word, mark in zip(words, marks, strict=True):
        if kind and mark != f"I-{kind}":
            yield start, last, kind
            kind = ""
        if mark != "O" and not kind:
            start, kind = word.start, mark[2:]
        last = word.end
    if kind:
        yield start, last, kind


def _again(lines: list[list[_Word]], found: set[tuple[int, int, str]]) -> set[tuple[int, int, str]]:
    """Capitalised words outside of any name whose stem is more often a person's in this text."""
    inside = {at: kind for start, end, kind in found for at in range(start, end)}
    capitals = [word for line in lines for word in line if word.capital and len(word.text) > 2]
    person: Counter[str] = Counter()
    for word in capitals:
        person[_stem(word.low)] += 1 if inside.get(word.start) == "PER" else -1
    return {
        (word.start, word.end, "PER")
        for word in capitals
        if word.start not in inside and person[_stem(word.low)] > 0
    }
