"""What each role's key may do on a real server, and what it is told where it may not."""

import json
import stat
import uuid
from dataclasses import replace

import pytest
from pydantic import SecretStr
from storing import NOW, make_entry
from typer.testing import CliRunner

from elastic.fixtures import drop
from elastic.looking import told
from ingest import desk
from ingest.cli.app import app
from ingest.errors import StoreDeniedError, UsageError
from ingest.model import Entry, Feed, Note
from ingest.query.ast import All
from ingest.store import elastic_roles
from ingest.store.elastic import ElasticStore
from ingest.store.elastic_connect import connect
from ingest.store.elastic_roles import ROLES, descriptor, put_keys, put_login, put_roles
from ingest.store.elastic_wire import Action, Wire
from ingest.store.port import Save, Saved, Search


@pytest.fixture(scope="module")
def secure(elastic_server, elastic_settings):
    if not elastic_server.url.startswith("https") or not elastic_settings.password:
        pytest.skip("this server has no TLS or no password")
    return elastic_settings


@pytest.fixture(scope="module")
def desk_setup(elastic_server, elastic_client, secure, tmp_path_factory):
    """A prefix set up as the command does it: (prefix, folder of keys)."""
    prefix = f"test-{uuid.uuid4().hex[:12]}"
    folder = tmp_path_factory.mktemp("keys")
    runner = CliRunner()
    environment = {**elastic_server.environment, "SUMMITWATCH_STORE": elastic_server.url}
    environment["SUMMITWATCH_PREFIX"] = prefix
    for expected in ("(new)", "(as it was)"):
        done = runner.invoke(app, ["es", "setup-roles", "--keys", str(folder)], env=environment)
        assert done.exit_code == 0, done.output
        assert done.output.count(expected) == 3
    yield prefix, folder
    drop(elastic_client, prefix)
    for role in ROLES:
        elastic_client.security.delete_role(name=f"{prefix}-{role}")
        elastic_client.security.invalidate_api_key(name=f"{prefix}-{role}")


@pytest.fixture
def as_role(elastic_server, secure, desk_setup):
    """Open the store with a role's key."""
    prefix, folder = desk_setup
    opened = []

    def open_as(role, prefix=prefix):
        settings = secure.model_copy(
            update={"user": "", "password": None, "api_key_file": folder / f"{role}.key"}
        )
        opened.append(ElasticStore.open(elastic_server.url, prefix, settings))
        return opened[-1]

    yield open_as
    for store in opened:
        store.close()


def test_keys_are_for_their_owner_alone(desk_setup):
    _, folder = desk_setup
    assert {file.name for file in folder.iterdir()} == {f"{role}.key" for role in ROLES}
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_the_ingest_key_does_all_that_a_run_does(as_role):
    with as_role("ingest") as store:
        (entry,) = store.put([make_entry("role")])
        assert isinstance(store.save([Save(told("role"), entry)])[0], Saved)
        store.refresh()
        assert store.search(Search(All())).total >= 1
        assert store.count(Entry) >= 1
        assert store.check() == ""
        assert store.stats()["article"] >= 1
        assert store.delete_articles([told("role").id]) == 1
        assert store.delete(Entry, [entry.id]) == 1


def test_the_ingest_key_cannot_touch_other_indices(as_role, elastic_client, desk_setup):
    """Neither a foreign one nor one of a desk whose prefix begins with ours."""
    wire = as_role("ingest")._wire
    for index in (f"{desk_setup[0]}-two-records", f"other-{desk_setup[0]}"):
        elastic_client.indices.create(
            index=f"{index}-v1", aliases={index: {}}, wait_for_active_shards=0
        )
        try:
            with pytest.raises(StoreDeniedError, match=f"on {index}"):
                wire.bulk([Action("index", index, "x", b"{}")])
            with pytest.raises(StoreDeniedError, match=f"on {index}"):
                wire.search(index)
            with pytest.raises(StoreDeniedError):
                wire.call(lambda index=index: wire.client.indices.delete(index=f"{index}-v1"))
        finally:
            elastic_client.indices.delete(index=f"{index}-v1")
    with pytest.raises(StoreDeniedError, match="may not do this"):
        as_role("ingest", f"{desk_setup[0]}-three")


@pytest.mark.parametrize("role", ROLES)
def test_no_key_may_change_indices_roles_or_keys(as_role, desk_setup, role):
    wire = as_role(role)._wire
    client = wire.client
    for request in (
        lambda: client.indices.delete(index=f"{desk_setup[0]}-records-v1"),
        lambda: client.indices.put_settings(
            index=f"{desk_setup[0]}-records", settings={"refresh_interval": "9s"}
        ),
        lambda: client.security.put_role(name="x", cluster=["all"]),
        lambda: client.security.create_api_key(name="x"),
        lambda: client.cluster.put_settings(
            persistent={"cluster.routing.allocation.enable": "all"}
        ),
    ):
        with pytest.raises(StoreDeniedError):
            wire.call(request)


def test_the_readers_key_reads_and_cannot_write(as_role):
    as_role("ingest").save([Save(told("read"))])
    as_role("ingest").refresh()
    with as_role("reader") as store:
        assert store.search(Search(All())).total >= 1
        assert store.get_article(told("read").id)
        assert store.find(Feed) == []
        with pytest.raises(StoreDeniedError) as found:
            store.put([Note("a", "1")])
        with pytest.raises(StoreDeniedError):
            store.save([Save(told("written"))])
        with pytest.raises(StoreDeniedError):
            store.delete_articles([told("read").id])
    assert "the API key may not do this: indices:data/write/bulk" in found.value.reason
    assert "index rights" in found.value.way_out
    assert "write" in found.value.way_out


def test_an_analyst_writes_what_the_desk_decides_and_no_article(as_role):
    as_role("ingest").save([Save(told("analyst"))])
    as_role("ingest").refresh()
    with as_role("analyst") as store:
        revision = desk.publish(store, "rules", "rules: []\n", author="ann", now=NOW)
        assert desk.latest(store, "rules").number == revision.number
        (note,) = store.put([Note("silence", "1")])
        assert store.get(Note, note.id) == note
        with pytest.raises(StoreDeniedError, match="delete"):
            store.delete(Note, [note.id])
        stored = store.get_article(told("analyst").id)
        with pytest.raises(StoreDeniedError, match="articles"):
            store.save([Save(replace(stored, title="Changed"))])
        with pytest.raises(StoreDeniedError):
            store.delete_articles([stored.id])


def test_rotation_ends_the_former_keys(elastic_client, secure, desk_setup, elastic_server):
    prefix, folder = desk_setup
    wire = Wire(elastic_client, "test")
    former = (folder / "reader.key").read_text().strip()
    assert all(made.is_new for made in put_keys(wire, prefix, folder, rotate=True))
    assert (folder / "reader.key").read_text().strip() != former
    settings = secure.model_copy(update={"user": "", "password": None})
    with pytest.raises(StoreDeniedError, match="refuses"):
        connect(elastic_server.url, settings.model_copy(update={"api_key": SecretStr(former)}))
    (folder / "reader.key").write_text("d3Jvbmc6a2V5\n")  # a key that is dead is made anew
    assert [made.is_new for made in put_keys(wire, prefix, folder)] == [False, True, False]


def test_a_login_has_its_role(elastic_client, elastic_server, secure, desk_setup):
    prefix, _ = desk_setup
    wire = Wire(elastic_client, "test")
    user = f"{prefix}-ann"
    try:
        put_login(wire, prefix, user, "reader", "s3cret-words")
        put_login(wire, prefix, user, None, "other-words")
        settings = secure.model_copy(update={"user": user, "password": SecretStr("other-words")})
        with ElasticStore.open(elastic_server.url, prefix, settings) as store:
            with pytest.raises(StoreDeniedError, match="the user may not do this"):
                store.put([Note("a", "1")])
            for work in (
                put_roles,
                lambda wire, prefix: list(put_keys(wire, prefix, secure.ca_file.parent / "x")),
            ):
                with pytest.raises(StoreDeniedError, match="may not make roles") as found:
                    work(store._wire, prefix)
            assert "--print" in found.value.way_out
        with pytest.raises(UsageError, match="passwords must be"):
            put_login(wire, prefix, user, "reader", "x")
    finally:
        elastic_client.security.delete_user(username=user)


def test_a_right_that_is_missing_is_named(elastic_server, elastic_client, secure, elastic_indices):
    """A key made by hand without view_index_metadata."""
    role = {
        "r": {
            "cluster": ["monitor"],
            "indices": [{"names": [f"{elastic_indices}-*"], "privileges": ["read"]}],
        }
    }
    key = elastic_client.security.create_api_key(name=uuid.uuid4().hex, role_descriptors=role)
    settings = secure.model_copy(update={"api_key": SecretStr(key["encoded"])})
    with pytest.raises(StoreDeniedError) as found:
        ElasticStore.open(elastic_server.url, elastic_indices, settings, create=False)
    assert "indices:admin/get" in found.value.reason
    assert "view_index_metadata" in found.value.way_out


def test_print_asks_no_server_and_shows_what_is_made(monkeypatch):
    monkeypatch.setattr(elastic_roles, "put_roles", None)
    done = CliRunner().invoke(
        app, ["es", "setup-roles", "--print"], env={"SUMMITWATCH_PREFIX": "desk"}
    )
    assert done.exit_code == 0
    printed = json.loads(done.output)
    assert printed.keys() == {f"desk-{role}" for role in ROLES}
    for role in ROLES:
        assert printed[f"desk-{role}"].items() >= descriptor("desk", role).items()
        names = {name for each in descriptor("desk", role)["indices"] for name in each["names"]}
        assert not any(name.startswith("*") or name == "desk-*" for name in names)


def test_a_store_that_is_no_elasticsearch_is_refused(tmp_path):
    done = CliRunner().invoke(
        app, ["es", "setup-roles"], env={"SUMMITWATCH_STORE": f"sqlite:///{tmp_path}/s.sqlite"}
    )
    assert done.exit_code == 2
    assert "is no Elasticsearch" in done.output
