"""Sets of rows behave as sets."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.store.bits import CHUNK, Bits

rows = st.sets(st.integers(0, 3) | st.integers(CHUNK - 2, CHUNK + 2) | st.integers(0, 10 * CHUNK))


@given(rows, rows)
def test_bits_are_sets(left, right):
    one, other = Bits.of(left), Bits.of(right)
    assert list(one) == sorted(left)
    assert set(one & other) == left & right
    assert set(one | other) == left | right
    assert set(one - other) == left - right
    assert len(one) == len(left)
    assert all((row in one) == (row in left) for row in left | right | {0, CHUNK})
    assert all(chunk for chunk in (one & other).chunks.values())


@given(rows)
def test_flags_tell_every_row(found):
    bits = Bits.of(found)
    assert {
        chunk * CHUNK + place
        for chunk in bits.chunks
        for place, flag in enumerate(bits.flags(chunk))
        if flag == ord("1")
    } == found
