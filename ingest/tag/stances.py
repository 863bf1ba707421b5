"""A refusal or readiness to meet at all, with no place named: by rules, in nine languages.

A word of refusing or of being ready, close to a word of meeting, said of a leader or a state that
the clause names before it. A sentence that names a place for the meeting is a proposal's business.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from ingest.model import VENUE_ROLES, MeetingStance
from ingest.tag.features import clause_of, read_sentences
from ingest.tag.fold import fold
from ingest.tag.proposals import speaks_for, state_code

if TYPE_CHECKING:
    from ingest.tag.document import Document, Found, Sentence

Stand = Literal["refused", "ready"]

NEAR = 45  # letters between the word of refusing or readiness and that of meeting
# Folded, as texts are matched. Of each language: words of meeting; refusals; readiness; what looks
# like a refusal and is readiness ("does not rule out").
_WORDS: dict[str, tuple[str, str, str, str]] = {
    "en": (
        r"meet(?:s|ing|ings)?|talks|negotiat\w*|summits?|sit down|dialogue|face-to-face",
        (r"refus\w*|declin\w*|reject\w*|rul(?:e|es|ed|ing) out|(?:will|would|does|did|do) not(?: want to)?|won't|"
        r"unwilling|not (?:ready|willing|prepared|going)|never|no (?:intention|plans?|point|sense|reason|need)|"
        r"call(?:ed|s)? off|cancel\w*|boycott\w*|walk(?:ed|s)? out"),
        r"(?:ready|willing|prepared|open|eager|happy)(?: to| for)|agree[sd]? to|accept\w*",
        r"(?:not|n't|never|has not|have not) (?:rul\w+ out|refus\w*|reject\w*|declin\w*)",
    ),
    "ru": (
        r"встреч\w*|встрет\w*|переговор\w*|диалог\w*|саммит\w*",
        (r"отказ\w+|отверг\w*|исключ\w+|не (?:будет|станет|намерен\w*|готов\w*|собира\w+|планиру\w+|хочет|жела\w+|видит)|"
        r"отмен\w+|сорва\w+"),
        r"готов\w*|соглас\w+|не против",
        r"не (?:исключ\w+|отказ\w+|отверг\w+)",
    ),
    "uk": (
        r"зустріч\w*|зустрі\w*|перегов\w*|перемов\w*|діалог\w*|саміт\w*",
        (r"відмов\w+|відкин\w+|відхил\w+|виключ\w+|не (?:буде|стане|має наміру|готов\w*|збира\w+|плану\w+|хоче|бачить)|"
        r"скасув\w+|зірва\w+"),
        r"готов\w*|згод\w+|погод\w+|не проти",
        r"не (?:виключ\w+|відмов\w+|відкида\w+)",
    ),
    "be": (
        r"сустрэч\w*|сустрак\w*|сустрэ\w*|перамо[ву]\w*|перагав\w*|дыялог\w*|саміт\w*",
        (r"адмов\w+|адмаул\w+|адмаві\w*|адхіл\w+|адкін\w+|выключ\w+|"
        r"не (?:будзе|стане|мае намеру|гатов\w*|збіра\w+|плану\w+|хоча|бачыць)|адмян\w+|сарва\w+"),
        r"гатов\w*|згод\w+|пагадз\w+|не супраць",
        r"не (?:выключ\w+|адмаул\w+|адкід\w+)",
    ),
    "pl": (
        r"spotka\w*|spotyka\w*|rozmow\w*|rozmaw\w*|negocj\w*|dialog\w*|szczy\w*",
        (r"odmow\w+|odmawi\w+|odrzuc\w+|wyklucz\w+|nie (?:bedzie|zamierz\w+|jest gotow\w*|planuj\w+|chce|widzi|ma zamiaru)|"
        r"odwol\w+|zerwa\w+"),
        r"gotow\w*|zgodz\w+|zgadza\w*|zgode",
        r"nie (?:wyklucz\w+|odmawi\w+|odrzuc\w+)",
    ),
    "de": (
        r"treffen|trifft|gesprach\w*|verhandl\w*|gipfel\w*|dialog\w*",
        (r"lehn\w*|ablehn\w*|abgelehnt|verweiger\w*|weiger\w*|schlie(?:ss|ß)\w*|schloss|ausgeschlossen|"
        r"nicht bereit|will (?:\w+ ){0,4}nicht|kein\w*|abgesagt|niemals"),
        r"bereit\w*|offen fur|zugestimmt|stimmt\w*|zustimm\w*",
        r"nicht (?:aus|ab|ausgeschlossen|abgelehnt|ausschlie\w+)",
    ),
    "fr": (
        r"rencontr\w*|entretien\w*|pourparler\w*|negoci\w*|dialogue\w*|sommet\w*",
        r"refus\w*|rejet\w*|exclu\w*|declin\w*|n(?:e |')\w+ pas|pas pret\w*|annul\w*|jamais",
        r"pret\w*|dispos\w*|accept\w*|ouvert\w* a",
        r"n'exclu\w* pas|ne refus\w* pas|n'a pas (?:exclu|refus)\w*",
    ),
    "es": (
        r"reunion\w*|reun\w*|encuentr\w*|negoci\w*|conversacion\w*|dialog\w*|cumbres?",
        (r"rechaz\w*|se nieg\w*|se neg\w*|descart\w*|declin\w*|no (?:se reun\w+|quiere|piensa|esta\w* dispuest\w*|ve)|"
        r"cancel\w*|nunca"),
        r"dispuest\w*|list[oa]s?|acept\w*|abiert\w* a",
        r"no (?:descart\w*|rechaz\w*|se nieg\w*|se nego)",
    ),
    "tr": (
        r"gorus\w*|bulus\w*|muzaker\w*|zirve\w*|diyalog\w*",
        (r"reddet\w*|geri cevir\w*|kabul etm\w*|istemiyor\w*|istemedi\w*|gorusmeyecek\w*|bulusmayacak\w*|niyeti yok|"
        r"yanasm\w*|hazir degil\w*|iptal et\w*"),
        r"hazir\w*|kabul ett\w*|kabul ediyor\w*|acik ol\w*|sicak bak(?:iyor|ti)\w*",
        r"reddetm(?:edi|iyor)\w*|dislamadi\w*",
    ),
}  # fmt: skip
_COMPILED = {
    lang: tuple(re.compile(rf"(?<!\w)(?:{words})(?!\w)") for words in four)
    for lang, four in _WORDS.items()
}
# Talking to these is no meeting of states.
_PRESS = re.compile(
    r".{0,12}(?:reporter|journalist|press|журналист|журналіст|прес|dziennikar|mediam|gazeteci|basin|periodist|prensa)"
)
# After these a name is who is spoken to or of, not who speaks.
_OBJECT = re.compile(
    r"(?:with|to|told|asked|for|of|by|from|between|с|со|для|от|у|к|з|із|зі|для|від|до|z|ze|od|dla|do|mit|fur|von|zwischen|"
    r"avec|pour|de|a|entre|con|para|ile|par|por) (?:the |der |dem |den |le |la |el )?(?:[^\W\d]+ ){0,2}$"
)
_WITH = re.compile(r"(?:with|с|со|з|із|зі|зь|z|ze|mit|avec|con) (?:the |der |dem |la |le |el )?$")
_TURKISH_OBJECT = re.compile(r" ile\b|'?y?l[ae]\b|'?[yn]?[aeiu]\b|'?[dt][ae]n\b")
_BENDS = frozenset({"ru", "uk", "be", "pl"})
# "Refused to say when they will meet" refuses no meeting.
_SAYING = re.compile(
    r"\b(?:say|comment|clarif|confirm|discuss|уточн|комент|коммент|подтверд|підтверд|пацвер|каменц|komentow|potwierdz|"
    r"kommentier|bestatig|preciser|precisar|coment|yorum)"
)
_BREAK = re.compile(r"[;:!?]|, (?:but|а|но|але|aber|mais|pero|ama|ale|albo) ")
_OURS = 6  # stances of one article at most: a digest of the day is no source of them


def find_stances(doc: Document) -> list[MeetingStance]:
    """Return the stances of a text in its order; each speaker's of a kind once."""
    patterns = _COMPILED.get(doc.lang)
    if patterns is None or not (doc.people or doc.places):
        return []
    meeting, refusal, ready, _not_refused = patterns
    text = doc.folded.text
    if not meeting.search(text) or not (refusal.search(text) or ready.search(text)):
        return []
    found: dict[tuple[str, Stand], MeetingStance] = {}
    for sentence in doc.read or read_sentences(doc):
        stance = _stance(doc, sentence, patterns)
        if stance is not None:
            found.setdefault((stance.by, stance.stand), stance)
    return list(found.values())[:_OURS]


def _stance(
    doc: Document, sentence: Sentence, patterns: tuple[re.Pattern[str], ...]
) -> MeetingStance | None:
    places = [p for p in doc.places if sentence.start <= p.start < sentence.end]
    if sentence.question or any(p.role in VENUE_ROLES and not _is_party(doc, p) for p in places):
        return None
    cue = _cue(doc.folded.text, sentence, patterns)
    if cue is None:
        return None
    stand, at, words = cue
    speaker = _speaker(doc, sentence, at)
    if speaker is None:
        return None
    by, name, country = _identity(doc, speaker)
    if not by:
        return None
    inside = _states(doc, sentence.start, sentence.end)
    parties = sorted({*inside, *([country] if country else [])})
    others = [code for code in parties if code != country]
    if not others:
        parties = sorted({*parties, *_likeliest(doc, country)})
    if len(parties) < 2:
        return None
    start, end = doc.original(sentence.start, sentence.end)
    return MeetingStance(
        by=by,
        by_name=name,
        country=country,
        stand=stand,
        parties=tuple(parties),
        start=start,
        end=end,
        confidence=0.7 if others else 0.5,
        rule=f"{words}; by {speaker.how} before it",
    )


def _is_party(doc: Document, place: Found) -> bool:
    """Whether a place is the other side: "talks with Kyiv"."""
    text = doc.folded.text
    if place.role == "government":
        return True
    if doc.lang == "tr":
        return text.startswith(" ile ", place.end)
    return bool(_WITH.search(text, max(0, place.start - 12), place.start))


def _cue(
    text: str, sentence: Sentence, patterns: tuple[re.Pattern[str], ...]
) -> tuple[Stand, int, str] | None:
    """The word of refusing or readiness nearest to one of meeting: what, where, the words."""
    meeting, refusal, ready, not_refused = patterns
    low, high = sentence.start, sentence.end
    meets = [m.span() for m in meeting.finditer(text, low, high) if not _PRESS.match(text, m.end())]
    if not meets:
        return None
    accepts = [m.span() for m in not_refused.finditer(text, low, high)]
    refusals = [m.span() for m in refusal.finditer(text, low, high)]
    refusals = [span for span in refusals if not _overlaps(span, accepts)]
    readies = [m.span() for m in ready.finditer(text, low, high)]
    readies = [span for span in readies if not _overlaps(span, refusals)] + accepts
    best: tuple[int, Stand, tuple[int, int], tuple[int, int]] | None = None
    for stand, spans in (("refused", refusals), ("ready", readies)):
        for span in spans:
            for meet in meets:
                gap = _gap(text, span, meet)
                if gap is not None and (best is None or gap < best[0]):
                    best = gap, "refused" if stand == "refused" else "ready", span, meet
    if best is None:
        return None
    _nearness, stand_, span, meet = best
    return stand_, min(span[0], meet[0]), f"{text[slice(*span)]} + {text[slice(*meet)]}"


def _overlaps(span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _gap(text: str, one: tuple[int, int], other: tuple[int, int]) -> int | None:
    """Letters between two spans, None where they are too far apart or in different clauses."""
    start, end = min(one[1], other[1]), max(one[0], other[0])
    if start > end:
        return 0
    if end - start > NEAR or _BREAK.search(text, start, end) or _SAYING.search(text, start, end):
        return None
    return end - start


def _may_speak(place: Found) -> bool:
    """Whether a place is a government, or is called a location without much trust in that."""
    return place.role == "government" or (place.role == "location" and place.confidence < 0.5)


def _speaker(doc: Document, sentence: Sentence, at: int) -> Found | None:
    """Who stands last before the cue as a subject, in its clause or else in the sentence."""
    text = doc.folded.text
    names = [p for p in doc.people if sentence.start <= p.start and p.end <= at]
    names += [p for p in doc.places if _may_speak(p) and sentence.start <= p.start and p.end <= at]
    subjects = [
        name
        for name in sorted(names, key=lambda f: -f.start)
        if not _OBJECT.search(text, max(sentence.start, name.start - 30), name.start)
        and not (doc.lang == "tr" and _TURKISH_OBJECT.match(text, name.end))
    ]
    if doc.lang in _BENDS:
        subjects = [name for name in subjects if _is_nominative(doc, name)] or subjects
    low, _high = clause_of(sentence, at)
    return next((name for name in subjects if name.start >= low), next(iter(subjects), None))


def _is_nominative(doc: Document, found: Found) -> bool:
    last = doc.folded.text[found.start : found.end].rpartition(" ")[2]
    names = [name for spelled in found.entity.names.values() for name in spelled]
    return any(fold(name).rpartition(" ")[2] == last for name in names)


def _identity(doc: Document, found: Found) -> tuple[str, str, str | None]:
    if found.kind == "leader":
        return found.entity.id, found.entity.name, speaks_for(doc, found)
    code = state_code(found.entity.country) or ""
    return code, code, code or None


def _states(doc: Document, start: int, end: int) -> list[str]:
    codes = [speaks_for(doc, p) for p in doc.people if start <= p.start < end]
    codes += [
        state_code(p.entity.country)
        for p in doc.places
        if start <= p.start < end and _is_party(doc, p)
    ]
    return [code for code in codes if code and code != "VA"]


def _likeliest(doc: Document, country: str | None) -> list[str]:
    """The state that the article names most beside the speaker's."""
    counts: dict[str, int] = {}
    for code in _states(doc, 0, len(doc.visible)):
        if code != country:
            counts[code] = counts.get(code, 0) + 1
    return sorted(counts, key=lambda code: (-counts[code], code))[:1]
