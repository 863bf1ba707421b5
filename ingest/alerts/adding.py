"""Write one more rule into a file of rules, leaving the rest of it as it stands. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ingest.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.alerts.rules import RuleSet

_ITEM = re.compile(r"^( *)- ", re.MULTILINE)
_RULES = re.compile(r"^rules:[ \t]*(\[[ \t]*\]|null|~)?[ \t]*(#.*)?$", re.MULTILINE)


def rule_text(
    rule_id: str, kind: str, query: str, key: Sequence[str] = (), to: Sequence[str] = ()
) -> str:
    """Return a rule as one line of YAML; every value is quoted as JSON, which YAML reads too."""
    fields = [f"id: {_quoted(rule_id)}", f"type: {_quoted(kind)}", f"query: {_quoted(query)}"]
    if key:
        fields.append(f"group_by: [{', '.join(map(_quoted, key))}]")
    if to:
        fields.append(f"to: [{', '.join(map(_quoted, to))}]")
    return f"- {{{', '.join(fields)}}}"


def with_rule(text: str, source: str, rule: str, parse: Callable[[str], RuleSet]) -> str:
    """Return the file's text with the rule at its end.

    Args:
        text: of the file; "" makes a new one.
        parse: reads a text as rules; raises SettingsError.

    Raises:
        SettingsError: the file or the rule is wrong, or its list of rules is not the last thing
            in the file, one rule below the other.
    """
    before = parse(text).rules
    if not text.strip():
        text = "version: 1\nrules:\n"
    text = text.rstrip() + "\n"
    if not before:
        found = _RULES.search(text)
        text = _RULES.sub("rules:", text, count=1) if found else f"{text}rules:\n"
    start = text.find("\nrules:")
    item = _ITEM.search(text, start)
    indent = item[1] if item else "  "
    longer = f"{text}{indent}{rule}\n"
    try:
        after = parse(longer).rules
    except SettingsError as exc:
        if "rules[" in exc.thing and not exc.reason.startswith("no valid YAML"):
            raise  # the rule itself is wrong, or its id is taken
        after = ()
    if after[:-1] != before or not after:
        raise SettingsError(
            source, "its list of rules cannot be added to", f"add this by hand: {rule}"
        )
    return longer


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
