"""What stands beside a name and says that it is another's, or no person's: Merkel Street, Ivanka, Jong-nam."""

from __future__ import annotations

import re

from ingest.tag.capitals import PARTICLE, opens_sentence
from ingest.tag.document import Document
from ingest.tag.family_words import HONORIFICS, NO_GIVEN
from ingest.tag.first_names import is_first_name
from ingest.tag.fold import CYRILLIC_UPPER, LATIN_UPPER, fold
from ingest.tag.gazetteer import ADJECTIVE, EPITHET, LEADER, PLACE, SURNAME, TITLE
from ingest.tag.given import FAMILY_FIRST, find_given
from ingest.tag.match import Hit, whole_places
from ingest.tag.namesakes import LOCATIVE

# What follows a family name that is no person's: "Merkel Street", "вулиця Путіна".
_AFTER_GUARD = re.compile(
    r"[ -](?:street|avenue|road|square|airport|library|foundation|institute|center|centre|university|"
    r"stra(?:ß|ss)e|allee|stiftung|doctrine|plan|prize|award|effect|"
    r"universitesi|vakfi|stadi|stadyumu|havalimani|caddesi|bulvari|parki|koprusu|hastanesi|lisesi|okulu)\b|"
    r"-platz\b|-(?:младш|молодш|малодш|старш|junior)|,? jr(?!\w)| (?:&|and|и|і|й|i|und|et|y|ve) (?:sons|co\b|сыновья|сини|сыны|synowie|sohne|fils|hijos|ogullari)|"
    r" (?:aircraft )?carrier| ucak gemi|-class\b|[ ,—–-]{1,3}(?:однофамил|однофаміл|аднафаміл|no relation|not related)"
)
_BEFORE_GUARD = re.compile(
    r"(?<!\w)(?:улиц[аеыу]|проспект\w*|вулиц\w+|вуліц\w+|ulic\w+|calle|rue|avenue|plaza|(?<!a )la place|площад\w+|"
    r"footballer|\w*fu(?:ß|ss)baller|futbolista|futbolcu|pilkarz\w*|midfielder|striker|(?:goal)?keeper|singer|actor|actress|footballeur|футболист\w*|хоккеист\w*|"
    r"вратар\w*|нападающ\w+|варатар\w*|абаронц\w*|нападнік\w*|воротар\w*|захисни\w+|защитни\w+|bramkarz\w*|obronc\w*|"
    r"актор\w*|актер\w*|musician|jazzgeiger|sangerin|dj|flughafen|аэропорт\w* имени|университет\w* имени|lotnisk\w+ im\.) $"
)
# Ships bear the names of the dead: "USS Gerald R. Ford", «авианосец "Джордж Буш"».
_SHIP = re.compile(
    r"(?<!\w)(?:u\.?s\.?s\.?|hms|carrier|destroyer|submarine|cruiser|авианос\w+|эсмин\w+|крейсер\w*|авіанос\w+|есмін\w+|авіяносец|"
    r"авіяносц\w+|lotniskow\w+|niszczyciel\w*|flugzeugtrager\w*|zerstorer\w*|porte-avions|destroyers?|portaviones|portaaviones|"
    r"destructor|ucak gemisi) [«„“\"']?$"
)
_FIRM = re.compile(rf"(?<!\w)([{LATIN_UPPER}]\w+) & $")  # "Frost & Sullivan"
_DOUBLE = re.compile(
    rf"(?<![\w’'-])([{LATIN_UPPER}{CYRILLIC_UPPER}]\w*[^\W\d_{LATIN_UPPER}{CYRILLIC_UPPER}]\w*)[-–]$"
)
# What a hyphen ties to a name that stays its bearer's: "Anti-Trump", "El-Sisi".
_TIED = frozenset(
    ["anti", "pro", "post", "ex", "pre", "non", "neo", "ultra", "never", "anty", "анти", "про", "пост", "экс", "екс"]
)  # fmt: skip
# "a taxi driver called Erdogan": what a family name stands alone behind where another bears it.
_CALLED = re.compile(
    r"(?<!\w)(?:an? mr\.?|namens|по фамилии|на прізвище|на прозвішча|o nazwisku|adli|soyadli|surnamed|"
    r"(?:an?|one|another|some|un|une|una|otro|otra|cierto|cierta) (?:[\w'-]+ ){1,3}(?:called|named|nommee?|llamad[oa]|apellidad[oa])) $"
)
# The verb: "a senator called Trump a bully".
_CALLED_SOMETHING = re.compile(
    r"'s(?!\w)| [\"“„«']| (?:an?|the|on|to|about|again|after|before|his|her|and|as|yesterday|today|tonight|"
    r"from|in|for|last|this|that|late|early|\w+ly)(?!\w)"
)
# A name in an address or a handle is no word of the text: "www.trump.com", "@trump".
_ADDRESS_BEFORE = re.compile(r"[@#./]")
_ADDRESS_BEHIND = re.compile(r"[@/]|\.\w")
NAME_BEHIND = re.compile(r" [A-ZÀ-ÞА-ЯЁІЇЄҐЎŁŚŻĆÇŞİÖÜČŠŽ][\w'’-]+")  # "minister Jean Valjean"
NAME_BEFORE = re.compile(r"[A-ZÀ-ÞА-ЯЁІЇЄҐЎŁŚŻĆÇŞİÖÜČŠŽ][\w'’]{2,} $")
_TURKISH_SUFFIX = re.compile(r"['’][a-zçğıöşü]{1,6}$")
_GIVEN_BEFORE = re.compile(r"(\w[\w'’-]*|[A-ZА-Я]\.) (?:(?:al|el|аль|эль|ель)[ -])?$")


def guarded(doc: Document, start: int, end: int) -> bool:
    """Whether what stands beside a name says that it is another's, or no person's."""
    before = doc.folded.text[max(0, start - 30) : start]
    after = doc.folded.text[end : end + 16]
    if _AFTER_GUARD.match(after) or _BEFORE_GUARD.search(before) or _SHIP.search(before):
        return True
    if before.endswith("& "):
        partner = _FIRM.search(doc.visible, max(0, start - 30), start)
        return partner is not None and not any(
            hit.end == partner.end(1) and (hit.has(SURNAME) or hit.has(LEADER)) for hit in doc.hits
        )
    return before.endswith("-") and _is_double(doc, start)


def _is_double(doc: Document, start: int) -> bool:
    """Whether a name is the second half of a double one that we do not know: „Bór-Komorowski“."""
    first = _DOUBLE.search(doc.visible, max(0, start - 30), start)
    if first is None or len(first[1]) < 3 or PARTICLE.fullmatch(first[1]):
        return False
    if fold(first[1]) in _TIED:
        return False
    entities = doc.gazetteer.compiled.entities
    return not any(
        hit.end == start - 1
        and (
            hit.targets.keys() != {PLACE}
            or any(entities[r].geonames is None for r in hit.rows(PLACE))
        )
        for hit in doc.hits
    )


def is_called(doc: Document, hit: Hit) -> bool:
    """Whether it is told who bears the name: "a taxi driver called Erdogan", "ein Mann namens Putin"."""
    text = doc.folded.text
    before = text[max(0, hit.start - 40) : hit.start]
    return bool(_CALLED.search(before)) and not _CALLED_SOMETHING.match(text, hit.end)


def then_another(doc: Document, index: int) -> bool:
    """Whether it is the given name of the person whose family name follows ("Ібрагіма Галі")."""
    if index + 1 >= len(doc.hits):
        return False
    hit, after = doc.hits[index], doc.hits[index + 1]
    if after.start != hit.end + 1 or not after.has(SURNAME):
        return False
    if doc.folded.text[hit.end] == "-" and not set(hit.rows(SURNAME)) & set(after.rows(SURNAME)):
        return False  # two who meet: "the Trump-Putin summit"
    if doc.lang in ("en", "de", "fr", "es") and not after.has(PLACE):
        return True  # two names side by side are one person's there
    if doc.lang == "tr" and _is_first_name(doc, doc.visible[hit.start : hit.end]):
        return True
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
    match = _given_before(doc, hit.start)
    if match is None or not match[1][0].isupper():
        return False
    word, start = match[1], match.start(1)
    shouted = word.isupper()
    if shouted and (len(word) < 3 or not doc.visible[hit.start : hit.end].isupper()):
        return False  # an initial, or letters that stand for a state
    if index:
        left = doc.hits[index - 1]
        there = left.end == match.end(1) and left.start <= start
        if there and not (
            _is_given_name(doc, left, word)
            or _is_no_place(doc, index - 1)
            or _is_another_family(doc, hit, index - 1)
        ):
            return False
    if doc.lang == "tr" and _TURKISH_SUFFIX.search(word):
        return False  # "Soçi'de Putin": no name in front, but a place with its ending
    if word in NO_GIVEN or word in HONORIFICS:
        return False
    if opens_sentence(doc.visible, start):
        return _is_first_name(doc, word) or _stands_elsewhere(doc, start, hit.end)
    return _is_first_name(doc, word) if shouted or doc.lang == "de" else True


def first_name_before(doc: Document, hit: Hit) -> bool:
    """Whether the word in front of a family name is certainly somebody's given name."""
    match = _given_before(doc, hit.start)
    return match is not None and match[1][0].isupper() and _is_first_name(doc, match[1])


def _given_before(doc: Document, start: int) -> re.Match[str] | None:
    """The word in front of a family name, of which an initial is no part: "John L. Sullivan"."""
    low = max(0, start - 30)
    match = _GIVEN_BEFORE.search(doc.visible, low, start)
    if match is None or match[1][-1] != ".":
        return match
    earlier = _GIVEN_BEFORE.search(doc.visible, low, match.start(1))
    return earlier if earlier is not None and earlier[1][0].isupper() else match


def _is_first_name(doc: Document, word: str) -> bool:
    return is_first_name(word, doc.lang, doc.gazetteer.given_names)


def _stands_elsewhere(doc: Document, start: int, end: int) -> bool:
    """Whether two words that open a sentence stand within one too, where a capital tells a name."""
    if doc.lang == "de":
        return False
    words = doc.visible[start:end]
    if words not in doc.inside:
        places = whole_places(doc.visible, words)
        doc.inside[words] = any(not opens_sentence(doc.visible, at) for at in places)
    return doc.inside[words]


def _is_no_place(doc: Document, index: int) -> bool:
    """Whether a hit that may be a place is a given name: "Charlotte Merz", but not "in Charlotte Merz"."""
    hit = doc.hits[index]
    if any(map(hit.has, (TITLE, EPITHET, ADJECTIVE, LEADER))) or not hit.has(PLACE):
        return False
    word = doc.visible[hit.start : hit.end]
    if not _is_first_name(doc, word) or LOCATIVE.search(
        doc.folded.text, max(0, hit.start - 12), hit.start
    ):
        return False
    places = (doc.gazetteer.compiled.entities[row] for row in hit.rows(PLACE))
    if any(p.kind == "country" and doc.countries.get(p.country, 0) > 1 for p in places):
        return False  # the text is about that state
    before = doc.hits[index - 1] if index else None
    return before is None or before.end != hit.start - 1 or not before.has(TITLE)


def _is_another_family(doc: Document, hit: Hit, index: int) -> bool:
    """Whether the hit before is the first of two family names: "Gabriel García Márquez"."""
    left = doc.hits[index]
    if not left.has(SURNAME) or any(map(left.has, (TITLE, EPITHET, ADJECTIVE, LEADER))):
        return False
    if not set(left.rows(SURNAME)).isdisjoint(hit.rows(SURNAME)):
        return False
    given = _GIVEN_BEFORE.search(doc.visible, max(0, left.start - 30), left.start)
    return given is not None and given[1][0].isupper() and _is_first_name(doc, given[1])


def _is_given_name(doc: Document, hit: Hit, word: str) -> bool:
    """Whether a word that is someone's family name too is a given name: "Charles Powell"."""
    only = hit.has(SURNAME) and not any(map(hit.has, (TITLE, EPITHET, ADJECTIVE, PLACE)))
    given = fold(word) in doc.gazetteer.given_names or _is_first_name(doc, word)
    return only and len(word) > 2 and given


def is_a_word(doc: Document, hit: Hit) -> bool:
    """Whether a name that opens a sentence is a word that the text has in small letters too."""
    if not opens_sentence(doc.visible, hit.start):
        return False
    word = doc.visible[hit.start : hit.end].lower()
    if word not in doc.inside:
        doc.inside[word] = any(
            not _ADDRESS_BEFORE.search(doc.visible, max(0, at - 1), at)
            and not _ADDRESS_BEHIND.match(doc.visible, at + len(word))
            for at in whole_places(doc.visible, word)
        )
    return doc.inside[word]
