"""qids.tsv: one id an entity, each entity there, each source told of in the docs."""

import re
from pathlib import Path

from ingest.tag.gazetteer import Gazetteer
from ingest.tag.sources import rows

DOCS = Path(__file__).parents[2] / "docs/tagging.md"


def test_each_id_is_of_an_entity_that_we_have():
    entities = Gazetteer.load().compiled.entities
    names = {e.id: e.name for e in entities}
    assert [(row[0], row[2]) for row in rows("qids.tsv") if names.get(row[2]) != row[0]] == []


def test_ids_are_well_formed_and_given_once():
    given = [row[1] for row in rows("qids.tsv")]
    assert all(re.fullmatch(r"Q[1-9]\d*", qid) for qid in given)
    twice = {qid for qid in given if given.count(qid) > 1}
    assert twice == set()
    entities = [row[2] for row in rows("qids.tsv")]
    assert len(entities) == len(set(entities))


def test_each_source_is_in_the_docs():
    told = set(re.findall(r"^\| `([\w ]+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    assert {source for row in rows("qids.tsv") for source in row[3].split(",")} <= told


def test_places_that_share_a_name_do_not_share_an_id():
    ids = {row[2]: row[1] for row in rows("qids.tsv")}
    assert ids["place:london-gb"] == "Q84"
    assert "place:london-ca" not in ids
    assert (ids["place:minsk-by"], ids["place:kyiv-ua"], ids["place:geneva-ch"]) == (
        "Q2280",
        "Q1899",
        "Q71",
    )
