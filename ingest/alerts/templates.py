"""Message templates: ours, and over them the desk's own, for all channels or for one.

A template is looked for in `<folder>/<channel>/`, then `<folder>/`, then among ours. All of a
folder is compiled and rendered with a made-up alert when it is loaded, so that a mistake is told
then. Should one break on a real alert all the same, ours is used in its place: nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, StrictUndefined, TemplateError
from jinja2.exceptions import TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from ingest.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NAMES = (
    "subject.txt", "mail.txt", "mail.html", "chat.txt",
    "follow_up.txt", "follow_up.html", "follow_up_chat.txt",
)  # fmt: skip
MAX_CHARS = 200_000  # a message is read by people

_EVIDENCE = {
    "sentence": "Lukashenko offered Minsk.",
    "title": "A title",
    "source": "courier.example",
    "lang": "en",
    "when": "2026-03-02 09:00 UTC",
    "role": "proposed",
    "confidence": 0.9,
    "line": "2 Mar: Lukashenko (BY) offers Minsk; confidence .90",
    "link": "https://courier.example/a",
    "publisher_link": "https://courier.example/a",
}
SAMPLE: Mapping[str, Any] = {
    "alert": {
        "id": "0" * 64,
        "rule": "offers",
        "line": _EVIDENCE["line"],
        "group": " [minsk-by]",
        "key": {"venue": "place:minsk-by"},
        "state": "open",
        "created": "2026-03-02 09:00 UTC",
    },
    "evidence": (_EVIDENCE, _EVIDENCE),
    "board": "https://desk.example/board",
    "purpose": "alert",
    "what": "Withdrawn",
    "why": "the article no longer says so",
    "again": True,
}
"""What every template is given, made up."""


class BrokenTemplateError(SettingsError):
    """A template that cannot be compiled or rendered; `thing` is its file and line."""


def _environment(folders: Sequence[Path]) -> SandboxedEnvironment:
    return SandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folders), PackageLoader("ingest.alerts")]),
        autoescape=lambda name: bool(name and name.endswith(".html")),
        trim_blocks=True,
        undefined=StrictUndefined,
    )


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates in force.

    Attributes:
        folder: of the desk's own; None: ours alone.
        base_url: where readers reach board and articles; "": links go to the publisher.
    """

    folder: Path | None = None
    base_url: str = ""
    _made: dict[str, SandboxedEnvironment] = field(default_factory=dict, repr=False, compare=False)

    def render(self, name: str, channel: str, values: Mapping[str, object]) -> tuple[str, str]:
        """Return the text, and what was wrong with the desk's template if ours had to do."""
        try:
            return _render(self._environment(channel), name, values), ""
        except BrokenTemplateError as exc:
            return _render(_ours(), name, values), f"{exc.thing}: {exc.reason}; ours was used"

    def check(self) -> None:
        """Try every template of the folder.

        Raises:
            SettingsError: a file that is no template of ours by its name, or is broken, with its
                line; or there is no such folder.
        """
        if self.folder is None:
            return
        try:
            found = list(_files(self.folder))
        except OSError as exc:
            raise SettingsError(
                str(self.folder), f"cannot be read: {exc.strerror}", "see alerts.templates"
            ) from exc
        for path in found:
            if path.name not in NAMES:
                raise SettingsError(
                    str(path), "is no template's name", f"name it one of {', '.join(NAMES)}"
                )
            channel = path.parent.name if path.parent != self.folder else ""
            _render(self._environment(channel), path.name, SAMPLE)

    def _environment(self, channel: str) -> SandboxedEnvironment:
        if self.folder is None:
            return _ours()
        if channel not in self._made:
            folders = [self.folder / channel, self.folder] if channel else [self.folder]
            self._made[channel] = _environment(folders)
        return self._made[channel]


@cache
def _ours() -> SandboxedEnvironment:
    return _environment([])


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from (inner for inner in sorted(path.iterdir()) if inner.name[0] != ".")
        else:
            yield path


def _render(env: SandboxedEnvironment, name: str, values: Mapping[str, object]) -> str:
    try:
        return env.get_template(name).render(values)[:MAX_CHARS]
    except TemplateSyntaxError as exc:
        where = f"{exc.filename or name}:{exc.lineno}"
        raise BrokenTemplateError(where, str(exc.message), "mend the template") from exc
    except UnicodeDecodeError as exc:
        raise BrokenTemplateError(name, "is not UTF-8", "save it as UTF-8") from exc
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, OSError) as exc:
        reason = " ".join(str(exc).split())[:200] or type(exc).__name__
        raise BrokenTemplateError(_where(exc, name), reason, "mend the template") from exc


def _where(exc: Exception, name: str) -> str:
    """File and line of a template in an error's trace, which jinja2 writes as if it were Python."""
    where, trace = name, exc.__traceback__
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if Path(filename).name in NAMES:
            where = f"{filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return where


def ours(name: str) -> str:
    """Return the text of a template of ours, for a desk to begin with."""
    return files("ingest.alerts").joinpath("templates", name).read_text("utf-8")
