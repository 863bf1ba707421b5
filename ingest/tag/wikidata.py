"""Names and offices from a Wikidata SPARQL endpoint: the questions, and what the answers change.

Pure: `ingest.cli.refreshing` sends them. Only what an answer adds is taken; nothing of the
gazetteer's own is dropped, and an office that it dates is not dated anew.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from ingest.errors import ParseError
from ingest.tag.fold import fold
from ingest.tag.gazetteer import Office
from ingest.tag.overlay import LANGS, MAX_NAME, Own

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.tag.gazetteer import Entity
    from ingest.tag.overlay import Overlay

BATCH = 80  # QIDs in one question
MAX_NEW = 8  # further names that one language takes from an answer
SAME_START_DAYS = 45  # oath, election and appointment are dated apart
# Classes of positions -> our offices: head of state, head of government, minister of foreign affairs.
CLASSES = {"Q48352": "pres", "Q2285706": "pm", "Q7330070": "fm"}

_QID = re.compile(r"Q[1-9]\d{0,11}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PLAIN = re.compile(r"[^\W\d_][\w'’.\- ]+")


class _Cell(msgspec.Struct):
    value: str
    lang: str = msgspec.field(default="", name="xml:lang")


class _Results(msgspec.Struct):
    bindings: list[dict[str, _Cell]]


class _Answer(msgspec.Struct):
    results: _Results


@dataclass(slots=True)
class Known:
    """What an endpoint says of one entity."""

    names: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    offices: set[Office] = field(default_factory=set)


def names_question(qids: Sequence[str]) -> str:
    """Ask for labels and further names in our languages."""
    langs = ", ".join(f'"{lang}"' for lang in LANGS)
    return (
        f"SELECT ?item ?name ?label WHERE {{ VALUES ?item {{ {_values(qids)} }} "
        "{ ?item rdfs:label ?name . BIND(1 AS ?label) } UNION "
        "{ ?item skos:altLabel ?name . BIND(0 AS ?label) } "
        f"FILTER(LANG(?name) IN ({langs})) }}"
    )


def offices_question(qids: Sequence[str]) -> str:
    """Ask for the offices that people held, by state and dates."""
    classes = " ".join(f"wd:{qid}" for qid in CLASSES)
    return (
        f"SELECT ?item ?class ?iso ?start ?end WHERE {{ VALUES ?item {{ {_values(qids)} }} "
        f"VALUES ?class {{ {classes} }} ?item p:P39 ?held . ?held ps:P39 ?position . "
        "?position wdt:P279* ?class ; wdt:P1001 ?state . ?state wdt:P297 ?iso . "
        "OPTIONAL { ?held pq:P580 ?start } OPTIONAL { ?held pq:P582 ?end } }"
    )


def _values(qids: Sequence[str]) -> str:
    return " ".join(f"wd:{qid}" for qid in qids if _QID.fullmatch(qid))


def read_answer(body: bytes, found: dict[str, Known], source: str) -> None:
    """Add what an answer says to `found`, by QID.

    Raises:
        ParseError: it is no answer in SPARQL's JSON.
    """
    try:
        rows = msgspec.json.decode(body, type=_Answer).results.bindings
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as exc:
        raise ParseError(source, f"is no SPARQL answer: {exc}"[:300], "see gazetteer.sparql_url") from exc  # fmt: skip
    for row in rows:
        qid = row["item"].value.rpartition("/")[2] if "item" in row else ""
        if not _QID.fullmatch(qid):
            continue
        known = found.setdefault(qid, Known())
        if "name" in row:
            _add_name(known, row["name"], is_label=_value(row, "label") == "1")
        elif (office := _office(row)) is not None:
            known.offices.add(office)


def _value(row: dict[str, _Cell], key: str) -> str:
    return row[key].value if key in row else ""


def _add_name(known: Known, cell: _Cell, *, is_label: bool) -> None:
    name = " ".join(cell.value.split())
    if cell.lang not in LANGS or not _PLAIN.fullmatch(name) or not 2 <= len(name) <= MAX_NAME:
        return
    # a further name of one word is a nickname or a family name that others bear too
    if is_label:
        known.names[cell.lang].insert(0, name)
    elif " " in name and name[0].isupper() and len(known.names[cell.lang]) < MAX_NEW:
        known.names[cell.lang].append(name)


def _office(row: dict[str, _Cell]) -> Office | None:
    office = CLASSES.get(_value(row, "class").rpartition("/")[2])
    iso, start, end = (_value(row, key) for key in ("iso", "start", "end"))
    if office is None or not re.fullmatch(r"[A-Z]{2}", iso) or not _DAY.match(start):
        return None
    return Office(iso, office, start[:10], end[:10] if _DAY.match(end) else "")


def refreshed(
    overlay: Overlay, entities: Iterable[Entity], found: dict[str, Known], monarchies: set[str]
) -> tuple[Overlay, list[str]]:
    """Return the overlay with what is new, and a line for each change.

    Args:
        entities: as the gazetteer has them now.
        monarchies: codes of the states whose head is a king.
    """
    lines: list[str] = []
    for entity in entities:
        known = found.get(entity.qid or "")
        if known is None:
            continue
        own = overlay.entities.get(entity.id, Own(entity.id))
        names = _new_names(entity, known, own)
        offices = entity.offices
        if entity.kind == "leader":
            offices = _with_offices(entity.offices, _ours(known.offices, monarchies))
        if names:
            told = ", ".join(n for spelled in names.values() for n in spelled)
            lines.append(f"{entity.id}: also {told}")
            joined = {
                lang: (*own.names.get(lang, ()), *names.get(lang, ()))
                for lang in {*own.names, *names}
            }
            own = replace(own, names=joined)
        if offices != entity.offices:
            fresh = [o for o in offices if o not in entity.offices]
            told = ", ".join(f"{o.office} of {o.country} {o.start}..{o.end}" for o in fresh)
            lines.append(f"{entity.id}: {told}")
            own = replace(own, offices=offices)
        if names or offices != entity.offices:
            overlay = overlay.with_entity(own)
    return overlay, lines


def _new_names(entity: Entity, known: Known, own: Own) -> dict[str, tuple[str, ...]]:
    have = {fold(name) for spelled in entity.names.values() for name in spelled}
    have |= {fold(entity.name), *map(fold, own.drop)}
    new: dict[str, tuple[str, ...]] = {}
    for lang in sorted(known.names):
        fresh = [name for name in dict.fromkeys(known.names[lang]) if fold(name) not in have]
        if fresh:
            new[lang] = tuple(fresh)
            have |= set(map(fold, fresh))
    return new


def _ours(offices: Iterable[Office], monarchies: set[str]) -> list[Office]:
    return [
        msgspec.structs.replace(o, office="king")
        if o.office == "pres" and o.country in monarchies
        else o
        for o in offices
    ]


def _with_offices(held: tuple[Office, ...], told: Iterable[Office]) -> tuple[Office, ...]:
    """The offices with those that are new; one that lay open may get its end."""
    kept = list(held)
    for office in sorted(told, key=lambda o: o.start):
        same = next((at for at, one in enumerate(kept) if _is_same(one, office)), None)
        if same is None:
            kept.append(office)
        elif office.end and not kept[same].end and office.end > kept[same].start:
            kept[same] = msgspec.structs.replace(kept[same], end=office.end)
    return tuple(sorted(kept, key=lambda o: (o.start, o.end)))


def _is_same(one: Office, other: Office) -> bool:
    """Whether both tell of one term: the same office, begun at about the same time or within it."""
    if (one.country, one.office) != (other.country, other.office):
        return False
    if not one.start or not other.start:
        return True
    if abs((_date(one.start) - _date(other.start)).days) <= SAME_START_DAYS:
        return True
    return one.start <= other.start and (not one.end or other.start < one.end)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:  # Wikidata writes 1999-00-00 where it knows the year alone
        return date(int(text[:4]), 1, 1)
