"""What a person sees of feeds: the ones refused, the ones found at a site's address, their hubs."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ingest.cli.app import app
from ingest.logs import configure_logs
from ingest.settings import load_settings
from pipeline.site import page, rss, text_about


@pytest.fixture
def base(site, tmp_path, monkeypatch):
    """The site's address on loopback, and an empty desk that may ask it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUMMITWATCH_FETCH__ALLOW_PRIVATE", f"127.0.0.1:{site.port}")
    monkeypatch.setenv("SUMMITWATCH_FETCH__HOST_PAUSE_S", "0")
    yield f"http://127.0.0.1:{site.port}"
    configure_logs(load_settings().log)  # a command's standard error is closed when it ends


def call(*args: str, code: int | None = 0):
    result = CliRunner().invoke(app, list(args))
    assert code is None or result.exit_code == code, (result.output, result.exception)
    return result


def listed() -> list[dict[str, object]]:
    return json.loads(call("feeds", "list", "--json").stdout)["feeds"]


@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [
        pytest.param("fetch.max_body_bytes", "1000", "too-large", id="body"),
        pytest.param("fetch.max_wire_bytes", "900", "too-large", id="wire"),
        pytest.param("fetch.max_redirects", "0", "redirect-loop", id="redirects"),
    ],
)
def test_a_refusal_names_limit_value_and_setting_wherever_it_shows(
    site, base, monkeypatch, setting, value, code
):
    items = [{"title": f"S{n}", "link": f"{base}/{n}", "guid": f"g{n}"} for n in range(30)]
    site.pages["/feed.xml"] = rss(items)
    site.pages["/moved"] = (302, {"Location": "/feed.xml"}, "")
    url = f"{base}/moved" if code == "redirect-loop" else f"{base}/feed.xml"
    section, name = setting.upper().split(".")
    monkeypatch.setenv(f"SUMMITWATCH_{section}__{name}", value)
    call("feeds", "add", "--unchecked", url)
    call("run")
    (feed,) = listed()
    assert (feed["status"], feed["error"]) == ("failing", code)
    checked = call("feeds", "check", url, code=1).output
    assert f"GET {url} -> " in checked
    assert "next poll" in checked
    assert f"{code}, " in checked  # why then
    doctor = call("doctor", code=None).output
    for shown in (str(feed["error_detail"]), call("feeds", "list").output, checked, doctor):
        said = " ".join(shown.split())  # lines may be folded
        assert setting in said
        assert value in said


def test_feeds_check_tells_of_a_host_that_rests(site, base):
    site.pages["/feed.xml"] = (429, {"Retry-After": "7200"}, "slowly")
    url = f"{base}/feed.xml"
    first = call("feeds", "check", url, code=1).output
    assert f"GET {url} -> 429" in first
    assert "refused with 429" in first
    assert f"127.0.0.1:{site.port}: one request at a time, 0 s apart" in first
    second = call("feeds", "check", url, code=1).output
    assert second.startswith("resting")
    assert "rests until" in second
    assert "not asked" in second
    assert "GET" not in second
    assert len(site.ledger) == 1


def test_a_site_without_feeds_gives_its_news_sitemap(site, base):
    site.pages["/"] = "<html><head><title>Agency</title></head><body>News</body></html>"
    site.pages["/robots.txt"] = (
        f"User-agent: *\nAllow: /\nSitemap: {base}/maps/pages.xml\nSitemap: {base}/maps/news.xml\n"
    )
    site.pages["/maps/news.xml"] = (
        '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
        f"<url><loc>{base}/news/1</loc><news:news><news:publication><news:name>Agency</news:name>"
        "<news:language>en</news:language></news:publication>"
        "<news:publication_date>2026-03-02T10:00:00Z</news:publication_date>"
        "<news:title>Talks resume</news:title></news:news></url></urlset>"
    )
    site.pages["/news/1"] = page("Talks resume", text_about("barley"))
    call("feeds", "add", f"{base}/")
    (feed,) = listed()
    assert (feed["url"], feed["kind"], feed["title"]) == (
        f"{base}/maps/news.xml",
        "sitemap",
        "Agency",
    )
    assert call("run").output.startswith("1 new article")
    checked = json.loads(call("feeds", "check", f"{base}/maps/news.xml", "--json").stdout)["checks"]
    assert "robots.txt for pages asked" in checked[0]["host"]
    found = json.loads(call("search", "barley", "--json").stdout)["hits"]
    assert [hit["title"] for hit in found] == ["Talks resume"]


def test_hubs_are_shown(site, base):
    hub = "http://hub.example/"
    links = f'<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="{hub}"/>'
    site.pages["/feed.xml"] = rss([]).replace("</channel>", f"{links}</channel>")
    call("feeds", "add", f"{base}/feed.xml")
    call("run")
    assert [feed["hub"] for feed in listed()] == [hub]
    assert f"WebSub hub: {hub}" in call("feeds", "check", f"{base}/feed.xml").output
