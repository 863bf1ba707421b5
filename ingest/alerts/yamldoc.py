"""YAML that remembers where each value stands, so that an error can name file, line and field.

Scalars stay text: the country code NO is no boolean, 07:00 no number. Duplicate keys are refused.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import yaml

from ingest.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_CHARS = 2**20  # no desk writes a megabyte of rules
MAX_VALUES = 20_000  # anchors may repeat a value, but not explode it
MAX_DEPTH = 40

_TAGS = frozenset(
    {"null", "bool", "int", "float", "str", "timestamp", "seq", "map", "merge", "value"}
)
_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([smhdw])")
_UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the document.

    Attributes:
        content: text, a tuple of values, values by key, or None where nothing is written.
        path: such as `rules[2].when.all[0].venue`, "" for the document.
        line: 1-based.
    """

    content: Content
    source: str
    path: str
    line: int

    def fail(self, reason: str, way_out: str = "") -> NoReturn:
        """Raise a SettingsError that names file, line and field."""
        where = f"{self.source}:{self.line}"
        raise SettingsError(f"{where}: {self.path}" if self.path else where, reason, way_out)

    def fields(self, known: Iterable[str]) -> dict[str, Value]:
        """Return the values by key; a key outside `known` is an error."""
        names = sorted(known)
        if not isinstance(self.content, dict):
            self.fail("must be a mapping", f"fields: {', '.join(names)}")
        for key, value in self.content.items():
            if key not in names:
                near = difflib.get_close_matches(key, names, 1)
                hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(names)}"
                value.fail(f"unknown field {key!r}"[:200], hint)
        return self.content

    def items(self) -> tuple[Value, ...]:
        """Return the values of a list."""
        if not isinstance(self.content, tuple):
            self.fail("must be a list")
        return self.content

    def many(self) -> tuple[Value, ...]:
        """Return the values of a list, or the single value as a list of one; never empty."""
        values = self.content if isinstance(self.content, tuple) else (self,)
        if not values:
            self.fail("is empty", "write at least one value or leave the field out")
        return values

    def text(self) -> str:
        """Return the text of a scalar."""
        if not isinstance(self.content, str) or not self.content.strip():
            self.fail("must be a text")
        return self.content.strip()

    def one_of(self, known: Iterable[str]) -> str:
        """Return the text, which must be one of these."""
        text, names = self.text(), tuple(known)
        if text not in names:
            near = difflib.get_close_matches(text, names, 1)
            hint = f"did you mean {near[0]}? " if near else ""
            self.fail(f"{text[:80]!r} is not known", f"{hint}one of {', '.join(names)}")
        return text

    def truth(self) -> bool:
        """Return true or false."""
        text = self.text().lower()
        if text not in _TRUTH:
            self.fail(f"{text[:80]!r} is neither true nor false")
        return _TRUTH[text]

    def ratio(self) -> float:
        """Return a number from 0 to 1."""
        return self.number(0, 1)

    def number(self, least: float, most: float) -> float:
        """Return a number within bounds."""
        text = self.text()
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            self.fail(f"{text[:80]!r} is no number from {least:g} to {most:g}")
        return number

    def whole(self, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        number = self.number(least, most)
        if not number.is_integer():
            self.fail(f"{self.text()[:80]!r} is no whole number")
        return int(number)

    def duration(self, least: timedelta = timedelta(minutes=1)) -> timedelta:
        """Return a span of time written as 90s, 30m, 24h, 7d or 2w."""
        text = self.text()
        match = _DURATION.fullmatch(text)
        if not match:
            self.fail(f"{text[:80]!r} is no duration", "write 30m, 24h, 7d or 2w")
        span = timedelta(**{_UNIT[match[2]]: float(match[1])})
        if not least <= span <= timedelta(days=36500):
            self.fail(f"{text} is out of range", f"at least {least}, at most 100 years")
        return span


Content: TypeAlias = "str | tuple[Value, ...] | dict[str, Value] | None"


@dataclass(slots=True)
class _Reader:
    source: str
    left: int = MAX_VALUES
    open_nodes: set[int] = field(default_factory=set)

    def read(self, node: yaml.Node, path: str) -> Value:
        value = Value(None, self.source, path, node.start_mark.line + 1)
        self.left -= 1
        if self.left < 0:
            value.fail(f"more than {MAX_VALUES:,} values")
        if id(node) in self.open_nodes or len(self.open_nodes) > MAX_DEPTH:
            value.fail("is nested too deep")
        self.open_nodes.add(id(node))
        content = self._content(node, value)
        self.open_nodes.discard(id(node))
        return Value(content, self.source, path, value.line)

    def _content(self, node: yaml.Node, value: Value) -> Content:
        if node.tag.partition("2002:")[2] not in _TAGS:
            value.fail(f"the tag {node.tag[:80]} is not allowed")
        if isinstance(node, yaml.MappingNode):
            fields: dict[str, Value] = {}
            for key, child in node.value:
                at = Value(None, self.source, value.path, key.start_mark.line + 1)
                if not isinstance(key, yaml.ScalarNode):
                    at.fail("a field's name must be a text")
                name = str(key.value)
                if name in fields:
                    at.fail(f"{name[:80]!r} stands twice", "keep one of them")
                fields[name] = self.read(child, f"{value.path}.{name[:80]}".lstrip("."))
            return fields
        if isinstance(node, yaml.SequenceNode):
            return tuple(
                self.read(child, f"{value.path}[{at}]") for at, child in enumerate(node.value)
            )
        if node.tag == "tag:yaml.org,2002:null":
            return None
        return str(node.value)


class _Loader(yaml.SafeLoader):
    """Composes nodes only, and no deeper than MAX_DEPTH: the parser is recursive."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401
        self.depth += 1
        if self.depth > MAX_DEPTH:
            mark = self.get_mark()
            raise yaml.MarkedYAMLError(problem="it is nested too deep", problem_mark=mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def read_yaml(text: str, source: str) -> Value:
    """Read one YAML document.

    Args:
        source: the file's name, for errors.

    Raises:
        SettingsError: no YAML, more than one document, a key twice, or too much of it.
    """
    if len(text) > MAX_CHARS:
        raise SettingsError(source, f"is longer than {MAX_CHARS:,} characters", "split the rules")
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        where = f"{source}:{mark.line + 1}" if mark else source
        raise SettingsError(where, f"no valid YAML: {exc.problem or exc.context}") from exc
    except yaml.YAMLError as exc:
        raise SettingsError(source, f"no valid YAML: {' '.join(str(exc).split())}") from exc
    if node is None:
        return Value(None, source, "", 1)
    return _Reader(source).read(node, "")
