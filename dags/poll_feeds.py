"""Poll every due feed: one chain of tasks for each batch, then one announcement."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Asset, Metadata, TriggerRule, dag, task, task_group

from ingest.airflow.defaults import ARTICLES, START, setting, task_defaults

articles = Asset(ARTICLES)

DOC = """
### What it does
Every five minutes (`airflow.poll_schedule`): plan the feeds that are due, in batches by publisher;
for each batch poll its feeds, fetch the new pages into the archive, extract, tag and store them;
then announce what is new.

### When a task is red
* **One dead feed or page never turns a task red.** Look at `summitwatch feeds list`.
* `due_batches`, `fetch_feeds`, `extract_tag_index`: the store or the settings; the log's last line
  says which and what to do.
* `fetch_pages`: the archive.
* `verdict`: more than half of at least ten due feeds fail, so it is our network and not they.

Clear any task at any time: each looks into the store for what is left to do, so nothing is stored
twice. The plan is kept seven days under the run's id.
"""


@dag(
    dag_id="poll_feeds",
    schedule=setting("POLL_SCHEDULE", "*/5 * * * *"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    default_args=task_defaults(timedelta(minutes=20)),
    tags=["summitwatch", "ingest"],
    doc_md=DOC,
)
def poll_feeds() -> None:
    """Feeds to stored articles."""

    @task
    def due_batches(run_id: str | None = None) -> list[dict[str, object]]:
        from ingest.airflow import tasks

        return list(tasks.due_batches(run_id or ""))

    @task_group
    def batch(key: dict[str, object]) -> None:
        """One batch: its feeds, their pages, their articles."""
        names = "{{ task.op_kwargs['key']['hosts'] }}"

        @task(map_index_template=names)
        def fetch_feeds(key: dict[str, object]) -> dict[str, int]:
            from ingest.airflow import tasks

            return tasks.poll_batch(key)

        @task(map_index_template=names)
        def fetch_pages(key: dict[str, object]) -> dict[str, int]:
            from ingest.airflow import tasks

            return tasks.fetch_batch(key)

        @task(map_index_template=names)
        def extract_tag_index(key: dict[str, object]) -> dict[str, int]:
            from ingest.airflow import tasks

            return tasks.save_batch(key)

        fetch_feeds(key=key) >> fetch_pages(key=key) >> extract_tag_index(key=key)

    @task(outlets=[articles], trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS)
    def announce(run_id: str | None = None):  # noqa: ANN202  a generator of asset metadata
        from ingest.airflow import tasks

        yield Metadata(articles, dict(tasks.announce(run_id or "")))

    @task(trigger_rule=TriggerRule.NONE_FAILED)
    def verdict(run_id: str | None = None) -> dict[str, int]:
        from ingest.airflow import tasks

        return tasks.verdict(run_id or "")

    batches = batch.expand(key=due_batches())
    last = verdict()
    batches >> announce() >> last
    batches >> last


poll_feeds()
