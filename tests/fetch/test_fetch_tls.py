"""TLS over a dialled address: the certificate is still the host's."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fetching import get, limits, names

from hostile.faults import feed
from hostile.server import Conn, HostileServer
from ingest.fetch.result import Fetched, FetchFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="no openssl command to make certificates")


def openssl(*arguments: str | Path) -> None:
    assert OPENSSL
    subprocess.run([OPENSSL, *map(str, arguments)], check=True, capture_output=True, timeout=100)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ca.pem and, signed by it, courier.pem (key and certificate)."""
    folder = tmp_path_factory.mktemp("tls")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    openssl(
        "req", "-x509", *new_key, "-subj", "/CN=Test authority",
        "-keyout", folder / "ca.key", "-out", folder / "ca.pem",
    )  # fmt: skip
    openssl(
        "req", "-x509", *new_key, "-subj", "/CN=courier.example",
        "-addext", "subjectAltName=DNS:courier.example",
        "-addext", "basicConstraints=critical,CA:FALSE",
        "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
        "-keyout", folder / "courier.key", "-out", folder / "courier.pem",
    )  # fmt: skip
    return folder


class Tls:
    def __init__(self, folder: Path) -> None:
        self.asked_for: list[str | None] = []
        self.trusted = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(folder / "courier.pem", folder / "courier.key")
        self.context.sni_callback = self._remember

    def _remember(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        self.asked_for.append(name)


@pytest.fixture
def tls(authority: Path) -> Tls:
    return Tls(authority)


@pytest.fixture
def server(tls: Tls) -> Iterator[HostileServer]:
    with HostileServer(tls.context) as running:
        yield running


def test_the_hosts_own_certificate_is_taken(tls: Tls, server: HostileServer) -> None:
    result = get(
        "https://courier.example/feed",
        resolver=names(server.port),
        fetcher={"ssl_context": tls.trusted},
    )
    assert isinstance(result, Fetched)
    assert result.body == feed()
    assert tls.asked_for == ["courier.example"]  # the name, though an address was dialled
    assert server.ledger[0].headers["host"] == "courier.example"


def test_a_certificate_for_another_name_is_refused(tls: Tls, server: HostileServer) -> None:
    result = get(
        "https://tribune.example/feed",
        resolver=names(server.port, "tribune.example"),
        fetcher={"ssl_context": tls.trusted},
    )
    assert isinstance(result, FetchFailed)
    assert (result.code, result.passing) == ("tls", True)
    assert "tribune.example" in result.detail
    assert server.ledger == []


def test_a_certificate_of_an_unknown_authority_is_refused(server: HostileServer) -> None:
    """With the trusted roots of every day."""
    result = get(
        "https://courier.example/feed",
        resolver=names(server.port),
        fetcher={"ssl_context": None},
    )
    assert isinstance(result, FetchFailed)
    assert result.code == "tls"
    assert "certificate" in result.detail
    assert server.ledger == []


def test_a_server_without_tls_is_named(hostile: HostileServer) -> None:
    result = get("https://courier.example/feed", resolver=names(hostile.port))
    assert isinstance(result, FetchFailed)
    assert (result.code, result.passing) == ("tls", True)
    assert "no TLS with this server" in result.detail


def test_limits_hold_inside_tls(tls: Tls, server: HostileServer) -> None:
    for path, code in {"/endless-body": "too-large", "/gzip-bomb": "too-large"}.items():
        result = get(
            f"https://courier.example{path}",
            limits(),
            resolver=names(server.port),
            fetcher={"ssl_context": tls.trusted},
        )
        assert isinstance(result, FetchFailed)
        assert result.code == code


def test_a_handshake_that_hangs_is_cut(hostile: HostileServer) -> None:
    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    hostile.on_hello = hang
    result = get("https://courier.example/", limits(timeout_s=0.5), resolver=names(hostile.port))
    assert isinstance(result, FetchFailed)
    assert result.code == "timeout"  # had it waited on, the server would have hung up: "tls"


def test_a_handshake_that_ends_early_is_named(hostile: HostileServer) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    hostile.on_hello = hang_up
    result = get("https://courier.example/", resolver=names(hostile.port))
    assert isinstance(result, FetchFailed)
    assert (result.code, result.passing) == ("tls", True)


def test_giving_up_tls_on_the_way_is_noted(
    tls: Tls, server: HostileServer, hostile: HostileServer
) -> None:
    from ingest.fetch.resolve import map_resolver

    resolver = map_resolver(
        {
            "courier.example": ("127.0.0.1", server.port),
            "tribune.example": ("127.0.0.1", hostile.port),
        }
    )
    result = get(
        "https://courier.example/redirect?to=http://tribune.example/feed",
        resolver=resolver,
        fetcher={"ssl_context": tls.trusted},
    )
    assert isinstance(result, Fetched)
    assert result.notes == ("https-to-http",)


def test_https_through_a_proxy_ends_at_the_publisher(tls: Tls, server: HostileServer) -> None:
    """A proxy that tunnels; TLS is checked against the publisher's name inside the tunnel."""

    async def tunnel(conn: Conn) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await conn.send(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while piece := await source.read(65536):
                sink.write(piece)
                await sink.drain()

        try:
            await asyncio.wait(
                [
                    asyncio.ensure_future(pump(conn.reader, writer)),
                    asyncio.ensure_future(pump(reader, conn.writer)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            writer.close()

    with HostileServer() as proxy:
        proxy.routes["courier.example:443"] = tunnel
        proxy.routes["tribune.example:443"] = tunnel
        settings = limits(proxy=f"http://127.0.0.1:{proxy.port}")
        trusted = {"ssl_context": tls.trusted}
        good = get("https://courier.example/feed", settings, fetcher=trusted)
        wrong = get("https://tribune.example/feed", settings, fetcher=trusted)
    assert isinstance(good, Fetched)
    assert good.body == feed()
    assert tls.asked_for[0] == "courier.example"
    assert isinstance(wrong, FetchFailed)
    assert wrong.code == "tls"
