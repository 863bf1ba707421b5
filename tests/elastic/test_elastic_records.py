"""Records: page by page, long ids, and what a search sees of this and of other processes."""

from datetime import timedelta

import pytest
from storing import NOW, make_article, make_entry

from elastic.looking import opened
from ingest.model import Entry, Host, Note, UrlAlias
from ingest.query.ast import All
from ingest.store import open_store
from ingest.store.port import Save, Search, Where


@pytest.mark.parametrize("order", ["id", "-id", "rest_until", "-rest_until"])
@pytest.mark.parametrize("limit", [None, 0, 1, 3, 4, 11])
def test_pages_of_a_find_joined_are_the_whole(
    elastic_url, elastic_prefix, monkeypatch, tmp_path, order, limit
):
    monkeypatch.setattr("ingest.store.elastic_records.PAGE", 3)
    hosts = [
        Host(f"h{number:02}", rest_until=NOW + timedelta(hours=number % 3) if number % 4 else None)
        for number in range(11)
    ]
    with (
        opened(elastic_url, elastic_prefix) as elastic,
        open_store(f"sqlite:///{tmp_path}/s.sqlite") as sqlite,
    ):
        for store in (elastic, sqlite):
            assert None not in store.put(hosts)
        found, expected = (
            store.find(Host, Where("id", "!=", "h05"), order_by=order, limit=limit)
            for store in (elastic, sqlite)
        )
        assert found == expected
        assert len(found) == min(10, 10 if limit is None else limit)


def test_ids_of_any_length_are_kept_apart(elastic_url, elastic_prefix):
    """Elasticsearch takes 512 bytes of `_id`; a URL may be longer."""
    urls = ["http://a.example/" + "x" * length + end for length in (10, 480, 3000) for end in "ab"]
    with opened(elastic_url, elastic_prefix) as store:
        store.put([UrlAlias(url, f"article of {url[-1]}") for url in urls])
        assert {url: store.get(UrlAlias, url).id for url in urls} == dict(
            zip(urls, urls, strict=True)
        )
        assert [alias.id for alias in store.find(UrlAlias)] == sorted(urls)
        assert store.delete(UrlAlias, urls[::2]) == 3
        assert store.count(UrlAlias) == 3


def test_a_process_sees_its_own_writes_at_once_and_others_after_a_refresh(
    elastic_url, elastic_prefix
):
    with opened(elastic_url, elastic_prefix) as one, opened(elastic_url, elastic_prefix) as two:
        one.save([Save(make_article())])
        one.put([make_entry(), Note("n", "v")])
        assert one.search(Search(All())).total == 1
        assert one.count(Entry) == 1
        two.refresh()
        assert two.search(Search(All())).total == two.count(Entry) == two.count_articles() == 1
        assert two.get(Note, "n").value == "v"
