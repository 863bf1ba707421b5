"""`make compose-init`: writes once, for the owner alone; says what is wrong and what mends it."""

import json
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import compose_init
import pytest
import yaml

SCRIPT = Path(__file__).parents[2] / "ops" / "compose_init.py"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(folder, what the first run printed)."""
    root = tmp_path_factory.mktemp("compose")
    done = subprocess.run(
        [sys.executable, "-I", SCRIPT, "--root", root], capture_output=True, text=True, check=False
    )
    assert done.returncode in {0, 1}, done.stderr
    assert not done.stderr
    return root, done.stdout


def content(root):
    files = [root / ".env", *(root / "secrets").iterdir()]
    return {file.name: file.read_bytes() for file in files}


def test_every_file_is_written_for_its_owner_alone(made):
    root, printed = made
    names = content(root).keys()
    assert names >= compose_init.SECRETS.keys() | {".env", "ca.pem", "elasticsearch.key"}
    for name in names:
        file = root / name if name == ".env" else root / "secrets" / name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.stat().st_uid == compose_init.owner()[0] != 0
        assert f"written  {'' if name == '.env' else 'secrets/'}{name}" in printed
    assert stat.S_IMODE((root / "secrets").stat().st_mode) == 0o700


def test_a_second_run_writes_nothing_over(made):
    root, _ = made
    before = content(root)
    (root / "secrets" / "celery-broker").unlink()
    told = list(compose_init.write_all(root, compose_init.owner()))
    assert content(root) == before  # made again of the same password
    assert [line for line in told if line.startswith("written")] == [
        "written  secrets/celery-broker"
    ]


def test_secrets_fit_together(made):
    root, printed = made
    secrets = root / "secrets"
    kibana = yaml.safe_load((secrets / "kibana.yml").read_text())
    assert kibana["elasticsearch.password"] == (secrets / "kibana-password").read_text().strip()
    assert len(kibana["xpack.security.encryptionKey"]) >= 32
    password = (secrets / "postgres-password").read_text().strip()
    for name in ("airflow-database", "celery-results"):
        assert f"://airflow:{password}@postgres/airflow" in (secrets / name).read_text()
    assert json.loads((secrets / "airflow-passwords.json").read_text())["admin"] in printed
    for name in ("desk-password", "elastic-password"):
        assert (secrets / name).read_text().strip() in printed
    for port in compose_init.PORTS.values():
        assert f"://127.0.0.1:{port} " in printed
    words = [file.read_text() for file in secrets.iterdir() if file.name.endswith("-password")]
    assert len(set(words)) == len(words)


def test_the_certificate_is_for_the_names_that_are_used(made):
    secrets = made[0] / "secrets"
    for name in ("elasticsearch", "localhost"):
        done = subprocess.run(
            [
                "openssl",
                "verify",
                "-CAfile",
                "ca.pem",
                "-verify_hostname",
                name,
                "elasticsearch.pem",
            ],
            cwd=secrets,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_half_of_the_certificates_is_told_and_left(tmp_path):
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "ca.pem").write_text("ours")
    assert compose_init.main(["--root", str(tmp_path)]) == 1
    assert [file.name for file in secrets.iterdir()] == ["ca.pem"]
    assert (secrets / "ca.pem").read_text() == "ours"


@pytest.mark.parametrize(
    ("check", "mend"),
    [
        pytest.param(compose_init.maps(65_530), "sysctl", id="maps"),
        pytest.param(compose_init.memory(6 * 2**30), "--profile search", id="memory"),
        pytest.param(compose_init.memory(2 * 2**30), "SQLite", id="less-memory"),
        pytest.param(compose_init.disk(2**30, Path("/")), "docker image prune", id="disk"),
    ],
)
def test_what_is_not_well_has_its_mend(check, mend):
    assert not check.well
    assert mend in check.mend


def test_what_is_well_is_said():
    assert compose_init.maps(262_144).well
    assert compose_init.memory(int(7.6 * 2**30)).well
    assert compose_init.disk(30 * 2**30, Path("/")).well


def test_a_port_that_is_taken_has_another_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        check = compose_init.port_check("KIBANA_PORT", port)
    assert not check.well
    line = re.search(r"s/\^KIBANA_PORT=\.\*/KIBANA_PORT=(\d+)/", check.mend)
    assert line
    assert int(line[1]) > port
    assert compose_init.port_check("KIBANA_PORT", port).well


def test_a_secret_that_others_can_read_is_told(tmp_path):
    (tmp_path / "a").write_text("x")
    (tmp_path / "a").chmod(0o644)
    check = compose_init.modes(tmp_path)
    assert not check.well
    assert "chmod 600" in check.mend
    (tmp_path / "a").chmod(0o600)
    assert compose_init.modes(tmp_path).well


def test_an_engine_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    check = compose_init.engine()
    assert not check.well
    assert "docs.docker.com" in check.mend
