"""Decide which place is meant, and which names are no places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ingest.tag.document import Document, Found
from ingest.tag.fold import fold
from ingest.tag.gazetteer import ADJECTIVE, CURATED, LEADER, PLACE, Entity, is_uncurated, unpack
from ingest.tag.heard_places import places_by_sound
from ingest.tag.match import Hit
from ingest.tag.namesakes import arabic_article, is_in_a_title, is_part_of_a_name
from ingest.tag.other_things import is_borne, is_something_else
from ingest.tag.plain_words import is_plain_word
from ingest.tag.towns import LIST, Known, is_town


def _folded(pattern: str) -> re.Pattern[str]:
    """A pattern over the folded text: its own accents are folded too."""
    return re.compile(fold(pattern))


_SOIL = _folded(
    r" (?:soil|territory|ground|airspace|land|земл[яеію]\w*|территори\w+|територі\w+|тэрыторы\w+|зямл[іяею]\w*|"
    r"ziemi\w*|terytori\w+|boden|territorium|sol|territoire|suelo|territorio|topra[kğ]\w*)\b"
)
_SIDE = _folded(r" (?:side|стороне|боці|баку|stronie|seite)\b")
_ON_THE = _folded(r"(?:on the|auf der|на|po|по) $")
_SOIL_BEFORE = _folded(r"(?:sol|territoire|suelo|territorio|côté|lado) $")
_GUARD_AFTER = _folded(
    r"(?: \d{4})?[ -](?:accords?|agreements?|protocols?|treaty|memorandum|process|initiative|"
    r"conventions?|formula|pact|charter|consensus|post|times|tractors?|university|street|avenue|"
    r"tractor|dynamo|grain|security conference|principles|talks format|group|abkommen|prozess|"
    r"vereinbarungen|protokoll|anlaşma(?:s[ıi]|lar[ıi])\w*|bildirge\w*|mutabakat\w*|süreci|sözleşmesi|marka|"
    r"(?:siyasi )?toplulu[gğ]u\w*|birli[gğ]i\w*|grubu\w*|filosu\w*|opera)\b"
)
# A form of «Мінськ» that is an adjective here.
_DEAL_AFTER = _folded(r" (?:соглашени|договорённост|угод|домовленост|пагаднен|протокол)")
_ADJECTIVE_END = (
    "ські",
    "ських",
    "ським",
    "ськими",
    "ские",
    "ских",
    "ским",
    "скими",
    "скія",
    "скіх",
)
_GUARD_BEFORE = _folded(
    r"(?<!\w)(?:dynamo|dinamo|динамо|dynama|дынама|fc|fk|фк|hk|хк|real|inter|air|bayern|borussia|eintracht|hertha|rapid|legia|partizan|steaua|shakhtar|schachtar|шахтёр|шахтар|rue de|voice of|голос|lokomotiv|spartak|radio|university of|treaty of|bank of|battle of|"
    r"accords? de|acuerdos? de|traité de|tratado de|protocolo de|convención de|convention de|grupo de|groupe de|"
    r"council of|conseil de l'|format|spirit of|«зенит»|cska|street|"
    r"улиц[аеыу]|проспект\w*|вул\.) $"
)
# The Council of Europe, where the name is bent.
_COUNCIL = _folded(r"(?<!\w)(?:совет\w*|рад[аиіуоы]\w*|радзе|rad[aęyzą]\w*) $")
# Common nouns before a proper name: outside its span where they are written small.
_COMMON_NOUN = _folded(
    r"(?:двор[е]?ц\w*|палац\w*|палаты|отел[ьеяюи]\w*|готел\w*|гостиниц\w*|баз[аеыу]|вилл\w+|вілл\w+|резиденци\w+|замк\w+|"
    r"замок|hotel\w*|pałac\w*|zamek|zamku|hôtel|baz[aęy]|bazie) "
)


def find_places(doc: Document) -> None:
    """Fill `doc.places`."""
    known = evidence(doc)
    for number, entity in candidates(known):
        if not is_uncurated(entity) or (
            is_town(number, entity, known)
            and ("in" in known.beside(number) or not is_borne(doc, doc.hits[number]))
        ):
            doc.places.extend(_spans(doc, doc.hits[number], entity))
    spans = [(f.start, f.end) for f in doc.people]
    for hit in doc.hits:
        if not hit.has(ADJECTIVE) or hit.has(PLACE) or hit.has(LEADER) or _taken(hit, spans):
            continue
        if adjective := _adjective(doc, hit):
            doc.places.append(adjective)
    doc.places += places_by_sound(doc, known.countries)
    doc.places.sort(key=lambda f: f.start)


def candidates(known: Known) -> Iterator[tuple[int, Entity]]:
    """Hits that no rule refuses, by number, with the place that each would be."""
    doc = known.doc
    spans = [(f.start, f.end) for f in doc.people]
    for number, hit in enumerate(doc.hits):
        if not hit.has(PLACE) or hit.has(LEADER) or _taken(hit, spans):
            continue
        if entity := _place(doc, hit, number, known):
            yield number, entity


def evidence(doc: Document) -> Known:
    """What a text, whose people are found, says of places as a whole; of a headline, its body too."""
    countries = _evidence(doc)
    if doc.context is not None:
        for code, times in _evidence(doc.context).items():
            countries[code] = countries.get(code, 0) + times
    return Known(doc, countries)


def _taken(hit: Hit, spans: list[tuple[int, int]]) -> bool:
    return any(start < hit.end and hit.start < end for start, end in spans)


def _evidence(doc: Document) -> dict[str, int]:
    """How often each country is named by an unambiguous name or a person's office."""
    seen: dict[str, int] = {}
    for hit in doc.hits:
        rows = hit.rows(PLACE)
        named = [doc.gazetteer.compiled.entities[row] for row in rows]
        if len(named) == 1 and (named[0].geonames is None or named[0].weight >= CURATED):
            seen[named[0].country] = seen.get(named[0].country, 0) + 1
        for row in hit.rows(ADJECTIVE):
            code = doc.gazetteer.compiled.countries[row].code
            seen[code] = seen.get(code, 0) + 1
    for person in doc.people:
        seen[person.entity.country] = seen.get(person.entity.country, 0) + 1
    return seen


def _place(doc: Document, hit: Hit, index: int, known: Known) -> Entity | None:
    text, countries = doc.folded.text, known.countries
    after = text[hit.end : hit.end + 40]
    before = text[max(0, hit.start - 24) : hit.start]
    if _GUARD_AFTER.match(after) or _GUARD_BEFORE.search(before):
        return None
    if text.startswith(("европ", "європ", "еуроп", "europ"), hit.start) and _COUNCIL.search(before):
        return None
    if _DEAL_AFTER.match(after) and text[hit.start : hit.end].endswith(_ADJECTIVE_END):
        return None
    entities = [doc.gazetteer.compiled.entities[row] for row in hit.rows(PLACE)]
    form, surface = text[hit.start : hit.end], doc.visible[hit.start : hit.end]
    entities = [e for e in entities if not _is_foreign(e, form, surface, doc.lang)]
    if not entities or _goes_on(doc, hit):
        return None
    if len(entities) > 1:
        entities = _of_the_language(entities, form, doc.lang)
        if doc.lang == "fr" and _FRENCH_STATE.search(before):
            entities = [e for e in entities if e.kind == "country"] or entities
        entities = _not_by_another_name(entities, form, countries)
        entities = _state_or_city(entities, index, known)
    if state := _state_behind(doc, index):
        american = [e for e in entities if e.country == "US" and e.kind == "city"]
        if american:
            entities = american
        elif all(e.country != state.country for e in entities):
            return None  # a namesake in that state
    entity = min(entities, key=lambda e: _likelihood(e, countries))
    if form.removeprefix("hotel ") in _CHAINS and not countries.get(entity.country):
        return None
    if entity.kind in ("country", "seat") and is_in_a_title(doc, hit, index, entity):
        return None
    if is_plain_word(doc, hit) or is_part_of_a_name(doc, hit, index, entity, countries):
        return None
    if is_something_else(doc, hit, index, entity, countries):
        return None
    return entity


def _spans(doc: Document, hit: Hit, entity: Entity) -> list[Found]:
    """The mentions that a hit makes."""
    text, surface = doc.folded.text, doc.visible[hit.start : hit.end]
    if (comma := surface.find(", ")) > 0 and entity.kind == "city":
        return _city_and_state(doc, hit, comma, entity)
    start = hit.start + _lead(text[hit.start : hit.end], surface, entity)
    if start == hit.start and entity.kind != "country":
        article = arabic_article(doc, start)
        start = start if article is None else article
    if start == hit.start + 4 and surface[4].islower():
        return []  # the gulf between them
    return [Found(start, hit.end, entity, "venue", "name", "place-name", 0.9)]


def _lead(form: str, surface: str, entity: Entity) -> int:
    """Letters at the start of a form that are no part of the name: an article, a common noun."""
    if form.startswith("the "):
        spelled = (name for names in entity.names.values() for name in names)
        own = any(name.startswith("The ") and fold(name) == form for name in spelled)
        return 0 if own else 4
    if surface.startswith("Hotel ") and entity.kind == "site":
        rest = form[6:]
        return 6 if any(fold(n) == rest for ns in entity.names.values() for n in ns) else 0
    if surface[:1].islower() and (noun := _COMMON_NOUN.match(form)):
        rest = surface[noun.end() :]
        return noun.end() + (rest[:1] in '«„“"') if rest.lstrip('«„“"')[:1].isupper() else 0
    return 0


def _city_and_state(doc: Document, hit: Hit, comma: int, entity: Entity) -> list[Found]:
    """The city, and the state or country where we know it: "Paris, Texas" is two names."""
    found = [Found(hit.start, hit.start + comma, entity, "venue", "name", "place-name", 0.9)]
    form = doc.folded.text[hit.start + comma + 2 : hit.end]
    if entity.name.startswith("Washington"):
        return [Found(hit.start, hit.end, entity, "venue", "name", "place-name", 0.9)]
    compiled = doc.gazetteer.compiled
    targets = [unpack(target) for target in compiled.forms.get(form, ())]
    named = [compiled.entities[row] for row, kind, _case in targets if kind == PLACE]
    named = [e for e in named if e.kind in ("region", "country")]
    if named:
        state = min(named, key=lambda e: e.country != entity.country)
        start = hit.start + comma + 2
        found.append(Found(start, hit.end, state, "venue", "name", "place-name", 0.9))
    return found


def _state_behind(doc: Document, index: int) -> Entity | None:
    """The American state that follows after a comma: "Moscow, Idaho"."""
    hit = doc.hits[index]
    if doc.folded.text[hit.end : hit.end + 2] != ", " or index + 1 == len(doc.hits):
        return None
    behind = doc.hits[index + 1]
    if behind.start != hit.end + 2:
        return None
    entities = [doc.gazetteer.compiled.entities[row] for row in behind.rows(PLACE)]
    if len(entities) == 1 and entities[0].kind == "region" and entities[0].country == "US":
        return entities[0]
    return None


def _of_the_language(entities: list[Entity], form: str, lang: str) -> list[Entity]:
    """Those that bear the name in the article's language, if any do: es Granada is no Grenada in English."""
    here = []
    for entity in entities:
        names = [n for key in (lang, "", "en") for n in entity.names.get(key, ())]
        stem = form[: max(4, len(form) - 3)]
        if any(fold(name).startswith(stem) for name in names):
            here.append(entity)
    return here or entities


def _goes_on(doc: Document, hit: Hit) -> bool:
    """Whether an apostrophe inside a Ukrainian or Belarusian word follows: Хасав'юрт."""
    behind = doc.folded.text[hit.end : hit.end + 2]
    return doc.lang in ("uk", "be") and behind[:1] == "'" and behind[1:].isalpha()


# Where names do not bend, or their endings stand behind an apostrophe.
_OTHERS = frozenset({"pt", "it", "id", "nl", "ro", "sv", "da", "no", "vi"})  # few names of theirs
_UNBENT = frozenset({"en", "fr", "es", "tr"}) | _OTHERS
_LATIN = _UNBENT | {"de", "pl"}


def _is_foreign(entity: Entity, form: str, surface: str, lang: str) -> bool:
    """Whether a place is never written so in this language.

    A state or region is named as others name it (de "Islands" in English), a name has other letters
    (Turkish Şam, "Sam"), or it is bent where none bends, or as others bend it: German "Handy" is no
    Handa. Polish Hiszpanie are Spaniards.
    """
    if lang not in _LATIN:
        return False
    if not is_uncurated(entity) and _is_of_other_letters(entity, form, surface, lang):
        return True
    if form == fold(entity.name):
        return False
    if lang == "pl" and surface.endswith("ie") and entity.kind == "country":
        stem = surface[:-1].casefold()
        return f"{stem}a" in (name.casefold() for name in entity.names.get("pl", ()))
    if entity.kind not in ("country", "region", "city"):
        return False
    if entity.kind != "country" and lang == "de" and " " not in form:
        return not {form, form.removesuffix("s")} & _folded_names(entity)
    if lang in _UNBENT and ", " not in entity.name:
        as_here = entity.kind == "country" and lang not in _OTHERS
        languages = (lang, "", "en") if as_here else entity.names
        return not {form, form.removeprefix("the ").split(", ")[0]} & _folded_names(
            entity, languages
        )
    if entity.kind == "city":
        return lang == "pl" and form.endswith("s") and form[:-1] in _folded_names(entity)
    own = entity.names.get(lang, ())
    names = (*own, *entity.names.get("", ()), *entity.names.get("en", ()))
    stem = form[:3]
    return bool(own) and not any(fold(name).startswith(stem) for name in names)


def _folded_names(entity: Entity, languages: Iterable[str] | None = None) -> set[str]:
    names = entity.names if languages is None else languages
    return {fold(name) for lang in names for name in entity.names.get(lang, ())}


_NO_ACCENT = frozenset("łñ")  # letters of their own: nobody sets or leaves out their mark at will
_SHORT = 4  # letters: a name that may be a word where it has lost its accents


def _is_of_other_letters(entity: Entity, form: str, surface: str, lang: str) -> bool:
    """Whether a name has letters that the place's have not (pl "małe", Malé), or lacks its own (Şam, "Sam")."""
    names = ((key, name) for key, found in entity.names.items() for name in found)
    if letters := _NO_ACCENT & set(surface.casefold()):
        return not any(letters <= set(name.casefold()) for _key, name in names)
    if len(form) > _SHORT or not surface.isascii():
        return False
    same = [(key, name) for key, name in names if fold(name) == form]
    return bool(same) and not any(k in (lang, "", "en") or name.isascii() for k, name in same)


def _not_by_another_name(
    entities: list[Entity], form: str, countries: Mapping[str, int]
) -> list[Entity]:
    """A country whose own label is another gives way to a city of that very name, unless it is spoken of."""
    cities = {e.country for e in entities if e.kind == "city" and e.weight >= CURATED}
    if not cities or not any(fold(e.name) == form for e in entities if e.kind == "city"):
        return entities
    return [
        e
        for e in entities
        if e.kind != "country"
        or fold(e.name) == form
        or e.country in cities
        or countries.get(e.country)
    ] or entities


# French says an article with a state, none with a city: «le Salvador», «à Salvador».
_FRENCH_STATE = re.compile(r"(?<!\w)(?:le|la|les|au|aux|du|en) $|(?<!\w)l'$")
# Hotels of one name in many towns: only where their country is spoken of.
_CHAINS = frozenset(
    [
        "intercontinental",
        "marriott",
        "hilton",
        "sheraton",
        "ritz-carlton",
        "kempinski",
        "ukraina",
        "украина",
    ]
)


# Where its capital is, said with these: to it, in them; "from" and "with" are said of states, too.
_TO = {"uk": "до", "be": "да", "pl": "do"}


def _state_or_city(entities: list[Entity], index: int, known: Known) -> list[Entity]:
    """Of a state and a city of one name, the city where the text speaks of a place: uk Алжир, pl Meksyk.

    Another state's capital (be Аман) is meant where that state is spoken of and the first is not. A
    state's own capital is where something is or someone goes, in an article about cities of other
    states; who acts is the state.
    """
    state = next((e for e in entities if e.kind == "country"), None)
    city = next((e for e in entities if e.kind == "city" and e.weight >= CURATED), None)
    if state is None or city is None:
        return entities
    if city.country != state.country:
        other = known.countries.get(city.country) and not known.countries.get(state.country)
        return [city] if other else entities
    return (
        [city]
        if len(known.with_cities - {city.country}) > 1 and _is_where(index, known)
        else entities
    )


def _is_where(index: int, known: Known) -> bool:
    """Whether something is in what is named, or goes there, or it stands alone between commas or cities."""
    doc, hit = known.doc, known.doc.hits[index]
    text = doc.folded.text
    beside = known.beside(index)
    if "in" in beside:
        return True
    if "of" in beside:
        return text[: hit.start].endswith(f" {_TO.get(doc.lang, '-')} ")
    every = doc.gazetteer.compiled.entities
    for other in (index - 1, index + 1):
        if 0 <= other < len(doc.hits) and doc.hits[other].has(PLACE):
            first, second = sorted((doc.hits[other], hit), key=lambda h: h.start)
            if second.start - first.end < 8 and LIST.fullmatch(text, first.end, second.start):
                return all(every[row].kind == "city" for row in doc.hits[other].rows(PLACE))
    return text[max(0, hit.start - 2) : hit.start] == ", " and text[hit.end : hit.end + 1] in ",."


def _likelihood(entity: Entity, countries: Mapping[str, int]) -> tuple[int, float]:
    """Lower is likelier: states first (Georgia the state by its country's evidence), then weight."""
    seen = countries.get(entity.country, 0)
    if entity.kind == "country":
        return (0, -10.0 - seen)
    if entity.kind == "region" and entity.name.endswith(")"):
        return (0, -9.0 - 2 * seen)
    return (1, -entity.weight * (5.0 if seen else 1.0))


def _adjective(doc: Document, hit: Hit) -> Found | None:
    """An adjective that stands for the place: "on Belarusian soil"."""
    text = doc.folded.text
    soil = _SOIL.match(text, hit.end) or (
        _SIDE.match(text, hit.end) and _ON_THE.search(text, max(0, hit.start - 8), hit.start)
    )
    if not soil and not (
        doc.lang in ("fr", "es") and _SOIL_BEFORE.search(text, max(0, hit.start - 14), hit.start)
    ):
        return None
    code = doc.gazetteer.compiled.countries[hit.rows(ADJECTIVE)[0]].code
    state = doc.gazetteer.state_by_code.get(code)
    if state is None:
        return None
    return Found(hit.start, hit.end, state, "venue", "adjective", "adjective-for-place", 0.8)
