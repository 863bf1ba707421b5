"""Words and patterns that say how a place stands in its sentence, language by language: tables only."""

from __future__ import annotations

import re

from ingest.tag.fold import fold

SPLIT = re.compile(
    r"[;:()\"«»“”„]|, |[—–] | - |"
    r"(?<!\w)(?:but|while|although|though|whereas|after|before|because|since|where|which|when|as|"
    r"но|а|хотя|пока|после|поскольку|где|который|когда|але|хоча|поки|після|бо|де|який|коли|аднак|хаця|пасля|дзе|калі|"
    r"ale|choc|podczas|po|bo|gdzie|ktory|gdy|aber|wahrend|nachdem|weil|wo|obwohl|doch|mais|tandis|apres|ou|alors|"
    r"pero|mientras|despues|porque|donde|aunque|ancak|ama|ise|fakat)(?!\w)"
)
WORD = re.compile(r"\w[\w'’-]*|[^\w\s]")
OR = re.compile(r"(?<!\w)(?:or|или|либо|або|чи|ці|czy|lub|albo|oder|ou|o|ya da|veya|yahut)(?!\w)")
LIST = re.compile(
    r"[\s,]*(?:(?:or|and|и|или|та|або|чи|й|і|ці|альбо|i|lub|czy|oder|und|ou|et|o|y|ve|veya|ya da)\s+)?(?:(?:in|в|у|во|w|we|a|en|à|to|the|na|на)\s+)?(?:perhaps |even |possibly )?"
)
ARTICLES = frozenset(
    [
        "the",
        "a",
        "an",
        "der",
        "die",
        "das",
        "dem",
        "den",
        "le",
        "la",
        "les",
        "el",
        "los",
        "las",
        "un",
        "une",
        "una",
    ]
)
PREPS = {
    "in": [
        "in",
        "at",
        "inside",
        "within",
        "в",
        "во",
        "у",
        "ў",
        "w",
        "we",
        "na",
        "на",
        "im",
        "am",
        "bei",
        "dans",
        "en",
        "sur",
        "chez",
        "a",
        "à",
        "au",
        "aux",
    ],
    "to": [
        "to",
        "into",
        "toward",
        "towards",
        "до",
        "к",
        "ко",
        "do",
        "nach",
        "ins",
        "zum",
        "zur",
        "vers",
        "para",
        "hacia",
        "a",
        "al",
    ],
    "from": [
        "from",
        "out",
        "of",
        "из",
        "с",
        "зі",
        "з",
        "од",
        "от",
        "від",
        "ад",
        "z",
        "od",
        "aus",
        "von",
        "depuis",
        "de",
        "desde",
        "del",
        "du",
        "d'",
    ],
    "by": [
        "by",
        "with",
        "против",
        "между",
        "mit",
        "zwischen",
        "between",
        "entre",
        "avec",
        "con",
        "par",
        "por",
        "przez",
        "między",
        "pomiędzy",
        "між",
        "паміж",
        "against",
    ],
    "near": [
        "near",
        "outside",
        "around",
        "under",
        "over",
        "под",
        "возле",
        "близ",
        "около",
        "біля",
        "під",
        "каля",
        "pod",
        "koło",
        "bei",
        "près",
        "cerca",
    ],
    "for": [
        "for",
        "about",
        "за",
        "о",
        "об",
        "про",
        "über",
        "pour",
        "sobre",
        "für",
        "o",
        "dla",
        "względem",
    ],
}
PREP_CLASS = {fold(word): kind for kind, words in PREPS.items() for word in words}
DATELINE = re.compile(
    r"[^a-zа-яіїєґў]{0,80}(?:,? ?[A-Z][a-z]+\.? \d{1,2})?(?:,? ?\([^)]{2,30}\))?\s?(?:[-–—:|.]|\()"
)
DAY = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|понедельник|вторник|сред[уы](?!\w)|четверг|пятниц|суббот|воскресень|"
    r"понеділ|вівтор|середу|четвер|п'ятниц|субот|неділ|панядзел|аутор|сераду|чацвер|пятніц|нядзел|"
    r"poniedzial|wtorek|srode|czwartek|piatek|sobot[ey]|niedziel|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|"
    r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miercoles|jueves|viernes|sabado|domingo|"
    r"pazartesi|sali(?!\w)|carsamba|persembe|cuma|\d{1,2}(?:st|nd|rd|th)?\.? (?:of )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|"
    r"янв|фев|мар|апр|мая|июн|июл|авг|сен|окт|ноя|дек|січ|лют|бер|квіт|трав|черв|лип|серп|верес|жовт|листоп|груд|"
    r"студз|сакав|крас|чэрв|жні|кастр|ліст|снеж|stycz|lut|kwie|maj|czerw|lip|sierp|wrze|pazdz|listop|grud|"
    r"janv|fev|avr|mai|juin|juil|aout|ene|abr|ago|dic|ocak|subat|mart|nisan|haziran|temmuz|agustos|eylul|ekim|kasim|aralik)|"
    r"(?:jan|feb|march|april|may|june|july|aug|sept|oct|nov|dec)[a-z]* \d{1,2}(?!\d))"
)
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
