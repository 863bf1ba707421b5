"""The server, over real sockets."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import io
import json
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from email.utils import format_datetime

import feedparser
import pytest

from ingest.demo.newsroom import publishers
from ingest.demo.pages import render_page
from ingest.demo.server import MAX_HEAD_BYTES, NewsroomServer
from ingest.demo.truth import article_truth, feed_truth


@pytest.fixture
def server(newsroom):
    with NewsroomServer(newsroom) as server:
        yield server


def ask(server, url, method="GET", **headers):
    _, _, host, path = url.split("/", 3)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=100)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"/{path}", headers={"Host": host, **named})
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


def raw(server, data):
    with socket.create_connection(("127.0.0.1", server.port), timeout=100) as client:
        client.sendall(data)
        answer = b""
        while chunk := client.recv(65_536):
            answer += chunk
        return answer


def test_every_address_of_the_truth_answers(server, newsroom):
    server.set_edition(2)
    for site, spec in newsroom.feeds():
        record = feed_truth(newsroom, site, spec)
        status, headers, _ = ask(server, record["feed"])
        assert status == {"moved": 301, "gone": 410}.get(record["outcome"], 200)
        if record["outcome"] == "moved":
            assert headers["location"] == record["final_url"]
            assert ask(server, record["final_url"])[0] == 200
    for article in newsroom.all_articles:
        record = article_truth(article)
        status, headers, body = ask(server, record["url"])
        if record["final_url"] != record["url"]:
            assert (status, headers["location"]) == (302, record["final_url"])
            status, _, body = ask(server, record["final_url"])
        assert status == 200
        assert body == render_page(newsroom, article)
        assert ask(server, article.canonical_url)[0] == 200


def test_the_first_edition_hides_the_last_days(server, newsroom):
    hidden = next(a for a in newsroom.all_articles if a.edition == 2)
    late = next(a for a in newsroom.all_articles if a.page == "late")
    assert [ask(server, a.url)[0] for a in (hidden, late)] == [404, 404]
    server.set_edition(2)
    assert [ask(server, a.canonical_url)[0] for a in (hidden, late)] == [200, 200]


@pytest.mark.parametrize("edition", [1, 2])
def test_what_is_unchanged_is_answered_with_304(server, newsroom, edition):
    server.set_edition(edition)
    for site, spec in newsroom.feeds():
        if spec.format in ("gone", "html"):
            continue
        url = f"{site.base}{spec.moved or spec.path}"
        _, headers, _ = ask(server, url)
        asked = 0
        for have, send in (("etag", "If-None-Match"), ("last-modified", "If-Modified-Since")):
            if have in headers:
                status, again, body = ask(server, url, **{send: headers[have]})
                assert (status, body) == (304, b"")
                assert again.get(have) == headers[have]
                asked += 1
        assert asked == 2 - len({"no-etag", "no-last-modified"} & set(spec.extras))


def test_the_second_edition_changes_some_feeds_and_not_others(server, newsroom):
    changed = []
    for site, spec in newsroom.feeds():
        if spec.format in ("gone", "html"):
            continue
        url = f"{site.base}{spec.moved or spec.path}"
        server.set_edition(1)
        _, headers, _ = ask(server, url)
        validators = {
            send: headers[have]
            for have, send in (("etag", "If-None-Match"), ("last-modified", "If-Modified-Since"))
            if have in headers
        }
        server.set_edition(2)
        status, _, _ = ask(server, url, **validators)
        grown = newsroom.listed(site, spec, 1) != newsroom.listed(site, spec, 2)
        assert status == (200 if grown else 304)
        changed.append(grown)
    assert set(changed) == {True, False}


def test_the_portal_serves_a_page_instead_of_a_feed(server):
    status, headers, body = ask(server, "http://portal.example/rss")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert not {"etag", "last-modified"} & headers.keys()
    assert feedparser.parse(io.BytesIO(body)).entries == []


def test_an_etag_outweighs_a_date(server, newsroom):
    url = "http://courier.example/rss/world.xml"
    _, headers, _ = ask(server, url)
    late = format_datetime(newsroom.all_articles[-1].published_at + timedelta(days=9), usegmt=True)
    assert ask(server, url, If_None_Match='"other"', If_Modified_Since=late)[0] == 200
    tags = f'"other", W/{headers["etag"]}'
    assert ask(server, url, If_None_Match=tags)[0] == 304
    assert ask(server, url, If_Modified_Since="yesterday")[0] == 200
    assert ask(server, url, If_Modified_Since=late)[0] == 304


def test_gzip_goes_to_those_who_ask(server):
    url = "http://visnyk.example/atom"
    _, plain, body = ask(server, url)
    _, packed, wire = ask(server, url, Accept_Encoding="gzip, br")
    assert "content-encoding" not in plain
    assert packed["content-encoding"] == "gzip"
    assert gzip.decompress(wire) == body
    assert int(packed["content-length"]) == len(wire) < len(body)


def test_hosts_are_told_apart_and_unknown_ones_refused(server):
    assert b"Harbour Tribune" in ask(server, "http://tribune.example/")[2]
    assert b"Meridian Wire" in ask(server, "http://WIRE.example:80/")[2]
    assert ask(server, "http://nobody.example/")[0] == 404
    assert ask(server, "http://wire.example/nothing/here")[0] == 404


def test_robots_txt_allows_articles(server, newsroom):
    from protego import Protego

    for site in newsroom.sites:
        status, _, body = ask(server, f"{site.base}/robots.txt")
        assert status == 200
        robots = Protego.parse(body.decode())
        assert not robots.can_fetch(f"{site.base}/search?q=minsk", "summitwatch")
        urls = [a.url for a in newsroom.all_articles if a.site.key == site.key]
        assert all(robots.can_fetch(url, "summitwatch") for url in urls)


def test_head_gives_the_headers_alone(server):
    _, get, body = ask(server, "http://wire.example/feeds/all.rss")
    status, head, nothing = ask(server, "http://wire.example/feeds/all.rss", method="HEAD")
    assert (status, nothing) == (200, b"")
    assert head["content-length"] == get["content-length"] == str(len(body))


def test_the_ledger_names_every_request(server):
    ask(server, "http://archive.example/feed")
    ask(server, "http://umschau.example/old-feed?x=1")
    assert server.ledger == [
        ("archive.example", "/feed", 410),
        ("umschau.example", "/old-feed?x=1", 301),
    ]


def test_requests_share_a_connection(server):
    request = b"GET /robots.txt HTTP/1.1\r\nHost: wire.example\r\n\r\n"
    last = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    answer = raw(server, request + request + last)
    assert answer.count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        pytest.param(b"nonsense\r\n\r\n", b"HTTP/1.1 400", id="no-request"),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: wire.example\r\n\r\nbody", b"HTTP/1.1 405", id="post"
        ),
        pytest.param(b"GET /\xff\x00 HTTP/1.1\r\n\r\n", b"", id="bytes"),
    ],
)
def test_bad_requests_are_answered_and_harm_nobody(server, data, answer):
    if data.startswith(b"GET"):
        data = data.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert raw(server, data).startswith(answer or b"HTTP/1.1 404")
    assert ask(server, "http://wire.example/robots.txt")[0] == 200


def test_an_endless_head_is_cut(server):
    try:
        answer = raw(server, b"GET / HTTP/1.1\r\nX: " + b"x" * (2 * MAX_HEAD_BYTES))
    except ConnectionError:
        answer = b""
    assert answer == b""
    assert ask(server, "http://wire.example/robots.txt")[0] == 200


def test_the_resolver_map_names_every_publisher(server):
    assert server.port > 0
    expected = {site.domain: ("127.0.0.1", server.port) for site in publishers()[1]}
    assert server.resolver_map() == expected


def test_leaving_closes_connections_and_ends_the_thread(newsroom):
    before = set(threading.enumerate())
    with NewsroomServer(newsroom) as server:
        client = socket.create_connection(("127.0.0.1", server.port), timeout=100)
        client.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: wire.example\r\n\r\n")
        assert client.recv(65_536).startswith(b"HTTP/1.1 200")
        port = server.port
    with client, contextlib.suppress(ConnectionError):
        assert client.recv(1) == b""
    assert set(threading.enumerate()) <= before  # an earlier test's may have ended meanwhile
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=100)


def test_a_warm_server_has_rendered_everything(server, newsroom):
    server.set_edition(2)
    server.warm()
    kept = {article.canonical_url for article in newsroom.all_articles}
    for url in kept:
        reply = server.publisher.reply(url.split("/")[2], "/" + url.split("/", 3)[3])
        assert gzip.decompress(reply.packed) == reply.body
    assert server.ledger == []


def test_it_serves_in_a_process_of_its_own():
    command = [sys.executable, "-m", "ingest.demo", "--articles", "150", "--start", "2026-03-02"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            ready = json.loads(process.stdout.readline())
            client = http.client.HTTPConnection("127.0.0.1", ready["port"], timeout=100)
            client.request("GET", "/feeds/all.rss", headers={"Host": "wire.example"})
            body = client.getresponse().read()
            client.close()
        finally:
            process.stdin.close()
        assert process.wait(timeout=100) == 0
    assert b"<title>Meridian Wire</title>" in body
    assert ready["start"] == "2026-03-02"
    assert "http://archive.example/feed" in ready["feeds"]
