"""The words in front of a title: the former one, the acting one, the first, any."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.tag.document import Document


@dataclass(slots=True)
class Title:
    """A title read: whose it may be by state and kind.

    Attributes:
        country: state, organisation or "".
        category: as titles.tsv has it, "" for an epithet.
        office: of an epithet.
        movement: whether the office is that of a movement.
    """

    start: int
    end: int
    country: str
    category: str
    office: str = ""
    movement: bool = False


FORMER = (
    r"former|ex|then|late|one-time|erstwhile|ehemalige\w*|fruhere\w*|damalige\w*|ancien\w*|ex-?|anterior|antiguo|antigua|"
    r"бывш\w+|экс|тогдашн\w+|покойн\w+|колишн\w+|тодішн\w+|екс|былы|былога|былому|былым|тагачасн\w+|byl\w{1,3}|owczesn\w+|eski"
)
PRESENT = (
    r"new|acting|outgoing|incoming|current|interim|transitional|ailing|own|neue\w*|amtierende\w*|nouveau|nouvelle|nuevo|nueva|"
    r"нов(?:ый|ого|ому|ым)|нынешн\w+|действующ\w+|новий|нового|чинн\w+|нинішн\w+|новы|новага|цяперашн\w+|now\w{1,3}|obecn(?:y|ego|emu|ym)|ustepujac\w+|yeni"
)
_REFUSED = (
    r"deputy|vice|assistant|next|future|vize\w*|stellvertretende\w*|vice-?|prochain\w*|futur\w*|proximo|proxima|заместител\w+|зам|"
    r"вице|віце|віцэ|заступни\w+|намесні\w+|zastep\w+|wice|yardimci\w*"
)

# "the first president of Ukraine": of the states that have had presidents for as long as they are.
_ORDINAL = (
    (1, r"first|перв(?:ый|ого|ому|ым)|перш(?:ий|ого|ому|им|ы|ага|аму|ым)|pierwsz(?:y|ego|emu|ym)"),
    (2, r"second|втор(?:ой|ого|ому|ым)|друг(?:ий|ого|ому|им)|другі|другога|drug(?:i|iego|iemu|im)"),
    (3, r"third|трет(?:ий|ьего|ьему|ьим)|трет(?:ій|ього|ьому|ім)|trzeci\w{0,3}"),
)
_ORDINALS = tuple((n, re.compile(rf"(?<!\w)(?:{words}) $")) for n, words in _ORDINAL)

_SINCE_1991 = frozenset({"UA", "RU", "BY", "KZ", "UZ", "TJ", "AM", "AZ", "GE", "MD", "KG"})
_INDEFINITE = {
    "en": "a|an|no|any|every|each|another|some|first|second|one|two|three|four|both|which|what|whose|many|several|all|neither|either|not|became|become|becomes|elected|as|remains|remained",
    "de": r"ein|eine|einen|einem|eines|einer|kein\w*|jede\w*|zwei|drei|beide\w*|welche\w*",
    "fr": r"un|une|aucun\w*|chaque|deux|trois|quel\w*|tout",
    "es": "un|una|ningun|ninguna|cada|otro|dos|tres|cualquier|ambos",
    "ru": r"не|перв(?:ый|ого|ому|ым)|втор(?:ой|ого|ому|ым)|ни один|ни одного|один|одного|два|двух|двое|оба|обоих|обоим|три|любой|любого|другой|какой|какого|каждый|каждого|некий",
    "uk": r"не|перш(?:ий|ого|ому|им)|друг(?:ий|ого|ому|им)|жоден|жодного|обидва|обох|двох|двоє|два|один|одного|кожен|кожного|інший|іншого|якийсь|інші|обом",
    "be": r"не|першы|першага|другі|другога|адзін|ніводзін|абодва|абодвух|двух|два|кожны|кожнага|іншы|нейкі",
    "pl": r"nie|pierwszy|pierwszego|drugi|drugiego|jeden|jednego|zaden|zadnego|dwaj|obaj|dwoch|obu|trzej|kolejny|kolejnego|kazdy|kazdego|inny|jakis|pewien|pewnego|pewnym",
    "tr": "bir|iki|uc|hicbir|her|baska|kendi",
}
_BEFORE = {
    lang: re.compile(
        rf"(?:^|(?<=[^\w-]))(?:(?P<former>{FORMER})|(?P<present>{PRESENT})|(?P<refused>{_REFUSED})|(?P<indefinite>{words}))(?: |-)$"
    )
    for lang, words in _INDEFINITE.items()
}  # fmt: skip
_WITH = re.compile(
    r"(?:^|(?<=\W))(?:с|со|з|із|зі|са|ze|z|перед|над|под|під|між|между|паміж|пад|nad|pod|przed|miedzy|за|za|\w+ний|\w+ный|\w+ny) $"
)
_INSTRUMENTAL = {
    "ru": re.compile(r"(?:ом|ем|ём|ой|ою)$"), "uk": re.compile(r"(?:ом|ем|єм|ою|ею)$"),
    "be": re.compile(r"(?:ам|ом|ем|ём|ай|аю)$"), "pl": re.compile(r"(?:em|ą)$"),
}  # fmt: skip
_PLURAL = re.compile(r"(?:прэзідэнты|міністры|лідары|прэм'еры|кіраўнікі|прэм’еры)$", re.IGNORECASE)


def modified(doc: Document, title: Title) -> tuple[int, str]:
    """Where a title begins with the word that modifies it, and what that word makes of it.

    Returns:
        "former", "present", "number N COUNTRY" or "" (none), "indefinite" where nobody in particular is meant.
    """
    text = doc.folded.text
    if title.category == "president" and not title.country and doc.lang == "uk":
        country = "UA"  # "першому президентові" in a text of that country
    else:
        country = title.country
    if title.category == "president" and country in _SINCE_1991:
        for number, words in _ORDINALS:
            if ordinal := words.search(text, max(0, title.start - 10), title.start):
                return ordinal.start(), f"number {number} {country}"
    pattern = _BEFORE.get(doc.lang) or _BEFORE["en"]
    match = pattern.search(text, max(0, title.start - 16), title.start)
    if match is None:
        return title.start, _bare(doc, title)
    manner = match.lastgroup or ""
    if manner in ("indefinite", "refused"):
        return title.start, "indefinite"
    outer = pattern.search(text, max(0, match.start() - 12), match.start())
    if outer is not None and outer.lastgroup == "indefinite":
        return title.start, "indefinite"
    return match.start(), manner


def _bare(doc: Document, title: Title) -> str:
    """Whether a title without a word before it is indefinite by its ending: «стал президентом»."""
    surface = doc.visible[title.start : title.end]
    ending = _INSTRUMENTAL.get(doc.lang)
    if ending is None or title.office:
        return ""
    if doc.lang == "be" and _PLURAL.search(surface):
        return "indefinite"
    if (
        not title.country
        and surface[:1].islower()
        and ending.search(surface)
        and not _WITH.search(doc.folded.text, max(0, title.start - 14), title.start)
    ):
        return "indefinite"
    return ""
