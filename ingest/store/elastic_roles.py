"""Roles and API keys on an Elasticsearch: each may do what its work needs, on our indices alone.

Names are those of the aliases and of the versioned indices behind them, never `prefix-*`: another
desk's prefix may begin with ours. What the roles cannot keep apart stands in
docs/decisions/0010-least-privilege.md.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import elasticsearch

from ingest.errors import SettingsError, StoreDeniedError, StoreError, UsageError
from ingest.store.elastic_mappings import INDICES, alias_of
from ingest.store.elastic_wire import error_reason, error_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ingest.store.elastic_wire import Wire

Role = Literal["ingest", "reader", "analyst"]
ROLES: tuple[Role, ...] = ("ingest", "reader", "analyst")

READING = ("read", "monitor", "view_index_metadata")
WRITING = ("write", "maintenance")
DESK_WORK = ("index", "maintenance")
"""What an analyst may on the records: write and overwrite, not delete; see one's own writes."""

SPACE = {"application": "kibana-.kibana", "privileges": ["read"], "resources": ["space:default"]}

SECURITY_OFF = (
    "security is not enabled",
    "security must be explicitly enabled",
    "no handler found",
)
"""What a server says whose security is off."""

Descriptor = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KeyMade:
    """What became of a role's key: its file, and whether it is new."""

    role: Role
    file: Path
    is_new: bool


def role_name(prefix: str, role: Role) -> str:
    """Return the name of a role on the server."""
    return f"{prefix}-{role}"


def descriptor(prefix: str, role: Role) -> Descriptor:
    """Return what a role may do, as Elasticsearch's role API takes it."""

    def may(privileges: Iterable[str], *indices: str) -> Descriptor:
        aliases = [alias_of(prefix, index) for index in indices]
        names = [name for alias in aliases for name in (alias, f"{alias}-v*")]
        return {"names": names, "privileges": sorted(privileges)}

    match role:
        case "ingest":
            indices = [may({*READING, *WRITING}, *INDICES)]
        case "reader":
            indices = [may(READING, *INDICES)]
        case "analyst":
            others = [index for index in INDICES if index != "records"]
            indices = [may(READING, *others), may({*READING, *DESK_WORK}, "records")]
    return {"cluster": ["monitor"], "indices": indices}


def role_body(prefix: str, role: Role) -> Descriptor:
    """Return the same for people: readers and analysts also see Kibana's default space."""
    body = descriptor(prefix, role)
    return body if role == "ingest" else body | {"applications": [SPACE]}


def put_roles(wire: Wire, prefix: str) -> list[str]:
    """Make or renew the roles; returns their names.

    Raises:
        StoreDeniedError: the user may not make roles.
        SettingsError: security is off.
    """
    for role in ROLES:
        _call(
            wire,
            lambda role=role: wire.client.security.put_role(  # type: ignore[misc]
                name=role_name(prefix, role), **role_body(prefix, role)
            ),
        )
    return [role_name(prefix, role) for role in ROLES]


def put_keys(wire: Wire, prefix: str, folder: Path, *, rotate: bool = False) -> Iterator[KeyMade]:
    """Make an API key for each role and write it to `folder`/ROLE.key, readable by its owner alone.

    A key that is there and that the server still takes is left as it is.

    Args:
        rotate: make new ones all the same, and end the former ones.

    Raises:
        StoreDeniedError: the user may not make keys.
        UsageError: the folder cannot be written.
    """
    for role in ROLES:
        file = folder / f"{role}.key"
        if not rotate and _is_alive(wire, file):
            yield KeyMade(role, file, is_new=False)
            continue
        name = role_name(prefix, role)
        former = _call(wire, lambda name=name: wire.client.security.get_api_key(name=name))  # type: ignore[misc]
        made = _call(
            wire,
            lambda name=name, role=role: wire.client.security.create_api_key(  # type: ignore[misc]
                name=name,
                role_descriptors={name: descriptor(prefix, role)},
                metadata={"application": "summitwatch", "prefix": prefix},
            ),
        )
        write_secret(file, made["encoded"])
        ended = [key["id"] for key in former["api_keys"] if not key["invalidated"]]
        if rotate and ended:
            _call(wire, lambda ended=ended: wire.client.security.invalidate_api_key(ids=ended))  # type: ignore[misc]
        yield KeyMade(role, file, is_new=True)


def put_login(wire: Wire, prefix: str, user: str, role: Role | None, password: str) -> None:
    """Make or renew a person's login with a role, or without one set a built-in user's password.

    Raises:
        StoreDeniedError: the user may not make users.
        UsageError: a name or password that the server refuses.
    """
    security = wire.client.security
    if role is None:
        _call(wire, lambda: security.change_password(username=user, password=password))
        return
    roles = [role_name(prefix, role)]
    _call(wire, lambda: security.put_user(username=user, password=password, roles=roles))


def _call(wire: Wire, request: Callable[[], T]) -> T:
    try:
        return wire.call(request)
    except StoreDeniedError as exc:
        raise StoreDeniedError(
            wire.name,
            "the user may not make roles, logins or API keys",
            "use one with the cluster right manage_security, or give the cluster's owner what "
            "summitwatch es setup-roles --print prints",
        ) from exc
    except StoreError as exc:
        cause = exc.__cause__
        if (
            isinstance(cause, elasticsearch.ApiError)
            and error_type(cause) == "validation_exception"
        ):
            raise UsageError("the login", f"is refused: {error_reason(cause)}") from exc
        if any(words in str(exc).lower() for words in SECURITY_OFF):
            raise SettingsError(
                wire.name,
                "its security is off, so that everybody may do everything",
                "set xpack.security.enabled: true in elasticsearch.yml",
            ) from exc
        raise


def _is_alive(wire: Wire, file: Path) -> bool:
    try:
        key = file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return False
    except (OSError, UnicodeDecodeError) as exc:
        raise UsageError(str(file), f"cannot be read: {exc}", "mend or move it") from exc
    if not key:
        return False
    client = wire.client.options(api_key=key)
    try:
        wire.call(client.security.authenticate)
    except StoreDeniedError:
        return False
    return True


def write_secret(file: Path, text: str) -> None:
    """Write a file that its owner alone may read, whole or not at all.

    Raises:
        UsageError: the folder cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, part = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text + "\n")
        Path(part).replace(file)
    except OSError as exc:
        raise UsageError(
            str(file), f"cannot be written: {exc.strerror}", "name another folder"
        ) from exc
