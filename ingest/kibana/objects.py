"""Kibana's saved objects: each a JSON object with its references, one a line.

The forms are those of Kibana 8.9, which later versions read and bring up to date at import.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, assert_never

from ingest.kibana.desk import DASHBOARDS, SEARCH, VIEWS
from ingest.kibana.parts import Chart, Listing, Places, kibana_type
from ingest.store.elastic_mappings import definition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.kibana.parts import Column, Dashboard, Panel, View

LAYER = "layer"
HIDDEN = (
    "token.*",
    "language.*",
    "order.*",
    "projected.*",
    "write",
    "revision",
    "doc.*",
    "field.*",
)
"""Fields that serve the program alone."""

CORE = "8.8.0"
VERSIONS = {
    "index-pattern": "8.0.0",
    "search": "8.0.0",
    "lens": "8.9.0",
    "map": "8.4.0",
    "dashboard": "8.9.0",
}
"""The forms that the objects below have, by type."""

_SEARCH_INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index"
_MAP_INDEX = "layer_1_source_index_pattern"

Json = dict[str, Any]


def ndjson(prefix: str) -> str:
    """Return all objects for the indices of a prefix, as Kibana imports them."""
    lines = (json.dumps(each, ensure_ascii=False, sort_keys=True) for each in saved_objects(prefix))
    return "\n".join(lines) + "\n"


def saved_objects(prefix: str) -> Iterator[Json]:
    """Return all objects, what is referred to before what refers to it.

    Raises:
        UsageError: a panel names a field that its mapping does not have.
    """
    for view in VIEWS:
        yield _data_view(prefix, view)
    yield _panel(prefix, SEARCH)
    for dashboard in DASHBOARDS:
        for placed in dashboard.panels:
            yield _panel(prefix, placed.panel)
        yield _dashboard(prefix, dashboard)


def _object(kind: str, object_id: str, attributes: Json, references: list[Json]) -> Json:
    return {
        "type": kind,
        "id": object_id,
        "attributes": attributes,
        "references": references,
        "coreMigrationVersion": CORE,
        "typeMigrationVersion": VERSIONS[kind],
    }


def _reference(prefix: str, view: View, name: str) -> Json:
    return {"type": "index-pattern", "id": f"{prefix}-{view.index}", "name": name}


def _data_view(prefix: str, view: View) -> Json:
    described = definition(view.index)["mappings"]["_meta"]["fields"]
    hidden = [name for name in HIDDEN if any(_covers(name, field) for field in described)]
    attributes = {
        "title": f"{prefix}-{view.index}",
        "name": view.name,
        "timeFieldName": view.time,
        "sourceFilters": json.dumps([{"value": name} for name in hidden]),
        "fieldAttrs": json.dumps(
            {field: {"customDescription": text[:300]} for field, text in described.items()},
            ensure_ascii=False,
        ),
        "fields": "[]",
        "fieldFormatMap": json.dumps(
            {"url": {"id": "url", "params": {"type": "a"}}} if "url" in described else {}
        ),
        "runtimeFieldMap": "{}",
        "typeMeta": "{}",
    }
    return _object("index-pattern", f"{prefix}-{view.index}", attributes, [])


def _covers(pattern: str, field: str) -> bool:
    return field.startswith(pattern[:-1]) if pattern.endswith("*") else field == pattern


def _panel(prefix: str, panel: Panel) -> Json:
    match panel:
        case Chart():
            return _lens(prefix, panel)
        case Listing():
            return _search(prefix, panel)
        case Places():
            return _map(prefix, panel)
        case _:
            assert_never(panel)


def _kql(query: str) -> Json:
    return {"query": query, "language": "kuery"}


# --- searches --------------------------------------------------------------------------------


def _search(prefix: str, listing: Listing) -> Json:
    for field in listing.columns:
        kibana_type(listing.view, field)
    source = {"query": _kql(listing.query), "filter": [], "indexRefName": _SEARCH_INDEX}
    attributes = {
        "title": listing.title,
        "description": listing.description,
        "columns": list(listing.columns),
        "sort": [[listing.view.time, "desc"]],
        "grid": {},
        "hideChart": False,
        "isTextBasedQuery": False,
        "timeRestore": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(source)},
    }
    references = [_reference(prefix, listing.view, _SEARCH_INDEX)]
    return _object("search", f"{prefix}-{listing.id}-search", attributes, references)


# --- charts ----------------------------------------------------------------------------------


def _lens(prefix: str, chart: Chart) -> Json:
    names = [f"column-{at}" for at in range(len(chart.columns))]
    numbers = [n for n, c in zip(names, chart.columns, strict=True) if not c.is_bucket]
    buckets = [n for n, c in zip(names, chart.columns, strict=True) if c.is_bucket]
    columns = {
        name: _column(chart.view, column, numbers[0])
        for name, column in zip(names, chart.columns, strict=True)
    }
    layer = {"columns": columns, "columnOrder": names, "incompleteColumns": {}, "sampling": 1}
    kind, visualization = _visualization(chart, buckets, numbers)
    attributes = {
        "title": chart.title,
        "description": "",
        "visualizationType": kind,
        "state": {
            "datasourceStates": {"formBased": {"layers": {LAYER: layer}}},
            "visualization": visualization,
            "query": _kql(chart.query),
            "filters": [],
            "internalReferences": [],
            "adHocDataViews": {},
        },
    }
    references = [_reference(prefix, chart.view, f"indexpattern-datasource-layer-{LAYER}")]
    return _object("lens", f"{prefix}-{chart.id}", attributes, references)


def _column(view: View, column: Column, number: str) -> Json:
    kind = kibana_type(view, column.field) if column.field else "number"
    made: Json = {
        "label": column.label,
        "customLabel": True,
        "dataType": kind,
        "isBucketed": column.is_bucket,
        "operationType": {"date": "date_histogram"}.get(column.by, column.by),
        "scale": {"date": "interval", "terms": "ordinal"}.get(column.by, "ratio"),
        "sourceField": column.field or "___records___",
    }
    if column.by == "date":
        made["params"] = {"interval": "auto", "includeEmptyRows": True, "dropPartials": False}
    elif column.by == "terms":
        made["params"] = {
            "size": column.size,
            "orderBy": {"type": "column", "columnId": number},
            "orderDirection": "asc" if column.rising else "desc",
            "otherBucket": False,
            "missingBucket": False,
            "parentFormat": {"id": "terms"},
        }
    else:
        made["params"] = {"emptyAsNull": True}
    return made


def _visualization(chart: Chart, buckets: list[str], numbers: list[str]) -> tuple[str, Json]:
    layer: Json = {"layerId": LAYER, "layerType": "data"}
    if chart.shape == "table":
        columns = [{"columnId": name, "isTransposed": False} for name in (*buckets, *numbers)]
        return "lnsDatatable", {**layer, "columns": columns}
    if chart.shape == "pie":
        slices = layer | {
            "primaryGroups": buckets,
            "metrics": numbers,
            "numberDisplay": "value",
            "categoryDisplay": "default",
            "legendDisplay": "default",
            "nestedLegend": False,
        }
        return "lnsPie", {"shape": "donut", "layers": [slices]}
    layer |= {"seriesType": chart.shape, "xAccessor": buckets[0], "accessors": numbers}
    if len(buckets) > 1:
        layer["splitAccessor"] = buckets[1]
    return "lnsXY", {
        "layers": [layer],
        "preferredSeriesType": chart.shape,
        "legend": {"isVisible": True, "position": "right"},
        "valueLabels": "hide",
        "fittingFunction": "None",
    }


# --- the map ---------------------------------------------------------------------------------


def _map(prefix: str, places: Places) -> Json:
    kibana_type(places.view, places.field)
    base = {
        "id": "base",
        "type": "EMS_VECTOR_TILE",
        "sourceDescriptor": {"type": "EMS_TMS", "isAutoSelect": True},
        "style": {"type": "EMS_VECTOR_TILE"},
        "visible": True,
        "alpha": 1,
        "minZoom": 0,
        "maxZoom": 24,
    }
    size = {
        "type": "DYNAMIC",
        "options": {
            "minSize": 8,
            "maxSize": 32,
            "field": {"name": "doc_count", "origin": "source"},
            "fieldMetaOptions": {"isEnabled": True, "sigma": 3},
        },
    }
    clusters = {
        "id": "places",
        "label": places.title,
        "type": "GEOJSON_VECTOR",
        "sourceDescriptor": {
            "id": "places-source",
            "type": "ES_GEO_GRID",
            "geoField": places.field,
            "requestType": "point",
            "resolution": "FINE",
            "metrics": [{"type": "count"}],
            "applyGlobalQuery": True,
            "applyGlobalTime": True,
            "indexPatternRefName": _MAP_INDEX,
        },
        "style": {"type": "VECTOR", "properties": {"iconSize": size}, "isTimeAware": True},
        "query": _kql(places.query),
        "visible": True,
        "alpha": 0.8,
        "minZoom": 0,
        "maxZoom": 24,
        "joins": [],
    }
    attributes = {
        "title": places.title,
        "description": "",
        "layerListJSON": json.dumps([base, clusters]),
        "mapStateJSON": json.dumps(
            {"zoom": 2.2, "center": {"lon": 30, "lat": 42}, "query": _kql(""), "filters": []}
        ),
        "uiStateJSON": json.dumps({"isLayerTOCOpen": False, "openTOCDetails": []}),
    }
    references = [_reference(prefix, places.view, _MAP_INDEX)]
    return _object("map", f"{prefix}-{places.id}", attributes, references)


# --- dashboards ------------------------------------------------------------------------------


def _dashboard(prefix: str, dashboard: Dashboard) -> Json:
    panels, references = [], []
    for placed in dashboard.panels:
        shown = _panel(prefix, placed.panel)
        place = placed.panel.id
        panels.append(
            {
                "type": shown["type"],
                "panelIndex": place,
                "panelRefName": f"panel_{place}",
                "gridData": {
                    "x": placed.x,
                    "y": placed.y,
                    "w": placed.w,
                    "h": placed.h,
                    "i": place,
                },
                "embeddableConfig": {"enhancements": {}},
                "title": placed.panel.title,
            }
        )
        references.append(
            {"type": shown["type"], "id": shown["id"], "name": f"{place}:panel_{place}"}
        )
    attributes = {
        "title": dashboard.title,
        "description": dashboard.description,
        "panelsJSON": json.dumps(panels),
        "optionsJSON": json.dumps({"useMargins": True, "hidePanelTitles": False}),
        "timeRestore": True,
        "timeFrom": dashboard.since,
        "timeTo": "now",
        "refreshInterval": {"pause": False, "value": 60_000},
        "version": 1,
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": json.dumps({"query": _kql(""), "filter": []})
        },
    }
    return _object("dashboard", f"{prefix}-{dashboard.id}", attributes, references)
