"""KQL as Kibana compiles it to Elasticsearch's query language, as far as our tests write it."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:\\.|[^"\\])*")|(?P<mark>>=|<=|[(){}:<>])|(?P<word>(?:\\.|[^\s(){}:<>"])+))"""
)
_RANGES = {">=": "gte", "<=": "lte", ">": "gt", "<": "lt"}


def compiled(text: str) -> dict:
    """The query that Kibana sends for a KQL expression."""
    tokens = []
    at = 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match, text[at:]
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    parser = _Parser(tokens)
    found = parser.either() if tokens else {"match_all": {}}
    assert parser.at == len(tokens), tokens[parser.at :]
    return found


class _Parser:
    def __init__(self, tokens):
        self.tokens = tokens
        self.at = 0

    def next_is(self, text):
        kind, value = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind != "quoted" and value.lower() == text:
            self.at += 1
            return True
        return False

    def either(self, field=""):
        parts = [self.both(field)]
        while self.next_is("or"):
            parts.append(self.both(field))
        return any_of(*parts) if len(parts) > 1 else parts[0]

    def both(self, field):
        parts = [self.one(field)]
        while self.next_is("and"):
            parts.append(self.one(field))
        return {"bool": {"filter": parts}} if len(parts) > 1 else parts[0]

    def one(self, field):
        if self.next_is("not"):
            return {"bool": {"must_not": self.one(field)}}
        if self.next_is("("):
            found = self.either(field)
            assert self.next_is(")")
            return found
        value = self.value()
        if not field and self.next_is(":"):
            name = value[1]
            if self.next_is("{"):
                found = nested(name, self.either())
                assert self.next_is("}")
                return found
            if self.next_is("("):
                found = self.either(name)
                assert self.next_is(")")
                return found
            return within(name, *self.value())
        for mark, bound in _RANGES.items():
            if not field and self.next_is(mark):
                return any_of({"range": {value[1]: {bound: self.value()[1]}}})
        return within(field, *value) if field else anywhere(*value)

    def value(self):
        kind, value = self.tokens[self.at]
        self.at += 1
        assert kind != "mark", value
        if kind == "quoted":
            return True, re.sub(r"\\(.)", r"\1", value[1:-1])
        words = [value]
        while self.at < len(self.tokens):  # unquoted words in a row are one value
            kind, value = self.tokens[self.at]
            after = self.tokens[self.at + 1][1] if self.at + 1 < len(self.tokens) else ""
            if kind != "word" or value.lower() in {"and", "or", "not"} or after in {":", *_RANGES}:
                break
            words.append(value)
            self.at += 1
        return False, re.sub(r"\\(.)", r"\1", " ".join(words))


def any_of(*queries):
    return {"bool": {"should": list(queries), "minimum_should_match": 1}}


def within(field, is_quoted, value):
    """`field: value`"""
    if not is_quoted and value == "*":
        return any_of({"exists": {"field": field}})
    if not is_quoted and "*" in value:
        return any_of({"query_string": {"fields": [field], "query": value}})
    return any_of({"match_phrase" if is_quoted else "match": {field: value}})


def anywhere(is_quoted, value):
    """A value without a field: what `index.query.default_field` names is searched."""
    if not is_quoted and "*" in value:
        return {"query_string": {"query": value}}
    kind = "phrase" if is_quoted else "best_fields"
    return {"multi_match": {"type": kind, "query": value, "lenient": True}}


def nested(path, query):
    """`path: { … }`: one object of a nested field; names inside are relative to it."""
    return {"nested": {"path": path, "query": prefixed(query, path), "score_mode": "none"}}


def prefixed(query, path):
    """Put the path before each field of a query."""
    if isinstance(query, list):
        return [prefixed(each, path) for each in query]
    if not isinstance(query, dict):
        return query
    return {
        key: {f"{path}.{field}": value for field, value in inner.items()}
        if key in {"match", "match_phrase", "range"}
        else prefixed(inner, path)
        for key, inner in query.items()
    }
