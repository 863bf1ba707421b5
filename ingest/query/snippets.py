"""Snippets: the stretch of a text that best shows why it was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.query.analysis import analyze
from ingest.query.ast import And, LeaderIs, Or, Phrase, PlaceIs, Prefix, Word
from ingest.query.projection import role_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.model import Article
    from ingest.query.analysis import Analysis
    from ingest.query.ast import Node

SNIPPET_CHARS = 240
"""Length that a snippet aims at; it is cut at spaces and may be shorter."""

Pieces = tuple[tuple[str, bool], ...]


def cut_snippet(article: Article, node: Node, *, chars: int = SNIPPET_CHARS) -> Pieces:
    """Return pieces of (text, is_match) around the densest matches of a query in the text.

    Words, phrases, prefixes and the mentions of leaders and places that the query asks for are
    matches; what it negates is not. Without any match: the text's beginning. The pieces joined
    are a stretch of the text, with `…` where it was cut.
    """
    text = article.text
    # Queries by fields alone need no analysis, which is half of what a hit costs.
    analysis = analyze(text, article.lang) if _has_words(node) else analyze("")
    spans = _merged(sorted(_spans(article, node, analysis)))
    start, end = _window(text, spans, chars)
    pieces: list[tuple[str, bool]] = []
    at = start
    for left, right in spans:
        if left < start or right > end:
            continue
        pieces += [(text[at:left], False), (text[left:right], True)]
        at = right
    pieces.append((text[at:end], False))
    if start > 0:
        pieces.insert(0, ("… ", False))
    if end < len(text):
        pieces.append((" …", False))
    return tuple(_joined(pieces))


def _has_words(node: Node) -> bool:
    match node:
        case And(children=children) | Or(children=children):
            return any(map(_has_words, children))
        case _:
            return isinstance(node, Word | Phrase | Prefix)


def _spans(article: Article, node: Node, analysis: Analysis) -> Iterator[tuple[int, int]]:
    match node:
        case Word(stems=stems):
            wanted = set(stems)
            for at, stem in enumerate(analysis.stems):
                if stem in wanted:
                    yield analysis.offsets[at]
        case Prefix(text=text):
            for at, term in enumerate(analysis.terms):
                if term.startswith(text):
                    yield analysis.offsets[at]
        case Phrase(terms=terms):
            length = len(terms)
            for at in range(len(analysis.terms) - length + 1):
                if analysis.terms[at : at + length] == terms:
                    yield analysis.offsets[at][0], analysis.offsets[at + length - 1][1]
        case LeaderIs(entities=entities):
            for mention in article.mentions:
                if mention.kind == "leader" and mention.entity in entities:
                    yield mention.start, mention.end
        case PlaceIs(entities=entities, roles=roles):
            for mention in article.mentions:
                wanted_place = entities is None or mention.entity in entities
                if mention.kind == "venue" and wanted_place and role_of(mention) in roles:
                    yield mention.start, mention.end
        case And(children=children) | Or(children=children):
            for child in children:
                yield from _spans(article, child, analysis)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def _window(text: str, spans: list[tuple[int, int]], chars: int) -> tuple[int, int]:
    """Return the bounds of the window that holds the most matches, the first of the best."""
    if len(text) <= chars:
        return 0, len(text)
    best, first, last = 0, 0, 0
    right = 0
    for left in range(len(spans)):
        right = max(right, left)
        while right + 1 < len(spans) and spans[right + 1][1] - spans[left][0] <= chars:
            right += 1
        if right - left + 1 > best:
            best, first, last = right - left + 1, spans[left][0], spans[right][1]
    spare = max(0, chars - (last - first))
    start = max(0, first - spare // 2)
    end = min(len(text), max(last, start + chars))
    if start > 0:  # at a space, so that no word is cut
        space = text.find(" ", start, first)
        start = space + 1 if space >= 0 else start
    if end < len(text):
        space = text.rfind(" ", last, end)
        end = space if space > start else end
    return start, end


def _joined(pieces: list[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
    held = ("", False)
    for text, is_match in pieces:
        if not text:
            continue
        if is_match == held[1]:
            held = (held[0] + text, is_match)
        else:
            if held[0]:
                yield held
            held = (text, is_match)
    if held[0]:
        yield held
