"""The readable sources in `data/`: their rows and their hash. `refresh` takes some of them anew."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ingest.tag.gazetteer import Office

DATA = Path(__file__).parent / "data"
SOURCES = (
    "leaders.tsv", "leaders_more.tsv", "offices.tsv", "places.tsv", "places_more.tsv", "spellings.tsv", "countries.tsv",
    "cities.tsv", "cldr.tsv", "cldr_cities.tsv", "town_words.tsv", "titles.tsv", "adjectives.tsv", "epithets.tsv",
    "qids.tsv", "stoplist.tsv", "redirects.tsv",
)  # fmt: skip
# Read as they are while a text is tagged: an edit needs no compiling, but makes another tagger.
LISTS = (
    "concepts.tsv", "cues.tsv", "first_names.tsv", "movements.tsv", "peoples.tsv", "ranks.tsv", "stances.tsv", "towns.tsv",
)  # fmt: skip
CODE = ("inflect", "translit", "fold", "aliases", "sound", "heard")  # that makes names of names
# Of towns below this the label too may be a word (see town_words.tsv).
LABELLED_POPULATION = 30_000
LANGS = ("en", "ru", "uk", "be", "pl", "de", "fr", "es", "tr")


def rows(name: str) -> Iterator[list[str]]:
    """Rows of a source, comments and blank lines left out; missing cells at the end are empty."""
    path = DATA / name
    if not path.exists():
        return
    with path.open(encoding="utf-8") as source:
        for line in source:
            if line.strip() and not line.startswith("#"):
                yield [cell.strip() for cell in line.rstrip("\n").split("\t")] + [""] * 6


def sources_hash() -> str:
    """SHA-256 over all sources and the code that bends names; the compiled file carries it."""
    return _hash((*SOURCES, *(f"../{code}.py" for code in CODE)))


def lists_version() -> str:
    """The start of the SHA-256 over the lists that tagging reads; a tagger's version has it."""
    return _hash(LISTS)[:8]


def _hash(names: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for name in names:
        path = DATA / name
        if path.exists():
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def split_names(cell: str, sep: str) -> list[tuple[str, str]]:
    """`ru:Киев;Kiev` -> [(ru, Киев), ("", Kiev)]."""
    pairs = []
    for part in filter(None, (p.strip() for p in cell.split(sep))):
        match = re.match(r"(en|ru|uk|be|pl|de|fr|es|tr):(.+)", part)
        pairs.append((match[1], match[2]) if match else ("", part))
    return pairs


def read_offices() -> dict[str, list[Office]]:
    """Label -> offices, from offices.tsv."""
    held: dict[str, list[Office]] = {}
    for country, office, chain, *_ in rows("offices.tsv"):
        steps = [step.split(" ", 1) for step in chain.split("; ")]
        for index, (start, label) in enumerate(steps):
            end = steps[index + 1][0] if index + 1 < len(steps) else ""
            if label != "-":
                held.setdefault(label, []).append(Office(country, office, start, end))
    return {label: sorted(offices, key=lambda o: o.start) for label, offices in held.items()}
