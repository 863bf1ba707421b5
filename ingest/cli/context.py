"""What every command needs: the settings of this call, opened once, and errors turned into exits."""

from __future__ import annotations

import contextlib
import functools
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import typer
from rich.cells import cell_len

from ingest.cli.output import talk
from ingest.errors import IngestError, QueryError
from ingest.logs import configure_logs
from ingest.settings import Settings, load_settings
from ingest.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ingest.store.port import Store
    from ingest.tag.gazetteer import Gazetteer

P = ParamSpec("P")
T = TypeVar("T")

OK, ERROR, USAGE, FEEDS_FAILED, LEASE_HELD, STORE_DOWN = range(6)


@dataclass(slots=True)
class Call:
    """The options before the command: `--store`, and the settings they change.

    Attributes:
        records: the store that is open now.
        names: the gazetteer with its overlay, once somebody asked.
    """

    store: str | None = None
    records: Store | None = None
    names: Gazetteer | None = None

    def settings(self, **overrides: Any) -> Settings:  # noqa: ANN401  settings by name
        """Read the settings with this call's options on top; logs follow them from here on."""
        if self.store:
            overrides["store"] = self.store
        settings = load_settings(**overrides)
        configure_logs(settings.log)
        return settings


CALL = Call()


@contextlib.contextmanager
def opened_store(
    settings: Settings | None = None, *, create: bool = False
) -> Generator[Store, None, None]:
    """Open the store that this call names, and close it.

    Args:
        create: make it where there is none; only for commands that put something into it, so that
            a mistyped path is not answered with an empty store.
    """
    settings = settings or CALL.settings()
    with open_store(
        settings.store, settings.prefix, create=create, locate=_located, names=_named
    ) as store:
        former, CALL.records, CALL.names = CALL.records, store, None
        try:
            yield store
        finally:
            CALL.records, CALL.names = former, None


def _located(entity: str) -> tuple[float, float] | None:
    from ingest.cli.lookup import place_of  # noqa: PLC0415  loaded only where something is saved

    return place_of(entity)


def _named(entity: str) -> tuple[str, ...]:
    from ingest.cli.lookup import names_of  # noqa: PLC0415  loaded only where something is saved

    return names_of(entity)


def pointed(query: str, position: int) -> tuple[str, ...]:
    """The part of a query around a position, and a caret under it; () without a query."""
    if not query:
        return ()
    start = max(0, position - 50)
    shown = ["·" if unicodedata.category(c)[0] == "C" else c for c in query]
    before = "".join(shown[start:position])
    after = "".join(shown[position : position + 25])
    return (before + after, " " * cell_len(before) + "^")


def command(function: Callable[P, T]) -> Callable[P, T]:
    """Wrap a command: an IngestError becomes one line on stderr and its exit code."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except QueryError as exc:
            talk(f"error: {exc} [{exc.code}]", style="red")
            for line in pointed(exc.query, exc.position):
                talk(f"  {line}")
            raise typer.Exit(exc.exit_code) from exc
        except IngestError as exc:
            talk(f"error: {exc} [{exc.code}]", style="red")
            raise typer.Exit(exc.exit_code) from exc
        except BrokenPipeError as exc:  # `| head` closed the pipe: no error of ours
            raise typer.Exit(OK) from exc
        except OSError as exc:  # what is left is the output: a full disk behind stdout
            talk(f"error: {exc.filename or 'output'}: {exc.strerror or exc}", style="red")
            raise typer.Exit(ERROR) from exc
        except KeyboardInterrupt as exc:
            talk("interrupted; what was stored stays stored")
            raise typer.Exit(130) from exc

    return run
