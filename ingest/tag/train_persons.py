"""Train the weights for people's names: `python -m ingest.tag.train_persons FILE…`.

Files are labelled articles (JSON lines) and articles of the sample newsroom (YAML). Where a file
labels leaders, their full names are the examples; in the newsroom's, the names that the gazetteer
finds. Same files, same weights. Needs python-crfsuite. `--cv` prints what the model and the
title-and-name patterns find of people held out of the gazetteer, and writes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pycrfsuite
import yaml

from ingest.tag.document import Document
from ingest.tag.evaluate import f1, key_of
from ingest.tag.fold import fold_text
from ingest.tag.gazetteer import LEADER, SURNAME, Gazetteer
from ingest.tag.match import Hit, find_hits
from ingest.tag.overlaid import without_sounds
from ingest.tag.people import find_people
from ingest.tag.persons import (
    MARKS,
    WEIGHTS,
    PersonModel,
    Span,
    find_persons,
    is_full_name,
    read_lines,
)
from ingest.tag.train import folds_of

PARAMETERS = {"c1": 0.1, "c2": 0.05, "max_iterations": 60, "feature.minfreq": 2}
FOLDS = 4
SMALL = 5  # weights under this, in hundredths, decide nothing
Line = tuple[list[list[str]], list[str]]


class Text:
    """An article: what the gazetteer finds in it, and the leaders labelled, if any are."""

    def __init__(
        self,
        gazetteer: Gazetteer,
        fewer: Sequence[Gazetteer],
        raw: dict[str, Any],
    ) -> None:
        self.gazetteer, self.fewer, self.raw = gazetteer, fewer, raw
        self.id, self.lang, self.folded = raw["id"], raw["lang"], fold_text(raw["text"])
        self.hits = find_hits(gazetteer.compiled.forms, self.folded)
        self.labels = [
            (m["start"], m["end"], m["name"])
            for m in raw.get("mentions", ())
            if m["kind"] == "leader"
        ]
        self.is_labelled = "mentions" in raw

    def read(self, held: int | None = None) -> Document:
        """The text as the gazetteer reads it without the people of a fold."""
        doc = Document(
            text=self.folded.visible, folded=self.folded, lang=self.lang, day=None,
            hits=self.hits if held is None else list(self._without(held)),
            gazetteer=self.gazetteer if held is None else self.fewer[held],
        )  # fmt: skip
        find_people(doc)
        return doc

    def _without(self, held: int) -> Iterable[Hit]:
        entities = self.gazetteer.compiled.entities
        for hit in self.hits:
            people = {
                kind: tuple(r for r in hit.rows(kind) if fold_of(entities[r].name) != held)
                for kind in (LEADER, SURNAME)
            }
            if targets := {kind: rows for kind, rows in {**hit.targets, **people}.items() if rows}:
                yield replace(hit, targets=targets)

    def held_out(self, held: int) -> list[Span]:
        """Where people of a fold are named, by the labels and by the gazetteer."""
        entities = self.gazetteer.compiled.entities
        return [(s, e) for s, e, name in self.labels if fold_of(name) == held] + [
            (hit.start, hit.end)
            for hit in self.hits
            if any(fold_of(entities[row].name) == held for row in hit.rows(LEADER))
        ]

    def lines(self, held: int | None = None) -> list[Line]:
        """Features and marks of the lines to learn from; none that names someone held out."""
        doc, text = self.read(held), self.folded.visible
        if self.is_labelled:
            names = [(s, e) for s, e, _name in self.labels]
        else:
            names = [(p.start, p.end) for p in doc.people if p.how == "full"]
        names = [(s, e) for s, e in names if is_full_name(text[s:e])]
        skip = self.held_out(held) if held is not None else []
        return [
            (rows, [_mark(span, names) for span in spans])
            for spans, rows in read_lines(text, self.lang, doc.hits)
            if not any(s < spans[-1][1] and spans[0][0] < e for s, e in skip)
        ]


def _mark(span: Span, names: list[Span]) -> str:
    for start, end in names:
        if start < span[1] and span[0] < end:
            return "B" if span[0] <= start else "I"
    return "O"


def fold_of(name: str) -> int:
    """The fold of a person, by name."""
    return hashlib.sha256(key_of(name).encode()).digest()[0] % FOLDS


def _read_file(path: Path) -> list[dict[str, Any]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines() if line]
    return [{**row, "lang": path.stem} for row in yaml.safe_load(text) if row.get("text")]


def read_texts(paths: list[Path]) -> list[Text]:
    """The texts of labelled files and of the newsroom, in a fixed order; none that needs mending."""
    gazetteer = Gazetteer.load()
    fewer = [_without_fold(gazetteer, held) for held in range(FOLDS)]
    raws = sorted((raw for path in paths for raw in _read_file(path)), key=lambda raw: raw["id"])
    texts = [Text(gazetteer, fewer, raw) for raw in raws]
    return [text for text in texts if text.folded.offsets is None]  # labels count what is invisible


def _without_fold(gazetteer: Gazetteer, held: int) -> Gazetteer:
    """A gazetteer that does not know the people of a fold by their sound."""
    compiled = gazetteer.compiled
    rows = {
        row
        for row, entity in enumerate(compiled.entities)
        if entity.kind == "leader" and fold_of(entity.name) == held
    }
    return Gazetteer(
        msgspec.structs.replace(compiled, sounds=without_sounds(compiled.sounds, rows))
    )


def train(lines: Iterable[Line]) -> PersonModel:
    """Fit a conditional random field."""
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    for rows, marks in lines:
        trainer.append(rows, marks)
    trainer.set_params(PARAMETERS)
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "persons.crfsuite")
        trainer.train(file)
        tagger = pycrfsuite.Tagger()
        tagger.open(file)
        info = tagger.info()
        tagger.close()
    states: dict[str, list[int]] = {}
    for (name, mark), weight in sorted(info.state_features.items()):
        states.setdefault(name, [0, 0, 0])[MARKS.index(mark)] = round(weight * 100)
    moves = [[round(info.transitions.get((a, b), 0) * 100) for b in MARKS] for a in MARKS]
    for was in ("O", "B", "I"):
        if (was, "I") not in info.transitions:
            moves[MARKS.index(was)][MARKS.index("I")] = -10_000  # never seen: no name begins so
    return PersonModel(
        {name: row for name, row in states.items() if max(map(abs, row)) >= SMALL}, moves
    )


def cross_validate(
    texts: list[Text], folds: Iterable[int] = range(FOLDS)
) -> dict[str, dict[str, dict[str, float]]]:
    """Full names of labelled leaders whom neither gazetteer nor training knew, by language.

    For each fold: trained without a quarter of the people and of the topics, scored on those. A span is right if it is the label's; a person who is no leader counts as wrong.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    topics = folds_of([text.raw for text in texts if text.is_labelled], FOLDS)
    for held in folds:
        rest = [t for t in texts if not t.is_labelled or t.id not in topics[held]]
        model = train(line for text in rest for line in text.lines(held))
        for text in texts:
            if not text.is_labelled or text.id not in topics[held]:
                continue
            doc, visible = text.read(held), text.folded.visible
            gold = {
                (s, e)
                for s, e, n in text.labels
                if fold_of(n) == held and is_full_name(visible[s:e])
            }
            patterns = {
                (p.start, p.end) for p in doc.people
                if p.entity.id.startswith("leader:?") and is_full_name(visible[p.start : p.end])
            }  # fmt: skip
            said = set(find_persons(doc, model))
            for who, found in (("patterns", patterns), ("model", said), ("both", patterns | said)):
                for lang in (text.lang, "all"):
                    counts[who, lang, "right"] += len(found & gold)
                    counts[who, lang, "wrong"] += len(found - gold)
                    counts[who, lang, "missed"] += len(gold - found)
    return {
        who: {
            lang: f1(*(counts[who, lang, which] for which in ("right", "wrong", "missed")))
            for lang in sorted({lang for _who, lang, _which in counts})
        }
        for who in ("patterns", "model", "both")
    }


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--cv", action="store_true")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    texts = read_texts(args.files)
    if args.cv:
        for who, langs in cross_validate(texts).items():
            for lang, figures in langs.items():
                sys.stdout.write(f"{who:<9} {lang:<4} {json.dumps(figures)}\n")
        return 0
    model = train(line for text in texts for line in text.lines())
    made = json.dumps(
        {"moves": model.moves, "states": model.states}, ensure_ascii=False, separators=(",", ":")
    )
    args.out.write_text(made + "\n", encoding="utf-8")
    sys.stdout.write(f"{args.out}: {args.out.stat().st_size} bytes, {len(model.states)} features\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
