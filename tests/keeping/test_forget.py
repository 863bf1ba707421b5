"""A page or a publisher taken out for good, and that it does not come back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from storing import act, hits, make_article, make_entry, place, saved
from typer.testing import CliRunner

from ingest.archive import Archive, RawPage
from ingest.cli.app import app
from ingest.errors import ArchiveError, UsageError
from ingest.model import Alert, Delivery, Entry, EntryState, Evidence, Feed, Tombstone, UrlAlias
from ingest.pipeline.forget import find_page, find_source, forget
from ingest.pipeline.tombstones import forgotten
from ingest.store import open_store
from pipeline.conftest import desk, site  # noqa: F401  fixtures
from pipeline.site import BASE, page, rss, text_about

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
URL = "http://courier.example/a"
TEXT = "A text that two papers print, word for word, about the talks that were held in spring."


def raw(url, body=b"<p>words</p>", kind="page"):
    return RawPage(url, url, 200, {"content-type": "text/html"}, body, NOW, kind)


def evidence(article):
    return Evidence(article.id, "", "sentence", article.title, article.url, "s", "en", "line", NOW)


def alert(key, *articles):
    return Alert(key, "r", "1", ("k",), NOW, NOW, "line", tuple(map(evidence, articles)))


@pytest.fixture
def archive(tmp_path):
    return Archive(str(tmp_path / "archive"))


@pytest.fixture
def filled(store, archive):
    more = {"text": TEXT, "text_hash": "same", "mentions": (place("minsk-by", "proposed"),)}
    mine = make_article("a", title="Mine", proposals=(act(),), **more)
    other = make_article("b", title="Other", source="other.example", copy_of=mine.id, **more)
    mine, other = saved(store, mine, other)
    feed_body = f"<item><link>{URL}</link></item>".encode()
    refs = archive.write_chunk([raw(URL), raw("http://courier.example/b")], NOW)
    feeds = archive.write_chunk([raw("http://feeds.example/x", feed_body, "feed")], NOW)
    store.put([make_entry("a", state=EntryState.DONE, article_id=mine.id, archive_ref=refs[0])])
    store.put([make_entry("waits")])
    store.put([UrlAlias(URL, mine.id), UrlAlias(f"{URL}-canonical", mine.id)])
    store.put([UrlAlias("http://courier.example/b", other.id)])
    store.put([Feed(id="f", url="http://courier.example/feed.xml")])
    store.put([alert("one", mine), alert("both", mine, other)])
    store.put([Delivery("d", "one", "desk", NOW, state="sent")])
    getattr(store, "refresh", lambda: None)()
    return mine, other, refs, feeds


def test_a_page_goes_from_everywhere_and_the_rest_stays(store, archive, filled):
    mine, other, refs, feeds = filled
    target = find_page(store, f"{URL}?utm_source=rss")
    gone = forget(store, archive, target, NOW)
    assert gone == {"raw pages": 2, "alerts": 2, "entries": 1, "feeds": 0, "articles": 1}
    getattr(store, "refresh", lambda: None)()
    assert hits(store, "venue:minsk") == ["Other"]
    assert store.mentions([mine.id]) == []
    assert store.get(UrlAlias, URL) is None
    assert store.get(UrlAlias, "http://courier.example/b") is not None
    assert store.get(Alert, "one") is None
    assert store.get(Delivery, "d") is None
    assert [e.article_id for e in store.get(Alert, "both").evidence] == [other.id]
    assert store.get_article(other.id).copy_of == ""
    assert [entry.title for entry in store.find(Entry)] == ["waits"]
    for ref in (refs[0], feeds[0]):
        with pytest.raises(ArchiveError):
            archive.read(ref)
    assert archive.read(refs[1]).url.endswith("/b")
    ends = {URL, f"{URL}-canonical"}
    assert forgotten(store, [*ends, "http://courier.example/b", ""]) == ends
    assert not any(URL in str(stone) for stone in store.find(Tombstone))
    again = forget(store, archive, find_page(store, URL), NOW)
    assert not any(again.values())


def test_a_publisher_goes_with_its_feeds(store, archive, filled):
    gone = forget(store, archive, find_source(store, "www.courier.example"), NOW)
    assert gone == {"raw pages": 2, "alerts": 2, "entries": 2, "feeds": 1, "articles": 1}
    getattr(store, "refresh", lambda: None)()
    assert [a.source for a in store.find_articles()] == ["other.example"]
    assert store.find(Feed) == []
    assert forgotten(store, ["https://m.courier.example/new", "http://other.example/x"]) == {
        "https://m.courier.example/new"
    }


@pytest.mark.parametrize("url", ["", "nothing", "file:///etc/passwd"])
def test_what_is_no_address(store, url):
    with pytest.raises(UsageError):
        find_page(store, url)


def test_polling_does_not_bring_it_back(site, desk):  # noqa: F811  fixtures
    items = [{"title": f"S{n}", "link": f"{BASE}/news/{n}", "guid": f"g{n}"} for n in range(3)]
    items.append({"title": "S9", "link": f"{BASE}/moved", "guid": "g9"})
    site.pages["/feed.xml"] = rss(items)
    for n in range(3):
        site.pages[f"/news/{n}"] = page(f"S{n}", text_about(f"corn{n}"))
    desk.add()
    desk.poll()
    archive = Archive(desk.settings.archive.url)
    forget(desk.store, archive, find_page(desk.store, f"{BASE}/news/1"), NOW)
    assert desk.store.count_articles() == 2
    site.pages["/moved"] = (302, {"Location": "/news/1"}, "")
    items.append({"title": "S10", "link": f"{BASE}/teaser", "guid": "g10"})
    site.pages["/teaser"] = page("S10", text_about("teaser"), f"{BASE}/news/1")
    site.pages["/feed.xml"] = rss([dict(item, description="edited") for item in items])
    report = desk.poll()
    assert report.counters["entries_forgotten"] >= 1
    urls = {article.url for article in desk.store.find_articles()}
    assert urls == {f"{BASE}/news/0", f"{BASE}/news/2"}
    assert not any("/news/1" in e.url for e in desk.store.find(Entry))
    bodies = [
        p.body for d in archive.days() for c in archive.chunks(d) for _, p in archive.iterate(c)
    ]
    assert not any(b"corn1" in body for body in bodies)


def test_the_command_asks_first(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/s.sqlite"
    monkeypatch.setenv("SUMMITWATCH_ARCHIVE__URL", str(tmp_path / "archive"))
    with open_store(url) as opened:
        (article,) = saved(opened, make_article("a"))
        opened.put([UrlAlias(URL, article.id)])
    call = ["--store", url, "forget"]
    asked = CliRunner().invoke(app, [*call, URL])
    assert asked.exit_code == 2
    assert "1 article, 0 entries" in asked.output
    assert "add --yes" in asked.output
    done = CliRunner().invoke(app, [*call, URL, "--yes"])
    assert f"forgotten: {URL}; gone: 1 articles" in done.output
    again = CliRunner().invoke(app, [*call, "--source", "courier.example", "--yes", "--json"])
    assert json.loads(again.stdout)["forgotten"] == "courier.example"
    for wrong in ([], [URL, "--source", "x.example"], ["--source", "x", "--yes"]):
        assert CliRunner().invoke(app, [*call, *wrong]).exit_code == 2
