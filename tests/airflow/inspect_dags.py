"""Parses the DAGs as Airflow does and prints what they are as JSON; runs in `.venv-airflow`.

No socket may be opened meanwhile, and no warning is let through.
"""

from __future__ import annotations

import json
import socket
import sys
import warnings
from pathlib import Path

import airflow.sdk  # noqa: F401  its own warnings are not ours
from airflow.dag_processing.dagbag import DagBag

HEAVY = ("elasticsearch", "trafilatura", "lxml", "feedparser", "ingest.")
LIGHT = {"ingest.airflow", "ingest.airflow.defaults"}


def refuse(*args, **kwargs):
    raise RuntimeError("a DAG file opened a socket")


def main(folder: Path) -> None:
    before = set(sys.modules)
    socket.socket.connect = refuse
    socket.getaddrinfo = refuse
    found = {}
    errors, heard = {}, []
    for file in sorted(folder.glob("*.py")):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            bag = DagBag(dag_folder=str(file), collect_dags=False)
            bag.collect_dags(str(file))
        heard += [f"{file.name}: {w.category.__name__}: {w.message}" for w in caught]
        errors.update(bag.import_errors)
        found.update(bag.dags)
    loaded = set(sys.modules) - before
    sys.stdout.write(
        json.dumps(
            {
                "errors": errors,
                "warnings": heard,
                "heavy": sorted(m for m in loaded if m.startswith(HEAVY) and m not in LIGHT),
                "dags": {name: describe(dag) for name, dag in found.items()},
            }
        )
    )


def describe(dag) -> dict:
    return {
        "doc": dag.doc_md or "",
        "tags": sorted(dag.tags),
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "schedule": str(dag.schedule),
        "params": {name: dag.params.get_param(name).schema for name in dag.params},
        "tasks": {task.task_id: of_task(task) for task in dag.tasks},
        "order": [task.task_id for task in dag.topological_sort() if hasattr(task, "task_id")],
    }


def of_task(task) -> dict:
    return {
        "retries": task.retries,
        "backoff": task.retry_exponential_backoff,
        "timeout_s": task.execution_timeout.total_seconds() if task.execution_timeout else None,
        "pool": task.pool,
        "alarmed": bool(task.on_failure_callback),
        "named": getattr(task, "map_index_template", None),
        "trigger": str(task.trigger_rule),
        "outlets": [asset.uri for asset in task.outlets],
        "upstream": sorted(task.upstream_task_ids),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
