#!/usr/bin/env python3
"""What `docker compose` needs before the first start: `make compose-init`.

Writes secrets/ (each file for its owner alone) and .env, looks whether this machine can carry it
all, says what mends what is not well, and prints every address and login. A file that is there is
never written over. Needs nothing but Python and openssl. Ends with 1 if something is to be mended.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import secrets
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).parents[1]
MIN_MAPS = 262_144  # Elasticsearch refuses to start below
WANTED_MAPS = 1_048_576
GIB = 2**30
MIN_MEMORY = {"search": int(3.5 * GIB), "full": int(7.5 * GIB)}
MIN_DISK = 20 * GIB  # images 6, the rest for indices and archive
CERTIFICATE_DAYS = 825
PORTS = {
    "ELASTICSEARCH_PORT": 9200,
    "KIBANA_PORT": 5601,
    "AIRFLOW_PORT": 8080,
    "WEB_PORT": 9464,
    "MAILPIT_PORT": 8025,
}


@dataclass(frozen=True)
class Check:
    """One look at this machine: what, whether it is well, and the command that mends it."""

    name: str
    well: bool
    detail: str
    mend: str = ""


def main(arguments: list[str] | None = None) -> int:
    """Write, look, tell; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of docker-compose.yml")
    root = parser.parse_args(arguments).root
    os.umask(0o077)
    try:
        told = list(write_all(root, owner()))
    except (OSError, subprocess.CalledProcessError) as exc:
        detail = (
            exc.stderr.decode()[-300:] if isinstance(exc, subprocess.CalledProcessError) else exc
        )
        print(f"error: {detail}\n  install openssl, or make {root} writable, and run it again")
        return 1
    for line in told:
        print(line)
    print()
    values = env_values((root / ".env").read_text(encoding="utf-8"))
    checks = [*look(root, values)]
    for check in checks:
        print(f"{'ok  ' if check.well else 'MEND'}  {check.name:<10} {check.detail}")
        if not check.well:
            print(f"      -> {check.mend}")
    print()
    for line in logins(root, values):
        print(line)
    return 0 if all(check.well for check in checks) else 1


# --- files -----------------------------------------------------------------------------------


def owner() -> tuple[int, int]:
    """Return user and group that the containers run as: who calls, but never root."""
    if os.geteuid():
        return os.geteuid(), os.getegid()
    return int(os.environ.get("SUDO_UID") or 1000), int(os.environ.get("SUDO_GID") or 1000)


def write_all(root: Path, who: tuple[int, int]) -> Iterator[str]:
    """Write what is missing; yields a line for each file."""
    folder = root / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    if not os.geteuid():
        os.chown(folder, *who)
    certificates = ("ca.key", "ca.pem", "elasticsearch.key", "elasticsearch.pem")
    if not all((folder / name).exists() for name in certificates[1:]):
        if any((folder / name).exists() for name in certificates):
            raise OSError(f"{folder} has some of {', '.join(certificates)}: move them away")
        make_certificates(folder)
        for name in certificates:
            seal(folder / name, who)
            yield f"written  secrets/{name}"
    else:
        yield from (f"kept     secrets/{name}" for name in certificates if (folder / name).exists())
    for name, make in SECRETS.items():
        yield write_once(folder / name, lambda make=make: make(folder), who, f"secrets/{name}")
    yield write_once(root / ".env", lambda: environment(who[0]), who, ".env")


def write_once(path: Path, make: Callable[[], str], who: tuple[int, int], shown: str) -> str:
    """Write a file that is not there yet, for its owner alone."""
    if path.exists():
        return f"kept     {shown}"
    text = make()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)  # Airflow takes a line's end for part of the secret
    seal(path, who)
    return f"written  {shown}"


def seal(path: Path, who: tuple[int, int]) -> None:
    """Make a file its owner's alone."""
    path.chmod(0o600)
    if not os.geteuid():
        os.chown(path, *who)


def word() -> str:
    """Return a password: 32 letters and digits, fit for URLs and configuration files."""
    return secrets.token_hex(16)


def read(folder: Path, name: str) -> str:
    """Return the secret in a file."""
    return (folder / name).read_text(encoding="utf-8").strip()


def database(folder: Path, scheme: str) -> str:
    """Return the address of Airflow's database."""
    return f"{scheme}://airflow:{quote(read(folder, 'postgres-password'))}@postgres/airflow"


def kibana_settings(folder: Path) -> str:
    """Return Kibana's settings file."""
    settings = {
        "server.host": "0.0.0.0",  # noqa: S104  within its container
        "elasticsearch.hosts": ["https://elasticsearch:9200"],
        "elasticsearch.username": "kibana_system",
        "elasticsearch.password": read(folder, "kibana-password"),
        "elasticsearch.ssl.certificateAuthorities": "/usr/share/kibana/config/certs/ca.pem",
        "telemetry.optIn": False,
        "xpack.security.encryptionKey": word(),
        "xpack.encryptedSavedObjects.encryptionKey": word(),
        "xpack.reporting.encryptionKey": word(),
    }
    return "\n".join(f"{name}: {json.dumps(value)}" for name, value in settings.items())


SECRETS: dict[str, Callable[[Path], str]] = {  # in order: some are made of others
    "elastic-password": lambda _: word(),
    "kibana-password": lambda _: word(),
    "desk-password": lambda _: word(),
    "kibana.yml": kibana_settings,
    "postgres-password": lambda _: word(),
    "airflow-database": lambda folder: database(folder, "postgresql+psycopg2"),
    "airflow-fernet-key": lambda _: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "airflow-jwt-secret": lambda _: secrets.token_urlsafe(48),
    "airflow-secret-key": lambda _: word(),
    "airflow-passwords.json": lambda _: json.dumps({"admin": word()}),
    "redis.conf": lambda _: (
        f'requirepass {word()}\nmaxmemory 96mb\nsave ""\nappendonly no\ndir /data'
    ),
    "celery-broker": lambda folder: f"redis://:{redis_password(folder)}@redis:6379/0",
    "celery-results": lambda folder: "db+" + database(folder, "postgresql"),
}


def redis_password(folder: Path) -> str:
    """Return the password in redis.conf."""
    return read(folder, "redis.conf").splitlines()[0].removeprefix("requirepass ")


def environment(user: int) -> str:
    """Return .env."""
    ports = "\n".join(f"{name}={port}" for name, port in PORTS.items())
    return f"""# read by docker compose; written once by make compose-init
SUMMITWATCH_UID={user}
AIRFLOW_EXECUTOR=LocalExecutor
# a URL or mail address that publishers can write to; part of the User-Agent
SUMMITWATCH_CONTACT=
# where readers reach the board; alerts then link there, else to the publisher
SUMMITWATCH_WEB_BASE_URL=
# ports on 127.0.0.1
{ports}
"""


def env_values(text: str) -> dict[str, str]:
    """Return the variables of .env."""
    pairs = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
    return {name.strip(): value.strip() for name, mark, value in pairs if mark}


def make_certificates(folder: Path) -> None:
    """Make a CA and Elasticsearch's certificate."""
    names = "subjectAltName=DNS:elasticsearch,DNS:localhost,IP:127.0.0.1"
    new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-batch"]
    days = ["-days", str(CERTIFICATE_DAYS)]
    request = folder / "request.csr"
    extensions = folder / "request.cnf"
    extensions.write_text(f"{names}\nextendedKeyUsage=serverAuth\n")
    try:
        for command in (
            [*new, "-x509", *days, "-subj", "/CN=summitwatch-ca", "-keyout", "ca.key", "-out", "ca.pem",
             "-addext", "keyUsage=critical,keyCertSign,cRLSign"],
            [*new, "-subj", "/CN=elasticsearch", "-keyout", "elasticsearch.key", "-out", request.name],
            ["x509", "-req", *days, "-in", request.name, "-CA", "ca.pem", "-CAkey", "ca.key",
             "-CAcreateserial", "-extfile", extensions.name, "-out", "elasticsearch.pem"],
        ):  # fmt: skip
            subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    finally:
        for path in (request, extensions, folder / "ca.srl"):
            path.unlink(missing_ok=True)


# --- this machine ----------------------------------------------------------------------------


def look(root: Path, values: dict[str, str]) -> Iterator[Check]:
    """Yield what was looked at."""
    yield engine()
    yield maps(number_in(Path("/proc/sys/vm/max_map_count")))
    yield memory(total_memory())
    yield disk(shutil.disk_usage(root).free, root)
    for name, port in PORTS.items():
        yield port_check(name, int(values.get(name) or port))
    yield modes(root / "secrets")


def engine() -> Check:
    """Whether there is a Docker engine with Compose."""
    mend = "install Docker Engine and its Compose plugin: https://docs.docker.com/engine/install/"
    try:
        for command in (["docker", "compose", "version"], ["docker", "info"]):
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
            if done.returncode:
                reason = (done.stderr or done.stdout).strip().splitlines()[:1] or ["no answer"]
                return Check("docker", False, f"{' '.join(command)}: {reason[0]}", mend)
    except (OSError, subprocess.TimeoutExpired) as exc:
        return Check("docker", False, str(exc), mend)
    return Check("docker", True, done.stdout.splitlines()[0] if done.stdout else "is there")


def number_in(path: Path) -> int:
    """Return the number in a file, 0 where there is none."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0


def maps(found: int) -> Check:
    """Whether Elasticsearch may map its files."""
    setting = f"vm.max_map_count={WANTED_MAPS}"
    mend = f"echo {setting} | sudo tee /etc/sysctl.d/60-elasticsearch.conf && sudo sysctl --system"
    return Check("max_map", found >= MIN_MAPS, f"vm.max_map_count is {found:,}", mend)


def total_memory() -> int:
    """Return this machine's memory in bytes."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def memory(found: int) -> Check:
    """Whether the profile `full` fits, or only `search`."""
    detail = f"{found / GIB:.1f} GiB"
    if found >= MIN_MEMORY["full"]:
        return Check("memory", True, detail)
    if found >= MIN_MEMORY["search"]:
        mend = "start less: docker compose --profile search up -d"
        return Check("memory", False, f"{detail}, the profile full wants 8", mend)
    mend = "use a larger machine, or SQLite: summitwatch run --every 15m"
    return Check("memory", False, f"{detail}, the profile search wants 4", mend)


def disk(free: int, root: Path) -> Check:
    """Whether images and data fit. Docker may keep them elsewhere: docker info says where."""
    mend = "docker image prune, or give Docker another data-root in /etc/docker/daemon.json"
    return Check("disk", free >= MIN_DISK, f"{free / GIB:.0f} GiB free at {root}", mend)


def port_check(name: str, port: int) -> Check:
    """Whether nobody listens on a port yet."""
    label = name.removesuffix("_PORT").lower()
    if is_free(port):
        return Check("port", True, f"{port} for {label} is free")
    other = next((p for p in range(port + 1, min(port + 200, 65_536)) if is_free(p)), 0)
    mend = f"sed -i 's/^{name}=.*/{name}={other}/' .env   (or, if it is ours and running: nothing)"
    return Check("port", False, f"{port} for {label} is taken", mend)


def is_free(port: int) -> bool:
    """Whether 127.0.0.1 has the port free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def modes(folder: Path) -> Check:
    """Whether nobody else can read the secrets."""
    open_ = [f.name for f in sorted(folder.iterdir()) if stat.S_IMODE(f.stat().st_mode) & 0o077]
    detail = f"readable by others: {', '.join(open_)}" if open_ else "for their owner alone"
    return Check("secrets", not open_, detail, f"chmod 600 {folder}/*")


# --- what a person needs to know -------------------------------------------------------------


def logins(root: Path, values: dict[str, str]) -> Iterator[str]:
    """Yield every address with its login."""
    folder = root / "secrets"
    admin = json.loads(read(folder, "airflow-passwords.json"))["admin"]
    rows = (
        ("Kibana", "http", "KIBANA_PORT", f"desk / {read(folder, 'desk-password')}"),
        ("Elasticsearch", "https", "ELASTICSEARCH_PORT", f"elastic / {read(folder, 'elastic-password')}"),
        ("Airflow", "http", "AIRFLOW_PORT", f"admin / {admin}"),
        ("Health, metrics", "http", "WEB_PORT", "no login"),
        ("Mail catcher", "http", "MAILPIT_PORT", "no login"),
    )  # fmt: skip
    for name, scheme, variable, login in rows:
        address = f"{scheme}://127.0.0.1:{values.get(variable) or PORTS[variable]}"
        yield f"{name:<16} {address:<24} {login}"
    yield "Start:           docker compose --profile full up -d      (or --profile search)"


if __name__ == "__main__":
    sys.exit(main())
