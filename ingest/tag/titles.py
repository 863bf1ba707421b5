"""Titles that stand for a person: "the Belarusian leader", «президент России», „der Kremlchef“.

A title in front of a name, or in apposition to one, is no mention of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.tag.document import Document, Found
from ingest.tag.gazetteer import ADJECTIVE, EPITHET, LEADER, PLACE, SURNAME, TITLE, Entity
from ingest.tag.match import Hit

OFFICES: dict[str, tuple[str, ...]] = {
    "leader": ("*", "pres", "pm", "king", "supreme"),
    "president": ("pres", "king"),
    "premier": ("pm",),
    "chancellor": ("pm",),
    "king": ("king",),
    "crown": ("crown",),
    "fm": ("fm",),
    "dm": ("dm",),
    "vp": ("vp",),
    "spox": ("spox", "mfaspox", "govspox"),
    "envoy": ("envoy",),
    "secgen": ("secgen",),
    "pope": ("pope",),
    "commission": ("commission",),
    "council": ("council", "adviser"),
    "secretary": ("fm",),
}
_ARTICLE = re.compile(
    r"(?:^|(?<=[^\w]))(the|der|die|den|dem|des|le|la|l'|el|la|los|las|its|his|her|their) ?$"
)
_SPAN_ARTICLES = frozenset({"the", "der", "die", "den", "dem", "des", "le", "la", "l'", "el"})
_OF_COUNTRY = re.compile(r" (?:of|de|du|des|de la|del|de l'|d'|von|der|des|vom) ?$")
_EX = re.compile(
    r"(?:\b|^)(?:former|ex|then|late|deputy|vice|acting|next|new|future|former|бывш\w+|экс|колишн\w+|ehemalige\w*|ancien\w*|exp?|byly|eski) ?-? ?$"
)
_NAME_AHEAD = re.compile(r" ?[A-ZÀ-ÞА-ЯЁІЇЄҐЎŁŚŻĆÇŞİÖÜ][\w'’.-]+")


@dataclass(slots=True)
class _Title:
    start: int
    end: int
    country: str
    category: str
    office: str = ""


def find_titles(doc: Document) -> None:
    """Add the titles that stand for one person to `doc.people`."""
    people = list(doc.people)
    added: list[Found] = []
    index = 0
    while index < len(doc.hits):
        title, used = _read_title(doc, index)
        index += used
        if title is None:
            continue
        start = _with_article(doc, title.start)
        if _beside_name(doc, title, people):
            continue
        person = _who(doc, title, sorted([*people, *added], key=lambda f: f.start))
        if person is None:
            continue
        entity, rule, confidence = person
        added.append(Found(start, title.end, entity, "leader", "title", rule, confidence))
    doc.people.extend(added)
    doc.people.sort(key=lambda f: (f.start, -f.end))
    kept: list[Found] = []
    for found in doc.people:
        if not kept or found.start >= kept[-1].end:
            kept.append(found)
    doc.people[:] = kept


def _country_of(doc: Document, hit: Hit) -> str:
    adjectives = hit.rows(ADJECTIVE)
    if adjectives:
        return doc.gazetteer.compiled.countries[adjectives[0]].code
    for row in hit.rows(PLACE):
        entity = doc.gazetteer.compiled.entities[row]
        if entity.kind == "country" or entity.id == "place:vatican-city-va":
            return entity.country
    return ""


def _category(doc: Document, hit: Hit) -> str:
    titles = doc.gazetteer.compiled.titles
    rows = hit.rows(TITLE)
    for row in rows:
        if titles[row][0] == doc.lang:
            return titles[row][1]
    return titles[rows[0]][1] if rows and not doc.lang else ""


def _gap(doc: Document, left: Hit, right: Hit) -> str:
    return doc.folded.text[left.end : right.start]


def _read_title(doc: Document, index: int) -> tuple[_Title | None, int]:
    """A title that begins at hit `index`, and how many hits it takes."""
    hits = doc.hits
    hit = hits[index]
    after = hits[index + 1] if index + 1 < len(hits) else None
    if hit.has(EPITHET):
        country, office = doc.gazetteer.compiled.epithets[hit.rows(EPITHET)[0]]
        return _Title(hit.start, hit.end, country, "", office), 1
    if hit.has(ADJECTIVE) or (hit.has(PLACE) and _country_of(doc, hit)):
        country = _country_of(doc, hit)
        if after is not None and after.has(TITLE) and _category(doc, after):
            gap = _gap(doc, hit, after)
            if gap in (" ", "-", "'s ", "s ") or (
                doc.lang == "tr" and re.fullmatch(r"('?\w{0,5})? ", gap)
            ):
                return _Title(hit.start, after.end, country, _category(doc, after)), 2
        return None, 1
    if hit.has(TITLE):
        category = _category(doc, hit)
        if not category:
            return None, 1
        if after is not None:
            gap = _gap(doc, hit, after)
            country = _country_of(doc, after)
            if country and after.has(ADJECTIVE) and gap == " " and doc.lang in ("fr", "es"):
                return _Title(hit.start, after.end, country, category), 2
            if country and after.has(PLACE):
                slavic = doc.lang in ("ru", "uk", "be", "pl") and gap == " "
                if slavic or re.fullmatch(
                    r" (?:of|of the|de|du|des|de la|del|de l'|d'|von|der|des|vom) ?", gap
                ):
                    return _Title(hit.start, after.end, country, category), 2
        return _Title(hit.start, hit.end, "", category), 1
    return None, 1


def _with_article(doc: Document, start: int) -> int:
    match = _ARTICLE.search(doc.folded.text, max(0, start - 6), start)
    if match and match[1] in _SPAN_ARTICLES:
        return match.start(1)
    return start


def _beside_name(doc: Document, title: _Title, people: list[Found]) -> bool:
    """Whether a name stands right after the title, or the title is in apposition to one."""
    text = doc.visible
    for found in people:
        if found.how == "title":
            continue
        ahead = text[title.end : found.start] if found.start >= title.end else None
        if ahead is not None and len(ahead) <= 3 and ahead.strip(" ,") == "":
            return True
        behind = text[found.end : title.start] if found.end <= title.start else None
        if (
            behind is not None
            and len(behind) <= 8
            and re.fullmatch(r" ?[,(—–-] ?(?:the |der |die |le |la |el |l['’])?", behind)
        ):
            return True
    name = _NAME_AHEAD.match(text, title.end)
    if name and text[title.end : title.end + 1] not in (".", ",", ""):
        hit_there = any(
            h.start == name.start() + (text[title.end] == " ")
            and not (h.has(SURNAME) or h.has(LEADER))
            for h in doc.hits
        )
        if not hit_there and doc.lang != "de":
            return True
    return False


def _who(doc: Document, title: _Title, people: list[Found]) -> tuple[Entity, str, float] | None:
    gazetteer = doc.gazetteer
    if title.office:
        holder = gazetteer.holder(title.country, title.office, doc.day)
        return (holder, f"office:{title.country}-{title.office}", 0.9) if holder else None
    if _EX.search(doc.folded.text, max(0, title.start - 14), title.start):
        return _recent(title, people)
    offices = OFFICES.get(title.category, ())
    if title.country:
        for named in offices:
            country = gazetteer.country_by_code.get(title.country)
            leading = country.leader_office if country else "pres"
            office = leading if named == "*" else named
            holder = gazetteer.holder(title.country, office, doc.day)
            if holder is not None:
                return holder, f"office:{title.country}-{office}", 0.88
        return _recent(title, people)
    if _definite(doc, title):
        return _recent(title, people)
    return None


def _definite(doc: Document, title: _Title) -> bool:
    """Whether a bare title is definite: an article where the language has one."""
    if doc.lang in ("ru", "uk", "be", "pl", "tr"):
        return doc.visible[title.start : title.start + 1].isupper() or title.category in (
            "president", "premier", "chancellor", "minister",
        )  # fmt: skip
    match = _ARTICLE.search(doc.folded.text, max(0, title.start - 6), title.start)
    return bool(match and match[1] in _SPAN_ARTICLES)


def _recent(title: _Title, people: list[Found]) -> tuple[Entity, str, float] | None:
    """The last person named before whose office fits."""
    offices = set(OFFICES.get(title.category, ()))
    if title.category == "minister":
        offices = {"fm", "dm"}
    if title.category == "envoy":
        offices = {"envoy", "special", "negotiator"}
    if title.category == "leader" and not title.country:
        return None
    for found in reversed([f for f in people if f.start < title.start]):
        if title.country and found.entity.country != title.country:
            continue
        held = {o.office for o in found.entity.offices}
        if held & offices:
            return found.entity, "title-of-last-named", 0.7
    return None
