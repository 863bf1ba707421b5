"""Models trained on a public set's own training part, from our features, scored and thrown away.

They tell what the features are worth on the set's own terms: what it calls a name, and where a
place stands for its government, differ from what this project means. Part of tagging_public.py.
"""

from __future__ import annotations

import math
import random
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pycrfsuite
from public_formats import Labelled, Reading

from ingest.tag import Tagger
from ingest.tag.document import Document, Found
from ingest.tag.features import features, read_sentences
from ingest.tag.gazetteer import Entity
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
    return features(doc, read_sentences(doc), doc.places[index], index)


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


def _paired(text: str) -> dict[str, set[str]]:
    """Beginnings of words that stand beside another word with a capital: as the first, the second."""
    seen: dict[str, set[str]] = {}
    for pair in _PAIR.finditer(text):
        if pair[1][0].isupper() and pair[2][0].isupper():
            seen.setdefault(pair[1].lower()[:5], set()).add("1st")
            seen.setdefault(pair[2].lower()[:5], set()).add("2nd")
    return seen


def _words(
    tagger: Tagger, text: str, lang: str
) -> Iterator[tuple[list[tuple[int, int]], list[list[str]]]]:
    """Token bounds and features, line by line."""
    doc = tagger.read(text, lang, None, model=_NONE)
    paired = _paired(text)
    known: dict[int, str] = {}
    for hit in doc.hits:
        kinds = "+".join(sorted({_KINDS[kind] for _row, kind in hit.targets}))
        at = hit.start
        for token in _TOKEN.finditer(doc.visible, hit.start, hit.end):
            known[token.start()] = ("b:" if token.start() == at else "i:") + kinds
    said = {}
    for found in (*doc.people, *doc.places):
        for token in _TOKEN.finditer(doc.visible, found.start, found.end):
            mark = "b:" if token.start() == found.start else "i:"
            said[token.start()] = mark + ("leader" if found.kind == "leader" else found.entity.kind)
    for line in re.finditer(r"[^\n]+", text):
        spans = [m.span() for m in _TOKEN.finditer(text, *line.span())]
        own = []
        for start, end in spans:
            word = text[start:end]
            low = word.lower()
            own.append([
                f"w={low}", f"s2={low[-2:]}", f"s3={low[-3:]}", f"s4={low[-4:]}", f"p3={low[:3]}", f"p5={low[:5]}",
                f"sh={_shape(word)}", f"k={known.get(start, '-')}", f"t={said.get(start, '-')}",
            ])  # fmt: skip
            if word[0].isupper():
                own[-1] += [f"in={place}" for place in sorted(paired.get(low[:5], ()))]
        rows = []
        for at, mine in enumerate(own):
            row = ["bias", *mine]
            for step in (-2, -1, 1, 2):
                if 0 <= at + step < len(own):
                    near = own[at + step]
                    chosen = near if abs(step) == 1 else (near[0], near[6], near[7])
                    row += [f"{step}:{name}" for name in chosen]
                else:
                    row.append(f"{step}:edge")
            rows.append(row)
        if spans:
            yield spans, rows


def _marks(spans: list[tuple[int, int]], gold: Iterable[tuple[int, int, str]]) -> list[str]:
    inside = sorted(gold)
    marks = []
    for start, end in spans:
        over = next((g for g in inside if g[0] < end and start < g[1]), None)
        marks.append("O" if over is None else ("B-" if start <= over[0] else "I-") + over[2])
    return marks


def names(
    tagger: Tagger, train: Iterable[Labelled], test: Iterable[Labelled]
) -> list[frozenset[tuple[int, int, str]]]:
    """What a conditional random field fitted to `train` finds in `test`, text by text."""
    trainer = pycrfsuite.Trainer(verbose=False)
    for one in train:
        for spans, rows in _words(tagger, one.text, one.lang):
            low, high = spans[0][0], spans[-1][1]
            gold = [g for g in one.spans if g[0] < high and low < g[1]]
            trainer.append(rows, _marks(spans, gold))
    trainer.set_params({"c1": 0.1, "c2": 0.05, "max_iterations": 80, "feature.minfreq": 2})
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "names.crfsuite")
        trainer.train(file)
        tag = pycrfsuite.Tagger()
        tag.open(file)
        found = [frozenset(_spans(tagger, tag, one)) for one in test]
        tag.close()
    return found


def _spans(tagger: Tagger, tag: pycrfsuite.Tagger, one: Labelled) -> Iterator[tuple[int, int, str]]:
    for spans, rows in _words(tagger, one.text, one.lang):
        start, kind, last = 0, "", 0
        for (low, high), mark in zip(spans, tag.tag(rows), strict=True):
            if kind and mark != f"I-{kind}":
                yield start, last, kind
                kind = ""
            if mark != "O" and not kind:
                start, kind = low, mark[2:]
            last = high
        if kind:
            yield start, last, kind
