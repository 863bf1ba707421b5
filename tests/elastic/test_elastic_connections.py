"""What a person reads when the server cannot be reached, refuses, or holds something else."""

import contextlib
import hashlib
import json
import ssl
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from storing import act, make_article

from elastic.fixtures import drop
from elastic.looking import told
from elastic.server import free_port, make_certificates
from ingest.errors import SchemaError, SettingsError, StoreDownError, StoreFullError
from ingest.model import Note
from ingest.query.ast import All
from ingest.settings import ElasticsearchSettings
from ingest.store import open_store
from ingest.store.elastic import ElasticStore
from ingest.store.elastic_mappings import definition
from ingest.store.port import Refused, Save, Saved, Search


def try_open(url, prefix, settings=None, **changes):
    """Open an existing store and close it."""
    settings = (settings or ElasticsearchSettings()).model_copy(update=changes)
    ElasticStore.open(url, prefix, settings, create=False).close()


@pytest.fixture
def secure(elastic_url, elastic_settings):
    if not elastic_url.startswith("https") or not elastic_settings.password:
        pytest.skip("this server has no TLS or no password")
    return elastic_settings


# --- credentials and trust -----------------------------------------------------------------------


def test_user_and_password_from_files(elastic_url, elastic_indices, secure, tmp_path):
    file = tmp_path / "password"
    file.write_text(secure.password.get_secret_value() + "\n")
    try_open(elastic_url, elastic_indices, secure, password=None, password_file=file)


@pytest.mark.parametrize("in_file", [False, True])
def test_an_api_key(elastic_url, elastic_indices, elastic_client, secure, tmp_path, in_file):
    key = elastic_client.security.create_api_key(name=uuid.uuid4().hex)["encoded"]
    given = {"api_key": SecretStr(key)}
    if in_file:
        (tmp_path / "key").write_text(key)
        given = {"api_key_file": tmp_path / "key"}
    try_open(elastic_url, elastic_indices, secure, user="", password=None, **given)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"password": SecretStr("wrong")}, "refuses the user", id="password"),
        pytest.param({"user": "", "password": None}, "refuses the user", id="nobody"),
        pytest.param({"api_key": SecretStr("d3Jvbmc6a2V5")}, "refuses the user", id="api-key"),
        pytest.param({"ca_file": None}, "certificate is not trusted", id="no-ca"),
        pytest.param({"fingerprint": "0" * 64}, "certificate is not trusted", id="fingerprint"),
    ],
)
def test_wrong_credentials_or_trust(elastic_url, elastic_indices, secure, changes, reason):
    with pytest.raises(StoreDownError, match=reason) as found:
        try_open(elastic_url, elastic_indices, secure, **changes)
    assert found.value.exit_code == 5
    assert found.value.way_out.startswith("set elasticsearch.")


def test_another_ca(elastic_url, elastic_indices, secure, tmp_path):
    other = make_certificates(tmp_path / "tls")
    with pytest.raises(StoreDownError, match="certificate is not trusted"):
        try_open(elastic_url, elastic_indices, secure, ca_file=other)


def test_a_fingerprint_instead_of_a_ca(elastic_url, elastic_indices, secure):
    place = urlsplit(elastic_url)
    pem = ssl.get_server_certificate((place.hostname, place.port))
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    try_open(elastic_url, elastic_indices, secure, ca_file=None, fingerprint=fingerprint)


def test_a_key_that_may_not_write_is_told_so(elastic_url, elastic_indices, elastic_client, secure):
    reader = {
        "reader": {
            "cluster": ["monitor"],
            "indices": [{"names": [f"{elastic_indices}-*"], "privileges": ["read", "view_index_metadata"]}],
        }
    }  # fmt: skip
    made = elastic_client.security.create_api_key(name=uuid.uuid4().hex, role_descriptors=reader)
    settings = secure.model_copy(update={"api_key": SecretStr(made["encoded"])})
    with ElasticStore.open(elastic_url, elastic_indices, settings, create=False) as store:
        with pytest.raises(StoreDownError, match="may not do this") as found:
            store.put([Note("a", "1")])
        assert "rights" in found.value.way_out


MAKING = {"cluster": ["monitor", "manage_index_templates"], "privileges": ["all"]}
WORKING = {
    "cluster": ["monitor"],
    "privileges": ["read", "write", "monitor", "maintenance", "view_index_metadata"],
}


def test_the_rights_that_the_guide_names_are_enough(
    elastic_url, elastic_client, secure, free_prefix
):
    for rights in (MAKING, WORKING):
        role = {
            "cluster": rights["cluster"],
            "indices": [{"names": [f"{free_prefix}-*"], "privileges": rights["privileges"]}],
        }
        made = elastic_client.security.create_api_key(
            name=uuid.uuid4().hex, role_descriptors={"role": role}
        )
        settings = secure.model_copy(update={"api_key": SecretStr(made["encoded"])})
        with ElasticStore.open(elastic_url, free_prefix, settings) as store:
            assert isinstance(store.save([Save(told(str(rights)))])[0], Saved)
            store.refresh()
            assert store.search(Search(All())).total == store.stats()["article"]
            assert store.check() == ""
            assert store.delete_articles([told("absent").id]) == 0


def test_one_node_of_two_is_down(elastic_url, elastic_indices, elastic_settings):
    place = urlsplit(elastic_url)
    nodes = f"{place.scheme}://127.0.0.1:{free_port()},127.0.0.1:{place.port}"
    for _ in range(4):  # whichever node is asked first
        try_open(nodes, elastic_indices, elastic_settings)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        pytest.param(
            "https://ann:s3cret@127.0.0.1:9200", "holds a user or password", id="userinfo"
        ),
        pytest.param("http://", "names no server", id="no-host"),
        pytest.param("http://h:notaport", "names no server", id="port"),
    ],
)
def test_an_unusable_url(url, reason):
    with pytest.raises(SettingsError, match=reason) as found:
        open_store(url)
    assert "s3cret" not in str(found.value)


def test_a_user_without_password_and_files_that_are_not_there(tmp_path):
    url = f"https://127.0.0.1:{free_port()}"
    for changes, thing in (
        ({"user": "ann"}, "elasticsearch.password"),
        ({"user": "ann", "password_file": tmp_path / "absent"}, "absent"),
        ({"ca_file": tmp_path / "absent.pem"}, "elasticsearch.ca_file"),
    ):
        with pytest.raises(SettingsError, match=thing):
            try_open(url, "p", **changes)


# --- servers that are none of ours ---------------------------------------------------------------


@contextlib.contextmanager
def answering(status, headers, body):
    """A server that gives every request the same answer."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


JSON = {"Content-Type": "application/json"}
PRODUCT = {"X-Elastic-Product": "Elasticsearch"}


def info(version):
    return json.dumps({"version": {"number": version}, "tagline": "You Know, for Search"}).encode()


@pytest.mark.parametrize(
    ("status", "headers", "body", "reason"),
    [
        pytest.param(200, JSON | PRODUCT, info("8.19.2"), "is Elasticsearch 8.19.2", id="8"),
        pytest.param(200, JSON | PRODUCT, info("10.0.0"), "is Elasticsearch 10.0.0", id="10"),
        pytest.param(
            400,
            JSON | PRODUCT,
            b'{"error":{"type":"media_type_header_exception","reason":"Invalid"},"status":400}',
            "older than Elasticsearch 9",
            id="8-refusing",
        ),
        pytest.param(200, JSON, info("2.19.0"), "is no Elasticsearch", id="opensearch"),
        pytest.param(200, {"Content-Type": "text/html"}, b"<p>Hi", "is no Elasticsearch", id="web"),
    ],
)
def test_another_server(status, headers, body, reason):
    with answering(status, headers, body) as url, pytest.raises(StoreDownError, match=reason):
        try_open(url, "p")


def test_nobody_listens():
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(StoreDownError, match="cannot be reached") as found:
        open_store(url)
    assert found.value.exit_code == 5


# --- indices that are none of ours ---------------------------------------------------------------


@pytest.fixture
def free_prefix(elastic_client):
    prefix = f"test-{uuid.uuid4().hex[:12]}"
    yield prefix
    drop(elastic_client, prefix)


def test_no_store_is_made_where_none_is_wanted(elastic_url, elastic_settings, free_prefix):
    with pytest.raises(StoreDownError, match="there is no store"):
        try_open(elastic_url, free_prefix, elastic_settings)


@pytest.mark.parametrize(
    ("meta", "reason"),
    [
        pytest.param({}, "another program's index", id="foreign"),
        pytest.param({"application": "summitwatch", "version": 99}, "newer than this", id="newer"),
    ],
)
def test_an_index_with_a_foreign_mapping(
    elastic_url, elastic_client, elastic_settings, free_prefix, meta, reason
):
    elastic_client.indices.create(index=f"{free_prefix}-articles", mappings={"_meta": meta})
    with pytest.raises(SchemaError, match=reason):
        open_store(elastic_url, free_prefix)
    assert list(elastic_client.indices.get(index=f"{free_prefix}-*")) == [f"{free_prefix}-articles"]


def test_a_field_that_an_older_index_lacks_is_added(
    elastic_url, elastic_client, elastic_settings, free_prefix
):
    mappings = dict(definition("records")["mappings"])
    fewer = {name: field for name, field in mappings["properties"].items() if name != "write"}
    elastic_client.indices.create(
        index=f"{free_prefix}-records-v1",
        mappings={**mappings, "properties": fewer},
        aliases={f"{free_prefix}-records": {}},
    )
    with open_store(elastic_url, free_prefix) as store:
        assert store.put([Note("a", "1")]) == [Note("a", "1", 1)]


# --- what the server refuses ---------------------------------------------------------------------


def test_a_full_disk_makes_indices_read_only(elastic_url, elastic_prefix, elastic_client):
    index = f"{elastic_prefix}-*"
    block = "index.blocks.read_only_allow_delete"
    with open_store(elastic_url, elastic_prefix) as store:
        elastic_client.indices.put_settings(index=index, settings={block: True})
        try:
            with pytest.raises(StoreFullError, match="read-only") as found:
                store.save([Save(told())])
            assert "room" in found.value.way_out
            assert "read-only" in store.check()
            with pytest.raises(StoreFullError):
                store.put([Note("a", "1")])
        finally:
            elastic_client.indices.put_settings(index=index, settings={block: None})
        assert store.check() == ""
        assert isinstance(store.save([Save(told())])[0], Saved)


def test_a_document_that_the_mapping_refuses_is_refused_alone(elastic_url, elastic_prefix):
    many = tuple(act(venues=(f"v{number}",), end=1) for number in range(10_001))
    with open_store(elastic_url, elastic_prefix) as store:
        bad, good = store.save([Save(make_article("bad", proposals=many)), Save(told("good"))])
        assert isinstance(bad, Refused)
        assert bad.reason.startswith("mapping: ")
        assert isinstance(good, Saved)
        assert store.get_article(make_article("bad").id) is None
