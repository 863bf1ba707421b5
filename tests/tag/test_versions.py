"""What makes stored articles stale: every file that decides a tag is in a version."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ingest.pipeline.retag import is_stale
from ingest.tag import Gazetteer, Tagger, sources
from ingest.tag.roles import RoleModel
from ingest.tag.sources import DATA, LISTS, SOURCES, sources_hash

# Trained weights whose files say their own version.
WEIGHTS = {"roles.json", "reader.npz"}
# What `sources_hash` tells of, what the desk asks for beside the tags, and whose names and data these are.
NO_SOURCES = {"gazetteer.bin", "persons.json", "NOTICE"}


def test_every_data_file_counts_for_one_version():
    counted = [*SOURCES, *LISTS, *WEIGHTS, *NO_SOURCES]
    assert sorted(counted) == sorted(path.name for path in DATA.iterdir())


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (*SOURCES, *LISTS):
        shutil.copy(DATA / name, tmp_path)
    monkeypatch.setattr(sources, "DATA", tmp_path)
    return tmp_path


def _edit(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


@pytest.mark.parametrize("name", LISTS)
def test_an_edited_list_makes_articles_stale_and_nothing_to_compile(
    name: str, data: Path, gazetteer: Gazetteer
):
    model = RoleModel("none", {})
    compiled = sources_hash()
    article: Any = SimpleNamespace(tagger_version=Tagger(gazetteer, model).version)
    assert not is_stale(article, Tagger(gazetteer, model))
    _edit(data / name)
    assert is_stale(article, Tagger(gazetteer, model))
    assert sources_hash() == compiled


@pytest.mark.parametrize("name", SOURCES)
def test_an_edited_source_is_to_be_compiled(name: str, data: Path):
    compiled = sources_hash()
    _edit(data / name)
    assert sources_hash() != compiled
