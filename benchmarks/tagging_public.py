"""The tagger on public test sets, beside published figures: metonymy, place names, people.

    python benchmarks/tagging_public.py FOLDER [--shipped] [--only TEXT]

FOLDER holds checkouts, each found by its files, none of them ours to ship:
- milangritta/Minimalist-Location-Metonymy-Resolution: ReLocaR and SemEval-2007 (locations);
- milangritta/Pragmatic-Guide-to-Geoparsing-Evaluation: GeoWebNews and TR-News;
- SlavicNLP/SlavicNER: people and places in Polish, Ukrainian, Russian.

Two figures of ours stand beside the published ones. `shipped` is the tagger as installed: it knows
leaders, not people, and the places that talks are held in; a set that calls more than these a name
says little of it. `trained` is a model of our features fitted to the set's own training part and
thrown away; the floors hold for it. `--shipped` leaves it out. Where people count, `with names`
adds to the shipped tagger what its model for unknown names finds (`ingest.tag.persons`). A set that is not there is named.
Prints tables and one JSON line; a `trained` figure under its floor ends with 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import print_json, print_table
from public_formats import (
    Labelled,
    Reading,
    read_geowebnews,
    read_relocar,
    read_semeval,
    read_slavicner,
    read_tr_news,
)
from throwaway import metonymy, names, read_place

from ingest.tag import Tagger
from ingest.tag.evaluate import f1
from ingest.tag.persons import find_persons
from ingest.tag.roles import assign_roles

Spans = frozenset[tuple[int, int, str]]


@dataclass(frozen=True, slots=True)
class Known:
    """What others reached, and what a model trained on the set must reach here."""

    published: str
    floors: tuple[float, ...]


KNOWN = {
    "ReLocaR": Known("83.6 PreWin, 93.9 BERT-base (accuracy)", (0.84,)),
    "SemEval-2007 locations": Known("86.2 Nastase, 89.1 BERT-large (accuracy)", (0.78,)),
    "GeoWebNews": Known("77.1 NCRF++, 80.5 BERT (5-fold)", (0.76,)),
    "TR-News": Known("none for spans alone", (0.78,)),
    "SlavicNER pl, cross-topic": Known("92.2 XLM-R, all classes and languages", (0.91, 0.93)),
    "SlavicNER uk, cross-topic": Known("92.2 XLM-R, all classes and languages", (0.92, 0.93)),
    "SlavicNER ru, cross-topic": Known("91.7 / 86.4 natasha", (0.90, 0.85)),
    "SlavicNER pl, unseen topic": Known("none", (0.80, 0.78)),
    "SlavicNER uk, unseen topic": Known("none", (0.75, 0.74)),
    "SlavicNER ru, unseen topic": Known("90.5 / 83.7 natasha", (0.89, 0.82)),
}
SPLITS = (("cross-topic", "cross-topic"), ("single_out_topic", "unseen topic"))
FOLDS = 5
_TITLES = ("office:", "title-of-")  # "the Belarusian leader" is no name in any set


# --- metonymy --------------------------------------------------------------------------------


def shipped_metonymy(tagger: Tagger, test: list[Reading]) -> list[bool]:
    said = []
    for one in test:
        doc, index = read_place(tagger, one)
        assign_roles(doc, tagger.model)
        said.append(doc.places[index].role == "government")
    return said


def metonymy_scores(test: list[Reading], said: list[bool]) -> dict[str, float]:
    pairs = list(zip((one.metonymic for one in test), said, strict=True))
    right = sum(gold == mine for gold, mine in pairs)
    hits = sum(gold and mine for gold, mine in pairs)
    met = f1(hits, sum(mine for _gold, mine in pairs) - hits, sum(g for g, _m in pairs) - hits)
    return {"accuracy": round(right / len(pairs), 4), "metonymic_f1": met["f1"], "n": len(pairs)}


# --- names -----------------------------------------------------------------------------------


def shipped_names(tagger: Tagger, test: Iterable[Labelled]) -> list[Spans]:
    kinds = {"leader": "PER", "venue": "LOC"}
    return [
        frozenset(
            (m.start, m.end, kinds[m.kind])
            for m in tagger.tag(one.text, lang=one.lang).mentions
            if not m.rule.startswith(_TITLES)
        )
        for one in test
    ]


def with_persons(tagger: Tagger, test: Iterable[Labelled], said: list[Spans]) -> list[Spans]:
    """The shipped answer and, where it names nobody, the names that the model for people finds."""
    found = []
    for one, spans in zip(test, said, strict=True):
        doc = tagger.read(one.text, one.lang, None)
        more = {(*doc.original(*span), "PER") for span in find_persons(doc)}
        taken = {(start, end) for start, end, _kind in spans}
        found.append(spans | {m for m in more if not any(s < m[1] and m[0] < e for s, e in taken)})
    return found


def crossed(tagger: Tagger, texts: list[Labelled]) -> list[Spans]:
    """Each text as a model trained on the other four fifths reads it."""
    said: dict[str, Spans] = {}
    for part in range(FOLDS):
        held = texts[part::FOLDS]
        rest = [one for at, one in enumerate(texts) if at % FOLDS != part]
        said |= zip((one.name for one in held), names(tagger, rest, held), strict=True)
    return [said[one.name] for one in texts]


def name_scores(test: list[Labelled], said: list[Spans], kind: str) -> dict[str, float]:
    right = wrong = missed = 0
    for one, found in zip(test, said, strict=True):
        gold = {s for s in one.spans if s[2] == kind}
        mine = {s for s in found if s[2] == kind}
        right += len(gold & mine)
        wrong += len(mine - gold)
        missed += len(gold - mine)
    return f1(right, wrong, missed)


# --- the run ---------------------------------------------------------------------------------


def find(folder: Path, name: str) -> Path | None:
    return min(folder.rglob(name), default=None, key=lambda path: len(path.parts))


class Run:
    """Goes through the sets that are there; keeps rows, figures, and floors missed."""

    def __init__(self, folder: Path, *, train: bool, only: str) -> None:
        self.folder, self.train, self.only = folder, train, only
        self.tagger = Tagger.load()
        self.rows: list[tuple[object, ...]] = []
        self.figures: dict[str, Any] = {}
        self.missed: list[str] = []
        self.absent: list[str] = []

    def file(self, name: str, title: str) -> Path | None:
        path = find(self.folder, name)
        if path is None:
            self.absent.append(f"{title} (no {name})")
        return path

    def metonymy(
        self, title: str, read: Callable[[Path], list[Reading]], files: tuple[str, str]
    ) -> None:
        if self.only not in title:
            return
        paths = [self.file(name, title) for name in files]
        if None in paths:
            return
        train, test = (read(path) for path in paths if path)
        models = {"shipped": shipped_metonymy(self.tagger, test)}
        if self.train:
            models["trained"] = metonymy(self.tagger, train, test)
        for model, said in models.items():
            scores = metonymy_scores(test, said)
            self.keep(title, model, "", scores, scores["accuracy"], KNOWN[title].floors[0])

    def names(self, title: str, test: list[Labelled], kinds: tuple[str, ...],
              trained: Callable[[], list[Spans]]) -> None:  # fmt: skip
        if self.only not in title:
            return
        models = {"shipped": shipped_names(self.tagger, test)}
        if "PER" in kinds:
            models["with names"] = with_persons(self.tagger, test, models["shipped"])
        if self.train:
            models["trained"] = trained()
        for model, said in models.items():
            for kind, floor in zip(kinds, KNOWN[title].floors, strict=True):
                if model == "with names" and kind != "PER":
                    continue  # the same as shipped
                scores = name_scores(test, said, kind)
                self.keep(title, model, kind, scores, scores["f1"], floor)

    def keep(self, title: str, model: str, kind: str, scores: dict[str, float], figure: float,
             floor: float) -> None:  # fmt: skip
        shown = "  ".join(
            f"{name} {value:.0f}" if name == "n" else f"{name} {value * 100:.1f}"
            for name, value in scores.items()
        )
        held = model == "trained"
        self.rows.append(
            (
                title,
                model,
                kind,
                shown,
                f"{floor * 100:.0f}" if held else "",
                KNOWN[title].published,
            )
        )
        self.figures.setdefault(title, {}).setdefault(model, {})[kind or "all"] = scores
        if held and figure < floor:
            self.missed.append(f"{title}{' ' + kind if kind else ''}: {figure:.4f} < {floor}")
        print(*self.rows[-1][:5], sep=" | ", file=sys.stderr, flush=True)

    def all(self) -> None:
        self.metonymy("ReLocaR", read_relocar, ("ReLocaR_Train.xml", "ReLocaR_Test.xml"))
        self.metonymy(
            "SemEval-2007 locations", read_semeval, ("SemEval.train.xml", "SemEval.test.xml")
        )
        if place := self.file("GeoWebNews", "GeoWebNews"):
            texts = list(read_geowebnews(place))
            self.names("GeoWebNews", texts, ("LOC",), lambda: crossed(self.tagger, texts))
        if place := self.file("TR-News.xml", "TR-News"):
            news = list(read_tr_news(place))
            self.names("TR-News", news, ("LOC",), lambda: crossed(self.tagger, news))
        if place := self.file("SPLIT_cross-topic_test.txt", "SlavicNER"):
            for split, said in SPLITS:
                for lang in ("pl", "uk", "ru"):
                    self.slavic(place.parent, split, said, lang)

    def slavic(self, folder: Path, split: str, said: str, lang: str) -> None:
        test = list(read_slavicner(folder, f"{split}_test", lang))
        self.names(
            f"SlavicNER {lang}, {said}", test, ("PER", "LOC"),
            lambda: names(self.tagger, read_slavicner(folder, f"{split}_train", lang), test),
        )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shipped", action="store_true", help="train nothing")
    parser.add_argument("--only", default="", metavar="TEXT", help="sets with this in their title")
    args = parser.parse_args()
    run = Run(args.folder, train=not args.shipped, only=args.only)
    run.all()
    print_table(
        "public sets", ("set", "model", "kind", "figures, %", "floor", "published, %"), run.rows
    )
    for absent in run.absent:
        print(f"left out: {absent}")
    for missed in run.missed:
        print(f"under its floor: {missed}")
    print_json("tagging_public", **run.figures, absent=run.absent, under_floor=run.missed)
    return 1 if run.missed else 0


if __name__ == "__main__":
    sys.exit(main())
