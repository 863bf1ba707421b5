"""Rules out of a file: found, read, checked. docs/alerts.md describes the file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ingest import ids
from ingest.alerts.channels import Channel, read_channel
from ingest.alerts.reading import RULE_ID, RuleReader
from ingest.alerts.ruleset import BUILT_IN, MAX_AGE, Rule, RuleSet
from ingest.alerts.yamldoc import Value, read_yaml
from ingest.errors import SettingsError

if TYPE_CHECKING:
    from ingest.query.clauses import Names
    from ingest.settings import Settings

__all__ = ["Rule", "RuleSet", "load_rules", "parse_rules", "parse_text", "read_file", "read_rules"]

MAX_FILE_BYTES = 2**20  # some thousand rules; /dev/zero has no end
_SQLITE = "sqlite:///"


def rules_file(settings: Settings) -> Path | None:
    """Return the file of rules in use: settings.alerts.rules, else rules.yaml beside the store."""
    if settings.alerts.rules is not None:
        return settings.alerts.rules
    if not settings.store.startswith(_SQLITE):
        return None
    beside = new_rules_file(settings)
    return beside if beside.is_file() else None


def new_rules_file(settings: Settings) -> Path:
    """Return where the first rule of a store goes: rules.yaml beside it.

    Raises:
        SettingsError: the store is no file.
    """
    if not settings.store.startswith(_SQLITE):
        raise SettingsError("alerts.rules", "is not set", "set it to a file such as rules.yaml")
    return Path(unquote(settings.store.removeprefix(_SQLITE))).parent / "rules.yaml"


def load_rules(settings: Settings) -> RuleSet:
    """Read the rules in force; none where there is no file.

    Raises:
        SettingsError: the file cannot be read, or is wrong: file, line, field and the way out.
    """
    path = rules_file(settings)
    return parse_text("", "", settings) if path is None else read_rules(path, settings)


def read_rules(path: Path, settings: Settings) -> RuleSet:
    """Read the rules of a file, be it in force or not (`alerts test --rules`)."""
    return parse_text(read_file(path), str(path), settings)


def parse_text(text: str, source: str, settings: Settings, names: Names | None = None) -> RuleSet:
    """Read rules from YAML, with the defaults that the settings give."""
    return parse_rules(
        text,
        source,
        names=names,
        max_age=timedelta(hours=settings.alerts.max_age_h),
        alerts_file=settings.alerts.file,
        timezone=settings.timezone,
    )


def read_file(path: Path) -> str:
    """Return the text of a file of rules; raises SettingsError."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise SettingsError(
                str(path), f"is longer than {MAX_FILE_BYTES} bytes", "name a file of rules"
            )
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise SettingsError(str(path), "is not UTF-8", "save it as UTF-8") from exc
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
        raise SettingsError(str(path), f"cannot be read: {reason}", "name another file") from exc


def parse_rules(
    text: str,
    source: str,
    *,
    names: Names | None = None,
    max_age: timedelta = MAX_AGE,
    alerts_file: Path = Path("alerts.jsonl"),
    timezone: str = "UTC",
) -> RuleSet:
    """Read rules from YAML.

    Args:
        source: the file's name, for errors.
        names: resolves names of leaders and places; the gazetteer by default.
        max_age: of rules that say nothing of it.
        alerts_file: where the `file` channel writes unless it says so itself.
        timezone: of the days in the alerts' lines.

    Raises:
        SettingsError: with file, line, field and the way out.
    """
    document = read_yaml(text, source)
    channels = {
        name: Channel(name=name, type=name, path=alerts_file if name == "file" else None)
        for name in BUILT_IN
    }
    rules: tuple[Rule, ...] = ()
    if document.content is not None:
        fields = document.fields(("version", "channels", "rules"))
        if "version" not in fields:
            document.fail("has no version", "begin the file with `version: 1`")
        fields["version"].one_of(("1",))
        if "channels" in fields and fields["channels"].content is not None:
            channels |= _channels(fields["channels"], alerts_file)
        if "rules" in fields and fields["rules"].content is not None:
            reader = RuleReader(tuple(channels), max_age, names, timezone)
            rules = reader.rules(fields["rules"])
    return RuleSet(rules, channels, ids.sha256("rules", text)[:12], timezone, source)


def _channels(value: Value, alerts_file: Path) -> dict[str, Channel]:
    if not isinstance(value.content, dict):
        value.fail("must be a mapping of names to channels", "write `desk: {type: file}`")
    found = {}
    for name, options in value.content.items():
        if not RULE_ID.fullmatch(name):
            options.fail(f"{name[:80]!r} is no channel name", "a-z, 0-9, - and _")
        found[name] = read_channel(name, options, alerts_file)
    return found
