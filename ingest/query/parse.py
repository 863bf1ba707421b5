"""The query language: Lucene's grammar, ours in meaning, parsed once to a small tree.

`putin AND (minsk OR istanbul) role:proposed venue:"Minsk" since:7d -sport`

Words side by side are joined by AND, and OR binds closer than that: `a OR b c` is
`(a OR b) AND c`. Regular expressions, leading wildcards, fuzziness and boosts are refused, so that
no query is expensive and both engines mean the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from luqum import thread as luqum_thread
from luqum import tree as lucene
from luqum.exceptions import ParseError

from ingest.errors import QueryError
from ingest.query.analysis import fold_terms
from ingest.query.ast import All, And, DateRange, Node, Not, Or, Phrase, Prefix, Word
from ingest.query.clauses import FIELDS, MAX_CLAUSES, Clause, Names, Resolver, Value, bind
from ingest.query.dates import FORMS, parse_date
from ingest.query.stemmers import query_stems

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Names", "ParsedQuery", "parse_query"]

MAX_CHARS = 2000
MAX_DEPTH = 20

# The grammar takes an entity id's colon (venue:place:minsk-by) for a field of a field.
_ID_COLON = re.compile(r"(?<=:)(leader|place):(?=[\w-])")
_HELD_COLON = "\ue000"
_POSITION = re.compile(r"at position (\d+)!?$")
_NUMBER = re.compile(r"[~^][\d.]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_DATE_FIELDS = ("since", "until", "date")


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """The tree, and what the answer should say of how the query was understood."""

    node: Node
    notes: tuple[str, ...] = ()


def parse_query(text: str, *, names: Names, now: datetime, tz: str = "UTC") -> ParsedQuery:
    """Parse a query; an empty one means every article.

    Args:
        text: what a person typed; anything at all.
        names: resolves the values of entity fields.
        now: what `7d` counts from; aware.
        tz: the zone that defines a day.

    Raises:
        QueryError: it does not parse; with the position and the way out.
    """
    try:
        return _parse_query(text, names, now, tz)
    except QueryError as exc:
        exc.query = text
        raise


def _parse_query(text: str, names: Names, now: datetime, tz: str) -> ParsedQuery:
    if len(text) > MAX_CHARS:
        raise QueryError(
            "the query", f"has {len(text):,} characters", f"at most {MAX_CHARS:,}", MAX_CHARS
        )
    if not text.strip():
        return ParsedQuery(All())
    _check_depth(text)
    builder = _Builder(Resolver(names), now, tz)
    node = builder.node(_parsed(text), 0)
    if node is None:
        raise QueryError(
            "the query", "holds no word to search for", "write a word or a field:value"
        )
    return ParsedQuery(node, tuple(builder.resolver.notes))


def _check_depth(text: str) -> None:
    depth, quoted, escaped = 0, False, False
    for position, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if depth > MAX_DEPTH:
                raise QueryError(
                    "the query", "is nested too deep", f"at most {MAX_DEPTH} levels", position
                )


def _parsed(text: str) -> Any:  # noqa: ANN401  luqum has no types
    held = _ID_COLON.sub(rf"\1{_HELD_COLON}", text)
    try:
        return luqum_thread.parse(held)
    except ParseError as exc:
        raise _syntax_error(text, str(exc)) from exc
    except (ArithmeticError, ValueError) as exc:  # luqum reads ^. and ~1.5 as numbers
        sign = _NUMBER.search(text)
        raise QueryError(
            "the query",
            "fuzzy words (~) and boosts (^) are not supported",
            "leave the sign out",
            sign.start() if sign else 0,
        ) from exc


def _syntax_error(text: str, message: str) -> QueryError:
    found = _POSITION.search(message)
    if found is None:
        open_parens = text.count("(") - text.count(")")
        return QueryError(
            "the query",
            "ends too early",
            "close the parenthesis" if open_parens > 0 else "something must follow its last word",
            len(text),
        )
    position = int(found.group(1))
    char = text[position : position + 1]
    if char == '"':
        return QueryError("the query", "has a quote that is never closed", 'add a "', position)
    word = (text[position:].split() or [char])[0][:20]
    return QueryError(
        "the query",
        f"cannot have {word!r} at position {position}",
        'write it in quotes: "…"',
        position,
    )


class _Builder:
    """Turns luqum's tree into ours."""

    def __init__(self, resolver: Resolver, now: datetime, tz: str) -> None:
        self.resolver, self._now, self._tz = resolver, now, tz
        self._clauses = 0

    def node(self, item: Any, depth: int) -> Node | None:  # noqa: ANN401
        """Return the node; None where nothing of it can be searched for (a lone dash)."""
        parts = self._parts(item, depth)
        clauses = [part for part in parts if isinstance(part, Clause)]
        nodes = [part for part in parts if not isinstance(part, Clause)] + bind(clauses)
        if not nodes:
            return None
        return nodes[0] if len(nodes) == 1 else And(tuple(nodes))

    def _parts(self, item: Any, depth: int) -> list[Clause | Node]:  # noqa: ANN401
        """Return what the item adds to its AND group; parentheses, OR and NOT are one node."""
        if depth > MAX_DEPTH:
            raise QueryError(
                "the query", "is nested too deep", f"at most {MAX_DEPTH} levels", _at(item)
            )
        match item:
            case lucene.Word() | lucene.Phrase():
                self._count(item)
                return _some(_term(item))
            case lucene.SearchField():
                return self._field(item)
            case lucene.Group() | lucene.FieldGroup():
                return _some(self.node(item.children[0], depth + 1))
            case lucene.AndOperation() | lucene.UnknownOperation():
                return [part for child in item.children for part in self._parts(child, depth + 1)]
            case lucene.OrOperation():
                found = [self.node(child, depth + 1) for child in item.children]
                children = tuple(child for child in found if child is not None)
                return [Or(children)] if len(children) > 1 else list(children)
            case lucene.Plus():
                return self._parts(item.children[0], depth + 1)
            case lucene.Prohibit() if item.children[0].head:
                return self._parts(item.children[0], depth + 1)  # "Putin - Trump": a mere dash
            case lucene.Not() | lucene.Prohibit():
                child = self.node(item.children[0], depth + 1)
                return [] if child is None else [Not(child)]
            case _:
                raise _refused(item)

    def _field(self, item: Any) -> list[Clause | Node]:  # noqa: ANN401
        field, value = item.name.lower(), item.children[0]
        if field not in FIELDS:
            raise QueryError(
                f"{item.name}:",
                "is no field",
                f"one of {', '.join(FIELDS)}; or write it in quotes",
                _at(item),
            )
        if field in _DATE_FIELDS:
            self._count(item)
            return [self._dates(field, value)]
        # venue:(minsk istanbul) asks for both, as if each were written by itself.
        return [self.resolver.clause(field, group) for group in self._values(field, value)]

    def _values(self, field: str, value: Any) -> list[list[Value]]:  # noqa: ANN401
        """Return the values of a field: all of the outer list, any of an inner one."""
        match value:
            case lucene.Word() | lucene.Phrase():
                self._count(value)
                return [_written(value)]
            case lucene.FieldGroup() | lucene.Group():
                return self._values(field, value.children[0])
            case lucene.OrOperation():
                groups = [self._values(field, child) for child in value.children]
                if all(len(group) == 1 for group in groups):
                    return [[one for group in groups for one in group[0]]]
            case lucene.AndOperation() | lucene.UnknownOperation():
                return [group for member in value.children for group in self._values(field, member)]
            case lucene.Regex() | lucene.Fuzzy() | lucene.Boost() | lucene.Proximity():
                raise _refused(value)
        raise QueryError(
            f"{field}:", "cannot have that as its value", f"write {field}:(a OR b)", _at(value)
        )

    def _dates(self, field: str, value: Any) -> DateRange:  # noqa: ANN401
        match value:
            case lucene.Range() if field == "date":
                low, high = (_bound(child) for child in value.children)
                start = None if low is None else self._span(low)
                end = None if high is None else self._span(high)
                found = DateRange(
                    None if start is None else (start.start if value.include_low else start.end),
                    None if end is None else (end.end if value.include_high else end.start),
                )
            case lucene.From() if field == "date":
                span = self._span(_one(value.children[0]))
                found = DateRange(span.start if value.include else span.end, None)
            case lucene.To() if field == "date":
                span = self._span(_one(value.children[0]))
                found = DateRange(None, span.end if value.include else span.start)
            case lucene.Word() | lucene.Phrase():
                span = self._span(_one(value))
                found = DateRange(
                    None if field == "until" else span.start,
                    None if field == "since" else span.end,
                )
            case _:
                raise QueryError(
                    f"{field}:",
                    "cannot have that as its value",
                    f"{FORMS}; date:[a TO b]",
                    _at(value),
                )
        if found.start and found.end and found.start >= found.end:
            raise QueryError(f"{field}:", "ends before it begins", "swap the dates", _at(value))
        return found

    def _span(self, value: Value) -> Any:  # noqa: ANN401
        return parse_date(value.text, now=self._now, tz=self._tz, position=value.position)

    def _count(self, item: Any) -> None:  # noqa: ANN401
        self._clauses += 1
        if self._clauses > MAX_CLAUSES:
            raise QueryError("the query", "has too many words", f"at most {MAX_CLAUSES}", _at(item))


def _at(item: Any) -> int:  # noqa: ANN401
    return item.pos or 0


def _some(node: Node | None) -> list[Clause | Node]:
    return [] if node is None else [node]


def _plain(text: str) -> str:
    return _ESCAPE.sub(r"\1", text).replace(_HELD_COLON, ":")


def _one(item: Any) -> Value:  # noqa: ANN401
    """Return a word's or phrase's text as written, without quotes and escapes."""
    if isinstance(item, lucene.Phrase):
        return Value(_plain(item.value[1:-1]), _at(item))
    if isinstance(item, lucene.Word):
        return Value(_plain(item.value), _at(item))
    raise QueryError("the query", "cannot have that here", FORMS, _at(item))


def _written(item: Any) -> list[Value]:  # noqa: ANN401
    """Return a field's value, parted at commas where it is not quoted: role:proposed,agreed."""
    if isinstance(item, lucene.Phrase):
        return [_one(item)]
    if re.search(r"(?<!\\)[*?]", item.value):
        raise QueryError(item.value, "a field takes no wildcard", "write the whole name", _at(item))
    values = [
        Value(_plain(part.group()), _at(item) + part.start())
        for part in re.finditer(r"[^,]+", item.value)
    ]
    return values or [Value("", _at(item))]


def _bound(item: Any) -> Value | None:  # noqa: ANN401
    """Return a range's end; None where it is open (`*`)."""
    value = _one(item)
    return None if value.text == "*" else value


def _term(item: Any) -> Node | None:  # noqa: ANN401
    if isinstance(item, lucene.Phrase):
        terms = fold_terms(_plain(item.value[1:-1]))
        return Phrase(terms) if terms else None
    if item.value == "*":
        return All()
    wildcard = re.search(r"(?<!\\)[*?]", item.value)
    if wildcard:
        return _prefix(item, wildcard.start())
    terms = fold_terms(_plain(item.value))
    if len(terms) == 1:
        return Word(terms[0], query_stems(terms[0]))
    return Phrase(terms) if terms else None  # Minsk-2, don't, U.S.


def _prefix(item: Any, wildcard: int) -> Prefix:  # noqa: ANN401
    written = item.value
    if wildcard == 0:
        raise QueryError(
            written, "begins with a wildcard", "write the beginning of the word", _at(item)
        )
    if written[wildcard:] != "*":
        raise QueryError(
            written, "has a wildcard that is no * at its end", "write mins*", _at(item)
        )
    terms = fold_terms(_plain(written[:-1]))
    if len(terms) != 1 or len(terms[0]) < 2:
        raise QueryError(
            written, "is no beginning of one word", "write two letters or more, then *", _at(item)
        )
    return Prefix(terms[0])


def _refused(item: Any) -> QueryError:  # noqa: ANN401
    what, way_out = {
        "Regex": ("regular expressions are not supported", 'write a "/" in quotes'),
        "Fuzzy": ("fuzzy words (~) are not supported", "write a beginning: luka*"),
        "Proximity": ("distances (~) are not supported", "write the phrase or its words"),
        "Boost": ("boosts (^) are not supported", "leave it out"),
        "Range": ("a range needs a field", "write date:[2026-01-01 TO 2026-02-01]"),
        "From": ("a comparison needs a field", "write date:>=2026-01-01"),
        "To": ("a comparison needs a field", "write date:<=2026-01-01"),
    }.get(type(item).__name__, ("that is not supported", "write words and fields"))
    return QueryError("the query", what, way_out, _at(item))
