"""`es`: what the owner of an Elasticsearch sets up: roles, keys, logins, Kibana's objects."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.context import CALL, command, opened_store
from ingest.cli.output import print_json, say
from ingest.cli.searches import JsonOption
from ingest.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.settings import Settings
    from ingest.store.elastic_wire import Wire

app = typer.Typer(
    help="Set up an Elasticsearch: roles, keys, logins, Kibana.", no_args_is_help=True
)


@app.command("setup-roles")
@command
def setup_roles(
    print_only: Annotated[
        bool, typer.Option("--print", help="Print the roles as JSON, and ask no server.")
    ] = False,
    keys: Annotated[Path, typer.Option(help="Folder for the files of the API keys.")] = Path(
        "data/keys"
    ),
    rotate: Annotated[bool, typer.Option(help="Make new keys and end the former ones.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make indices, and a role and an API key each for ingest, reading and an analyst.

    Needs a user with the cluster rights manage_security, manage_index_templates and monitor, and
    all rights on the indices. A key whose file is there and works is left as it is.
    """
    _need_client()
    from ingest.store import elastic_roles as roles  # noqa: PLC0415  an extra

    settings = CALL.settings()
    prefix = settings.prefix
    if print_only:
        bodies = {
            roles.role_name(prefix, role): roles.role_body(prefix, role) for role in roles.ROLES
        }
        sys.stdout.write(json.dumps(bodies, indent=2) + "\n")
        return
    with _wire(settings) as wire:
        names = roles.put_roles(wire, prefix)
        with opened_store(settings, create=True):  # what the keys may do needs indices to do it on
            pass
        made = list(roles.put_keys(wire, prefix, keys, rotate=rotate))
    if as_json:
        print_json(
            {
                "roles": names,
                "keys": [{"role": k.role, "file": str(k.file), "new": k.is_new} for k in made],
            }
        )
        return
    say(f"roles: {', '.join(names)}")
    for key in made:
        say(f"{key.role:<8} {key.file} ({'new' if key.is_new else 'as it was'})")


@app.command()
@command
def login(
    user: Annotated[str, typer.Argument(help="Name to log in with.")],
    password_file: Annotated[Path, typer.Option(help="File that holds the password.")],
    role: Annotated[
        str,
        typer.Option(
            help="reader, analyst or ingest; none: a built-in user, such as kibana_system."
        ),
    ] = "",
) -> None:
    """Make a person's login with one of our roles, or set a built-in user's password."""
    _need_client()
    from ingest.store import elastic_roles as roles  # noqa: PLC0415  an extra

    if role and role not in roles.ROLES:
        raise UsageError("--role", f"{role!r} is none", f"write one of {', '.join(roles.ROLES)}")
    try:
        password = password_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise UsageError(str(password_file), f"cannot be read: {exc}") from exc
    settings = CALL.settings()
    with _wire(settings) as wire:
        roles.put_login(wire, settings.prefix, user, role or None, password)
    say(f"{user} can log in" + (f" as {role}" if role else ""))


@app.command()
@command
def kibana(
    out: Annotated[Path | None, typer.Option(help="File to write the saved objects to.")] = None,
    into: Annotated[
        str, typer.Option("--import", help="Kibana to import them into: http://host:5601.")
    ] = "",
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for Kibana to start.")] = 0,
) -> None:
    """Write Kibana's saved objects to a file, to standard output, or into a Kibana.

    The credentials for Kibana are those for Elasticsearch.
    """
    _need_client()
    from ingest.kibana.objects import ndjson  # noqa: PLC0415  an extra

    settings = CALL.settings()
    objects = ndjson(settings.prefix)
    if into:
        from ingest.kibana.importing import import_objects  # noqa: PLC0415  an extra

        count = import_objects(into, objects, settings.elasticsearch, wait_s=wait)
        say(f"{count} objects imported into {into}")
    if out is not None:
        try:
            out.write_text(objects, encoding="utf-8")
        except OSError as exc:
            raise UsageError(str(out), f"cannot be written: {exc.strerror}") from exc
    if not into and out is None:
        sys.stdout.write(objects)


@contextmanager
def _wire(settings: Settings) -> Iterator[Wire]:
    from ingest.store.elastic_connect import connect, redacted  # noqa: PLC0415  an extra
    from ingest.store.elastic_wire import Wire  # noqa: PLC0415  an extra

    if not settings.store.startswith(("http://", "https://")):
        raise SettingsError(
            "store", f"{settings.store!r} is no Elasticsearch", "set it to https://host:9200"
        )
    client = connect(settings.store, settings.elasticsearch)
    try:
        yield Wire(client, redacted(settings.store))
    finally:
        client.close()


def _need_client() -> None:
    try:
        import elasticsearch  # noqa: F401, PLC0415  an extra
    except ImportError as exc:
        raise SettingsError(
            "store",
            "the Elasticsearch client is not installed",
            "pip install 'summitwatch[elasticsearch]'",
        ) from exc
