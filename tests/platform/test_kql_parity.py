"""What Kibana finds by KQL is what our own search finds, but for what docs/kibana.md lists."""

from datetime import UTC, datetime

import pytest
from kql import compiled

from ingest.query.parse import parse_query
from ingest.store.port import Search
from ingest.tag import Tagger

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
ZONE = "Europe/Minsk"

SAME = (
    ("summit", "summit"),
    ("Gespräche", "Gespräche"),
    ("rencontre", "rencontre"),
    ("encuentro", "encuentro"),
    ("görüşme", "görüşme"),
    ("переговоры", "переговоры"),
    ("зустріч", "зустріч"),
    ("сустрэча", "сустрэча"),
    ("Мінску", "Мінску"),
    ("the", "the"),
    ("мир", "мир"),
    ('"three-way summit"', '"three-way summit"'),
    ('"no to Minsk"', '"no to Minsk"'),
    ('"Киев против"', '"Киев против"'),
    ("lukash*", "lukash*"),
    ("стамб*", "стамб*"),
    ("leader:lukashenko", "leader: lukashenko"),
    ("leader:путин", "leader: путин"),
    ("leader:Zełenski", "leader: Zełenski"),
    ("venue:Мінск", "venue: Мінск"),
    ("venue:Стамбул", "venue: Стамбул"),
    ("venue:genf", "venue: genf"),
    ('venue:"abu dhabi"', 'venue: "abu dhabi"'),
    ("place:ankara", "place: ankara"),
    ("venue:minsk role:proposed", "proposed: minsk"),
    ("venue:Budapeszt role:rejected", "rejected: Budapeszt"),
    ("place:minsk role:government", 'facet.place_role: "place:minsk-by|government"'),
    ("role:hosted", "role: hosted"),
    ("country:TR", "country: TR"),
    ("status:rejected", "proposal: { status: rejected }"),
    ("party:RU party:UA status:rejected", "proposal: { party: RU and party: UA and status: rejected }"),
    ("lang:be", "lang: be"),
    ("source:courier.example", "source: courier.example"),
    ("summit lang:en", "summit and lang: en"),
    ("minsk NOT istanbul", "minsk and not istanbul"),
    ("NOT leader:putin", "not leader: putin"),
    ("(minsk OR geneva) AND (putin OR zelensky)", "(minsk or geneva) and (putin or zelensky)"),
    ("since:2026-03-05", 'effective_at >= "2026-03-04T21:00:00Z"'),
    ("putin AND venue:istanbul role:proposed since:2026-03-02", 'putin and proposed: istanbul and effective_at >= "2026-03-01T21:00:00Z"'),
)  # fmt: skip

# (our query, the same in KQL, what Kibana finds besides, what it misses), as docs/kibana.md says
DIFFERENT = (
    pytest.param("minsk geneva", "minsk geneva", True, False, id="words-in-a-row-are-any-of-them"),
    pytest.param("d'Istanbul", "d'Istanbul", True, False, id="apostrophes-part-words"),
    pytest.param("Budapeszt", "Budapeszt", False, True, id="letters-that-change-before-endings"),
    pytest.param("адказаў", "адказаў", False, True, id="endings-that-we-do-not-strip"),
    pytest.param("leader:лукашенко", "leader: лукашенк*", False, False, id="names-begin-with"),
)


@pytest.fixture(scope="module")
def names():
    return Tagger.load().gazetteer


@pytest.fixture
def both(newsroom_store, elastic_client, names):
    """Ids that our search finds, and those that Kibana's query finds."""

    def find(query, kql):
        node = parse_query(query, names=names, now=NOW, tz=ZONE).node
        ours = {hit.article.id for hit in newsroom_store.search(Search(node, limit=1000)).hits}
        reply = elastic_client.search(
            index=f"{newsroom_store.prefix}-articles",
            query=compiled(kql),
            size=1000,
            source=["id"],
        )
        return ours, {hit["_source"]["id"] for hit in reply["hits"]["hits"]}

    return find


@pytest.mark.parametrize(("query", "kql"), SAME, ids=[kql for _, kql in SAME])
def test_the_same_articles(both, query, kql):
    ours, theirs = both(query, kql)
    assert ours
    assert theirs == ours


@pytest.mark.parametrize(("query", "kql", "more", "less"), DIFFERENT)
def test_what_differs(both, query, kql, more, less):
    ours, theirs = both(query, kql)
    assert ours
    assert bool(theirs - ours) == more
    assert bool(ours - theirs) == less


@pytest.mark.parametrize("kql", ["venue: Мінск", "venue: Minsk", 'venue: "place:minsk-by"'])
@pytest.mark.parametrize("index", ["articles", "mentions", "proposals"])
def test_every_name_of_a_place_hits_in_every_view(newsroom_store, elastic_client, index, kql):
    def count(text):
        found = elastic_client.count(index=f"{newsroom_store.prefix}-{index}", query=compiled(text))
        return found["count"]

    assert count(kql) == count("venue: Минск") > 0
