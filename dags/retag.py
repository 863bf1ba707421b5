"""Read stored articles again with the names and corrections now in force."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, task

from ingest.airflow.defaults import START, task_defaults

DOC = """
### What it does
By hand, after a change of the gazetteer, its overlay or the corrections: tags the articles of each
day anew. Nothing is fetched, no alert is raised; alerts whose evidence is gone are withdrawn.

### Parameters
* `since`: only articles stored on this day or later; empty: all.
* `only_stale`: only those that another tagger or gazetteer has read.
"""


@dag(
    dag_id="retag",
    schedule=None,
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=task_defaults(timedelta(hours=2)),
    params={
        "since": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Since",
            description="Only articles stored on this day or later (YYYY-MM-DD).",
        ),
        "only_stale": Param(
            True,
            type="boolean",
            title="Only stale",
            description="Only articles that another tagger or gazetteer has read.",
        ),
    },
    tags=["summitwatch", "by hand"],
    doc_md=DOC,
)
def retag() -> None:
    """Stored articles tagged anew."""

    @task
    def days(params: dict[str, object] | None = None) -> list[dict[str, str]]:
        from ingest.airflow import tasks

        return list(tasks.article_spans(params or {}))

    @task(map_index_template="{{ task.op_kwargs['span']['name'] }}")
    def retag_day(span: dict[str, str], params: dict[str, object] | None = None) -> dict[str, int]:
        from ingest.airflow import tasks

        return tasks.retag_span(span, only_stale=bool((params or {}).get("only_stale")))

    retag_day.expand(span=days())


retag()
