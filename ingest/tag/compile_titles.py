"""Compile the titles and the phrases that stand for one person, with their endings."""

from __future__ import annotations

import re

from ingest.tag.build import Builder
from ingest.tag.gazetteer import ADJECTIVE, ANY_CASE, CAPITAL, EPITHET, TITLE
from ingest.tag.inflect import inflect, inflect_adjective
from ingest.tag.sources import rows, split_names


def add_titles(build: Builder) -> None:
    """Add title nouns, whole titles and further adjectives of states, with their endings."""
    for lang, category, nouns, *_ in rows("titles.tsv"):
        ref = len(build.titles)
        build.titles.append((lang, category))
        for noun in nouns.split(";"):
            rule = (
                CAPITAL if noun in ("Secretary", "FM", "PM", "Папа", "Papa", "Guide") else ANY_CASE
            )
            for form in _bent_phrase(noun, lang):
                build.add_form(form, ref, TITLE, rule)
    row_of = {country.code: row for row, country in enumerate(build.countries)}
    for code, cells, *_ in rows("adjectives.tsv"):
        for lang, stem in split_names(cells, ","):
            rule = CAPITAL if lang in ("en", "tr") else ANY_CASE
            for form in inflect_adjective(stem, lang) or (stem,):
                build.add_form(form, row_of[code], ADJECTIVE, rule)
    for lang, country, office, phrases, *_ in rows("epithets.tsv"):
        ref = len(build.epithets)
        build.epithets.append((country, office))
        for phrase in phrases.split(";"):
            for form in _bent_phrase(phrase, lang):
                build.add_form(form, ref, EPITHET, ANY_CASE)


_GENITIVE_TAIL = re.compile(
    r"^(\S+) ((?:Кремля|Белого|МИД|МИДа|МЗС|государства|правительства|кабинета|ООН|НАТО|ОНЗ|держави|уряду|дзяржавы|урада|"
    r"дипломатии|дипломатії|dyplomacji|Kremla|Białego|państwa|rządu|MSZ|MON|ONZ|NATO|stanu|обороны|оборони|абароны|иностранных|"
    r"внешних|внешнеполитического|закордонних|замежных|spraw|obrony|Крамля|ААН|НАТА|российского|Евросовета|Еврокомиссии|"
    r"евродипломатии|дипломатии|Офиса|Офісу|ОП|РФ|unijnej|Komisji|KE|USA|UE|generalny).*)$"
)


def _bent_phrase(phrase: str, lang: str) -> tuple[str, ...]:
    if lang not in ("ru", "uk", "be", "pl") or phrase.endswith("!"):
        return (phrase.rstrip("!"),)
    if phrase.endswith((" безопасности", " безпеки")):
        head, _, tail = phrase.partition(" ")
        return tuple(f"{form} {tail}" for form in _bent(head, lang))
    match = _GENITIVE_TAIL.match(phrase)
    if match and " generaln" not in phrase:
        return tuple(f"{form} {match[2]}" for form in _bent(match[1], lang))
    words = phrase.split(" ")
    if len(words) == 2 and words[0].endswith(("ий", "ый", "ны", "ий")):
        return tuple(f"{a} {b}" for a in inflect_adjective(words[0][:-2] + "", lang) + _adj(words[0], lang) for b in _bent(words[1], lang))  # fmt: skip
    if len(words) > 1 and words[0].endswith("генеральный"):
        return (phrase,)
    if len(words) >= 2 and words[1] in ("generalny", "секретарь", "секретар", "сакратар"):
        tail = " ".join(words[2:])
        heads = [
            f"{a} {b}"
            for a in _adj(words[0], lang) or _bent(words[0], lang)
            for b in _bent(words[1], lang)
        ]
        return tuple(f"{h} {tail}".strip() for h in heads)
    return _bent(phrase, lang)


def _adj(word: str, lang: str) -> tuple[str, ...]:
    ends = {
        "ru": "ый|ий|ого|ому|ым|им|ом", "uk": "ий|ого|ому|им|ім", "be": "ы|ага|аму|ым",
        "pl": "y|ego|emu|ym",
    }[lang]  # fmt: skip
    stem = word[:-1] if lang in ("be", "pl") else word[:-2]
    return tuple(stem + e for e in ends.split("|"))


def _bent(word: str, lang: str) -> tuple[str, ...]:
    """Forms of a common noun: bent like a name, in the plural never."""
    capital = word[:1].upper() + word[1:]
    forms = inflect(capital, lang)
    extra: tuple[str, ...] = ()
    if lang == "ru" and word.endswith("ец"):
        extra = tuple(word[:-2] + "ц" + e for e in ("а", "у", "ем", "е"))
    if lang == "uk" and word.endswith("ець"):
        extra = tuple(word[:-3] + "ц" + e for e in ("я", "ю", "ем", "еві"))
    if lang == "ru" and word.endswith("посол"):
        extra = ("посла", "послу", "послом")
    if lang == "uk" and word.endswith("ок"):
        extra = tuple(word[:-2] + "к" + e for e in ("а", "у", "ом", "ові"))
    if lang == "pl" and word == "wódz":
        extra = ("wodza", "wodzowi", "wodzem", "wodzu")
    if word == "посол":  # "после" is "after"
        return ("посол", *extra)
    return tuple(
        dict.fromkeys(
            (*(f if word[:1].isupper() else f[:1].lower() + f[1:] for f in forms), *extra)
        )
    )
