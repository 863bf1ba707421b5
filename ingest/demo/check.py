"""Checks the articles' YAML files for what a writer gets wrong. Pure.

`python -m ingest.demo.check` prints the problems and ends with 1 if there are any.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from typing import Any

from ingest.demo.newsroom import article_rows, publishers
from ingest.demo.records import LAST_DAY, Site

_STATUSES = frozenset(("proposed", "agreed", "rejected", "hosted"))
_ROLES = _STATUSES | {"government", "location"}
_REQUIRED = {"id": str, "site": str, "day": int, "time": str, "title": str, "section": str}
_ALLOWED = frozenset(
    (*_REQUIRED, "authors", "kind", "copy_of", "text", "facts", "leaders", "venues")
)
_FACT_KEYS = frozenset(
    ("proposer", "venues", "parties", "status", "sentence", "background", "when")
)
_PARTY = re.compile(r"[A-Z]{2}|NATO")


def problems() -> list[str]:
    """What is wrong with the packaged articles, a sentence each."""
    _, sites, oddities = publishers()
    rows = article_rows()
    known = {row.get("id") for row in rows}
    found = list(row_problems(rows, {site.key: site for site in sites}))
    for kind, ids in oddities.items():
        found.extend(
            f"sites.yaml: oddities.{kind} names {i}, no article" for i in ids if i not in known
        )
    return found


def row_problems(rows: Sequence[Mapping[str, Any]], sites: Mapping[str, Site]) -> Iterator[str]:
    """What is wrong with rows of an articles file, a sentence each, led by the article's id."""
    by_id = {str(row.get("id")): row for row in rows}
    for name, count in Counter(str(row.get("id")) for row in rows).items():
        if count > 1:
            yield f"{name}: the id stands {count} times"
    for row in rows:
        name = str(row.get("id"))
        found = list(_shape(row, sites)) or [*_copy(row, by_id), *_content(row)]
        yield from (f"{name}: {problem}" for problem in found)


def _shape(row: Mapping[str, Any], sites: Mapping[str, Site]) -> Iterator[str]:
    for key, kind in _REQUIRED.items():
        if not isinstance(row.get(key), kind):
            yield f"{key} is missing or no {kind.__name__}"
    for key in row.keys() - _ALLOWED:
        yield f"unknown key {key}"
    if row.get("kind") not in ("story", "decoy"):
        yield "kind is neither story nor decoy"
    site = sites.get(row.get("site", ""))
    if site is None or not site.template:
        yield f"site {row.get('site')} has no articles"
    elif row.get("section") not in site.sections:
        yield f"section {row.get('section')} is none of {', '.join(site.sections)}"
    if isinstance(row.get("day"), int) and not 1 <= row["day"] <= LAST_DAY:
        yield f"day {row['day']} is outside 1..{LAST_DAY}"
    try:
        time.fromisoformat(str(row.get("time")))
    except ValueError:
        yield f"time {row.get('time')} is no HH:MM"
    if bool(row.get("text")) == bool(row.get("copy_of")):
        yield "needs either a text or copy_of"


def _copy(row: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if not row.get("copy_of"):
        return
    original = by_id.get(row["copy_of"])
    if original is None or not original.get("text"):
        yield f"copy_of {row['copy_of']} is no original"
    elif original["site"] == row["site"]:
        yield "repeats an article of its own site"


def _content(row: Mapping[str, Any]) -> Iterator[str]:
    text = str(row.get("text") or "")
    if not text:
        return
    paragraphs = [part for part in text.split("\n\n") if part.strip()]
    if len(paragraphs) != len(set(paragraphs)) or len(paragraphs) < 3:
        yield "needs at least three paragraphs, all different"
    if any("\n" in part.strip() for part in paragraphs):
        yield "a line break inside a paragraph"
    venues: Mapping[str, Any] = row.get("venues") or {}
    for place, roles in venues.items():
        if not isinstance(roles, list) or not set(roles) <= _ROLES or not roles:
            yield f"venue {place}: roles {roles} are not known"
    for index, fact in enumerate(row.get("facts") or ()):
        yield from (f"fact {index + 1}: {problem}" for problem in _fact(fact, row, text))


def _fact(fact: Mapping[str, Any], row: Mapping[str, Any], text: str) -> Iterator[str]:
    for key in fact.keys() - _FACT_KEYS:
        yield f"unknown key {key}"
    if missing := _FACT_KEYS - {"background", "when"} - fact.keys():
        yield f"lacks {', '.join(sorted(missing))}"
        return
    if fact["status"] not in _STATUSES:
        yield f"status {fact['status']} is not known"
    if fact["sentence"] not in text:
        yield "the sentence is no part of the text"
    if not fact["venues"]:
        yield "names no venue"
    venues = row.get("venues") or {}
    for place in fact["venues"]:
        if place not in venues:
            yield f"venue {place} is not among the article's venues"
    for party in fact["parties"]:
        if not (isinstance(party, str) and _PARTY.fullmatch(party)):
            yield f"party {party} is no code"
    proposer = fact["proposer"]
    named = (*(row.get("leaders") or ()), None)
    if proposer not in named and not _PARTY.fullmatch(proposer):
        yield f"proposer {proposer} is not among the article's leaders"


def main() -> int:
    """Print the problems; 1 if there are any."""
    found = problems()
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
