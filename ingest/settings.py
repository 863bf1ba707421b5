"""Settings: `SUMMITWATCH_*` variables over summitwatch.toml over these defaults.

Nested names join with two underscores: `SUMMITWATCH_FETCH__TIMEOUT_S=20`.
docs/configuration.md is generated from the descriptions here.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ingest.errors import SettingsError

DEFAULT_FILE = "summitwatch.toml"

HostList = Annotated[tuple[str, ...], NoDecode]


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FetchSettings(_Section):
    """How we ask publishers for things."""

    contact: str = Field(
        "", description="URL or mail address that publishers can write to; part of the User-Agent."
    )
    timeout_s: float = Field(
        30.0,
        gt=0,
        le=300,
        description="Total deadline of one request, redirects included, in seconds.",
    )
    max_wire_bytes: int = Field(
        5 * 2**20, gt=0, description="Bytes read from the wire for one answer."
    )
    max_body_bytes: int = Field(15 * 2**20, gt=0, description="Bytes of one decoded body.")
    max_redirects: int = Field(5, ge=0, le=20, description="Redirects followed in one request.")
    concurrency: int = Field(50, gt=0, le=1000, description="Requests in flight, over all hosts.")
    host_pause_s: float = Field(
        2.0, ge=0, description="Pause between two requests to one host, in seconds."
    )
    pages_per_host: int = Field(
        20, gt=0, description="Article pages fetched from one host in one run."
    )
    pages_budget_s: float = Field(
        240.0, gt=0, description="Time that one run may spend on article pages, in seconds."
    )
    allow_private: HostList = Field(
        (),
        description="host:port pairs excepted from the guard against private addresses, joined by commas.",
    )
    pinned: HostList = Field(
        (),
        description="host=address:port, joined by commas: dialled there whatever DNS says and excepted from the guard (a test network, the sample newsroom).",
    )
    proxy: str = Field(
        "",
        description="The desk's own proxy, such as http://proxy.example.org:3128; environment proxies are ignored.",
    )
    robots: bool = Field(
        True, description="Whether robots.txt is asked before an article page is fetched."
    )

    _split_hosts = field_validator("allow_private", "pinned", mode="before")(_split)


class PollSettings(_Section):
    """When feeds are asked."""

    interval_s: int = Field(900, ge=60, description="Default seconds between two polls of a feed.")
    quiet_cap_s: int = Field(
        6 * 3600,
        ge=60,
        description="Longest interval for a feed with little news, in seconds.",
    )
    hint_cap_s: int = Field(
        3600,
        ge=60,
        description="Longest interval that a publisher's hint (ttl, max-age, ...) may ask for, in seconds.",
    )
    refusal_cap_s: int = Field(
        86400,
        ge=60,
        description="Longest rest that a refusal (Retry-After, 429, robots) may ask for, in seconds.",
    )
    max_entries: int = Field(2000, gt=0, description="Entries read from one feed document.")
    batch: int = Field(1000, gt=0, description="Feeds polled in one pass.")
    page_tries: int = Field(
        3,
        ge=1,
        description="Tries of an article page within 24 hours before its feed summary stays.",
    )


class ExtractSettings(_Section):
    """How pages and feeds are read."""

    workers: int = Field(
        0, ge=0, le=64, description="Worker processes; 0 means one a core, at most four."
    )
    deadline_s: float = Field(
        15.0, gt=0, description="Seconds that one page or feed may take in a worker."
    )
    max_memory_bytes: int = Field(
        1024 * 2**20, gt=0, description="Address space that a worker may grow by."
    )
    min_chars: int = Field(
        200, ge=0, description="Text shorter than this is taken for a failed extraction."
    )
    max_html_bytes: int = Field(
        2 * 2**20, gt=0, description="Longer pages are cut here before parsing."
    )


class ArchiveSettings(_Section):
    """Where raw pages are kept."""

    url: str = Field("data/archive", description="A folder or any fsspec URL (s3://bucket/prefix).")
    keep_days: int = Field(180, ge=1, description="Days that raw pages are kept.")


class RetentionSettings(_Section):
    """What housekeeping deletes, once a day; raw pages: see `archive.keep_days`."""

    articles_days: int = Field(
        0,
        ge=0,
        description="Days that articles are kept after they were first stored; 0: for ever.",
    )
    dead_days: int = Field(90, ge=1, description="Days that dead letters are kept.")
    deliveries_days: int = Field(
        90, ge=1, description="Days that rows of sent or given-up deliveries are kept."
    )
    entries_days: int = Field(
        400,
        ge=30,
        description="Days that the memory of an entry is kept after its feed last listed it.",
    )
    runs_days: int = Field(90, ge=1, description="Days that the counters of passes are kept.")
    old_index_days: int = Field(
        7, ge=1, description="Days that a migration's former index or file is kept for --rollback."
    )


class AlertSettings(_Section):
    """Alert rules and where they go."""

    rules: Path | None = Field(
        None,
        description="YAML file of alert rules; none: rules.yaml beside the store if it is there.",
    )
    file: Path = Field(
        Path("data/alerts.jsonl"), description="JSON-lines file of the `file` channel."
    )
    max_age_h: float = Field(
        48.0, gt=0, description="Articles published earlier than this raise no alert, in hours."
    )
    templates: Path | None = Field(
        None, description="Folder of the desk's own message templates; see docs/alerts.md."
    )


class OpsSettings(_Section):
    """Alarms about the running of Summitwatch itself, sent without store and outbox."""

    to: SecretStr | None = Field(
        None,
        description="Where operational alarms go: a channel of the rules, or a URL (https, slack+https, smtp, file, stdout, apprise).",
    )
    heartbeat_url: SecretStr | None = Field(
        None, description="Asked for after every good pass: a dead-man's switch."
    )
    quiet_after: str = Field(
        "2h",
        pattern=r"^([1-9]\d{0,4}[smhd])?$",
        description="A store that takes no article for so long is an alarm (90m, 2h, 1d); empty: never.",
    )
    state: Path = Field(
        Path("data/ops.json"), description="File that remembers which alarms were told."
    )

    @property
    def quiet_after_s(self) -> int:
        """`quiet_after` in seconds; 0: never."""
        unit_s = {"s": 1, "m": 60, "h": 3600, "d": 86400}
        return int(self.quiet_after[:-1]) * unit_s[self.quiet_after[-1]] if self.quiet_after else 0


class WebSettings(_Section):
    """Pages of our own."""

    base_url: str = Field(
        "",
        pattern=r"^(https?://[^\s]+)?$",
        description="Where readers reach the board and articles; alerts then link there, else to the publisher.",
    )


class TaggingSettings(_Section):
    """How places get their roles."""

    reader: bool = Field(
        True,
        description="Read the places of an article about talks again with an encoder, where the"
        " extra `reader` is installed: better roles, some 0.2 s an article.",
    )


class GazetteerSettings(_Section):
    """Names beyond those that are shipped."""

    sparql_url: str = Field(
        "https://query.wikidata.org/sparql",
        description="SPARQL endpoint that `gazetteer refresh` asks.",
    )


class ElasticsearchSettings(_Section):
    """How the Elasticsearch that `store` names is reached."""

    user: str = Field("", description="User name, with a password or its file.")
    password: SecretStr | None = Field(None, description="The user's password.")
    password_file: Path | None = Field(None, description="File that holds the password.")
    api_key: SecretStr | None = Field(
        None, description="API key, encoded as Elasticsearch shows it; beats user and password."
    )
    api_key_file: Path | None = Field(None, description="File that holds the API key.")
    ca_file: Path | None = Field(
        None, description="PEM file of the CA that signed the server's certificate."
    )
    fingerprint: str = Field(
        "",
        description="SHA-256 fingerprint of the server's CA or certificate, instead of a CA file.",
    )
    timeout_s: float = Field(60.0, gt=0, description="Deadline of one request, in seconds.")
    compress: bool = Field(False, description="Whether requests are compressed on the wire.")


class AirflowSettings(_Section):
    """How the DAGs run; read from the environment alone, since DAG files are parsed without I/O."""

    pool: str = Field(
        "default_pool",
        description="Pool of tasks that write to the store; `summitwatch airflow setup` creates it.",
    )
    slots: int = Field(
        4,
        ge=1,
        le=128,
        description="Batches that may run at once; one on SQLite, whatever this says.",
    )
    connection: str = Field(
        "elasticsearch_default",
        description="Airflow connection of the Elasticsearch, used where `store` is not set.",
    )
    poll_schedule: str = Field(
        "*/5 * * * *", description="Cron expression, in UTC, of the DAG that polls the feeds."
    )
    retries: int = Field(3, ge=0, le=20, description="Retries of a failed task.")
    retry_delay_s: float = Field(
        30.0, gt=0, description="Seconds before the first retry; doubled for each further one."
    )
    database_file: Path | None = Field(
        None,
        description="File with the address of Airflow's own database, for housekeeping on workers whose airflow.cfg does not name it.",
    )


class LogSettings(_Section):
    """Logs on standard error."""

    level: str = Field("warning", description="debug, info, warning or error.")
    json_lines: bool = Field(False, description="One JSON object a line.")


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix="SUMMITWATCH_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    store: str = Field(
        "sqlite:///data/summitwatch.sqlite",
        description="sqlite:///path or http(s)://host:9200 (several nodes joined by commas).",
    )
    prefix: str = Field(
        "summitwatch", pattern=r"^[a-z][a-z0-9_-]{0,40}$", description="Prefix of index names."
    )
    timezone: str = Field(
        "UTC", description="Zone that defines a day for since:, facets and the board."
    )
    fetch: FetchSettings = FetchSettings()
    poll: PollSettings = PollSettings()
    extract: ExtractSettings = ExtractSettings()
    archive: ArchiveSettings = ArchiveSettings()
    retention: RetentionSettings = RetentionSettings()
    alerts: AlertSettings = AlertSettings()
    ops: OpsSettings = OpsSettings()
    web: WebSettings = WebSettings()
    tagging: TaggingSettings = TaggingSettings()
    gazetteer: GazetteerSettings = GazetteerSettings()
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    airflow: AirflowSettings = AirflowSettings()
    log: LogSettings = LogSettings()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
            msg = f"{value!r} is no time zone; write one such as Europe/Warsaw"
            raise ValueError(msg) from exc
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments beat variables, variables beat the file."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=settings_file())
        return init_settings, env_settings, toml


class _OpsAlone(BaseSettings):
    """What is needed to tell that the settings are broken."""

    model_config = SettingsConfigDict(
        env_prefix="SUMMITWATCH_", env_nested_delimiter="__", extra="ignore", frozen=True
    )

    ops: OpsSettings = OpsSettings()
    fetch: FetchSettings = FetchSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """As Settings has it; a file that is no TOML is left out."""
        try:
            toml = TomlConfigSettingsSource(settings_cls, toml_file=settings_file())
        except (ValueError, OSError):
            return init_settings, env_settings
        return init_settings, env_settings, toml


def load_ops() -> tuple[OpsSettings, FetchSettings]:
    """Read `ops` and `fetch` as far as they can be read though other settings are broken."""
    attempts: tuple[dict[str, Any], ...] = ({}, {"fetch": FetchSettings()})
    for known in attempts:
        with contextlib.suppress(ValueError):
            found = _OpsAlone(**known)
            return found.ops, found.fetch
    return OpsSettings(), FetchSettings()


def settings_file() -> Path:
    """Return the settings file in use: SUMMITWATCH_CONFIG, else ./summitwatch.toml."""
    return Path(os.environ.get("SUMMITWATCH_CONFIG") or DEFAULT_FILE)


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401  the edge: keys are checked by pydantic
    """Read the settings; raises SettingsError naming the setting, the reason and the way out."""
    named = os.environ.get("SUMMITWATCH_CONFIG")
    if named and not Path(named).is_file():
        raise SettingsError(
            named, "no such settings file", "unset SUMMITWATCH_CONFIG or name a file"
        )
    try:
        return Settings(**overrides)
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        reason = first["msg"].removeprefix("Value error, ")
        raise SettingsError(
            name, reason, f"see {settings_file()} and SUMMITWATCH_* variables"
        ) from exc
    except (ValueError, OSError) as exc:  # unreadable or broken TOML
        raise SettingsError(
            str(settings_file()), str(exc), "mend the file or move it away"
        ) from exc
