"""docker-compose.yml by Docker's own loader, and every command in it outside a container."""

import contextlib
import json
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import pytest
import typer.main
from composing import COMPOSE, ROOT, SERVICES, TEXT, commands
from probe import is_well

from ingest.cli.app import app

LOADER = Path(__file__).parent / "loader"
GIB = 2**30
SETUP_ONLY = {"setup", "setup-kibana", "airflow-init"}
each_service = pytest.mark.parametrize("name", SERVICES)


def of_profile(*profiles):
    return {name: each for name, each in SERVICES.items() if {*profiles} & {*each["profiles"]}}


@pytest.fixture(scope="session")
def loader(tmp_path_factory):
    """What `docker compose` loads its files with."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("NOT TESTED: docker-compose.yml by Docker's loader: install Go")
    built = tmp_path_factory.mktemp("loader") / "loader"
    done = subprocess.run(
        [go, "build", "-o", built, "."], cwd=LOADER, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"NOT TESTED: Docker's loader cannot be built: {done.stderr[-200:]}")
    return built


def load(loader, tmp_path, text, **environment):
    (tmp_path / "c.yml").write_text(text)
    return subprocess.run(
        [loader, "c.yml"],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_dockers_loader_takes_it(loader, tmp_path):
    done = load(loader, tmp_path, TEXT, SUMMITWATCH_UID="1000")
    assert done.returncode == 0, done.stderr
    model = json.loads(done.stdout)
    assert model["services"].keys() == SERVICES.keys()
    for name, service in model["services"].items():
        assert service.get("depends_on", {}).keys() <= model["services"].keys(), name


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("condition: service_healthy", "condition: service_is_well"),
        ("mem_limit: 384m", "mem_limit: lots"),
        ("interval: 30s", "interval: sometimes"),
        ("{file: ./secrets/ca.pem}", "{folder: ./secrets/ca.pem}"),
    ],
)
def test_dockers_loader_finds_what_is_wrong(loader, tmp_path, right, wrong):
    assert right in TEXT
    done = load(loader, tmp_path, TEXT.replace(right, wrong), SUMMITWATCH_UID="1000")
    assert done.returncode == 1
    assert done.stderr


def test_without_compose_init_it_says_so(loader, tmp_path):
    done = load(loader, tmp_path, TEXT)
    assert done.returncode == 1
    assert "run make compose-init first" in done.stderr


# --- what the file promises ----------------------------------------------------------------------


@each_service
def test_a_service_is_pinned_locked_and_bounded(name):
    service = SERVICES[name]
    assert re.search(r":v?\d+\.\d+\.\d+$|^postgres:\d+\.\d+$", service["image"])
    assert service["user"] == "1000:0"
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["mem_limit"]
    assert not service.get("privileged")
    for port in service.get("ports", ()):
        assert port.startswith("127.0.0.1:")
    if name not in SETUP_ONLY:
        assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
        assert service["restart"] == "unless-stopped"
    else:
        assert service["restart"] == "no"


def test_all_but_elastics_images_are_read_only():
    """Elasticsearch writes its keystore, Kibana its configuration, beside what they read."""
    writing = {name for name, each in SERVICES.items() if not each.get("read_only")}
    assert writing == {"elasticsearch", "kibana"}


@each_service
def test_what_a_service_waits_for_is_in_its_profiles_and_can_be_reached(name):
    service = SERVICES[name]
    for other, wanted in service.get("depends_on", {}).items():
        assert {*service["profiles"]} <= {*SERVICES[other]["profiles"]}
        one_shot = other in SETUP_ONLY
        assert wanted["condition"] == (
            "service_completed_successfully" if one_shot else "service_healthy"
        )


def test_profiles_are_what_the_docs_say():
    assert of_profile("search").keys() == {"elasticsearch", "kibana", "setup", "setup-kibana"}
    assert SERVICES.keys() - of_profile("full").keys() == {"redis", "airflow-worker"}
    assert SERVICES.keys() == of_profile("celery").keys()


@pytest.mark.parametrize(("profile", "gib"), [("search", 4), ("full", 8)])
def test_memory_limits_leave_room_on_the_machine(profile, gib):
    units = {"m": 2**20, "g": GIB}
    limits = {
        name: int(each["mem_limit"][:-1]) * units[each["mem_limit"][-1]]
        for name, each in of_profile(profile).items()
        if name not in SETUP_ONLY
    }
    assert sum(limits.values()) <= (gib - 1) * GIB, limits


def test_no_secret_stands_in_the_file_and_every_secret_is_used_and_written():
    from compose_init import SECRETS

    used = {
        secret if isinstance(secret, str) else secret["source"]
        for service in SERVICES.values()
        for secret in service.get("secrets", ())
    }
    certificates = {"ca.pem", "elasticsearch.pem", "elasticsearch.key"}
    assert used == COMPOSE["secrets"].keys()
    assert used == SECRETS.keys() | certificates
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|_KEY", variable):
                assert not value or value.startswith(("/", "cat /run/secrets/", "certs/")), variable
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"/secrets/", "/.env"} <= {*ignored}


def test_every_file_that_an_environment_names_is_mounted_there():
    for name, service in SERVICES.items():
        targets = {
            f"/run/secrets/{secret}" if isinstance(secret, str) else secret["target"]
            for secret in service.get("secrets", ())
        }
        for value in service.get("environment", {}).values():
            path = value.removeprefix("cat ")
            if path.startswith("/run/secrets/") and "database" not in path:
                assert path in targets, (name, value)


def test_every_variable_of_the_file_is_in_env():
    from compose_init import env_values, environment

    wanted = set(re.findall(r"\$\{(\w+)", TEXT))
    assert wanted == env_values(environment(1000)).keys()


# --- the commands --------------------------------------------------------------------------------


COMMANDS = list(commands())


@pytest.mark.parametrize(
    "words", [words for _, words in COMMANDS if words[0] == "summitwatch"], ids=" ".join
)
def test_a_command_of_ours_exists_with_its_options(words):
    command = typer.main.get_command(app)
    rest = words[1:]
    context = click.Context(command)
    while isinstance(command, click.Group):
        command = command.get_command(context, rest.pop(0))
        assert command is not None
    command.make_context("c", list(rest), resilient_parsing=False)


def test_there_are_commands_of_ours():
    assert sum(words[0] == "summitwatch" for _, words in COMMANDS) >= 6


PROBES = [words for _, words in COMMANDS if words[:2] == ["python", "/opt/probe.py"]]


@contextlib.contextmanager
def answering(status):
    """The address of a server that answers everything so."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/health"
        finally:
            server.shutdown()
            thread.join()


def test_the_probe_sees_what_is_well_and_what_is_not():
    assert len(PROBES) == 3
    assert all(len(words) == 3 for words in PROBES)
    with answering(200) as well, answering(503) as sick:
        assert is_well(well)
        assert not is_well(sick)
    done = subprocess.run([sys.executable, ROOT / "ops" / "probe.py", sick], check=False)
    assert done.returncode == 1


# --- the images ----------------------------------------------------------------------------------

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def test_the_images_are_built_from_the_locks_as_nobody_special():
    stages = re.findall(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, re.MULTILINE)
    outside = [source for source, _ in stages if source not in {name for _, name in stages}]
    assert all(re.search(r":\d+\.\d+\.\d+-slim-\w+$", source) for source in outside)
    installs = [line for line in DOCKERFILE.splitlines() if "pip install" in line]
    assert installs
    for line in installs:
        assert "--require-hashes -r" in line or "--no-deps /wheels/" in line
    assert {"server", "airflow"} <= {name for _, name in stages}
    assert re.search(r"^USER 1000:0$", DOCKERFILE, re.MULTILINE)
    for service in SERVICES.values():
        if "build" in service:
            assert service["build"]["target"] in {name for _, name in stages}


def test_what_the_images_copy_is_there_and_passes_dockerignore():
    sources = [
        source
        for line in DOCKERFILE.splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in [word for word in line.split()[1:] if not word.startswith("--")][:-1]
    ]
    allowed = [
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    ]
    for source in sources:
        assert (ROOT / source).exists()
        assert any(Path(source).match(pattern) for pattern in allowed), source


@pytest.mark.parametrize("name", ["server", "cluster"])
def test_every_requirement_of_a_lock_has_its_hash(name):
    lock = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    wanted = re.findall(r"^\S+==\S+(?: ; .*?)? \\$", lock, re.MULTILINE)
    assert len(wanted) > 60
    assert len(wanted) == len(re.findall(r"^[a-zA-Z]\S*==", lock, re.MULTILINE))
    assert lock.count("--hash=sha256:") >= len(wanted)
