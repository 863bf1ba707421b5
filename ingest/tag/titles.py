"""Titles that stand for a person: "the Belarusian leader", «президент России», „der Kremlchef“.

A title in front of a name, or in apposition to one, is no mention of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import islice

from ingest.tag.document import Document, Found
from ingest.tag.gazetteer import ADJECTIVE, EPITHET, LEADER, PLACE, SURNAME, TITLE, Entity
from ingest.tag.match import Hit
from ingest.tag.movements import movement_beside
from ingest.tag.title_bearers import OFFICES, who
from ingest.tag.title_words import Title, modified

__all__ = ["OFFICES", "find_titles"]

_ARTICLE = re.compile(
    r"(?:^|(?<=[^\w]))(the|der|die|den|dem|des|le|la|l'|el|la|los|las|its|his|her|their) ?$"
)
_SPAN_ARTICLES = frozenset({"the", "der", "die", "den", "dem", "le", "la", "l'", "el"})
_NAME_AHEAD = re.compile(r" ?[A-ZÀ-ÞА-ЯЁІЇЄҐЎŁŚŻĆÇŞİÖÜ][\w'’.-]+")
_SLAVIC = frozenset({"ru", "uk", "be", "pl"})
# Behind a head ("глава", "szef") and the adjective of a state: whose head it is.
_TAILS: dict[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    lang: tuple((category, re.compile(rf" (?:{words})(?!\w)")) for category, words in tails)
    for lang, tails in {
        "ru": (
            ("fm", r"мид\w{0,2}|дипломатии|внешнеполитического ведомства|министерства иностранных дел"),
            ("premier", "правительства|кабинета|кабмина|кабинета министров"), ("president", "государства"),
            ("dm", "минобороны|оборонного ведомства|военного ведомства|министерства обороны"),
            ("security", r"гкнб|разведки|спецслужб\w?|совбеза"),
        ),
        "uk": (
            ("fm", "мзс|дипломатії|зовнішньополітичного відомства"), ("premier", "уряду|кабміну|кабінету"),
            ("president", "держави"), ("dm", "міноборони|оборонного відомства"), ("security", "розвідки"),
        ),
        "be": (
            ("fm", "мзс|дыпламатыі|знешнепалітычнага ведамства"), ("premier", "урада"), ("president", "дзяржавы"),
            ("dm", "мінабароны"),
        ),
        "pl": (
            ("fm", "msz|dyplomacji|msz-u"), ("premier", "rzadu|gabinetu"), ("president", "panstwa"),
            ("dm", "mon|resortu obrony"), ("security", "wywiadu"),
        ),
        "en": (("fm", "diplomacy|foreign ministry"), ("premier", "government"), ("president", "state")),
        "fr": (
            ("fm", "des affaires etrangeres|des relations exterieures"), ("dm", "de la defense|des armees"),
        ),
        "es": (
            ("fm", "de (?:asuntos )?exteriores|de relaciones exteriores"), ("dm", "de defensa"),
        ),
    }.items()
}  # fmt: skip
_HEAD = re.compile(
    r"(?<!\w)(?:глав(?:а|ы|е|у|ой|ою)|голов(?:а|и|і|у|ою)|очільни(?:к|ця)\w{0,3}|керівни(?:к|ця)\w{0,3}|кірауні(?:к|ца)\w{0,3}|"
    r"руководител\w{1,3}|шеф\w{0,3}|szef\w{0,3}|glow\w{1,2}|head of (?:the )?) ?$"
)
# Institutions whose envoys, chiefs and spokesmen are named by them.
_ORGANISATIONS = (
    (
        "UN",
        r"u\.?n\.?|united nations|оон|аан|onz|onu|bm|uno?|nations unies|naciones unidas|vereinten nationen",
    ),
    (
        "EU",
        "eu|european union|ес|єс|ue|ab|union europeenne|union europea|евросоюза|євросоюзу|еурасаюза",
    ),
    ("AUC", "african union|union africaine|union africana|африканского союза|африканського союзу"),
    ("ARAB", "arab league|ligue arabe|liga arabe|лиги арабских государств|ліги арабських держав"),
)
_OF_ORGANISATION = tuple(
    (code, re.compile(rf" (?:of |of the |de l'|des |de la |de las |der |dla )?(?:{names})(?!\w)"))
    for code, names in _ORGANISATIONS
)
_ORGANISATIONS_ = tuple(
    (code, re.compile(rf"(?<!\w)(?:{names})[ -]$")) for code, names in _ORGANISATIONS
)
_BY_ORGANISATION = frozenset({"envoy", "spox", "diplomat", "fm"})
_OF = re.compile(r" (?:of|of the|de|du|des|de la|del|de l'|d'|von|der|des|vom) ?")
_TURKISH_OF = re.compile(r"('?\w{0,5})? ")


def find_titles(doc: Document) -> None:
    """Add the titles that stand for one person to `doc.people`."""
    people = list(doc.people)
    added: list[Found] = []
    said: dict[
        str, set[str]
    ] = {}  # of whom the text says what: "General Burhan", "the mediator, X"
    read: list[tuple[Title, int, str]] = []
    index = 0
    while index < len(doc.hits):
        title, used = _read_title(doc, index)
        index += used
        if title is None:
            continue
        start, manner = modified(doc, title)
        beside = _beside_name(doc, title, _with_article(doc, start), people)
        if isinstance(beside, Found):
            said.setdefault(beside.entity.id, set()).add(title.category)
        if not beside:
            read.append((title, start, manner))
    for title, bare_start, manner in read:
        if manner == "indefinite":
            continue
        start = _with_article(doc, bare_start)
        known = sorted([*people, *added], key=lambda f: f.start)
        person = who(doc, title, manner, known, said)
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


def _read_title(doc: Document, index: int) -> tuple[Title | None, int]:
    """A title that begins at hit `index`, or just before it, and how many hits it takes."""
    hits = doc.hits
    hit = hits[index]
    after = hits[index + 1] if index + 1 < len(hits) else None
    if hit.has(EPITHET):
        country, office = doc.gazetteer.compiled.epithets[hit.rows(EPITHET)[0]]
        return Title(hit.start, hit.end, country, "", office), 1
    if hit.has(ADJECTIVE) or (hit.has(PLACE) and _country_of(doc, hit)):
        country = _country_of(doc, hit)
        headed = _headed(doc, hit, country)
        if headed is not None:
            return headed, 1
        first = hit.has(ADJECTIVE) or doc.lang in ("en", "de", "tr")
        if first and after is not None and after.has(TITLE) and _category(doc, after):
            gap = _gap(doc, hit, after)
            if gap in (" ", "-", "'s ", "s ") or (doc.lang == "tr" and _TURKISH_OF.fullmatch(gap)):
                return Title(hit.start, after.end, country, _category(doc, after)), 2
        return None, 1
    if hit.has(TITLE):
        return _noun_first(doc, hit, after)
    return None, 1


def _noun_first(doc: Document, hit: Hit, after: Hit | None) -> tuple[Title | None, int]:
    """A title that begins with its noun: "президент Турции", « le ministre turc de la Défense »."""
    category = _category(doc, hit)
    if not category:
        return None, 1
    if category in ("leader", "chief"):
        movement = movement_beside(doc, hit.start, hit.end)
        if movement is not None:
            start, end, country, office = movement
            return Title(start, end, country, "", office, movement=True), 1
    if after is not None:
        gap = _gap(doc, hit, after)
        country = _country_of(doc, after)
        if country and after.has(ADJECTIVE) and gap == " " and doc.lang in ("fr", "es"):
            end = after.end
            if category == "minister":
                for special, tail in _TAILS[doc.lang]:
                    if found := tail.match(doc.folded.text, end):
                        return Title(hit.start, found.end(), country, special), 2
            return Title(hit.start, end, country, category), 2
        if country and after.has(PLACE):
            slavic = doc.lang in _SLAVIC and gap == " "
            if slavic or _OF.fullmatch(gap):
                return Title(hit.start, after.end, country, category), 2
    if category in _BY_ORGANISATION:
        for code, pattern in _OF_ORGANISATION:
            if found := pattern.match(doc.folded.text, hit.end):
                return Title(hit.start, found.end(), code, category), 1
        for code, pattern in _ORGANISATIONS_:
            if found := pattern.search(doc.folded.text, max(0, hit.start - 24), hit.start):
                return Title(found.start(), hit.end, code, category), 1
    return Title(hit.start, hit.end, "", category), 1


def _headed(doc: Document, hit: Hit, country: str) -> Title | None:
    """«глава иранского МИД», „szef polskiej dyplomacji“: an adjective between a head and its office."""
    tails = _TAILS.get(doc.lang)
    if tails is None or doc.lang in ("fr", "es") or not hit.has(ADJECTIVE):
        return None
    for category, tail in tails:
        if end := tail.match(doc.folded.text, hit.end):
            head = _HEAD.search(doc.folded.text, max(0, hit.start - 16), hit.start)
            return Title(head.start(), end.end(), country, category) if head else None
    return None


def _with_article(doc: Document, start: int) -> int:
    match = _ARTICLE.search(doc.folded.text, max(0, start - 6), start)
    if match and match[1] in _SPAN_ARTICLES:
        return match.start(1)
    return start


_LONGEST_NAME = 200  # code points
_APPOSED = re.compile(r" ?[,(—–-] ?(?:the |der |die |den |dem |le |la |el |l['’])?")


def _beside_name(doc: Document, title: Title, start: int, people: list[Found]) -> Found | bool:
    """Whose name stands beside the title, or True where an unknown one does, or False."""
    text = doc.visible
    first = bisect_left(people, title.start - _LONGEST_NAME, key=lambda f: f.start)
    for found in islice(people, first, None):
        if found.start > title.end + 3:
            break
        if found.how == "title":
            continue
        if found.start >= title.end:
            ahead = text[title.end : found.start]
            if ahead.strip(" ,") == "" and ("," not in ahead or _may_be(title, found.entity)):  # fmt: skip
                return found
            continue
        behind = text[found.end : start] if found.end <= start else text[found.end : title.start]
        if len(behind) <= 8 and _APPOSED.fullmatch(behind) and _may_be(title, found.entity):
            return found
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


def _may_be(title: Title, entity: Entity) -> bool:
    """Whether a title on the other side of a comma can be the person's.

    "Trump, the Kremlin aide said"; "согласием Папы, Рубио назвал".
    """
    if not entity.offices:
        return True
    if title.country and title.country not in {
        entity.country,
        *(o.country for o in entity.offices),
    }:
        return False
    if title.category not in _HELD_ONLY:
        return True
    return any(held.office in OFFICES[title.category] for held in entity.offices)


# Offices of which the gazetteer knows every holder that matters.
_HELD_ONLY = frozenset({"pope", "king", "emir", "crown", "secgen", "statesec"})
