"""Decide who is meant: full names, bare family names, titles that stand for one person."""

from __future__ import annotations

import re

from ingest.tag.capitals import opens_sentence
from ingest.tag.document import Document, Found
from ingest.tag.fold import fold
from ingest.tag.gazetteer import ADJECTIVE, EPITHET, LEADER, PLACE, SURNAME, TITLE, Entity
from ingest.tag.given import FAMILY_FIRST, find_first_names, find_given
from ingest.tag.heard import families_by_sound, people_by_sound
from ingest.tag.match import Hit, whole_places
from ingest.tag.strangers import find_strangers
from ingest.tag.titles import find_titles

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
_CALLED = re.compile(
    r"(?:called|named|an? mr\.?|namens|nomme|nommee|llamad[oa]|apellidad[oa]|по фамилии|на прізвище|на прозвішча|o nazwisku|adli|soyadli) $"
)
_NAME_BEHIND = re.compile(r" [A-ZÀ-ÞА-ЯЁІЇЄҐЎŁŚŻĆÇŞİÖÜČŠŽ][\w'’-]+")  # "minister Jean Valjean"
_NAME_BEFORE = re.compile(r"[A-ZÀ-ÞА-ЯЁІЇЄҐЎŁŚŻĆÇŞİÖÜČŠŽ][\w'’]{2,} $")
_TURKISH_SUFFIX = re.compile(r"['’][a-zçğıöşü]{1,6}$")
_GIVEN_BEFORE = re.compile(r"(\w[\w'’-]*|[A-ZА-Я]\.) $")


def _guarded(doc: Document, start: int, end: int) -> bool:
    """Whether what stands beside a name says that it is another's, or no person's."""
    before = doc.folded.text[max(0, start - 30) : start]
    after = doc.folded.text[end : end + 16]
    return bool(_AFTER_GUARD.match(after) or _BEFORE_GUARD.search(before))


def find_people(doc: Document) -> None:
    """Fill `doc.people`."""
    full = [_full_name(doc, hit, at) for at, hit in enumerate(doc.hits) if hit.has(LEADER)]
    known: dict[str, Entity] = {}
    if doc.context is not None:
        known.update({f.entity.id: f.entity for f in doc.context.people})
    for found in filter(None, full):
        known[found.entity.id] = found.entity
        doc.people.append(found)
    _add_surnames(doc, known)
    heard = [f for f in people_by_sound(doc) if not _guarded(doc, f.start, f.end)]
    if heard:
        doc.people += heard
        known.update({f.entity.id: f.entity for f in heard})
        _add_surnames(doc, known)  # of whom they are is known now
        doc.people += families_by_sound(doc, heard)
    doc.people[:] = _longest(doc.people)
    doc.people[:] = _longest([*doc.people, *find_first_names(doc)])
    find_strangers(doc)
    find_titles(doc)


def _add_surnames(doc: Document, known: dict[str, Entity]) -> None:
    """Add the family names that stand alone; whoever is found is known from then on."""
    taken = {f.start for f in doc.people} | {f.end for f in doc.people}
    for index, hit in enumerate(doc.hits):
        if hit.start in taken or hit.end in taken or not hit.has(SURNAME):
            continue
        single = _surname(doc, hit, index, known)
        if single is not None:
            known.setdefault(single.entity.id, single.entity)
            doc.people.append(single)


def _longest(people: list[Found]) -> list[Found]:
    """In text order, without those that stand within a longer one ("Charles" in "Charles'em Michelem")."""
    kept: list[Found] = []
    for found in sorted(people, key=lambda f: (f.start, -f.end)):
        if kept and found.start < kept[-1].end:
            continue
        kept.append(found)
    return kept


# "Benigno Aquino III", „König Abdullah II.“, "François Hollande'em"
_ORDINAL = re.compile(r" (?:I{1,3}|IV|VI{0,3}|XI{0,3}|XIV|XVI)(?!\w)")
_ORDINAL_BEFORE = re.compile(r" [IVX]+$")
_POLISH_ENDING = re.compile(r"['’](?:a|ego|owi|emu|em|m|ie|u|go|mu|y)(?!\w)")


def _end(doc: Document, end: int) -> int:
    """Where a name ends that was matched to `end`: its ordinal and its Polish ending are part of it."""
    ordinal = _ORDINAL.match(doc.visible, end)
    if ordinal is not None:
        end = ordinal.end()
    if doc.lang == "de" and doc.visible[end : end + 2] == ". " and _ORDINAL_BEFORE.search(doc.visible, end - 5, end):  # fmt: skip
        end += doc.visible[end + 2 : end + 3].islower()
    if doc.lang == "pl":
        ending = _POLISH_ENDING.match(doc.visible, end)
        if ending is not None:
            end = ending.end()
    return end


def _rank(doc: Document, entity: Entity) -> tuple[int, int]:
    """Likelier first: in office on the day, then latest in office."""
    stamp = doc.day.isoformat() if doc.day else "9999"
    active = any(o.start <= stamp and (not o.end or stamp < o.end) for o in entity.offices)
    latest = max((o.start for o in entity.offices if o.start <= stamp), default="")
    return (0 if active else 1, -int(latest.replace("-", "") or 0))


def _ranked(doc: Document, entities: list[Entity]) -> list[Entity]:
    """Likeliest first; of two in office, whose state is spoken of."""
    if len(entities) < 2:
        return entities
    return sorted(
        entities, key=lambda e: (_rank(doc, e)[0], e.country not in doc.countries, _rank(doc, e))
    )


_RULERS = (
    r"(?:kings?|queen|pope|konig|konigin|papst|roi|reine|pape|rey|reina|papa|krol|krolow|papiez|kral|kralice|"
    r"кароль|карал|королев|король|корол|папа|папы|папе|папу|папой|папи|папі|папою|папай|папам)"
)
_RULER = re.compile(rf"(?:lord|{_RULERS}\w{{0,3}}) ")
_RULER_BEFORE = re.compile(
    rf"(?:^|(?<=\W))(?:{_RULERS}|(?:emir|emirem|emira|эмир|емір|эмір|sultan|султан|султ|prince|principe|prinz|ksiaze|prens|принц|прынц|"
    r"sheikh|scheich|cheikh|jeque|szejk|seyh|шейх|шэйх|lord))\w{0,3} $"
)
# Rulers known by a given name: it is theirs behind the title, or once they were named in full.
_BY_GIVEN_NAME = re.compile(
    r" of (?:Jordan|Saudi Arabia|Morocco|Nepal)$|^Pope | [IVX]+(?: of \w+)?$|^(?:John Paul|Benedict) "
)


def _by_given_name(entity: Entity) -> bool:
    return _is_ruler(entity) and _BY_GIVEN_NAME.search(entity.name) is not None


def _sure(doc: Document, entities: list[Entity]) -> frozenset[str]:
    return frozenset(e.id for e in entities if e.weight or _rank(doc, e)[0] == 0)


def _reigns(doc: Document, entity: Entity) -> bool:
    """Whether a ruler is in office on the day and the state is spoken of (the pope's need not be)."""
    return _rank(doc, entity)[0] == 0 and (
        entity.country == "VA" or entity.country in doc.countries
    )


def _is_ruler(entity: Entity) -> bool:
    return any(o.office in ("king", "pope", "crown", "supreme") for o in entity.offices)


def _behind_title(doc: Document, hit: Hit) -> int:
    """Where the name begins of a ruler whom the gazetteer lists with the title ("King Salman")."""
    title = _RULER.match(doc.folded.text, hit.start, hit.end)
    return title.end() if title is not None else hit.start


def _full_name(doc: Document, hit: Hit, index: int) -> Found | None:
    rows = hit.rows(LEADER)
    entities = [doc.gazetteer.compiled.entities[row] for row in rows]
    if not entities:
        return None
    entities = _ranked(doc, entities)
    if _guarded(doc, hit.start, hit.end):
        return None
    before = doc.folded.text[max(0, hit.start - 30) : hit.start]
    if " " not in doc.visible[hit.start : hit.end]:  # a name by which one is known, or an alias
        whole = find_given(doc.visible, hit.start, entities, doc.lang, _sure(doc, entities))
        if whole is not None:
            return Found(
                whole[0], _end(doc, hit.end), whole[1], "leader", "full", "full-name", 0.95
            )
        if _CALLED.search(before) or _other_given_name(doc, hit, index):
            return None
    start = _behind_title(doc, hit)
    return Found(start, _end(doc, hit.end), entities[0], "leader", "full", "full-name", 0.98)


def _surname(doc: Document, hit: Hit, index: int, known: dict[str, Entity]) -> Found | None:
    entities = [doc.gazetteer.compiled.entities[row] for row in hit.rows(SURNAME)]
    end = _end(doc, hit.end)
    if _guarded(doc, hit.start, hit.end):
        return None
    before = doc.folded.text[max(0, hit.start - 30) : hit.start]
    family = [e for e in entities if not _by_given_name(e)]
    whole = find_given(doc.visible, hit.start, _ranked(doc, family), doc.lang, _sure(doc, family))
    if whole is not None and not _goes_on(doc, index, end):
        start, entity = whole
        if _guarded(doc, start, end):
            return None
        return Found(start, end, entity, "leader", "full", "full-name-by-sound", 0.9)
    if _other_given_name(doc, hit, index):
        return None
    if (
        doc.folded.text[hit.start : hit.end] in _NEVER
        or _is_word(doc, hit)
        or _CALLED.search(before)
    ):
        return None
    if _RULER_BEFORE.search(before):
        entities = [e for e in entities if _is_ruler(e)] or entities
        if _is_ruler(entities[0]):
            entity = _ranked(doc, entities)[0]
            return Found(hit.start, end, entity, "leader", "surname", "ruler", 0.9)
    alone = not _NAME_BEHIND.match(doc.visible, end) and not _NAME_BEFORE.search(
        doc.visible, max(0, hit.start - 24), hit.start
    )
    entities = [
        e
        for e in entities
        if not _by_given_name(e) or (alone and (e.id in known or _reigns(doc, e)))
    ]
    if _given_follows(doc, index, end):
        entities = [e for e in entities if e.country not in FAMILY_FIRST]
    if not entities:
        return None
    told = [e for e in entities if e.id in known]
    if told:
        told = _ranked(doc, told)
        return Found(hit.start, end, told[0], "leader", "surname", "surname-of-full-name", 0.95)  # fmt: skip
    if hit.has(PLACE) or doc.folded.text[hit.start : hit.end] in _COMMON:
        return None
    given = fold(doc.visible[hit.start : hit.end]) in doc.gazetteer.given_names
    if hit.end - hit.start < 4 or (given and _NAME_BEHIND.match(doc.visible, end)):
        return None
    if _then_another(doc, index):
        return None
    titled = _title_before(doc, index)
    word = given or doc.folded.text[hit.start : hit.end] in _WORDS
    entities = [e for e in entities if e.weight or titled or (not word and _rank(doc, e)[0] == 0)]
    if not entities or len(entities) > 6:
        return None
    entities = _ranked(doc, entities)
    first = _rank(doc, entities[0])
    if len(entities) > 1 and first[0] == 1:
        return None
    if first[0] == 1 and not titled:
        if doc.lang != "de" and _NAME_BEHIND.match(doc.visible, end):
            return None  # it may be a given name: «Марина Порошенко»
        # nobody of that name is in office: only a known name of weight stands alone
        return Found(hit.start, end, entities[0], "leader", "surname", "surname-unique", 0.6)  # fmt: skip
    return Found(hit.start, end, entities[0], "leader", "surname", "surname-in-office", 0.85)  # fmt: skip


def _then_another(doc: Document, index: int) -> bool:
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


def _goes_on(doc: Document, index: int, end: int) -> bool:
    """Whether a word in capitals that the gazetteer does not know follows a name."""
    behind = _NAME_BEHIND.match(doc.visible, end)
    if behind is None:
        return False
    after = doc.hits[index + 1] if index + 1 < len(doc.hits) else None
    if doc.lang == "de" and fold(behind[0][1:]) not in doc.gazetteer.given_names:
        return False  # every noun has a capital
    return after is None or after.start != end + 1


def _given_follows(doc: Document, index: int, end: int) -> bool:
    """Whether a family name that comes first has another given name behind it: "Kim Jong-nam"."""
    if _goes_on(doc, index, end):
        return True
    after = doc.hits[index + 1] if index + 1 < len(doc.hits) else None
    rows = after.rows(SURNAME) if after is not None and after.start == end + 1 else ()
    entities = doc.gazetteer.compiled.entities
    return bool(rows) and all(entities[row].country in FAMILY_FIRST for row in rows)


def _title_before(doc: Document, index: int) -> bool:
    if index == 0:
        return False
    previous = doc.hits[index - 1]
    return doc.hits[index].start - previous.end <= 1 and (
        previous.has(EPITHET) or previous.has(TITLE)
    )


def _other_given_name(doc: Document, hit: Hit, index: int) -> bool:
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
    if match[1] in _NO_GIVEN:
        return False
    if opens_sentence(doc.visible, match.start(1)):
        return fold(match[1]) in doc.gazetteer.given_names
    if doc.lang == "de":
        return fold(match[1]) in doc.gazetteer.given_names and match[1] not in ("Herr", "Frau")
    return match[1] not in _HONORIFICS


def _is_given_name(doc: Document, hit: Hit, word: str) -> bool:
    """Whether a word that is someone's family name too is a given name: "Charles Powell"."""
    only = hit.has(SURNAME) and not any(map(hit.has, (TITLE, EPITHET, ADJECTIVE, PLACE)))
    return only and len(word) > 2 and fold(word) in doc.gazetteer.given_names


# Bent or whole, words so common that they are hardly ever the family name, even of one named before.
_NEVER = frozenset(["he", "soru", "dans", "каля", "коли"])


def _is_word(doc: Document, hit: Hit) -> bool:
    """Whether a name that opens a sentence is a word that the text has in small letters too."""
    if not opens_sentence(doc.visible, hit.start):
        return False
    word = doc.visible[hit.start : hit.end].lower()
    return next(whole_places(doc.visible, word), None) is not None


# Family names that are words too: only after the full name.
_COMMON = frozenset(
    [
        *(
            "frieden",
            "linie",
            "game",
            "tatars",
            "krol",
            "król",
            "dary",
            "дары",
            "дароу",
            "кролі",
            "луны",
            "луну",
        ),
        *(
            "колонны",
            "колонна",
            "колонну",
            "колонн",
            "банда",
            "банды",
            "гали",
            "churchill",
            "antonov",
            "tupolev",
            "perkins",
        ),
        "park",
        "lake",
        "dan",
        "pavel",
        "volker",
        "volker",
        "lin",
        "major",
        "may",
        "rice",
        "bush",
        "brown",
        "ford",
        "carter",
        "baker",
        "bruce",
        "price",
        "burns",
        "powell",
        "moon",
        "kim",
        "lee",
        "wang",
        "chen",
        "singh",
        "khan",
        "hunt",
        "barrow",
        "sall",
        "faye",
        "paz",
        "boko",
        "arce",
        "gil",
        "cooper",
        "harris",
        "martin",
        "davis",
        "greer",
        "ross",
        "waltz",
        "pence",
        "hague",
        "volkers",
        "paul",
        "marin",
        "stano",
        "bildt",
        "kurz",
        "rau",
        "maas",
        "gabriel",
        "kohl",
        "brandt",
        "fischer",
        "talon",
        "soto",
        "rama",
        "dar",
        "hasan",
        "hassan",
        "ahmed",
        "ali",
        "omar",
        "aziz",
        "abbas",
        "sattar",
        "peters",
        "wong",
        "garang",
        "пак",
        "мун",
        "ли",
        "ван",
        "ким",
        "дан",
        "парк",
        "лин",
        "май",
        "мэй",
        "рама",
        "дар",
        "кан",
        "хан",
        "али",
        "глаз",
        "тихий",
        "тихого",
        "ціхі",
        "павел",
        "коль",
        "мери",
        "козак",
        "мельник",
        "маляр",
        "литвин",
        "пас",
        "рау",
        "гил",
    ]
)
# Family names of the second file that are words or others' names: after the full name or a title, even in office.
_WORDS = frozenset(
    """
    alia banda barco barcos bell bishop bishops blok boca borne bornes bot campbell camara camaras cannon carne carrie
    cartes champagne clark cook cooks does earnest english espera evans fall falls fine fini finie flores fox franco
    gates glas graham green hammer hill hills horn horns kern key keys king konu lobo long mesa meta mile mille mills
    mock moore nadie nano palacio palacios parl parts pass power powers rate rato raty rede rop ropa saca sant serr sing
    sings slot smith sola spring straw struck tong tongs topi turk turks wade young
    баку блок блока блоком бок бока боком боку вад вада вадзе ваду вады гарне гарну гор гора горы гору горе горой
    герман карым кок кока коку каком коком кук кука куку куком лебедь лебедя лебедю лебедем лебеде лебідь лебедзь лета
    лету летом леты лютым лютае мака мок нана рада рады раду радой радзе свобода свободы свободе свободу свободой
    серым хата хаты хати хату хатой хаті хаце чакаю шах
    """.split()  # noqa: SIM905
)
_NO_GIVEN = frozenset(
    """January February March April May June July August September October November December Monday Tuesday Wednesday
    Thursday Friday Saturday Sunday Did Does Do Is Was Will Would Can Could Has Had Have Should May Might Must When If But And
    That What Why How Where Who Then So As For With By To From At In On Of Or Yet Now Once""".split()  # noqa: SIM905
)
_HONORIFICS = frozenset(
    [
        "Mr",
        "Mrs",
        "Ms",
        "Mr.",
        "Mrs.",
        "Ms.",
        "MR",
        "MS",
        "Dr",
        "Dr.",
        "Gen.",
        "General",
        "Sir",
        "Lord",
        "Lady",
        "Herr",
        "Frau",
        "M.",
        "Mme",
        "Señor",
        "Sr.",
        "Sra.",
        "Don",
        "President",
        "Premier",
        "Chancellor",
        "Minister",
        "Secretary",
        "Prime",
        "Foreign",
        "Sen.",
        "Rep.",
        "Pan",
        "Pani",
        "Sayın",
    ]
)
