"""Where words with a capital stand: what may be a name."""

from __future__ import annotations

import re

from ingest.tag.fold import CYRILLIC_UPPER, LATIN_UPPER

Span = tuple[int, int]
# Behind them a sentence, a quotation, a bracket or an item of a list may open.
_BEFORE_A_SENTENCE = frozenset(".!?:;…«„“\"»”—–-'(¿¡*•|)")
# Letters; what is longer is no name, and nobody is to look it up and remember it.
LONGEST_WORD = 60

# A word with a capital, but not all in capitals: those are headlines and acronyms.
_NAMED = re.compile(
    rf"(?<!\w)(?=[\w'’ʼ-]{{0,30}}[a-zß-ÿа-яёіїєґў])[{LATIN_UPPER}{CYRILLIC_UPPER}][\w'’ʼ-]*\w"
)
# Words inside a name that one paper writes and another does not.
_PARTICLE = (
    r"(?:al|el|ul|bin|ben|ibn|abu|van|von|der|den|del|de|da|di|dos|du|la|le|uld|ould|аль|ель|эль|ас|аш|бин|бен|бін|ибн|"
    r"ібн|ван|вон|фон|дер|дэр|ден|де|дэ|ді|да|дос|душ|дус|ду|ля|ле|ульд|улд|уль)"
)
PARTICLE = re.compile(_PARTICLE, re.IGNORECASE)
_BETWEEN = re.compile(rf" (?:{_PARTICLE}[ -])*")


def opens_sentence(text: str, start: int) -> bool:
    """Whether what begins at `start` opens a sentence, a line, a quotation or a bracket."""
    gap = text[max(0, start - 3) : start]
    before = gap.rstrip()
    if before[-1:] == "'" and before[-2:-1].isalpha():
        return False  # d'Ivanka
    return not before or before[-1] in _BEFORE_A_SENTENCE or "\n" in gap[len(before) :]


def capitals(text: str) -> list[list[Span]]:
    """Bounds of words with a capital, those together that stand beside each other, particles between."""
    runs: list[list[Span]] = []
    for token in _NAMED.finditer(text):
        start, end = token.span()
        if end - start > LONGEST_WORD:
            continue
        if runs and _BETWEEN.fullmatch(text, runs[-1][-1][1], start):
            runs[-1].append((start, end))
        else:
            runs.append([(start, end)])
    return runs
