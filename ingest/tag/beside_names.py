"""What stands beside a name and says that it is another's, or no person's: Merkel Street, Ivanka, Jong-nam."""

from __future__ import annotations

import re

from ingest.tag.capitals import opens_sentence
from ingest.tag.document import Document
from ingest.tag.family_words import HONORIFICS, NO_GIVEN
from ingest.tag.fold import fold
from ingest.tag.gazetteer import ADJECTIVE, EPITHET, PLACE, SURNAME, TITLE
from ingest.tag.given import FAMILY_FIRST, find_given
from ingest.tag.match import Hit, whole_places

# What follows a family name that is no person's: "Merkel Street", "вулиця Путіна".
_AFTER_GUARD = re.compile(
    r"[ -](?:street|avenue|road|square|airport|library|foundation|institute|center|centre|university|"
    r"stra(?:ß|ss)e|allee|stiftung|doctrine|plan|prize|award|effect)\b|"
    r"-platz\b|-(?:младш|молодш|малодш|старш|junior)|,? jr(?!\w)| (?:&|and|и|і|й|i|und|et|y|ve) (?:sons|co\b|сыновья|сини|сыны|synowie|sohne|fils|hijos|ogullari)|"
    r"[ ,—–-]{1,3}(?:однофамил|однофаміл|аднафаміл|no relation|not related)"
)
_BEFORE_GUARD = re.compile(
    r"(?:улиц[аеыу]|проспект\w*|вулиц\w+|вуліц\w+|ulic\w+|calle|rue|avenue|plaza|place|площад\w+|"
    r"footballer|fu(?:ß|ss)baller|futbolista|futbolcu|pilkarz\w*|midfielder|striker|goalkeeper|singer|actor|actress|footballeur|футболист\w*|хоккеист\w*|"
    r"вратар\w*|нападающ\w+|варатар\w*|абаронц\w*|нападнік\w*|воротар\w*|захисни\w+|защитни\w+|keeper|bramkarz\w*|obronc\w*|"
    r"актор\w*|актер\w*|musician|jazzgeiger|sangerin|dj) $"
)

# "a taxi driver called Erdogan": what a family name stands alone behind where another bears it.
CALLED = re.compile(
    r"(?:called|named|an? mr\.?|namens|nomme|nommee|llamad[oa]|apellidad[oa]|по фамилии|на прізвище|на прозвішча|o nazwisku|adli|soyadli) $"
)
NAME_BEHIND = re.compile(r" [A-ZÀ-ÞА-ЯЁІЇЄҐЎŁŚŻĆÇŞİÖÜČŠŽ][\w'’-]+")  # "minister Jean Valjean"
NAME_BEFORE = re.compile(r"[A-ZÀ-ÞА-ЯЁІЇЄҐЎŁŚŻĆÇŞİÖÜČŠŽ][\w'’]{2,} $")
_TURKISH_SUFFIX = re.compile(r"['’][a-zçğıöşü]{1,6}$")
_GIVEN_BEFORE = re.compile(r"(\w[\w'’-]*|[A-ZА-Я]\.) $")


def guarded(doc: Document, start: int, end: int) -> bool:
    """Whether what stands beside a name says that it is another's, or no person's."""
    before = doc.folded.text[max(0, start - 30) : start]
    after = doc.folded.text[end : end + 16]
    return bool(_AFTER_GUARD.match(after) or _BEFORE_GUARD.search(before))


def then_another(doc: Document, index: int) -> bool:
    """Whether it is the given name of the person whose family name follows ("Ібрагіма Галі")."""
    if index + 1 >= len(doc.hits):
        return False
    hit, after = doc.hits[index], doc.hits[index + 1]
    if after.start != hit.end + 1 or not after.has(SURNAME):
        return False
    if doc.lang in ("en", "de", "fr", "es") and not after.has(PLACE):
        return True  # two names side by side are one person's there
    bearers = [doc.gazetteer.compiled.entities[row] for row in after.rows(SURNAME)]
    return find_given(doc.visible, after.start, bearers, doc.lang) is not None


def goes_on(doc: Document, index: int, end: int) -> bool:
    """Whether a word in capitals that the gazetteer does not know follows a name."""
    behind = NAME_BEHIND.match(doc.visible, end)
    if behind is None:
        return False
    after = doc.hits[index + 1] if index + 1 < len(doc.hits) else None
    if doc.lang == "de" and fold(behind[0][1:]) not in doc.gazetteer.given_names:
        return False  # every noun has a capital
    return after is None or after.start != end + 1


def given_follows(doc: Document, index: int, end: int) -> bool:
    """Whether a family name that comes first has another given name behind it: "Kim Jong-nam"."""
    if goes_on(doc, index, end):
        return True
    after = doc.hits[index + 1] if index + 1 < len(doc.hits) else None
    rows = after.rows(SURNAME) if after is not None and after.start == end + 1 else ()
    entities = doc.gazetteer.compiled.entities
    return bool(rows) and all(entities[row].country in FAMILY_FIRST for row in rows)


def title_before(doc: Document, index: int) -> bool:
    """Whether a title stands right before a hit."""
    if index == 0:
        return False
    previous = doc.hits[index - 1]
    return doc.hits[index].start - previous.end <= 1 and (
        previous.has(EPITHET) or previous.has(TITLE)
    )


def other_given_name(doc: Document, hit: Hit, index: int) -> bool:
    """Whether a capitalised word that is no title, place or adjective stands right before."""
    match = _GIVEN_BEFORE.search(doc.visible, max(0, hit.start - 30), hit.start)
    if match is None or not match[1][0].isupper() or match[1].isupper():
        return False
    if index:
        left = doc.hits[index - 1]
        there = left.end == match.end(1) and left.start <= match.start(1)
        if there and not _is_given_name(doc, left, match[1]):
            return False
    if doc.lang == "tr" and _TURKISH_SUFFIX.search(match[1]):
        return False  # "Soçi'de Putin": no name in front, but a place with its ending
    if match[1] in NO_GIVEN:
        return False
    if opens_sentence(doc.visible, match.start(1)):
        return fold(match[1]) in doc.gazetteer.given_names
    if doc.lang == "de":
        return fold(match[1]) in doc.gazetteer.given_names and match[1] not in ("Herr", "Frau")
    return match[1] not in HONORIFICS


def _is_given_name(doc: Document, hit: Hit, word: str) -> bool:
    """Whether a word that is someone's family name too is a given name: "Charles Powell"."""
    only = hit.has(SURNAME) and not any(map(hit.has, (TITLE, EPITHET, ADJECTIVE, PLACE)))
    return only and len(word) > 2 and fold(word) in doc.gazetteer.given_names


def is_a_word(doc: Document, hit: Hit) -> bool:
    """Whether a name that opens a sentence is a word that the text has in small letters too."""
    if not opens_sentence(doc.visible, hit.start):
        return False
    word = doc.visible[hit.start : hit.end].lower()
    return next(whole_places(doc.visible, word), None) is not None
