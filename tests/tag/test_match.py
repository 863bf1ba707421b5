"""Word boundaries, which every hit in a text has to keep, and marks that belong to a name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.tag import Gazetteer
from ingest.tag.fold import fold_text
from ingest.tag.gazetteer import PLACE
from ingest.tag.match import find_hits, is_whole


@given(st.text(st.sampled_from("aЖé_7 .'-\u0301\ud800"), min_size=1, max_size=8), st.data())
def test_a_whole_word_ends_where_the_regular_expression_says(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    cut_before = re.compile(r"(?<=\w)(?=\w)").match(text, start)
    cut_after = re.compile(r"(?<=\w)(?=\w)").match(text, end)
    assert is_whole(text, start, end) == (not cut_before and not cut_after)


@pytest.mark.parametrize("marks", ["«»", '""', "„“", "“”"])
@pytest.mark.parametrize(
    ("written", "entity"),
    [
        ("гостинице «Украина»", "place:hotel-ukraina-ru"),
        ("палаці «Сербія»", "place:palace-of-serbia-rs"),
        ("КПП «Рафах»", "place:rafah-border-crossing-eg"),
    ],
)
def test_a_site_called_after_another_place_is_found_by_its_name_in_marks(marks, written, entity):
    text = "Они были в " + written.replace("«", marks[0]).replace("»", marks[1]) + "."
    gazetteer = Gazetteer.load()
    found = find_hits(gazetteer.compiled.forms, fold_text(text))
    (hit,) = [hit for hit in found if hit.has(PLACE)]
    assert f"«{text[hit.start : hit.end]}»" in written
    assert [gazetteer.compiled.entities[row].id for row in hit.rows(PLACE)] == [entity]


def test_marks_before_a_name_are_no_part_of_it():
    gazetteer = Gazetteer.load()
    text = "Bei ’s-Hertogenbosch und “Minsk”"
    found = find_hits(gazetteer.compiled.forms, fold_text(text))
    assert [text[hit.start : hit.end] for hit in found] == ["s-Hertogenbosch", "Minsk"]
    assert gazetteer.resolve("venue", "'s-Hertogenbosch") == ("place:s-hertogenbosch-nl",)
