"""Inside a task: settings from Airflow or the environment, the edges opened, errors told apart."""

from __future__ import annotations

import json
import logging
import re
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import structlog
from airflow.sdk import Connection, Variable
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException

from ingest.airflow.alarms import well
from ingest.archive import Archive
from ingest.errors import ArchiveError, FetchError, SchemaError, SettingsError, UsageError
from ingest.pipeline.opening import open_services
from ingest.settings import Settings, load_settings
from ingest.store import open_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Mapping

    from ingest.ops import Cause
    from ingest.pipeline.services import Services
    from ingest.store.port import Store

VARIABLE = "summitwatch"
HOPELESS = (SettingsError, UsageError, SchemaError, FetchError)  # the same again at every retry

log = structlog.get_logger()


def airflow_settings() -> Settings:
    """Return the settings of this Airflow.

    The variable `summitwatch` (JSON, named as in summitwatch.toml) beats `SUMMITWATCH_*`, which
    beats summitwatch.toml. Where none of them names a store, the connection
    `elasticsearch_default` does if there is one.

    Raises:
        SettingsError: any of them cannot be used.
    """
    given = _variable()
    settings = load_settings(**given)
    if "store" in settings.model_fields_set:
        return settings
    found = _connection(settings.airflow.connection)
    if found is None:
        return settings
    store, elasticsearch = elastic_of(found)
    named = settings.elasticsearch.model_dump(exclude_unset=True)
    return load_settings(**given, store=store, elasticsearch={**elasticsearch, **named})


def _variable() -> dict[str, Any]:
    text = Variable.get(VARIABLE, default=None)
    if text is None:
        return {}
    try:
        value = json.loads(text) if isinstance(text, str) else text
    except ValueError as exc:
        raise SettingsError(
            f"variable {VARIABLE}", f"is no JSON: {exc}", 'write it as {"poll": {...}}'
        ) from exc
    if not isinstance(value, dict):
        raise SettingsError(
            f"variable {VARIABLE}", "is no JSON object", "name the settings as in summitwatch.toml"
        )
    return value


def _connection(name: str) -> Connection | None:
    try:
        return Connection.get(name)
    except AirflowNotFoundException:
        return None


def elastic_of(connection: Connection) -> tuple[str, dict[str, Any]]:
    """Return the store's address and the `elasticsearch` settings of an Airflow connection.

    Of its extra `api_key`, `ca_certs`, `ssl_assert_fingerprint`, `http_compress` and
    `request_timeout` are read, named as the client names them.

    Raises:
        SettingsError: it names no host, or its extra is no JSON.
    """
    name = f"connection {connection.conn_id}"
    if not connection.host:
        raise SettingsError(name, "names no host", "set its host, or SUMMITWATCH_STORE")
    if connection.conn_type != "elasticsearch":
        raise SettingsError(
            name, f"is of type {connection.conn_type!r}", "make it one of type elasticsearch"
        )
    try:
        extra = json.loads(connection.extra or "{}")
    except ValueError as exc:
        raise SettingsError(name, "its extra is no JSON", "write a JSON object there") from exc
    scheme = connection.schema or ("https" if extra.get("ca_certs") else "http")
    host = re.sub(r"^https?://", "", connection.host)
    settings = {
        "user": connection.login or "",
        "password": connection.password or None,
        "api_key": extra.get("api_key"),
        "ca_file": extra.get("ca_certs"),
        "fingerprint": extra.get("ssl_assert_fingerprint"),
        "compress": extra.get("http_compress"),
        "timeout_s": extra.get("request_timeout"),
    }
    url = f"{scheme}://{host}:{connection.port or 9200}"
    return url, {key: value for key, value in settings.items() if value not in {None, ""}}


@contextmanager
def told() -> Generator[None]:
    """Turn what no retry can help into a failure at once, with the sentence the CLI prints."""
    try:
        yield
    except HOPELESS as exc:
        raise AirflowFailException(f"{exc} [{exc.code}]") from exc


def known(params: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return a DAG's parameters; raises UsageError for one it does not have: Airflow passes it on."""
    for name in params:
        if name not in names:
            raise UsageError(name, "is no parameter of this DAG", f"known: {', '.join(names)}")
    return params


@runtime_checkable
class Refreshing(Protocol):
    """A store whose searches lag behind other processes' writes."""

    def refresh(self) -> None: ...


@contextmanager
def opened_store(settings: Settings, *, create: bool = False) -> Generator[Store]:
    """Open the store that the settings name."""
    from ingest.cli.lookup import names_of, place_of

    # a line for each request, through Airflow's supervisor, would cost more than the request
    logging.getLogger("elastic_transport").setLevel(logging.WARNING)
    with open_store(
        settings.store,
        settings.prefix,
        create=create,
        locate=place_of,
        names=names_of,
        elasticsearch=settings.elasticsearch,
    ) as store:
        if isinstance(store, Refreshing):
            store.refresh()  # searches see what the task before this one wrote
        yield store


@asynccontextmanager
async def opened_services(settings: Settings, store: Store) -> AsyncIterator[Services]:
    """Open the edges of a task; an archive that cannot be opened at all fails it for good."""
    try:
        Archive(settings.archive.url)
    except ArchiveError as exc:
        raise AirflowFailException(f"{exc} [{exc.code}]") from exc
    async with open_services(settings, store) as services:
        yield services


def finished(
    what: str, counts: Mapping[str, int], settings: Settings, also_well: tuple[Cause, ...] = ()
) -> dict[str, int]:
    """End a task: one summary line, alarms of the store and the settings resolved; its XCom."""
    line = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if count)
    log.info("task_done", task=what, did=line or "nothing")
    well(("store", "settings", *also_well), settings)
    return {name: int(count) for name, count in counts.items() if count}
