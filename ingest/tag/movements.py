"""Leaders of movements, by its name beside a title: "the Hamas leader", „szef Unity“."""

from __future__ import annotations

import re
from functools import cache

from ingest.tag.document import Document
from ingest.tag.sources import rows


@cache
def _movements() -> tuple[tuple[re.Pattern[str], re.Pattern[str], str, str], ...]:
    made = []
    for country, office, names, *_ in rows("movements.tsv"):
        words = "|".join(map(re.escape, names.split(";")))
        made.append(
            (
                re.compile(rf"(?<!\w)(?:{words})[ -]$"),
                re.compile(
                    rf"(?: (?:of|of the|de|de la|de las|de los|du|des|del|der|von|w))? (?:{words})(?!\w)"
                ),
                country,
                office,
            )
        )
    return tuple(made)


def movement_beside(doc: Document, start: int, end: int) -> tuple[int, int, str, str] | None:
    """The movement that a leader's title at text[start:end] names: "the Hamas leader", „szef Unity“.

    Returns:
        Bounds of the title with the movement, its state and its office.
    """
    text = doc.folded.text
    for before, after, country, office in _movements():
        if found := before.search(text, max(0, start - 24), start):
            return found.start(), end, country, office
        if found := after.match(text, end):
            return start, found.end(), country, office
    return None
