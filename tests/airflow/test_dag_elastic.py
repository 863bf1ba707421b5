"""The connection `elasticsearch_default` as it is: a real server, certificate and password."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from airflow_station import ROOT, airflow_env
from ingest.demo.desk import add_feeds
from ingest.demo.newsroom import Newsroom, story_start
from ingest.demo.server import NewsroomServer
from ingest.pipeline.services import utc_now
from ingest.store import open_store

SITE = "wire"


@pytest.mark.timeout(1800)
def test_poll_feeds_through_the_connection(
    airflow_python, elastic_server, elastic_url, elastic_prefix, elastic_settings, tmp_path
):
    whole = Newsroom.load(story_start(utc_now()))
    newsroom = replace(
        whole,
        sites=tuple(site for site in whole.sites if site.key == SITE),
        all_articles=tuple(a for a in whole.all_articles if a.site.key == SITE),
    )
    server = urlsplit(elastic_url)
    password = elastic_settings.password.get_secret_value() if elastic_settings.password else ""
    connection = {
        "conn_type": "elasticsearch",
        "schema": server.scheme,
        "host": server.hostname,
        "port": server.port,
        "login": elastic_settings.user,
        "password": password,
        "extra": {"ca_certs": str(elastic_settings.ca_file)} if elastic_settings.ca_file else {},
    }
    with NewsroomServer(newsroom) as publisher, open_store(elastic_url, elastic_prefix) as store:
        add_feeds(store, newsroom)
        pinned = [f"{h}={a}:{p}" for h, (a, p) in publisher.resolver_map().items()]
        env = airflow_env(
            tmp_path,
            AIRFLOW_CONN_ELASTICSEARCH_DEFAULT=json.dumps(connection),
            SUMMITWATCH_PREFIX=elastic_prefix,
            SUMMITWATCH_ARCHIVE__URL=str(tmp_path / "archive"),
            SUMMITWATCH_OPS__STATE=str(tmp_path / "ops.json"),
            SUMMITWATCH_FETCH__HOST_PAUSE_S="0",
            SUMMITWATCH_FETCH__PINNED=",".join(pinned),
        )
        subprocess.run(
            [airflow_python, "-m", "airflow", "db", "migrate"], env=env, check=True, capture_output=True
        )  # fmt: skip
        done = subprocess.run(
            [airflow_python, "tests/airflow/run_dags.py"],
            cwd=ROOT,
            env=env,
            input=json.dumps({"dag": "poll_feeds", "conf": {}, "env": {}}),
            capture_output=True,
            text=True,
            timeout=1500,
            check=False,
        )
        assert '"state": "success"' in done.stdout, done.stdout[-3000:] + done.stderr[-2000:]
        assert store.count_articles() == len(newsroom.articles(1))
    assert not password or password not in done.stdout + done.stderr
