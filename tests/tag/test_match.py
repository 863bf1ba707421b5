"""Word boundaries, which every hit in a text has to keep."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ingest.tag.match import is_whole


@given(st.text(st.sampled_from("aЖé_7 .'-\u0301\ud800"), min_size=1, max_size=8), st.data())
def test_a_whole_word_ends_where_the_regular_expression_says(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    cut_before = re.compile(r"(?<=\w)(?=\w)").match(text, start)
    cut_after = re.compile(r"(?<=\w)(?=\w)").match(text, end)
    assert is_whole(text, start, end) == (not cut_before and not cut_after)
