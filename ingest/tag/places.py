"""Decide which place is meant, and which names are no places."""

from __future__ import annotations

import re

from ingest.tag.document import Document, Found
from ingest.tag.fold import fold
from ingest.tag.gazetteer import ADJECTIVE, CURATED, LEADER, PLACE, Entity, unpack
from ingest.tag.heard_places import places_by_sound
from ingest.tag.match import Hit
from ingest.tag.namesakes import is_in_a_title, is_part_of_a_name, is_plain_word


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
    r"vereinbarungen|protokoll|anlaşma\w*|bildirge\w*|mutabakat\w*|süreci|sözleşmesi|marka)\b"
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
    r"(?:dynamo|dinamo|динамо|dynama|дынама|fc|fk|фк|hk|хк|real|inter|air|bayern|borussia|eintracht|hertha|rapid|legia|partizan|steaua|shakhtar|schachtar|шахтёр|шахтар|rue de|voice of|голос|lokomotiv|spartak|radio|university of|treaty of|bank of|battle of|"
    r"accords? de|acuerdos? de|traité de|tratado de|protocolo de|convención de|convention de|format|spirit of|«зенит»|cska|street|"
    r"улиц[аеыу]|проспект\w*|вул\.) $"
)
# Common nouns before a proper name: outside its span where they are written small.
_COMMON_NOUN = _folded(
    r"(?:двор[е]?ц\w*|палац\w*|палаты|отел[ьеяюи]\w*|готел\w*|гостиниц\w*|баз[аеыу]|вилл\w+|вілл\w+|резиденци\w+|замк\w+|"
    r"замок|hotel\w*|pałac\w*|zamek|zamku|hôtel|baz[aęy]|bazie) "
)


def find_places(doc: Document) -> None:
    """Fill `doc.places`."""
    spans = [(f.start, f.end) for f in doc.people]
    countries = _evidence(doc)
    for index, hit in enumerate(doc.hits):
        if any(start < hit.end and hit.start < end for start, end in spans):
            continue
        if hit.has(LEADER):
            continue
        if hit.has(PLACE):
            doc.places.extend(_place(doc, hit, index, countries))
        elif hit.has(ADJECTIVE):
            adjective = _adjective(doc, hit)
            if adjective:
                doc.places.append(adjective)
    doc.places += places_by_sound(doc, countries)
    doc.places.sort(key=lambda f: f.start)


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


def _place(doc: Document, hit: Hit, index: int, countries: dict[str, int]) -> list[Found]:
    text = doc.folded.text
    after = text[hit.end : hit.end + 40]
    before = text[max(0, hit.start - 24) : hit.start]
    if _GUARD_AFTER.match(after) or _GUARD_BEFORE.search(before):
        return []
    if _DEAL_AFTER.match(after) and text[hit.start : hit.end].endswith(_ADJECTIVE_END):
        return []
    entities = [doc.gazetteer.compiled.entities[row] for row in hit.rows(PLACE)]
    surface = doc.visible[hit.start : hit.end]
    if len(entities) > 1:
        entities = _of_the_language(entities, text[hit.start : hit.end], doc.lang)
        entities = _not_by_another_name(entities, text[hit.start : hit.end], countries)
    if state := _state_behind(doc, index):
        american = [e for e in entities if e.country == "US" and e.kind == "city"]
        if american:
            entities = american
        elif all(e.country != state.country for e in entities):
            return []  # a namesake in that state
    entity = min(entities, key=lambda e: _likelihood(e, countries))
    if text[hit.start : hit.end].removeprefix("hotel ") in _CHAINS and not countries.get(
        entity.country
    ):
        return []
    if _is_foreign(entity, text[hit.start : hit.end], doc.lang):
        return []
    if entity.kind in ("country", "seat") and is_in_a_title(doc, hit, index, entity):
        return []
    if is_plain_word(doc, hit) or is_part_of_a_name(doc, hit, index, entity, countries):
        return []
    if (
        entity.geonames is not None
        and entity.weight < CURATED
        and _doubtful(doc, hit, entity, countries)
    ):
        return []
    if (comma := surface.find(", ")) > 0 and entity.kind == "city":
        return _city_and_state(doc, hit, comma, entity)
    start = hit.start + _lead(text[hit.start : hit.end], surface, entity)
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


def _is_foreign(entity: Entity, form: str, lang: str) -> bool:
    """Whether a state or region is named as this Latin-written language never does: de "Islands" in English."""
    if entity.kind not in ("country", "region") or lang not in ("en", "de", "fr", "es", "pl", "tr"):
        return False
    own = entity.names.get(lang, ())
    names = (*own, *entity.names.get("", ()), *entity.names.get("en", ()))
    stem = form[:3]
    return bool(own) and not any(fold(name).startswith(stem) for name in names)


def _not_by_another_name(
    entities: list[Entity], form: str, countries: dict[str, int]
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


def _doubtful(doc: Document, hit: Hit, entity: Entity, countries: dict[str, int]) -> bool:
    """Whether a town nobody curated is likelier a word or a part of another name."""
    surface = doc.visible[hit.start : hit.end]
    spelled = [n for names in entity.names.values() for n in names]
    if surface.isascii() and surface not in spelled:
        return True
    if len(surface) < 4 or not any(surface[:4].casefold() == n[:4].casefold() for n in spelled):
        return True
    left = doc.visible[max(0, hit.start - 20) : hit.start]
    right = doc.visible[hit.end : hit.end + 3]
    if _ARTICLE.search(left):
        return True
    if re.search(r"(?:\w[\w'’.-]* |[-«“])$", left):
        word = left.split(" ")[-2] if left.endswith(" ") else left[-1]
        if word[:1].isupper() and doc.lang != "de":
            return True
    if re.match(r" [A-ZА-Я]|-\w", right):
        return True
    opens = not left.rstrip() or left.rstrip()[-1] in '.!?:\n«“„"»”—–'
    if opens and " " not in surface:
        near = countries.get(entity.country) and entity.weight > 100_000
        return not near and entity.weight < 1_000_000
    if countries.get(entity.country):
        return doc.lang == "de" and entity.weight < 50_000
    return entity.weight < 250_000


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

# No town has an article before it.
_ARTICLE = re.compile(
    r"\b(?:the|an?|die|der|das|dem|den|eine[rnm]?|la|les|une?|los|las|una|its|his|their) $",
    re.IGNORECASE,
)

# Curated places weigh at least this much; a town of GeoNames weighs its inhabitants.


def _likelihood(entity: Entity, countries: dict[str, int]) -> tuple[int, float]:
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
    for entity in doc.gazetteer.compiled.entities:
        if entity.kind == "country" and entity.country == code:
            return Found(
                hit.start, hit.end, entity, "venue", "adjective", "adjective-for-place", 0.8
            )
    return None
