"""Kibana's saved objects, made from the mappings: data views, searches, charts, dashboards."""
