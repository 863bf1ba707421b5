"""Whether a town that nobody curated is a place where it stands, or a word, a person, part of another name.

GeoNames has a town for half the words of a language. What speaks for one is seen in the text around it
(a preposition of place, its country, a list of places) and what speaks against it as well (a capital
beside it, an article, a person of that name); `data/towns.tsv` says how much. The weights are trained by
`ingest.tag.train_towns` on the labelled articles.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ingest.errors import SettingsError
from ingest.tag.document import Document
from ingest.tag.fold import fold
from ingest.tag.gazetteer import CURATED, PLACE, SURNAME, Entity
from ingest.tag.match import Hit
from ingest.tag.plain_words import is_listed_word

WEIGHTS = Path(__file__).parent / "data" / "towns.tsv"

# Prepositions of place, folded, by language: of a town far more often than of a person.
_IN = {
    "en": "in into at near outside around across inside beyond toward towards via",
    "de": "in nach bei aus bis nahe",
    "fr": "a en vers depuis pres",
    "es": "en hacia cerca",
    "pl": "w we pod kolo przez wokol",
    "ru": "в во под близ из около через",
    "uk": "в у під біля через коло",
    "be": "у ў ва пад каля праз",
}  # fmt: skip
# A town's common noun says as much.
_NOUNS = {
    "de": "stadt",
    "pl": "miasto miasta miescie miastem miasteczko miasteczku wsi",
    "ru": "город города городу городе городом городке поселке деревне",
    "uk": "місто міста місту місті містом містечку селищі",
    "be": "горад горада гораду горадзе горадам мястэчку пасёлку",
}
# Those that stand before either.
_OF = {
    "en": "to of from for on over between with and or",
    "de": "von vor fur uber um und oder",
    "fr": "de d' pour sur et ou",
    "es": "de desde a para por y o",
    "pl": "z ze do na od dla i lub",
    "ru": "с со к до на у от и или",
    "uk": "з із зі до на від і й та або",
    "be": "з са да на ад ля і ды або",
    "tr": "ve ile veya",
}  # fmt: skip
# Words that open a sentence and are no first half of a name.
_OPENERS = {
    "en": "not neither nor so but then now maybe perhaps even only yet why both",
    "fr": "ni mais pas",
    "es": "ni pero tampoco",
    "pl": "ani ale nie",
    "ru": "не ни но",
    "uk": "не ні але",
    "be": "не ні але",
    "tr": "simdi ama peki once ne",
}
_WORDS_OPENING = {lang: frozenset(words.split()) for lang, words in _OPENERS.items()}
_WORDS_IN = {
    lang: frozenset(fold(f"{words} {_NOUNS.get(lang, '')}").split()) for lang, words in _IN.items()
}
_WORDS_OF = {lang: frozenset(words.split()) for lang, words in _OF.items()}
_NONE: frozenset[str] = frozenset()
# Turkish says it behind the name: in, from.
_ENDING_IN = re.compile(r"'[dt][ae](?:n|ki\w*)?\b")
_ENDING = re.compile(r"'\w+")
_ARTICLES = {
    "en": "the a an its his their",
    "de": "die der das dem den drei eine einer einen einem",
    "fr": "la le les un une",
    "es": "el la los las un una",
}
_WORDS_ARTICLE = {lang: frozenset(words.split()) for lang, words in _ARTICLES.items()}
_PREVIOUS = re.compile(r"([^\W\d_][\w.'’-]*)( ?)$")
_NEXT = re.compile(r" ([^\W\d_]\w*)")
_DATELINE = re.compile(r"(?:, [^\W\d_][\w .'’/]{1,30}?)?(?: ?[-—–]|, | \(|\.(?:$|\s))")
LIST = re.compile(
    r"(?:'\w+)?(?:, (?:and |or )?|,? (?:and|or|und|oder|et|ou|y|o|i|lub|и|или|і|й|та|або|ды|ve|veya) )$"
)

# Three to one: in the news at large more of the hits are words than in articles about talks.
SURE = 110
_GAP = 12  # letters between two names of a list
_OTHERS = 20  # namings of one town that are looked at


@dataclass
class Known:
    """What an article says of places, asked by each town in it.

    Attributes:
        countries: how often each is spoken of.
    """

    doc: Document
    countries: Mapping[str, int] = field(default_factory=dict)
    _beside: dict[int, list[str]] = field(default_factory=dict)

    def beside(self, number: int) -> list[str]:
        """What stands beside a hit; looked at once."""
        if number not in self._beside:
            self._beside[number] = _around(number, self)
        return self._beside[number]

    @cached_property
    def in_body(self) -> frozenset[str]:
        """Ids of the places of the body, where this is its headline."""
        body = self.doc.context
        return frozenset(f.entity.id for f in body.places) if body else frozenset()

    @cached_property
    def by_row(self) -> dict[int, list[int]]:
        """Row of a place -> the numbers of the hits that may be it."""
        found: dict[int, list[int]] = {}
        for number, hit in enumerate(self.doc.hits):
            for row in hit.rows(PLACE):
                found.setdefault(row, []).append(number)
        return found

    @cached_property
    def with_cities(self) -> frozenset[str]:
        """States of which the article names a city that somebody curated."""
        every = self.doc.gazetteer.compiled.entities
        named = (every[row] for hit in self.doc.hits for row in hit.rows(PLACE)[:1])
        return frozenset(e.country for e in named if e.kind == "city" and e.weight >= CURATED)

    @cached_property
    def starts(self) -> frozenset[int]:
        """Where people begin."""
        return frozenset(f.start for f in self.doc.people)

    @cached_property
    def ends(self) -> frozenset[int]:
        """Where people end."""
        return frozenset(f.end for f in self.doc.people)


def is_town(number: int, entity: Entity, known: Known) -> bool:
    """Whether the hit is the town.

    Args:
        number: of the hit among those of the text.
    """
    table = weights()
    return sum(table.get(name, 0) for name in features(number, entity, known)) > SURE


_table: dict[str, int] = {}


def weights() -> dict[str, int]:
    """Feature -> hundredths.

    Raises:
        SettingsError: the file is missing or damaged.
    """
    if not _table:
        try:
            lines = WEIGHTS.read_text(encoding="utf-8").splitlines()
            rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
            _table.update({name: int(weight) for name, weight, *_ in rows})
        except (OSError, ValueError) as exc:
            raise SettingsError(
                str(WEIGHTS),
                f"the weights for towns cannot be read: {exc}",
                "train them again: python -m ingest.tag.train_towns FILES",
            ) from exc
    return _table


def features(number: int, entity: Entity, known: Known) -> list[str]:
    """What speaks for and against the town: names of weights in `data/towns.tsv`."""
    hit = known.doc.hits[number]
    found = [
        "bias",
        *_of_the_name(known.doc, hit, entity),
        *_of_the_article(number, entity, known),
        *known.beside(number),
    ]
    if "dateline" in found:  # whoever bears the name, too, an article is not written in them
        return [name for name in found if name != "person"]
    return found


def _of_the_name(doc: Document, hit: Hit, entity: Entity) -> list[str]:
    surface = doc.visible[hit.start : hit.end]
    found = []
    if entity.weight < 100_000:
        found.append("small")
    if entity.weight >= 500_000:
        found.append("big")
    if len(surface) < 4:
        found.append("short")
    if doc.lang != "de" and is_listed_word(surface, doc.lang):  # German ones: see is_plain_word
        found.append("word")
    spelled = [n for names in entity.names.values() for n in names]
    if surface.isupper() and not any(n.isupper() for n in spelled):
        found.append("capitals")
    else:
        form = fold(surface)
        own = [n for n in spelled if fold(n) == form]
        letters = {c for c in surface.casefold() if not c.isascii()}
        if doc.lang == "pl" and surface[-1:] in "ąę":  # an ending
            found.append("bent")
        elif surface[:1].isascii() and own and not any(letters <= set(n.casefold()) for n in own):
            found.append("accent")
        elif own and all(_small_words(surface) > _small_words(n) for n in own):
            found.append("small-word")
        elif not own:
            found.append("bent")
    if hit.has(SURNAME) or _is_anyones(doc, surface):
        found.append("person")
    return found


def _small_words(name: str) -> int:
    return sum(word[:1].islower() for word in re.findall(r"\w+", name))


def _is_anyones(doc: Document, surface: str) -> bool:
    """Whether somebody of the article has the name, or the gazetteer knows it as a given one."""
    if any(surface in doc.visible[f.start : f.end].split() for f in doc.people if f.how != "title"):
        return True
    given = doc.gazetteer.given_names
    form = fold(surface)
    if form in given:
        return True
    return doc.lang in ("ru", "uk", "be", "pl") and (form[:-1] in given or form[:-2] in given)


def _of_the_article(number: int, entity: Entity, known: Known) -> list[str]:
    hit = known.doc.hits[number]
    found = []
    seen = known.countries.get(entity.country, 0)
    if seen:
        found.append("country")
    if seen > 2:
        found.append("country-often")
    numbers = {n for row in hit.rows(PLACE) for n in known.by_row[row][:_OTHERS]} - {number}
    others = [known.beside(other) for other in numbers]
    if entity.id in known.in_body or any("in" in other or "dateline" in other for other in others):
        found.append("elsewhere-in")
    if any("name-before" in other or "name-behind" in other for other in others):
        found.append("elsewhere-name")
    return found


def _around(number: int, known: Known) -> list[str]:
    """What stands beside a hit."""
    doc, hit = known.doc, known.doc.hits[number]
    visible, text = doc.visible, doc.folded.text
    left, right = visible[max(0, hit.start - 40) : hit.start], text[hit.end : hit.end + 40]
    found = []
    bare = left.rstrip(" ")
    quoted = bare[-1:] in tuple('«„“"')
    speech = quoted and bare[:-1].rstrip(" ")[-1:] in ("", *"\n.!?…:,")
    opens = not bare or bare[-1] in ".!?…\n:»”—–•*|" or speech
    line = not bare or bare[-1] == "\n"
    if line and _is_dateline(doc, hit):
        return ["dateline"]
    if opens:
        found.append("opens")
    elif quoted and left == bare and right[:1] not in '»”“"':
        found.append("quote")
    elif left[-1:] in ("-", "‑"):
        found.append("hyphen-before")
    before = _PREVIOUS.search(left)
    if before is not None and fold(before[1]) in _WORDS_ARTICLE.get(doc.lang, _NONE):
        found.append("article")
    previous = None if opens else before
    if previous is not None:
        found += _of_the_word_before(doc, hit, previous, known)
    if doc.lang == "tr" and _ENDING_IN.match(right):
        found.append("in")
    elif doc.lang == "tr" and _ENDING.match(right):
        found.append("ending")
    if re.match(r"-\w", right):
        found.append("hyphen")
    found += _of_the_word_behind(number, known)
    found += _in_a_list(doc, number)
    return found


def _is_dateline(doc: Document, hit: Hit) -> bool:
    """Whether a name in capitals at the start of a line is where it was written; no headline in capitals."""
    end = doc.visible.find("\n", hit.end, hit.end + 80)
    rest = doc.visible[hit.end : end if end >= 0 else hit.end + 80]
    headline = rest.isupper() and len(rest) > 20  # "SAMARA. 18 MAY" is none
    capitals = doc.visible[hit.start : hit.end].isupper()
    return capitals and not headline and _DATELINE.match(rest) is not None


def _of_the_word_before(
    doc: Document, hit: Hit, previous: re.Match[str], known: Known
) -> list[str]:
    word = fold(previous[1])
    if word in _WORDS_IN.get(doc.lang, _NONE):
        return ["in"]
    if word in _WORDS_OF.get(doc.lang, _NONE):
        return ["of"]
    if not previous[1][0].isupper() or doc.lang == "de" or "'" in word:
        return []  # a Turkish word with an ending is no first half of a name
    end = hit.start - len(previous[2])
    if end in known.ends:
        return []  # "Mashadov Nazran'ı ister"
    before = previous.string[: previous.start(1)].rstrip(" ")
    if not before or before[-1] in '.!?…\n:;«„“"»”—–-(':
        return [] if word in _WORDS_OPENING.get(doc.lang, _NONE) else ["opener-before"]
    return ["name-before"]


def _of_the_word_behind(number: int, known: Known) -> list[str]:
    doc, hit = known.doc, known.doc.hits[number]
    follows = _NEXT.match(doc.visible, hit.end)
    if follows is None or not follows[1][0].isupper() or doc.lang == "de":
        return []
    behind = doc.hits[number + 1] if number + 1 < len(doc.hits) else None
    named = behind is not None and behind.start == follows.start(1)
    return [] if named or follows.start(1) in known.starts else ["name-behind"]


def _in_a_list(doc: Document, number: int) -> list[str]:
    """Whether a place that somebody curated stands in one list with it."""
    hit, text = doc.hits[number], doc.folded.text
    entities = doc.gazetteer.compiled.entities
    for other in (number - 1, number + 1):
        if not 0 <= other < len(doc.hits) or not doc.hits[other].has(PLACE):
            continue
        first, second = sorted((hit, doc.hits[other]), key=lambda h: h.start)
        named = (entities[row] for row in doc.hits[other].rows(PLACE))
        known = any(e.geonames is None or e.weight >= CURATED for e in named)
        if (
            known
            and second.start - first.end < _GAP
            and LIST.fullmatch(text, first.end, second.start)
        ):
            return ["list"]
    return []
