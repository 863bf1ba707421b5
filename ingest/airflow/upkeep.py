"""What Airflow leaves behind of our DAGs: rows of old runs in its database, old task logs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import structlog
from airflow.sdk import conf
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from ingest.airflow.running import airflow_settings, known, told
from ingest.errors import SettingsError
from ingest.pipeline.services import utc_now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

DAGS = ("poll_feeds", "raise_alerts", "retag", "backfill_archive", "housekeeping")
DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
CLEAN_S = 1800
TABLES = ("dag_run", "task_instance", "task_instance_history", "xcom", "log", "job")
"""Those whose rows name their DAG; of others `airflow db clean` would delete everybody's."""

GO_WITH_RUNS = {"deadline"}
"""Cleaned by Airflow 3.3 before dag_run, by a column that it has not; a run's rows go with the run."""

NOT_CLEANED = re.compile(r"did not clean them: \[([^\]]*)\]")

log = structlog.get_logger()


def clean_airflow(params: Mapping[str, Any]) -> dict[str, int]:
    """Delete rows and task logs of our DAGs' runs older than `keep_days`; other DAGs' stay.

    Raises:
        AirflowSkipException: nothing is to be deleted, or this worker cannot reach the database.
        AirflowFailException: the deletion failed.
    """
    with told():
        keep_days = int(known(params, "keep_days")["keep_days"])
    if keep_days == 0:
        raise AirflowSkipException("keep_days is 0: records are kept for ever")
    before = utc_now() - timedelta(days=keep_days)
    folder = Path(conf.get("logging", "base_log_folder"))
    logs = delete_logs(folder, before)
    left = sum(
        file.stat().st_size for dag in DAGS for file in folder.glob(f"dag_id={dag}/**/*.log")
    )
    with told():
        env = database_env(os.environ, airflow_settings().airflow.database_file)
    if env is None:
        raise AirflowSkipException(
            f"{logs} task logs deleted; this worker cannot reach Airflow's database: name a file"
            " with its address in SUMMITWATCH_AIRFLOW__DATABASE_FILE, or run `airflow db clean`"
        )
    clean_rows(env, before)
    log.info("task_done", task="clean_airflow", did=f"logs {logs}", log_mib=left >> 20)
    return {"logs_deleted": logs, "log_bytes_left": left}


def clean_rows(env: Mapping[str, str], before: datetime) -> None:
    """Run `airflow db clean` for our DAGs in a process of its own: tasks may not open the database."""
    command = [
        *(sys.executable, "-m", "airflow", "db", "clean", "--yes", "--skip-archive"),
        *("--error-on-cleanup-failure", "--dag-ids", ",".join(DAGS), "--tables", ",".join(TABLES)),
        *("--clean-before-timestamp", before.isoformat()),
    ]
    done = subprocess.run(  # noqa: S603  our own interpreter
        command, env=dict(env), capture_output=True, text=True, timeout=CLEAN_S, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        named = NOT_CLEANED.search(last)
        if named and set(re.findall(r"\w+", named[1])) <= GO_WITH_RUNS:
            return
        raise AirflowFailException(f"airflow db clean ended with {done.returncode}: {last[:500]}")


def database_env(env: Mapping[str, str], database_file: Path | None) -> dict[str, str] | None:
    """Return the environment in which Airflow finds its database, or None where it cannot.

    Airflow hides the address from tasks. It stands in a file of ours, or in airflow.cfg.
    """
    kept = {k: v for k, v in env.items() if not k.startswith("_AIRFLOW")}
    kept.pop("AIRFLOW__CORE__SQL_ALCHEMY_CONN", None)
    if database_file is not None:
        try:
            return {**kept, DATABASE: database_file.read_text("utf-8").strip()}
        except (OSError, UnicodeDecodeError) as exc:
            raise SettingsError(
                str(database_file), f"cannot be read: {exc}", "name a readable file"
            ) from exc
    kept.pop(DATABASE, None)
    shown = subprocess.run(
        [sys.executable, "-m", "airflow", "config", "get-value", "database", "sql_alchemy_conn"],
        env=kept,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    address = (shown.stdout.strip().splitlines() or [""])[-1]
    split = urlsplit(address)
    if not address or (split.scheme.startswith("sqlite") and not _is_there(split.path)):
        return None
    return kept


def _is_there(path: str) -> bool:
    return Path(unquote(path.removeprefix("/")) if path.startswith("//") else path).is_file()


def delete_logs(folder: Path, before: datetime) -> int:
    """Delete our DAGs' task logs last written before a time, and folders so emptied."""
    deleted = 0
    for dag in DAGS:
        top = folder / f"dag_id={dag}"
        for root, _, names in os.walk(top, topdown=False):
            for name in names:
                file = Path(root, name)
                if file.lstat().st_mtime < before.timestamp():
                    file.unlink()
                    deleted += 1
            if Path(root) != top and not any(Path(root).iterdir()):
                Path(root).rmdir()
    return deleted
