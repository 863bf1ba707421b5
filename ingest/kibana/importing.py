"""Saved objects into a Kibana, by its import API.

Kibana is the desk's own, like the Elasticsearch behind it: the same client speaks to both, with the
same credentials and trust, and not the guarded door to the publishers.
"""

from __future__ import annotations

import base64
import time
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
from elastic_transport import HttpHeaders, NodeConfig, TransportError, Urllib3HttpNode

from ingest.errors import SettingsError, StoreDeniedError, StoreDownError, StoreError
from ingest.store.elastic_connect import credentials, trust

if TYPE_CHECKING:
    from ingest.settings import ElasticsearchSettings

PAUSE_S = 3.0
TIMEOUT_S = 120.0


def import_objects(
    url: str, objects: str, settings: ElasticsearchSettings, *, wait_s: float = 0
) -> int:
    """Import saved objects over those of the same ids; returns how many.

    Args:
        url: of Kibana, with its base path if it has one.
        objects: one JSON object a line.
        settings: credentials and trust, those of Elasticsearch.
        wait_s: how long a Kibana that is starting is waited for.

    Raises:
        SettingsError: the URL names no server.
        StoreDownError: Kibana cannot be reached, or is not ready in time.
        StoreDeniedError: it refuses the credentials, or they may not import.
        StoreError: it refuses an object.
    """
    node, base = _node(url, settings)
    try:
        _wait(node, base, url, wait_s)
        mark = uuid.uuid4().hex
        body = (
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="objects.ndjson"\r\n'
            f"Content-Type: application/ndjson\r\n\r\n{objects}\r\n--{mark}--\r\n"
        )
        status, reply = _ask(
            node,
            "POST",
            f"{base}/api/saved_objects/_import?overwrite=true",
            {
                **_authorization(settings),
                "kbn-xsrf": "summitwatch",
                "content-type": f"multipart/form-data; boundary={mark}",
            },
            body.encode(),
        )
    except TransportError as exc:
        raise StoreDownError(url, f"cannot be reached: {exc}", "start Kibana, or check it") from exc
    finally:
        node.close()
    if status in {401, 403}:
        raise StoreDeniedError(
            url,
            f"refuses the import (HTTP {status})",
            "use a user that may write saved objects, such as one with the role kibana_admin",
        )
    if status != 200 or not reply.get("success"):
        raise StoreError(url, f"took not all objects: {_first_error(status, reply)}")
    return int(reply["successCount"])


def _node(url: str, settings: ElasticsearchSettings) -> tuple[Urllib3HttpNode, str]:
    try:
        split = urlsplit(url)
        port = split.port or {"http": 80, "https": 443}[split.scheme]
    except (ValueError, KeyError):
        split, port = urlsplit(""), 0
    if not split.hostname or "@" in url:
        raise SettingsError("--import", "names no Kibana", "write http://host:5601")
    trusted = trust(url, settings)
    config = NodeConfig(split.scheme, split.hostname, port, request_timeout=TIMEOUT_S, **trusted)
    return Urllib3HttpNode(config), split.path.rstrip("/")


def _authorization(settings: ElasticsearchSettings) -> dict[str, str]:
    given = credentials(settings)
    if "api_key" in given:
        return {"authorization": f"ApiKey {given['api_key']}"}
    if "basic_auth" in given:
        pair = ":".join(given["basic_auth"]).encode()
        return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {}


def _wait(node: Urllib3HttpNode, base: str, url: str, wait_s: float) -> None:
    """Wait until Kibana says that it is available."""
    end = time.monotonic() + wait_s
    while True:
        problem = ""
        try:
            status, reply = _ask(node, "GET", f"{base}/api/status", {}, None)
        except TransportError as exc:
            problem = str(exc)
        else:
            level = reply.get("status", {}).get("overall", {}).get("level")
            if status in {200, 401, 403} and level in {"available", None}:
                return
            problem = f"HTTP {status}, {level or 'not ready'}"
        if time.monotonic() >= end:
            raise StoreDownError(url, f"Kibana is not ready: {problem}", "wait for it, see its log")
        time.sleep(min(PAUSE_S, wait_s))


def _ask(
    node: Urllib3HttpNode, method: str, target: str, headers: dict[str, str], body: bytes | None
) -> tuple[int, dict[str, Any]]:
    meta, raw = node.perform_request(method, target, body=body, headers=HttpHeaders(headers))
    try:
        reply = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        reply = {}
    return meta.status, reply if isinstance(reply, dict) else {}


def _first_error(status: int, reply: dict[str, Any]) -> str:
    errors = reply.get("errors") or [{}]
    first = errors[0]
    what = (
        f"{first.get('type', '')} {first.get('id', '')}: {first.get('error', {}).get('type', '')}"
    )
    return f"HTTP {status} {reply.get('message', '')} {what if first else ''}".strip()
