"""The newsroom on both stores: the same hits, facets and proposals; known items found first."""

import itertools
import re
import uuid
from datetime import UTC, datetime

import pytest

from elastic.fixtures import drop
from elastic.newsroom import newsroom_articles
from ingest.query.parse import parse_query
from ingest.store import open_store
from ingest.store.elastic import ElasticStore
from ingest.store.port import FACETS, Save, Saved, Search
from ingest.tag import Tagger

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
ZONE = "Europe/Minsk"

LEADERS = ("lukashenko", "путин", "Zełenski", "erdogan", "trump", "орбан")
VENUES = ("minsk", "Стамбул", "genf", "ankara", "Budapeszt", '"abu dhabi"')
ROLES = ("proposed", "agreed", "rejected", "hosted", "government", "location")
WORDS = (
    "summit", "talks", "offer", "переговоры", "перемовини", "сустрэча", "rozmowy", "Gespräche",
    "rencontre", "encuentro", "görüşme", "Istanbul'da", "Мінску", "Kyjiw", "peace", "the", "2026",
)  # fmt: skip
QUERIES = (
    *WORDS,
    *(f"leader:{name}" for name in LEADERS),
    *(f"venue:{name}" for name in VENUES),
    *(f"place:{name}" for name in VENUES),
    *(f"venue:{venue} role:{role}" for venue, role in itertools.product(VENUES, ROLES[:4])),
    *(f"place:{venue} role:{role}" for venue, role in itertools.product(VENUES[:3], ROLES[4:])),
    *(f"role:{role}" for role in ROLES),
    *(f"status:{status}" for status in ROLES[:4]),
    *(f"leader:{who} AND venue:{where}" for who, where in zip(LEADERS, VENUES, strict=True)),
    *(f"proposer:{who}" for who in (*LEADERS, "RU", "UA", "BY")),
    *(f"proposer:{who} venue:{where}" for who, where in zip(LEADERS, VENUES, strict=True)),
    *(f"party:{code}" for code in ("RU", "UA", "US", "TR")),
    *(f"party:RU party:UA venue:{venue} status:rejected" for venue in VENUES[:4]),
    *(f"lang:{code}" for code in "en ru uk be pl de fr es tr".split()),
    *(f"{word} lang:{code}" for word, code in zip(WORDS[:6], "en en en ru uk be".split(), strict=True)),
    *(f"source:{name}.example" for name in ("courier", "wire", "vestnik", "nobody")),
    *(f"country:{code}" for code in ("TR", "BY", "CH", "ru")),
    *(f"{text}*" for text in ("lukash", "min", "стамб", "ger", "перем")),
    *('"three-way summit"', '"no to Minsk"', '"Киев против"', '"the best place"', '"talks the"'),
    *("since:2026-03-05", "until:2026-03-04", "date:2026-03-03", "since:14d", "since:2026-04-01"),
    "minsk NOT istanbul",
    "NOT leader:putin",
    "NOT venue:minsk AND NOT venue:istanbul",
    "(minsk OR geneva) AND (putin OR zelensky)",
    "venue:minsk role:proposed OR venue:istanbul role:rejected",
    "leader:lukashenko AND NOT (lang:ru OR lang:be) since:2026-03-03",
    'summit AND "minsk" AND geneva NOT source:wire.example',
    "putin AND venue:istanbul role:proposed since:2026-03-02",
    "flag:paywall",
    "",
)  # fmt: skip


@pytest.fixture(scope="module")
def names():
    return Tagger.load().gazetteer


@pytest.fixture(scope="module")
def both(elastic_server, elastic_settings, elastic_client, tmp_path_factory):
    """The newsroom in a SQLite file and in Elasticsearch."""
    saves = [Save(article) for article in newsroom_articles()]
    file = tmp_path_factory.mktemp("parity") / "store.sqlite"
    prefix = f"test-{uuid.uuid4().hex[:12]}"
    with (
        open_store(f"sqlite:///{file}") as sqlite,
        ElasticStore.open(elastic_server.url, prefix, elastic_settings) as elastic,
    ):
        for store in (sqlite, elastic):
            assert all(isinstance(result, Saved) for result in store.save(saves))
        elastic.refresh()
        yield sqlite, elastic
    drop(elastic_client, prefix)


def test_there_are_enough_queries(both, names):
    assert len(set(QUERIES)) == len(QUERIES) >= 150
    sqlite, _ = both
    nodes = [parse_query(query, names=names, now=NOW, tz=ZONE).node for query in QUERIES]
    totals = [sqlite.search(Search(node, limit=0)).total for node in nodes]
    assert sum(0 < total < len(newsroom_articles()) for total in totals) >= 120


@pytest.mark.parametrize("query", QUERIES)
def test_the_same_hits_facets_and_proposals(both, names, query):
    node = parse_query(query, names=names, now=NOW, tz=ZONE).node
    wanted = Search(node, sort="newest", limit=1000, facets=FACETS, facet_size=50, timezone=ZONE)
    here, there = (store.search(wanted) for store in both)
    assert there.total == here.total
    assert [hit.article.id for hit in there.hits] == [hit.article.id for hit in here.hits]
    assert [hit.snippet for hit in there.hits] == [hit.snippet for hit in here.hits]
    assert dict(there.facets) == dict(here.facets)
    ours, theirs = (
        {hit.article.id for hit in store.search(Search(node, limit=1000)).hits} for store in both
    )
    assert ours == theirs
    assert both[1].proposals(node) == both[0].proposals(node)


@pytest.mark.parametrize("number", range(40))
def test_a_known_item_is_among_the_first_three(both, names, number):
    """Forty articles, and a few words that a person would remember of each headline."""
    titles = [article.title for article in newsroom_articles()]
    unique = [article for article in newsroom_articles() if titles.count(article.title) == 1]
    article = unique[number * len(unique) // 40]
    words = sorted(set(re.findall(r"[^\W\d_]{4,}", article.title)), key=len, reverse=True)
    node = parse_query(" ".join(words[:4]), names=names, now=NOW, tz=ZONE).node
    for store in both:
        first = store.search(Search(node, limit=3)).hits
        assert article.id in {hit.article.id for hit in first}, (store.name, words, article.title)
