"""Kibana's saved objects: whole, true to the mappings, and every panel has something to show."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from kql import compiled

from ingest.errors import UsageError
from ingest.kibana.desk import ARTICLES, DASHBOARDS, VIEWS
from ingest.kibana.objects import ndjson, saved_objects
from ingest.kibana.parts import field_types, kibana_type

ROOT = Path(__file__).parents[2]
FILE = ROOT / "ingest" / "mappings" / "kibana" / "summitwatch.ndjson"

LINES = FILE.read_text("utf-8").splitlines()
OBJECTS = {(each["type"], each["id"]): each for each in map(json.loads, LINES)}
CHARTS = [each for (kind, _), each in OBJECTS.items() if kind == "lens"]
SEARCHES = [each for (kind, _), each in OBJECTS.items() if kind == "search"]
MAPS = [each for (kind, _), each in OBJECTS.items() if kind == "map"]
FITTING = {
    "date_histogram": {"date"},
    "terms": {"keyword", "boolean", "long"},
    "sum": {"long", "float"},
    "max": {"long", "float", "date"},
    "min": {"long", "float", "date"},
}
NAMES = {"ids": lambda each: each["id"]}


def index_of(each):
    """The index behind an object's only data view."""
    (view,) = [ref["id"] for ref in each["references"] if ref["type"] == "index-pattern"]
    assert ("index-pattern", view) in OBJECTS
    return view.removeprefix("summitwatch-")


def layer_of(chart):
    (layer,) = chart["attributes"]["state"]["datasourceStates"]["formBased"]["layers"].values()
    return layer


def fields_in(query):
    """The fields that a compiled query names."""
    if isinstance(query, list):
        return {field for each in query for field in fields_in(each)}
    if not isinstance(query, dict):
        return set()
    own = {
        name
        for key, inner in query.items()
        if key in {"match", "match_phrase", "range"}
        for name in inner
    }
    own |= {query["exists"]["field"]} if "exists" in query else set()
    return own.union(*map(fields_in, query.values()))


def test_the_file_is_what_the_mappings_make():
    assert FILE.read_text("utf-8") == ndjson("summitwatch"), "run: summitwatch es kibana --out …"


def test_every_reference_resolves_and_every_id_is_one_of_its_kind():
    assert len(OBJECTS) == len(LINES)
    for each in OBJECTS.values():
        for reference in each["references"]:
            assert (reference["type"], reference["id"]) in OBJECTS
        assert each["coreMigrationVersion"]
        assert each["typeMigrationVersion"]
        names = [reference["name"] for reference in each["references"]]
        text = json.dumps(each["attributes"])
        for name in names:  # and each is used
            wanted = name.rpartition(":")[2]
            assert wanted in text or wanted.startswith("indexpattern-datasource-layer-")


def test_the_views_and_dashboards_are_there():
    kinds = [kind for kind, _ in OBJECTS]
    assert kinds.count("index-pattern") == len(VIEWS) == 4
    titles = {
        each["attributes"]["title"] for (kind, _), each in OBJECTS.items() if kind == "dashboard"
    }
    assert titles == {"Venue board", "Feed health and alerts"}


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.id)
def test_no_panel_covers_another(dashboard):
    taken = set()
    for placed in dashboard.panels:
        cells = {
            (x, y)
            for x in range(placed.x, placed.x + placed.w)
            for y in range(placed.y, placed.y + placed.h)
        }
        assert placed.x + placed.w <= 48
        assert not cells & taken
        taken |= cells


@pytest.mark.parametrize(
    "view", [e for (k, _), e in OBJECTS.items() if k == "index-pattern"], **NAMES
)
def test_a_view_names_its_time_and_only_fields_that_exist(view):
    index = view["id"].removeprefix("summitwatch-")
    types = field_types(index)
    attributes = view["attributes"]
    assert types[attributes["timeFieldName"]] == "date"
    assert json.loads(attributes["fieldAttrs"]).keys() == types.keys()
    for hidden in json.loads(attributes["sourceFilters"]):
        assert any(field.startswith(hidden["value"].rstrip("*")) for field in types)


@pytest.mark.parametrize("chart", CHARTS, **NAMES)
def test_a_chart_asks_for_fields_that_exist_and_fit(chart):
    types = field_types(index_of(chart))
    layer = layer_of(chart)
    assert layer["columnOrder"] == list(layer["columns"])
    shown = json.dumps(chart["attributes"]["state"]["visualization"])
    for name, column in layer["columns"].items():
        assert f'"{name}"' in shown
        if column["operationType"] == "count":
            assert column["sourceField"] == "___records___"
        else:
            assert types[column["sourceField"]] in FITTING[column["operationType"]]
    query = compiled(chart["attributes"]["state"]["query"]["query"])
    assert fields_in(query) <= types.keys()


@pytest.mark.parametrize("search", SEARCHES, **NAMES)
def test_a_search_shows_fields_that_exist(search):
    types = field_types(index_of(search))
    attributes = search["attributes"]
    assert set(attributes["columns"]) <= types.keys()
    ((by, way),) = attributes["sort"]
    assert (types[by], way) == ("date", "desc")
    source = json.loads(attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
    assert fields_in(compiled(source["query"]["query"])) <= types.keys()


def test_the_map_shows_places():
    (places,) = MAPS
    _, layer = json.loads(places["attributes"]["layerListJSON"])
    types = field_types(index_of(places))
    assert types[layer["sourceDescriptor"]["geoField"]] == "geo_point"
    assert fields_in(compiled(layer["query"]["query"])) <= types.keys()


def test_a_field_that_is_not_there_is_noticed():
    with pytest.raises(UsageError, match="no field that Kibana can read"):
        kibana_type(ARTICLES, "mentions.entity")


def test_another_prefix_stands_apart():
    theirs = {each["id"] for each in saved_objects("desk-two")}
    assert len(theirs) == len(OBJECTS)
    assert not theirs & {object_id for _, object_id in OBJECTS}


# --- what the panels show ------------------------------------------------------------------------


def aggregations(layer):
    """The aggregations that Kibana makes of a chart's columns: nested buckets, numbers inside."""
    names = layer["columnOrder"]
    columns = layer["columns"]
    numbers = {
        name: {columns[name]["operationType"]: {"field": columns[name]["sourceField"]}}
        for name in names
        if not columns[name]["isBucketed"] and columns[name]["operationType"] != "count"
    }
    made = numbers
    for name in reversed([name for name in names if columns[name]["isBucketed"]]):
        column = columns[name]
        field = {"field": column["sourceField"]}
        if column["operationType"] == "date_histogram":
            bucket = {"date_histogram": field | {"calendar_interval": "day", "min_doc_count": 1}}
        else:
            by = column["params"]["orderBy"]["columnId"]
            order = {by if by in numbers else "_count": column["params"]["orderDirection"]}
            bucket = {"terms": field | {"size": column["params"]["size"], "order": order}}
        made = {name: bucket | {"aggs": {**numbers, **made}}} if made else {name: bucket}
    return made


def ranged(store, index, query):
    """A panel's query within its dashboard's stretch of time."""
    time = {view.index: view.time for view in VIEWS}[index]
    newest = max(
        article.effective_at for article in store.find_articles(order_by="-effective_at", limit=1)
    )
    bounds = {"gte": newest - timedelta(days=30), "lte": newest + timedelta(days=7)}
    return {"bool": {"filter": [query, {"range": {time: bounds}}]}}


@pytest.mark.parametrize("chart", CHARTS, **NAMES)
def test_every_chart_has_something_to_show(newsroom_store, elastic_client, chart):
    index, layer = index_of(chart), layer_of(chart)
    query = compiled(chart["attributes"]["state"]["query"]["query"])
    reply = elastic_client.search(
        index=f"{newsroom_store.prefix}-{index}",
        query=ranged(newsroom_store, index, query),
        size=0,
        aggs=aggregations(layer),
    )
    level = reply["aggregations"]
    for name, column in layer["columns"].items():
        if column["isBucketed"]:
            assert level[name]["buckets"]
            level = level[name]["buckets"][0]
            assert level["doc_count"] > 0
        elif column["operationType"] != "count":
            assert level[name]["value"] is not None


@pytest.mark.parametrize("search", SEARCHES, **NAMES)
def test_every_search_has_hits_and_each_column_a_value(newsroom_store, elastic_client, search):
    index = index_of(search)
    attributes = search["attributes"]
    source = json.loads(attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
    reply = elastic_client.search(
        index=f"{newsroom_store.prefix}-{index}",
        query=ranged(newsroom_store, index, compiled(source["query"]["query"])),
        sort=[{name: way} for name, way in attributes["sort"]],
        fields=attributes["columns"],
        size=500,
    )
    hits = reply["hits"]["hits"]
    assert hits
    assert set(attributes["columns"]) == {name for hit in hits for name in hit.get("fields", ())}


def test_the_map_has_clusters(newsroom_store, elastic_client):
    (places,) = MAPS
    _, layer = json.loads(places["attributes"]["layerListJSON"])
    field = layer["sourceDescriptor"]["geoField"]
    reply = elastic_client.search(
        index=f"{newsroom_store.prefix}-{index_of(places)}",
        query=compiled(layer["query"]["query"]),
        size=0,
        aggs={"grid": {"geotile_grid": {"field": field, "precision": 7}}},
    )
    assert len(reply["aggregations"]["grid"]["buckets"]) > 5
