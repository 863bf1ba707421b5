"""`init` and `config show`."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from pydantic import BaseModel, SecretStr

from ingest.cli.context import CALL, command
from ingest.cli.output import print_json, program, say, talk
from ingest.cli.searches import JsonOption
from ingest.errors import SettingsError
from ingest.settings import DEFAULT_FILE, Settings, settings_file

if TYPE_CHECKING:
    from collections.abc import Iterator

app = typer.Typer(help="The settings in force.", no_args_is_help=True)


def flat(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any, str]]:
    """Yield (dotted name, value, description) of every setting."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", masked(value), field.description or ""


def masked(value: object) -> object:
    """Hide user and password in a URL, and anything that is a secret by its type."""
    if isinstance(value, SecretStr):
        return "***" if value.get_secret_value() else ""
    if isinstance(value, str) and "@" in value and "://" in value:
        return re.sub(r"://[^/@]*@", "://***@", value)
    return value


def _written(value: object) -> str:
    """A value as TOML has it."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case tuple():
            return "[" + ", ".join(_written(item) for item in value) + "]"
        case _:
            return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def example_toml() -> str:
    """The settings file that `init` writes: every setting with its default, commented out."""
    lines = [
        "# Summitwatch settings. Remove a # to change a default; SUMMITWATCH_* variables win.",
        "",
    ]
    section = ""
    defaults = Settings.model_construct()
    for name, value, description in flat(defaults):
        head, _, leaf = name.rpartition(".")
        if head != section:
            lines += ["", f"[{head}]"]
            section = head
        shown = '""' if value is None else _written(value)
        lines += [f"# {description}", f"# {leaf} = {shown}"]
    return "\n".join(lines) + "\n"


@command
def init() -> None:
    """Write summitwatch.toml and feeds.opml into this folder; nothing is overwritten."""
    starter = files("ingest.feeds").joinpath("starter.opml").read_text("utf-8")
    for name, text in ((DEFAULT_FILE, example_toml()), ("feeds.opml", starter)):
        path = Path(name)
        if path.exists():
            talk(f"{name} is already here and stays as it is")
            continue
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as exc:
            reason = exc.strerror or str(exc)
            raise SettingsError(name, reason, "run init in a folder that can be written") from exc
        say(f"wrote {name}")
    say()
    say("The feeds' addresses could not be tried when they were listed. Next:")
    call = program()
    say(f"  {call} feeds import feeds.opml")
    say(f"  {call} feeds check --all --mute-dead")
    say(f"  {call} run")


@app.command()
@command
def show(as_json: JsonOption = False) -> None:
    """Show every setting as it is in force, and where settings are read from."""
    settings = CALL.settings()
    rows = list(flat(settings))
    if as_json:
        print_json({name: value if value is None else _plain(value) for name, value, _ in rows})
        return
    source = settings_file()
    talk(f"from {source if source.is_file() else 'defaults'} and SUMMITWATCH_* variables")
    for name, value, _ in rows:
        say(f"{name} = {'' if value is None else _written(value)}")


def _plain(value: object) -> object:
    return value if isinstance(value, bool | int | float | str | list | tuple) else str(value)
