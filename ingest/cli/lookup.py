"""Find what a person names on the command line: ids by a unique prefix, queries, entities."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from ingest.cli.context import CALL
from ingest.errors import QueryError, UsageError
from ingest.pipeline.services import utc_now
from ingest.query.ast import And, DateRange
from ingest.query.dates import FORMS, parse_date
from ingest.query.parse import parse_query
from ingest.store.port import Where
from ingest.tag import Tagger
from ingest.tag.desk import gazetteer_of

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.model import Article
    from ingest.query.ast import Node
    from ingest.query.parse import ParsedQuery
    from ingest.settings import Settings
    from ingest.store.port import Record, Store
    from ingest.tag.gazetteer import Gazetteer

    R = TypeVar("R", bound=Record)

MIN_PREFIX = 4
SEE = {
    "article": "see `summitwatch search`",
    "feed": "see `summitwatch feeds list`",
    "entry": "see `summitwatch dead list`",
    "alert": "see `summitwatch alerts list`",
}


def gazetteer() -> Gazetteer:
    """The names we know: with the overlay of the store that this call has open, else as shipped."""
    if CALL.names is None:
        records = CALL.records
        CALL.names = Tagger.load().gazetteer if records is None else gazetteer_of(records)
    return CALL.names


def place_of(entity: str) -> tuple[float, float] | None:
    """Return latitude and longitude of a place by its id, for maps over Elasticsearch."""
    found = gazetteer().entity(entity)
    if found is None or found.lat is None or found.lon is None:
        return None
    return found.lat, found.lon


@lru_cache(maxsize=10_000)
def names_of(entity: str) -> tuple[str, ...]:
    """Return every name of a leader, with the family name alone, or of a place, for Kibana."""
    found = gazetteer().entity(entity)
    if found is None:
        return ()
    names = {found.name, *(name for every in found.names.values() for name in every)}
    if found.kind == "leader":
        names |= {name.rsplit(" ", 1)[-1] for name in names}
    return (*sorted(names), *filter(None, (found.qid,)))


def parsed(query: str, settings: Settings, since: str = "") -> tuple[ParsedQuery, Node]:
    """Parse a query and bind it to `--since`; raises QueryError or UsageError."""
    now = utc_now()
    result = parse_query(query, names=gazetteer(), now=now, tz=settings.timezone)
    node: Node = result.node
    if since:
        node = And((node, DateRange(since_of(since, settings, now), None)))
    return result, node


def since_of(text: str, settings: Settings, now: datetime) -> datetime:
    """Read `7d`, `24h`, `2w` or a date as a moment; raises UsageError."""
    try:
        return parse_date(text, now=now, tz=settings.timezone, position=0).start
    except QueryError as exc:
        raise UsageError("--since", f"{text!r} is no date", FORMS) from exc


def one_record(store: Store, kind: type[R], prefix: str, noun: str) -> R:
    """Find the one record whose id begins so; raises UsageError naming what it could be."""
    _check_prefix(prefix, noun)
    found = store.find(kind, Where("id", "prefix", prefix.lower()), limit=3)
    return _the_one(found, prefix, noun)


def one_article(store: Store, prefix: str) -> Article:
    """Find the article whose id begins so."""
    _check_prefix(prefix, "article")
    found = store.find_articles(Where("id", "prefix", prefix.lower()), limit=3)
    return _the_one(found, prefix, "article")


def _check_prefix(prefix: str, noun: str) -> None:
    if len(prefix) < MIN_PREFIX or not all(c in "0123456789abcdef" for c in prefix.lower()):
        raise UsageError(
            prefix, f"is no {noun} id", f"give at least {MIN_PREFIX} of its hexadecimal digits"
        )


def _the_one(found: list[R], prefix: str, noun: str) -> R:
    if not found:
        raise UsageError(prefix, f"no {noun} has an id that begins so", SEE[noun])
    if len(found) > 1:
        shown = ", ".join(record.id[:16] for record in found[:2])
        raise UsageError(prefix, f"more than one {noun} begins so: {shown}, …", "give more digits")
    return found[0]


def states(option: str, text: str) -> tuple[str, ...]:
    """Return the ISO codes of `RU,Ukraine`: of each its code or its name; raises UsageError."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        names = gazetteer()
        code = part.upper()
        if code not in names.country_by_code:
            named = [names.entity(one) for one in names.resolve("venue", part)]
            known = {one.country for one in named if one is not None and one.kind == "country"}
            if len(known) != 1:
                raise UsageError(option, f"{part!r} is no state that is known", "write RU,UA")
            code = known.pop()
        found.append(code)
    return tuple(dict.fromkeys(found))
