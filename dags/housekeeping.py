"""What is done once a day: retention, upkeep of the store, reports, and Airflow's own old records."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, task

from ingest.airflow.defaults import START, task_defaults

DOC = """
### What it does
Daily: deletes what is past its time, keeps the store in shape, reports dead entries, failing feeds,
sizes and free space; then deletes this Airflow's own records and task logs of old runs.

### Parameters
* `keep_days`: days that Airflow's records and task logs are kept; 0 leaves them alone.
"""


@dag(
    dag_id="housekeeping",
    schedule="17 3 * * *",
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=task_defaults(timedelta(hours=2)),
    params={
        "keep_days": Param(
            30,
            type="integer",
            minimum=0,
            maximum=3650,
            title="Keep days",
            description="Days that Airflow's own records and task logs are kept; 0: for ever.",
        )
    },
    tags=["summitwatch", "upkeep"],
    doc_md=DOC,
)
def housekeeping() -> None:
    """Upkeep of the store and of the scheduler."""

    @task
    def keep_store() -> dict[str, int]:
        from ingest.airflow import tasks

        return tasks.housekeep()

    @task
    def clean_airflow(params: dict[str, int] | None = None) -> dict[str, int]:
        from ingest.airflow import upkeep

        return upkeep.clean_airflow(params or {})

    keep_store()
    clean_airflow()


housekeeping()
