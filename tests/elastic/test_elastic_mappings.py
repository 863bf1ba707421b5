"""The mapping files: complete, described, packaged, and shown in docs/."""

from dataclasses import fields as dataclass_fields
from pathlib import Path

import pytest
from storing import make_article

from ingest.model import Article, Mention, Proposal
from ingest.query.projection import project
from ingest.store.elastic_mappings import INDICES, definition, fields, fields_page
from ingest.store.port import MentionRow, ProposalRow
from ingest.store.records import KINDS, kind_name

ROOT = Path(__file__).parents[2]


def names(kind):
    return {field.name for field in dataclass_fields(kind)}


@pytest.mark.parametrize("index", INDICES)
def test_every_field_is_described_and_none_comes_by_itself(index):
    mappings = definition(index)["mappings"]
    assert mappings["dynamic"] == "strict"
    assert dict(fields(mappings["properties"])).keys() == mappings["_meta"]["fields"].keys()
    assert all(text.endswith(".") for text in mappings["_meta"]["fields"].values())
    assert definition(index)["settings"]["index"]["codec"] == "best_compression"


def test_the_page_of_fields_is_up_to_date():
    page = (ROOT / "docs" / "elasticsearch-fields.md").read_text("utf-8")
    assert page == fields_page(), "run: python -m ingest.store.elastic_mappings > docs/…"


@pytest.mark.parametrize(
    ("index", "wanted"),
    [
        pytest.param("articles", names(Article), id="articles"),
        pytest.param("mentions", names(MentionRow) - {"mention"} | names(Mention), id="mentions"),
        pytest.param(
            "proposals", names(ProposalRow) - {"proposal"} | names(Proposal), id="proposals"
        ),
    ],
)
def test_every_field_of_the_model_has_its_mapping(index, wanted):
    assert wanted <= definition(index)["mappings"]["properties"].keys()


def test_every_indexed_field_of_every_kind_has_its_mapping():
    properties = definition("records")["mappings"]["properties"]
    assert properties["field"]["properties"].keys() == {
        name for kind in KINDS for name in kind.INDEXED
    }
    kinds = definition("records")["mappings"]["_meta"]["fields"]["kind"]
    assert set(kinds.rstrip(".").split(", ")) == set(map(kind_name, KINDS))


def test_every_facet_has_its_mapping():
    properties = definition("articles")["mappings"]["properties"]
    assert properties["facet"]["properties"].keys() == project(make_article()).values().keys()
