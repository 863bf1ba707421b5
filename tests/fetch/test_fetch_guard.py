"""No way in: addresses, spellings, names that rebind, redirects that turn inward."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

import pytest
from fetching import get, limits, names
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile.faults import feed
from hostile.server import HostileServer
from hostile.watch import watching_connects
from ingest.errors import SettingsError
from ingest.fetch.guard import Guard, is_public
from ingest.fetch.resolve import map_resolver
from ingest.fetch.result import Fetched, FetchFailed, RefusedError

NOT_PUBLIC = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254
168.63.129.16 169.254.169.254 169.254.0.1 172.16.0.1 172.31.255.255 192.0.0.8 192.0.0.192 192.0.2.1
192.31.196.1 192.52.193.1 192.88.99.1 192.168.1.1 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.7
203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:169.254.169.254
::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 64:ff9b:1::808:808
100::1 2001::1 2001:0:7f00:1:: 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808::
2620:4f:8000::1 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1
ff0e::1 ffff::1
""".split()
PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1
168.63.129.15 169.253.255.255 172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 193.0.0.1
198.17.255.255 198.20.0.1 223.255.255.255
2001:200::1 2001:4860:4860::8888 2003::1 2606:4700:4700::1111 2a00:1450::1
::ffff:8.8.8.8 64:ff9b::8.8.8.8
""".split()


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_inside_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_outside_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "1.2.3", "8.8.8.8.8", "::g", "8.8.8.8\n"]
)
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


@given(st.ip_addresses(v=4))
def test_an_address_carried_by_ipv6_is_judged_as_itself(ip: ipaddress.IPv4Address) -> None:
    assert is_public(f"::ffff:{ip}") == is_public(str(ip)) == is_public(f"64:ff9b::{ip}")


@given(st.ip_addresses(v=4))
def test_the_list_is_stricter_than_the_standard_library_v4(ip: ipaddress.IPv4Address) -> None:
    assert ip.is_global or not is_public(str(ip))


@given(st.ip_addresses(v=6, network="2000::/3") | st.ip_addresses(v=6, network="fc00::/6"))
def test_the_list_is_stricter_than_the_standard_library_v6(ip: ipaddress.IPv6Address) -> None:
    assert ip.is_global or not is_public(str(ip))


# --- what a fetch does with them ---------------------------------------------------------------

SPELLINGS = [
    "http://127.0.0.1/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://0/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1%25lo]/",
    "http://１２７.0.0.1/",
    "http://127。0。0。1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://publisher.example@127.0.0.1/",
    "http://publisher.example:80@127.0.0.1:80/",
    "http://127.0.0.1:80\\@publisher.example/",
    "http://127.0.0.1%2f@publisher.example/",
    "https://127.0.0.1/",
    "http://127.0.0.1:8080/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
]


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_spelling_of_an_inside_address_is_dialled(url: str) -> None:
    """With the system's resolver, which takes all of getaddrinfo's spellings."""
    with watching_connects() as connects:
        result = get(url)
    assert isinstance(result, FetchFailed)
    assert result.code in {"blocked-address", "bad-url", "dns"}
    assert not result.passing or result.code == "dns"
    assert connects.dialled == []


@pytest.mark.parametrize("port", [1, 22, 25, 6379, 9200, 11211, 65535])
def test_ports_of_no_publisher(port: int) -> None:
    with watching_connects() as connects:
        result = get(f"http://8.8.8.8:{port}/")
    assert isinstance(result, FetchFailed)
    assert result.code == "bad-port"
    assert f"fetch.allow_private (8.8.8.8:{port})" in result.detail
    assert connects.dialled == []


@pytest.mark.parametrize(
    "addresses",
    [
        pytest.param(["127.0.0.1"], id="loopback"),
        pytest.param(["8.8.8.8", "10.0.0.1"], id="one-bad-among-good"),
        pytest.param(["8.8.8.8", "::ffff:192.168.0.1"], id="mapped"),
        pytest.param(["169.254.169.254"], id="link-local"),
        pytest.param(["64:ff9b::a00:1"], id="nat64"),
        pytest.param(["not an address"], id="nonsense"),
        pytest.param(["8.8.8.8"] * 6 + ["10.0.0.1"], id="bad-one-beyond-those-tried"),
    ],
)
def test_a_name_with_any_inside_address_is_refused(addresses: list[str]) -> None:
    async def resolver(host: str, port: int) -> list[str]:
        return addresses

    with watching_connects() as connects:
        result = get("http://publisher.example/", resolver=resolver)
    assert isinstance(result, FetchFailed)
    assert result.code == "blocked-address"
    assert "publisher.example (" in result.detail
    assert connects.dialled == []


def test_the_address_that_was_judged_is_the_one_dialled() -> None:
    """A name that answers public first and loopback afterwards is looked up once a connection."""
    answers = iter([["8.8.8.8"], ["127.0.0.1"], ["127.0.0.1"]])
    asked = []

    async def flipping(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    with watching_connects() as connects:
        first = get("http://rebind.example/", resolver=flipping)
        second = get("http://rebind.example/", resolver=flipping)
    assert isinstance(first, FetchFailed)
    assert first.code == "connect"  # the watch stopped it on its way to the judged address
    assert connects.dialled == [("8.8.8.8", 80)]
    assert isinstance(second, FetchFailed)
    assert second.code == "blocked-address"
    assert asked == ["rebind.example"] * 2


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/",
        "http://127.1:8080/",
        "http://localhost/",
        "http://[::1]/",
        "//127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://inside.example/",
        "http://rebind.example/",
        "https://inside.example/",
        "http://courier.example@127.0.0.1/",
    ],
)
def test_a_redirect_inward_is_refused(hostile: HostileServer, target: str) -> None:
    flips = iter([["127.0.0.1"]])

    async def inside(host: str, port: int) -> list[str]:
        if host == "rebind.example":
            return next(flips)
        return ["10.1.2.3" if host == "inside.example" else "127.0.0.1"]

    resolver = map_resolver({"courier.example": ("127.0.0.1", hostile.port)}, inside)
    with watching_connects(("127.0.0.1", hostile.port)) as connects:
        result = get(f"http://courier.example/redirect?to={target}", resolver=resolver)
    assert isinstance(result, FetchFailed)
    assert result.code == "blocked-address"
    assert len(result.hops) == 1
    assert connects.dialled == [("127.0.0.1", hostile.port)]


def test_what_a_mapped_name_is_allowed_others_are_not(hostile: HostileServer) -> None:
    async def same_address(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    pinned = map_resolver({"courier.example": ("127.0.0.1", hostile.port)}, same_address)
    with watching_connects(("127.0.0.1", hostile.port)) as connects:
        assert isinstance(get("http://courier.example/feed", resolver=pinned), Fetched)
        assert isinstance(get("http://courier.example:9/feed", resolver=pinned), Fetched)
        for url in [
            f"http://127.0.0.1:{hostile.port}/feed",
            "http://other.example/feed",
            f"http://other.example:{hostile.port}/feed",
            "http://sub.courier.example/feed",
        ]:
            assert isinstance(get(url, resolver=pinned), FetchFailed), url
    assert connects.dialled == [("127.0.0.1", hostile.port)] * 2


def test_a_mapped_resolver_knows_no_other_name() -> None:
    result = get("http://nowhere.example/", resolver=names(1))
    assert isinstance(result, FetchFailed)
    assert (result.code, result.passing) == ("dns", False)


# --- exceptions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("127.0.0.1:{port}", "http://127.0.0.1:{port}/feed"),
        ("127.0.0.1:{port}", "http://localhost:{port}/feed"),  # by the address dialled
        ("localhost:{port}", "http://localhost:{port}/feed"),  # by the name in the URL
        ("LocalHost.:{port}", "http://localhost:{port}/feed"),
    ],
)
def test_exceptions_are_host_and_port(hostile: HostileServer, allowed: str, url: str) -> None:
    settings = limits(allow_private=("other.example:1", allowed.format(port=hostile.port)))
    result = get(url.format(port=hostile.port), settings)
    assert isinstance(result, Fetched)
    assert result.body == feed()


@pytest.mark.parametrize("allowed", ["localhost:{other}", "127.0.0.2:{port}", "example.org:{port}"])
def test_an_exception_excepts_nothing_else(hostile: HostileServer, allowed: str) -> None:
    other = 9 if hostile.port != 9 else 10
    settings = limits(allow_private=(allowed.format(port=hostile.port, other=other),))
    with watching_connects() as connects:
        result = get(f"http://localhost:{hostile.port}/feed", settings)
    assert isinstance(result, FetchFailed)
    assert result.code in {"bad-port", "blocked-address"}
    assert connects.dialled == []


@pytest.mark.parametrize(
    "pair", ["localhost", "localhost:", ":80", "localhost:http", "h:0", "h:70000"]
)
def test_a_pair_that_is_none_is_named(pair: str) -> None:
    async def none(host: str, port: int) -> list[str]:
        return []

    with pytest.raises(SettingsError, match=r"fetch\.allow_private"):
        Guard(none, allow_private=(pair,))


def test_what_a_refusal_says_can_be_pasted() -> None:
    async def inside(host: str, port: int) -> list[str]:
        return ["::1"]

    for url in ("http://[::1]:9200/", "http://[::1]/", "http://inside.example/"):
        result = get(url, resolver=inside)
        assert isinstance(result, FetchFailed)
        pair = result.detail.partition("fetch.allow_private (")[2].rstrip(")")
        with watching_connects() as connects:
            again = get(url, limits(allow_private=(pair,)), resolver=inside)
        assert isinstance(again, FetchFailed)
        assert again.code == "connect"
        assert [address for address, _ in connects.dialled] == ["::1"]


# --- resolving ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "code", "passing"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "dns", False),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), "dns-again", True),
        (OSError("broken"), "dns", False),
        (UnicodeError("label too long"), "dns", False),
        (ValueError("embedded null byte"), "dns", False),
    ],
)
def test_names_that_do_not_resolve(failure: Exception, code: str, passing: bool) -> None:
    async def failing(host: str, port: int) -> list[str]:
        raise failure

    result = get("http://publisher.example/", resolver=failing)
    assert isinstance(result, FetchFailed)
    assert (result.code, result.passing) == (code, passing)


def test_a_name_server_that_hangs_is_cut_at_the_deadline() -> None:
    async def hanging(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    result = get("http://publisher.example/", limits(timeout_s=0.2), resolver=hanging)
    assert isinstance(result, FetchFailed)
    assert result.code == "timeout"


def test_the_next_address_is_tried(hostile: HostileServer) -> None:
    """The exception for loopback stands in for two public addresses, the first of them dead."""

    async def two(host: str, port: int) -> list[str]:
        return ["127.0.0.9", "127.0.0.1"]

    port = hostile.port
    settings = limits(allow_private=(f"127.0.0.9:{port}", f"127.0.0.1:{port}"))
    with watching_connects(("127.0.0.9", port), ("127.0.0.1", port)) as connects:
        result = get(f"http://publisher.example:{port}/feed", settings, resolver=two)
    assert isinstance(result, Fetched)
    assert connects.dialled == [("127.0.0.9", port), ("127.0.0.1", port)]


def test_unix_sockets_are_refused() -> None:
    from ingest.fetch.backend import GuardedBackend

    async def none(host: str, port: int) -> list[str]:
        return []

    backend = GuardedBackend(Guard(none), 1000)
    with pytest.raises(RefusedError) as refused:
        asyncio.run(backend.connect_unix_socket("/run/docker.sock"))
    assert refused.value.kind == "blocked-address"


def test_environment_proxies_are_ignored(
    hostile: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with watching_connects(("127.0.0.1", hostile.port)) as connects:
        result = get("http://courier.example/feed", resolver=names(hostile.port))
    assert isinstance(result, Fetched)
    assert connects.dialled == [("127.0.0.1", hostile.port)]


@settings(max_examples=60, deadline=None)  # each in a loop of its own
@given(
    st.text(max_size=60)
    | st.text(max_size=60).map("http://{}".format)
    | st.text(max_size=30).map("http://publisher.example/{}".format)
    | st.text(alphabet="ht/p:s.@[]%\\?#a1-_ \t\r\n\0é", max_size=40)
)
def test_no_url_raises(url: str) -> None:
    async def none(host: str, port: int) -> list[str]:
        return []

    result = get(url, resolver=none)
    assert isinstance(result, FetchFailed)
