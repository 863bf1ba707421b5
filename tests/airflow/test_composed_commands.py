"""The commands of Airflow in docker-compose.yml, by Airflow's own parser."""

from __future__ import annotations

import json
import subprocess

from composing import commands

PARSE = """
import json, sys
from airflow.cli.cli_parser import get_parser
for words in json.loads(sys.argv[1]):
    get_parser().parse_args(words)
"""


def test_the_commands_of_airflow_exist(airflow_python):
    wanted = [
        words[1:] for _, words in commands() if words[0] == "airflow" and words[1] != "celery"
    ]
    assert len(wanted) >= 5
    done = subprocess.run(
        [airflow_python, "-c", PARSE, json.dumps(wanted)],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-500:]
