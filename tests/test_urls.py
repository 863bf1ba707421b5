"""URLs as keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import UsageError
from ingest.urls import host_of, is_http_url, join_url, normalize_url, registrable_domain


@pytest.mark.parametrize(
    ("url", "normalized"),
    [
        pytest.param("HTTP://Courier.Example", "http://courier.example/", id="case-and-root"),
        pytest.param("http://a.example:80/x", "http://a.example/x", id="default-port"),
        pytest.param("https://a.example:443/x", "https://a.example/x", id="default-tls-port"),
        pytest.param("https://a.example:8443/x", "https://a.example:8443/x", id="other-port"),
        pytest.param("http://a.example:/x", "http://a.example/x", id="empty-port"),
        pytest.param("http://a.example./x", "http://a.example/x", id="root-dot"),
        pytest.param("http://a.example/x#part", "http://a.example/x", id="fragment"),
        pytest.param("http://a.example/x?", "http://a.example/x", id="empty-query"),
        pytest.param("http://a.example/x?b=2&a=1", "http://a.example/x?b=2&a=1", id="order-kept"),
        pytest.param(
            "http://a.example/x?utm_source=rss&id=7&fbclid=z", "http://a.example/x?id=7", id="utm"
        ),
        pytest.param("http://a.example/x?UTM_Medium=q", "http://a.example/x", id="utm-case"),
        pytest.param("http://a.example/x?%75tm_id=q", "http://a.example/x", id="utm-escaped"),
        pytest.param("http://a.example/x?from=rss&p=1", "http://a.example/x?p=1", id="from-rss"),
        pytest.param("http://a.example/x?from=2024", "http://a.example/x?from=2024", id="from"),
        pytest.param("http://a.example/x?xtor=RSS-1&_ga=2", "http://a.example/x", id="xtor"),
        pytest.param("http://a.example/x?at_medium=RSS", "http://a.example/x", id="piano"),
        pytest.param("http://a.example/x?ns_mchannel=rss", "http://a.example/x", id="comscore"),
        pytest.param("http://a.example/%7euser/%2f", "http://a.example/~user/%2F", id="escapes"),
        pytest.param("http://a.example/a b", "http://a.example/a%20b", id="space"),
        pytest.param("http://a.example/100%", "http://a.example/100%25", id="stray-percent"),
        pytest.param("http://a.example/%zz", "http://a.example/%25zz", id="bad-escape"),
        pytest.param("http://a.example/a/./b/../c", "http://a.example/a/c", id="dots"),
        pytest.param("http://a.example/a/%2e%2e/c", "http://a.example/c", id="escaped-dots"),
        pytest.param("http://a.example/../../c/..", "http://a.example/", id="dots-above-root"),
        pytest.param("http://a.example/a//b", "http://a.example/a//b", id="double-slash"),
        pytest.param("http://a.example/story/amp", "http://a.example/story/amp", id="amp-kept"),
        pytest.param(
            "http://a.example/новости",
            "http://a.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8",
            id="cyrillic-path",
        ),
        pytest.param("http://новости.рф/", "http://xn--b1amnebsh.xn--p1ai/", id="idn"),
        pytest.param("http://ａ.example。/", "http://a.example/", id="full-width"),
        pytest.param("http://[0:0::1]:80/", "http://[::1]/", id="ipv6"),
        pytest.param("  http://a.example/x\n", "http://a.example/x", id="blanks"),
        pytest.param("http://a.exam\nple/x", "http://a.example/x", id="newline-inside"),
    ],
)
def test_normalize_url(url: str, normalized: str) -> None:
    assert normalize_url(url) == normalized
    assert normalize_url(normalized) == normalized


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="empty"),
        pytest.param("news/today", id="relative"),
        pytest.param("javascript:alert(1)", id="javascript"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("mailto:desk@a.example", id="mail"),
        pytest.param("http://", id="no-host"),
        pytest.param("http://user:secret@a.example/", id="credentials"),
        pytest.param("http://a.example\\@b.example/", id="backslash"),
        pytest.param("http://a.example:99999/", id="port-too-high"),
        pytest.param("http://a.example:0/", id="port-zero"),
        pytest.param("http://a.example:x/", id="port-no-number"),
        pytest.param("http://[::1", id="open-bracket"),
        pytest.param("http://[fe80::1%25eth0]/", id="zone"),
        pytest.param("http://a..example/", id="empty-label"),
        pytest.param("http://a b.example/", id="space-in-host"),
        pytest.param("http://127.1/", id="short-ipv4"),
        pytest.param("http://2130706433/", id="decimal-ipv4"),
        pytest.param("http://0x7f000001/", id="hex-ipv4"),
        pytest.param("http://0177.0.0.1/", id="octal-ipv4"),
        pytest.param("http://" + "a" * 64 + ".example/", id="long-label"),
        pytest.param("http://a.example/" + "x" * 2048, id="too-long"),
        pytest.param("http://a.example/\ud800", id="lone-surrogate"),
    ],
)
def test_unusable_urls_are_refused(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        normalize_url(url)
    assert caught.value.reason
    assert not is_http_url(url)
    str(caught.value).encode("utf-8")


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        pytest.param("https://www.bbc.co.uk/news", "bbc.co.uk", id="co.uk"),
        pytest.param("news.courier.example", "courier.example", id="example"),
        pytest.param("courier.example", "courier.example", id="itself"),
        pytest.param("http://www.courier.example:8080/x", "courier.example", id="port"),
        pytest.param("localhost", "localhost", id="single-label"),
        pytest.param("192.0.2.7", "192.0.2.7", id="ipv4"),
        pytest.param("http://[2001:db8::1]/", "[2001:db8::1]", id="ipv6"),
        pytest.param("co.uk", "co.uk", id="suffix"),
        pytest.param("www.mfa.gov.ua", "mfa.gov.ua", id="gov.ua"),
        pytest.param("http://новости.рф", "xn--b1amnebsh.xn--p1ai", id="idn"),
        pytest.param("", "", id="empty"),
    ],
)
def test_registrable_domain(host: str, domain: str) -> None:
    assert registrable_domain(host) == domain


@pytest.mark.parametrize(
    ("link", "joined"),
    [
        pytest.param("b.html", "http://a.example/news/b.html", id="relative"),
        pytest.param("/b", "http://a.example/b", id="absolute-path"),
        pytest.param("//c.example/b", "http://c.example/b", id="scheme-relative"),
        pytest.param("https://c.example/?utm_id=1", "https://c.example/?utm_id=1", id="as-it-is"),
        pytest.param("\xa0http://c.example/b ", "http://c.example/b", id="blanks"),
        pytest.param("javascript:void(0)", "", id="javascript"),
        pytest.param("java\nscript:void(0)", "", id="split-javascript"),
        pytest.param("data:text/html,x", "", id="data"),
        pytest.param("http://[", "", id="broken"),
    ],
)
def test_join_url(link: str, joined: str) -> None:
    assert join_url("http://a.example/news/feed.xml", link) == joined


def test_host_of() -> None:
    assert host_of("HTTPS://WWW.Courier.Example:444/x") == "www.courier.example"
    assert host_of("no url") == ""
    assert host_of("http://[") == ""


_tails = st.text(
    alphabet=st.sampled_from(list('aA/.%?&=#;:+~ 20ef2Eé\\"<>[]@ \tютm_utm')), max_size=60
)


@given(st.one_of(st.text(max_size=200), _tails.map(lambda tail: f"http://a.example/{tail}")))
def test_normalizing_twice_is_normalizing_once(url: str) -> None:
    try:
        once = normalize_url(url)
    except UsageError:
        return
    assert normalize_url(once) == once
    assert once.isascii()
    assert host_of(once) == host_of(url) or host_of(url) == ""


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_breaks_the_other_functions(base: str, link: str) -> None:
    assert isinstance(host_of(link), str)
    assert isinstance(registrable_domain(link), str)
    assert join_url(base, link) == "" or is_http_url(join_url(base, link))


@given(
    st.from_regex(
        r"https?://([a-z0-9-]{1,40}\.){1,5}[a-z]{2,40}(/[A-Za-z0-9._~/-]*)?(\?[A-Za-z0-9._~/=&-]+)?",
        fullmatch=True,
    )
)
def test_a_plain_link_stays_as_it_is(link: str) -> None:
    slowly = join_url("http://a.example/news/", f" {link} ")  # blanks make it look closer
    assert join_url("http://a.example/news/", link) == slowly == link
