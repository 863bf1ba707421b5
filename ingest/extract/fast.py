"""Halves the time of trafilatura, without a change to what it finds.

A third of its time goes into XPath expressions of the form

    .//*[self::div or self::p][@role='x' or re:test(@class, 'nav|menu') or ...]

where libxml2 calls back into Python for each `re:test` on each element. The same question is asked
here the other way round: a walk over the elements in C, and one remembered answer for each
distinct value of an attribute. `compile_walk` understands just the expressions of that form, so
what it returns is the same list of the same elements by construction, and the tests compare them.
An expression it does not understand stays as it is, and so does everything in a trafilatura
whose version is not known here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import trafilatura
from lxml.etree import XPath
from trafilatura import xpaths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml.html import HtmlElement

    Test = Callable[[str], bool]

_KNOWN_VERSIONS = re.compile(r"2\.3\.\d+")
LISTS = (
    "RAW_TREE_PRUNE_XPATH",
    "REMOVE_COMMENTS_XPATH",
    "REMOVE_COMMENTS_AND_LISTS_XPATH",
    "OVERALL_DISCARD_XPATH",
    "PRECISION_DISCARD_XPATH",
    "BODY_XPATH",
)
_MAX_REMEMBERED = 20_000  # attribute values; a page that invents a class for every element

_ATTRIBUTE = r"@([\w-]+)(?:\s*\|\s*@([\w-]+))?"
_STRING = r"'([^']*)'"
_FORMS = {
    "equals": re.compile(rf"{_ATTRIBUTE}\s*=\s*{_STRING}"),
    "exists": re.compile(_ATTRIBUTE),
    "contains": re.compile(rf"contains\(\s*{_ATTRIBUTE}\s*,\s*{_STRING}\s*\)"),
    "starts": re.compile(rf"starts-with\(\s*{_ATTRIBUTE}\s*,\s*{_STRING}\s*\)"),
    "translated": re.compile(
        rf"contains\(\s*translate\(\s*{_ATTRIBUTE}\s*,\s*{_STRING}\s*,\s*{_STRING}\s*\)"
        rf"\s*,\s*{_STRING}\s*\)"
    ),
    "matches": re.compile(rf"re:test\(\s*{_ATTRIBUTE}\s*,\s*{_STRING}\s*(?:,\s*'(i)'\s*)?\)"),
}
_SELF = re.compile(r"self::([\w-]+)")
_NOT_SELF = re.compile(r"not\(\s*(self::[\w-]+(?:\s+or\s+self::[\w-]+)*)\s*\)")
_NOT_BELOW = re.compile(r"not\(\s*(\.//[\w-]+)\s*\)")


class UnsupportedError(ValueError):
    """An expression of another form; it is left to libxml2."""


class _Condition:
    """One predicate: conditions joined by `or`, sorted by the attribute they ask about."""

    def __init__(self, alternatives: list[str]) -> None:
        self._other_tags: frozenset[str] | None = None
        self._without: list[str] = []
        self._first_of: list[tuple[str, str, _Remembered]] = []
        singles: dict[str, list[Test]] = {}
        suspicious: dict[str, list[Test]] = {}
        for alternative in alternatives:
            if match := _NOT_SELF.fullmatch(alternative):
                self._other_tags = frozenset(_SELF.findall(match[1]))
            elif match := _NOT_BELOW.fullmatch(alternative):
                self._without.append(match[1])
            else:
                first, second, test = _test(alternative)
                if second:
                    self._first_of.append((first, second, _Remembered([test])))
                    suspicious.setdefault(second, []).append(test)
                else:
                    singles.setdefault(first, []).append(test)
                suspicious.setdefault(first, []).append(test)
        self._singles = [(name, _Remembered(tests)) for name, tests in singles.items()]
        # Attributes whose value may make the predicate true: empty for nearly every element.
        self.suspicious = [(name, _Remembered(tests)) for name, tests in suspicious.items()]
        self.is_by_attribute = self._other_tags is None and not self._without

    def __call__(self, element: HtmlElement) -> bool:
        for name, remembered in self._singles:
            value = element.get(name)
            if value is not None and remembered[value]:
                return True
        for first, second, remembered in self._first_of:
            # XPath takes the string of a node set from its first node in the source
            value = next((v for n, v in element.items() if n in (first, second)), None)
            if value is not None and remembered[value]:
                return True
        if self._other_tags is not None and element.tag not in self._other_tags:
            return True
        return any(element.find(path) is None for path in self._without)


class _Remembered(dict[str, bool]):
    """Answers by attribute value: whether any of the tests holds."""

    def __init__(self, tests: list[Test]) -> None:
        super().__init__()
        self._tests = tests

    def __missing__(self, value: str) -> bool:
        if len(self) >= _MAX_REMEMBERED:
            self.clear()
        answer = self[value] = any(test(value) for test in self._tests)
        return answer


class Walk:
    """Stands in for an `XPath` object: called with a tree, it returns the same elements."""

    def __init__(
        self, path: str, tags: list[str], conditions: list[_Condition], which: str
    ) -> None:
        self.path = path
        self._tags = tags
        self._conditions = conditions
        self._which = which

    def __call__(self, tree: HtmlElement) -> list[HtmlElement]:
        match self._which:
            case "all":
                return list(self._matching(tree))
            case "first":
                return [element for element, _ in zip(self._matching(tree), range(1), strict=False)]
            case _:  # the first among its siblings
                found: dict[HtmlElement, HtmlElement] = {}
                for element in self._matching(tree):
                    found.setdefault(element.getparent(), element)
                return list(found.values())

    def _matching(self, tree: HtmlElement) -> Iterator[HtmlElement]:
        suspicious, conditions = self._conditions[0].suspicious, self._conditions
        for element in tree.iterdescendants(*self._tags):
            get = element.get
            for name, remembered in suspicious:
                value = get(name)
                if value is not None and remembered[value]:
                    if all(condition(element) for condition in conditions):
                        yield element
                    break


def compile_walk(path: str) -> Walk:
    """Compile an XPath expression of the form above.

    Raises:
        UnsupportedError: it has another form.
    """
    text, which = path.strip(), "all"
    if text.startswith("(") and text.endswith(")[1]"):
        text, which = text[1:-4].strip(), "first"
    if not text.startswith(".//*"):
        raise UnsupportedError(path)
    predicates = list(_predicates(text[4:]))
    if predicates and predicates[-1] == "1":
        predicates.pop()
        which = "first-child"
    groups = [_alternatives(predicate) for predicate in predicates]
    tags = ["*"]
    if groups and all(_SELF.fullmatch(alternative) for alternative in groups[0]):
        tags = [alternative.removeprefix("self::") for alternative in groups.pop(0)]
    conditions = [_Condition(group) for group in groups]
    if not conditions or not conditions[0].is_by_attribute:
        raise UnsupportedError(path)
    return Walk(path, tags, conditions, which)


def patch() -> int:
    """Put walks in the place of trafilatura's slow expressions; returns how many are in place.

    May be called again. 0 in a trafilatura of an unknown version, which is then left as it is.
    """
    if not _KNOWN_VERSIONS.fullmatch(trafilatura.__version__):
        return 0
    count = 0
    for name in LISTS:
        expressions: list[Any] = getattr(xpaths, name, [])
        for index, expression in enumerate(expressions):
            expressions[index] = faster(expression)
            count += isinstance(expressions[index], Walk)
    return count


def faster(expression: Any) -> Any:  # noqa: ANN401  an XPath or what already stands in for it
    """Return a walk that does the same, or the expression itself."""
    if not isinstance(expression, XPath) or "re:test" not in expression.path:
        return expression  # without callbacks libxml2 is the faster one
    try:
        return compile_walk(expression.path)
    except (UnsupportedError, re.error):
        return expression


# --- reading XPath -----------------------------------------------------------------------------


def _predicates(text: str) -> Iterator[str]:
    """Split `[a][b]` into its parts; brackets in quotes are text."""
    start, depth, quoted = 0, 0, False
    for index, char in enumerate(text):
        if char == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif char == "[":
            depth += 1
            if depth == 1:
                start = index + 1
        elif char == "]":
            depth -= 1
            if depth == 0:
                yield text[start:index].strip()
        elif depth == 0 and not char.isspace():
            raise UnsupportedError(text)
    if depth or quoted:
        raise UnsupportedError(text)


def _alternatives(predicate: str) -> list[str]:
    """Split at every `or` that stands outside quotes and parentheses."""
    parts, start, depth, quoted = [], 0, 0, False
    for match in re.finditer(r"'|\(|\)|\s+or\s+", predicate):
        mark = match[0]
        if mark == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif mark == "(":
            depth += 1
        elif mark == ")":
            depth -= 1
        elif depth == 0:
            parts.append(predicate[start : match.start()].strip())
            start = match.end()
    return [*parts, predicate[start:].strip()]


def _test(alternative: str) -> tuple[str, str, Test]:
    """Return the attribute or two that a condition asks about, and the question."""
    for form, pattern in _FORMS.items():
        match = pattern.fullmatch(alternative)
        if match is None:
            continue
        first, second, *words = match.groups()
        test = _question(form, words)
        if form != "exists" and test(""):  # true of an absent attribute too: not seen by the walk
            break
        if second and form in ("equals", "exists"):  # node sets compare otherwise than strings
            break
        return first, second or "", test
    raise UnsupportedError(alternative)


def _question(form: str, words: list[str]) -> Test:
    match form:
        case "equals":
            return lambda value: value == words[0]
        case "exists":
            return lambda value: True  # noqa: ARG005
        case "contains":
            return lambda value: words[0] in value
        case "starts":
            return lambda value: value.startswith(words[0])
        case "translated":
            letters, into, word = words
            table = {ord(c): into[i] if i < len(into) else None for i, c in enumerate(letters)}
            return lambda value: word in value.translate(table)
        case _:
            expression = re.compile(words[0], re.IGNORECASE if words[1] else 0)
            return lambda value: expression.search(value) is not None
