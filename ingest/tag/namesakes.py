"""Names of places that are none where they stand: Jordan Henderson, the Vienna Game, «Динамо-Минск»."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ingest.tag.capitals import opens_sentence
from ingest.tag.document import Document
from ingest.tag.fold import fold
from ingest.tag.gazetteer import ADJECTIVE, CURATED, EPITHET, PLACE, TITLE, Entity
from ingest.tag.match import Hit

# Given names that are places: before another name they are a person's, whatever stands before them.
_GIVEN = frozenset(
    """
    jordan georgia victoria paris lincoln chad austin charlotte florence sydney israel kenya savannah carolina
    virginia alexandria adelaide houston brooklyn chelsea milan madison jackson santiago valencia sofia montana
    dallas denver phoenix trinidad asia india china america ireland holland cameron kingston hamilton washington
    troy виктория джорджия остин вікторія джорджія петру азия азию азии азія азію азії берні домініка доминика
    """.split()  # noqa: SIM905
)

# Of those, who is more often a person than the place.
_RATHER_A_PERSON = frozenset(
    """
    victoria lincoln charlotte florence austin madison jackson виктория вікторія
    """.split()  # noqa: SIM905
)
LOCATIVE = re.compile(
    r"(?:^|[ \n«„“\"(])(?:in|into|to|near|outside|inside|at|across|around|via|through|toward|towards|leave|left|a|au|en|"
    r"de|depuis|vers|pres de|hacia|desde|por|w|we|do|z|ze|pod|kolo|na|nad|przez|в|во|из|с|под|на|у|з|із|зі|до|біля|пад|ля) $"
)
_FROM_OR_FOR = re.compile(r"(?:^|[ \n«„“\"(])(?:from|for|between|against|with|of|by) $")
_CALLED = re.compile(
    r"(?<!\w)(?:(?:man|woman|boy|girl|baby|child|son|daughter|someone) (?:called|named|nicknamed)|namens|по имени|на имя|"
    r"імені|imieniem) $"
)
_NEXT = re.compile(r" ([^\W\d_][\w'’.-]*)")
_PREVIOUS = re.compile(r"([^\W\d_][\w'’-]*) $")

# Capitalised words beside a place that make no other name of it.
_BESIDE = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december i gmt lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes
    miercoles jueves viernes sabado domingo pazartesi sali carsamba persembe cuma cumartesi pazar ocak subat mart
    nisan mayis haziran temmuz agustos eylul ekim kasim aralik north south east west northern southern eastern
    western central greater old new upper lower mainland communist nazi soviet imperial post-soviet downtown mr mrs
    ms dr m mme sr sra herr frau bay sayin hanim and or la el los las le les l'
    """.split()  # noqa: SIM905
)
_INSTITUTION = re.compile(
    r" (?:city|united|saint-germain|watch|co|corp|inc|ltd|hotels?|bank|airlines|airways|club|match|game|gambit|defence|"
    r"defense|nationals|conventions?|free port|brands?|seal|bakery|tours|islands|heights|facility|fashion|week|traktor|\w+-?verband)\b"
)
_PARTICIPLE = re.compile(r"-(?:\w+ed|\w+ing|led|held|run|bound|born|friendly)\b")
_BUILDING = re.compile(
    r"(?:резиденци\w+|дворц\w+|палац\w*|отел\w*|готел\w*|гостиниц\w*|базе?|аэродром\w*|residenc\w*|hotel\w*) .$"
)

# A name that is spoken of as a word, in quotation marks, is still the place.
_SPOKEN = re.compile(
    r"(?<!\w)(?:слов\w+|сказа\w+|казав|вимовля\w+|произн\w+|назва\w+|word|says?|said|slowo|powiedzia\w+|wort|sagte|"
    r"mot|palabra|dijo|kelimesi\w*|dedi) .$"
)
_ORGANISATION = r"(?:NATO|EU|UN|ONU|OTAN|UE|OSCE|НАТО|ЕС|ООН|ЄС|ААН|ОБСЕ|ОБСЄ|ONZ|OBWE|AB|BM)"
_ORGANISATION_BEFORE = re.compile(r"\b" + _ORGANISATION + r"[-‑‐–]$")  # as written, not folded
_ORGANISATION_AFTER = re.compile(r"[-‑‐–]" + _ORGANISATION + r"\b")
HYPHENS = ("-", "‑", "‐")
_OPENING, _CLOSING = "«„“\"'‘", "»”“\"'’"


def is_in_a_title(doc: Document, hit: Hit, index: int, entity: Entity) -> bool:
    """Whether a place is part of a title: "US envoy Steve Witkoff", «госсекретарь США Блинкен»."""
    behind = doc.hits[index + 1] if index + 1 < len(doc.hits) else None
    if doc.lang == "en" and behind is not None and behind.has(TITLE):
        written_small = doc.visible[behind.start].islower()  # not "in Baabda Palace General Aoun"
        beside = behind.start == hit.end + 1 and doc.visible[hit.end] == " "
        return beside and (entity.kind == "country" or written_small)
    before = doc.hits[index - 1] if index else None
    if before is None or before.end != hit.start - 1 or not before.has(TITLE):
        return False
    if doc.folded.text[before.start : before.end] == "после":
        return False  # "after", far more often than "of the ambassador"
    return doc.lang in ("ru", "uk", "be", "pl") and doc.visible[hit.start - 1] == " "


def is_part_of_a_name(
    doc: Document, hit: Hit, index: int, entity: Entity, countries: Mapping[str, int]
) -> bool:
    """Whether a name of a place is part of another's: a person's, a firm's, a club's, a work's."""
    visible, text = doc.visible, doc.folded.text
    tied = entity.kind == "country" or arabic_article(doc, hit.start) is None
    if (tied and _in_compound(doc, hit, index)) or (entity.kind != "site" and _quoted(doc, hit)):
        return True
    surface = visible[hit.start : hit.end]
    if entity.kind == "site" or surface.isupper():
        return False
    before = text[max(0, hit.start - 20) : hit.start]
    given = text[hit.start : hit.end] in _GIVEN
    if given and _CALLED.search(before):
        return True
    if _INSTITUTION.match(text, hit.end) and visible[hit.end + 1 : hit.end + 2].isupper():
        return True
    if doc.lang == "de":
        return False
    latin = given or doc.lang not in _BENDING
    if latin and _before_a_name(doc, hit, index, given=given):
        return not _is_heading(doc, hit)
    if _behind_a_name(doc, hit, index, entity, given=given):
        return not _is_heading(doc, hit)
    return (
        text[hit.start : hit.end] in _RATHER_A_PERSON
        and not countries.get(entity.country)
        and not LOCATIVE.search(before)
        and not _FROM_OR_FOR.search(before)
        and text[hit.end : hit.end + 2] not in (", ", "'s")
    )


# Elsewhere a name before a capitalised word is most often part of its name.
_BENDING = frozenset({"de", "tr", "ru", "uk", "be"})


def _before_a_name(doc: Document, hit: Hit, index: int, *, given: bool) -> bool:
    """Whether a capitalised word follows that is no place, person, title or day."""
    follows = _NEXT.match(doc.visible, hit.end)
    if follows is None or not follows[1][0].isupper() or follows[1].isupper():
        return False
    word = follows[1]
    if fold(word).rstrip(".'") in _BESIDE:
        return False
    before = doc.folded.text[max(0, hit.start - 20) : hit.start]
    locative = LOCATIVE.search(before)
    if locative or (not given and _FROM_OR_FOR.search(before)):
        return False
    behind = doc.hits[index + 1] if index + 1 < len(doc.hits) else None
    at = hit.end + 1
    if behind is not None and behind.start == at:
        if behind.has(TITLE) or behind.has(EPITHET) or behind.has(ADJECTIVE):
            return False
        if behind.has(PLACE) and doc.folded.text[behind.start : behind.end] not in _GIVEN:
            rows = behind.rows(PLACE)
            named = [doc.gazetteer.compiled.entities[row] for row in rows]
            return not any(e.geonames is None or e.weight >= CURATED for e in named)
    person = any(f.start == at for f in doc.people)
    return not (person and (not given or before.endswith("from ")))


def _behind_a_name(doc: Document, hit: Hit, index: int, entity: Entity, *, given: bool) -> bool:
    """Whether a capitalised word stands before that is no title, place or day: Denzel Washington."""
    if doc.lang in ("ru", "uk", "be", "pl"):
        spelled = entity.names.get(doc.lang, ())
        if doc.visible[hit.start : hit.end] not in spelled:  # a bent one is no club's or firm's
            return False
    elif doc.lang not in ("en", "fr", "es"):
        return False
    previous = _PREVIOUS.search(doc.visible, max(0, hit.start - 30), hit.start)
    if previous is None or not previous[1][0].isupper() or previous[1].isupper():
        return False
    word = fold(previous[1])
    if word in _BESIDE or len(word) < 3 or word.endswith("'s"):
        return False
    numbered = doc.visible[: previous.start(1)].rstrip(" ")[-1:].isdigit()
    if numbered or opens_sentence(doc.visible, previous.start(1)):
        return False
    before = doc.hits[index - 1] if index else None
    if before is not None and before.end == previous.end(1):
        return given and doc.folded.text[before.start : before.end] in _GIVEN
    return not any(f.end == previous.end(1) for f in doc.people)


def _is_heading(doc: Document, hit: Hit) -> bool:
    """Whether most words around are capitalised: a headline's words are no names."""
    start, end = doc.sentence(hit.start)
    words = re.findall(r"[^\W\d_]{4,}", doc.visible[start:end])
    ends = doc.visible[start:end].rstrip()[-1:] in ".!?…»”"
    return not ends and len(words) > 3 and sum(w[0].isupper() for w in words) > 0.8 * len(words)


_ARABIC = re.compile(r"(?:(?<=[\s(«„“\"'’])|^)(?:[Ee]l|[Aa]l|[ЭэАаЕе]ль)[-‑]$")


def arabic_article(doc: Document, start: int) -> int | None:
    """Where the Arabic article tied to a name begins (El-Fasher), or None; a person's is none of a place."""
    article = _ARABIC.search(doc.visible, max(0, start - 4), start)
    if article is None:
        return None
    before = _PREVIOUS.search(doc.visible, max(0, article.start() - 30), article.start())
    opens = before is None or not before[1][0].isupper()
    return article.start() if opens else None


def _in_compound(doc: Document, hit: Hit, index: int) -> bool:
    """Whether a hyphen ties the name to what is no place: «Динамо-Минск», Minsk-Gruppe, NATO–Rosja."""
    visible = doc.visible
    if _ORGANISATION_BEFORE.search(visible, max(0, hit.start - 10), hit.start):
        return True
    if _ORGANISATION_AFTER.match(visible, hit.end) or (arabic_article(doc, hit.start) is not None):
        return True  # Ель-Кувейт is the city
    if _PARTICIPLE.match(visible, hit.end):
        return False
    # A hyphen, no dash: "in Geneva—if at all".
    if visible[hit.end : hit.end + 1] in HYPHENS and visible[hit.end + 1 : hit.end + 2].isalnum():
        behind = doc.hits[index + 1] if index + 1 < len(doc.hits) else None
        tied = behind is not None and behind.start == hit.end + 1
        return not (tied and behind is not None and _is_known_place(doc, behind))
    before = visible[max(0, hit.start - 2) : hit.start]
    if len(before) == 2 and before[1] in "-‑‐–" and before[0].isalpha():
        word = re.search(r"\w+$", visible[max(0, hit.start - 30) : hit.start - 1])
        earlier = doc.hits[index - 1] if index else None
        tied = (
            earlier is not None
            and earlier.end == hit.start - 1
            and (not earlier.has(PLACE) or _is_known_place(doc, earlier))
        )
        return word is not None and word[0][0].isupper() and not tied
    return False


def _is_known_place(doc: Document, hit: Hit) -> bool:
    """Whether a hit may be a place that somebody curated, or its adjective."""
    every = doc.gazetteer.compiled.entities
    return hit.has(ADJECTIVE) or any(
        every[row].geonames is None or every[row].weight >= CURATED for row in hit.rows(PLACE)
    )


def _quoted(doc: Document, hit: Hit) -> bool:
    """Whether the name alone stands in quotation marks behind a common noun: ансамбль «Женева»."""
    before, after = (
        doc.visible[max(0, hit.start - 3) : hit.start],
        doc.visible[hit.end : hit.end + 1],
    )
    if len(before) < 3 or before[-1] not in _OPENING or not after or after not in _CLOSING:
        return False
    if after in "'’" and before[-1] not in "'‘":
        return False
    if before[-2] != " " or not before[-3].isalpha():
        return False
    before = doc.folded.text[max(0, hit.start - 16) : hit.start]
    return not _BUILDING.search(before) and not _SPOKEN.search(before)
