"""Where alerts go: what a channel is, as rules.yaml names it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.alerts.yamldoc import Value

CHANNEL_TYPES = ("stdout", "file")

_FIELDS = {"stdout": ("type",), "file": ("type", "path")}


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel.

    Attributes:
        path: of a `file` channel, as a shell in the working directory would read it.
    """

    name: str
    type: str
    path: Path | None = None


def read_channel(name: str, value: Value, alerts_file: Path) -> Channel:
    """Read one channel of rules.yaml; raises SettingsError."""
    if not isinstance(value.content, dict) or "type" not in value.content:
        value.fail("has no type", f"write {name}: {{type: file}}")
    kind = value.content["type"].one_of(CHANNEL_TYPES)
    fields = value.fields(_FIELDS[kind])
    if kind == "file":
        path = Path(fields["path"].text()) if "path" in fields else alerts_file
        return Channel(name, kind, path)
    return Channel(name, kind)
