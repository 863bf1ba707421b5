"""Decide which place is meant, and which names are no places."""

from __future__ import annotations

import re

from ingest.tag.document import Document, Found
from ingest.tag.gazetteer import ADJECTIVE, LEADER, PLACE, Entity
from ingest.tag.match import Hit

_SOIL = re.compile(
    r" (?:soil|territory|side|ground|земл[яеію]\w*|территори\w+|території|територі\w+|тэрыторы\w+|зямл[іяею]\w*|"
    r"ziemi\w*|terytori\w+|stronie|boden|seite|territorium|sol|territoire|suelo|territorio|topra\w+|стороне|боці|баку)\b"
)
_SOIL_BEFORE = re.compile(r"(?:sol|territoire|suelo|territorio|côté|lado) $")
_GUARD_AFTER = re.compile(
    r"(?: \d{4})?[ -](?:accords?|agreements?|protocols?|treaty|declaration|memorandum|process|initiative|"
    r"convention|communique|formula|pact|charter|consensus|post|times|tractors?|university|street|avenue|"
    r"tractor|dynamo|grain|process|security conference|initiative|principles|talks format|group|abkommen|prozess|"
    r"vereinbarungen|protokoll|соглашени\w+|договорённост\w+|договоренност\w+|угод\w+|домовленост\w+|пагаднен\w+|"
    r"anlaşma\w*|bildirge\w*|mutabakat\w*|süreci|sözleşmesi)\b"
)
_GUARD_BEFORE = re.compile(
    r"(?:dynamo|dinamo|динамо|dinamo|dynama|дынама|fc|fk|фк|hk|хк|real|lokomotiv|spartak|radio|university of|treaty of|bank of|battle of|"
    r"accords? de|acuerdos? de|traité de|accord de|tratado de|protocolo de|spirit of|«зенит»|cska|street|улиц[аеуы]|проспект\w*|вул\.) $"
)


def find_places(doc: Document) -> None:
    """Fill `doc.places`."""
    spans = [(f.start, f.end) for f in doc.people]
    countries = _evidence(doc)
    for hit in doc.hits:
        if any(start < hit.end and hit.start < end for start, end in spans):
            continue
        if hit.has(LEADER):
            continue
        if hit.has(PLACE):
            found = _place(doc, hit, countries)
            if found:
                doc.places.append(found)
        elif hit.has(ADJECTIVE):
            adjective = _adjective(doc, hit)
            if adjective:
                doc.places.append(adjective)
    _merge_city_state(doc)


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


def _place(doc: Document, hit: Hit, countries: dict[str, int]) -> Found | None:
    text = doc.folded.text
    after = text[hit.end : hit.end + 40]
    before = text[max(0, hit.start - 24) : hit.start]
    if _GUARD_AFTER.match(after) or _GUARD_BEFORE.search(before):
        return None
    entities = [doc.gazetteer.compiled.entities[row] for row in hit.rows(PLACE)]
    entity = min(entities, key=lambda e: _likelihood(e, countries))
    if (
        entity.geonames is not None
        and entity.weight < CURATED
        and _doubtful(doc, hit, entity, countries)
    ):
        return None
    return Found(hit.start, hit.end, entity, "venue", "name", "place-name", 0.9)


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
    if re.search(r"(?:\w[\w'’.-]* |[-«“])$", left):
        word = left.split(" ")[-2] if left.endswith(" ") else left[-1]
        if word[:1].isupper() and doc.lang != "de":
            return True
    if re.match(r" [A-ZА-Я]|-\w", right):
        return True
    opens = not left.rstrip() or left.rstrip()[-1] in '.!?:\n«“„"»”—–'
    if opens and " " not in surface:
        return not (countries.get(entity.country) and entity.weight > 100_000)
    if countries.get(entity.country):
        return doc.lang == "de" and entity.weight < 50_000
    return entity.weight < 250_000


# Curated places weigh at least this much; a town of GeoNames weighs its inhabitants.
CURATED = 2_000_000


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
    soil = _SOIL.match(text, hit.end)
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


def _merge_city_state(doc: Document) -> None:
    doc.places.sort(key=lambda f: f.start)
