"""Let the alert rules see what was stored, and deliver what they raise."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, dag, task

from ingest.airflow.defaults import ARTICLES, START, task_defaults

DOC = """
### What it does
After each announcement of new articles, and every ten minutes for what waits to be delivered
again: evaluate the rules over the entries that are `stored`, put alerts into the outbox, deliver.

Each alert is created once. Clear the task at any time.
"""


@dag(
    dag_id="raise_alerts",
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("*/10 * * * *", timezone="UTC"),
        assets=[Asset(ARTICLES)],
    ),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=task_defaults(timedelta(minutes=20)),
    tags=["summitwatch", "alerts"],
    doc_md=DOC,
)
def raise_alerts() -> None:
    """Stored entries to alerts."""

    @task
    def evaluate_and_deliver() -> dict[str, int]:
        from ingest.airflow import tasks

        return tasks.raise_alerts()

    evaluate_and_deliver()


raise_alerts()
