"""What is sent, what comes back, what a redirect takes along."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

import pytest
from fetching import NOW, FastLoop, get, limits, names, post

from hostile.faults import feed
from ingest import __version__
from ingest.errors import SettingsError
from ingest.fetch.client import Fetcher, user_agent
from ingest.fetch.result import Fetched, FetchFailed, Hop, NotModified

if TYPE_CHECKING:
    from hostile.server import Conn, HostileServer

HERE, THERE = "courier.example", "tribune.example"


def sent(server: HostileServer, index: int = -1) -> dict[str, str]:
    return server.ledger[index].headers


# --- what is sent ------------------------------------------------------------------------------


def test_we_say_who_we_are(hostile: HostileServer) -> None:
    settings = limits(contact="https://desk.example/bot")
    get("http://courier.example/feed", settings, resolver=names(hostile.port))
    headers = sent(hostile)
    assert headers["user-agent"] == f"Summitwatch/{__version__} (+https://desk.example/bot)"
    assert headers["host"] == "courier.example"
    assert headers["accept-encoding"] == "gzip, br"
    assert headers["connection"] == "close"
    assert "application/atom+xml" in headers["accept"]
    assert "cookie" not in headers


@pytest.mark.parametrize(
    ("contact", "agent"),
    [
        ("", f"Summitwatch/{__version__}"),
        ("desk@press.example", f"Summitwatch/{__version__} (+desk@press.example)"),
        ("a\r\nX-Evil: b", f"Summitwatch/{__version__} (+aX-Evil: b)"),
        ("редакция", f"Summitwatch/{__version__}"),
    ],
)
def test_user_agent(contact: str, agent: str) -> None:
    assert user_agent(contact) == agent


@pytest.mark.parametrize(
    ("kind", "accept"), [("page", "text/html"), ("robots", "text/plain"), ("hook", "*/*")]
)
def test_each_kind_asks_for_its_own(hostile: HostileServer, kind: str, accept: str) -> None:
    get("http://courier.example/echo", resolver=names(hostile.port), kind=kind)
    assert sent(hostile)["accept"].startswith(accept)


def test_a_feeds_own_headers_go_over_ours(hostile: HostileServer) -> None:
    headers = {"user-agent": "Desk/1", "ACCEPT": "text/xml", "X-Api-Key": "k"}
    get("http://courier.example/echo", resolver=names(hostile.port), headers=headers)
    assert sent(hostile)["user-agent"] == "Desk/1"
    assert sent(hostile)["accept"] == "text/xml"
    assert sent(hostile)["x-api-key"] == "k"


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("http://Courier.Example/A?b=c#d", "courier.example", "/A?b=c"),
        ("http://courier.example:8080/", "courier.example:8080", "/"),
        ("http://courier.example:80/", "courier.example", "/"),
        ("http://courier.example.", "courier.example", "/"),
        (
            "http://courier.example/київ?q=ü",
            "courier.example",
            "/%D0%BA%D0%B8%D1%97%D0%B2?q=%C3%BC",
        ),
        ("http://courier.example/a b", "courier.example", "/a%20b"),
    ],
)
def test_host_and_path(hostile: HostileServer, url: str, host: str, path: str) -> None:
    get(url, resolver=names(hostile.port))
    target = hostile.ledger[-1]
    assert (target.headers["host"], target.path) == (host, path.partition("?")[0])


def test_international_names_are_asked_for_in_ascii(hostile: HostileServer) -> None:
    get("http://київ.example/feed", resolver=names(hostile.port, "xn--e1awf7c.example"))
    assert [a.headers["host"] for a in hostile.ledger] in ([], ["xn--e1awf7c.example"])
    result = get(
        "http://bücher.example/feed", resolver=names(hostile.port, "xn--bcher-kva.example")
    )
    assert isinstance(result, Fetched)
    assert sent(hostile)["host"] == "xn--bcher-kva.example"


def test_an_ipv6_address_is_dialled_and_named_in_brackets() -> None:
    hosts = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hosts.append((await reader.readuntil(b"\r\n\r\n")).partition(b"Host: ")[2].split()[0])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        writer.close()

    async def one() -> tuple[int, object]:
        try:
            server = await asyncio.start_server(answer, "::1", 0)
        except OSError:
            pytest.skip("no IPv6 on this machine")
        port = server.sockets[0].getsockname()[1]
        async with server, Fetcher(limits(allow_private=(f"[::1]:{port}",))) as client:
            return port, await client.get(f"http://[::1]:{port}/", now=NOW)

    port, result = asyncio.run(one())
    assert isinstance(result, Fetched)
    assert hosts == [f"[::1]:{port}".encode()]


# --- what comes back ---------------------------------------------------------------------------


def test_a_fetched_feed(hostile: HostileServer) -> None:
    result = get("http://courier.example/feed?coding=gzip", resolver=names(hostile.port))
    assert isinstance(result, Fetched)
    assert result.body == feed()
    assert (result.status, result.hops, result.notes) == (200, (), ())
    assert result.fetched_at == NOW
    assert result.headers["content-type"] == "application/rss+xml; charset=utf-8"
    assert result.headers["etag"].startswith('W/"')
    assert 0 < result.wire_bytes < len(result.body)
    assert result.elapsed_s > 0


def test_validators_go_back_as_they_came(hostile: HostileServer) -> None:
    first = get("http://courier.example/feed", resolver=names(hostile.port))
    assert isinstance(first, Fetched)
    date = "Mon, 02 Mar 2026 10:00:00 GMT"
    second = get(
        "http://courier.example/feed",
        resolver=names(hostile.port),
        etag=first.headers["etag"],
        last_modified=date,
    )
    assert isinstance(second, NotModified)
    assert sent(hostile)["if-none-match"] == first.headers["etag"]
    assert sent(hostile)["if-modified-since"] == date
    assert second.headers["etag"] == first.headers["etag"]


def test_validators_survive_a_redirect(hostile: HostileServer) -> None:
    first = get("http://courier.example/feed", resolver=names(hostile.port))
    assert isinstance(first, Fetched)
    again = get(
        f"http://{THERE}/redirect?to=http://{HERE}/feed",
        resolver=names(hostile.port, HERE, THERE),
        etag=first.headers["etag"],
    )
    assert isinstance(again, NotModified)
    assert again.final_url == f"http://{HERE}/feed"
    assert len(again.hops) == 1


@pytest.mark.parametrize("etag", ['"a\r\nX-Evil: b"', '"\0"', '"\ud800"', '"ключ"', '"é"'])
def test_a_validator_that_cannot_go_back_as_it_came_is_left_out(
    hostile: HostileServer, etag: str
) -> None:
    result = get("http://courier.example/echo", resolver=names(hostile.port), etag=etag)
    assert isinstance(result, Fetched)
    assert not {"if-none-match", "x-evil"} & set(sent(hostile))


def test_a_header_that_cannot_be_sent_is_a_value(hostile: HostileServer) -> None:
    headers = {"X-Key": "a\r\nX-Evil: b"}
    result = get("http://courier.example/echo", resolver=names(hostile.port), headers=headers)
    assert isinstance(result, FetchFailed)
    assert (result.code, result.passing) == ("bad-url", False)
    assert hostile.ledger == []


def test_the_headers_of_a_refusal_are_kept(hostile: HostileServer) -> None:
    url = "http://courier.example/status?code=429&after=7200"
    result = get(url, resolver=names(hostile.port))
    assert isinstance(result, FetchFailed)
    assert (result.status, result.passing) == (429, True)
    assert result.headers["retry-after"] == "7200"


@pytest.mark.parametrize(
    ("status", "passing"),
    [
        *((status, False) for status in (400, 401, 403, 404, 410, 451)),
        *((status, True) for status in (408, 425, 429, 500, 502, 503, 504)),
    ],
)
def test_which_refusals_pass(hostile: HostileServer, status: int, passing: bool) -> None:
    result = get(f"http://courier.example/status?code={status}", resolver=names(hostile.port))
    assert isinstance(result, FetchFailed)
    assert (result.code, result.passing) == (f"http-{status}", passing)


def test_repeated_headers_are_joined_and_cookies_dropped(hostile: HostileServer) -> None:
    async def twice(conn: Conn) -> None:
        await conn.send(
            b"HTTP/1.1 200 OK\r\nVary: a\r\nvary: b\r\nSet-Cookie: x=1\r\n"
            b"X-Name: \xd0\xba\r\nX-Old: \xe9\r\nContent-Length: 0\r\n\r\n"
        )

    hostile.routes["/twice"] = twice
    result = get("http://courier.example/twice", resolver=names(hostile.port))
    assert isinstance(result, Fetched)
    assert result.headers == {"vary": "a, b", "x-name": "к", "x-old": "é", "content-length": "0"}


# --- limits ------------------------------------------------------------------------------------


def test_a_limit_lets_its_own_size_through(hostile: HostileServer) -> None:
    async def exact(conn: Conn) -> None:
        await conn.answer(b"x" * 1000)

    hostile.routes["/exact"] = exact
    url, resolver = "http://courier.example/exact", names(hostile.port)
    assert isinstance(get(url, limits(max_body_bytes=1000), resolver=resolver), Fetched)
    short = get(url, limits(max_body_bytes=999), resolver=resolver)
    assert isinstance(short, FetchFailed)
    assert short.detail == "the body is longer than 999 bytes (fetch.max_body_bytes)"
    wire = get(url, limits(max_wire_bytes=999), resolver=resolver)
    assert isinstance(wire, FetchFailed)
    assert wire.detail == "the answer is longer than 999 bytes on the wire (fetch.max_wire_bytes)"


def test_no_more_requests_at_once_than_set(hostile: HostileServer) -> None:
    under_way = peak = 0
    three = asyncio.Barrier(3)
    loop = FastLoop()

    async def slow(conn: Conn) -> None:
        """Answered by threes, each three half a deadline after it was asked."""
        nonlocal under_way, peak
        under_way += 1
        peak = max(peak, under_way)
        if await three.wait() == 0:
            loop.ahead_s += 30.0
        await asyncio.sleep(0.02)  # a fourth would come meanwhile
        under_way -= 1
        await conn.answer(b"")

    hostile.routes["/slow"] = slow

    async def many() -> list[object]:
        settings = limits(concurrency=3, timeout_s=60.0)
        async with Fetcher(settings, resolver=names(hostile.port)) as client:
            url = "http://courier.example/slow"
            return await asyncio.gather(*(client.get(url, now=NOW) for _ in range(36)))

    # The last wait five deadlines and more for a slot, which is no fault.
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert {type(result) for result in runner.run(many())} == {Fetched}
    assert peak == 3


def test_a_cancelled_fetch_is_cancelled(hostile: HostileServer) -> None:
    async def stopped() -> None:
        async with Fetcher(limits(), resolver=names(hostile.port)) as client:
            async with asyncio.timeout(0.1):
                await client.get("http://courier.example/hang", now=NOW)

    with pytest.raises(TimeoutError):
        asyncio.run(stopped())


# --- redirects ---------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_hops_tell_the_way(hostile: HostileServer, code: int) -> None:
    url = f"http://{HERE}/chain?n=2&code={code}"
    result = get(url, resolver=names(hostile.port))
    assert isinstance(result, Fetched)
    second = f"http://{HERE}/chain?n=1&code={code}"
    assert result.hops == (
        Hop(url, code, second),
        Hop(second, code, f"http://{HERE}/feed"),
    )
    assert (result.url, result.final_url) == (url, f"http://{HERE}/feed")


def test_no_redirects_where_none_are_allowed(hostile: HostileServer) -> None:
    settings = limits(max_redirects=0)
    result = get(f"http://{HERE}/chain?n=1", settings, resolver=names(hostile.port))
    assert isinstance(result, FetchFailed)
    assert result.code == "redirect-loop"
    assert "more than 0 redirects (fetch.max_redirects)" in result.detail


def test_another_origin_gets_no_secrets(hostile: HostileServer) -> None:
    headers = {"X-Api-Key": "secret", "Cookie": "s=1", "Authorization": "Bearer t"}
    url = f"http://{HERE}/redirect?to=http://{THERE}/echo"
    get(url, resolver=names(hostile.port, HERE, THERE), headers=headers)
    assert sent(hostile, 0)["x-api-key"] == "secret"
    assert not {"x-api-key", "cookie", "authorization"} & set(sent(hostile, 1))
    assert sent(hostile, 1)["user-agent"] == sent(hostile, 0)["user-agent"]


@pytest.mark.parametrize("to", [f"http://{HERE}:8080/echo", f"http://www.{HERE}/echo"])
def test_another_port_or_subdomain_is_another_origin(hostile: HostileServer, to: str) -> None:
    resolver = names(hostile.port, HERE, f"www.{HERE}")
    headers = {"X-Api-Key": "secret"}
    get(f"http://{HERE}/redirect?to={to}", resolver=resolver, headers=headers)
    assert "x-api-key" not in sent(hostile)


def test_secrets_do_not_come_back_with_the_way_back(hostile: HostileServer) -> None:
    """Here -> there -> here: the second visit is the other side's idea."""
    back = f"http://{THERE}/redirect?to=http://{HERE}/echo"
    url = f"http://{HERE}/redirect?to={back}"
    get(url, resolver=names(hostile.port, HERE, THERE), headers={"X-Api-Key": "secret"})
    assert [("x-api-key" in a.headers) for a in hostile.ledger] == [True, False, False]


def test_the_same_origin_keeps_them(hostile: HostileServer) -> None:
    headers = {"X-Api-Key": "secret"}
    get(f"http://{HERE}/redirect?to=/echo", resolver=names(hostile.port), headers=headers)
    assert sent(hostile)["x-api-key"] == "secret"


def test_a_password_in_the_url_is_used_and_never_shown(hostile: HostileServer) -> None:
    url = f"http://desk:p%40ss@{HERE}/redirect?to=/status?code=403"
    result = get(url, resolver=names(hostile.port))
    assert isinstance(result, FetchFailed)
    expected = "Basic " + base64.b64encode(b"desk:p@ss").decode()
    assert [a.headers["authorization"] for a in hostile.ledger] == [expected] * 2
    shown = [result.detail, *(hop.url + hop.location for hop in result.hops)]
    assert not any("p%40ss" in text or "desk:" in text for text in shown)


def test_a_password_in_a_redirect_is_dropped(hostile: HostileServer) -> None:
    result = get(
        f"http://{HERE}/redirect?to=http://a:b@{THERE}/echo",
        resolver=names(hostile.port, HERE, THERE),
    )
    assert isinstance(result, Fetched)
    assert "authorization" not in sent(hostile)
    assert result.final_url == f"http://{THERE}/echo"


def test_no_cookies_are_carried(hostile: HostileServer) -> None:
    result = get(f"http://{HERE}/cookie", resolver=names(hostile.port))
    assert isinstance(result, Fetched)
    assert "cookie" not in sent(hostile)
    assert "set-cookie" not in result.headers


# --- webhooks ----------------------------------------------------------------------------------


def test_a_hook_is_posted_once(hostile: HostileServer) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "a1"}
    result = post(f"http://{HERE}/echo", b'{"a": 1}', resolver=names(hostile.port), headers=headers)
    assert isinstance(result, Fetched)
    (asked,) = hostile.ledger
    assert (asked.method, asked.body) == ("POST", b'{"a": 1}')
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["idempotency-key"] == "a1"


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_hook_is_not_redirected(hostile: HostileServer, code: int) -> None:
    url = f"http://{HERE}/redirect?to=http://{THERE}/echo&code={code}"
    result = post(url, b"{}", resolver=names(hostile.port, HERE, THERE))
    assert isinstance(result, FetchFailed)
    assert result.code == f"http-{code}"
    assert f"http://{THERE}/echo" in result.detail
    assert len(hostile.ledger) == 1


def test_a_hook_goes_through_the_guard() -> None:
    result = post("http://localhost/hook", b"{}")
    assert isinstance(result, FetchFailed)
    assert result.code == "blocked-address"


def test_an_empty_success_is_one(hostile: HostileServer) -> None:
    async def accepted(conn: Conn) -> None:
        await conn.send(b"HTTP/1.1 204 No Content\r\n\r\n")

    hostile.routes["/hook"] = accepted
    result = post(f"http://{HERE}/hook", b"{}", resolver=names(hostile.port))
    assert isinstance(result, Fetched)
    assert result.status == 204


# --- the desk's own proxy ----------------------------------------------------------------------


def proxied(server: HostileServer, **changes: object) -> object:
    return limits(proxy=f"http://desk:pw@127.0.0.1:{server.port}", **changes)


def test_http_goes_through_the_proxy_in_absolute_form(hostile: HostileServer) -> None:
    async def forward(conn: Conn) -> None:
        await conn.answer(feed())

    hostile.routes["http://publisher.example/feed"] = forward
    result = get("http://publisher.example/feed", proxied(hostile))
    assert isinstance(result, Fetched)
    assert result.body == feed()
    assert sent(hostile)["host"] == "publisher.example"
    assert sent(hostile)["proxy-authorization"].startswith("Basic ")


def test_https_goes_through_the_proxy_by_connect(hostile: HostileServer) -> None:
    async def refuse(conn: Conn) -> None:
        await conn.answer(status="407 Proxy Authentication Required")

    hostile.routes["publisher.example:443"] = refuse
    result = get("https://publisher.example/feed", proxied(hostile))
    assert isinstance(result, FetchFailed)
    assert (result.code, result.passing) == ("proxy", True)
    assert hostile.ledger[0].method == "CONNECT"
    assert "407" in result.detail


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1/", "blocked-address"),
        ("http://127.1/", "blocked-address"),
        ("http://0x7f000001/", "blocked-address"),
        ("https://[::1]/", "blocked-address"),
        ("http://localhost/", "blocked-address"),
        ("http://a.localhost/", "blocked-address"),
        ("http://publisher.example:22/", "bad-port"),
    ],
)
def test_what_the_guard_still_sees_behind_a_proxy(
    hostile: HostileServer, url: str, code: str
) -> None:
    result = get(url, proxied(hostile))
    assert isinstance(result, FetchFailed)
    assert result.code == code
    assert hostile.ledger == []


def test_an_exception_for_one_host_opens_its_port_for_no_other_behind_a_proxy(
    hostile: HostileServer,
) -> None:
    result = get(
        "http://inside.example:9200/", proxied(hostile, allow_private=("es.example:9200",))
    )
    assert isinstance(result, FetchFailed)
    assert result.code == "bad-port"
    assert hostile.ledger == []


def test_the_proxys_address_is_excepted_for_the_proxy_alone(hostile: HostileServer) -> None:
    result = get(f"http://127.0.0.1:{hostile.port}/feed", proxied(hostile))
    assert isinstance(result, FetchFailed)
    assert result.code in {"bad-port", "blocked-address"}


@pytest.mark.parametrize("proxy", ["proxy.example:3128", "socks5://p:1", "https://p:1", "http://"])
def test_a_proxy_that_cannot_be_read_is_named(proxy: str) -> None:
    with pytest.raises(SettingsError, match=r"fetch\.proxy"):
        Fetcher(limits(proxy=proxy))
