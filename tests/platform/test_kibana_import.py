"""Saved objects go to a Kibana by its import API: a server that answers as Kibana does."""

import contextlib
import email
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from ingest.cli.app import app
from ingest.errors import SettingsError, StoreDeniedError, StoreDownError, StoreError
from ingest.kibana.importing import import_objects
from ingest.kibana.objects import ndjson
from ingest.settings import ElasticsearchSettings

SETTINGS = ElasticsearchSettings(user="ann", password=SecretStr("words"))
AVAILABLE = {"status": {"overall": {"level": "available"}}}
STARTING = {"status": {"overall": {"level": "unavailable"}}}


@contextlib.contextmanager
def kibana(reply, status=200, starting=0):
    """(address, requests) of a Kibana that is starting for so many looks and answers an import so."""
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def answer(self, code, body):
            raw = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def do_GET(self):
            asked.append((self.path, dict(self.headers), b""))
            is_ready = len(asked) > starting
            self.answer(200 if is_ready else 503, AVAILABLE if is_ready else STARTING)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, dict(self.headers), body))
            self.answer(status, reply)

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


def test_the_objects_arrive_whole(monkeypatch):
    monkeypatch.setattr("ingest.kibana.importing.PAUSE_S", 0.01)
    objects = ndjson("desk")
    with kibana({"success": True, "successCount": 21}, starting=2) as (url, asked):
        assert import_objects(f"{url}/kibana/", objects, SETTINGS, wait_s=300) == 21
    *looks, (path, headers, body) = asked
    assert len(looks) == 3
    assert path == "/kibana/api/saved_objects/_import?overwrite=true"
    names = {name.lower(): value for name, value in headers.items()}
    assert names["kbn-xsrf"]
    assert names["authorization"] == "Basic YW5uOndvcmRz"
    head = f"Content-Type: {names['content-type']}\r\n\r\n".encode()
    (part,) = email.message_from_bytes(head + body).get_payload()
    assert part.get_filename() == "objects.ndjson"
    assert part.get_payload(decode=True).decode() == objects


@pytest.mark.parametrize(
    ("reply", "status", "kind", "reason"),
    [
        pytest.param({"message": "no"}, 403, StoreDeniedError, "refuses the import", id="denied"),
        pytest.param({"message": "no"}, 401, StoreDeniedError, "refuses the import", id="login"),
        pytest.param(
            {"success": False, "errors": [{"type": "lens", "id": "x", "error": {"type": "missing_references"}}]},
            200,
            StoreError,
            "lens x: missing_references",
            id="object",
        ),
        pytest.param({"message": "too large"}, 413, StoreError, "HTTP 413 too large", id="size"),
    ],
)  # fmt: skip
def test_a_kibana_that_refuses(reply, status, kind, reason):
    with kibana(reply, status) as (url, _), pytest.raises(kind, match=reason):
        import_objects(url, "{}", SETTINGS)


def test_a_kibana_that_never_starts_or_is_not_there(monkeypatch):
    monkeypatch.setattr("ingest.kibana.importing.PAUSE_S", 0.01)
    with kibana({}, starting=10**6) as (url, _), pytest.raises(StoreDownError, match="not ready"):
        import_objects(url, "{}", SETTINGS, wait_s=0.05)
    with socket.socket() as kept:  # it has the port, and nobody listens
        kept.bind(("127.0.0.1", 0))
        with pytest.raises(StoreDownError, match="not ready"):
            import_objects(f"http://127.0.0.1:{kept.getsockname()[1]}", "{}", SETTINGS)


@pytest.mark.parametrize("url", ["", "kibana:5601", "ftp://h", "http://a:b@h", "http://h:x"])
def test_an_address_that_is_none(url):
    with pytest.raises(SettingsError, match="names no Kibana"):
        import_objects(url, "{}", SETTINGS)


def test_the_command_writes_a_file_or_standard_output(tmp_path):
    runner = CliRunner()
    shown = runner.invoke(app, ["es", "kibana"], env={"SUMMITWATCH_PREFIX": "desk"})
    done = runner.invoke(
        app, ["es", "kibana", "--out", str(tmp_path / "k")], env={"SUMMITWATCH_PREFIX": "desk"}
    )
    assert done.exit_code == shown.exit_code == 0
    assert shown.output == (tmp_path / "k").read_text("utf-8") == ndjson("desk")
    gone = runner.invoke(app, ["es", "kibana", "--out", str(tmp_path / "no" / "k")])
    assert gone.exit_code == 2
