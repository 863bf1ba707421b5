"""`gazetteer refresh` against an endpoint of our own on loopback."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from ingest import desk
from ingest.tag.desk import gazetteer_of

PUTIN = "Q7747"
NAMES = [
    {"name": {"value": "Vladimir Vladimirovich Trial", "xml:lang": "en"}, "label": {"value": "0"}},
    {"name": {"value": "Путинтест", "xml:lang": "ru"}, "label": {"value": "1"}},
    {"name": {"value": "Vova", "xml:lang": "en"}, "label": {"value": "0"}},
    {"name": {"value": "<script>", "xml:lang": "en"}, "label": {"value": "1"}},
]
OFFICES = [
    {
        "class": {"value": "http://wd.example/entity/Q7330070"},
        "iso": {"value": "RU"},
        "start": {"value": "2031-05-01T00:00:00Z"},
    },
    {  # known to the gazetteer, dated a little otherwise
        "class": {"value": "http://wd.example/entity/Q48352"},
        "iso": {"value": "RU"},
        "start": {"value": "2012-05-06T00:00:00Z"},
    },
]


class Endpoint:
    """Answers in SPARQL's JSON; `fault` makes it fail."""

    def __init__(self):
        self.questions, self.fault = [], ""
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                query = parse_qs(body)["query"][0]
                endpoint.questions.append((query, self.headers["Accept"]))
                status, raw = endpoint.answer(query)
                self.send_response(status)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.host = f"127.0.0.1:{self.server.server_address[1]}"

    def answer(self, query):
        if self.fault == "down":
            return 503, b"busy"
        if self.fault == "html":
            return 200, b"<html>"
        if self.fault == "half" and "P39" in query:
            return 500, b"no"
        rows = OFFICES if "P39" in query else NAMES
        told = [row | {"item": {"value": f"http://wd.example/entity/{PUTIN}"}} for row in rows]
        return 200, json.dumps({"results": {"bindings": told}}).encode()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def endpoint(monkeypatch):
    found = Endpoint()
    monkeypatch.setenv("SUMMITWATCH_GAZETTEER__SPARQL_URL", f"http://{found.host}/sparql")
    monkeypatch.setenv("SUMMITWATCH_FETCH__ALLOW_PRIVATE", found.host)
    monkeypatch.setenv("SUMMITWATCH_FETCH__HOST_PAUSE_S", "0")
    yield found
    found.close()


def test_names_and_offices_are_taken(call, store, endpoint):
    dry = call("gazetteer", "refresh", PUTIN, "--dry-run")
    assert "Путинтест" in dry
    assert desk.latest(store, "overlay") is None
    call("gazetteer", "refresh", PUTIN)
    query, accepted = endpoint.questions[0]
    assert f"wd:{PUTIN}" in query
    assert accepted == "application/sparql-results+json"
    names = gazetteer_of(store)
    putin = names.entity("leader:putin-vladimir")
    assert names.resolve("leader", "Путинтестом") == (putin.id,)
    assert "Vladimir Vladimirovich Trial" in putin.names["en"]
    assert not {"Vova", "<script>"} & set(putin.names["en"])
    assert [o.start for o in putin.offices if o.office == "fm"] == ["2031-05-01"]
    assert sum(o.office == "pres" and o.start.startswith("2012") for o in putin.offices) == 1
    assert "0 changes" in call("gazetteer", "refresh", PUTIN)


@pytest.mark.parametrize("fault", ["down", "html", "half"])
def test_a_failure_keeps_the_old(call, store, endpoint, fault):
    call("gazetteer", "add", "Zorka Blahut", "--country", "CZ")
    endpoint.fault = fault
    said = call("gazetteer", "refresh", PUTIN, code=1)
    assert endpoint.host in said
    assert desk.latest(store, "overlay").number == 1


def test_nobody_has_an_id_there(call, store):
    call("gazetteer", "add", "Zorka Blahut", "--country", "CZ")
    assert "has a QID" in call("gazetteer", "refresh", "Zorka Blahut", code=2)
