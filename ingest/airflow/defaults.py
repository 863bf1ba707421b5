"""Arguments of every task, made without I/O: DAG files are parsed over and over."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from typing import Any

ARTICLES = "summitwatch://articles"
START = datetime(2025, 1, 1, tzinfo=timezone.utc)  # noqa: UP017  airflow serializes it by name
LONGEST_PAUSE = timedelta(minutes=10)


def setting(name: str, default: str) -> str:
    """Return `SUMMITWATCH_AIRFLOW__*` of the environment: no file is read while DAGs are parsed."""
    return os.environ.get(f"SUMMITWATCH_AIRFLOW__{name}") or default


def task_defaults(timeout: timedelta, **more: Any) -> dict[str, Any]:  # noqa: ANN401  Airflow's
    """Return a DAG's `default_args`: pool, retries with growing pauses, a timeout, alarms."""
    return {
        "owner": "summitwatch",
        "pool": setting("POOL", "default_pool"),
        "retries": int(setting("RETRIES", "3")),
        "retry_delay": timedelta(seconds=float(setting("RETRY_DELAY_S", "30"))),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": LONGEST_PAUSE,
        "execution_timeout": timeout,
        "on_failure_callback": on_failure,
        **more,
    }


def on_failure(context: Any) -> None:  # noqa: ANN401  Airflow's context
    """Raise the operational alarm that a task's last failure is worth."""
    from ingest.airflow.alarms import failed

    failed(context.get("exception"))
