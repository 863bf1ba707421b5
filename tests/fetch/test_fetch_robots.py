"""robots.txt: which lines are ours, what an answer means."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fetching import NOW
from hypothesis import given
from hypothesis import strategies as st

from ingest.fetch.result import Fetched, FetchFailed, FetchResult, NotModified
from ingest.fetch.robots import (
    MAX_CHARS,
    UNREACHABLE,
    crawl_delay_s,
    is_allowed,
    is_fresh,
    our_rules,
    read_answer,
    robots_url,
)

SITE = "http://courier.example"


def allowed(text: str, path: str) -> bool:
    return is_allowed(200, our_rules(text), SITE + path)


@pytest.mark.parametrize(
    ("text", "path", "verdict"),
    [
        pytest.param("", "/a", True, id="empty"),
        pytest.param("User-agent: *\nDisallow:", "/a", True, id="disallow-nothing"),
        pytest.param("User-agent: *\nDisallow: /", "/a", False, id="disallow-all"),
        pytest.param("User-agent: *\nDisallow: /", "/robots.txt", True, id="robots-itself"),
        pytest.param("User-agent: *\nDisallow: /a", "/ab", False, id="prefix"),
        pytest.param("User-agent: *\nDisallow: /a$", "/ab", True, id="anchored"),
        pytest.param("User-agent: *\nDisallow: /*.pdf", "/x/y.pdf?z", False, id="wildcard"),
        pytest.param("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True, id="longest"),
        pytest.param("User-agent: other\nDisallow: /", "/a", True, id="not-ours"),
        pytest.param(
            "User-agent: summitwatch\nAllow: /\nUser-agent: *\nDisallow: /", "/a", True, id="named"
        ),
        pytest.param(
            "User-agent: *\nDisallow: /\n\nUser-agent: Summitwatch/1.0\nDisallow: /b",
            "/a",
            True,
            id="named-with-version",
        ),
        pytest.param(
            "User-agent: summitwatch\nDisallow:\n\nUser-agent: *\nDisallow: /",
            "/a",
            True,
            id="named-and-free",
        ),
        pytest.param(
            "User-agent: summit\nAllow: /\n\nUser-agent: *\nDisallow: /",
            "/a",
            False,
            id="half-name",
        ),
        pytest.param(
            "User-agent: a\nUser-agent: *\nDisallow: /x\nUser-agent: b\nDisallow: /y",
            "/x",
            False,
            id="shared-group",
        ),
        pytest.param(
            "User-agent: a\nUser-agent: *\nDisallow: /x\nUser-agent: b\nDisallow: /y",
            "/y",
            True,
            id="group-ends",
        ),
        pytest.param(
            "User-agent: *\nDisallow: /x\n\nUser-agent: *\nDisallow: /y", "/y", False, id="twice"
        ),
        pytest.param(
            "User-agent: *\nSitemap: http://s.example/\nDisallow: /x", "/x", False, id="sitemap"
        ),
        pytest.param("\ufeffuser-AGENT : *\r\ndisallow:/x # why\r\n", "/x", False, id="bom-case"),
        pytest.param("User-agent *\nDisallow /x", "/x", False, id="no-colons"),
        pytest.param("Disallow: /", "/a", True, id="rule-without-agent"),
        pytest.param("<!doctype html><title>Not found</title>", "/a", True, id="a-page-instead"),
        pytest.param("User-agent: *\nDisallow: /київ", "/київ/1", False, id="unicode"),
        pytest.param("User-agent: *\nDisallow: /%D0%BA", "/київ", False, id="escaped"),
    ],
)
def test_verdicts(text: str, path: str, verdict: bool) -> None:
    assert allowed(text, path) is verdict


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("User-agent: *\nDisallow: /x", None),
        ("User-agent: *\nCrawl-delay: 10", 10.0),
        ("User-agent: *\nCrawl-delay: 0.5", 0.5),
        ("User-agent: *\nCrawl-delay: 86400", 60.0),
        ("User-agent: *\nCrawl-delay: -1", None),
        ("User-agent: *\nCrawl-delay: soon", None),
        ("User-agent: *\nRequest-rate: 1/20", 20.0),
        ("User-agent: *\nCrawl-delay: 5\nRequest-rate: 2/1m", 30.0),
        ("User-agent: other\nCrawl-delay: 10", None),
        ("User-agent: summitwatch\nCrawl-delay: 3\nUser-agent: *\nCrawl-delay: 10", 3.0),
    ],
)
def test_crawl_delays(text: str, delay: float | None) -> None:
    assert crawl_delay_s(our_rules(text)) == delay


def failed(code: str, status: int = 0) -> FetchFailed:
    return FetchFailed(SITE, code, "why", NOW, status)


@pytest.mark.parametrize(
    ("result", "status", "verdict"),
    [
        (Fetched(SITE, SITE, 200, {}, b"User-agent: *\nDisallow: /x", NOW), 200, True),
        (Fetched(SITE, SITE, 200, {}, b"", NOW), 200, True),
        (Fetched(SITE, SITE, 200, {}, b"\xff\xfe\0", NOW), 200, True),
        (failed("http-404", 404), 404, True),
        (failed("http-403", 403), 403, True),
        (failed("redirect-loop"), 404, True),
        (failed("http-429", 429), UNREACHABLE, False),
        (failed("challenge", 403), UNREACHABLE, False),
        (failed("http-503", 503), UNREACHABLE, False),
        (failed("timeout"), UNREACHABLE, False),
        (failed("dns"), UNREACHABLE, False),
        (failed("too-large"), UNREACHABLE, False),
        (NotModified(SITE, SITE, {}, NOW), UNREACHABLE, False),
    ],
)
def test_what_an_answer_means(result: FetchResult, status: int, verdict: bool) -> None:
    got, rules = read_answer(result)
    assert got == status
    assert is_allowed(got, rules, SITE + "/a") is verdict


def test_the_last_rules_hold_while_the_file_is_unreachable() -> None:
    rules = our_rules("User-agent: *\nDisallow: /x")
    assert is_allowed(UNREACHABLE, rules, SITE + "/a")
    assert not is_allowed(UNREACHABLE, rules, SITE + "/x")


@pytest.mark.parametrize(
    ("status", "age", "fresh"),
    [
        (200, timedelta(hours=23, minutes=59), True),
        (200, timedelta(hours=24), False),
        (404, timedelta(hours=23), True),
        (UNREACHABLE, timedelta(minutes=59), True),
        (UNREACHABLE, timedelta(hours=1), False),
        (200, timedelta(hours=-1), False),  # a clock that went back
    ],
)
def test_how_long_it_holds(status: int, age: timedelta, fresh: bool) -> None:
    assert is_fresh(status, NOW - age, NOW) is fresh
    assert not is_fresh(status, None, NOW)


@pytest.mark.parametrize(
    ("url", "robots"),
    [
        ("http://courier.example/a?b", "http://courier.example/robots.txt"),
        ("https://u:p@courier.example:8443/a", "https://courier.example:8443/robots.txt"),
        ("http://courier.example", "http://courier.example/robots.txt"),
    ],
)
def test_where_it_lies(url: str, robots: str) -> None:
    assert robots_url(url) == robots


@given(st.text())
def test_no_text_raises(text: str) -> None:
    rules = our_rules(text)
    assert is_allowed(200, rules, SITE + "/a") in (True, False)
    assert our_rules(rules) == rules  # what is kept reads the same again


def test_a_file_made_to_be_slow_is_not() -> None:
    """20,000 crawlers named over 20,000 rules: hours in a parser that keeps them all, which the limit
    of a test's time would end.
    """
    agents = "".join(f"User-agent: bot{i}\n" for i in range(20_000))
    rules = "".join(f"Disallow: /{i}\n" for i in range(20_000))
    assert our_rules(agents + rules) == ""
    kept = our_rules("User-agent: *\n" + agents + rules)
    assert kept.count("User-agent") == 1
    assert kept.count("Disallow") < 20_000
    assert allowed(agents + rules, "/7")
    assert not allowed("User-agent: *\n" + agents + rules, "/7")
    assert allowed("User-agent: *\nDisallow: " + "/*a" * 100_000, "/" + "a/" * 2000)


def test_a_long_file_is_read_as_far_as_the_standard_asks() -> None:
    text = "User-agent: *\n" + "# padding\n" * (MAX_CHARS // 10) + "Disallow: /late\n"
    assert allowed(text, "/late")
    assert not allowed("User-agent: *\nDisallow: /early\n" + text, "/early")
