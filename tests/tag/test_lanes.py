"""Rows of weights as numbers: what is packed and added comes out again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.tag.lanes import MOST, largest, packed, sums

ROWS = st.lists(st.lists(st.integers(-MOST, MOST), min_size=6, max_size=6), max_size=200)


@given(ROWS)
def test_sums_are_those_of_the_columns(rows: list[list[int]]) -> None:
    expected = [sum(row[at] for row in rows) for at in range(6)]
    assert sums([packed(row) for row in rows], 6) == expected


def test_the_most_rows_of_the_largest_weights_fit() -> None:
    largest, smallest = packed([MOST] * 6), packed([-MOST] * 6)
    assert sums([largest] * 2000, 6) == [2000 * MOST] * 6
    assert sums([smallest] * 2000, 6) == [-2000 * MOST] * 6


@given(ROWS, st.integers(0, 5), st.integers(1, 5))
def test_the_largest_of_a_column(rows: list[list[int]], column: int, most: int) -> None:
    names = [str(at) for at in range(len(rows))]
    pairs = [(row[column], n) for row, n in zip(rows, names, strict=True) if row[column] > 0]
    expected = [name for _weight, name in sorted(pairs, reverse=True)[:most]]
    assert largest(names, [packed(row) for row in rows], column, most) == expected


def test_a_weight_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="weights of -300 to 2"):
        packed([1, 2, -300])
