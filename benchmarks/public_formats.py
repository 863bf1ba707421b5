"""Readers of public test sets for places, people and metonymy, as their authors publish them.

Each takes the file or folder of a checkout and yields texts with gold spans; offsets are half-open
code points into the text. What a reader cannot make sense of raises ValueError with its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

# GeoWebNews: expressions ("the city") and what merely looks like a place are no toponyms.
_NO_TOPONYM = frozenset(
    {"Literal_Expression", "Non_Lit_Expression", "Non_Toponym"}
    | {"AnnotatorNotes", "Modifier_Type", "Non_Locational"}  # said of another annotation
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One place in a text, and whether it stands for more than the place.

    Attributes:
        metonymic: or mixed, which the published figures count as metonymic.
    """

    text: str
    start: int
    end: int
    metonymic: bool


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with its names.

    Attributes:
        name: of its file.
        spans: (start, end, kind); kind is PER, LOC or OTHER, which nothing is scored by.
    """

    name: str
    lang: str
    text: str
    spans: frozenset[tuple[int, int, str]]


def read_relocar(path: Path) -> list[Reading]:
    """ReLocaR: `<sample>… <loc reading="lit|met|mix">Egypt</loc> …</sample>`."""
    return [
        _reading(sample, sample.find("loc"), ("met", "mix"))
        for sample in _root(path).iter("sample")
    ]


def read_semeval(path: Path) -> list[Reading]:
    """SemEval-2007 task 8: `<par>… <annot><location reading="literal">France</location></annot>`."""
    return [
        _reading(par, par.find("annot/location"), ("metonymic", "mixed"))
        for par in _root(path).iter("par")
    ]


def read_geowebnews(folder: Path) -> Iterator[Labelled]:
    """GeoWebNews: brat files, `12.txt` beside `12.ann` with `T3<tab>Literal 631 648<tab>words`."""
    for path in sorted(folder.glob("*.ann")):
        text = _text(path.with_suffix(".txt"))
        spans = set()
        for number, line in enumerate(_text(path).splitlines(), start=1):
            if not line.startswith("T"):
                continue
            try:
                _id, label, words = line.split("\t", 2)
                kind, *bounds = label.split(" ")
                start, end = int(bounds[0]), int(bounds[-1])
            except (ValueError, IndexError) as exc:
                raise ValueError(f"{path}:{number}: no brat annotation: {line[:80]}") from exc
            if kind not in _NO_TOPONYM:
                spans.add((*_mended(text, words, start, end), "LOC"))
        yield Labelled(path.stem, "en", text, frozenset(spans))


def read_tr_news(path: Path) -> Iterator[Labelled]:
    """TR-News and LGL: `<toponym><phrase>Ankara</phrase><start>9</start><end>15</end>`.

    Offsets that miss their phrase (117 of 1,319 in TR-News) move to its nearest occurrence.
    """
    for article in _root(path).iter("article"):
        text = article.findtext("text") or ""
        spans = set()
        for toponym in article.iter("toponym"):
            phrase, start, end = (toponym.findtext(tag) or "" for tag in ("phrase", "start", "end"))
            spans.add((*_mended(text, phrase, int(start), int(end)), "LOC"))
        yield Labelled(article.get("docid", ""), "en", text, frozenset(spans))


def read_slavicner(folder: Path, split: str, lang: str) -> Iterator[Labelled]:
    """SlavicNER: `ner/TOPIC/LANG/x.tsv` (start, end, surface, lemma, class, id) beside `raw/…`.

    Args:
        split: of `SPLIT_….txt`, which lists raw files, such as "cross-topic_test".
    """
    for line in _text(folder / f"SPLIT_{split}.txt").split():
        raw = folder / line
        if raw.parent.name != lang:
            continue
        table = folder / "ner" / raw.relative_to(folder / "raw").with_suffix(".tsv")
        if not table.exists():  # "x.txt_file_1.txt" keeps its inner suffix, "x.txt" loses it
            table = table.with_name(raw.name + ".tsv")
        spans = set()
        for number, row in enumerate(_text(table).splitlines(), start=1):
            cells = row.split("\t")
            if len(cells) == 6:
                kind = cells[4] if cells[4] in ("PER", "LOC") else "OTHER"
                spans.add((int(cells[0]), int(cells[1]), kind))
            elif row:
                raise ValueError(f"{table}:{number}: {len(cells)} columns, not 6")
        yield Labelled(raw.stem, lang, _text(raw), frozenset(spans))


def _root(path: Path) -> etree._Element:
    parser = etree.XMLParser(resolve_entities="internal", no_network=True, huge_tree=False)
    return etree.parse(path, parser).getroot()


def _text(path: Path) -> str:
    """A file's text with its own line ends: offsets count them."""
    return path.read_bytes().decode("utf-8")


def _reading(
    parent: etree._Element, place: etree._Element | None, metonymic: tuple[str, ...]
) -> Reading:
    if place is None or not place.text:
        raise ValueError(f"line {parent.sourceline}: no place in the sample")
    before, seen = "", False
    for piece in parent.xpath(".//text()"):
        owner = piece.getparent()
        if owner is place and piece.is_text:
            seen = True
            break
        before += piece
    assert seen
    name = place.text.strip()
    start = len(before) + place.text.index(name)
    whole = "".join(parent.itertext())
    return Reading(whole, start, start + len(name), place.get("reading") in metonymic)


def _mended(text: str, words: str, start: int, end: int) -> tuple[int, int]:
    """The span, moved to the nearest place where the words stand if they do not stand there."""
    if text[start:end] == words:
        return start, end
    found, at = [], text.find(words)
    while at >= 0:
        found.append(at)
        at = text.find(words, at + 1)
    if not found:
        return start, end
    best = min(found, key=lambda one: abs(one - start))
    return best, best + len(words)
