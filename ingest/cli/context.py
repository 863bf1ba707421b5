"""What every command needs: the settings of this call, opened once, and errors turned into exits."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import typer

from ingest.cli.output import talk
from ingest.errors import IngestError, QueryError
from ingest.logs import configure_logs
from ingest.settings import Settings, load_settings
from ingest.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ingest.store.port import Store

P = ParamSpec("P")
T = TypeVar("T")

OK, ERROR, USAGE, FEEDS_FAILED, LEASE_HELD, STORE_DOWN = range(6)


@dataclass(slots=True)
class Call:
    """The options before the command: `--store`, and the settings they change."""

    store: str | None = None

    def settings(self, **overrides: Any) -> Settings:  # noqa: ANN401  settings by name
        """Read the settings with this call's options on top; logs follow them from here on."""
        if self.store:
            overrides["store"] = self.store
        settings = load_settings(**overrides)
        configure_logs(settings.log)
        return settings


CALL = Call()


@contextlib.contextmanager
def opened_store(settings: Settings | None = None) -> Generator[Store, None, None]:
    """Open the store that this call names, and close it."""
    settings = settings or CALL.settings()
    with open_store(settings.store, settings.prefix) as store:
        yield store


def command(function: Callable[P, T]) -> Callable[P, T]:
    """Wrap a command: an IngestError becomes one line on stderr and its exit code."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except QueryError as exc:
            talk(f"error: {exc}", style="red")
            talk(f"  {exc.thing}")
            talk("  " + " " * exc.position + "^")
            raise typer.Exit(exc.exit_code) from exc
        except IngestError as exc:
            talk(f"error: {exc} [{exc.code}]", style="red")
            raise typer.Exit(exc.exit_code) from exc
        except BrokenPipeError as exc:  # `| head` closed the pipe: no error of ours
            raise typer.Exit(OK) from exc
        except KeyboardInterrupt as exc:
            talk("interrupted; what was stored stays stored")
            raise typer.Exit(130) from exc

    return run
