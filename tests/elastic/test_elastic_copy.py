"""`copy` between the two stores: everything, once, compared, and no alert."""

from dataclasses import replace

import pytest
from storing import NOW, make_entry

from elastic.looking import check_projections, opened
from elastic.newsroom import newsroom_articles
from ingest import ids
from ingest.cli import main
from ingest.errors import StoreError
from ingest.model import (
    Delivery,
    Entry,
    EntryState,
    Feed,
    FeedState,
    Lease,
    Note,
    Run,
    UrlAlias,
)
from ingest.store import open_store
from ingest.store.copying import BATCH, COPIED, checksum, copy_store
from ingest.store.port import Save, Saved


@pytest.fixture
def source(tmp_path):
    """A SQLite store with something of everything."""
    with open_store(f"sqlite:///{tmp_path}/source.sqlite") as store:
        articles = newsroom_articles()
        results = store.save([Save(article) for article in articles])
        assert all(isinstance(result, Saved) for result in results)
        first = results[0].article
        store.save([Save(replace(first, title="Edited"))])
        store.put([make_entry(f"e{number}", state=EntryState.DONE) for number in range(BATCH + 7)])
        store.put([make_entry("unseen", state=EntryState.STORED)])
        store.put([make_entry("again", state=EntryState.STORED, after=EntryState.NEW)])
        store.put(
            [Feed("f", "http://f.example/", state=FeedState(etag="ü", recent_ids=("a", "b")))]
        )
        store.put([UrlAlias(article.normalized_url, article.id) for article in articles])
        store.put([UrlAlias("http://long.example/" + "x" * 3000, articles[0].id)])
        store.put([Run("r", NOW, counters={"b": 1, "a": 2})])
        store.put([Note("n", "v"), Lease("poll", "me", "here", 1, NOW, NOW)][:1])
        store.put([Lease("poll", "me", "here", 1, NOW, NOW)])
        store.put([Delivery("d1", "a", "hook", NOW), Delivery("d2", "a", "hook", NOW, "delivered")])
        yield store


def test_there_and_back(source, elastic_url, elastic_prefix, elastic_client, tmp_path):
    with opened(elastic_url, elastic_prefix) as there:
        done = copy_store(source, there)
        assert done["article"].written == len(newsroom_articles())
        assert done["entry"].unseen == 2
        assert done["delivery"].left == 1
        assert there.find(Entry, limit=None)
        states = {entry.title: entry.state for entry in there.find(Entry)}
        assert EntryState.STORED not in states.values()
        assert states["unseen"] is EntryState.DONE
        assert states["again"] is EntryState.NEW
        assert there.count(Lease) == 0
        assert [row.id for row in there.find(Delivery)] == ["d2"]
        check_projections(there, elastic_client, [a.id for a in newsroom_articles()[:10]])
        again = copy_store(source, there)
        assert {name: copied.written for name, copied in again.items() if copied.written} == {}
        with open_store(f"sqlite:///{tmp_path}/back.sqlite") as back:
            copy_store(there, back)
            for kind in COPIED:
                assert checksum(back, kind) == checksum(source, kind), kind


class Cut(BaseException):
    pass


@pytest.mark.parametrize("batches", [1, 3, 5])
def test_a_copy_that_was_cut_off_goes_on(source, elastic_url, elastic_prefix, batches):
    with opened(elastic_url, elastic_prefix) as there:
        seen = []

        def cut(kind, read):
            seen.append(kind)
            if len(seen) == batches:
                raise Cut

        with pytest.raises(Cut):
            copy_store(source, there, progress=cut)
        rest = copy_store(source, there)
        assert set(rest) == set(list(rest)[-len(rest) :])
        assert len(rest) <= len(COPIED)
        for kind in COPIED:
            assert checksum(there, kind) == checksum(source, kind)


def test_a_difference_is_told(source, elastic_url, elastic_prefix):
    with opened(elastic_url, elastic_prefix) as there:
        there.put([UrlAlias("http://other.example/", "x")])
        with pytest.raises(StoreError, match="url_alias: ") as found:
            copy_store(source, there)
        assert "empty store" in found.value.way_out


def test_the_command(
    source, elastic_url, elastic_prefix, elastic_client, monkeypatch, capsys, tmp_path
):
    monkeypatch.setenv("SUMMITWATCH_PREFIX", elastic_prefix)
    arguments = ["copy", "--from", source.name, "--to", elastic_url]
    monkeypatch.setattr("sys.argv", ["summitwatch", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert ended.value.code in (0, None), err
    assert f"article: {len(newsroom_articles())} read" in out
    assert "counts and checksums are equal" in out
    assert "2 entries that the alert rules had not seen" in err
    assert "1 undelivered alerts stay" in err
    with opened(elastic_url, elastic_prefix) as there:
        assert there.get_article(ids.article_id(newsroom_articles()[0].normalized_url))
        there.refresh()
    found = elastic_client.search(
        index=f"{elastic_prefix}-mentions", query={"term": {"entity": "place:minsk-by"}}, size=1
    )
    minsk = found["hits"]["hits"][0]["_source"]["location"]
    assert (round(minsk["lat"]), round(minsk["lon"])) == (54, 28)
