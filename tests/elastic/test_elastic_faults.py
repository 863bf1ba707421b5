"""Writing and searching through a proxy that fails: nothing lost, nothing twice."""

import pytest
from storing import make_entry

from elastic.looking import check_projections, opened, told
from elastic.proxy import FAULTS, proxied
from ingest.errors import StoreDownError
from ingest.model import Entry
from ingest.query import ast
from ingest.store.port import FACETS, Save, Saved, Search

BATCH = 25
RUNS = 3


@pytest.fixture(autouse=True)
def brief_pauses(monkeypatch):
    """Tries as many as ever, with hardly a pause between them."""
    monkeypatch.setattr("ingest.store.elastic_wire.FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("ingest.store.elastic_wire.LONGEST_PAUSE_S", 0.05)


def run(store, articles):
    """One run: save what is not stored yet; whatever is not acknowledged stays for the next."""
    for start in range(0, len(articles), BATCH):
        batch = articles[start : start + BATCH]
        known = store.get_articles([article.id for article in batch])
        results = store.save([Save(article) for article in batch if article.id not in known])
        assert all(isinstance(result, Saved) for result in results), results
        entries = [make_entry(article.id) for article in batch]
        marked = store.get_many(Entry, [entry.id for entry in entries])
        assert None not in store.put([entry for entry in entries if entry.id not in marked])


def drive(url, prefix, client, *, kinds, rate, total):
    """Save through the faults, then look behind the store's back."""
    articles = [told(f"n{number}", mentions=number % 4, proposals=number % 3)
                for number in range(total)]  # fmt: skip
    with opened(url, prefix) as direct, proxied(url) as (proxy, faults):
        for _ in range(RUNS):
            with opened(proxy, prefix) as store:
                faults.kinds, faults.rate = kinds, rate
                try:
                    run(store, articles)
                except StoreDownError:
                    continue
                finally:
                    faults.rate = 0
                break
        assert faults.done["well"] < faults.done.total(), "no call failed"
        direct.refresh()
        assert direct.count_articles() == total
        found = client.count(index=f"{prefix}-articles")["count"]
        assert found == total
        assert direct.count(Entry) == total
        check_projections(direct, client, [article.id for article in articles[:: total // 25]])
        for index, of_each in (("mentions", 4), ("proposals", 3)):
            rows = sum(number % of_each for number in range(total))
            assert client.count(index=f"{prefix}-{index}")["count"] == rows


@pytest.mark.parametrize("kind", FAULTS)
def test_a_third_of_the_bulks_fail(elastic_url, elastic_prefix, elastic_client, kind):
    drive(elastic_url, elastic_prefix, elastic_client, kinds=(kind,), rate=0.3, total=150)


@pytest.mark.drill
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("rate", [0.1, 0.3, 0.6])
@pytest.mark.parametrize("kind", [*FAULTS, "all"])
def test_two_thousand_articles(elastic_url, elastic_prefix, elastic_client, kind, rate):
    kinds = FAULTS if kind == "all" else (kind,)
    drive(elastic_url, elastic_prefix, elastic_client, kinds=kinds, rate=rate, total=2000)


@pytest.mark.parametrize("kind", [kind for kind in FAULTS if kind != "half-refused"])
def test_searches_are_asked_again(elastic_url, elastic_prefix, kind):
    with opened(elastic_url, elastic_prefix) as direct:
        direct.save([Save(told(f"n{number}")) for number in range(30)])
        direct.refresh()
        with proxied(elastic_url) as (proxy, faults), opened(proxy, elastic_prefix) as store:
            faults.kinds, faults.rate, faults.paths = (kind,), 0.6, ("/_search", "/_count")
            for limit in range(1, 11):
                page = store.search(Search(ast.All(), limit=limit, facets=FACETS))
                assert page.total == 30
                assert len(page.hits) == limit
                assert {f.value: f.count for f in page.facets["leader"]} == {
                    "leader:lukashenko": 30
                }
            assert len(store.proposals(ast.All())) == 60
            assert faults.done[kind]


def test_a_server_that_stays_away_is_said_plainly(elastic_url, elastic_prefix, monkeypatch):
    monkeypatch.setattr("ingest.store.elastic_wire.FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr("ingest.store.elastic_wire.LONGEST_PAUSE_S", 0.001)
    with proxied(elastic_url) as (proxy, faults), opened(proxy, elastic_prefix) as store:
        faults.kinds, faults.rate = ("reset-before",), 1.0
        with pytest.raises(StoreDownError, match="were not acknowledged in 16 tries") as found:
            store.save([Save(told())])
        assert found.value.exit_code == 5
        assert proxy in str(found.value)
        faults.rate = 0
        assert isinstance(store.save([Save(told())])[0], Saved)
