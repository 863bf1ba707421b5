"""Runs DAGs by `dag.test()` as JSON jobs on standard input say; runs in `.venv-airflow`.

A job: `{"dag", "conf", "env"}`. After what Airflow logs of it, a line `RESULT {...}` tells the run's
state, and of each task its state, tries and name.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from airflow.dag_processing.dagbag import DagBag

DAGS = Path(__file__).parents[2] / "dags"


def main() -> None:
    bag = DagBag(dag_folder=str(DAGS))
    before = dict(os.environ)
    for line in sys.stdin:
        job = json.loads(line)
        os.environ.update(job["env"])
        for name in job.get("unset", ()):
            os.environ.pop(name, None)
        try:
            run = bag.dags[job["dag"]].test(run_conf=job["conf"] or None)
        except Exception as exc:  # noqa: BLE001  a refusal before the run is a result, too
            result = {"state": f"refused: {type(exc).__name__}: {exc}", "tasks": []}
        else:
            result = {"state": str(run.state), "tasks": list(map(told, run.get_task_instances()))}
        os.environ.clear()
        os.environ.update(before)
        sys.__stdout__.write(f"\nRESULT {json.dumps(result)}\n")
        sys.__stdout__.flush()


def told(ti) -> dict[str, object]:
    return {
        "task": ti.task_id,
        "index": ti.map_index,
        "name": ti.rendered_map_index,
        "state": str(ti.state),
        "try": ti.try_number,
    }


if __name__ == "__main__":
    main()
