"""The command tree of `summitwatch`."""

from __future__ import annotations

from typing import Annotated

import typer

import ingest
from ingest.cli import (
    airflow,
    backfills,
    backup,
    boards,
    config,
    copies,
    correct,
    dead,
    demo,
    doctor,
    evaluate,
    explain,
    exports,
    feeds,
    forget,
    gazetteer,
    metrics,
    migrate,
    retag,
    runs,
    searches,
    serve,
    texts,
)
from ingest.cli.alerts import app as alerts_app
from ingest.cli.context import CALL
from ingest.cli.es import app as es_app
from ingest.cli.rules import app as rules_app

app = typer.Typer(
    name="summitwatch",
    help="Summitwatch sees who offers to meet whom, and where.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"summitwatch {ingest.__version__}")
        raise typer.Exit


@app.callback()
def options(
    store: Annotated[
        str | None,
        typer.Option(help="Where everything is kept: sqlite:///path.", envvar="SUMMITWATCH_STORE"),
    ] = None,
    version: Annotated[  # noqa: ARG001  typer calls _version
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the command."""
    CALL.store = store


app.command("demo")(demo.demo)
app.command("init")(config.init)
app.command("run")(runs.run)
app.add_typer(feeds.app, name="feeds")
app.command("search")(searches.search)
app.command("show")(searches.show)
app.command("proposals")(boards.proposals)
app.command("board")(boards.show_board)
app.add_typer(alerts_app, name="alerts")
app.add_typer(rules_app, name="rules")
app.command("tag")(texts.tag)
app.command("extract")(texts.extract)
app.add_typer(gazetteer.app, name="gazetteer")
app.command("retag")(retag.retag)
app.command("explain")(explain.explain)
app.command("correct")(correct.correct)
app.command("evaluate")(evaluate.evaluate)
app.command("export")(exports.export)
app.command("copy")(copies.copy)
app.command("backfill")(backfills.backfill)
app.command("forget")(forget.forget)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("migrate")(migrate.migrate)
app.command("doctor")(doctor.doctor)
app.command("metrics")(metrics.metrics)
app.command("serve")(serve.serve)
app.add_typer(es_app, name="es")
app.add_typer(airflow.app, name="airflow")
app.add_typer(dead.app, name="dead")
app.add_typer(config.app, name="config")
