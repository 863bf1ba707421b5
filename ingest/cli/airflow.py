"""`airflow`: what an Airflow needs once before the DAGs run on it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import Annotated

import typer

from ingest.cli.context import CALL, command
from ingest.cli.output import say, talk
from ingest.errors import SettingsError, StoreError

app = typer.Typer(help="Apache Airflow as the scheduler.", no_args_is_help=True)

SHARED = "default_pool"  # every Airflow has it; its size is not ours to set
ABOUT = "Summitwatch: tasks that write to the store"


@app.callback()
def airflow() -> None:
    """Apache Airflow as the scheduler."""


@app.command()
@command
def setup(
    slots: Annotated[
        int, typer.Option(help="Tasks that may run at once; 0: one on SQLite, else airflow.slots.")
    ] = 0,
) -> None:
    """Create the pool that SUMMITWATCH_AIRFLOW__POOL names; run where Airflow is installed."""
    settings = CALL.settings()
    name = settings.airflow.pool
    if not is_installed():
        raise SettingsError(
            "airflow", "is not installed beside this program", "run it in Airflow's environment"
        )
    if name == SHARED:
        raise SettingsError(
            "airflow.pool",
            f"is {SHARED}, which other DAGs share",
            "set SUMMITWATCH_AIRFLOW__POOL=summitwatch for this command and for Airflow",
        )
    is_file = settings.store.startswith("sqlite:")
    size = slots or (1 if is_file else settings.airflow.slots)
    if is_file and size > 1:
        talk("SQLite takes one writer at a time: more tasks will wait for each other")
    done = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-m", "airflow", "pools", "set", name, str(size), ABOUT],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise StoreError("Airflow's database", last[:300], "run airflow db migrate first")
    say(f"pool {name}: {size} {'slot' if size == 1 else 'slots'}")


def is_installed() -> bool:
    """Whether Airflow can be imported here; a mere folder of its name is none."""
    found = importlib.util.find_spec("airflow")
    return found is not None and found.origin is not None
