"""Tagging: which leaders and places a text names, what each place is, who proposed what."""

from ingest.tag.gazetteer import Entity, Gazetteer
from ingest.tag.tagger import Tagger, to_json

__all__ = ["Entity", "Gazetteer", "Tagger", "to_json"]
