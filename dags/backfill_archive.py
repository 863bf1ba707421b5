"""Read days of the archive into the store again."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, task

from ingest.airflow.defaults import START, task_defaults

DOC = """
### What it does
By hand, into a store that is new or was restored: reads the archived feed documents and pages of
each day. Nothing is fetched; entries end `done` at once and raise no alert. What is there already is
read again, never twice.

### Parameters
* `from`, `to`: first and last day of the archive, both included.
"""


def _day(title: str) -> Param:
    return Param(type="string", format="date", title=title, description="YYYY-MM-DD")


@dag(
    dag_id="backfill_archive",
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=task_defaults(timedelta(hours=4)),
    params={"from": _day("From"), "to": _day("To, included")},
    tags=["summitwatch", "by hand"],
    doc_md=DOC,
)
def backfill_archive() -> None:
    """Archived days to stored articles."""

    @task
    def days(params: dict[str, str] | None = None) -> list[dict[str, str]]:
        from ingest.airflow import tasks

        return list(tasks.archive_spans(params or {}))

    @task(map_index_template="{{ task.op_kwargs['span']['name'] }}", max_active_tis_per_dagrun=1)
    def backfill_day(span: dict[str, str]) -> dict[str, int]:
        from ingest.airflow import tasks

        return tasks.backfill_span(span)

    backfill_day.expand(span=days())


backfill_archive()
