"""Decoders: byte for byte what was sent, never more than allowed, nothing but our own error."""

from __future__ import annotations

import gzip
import zlib
from functools import cache

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.fetch.limits import MAX_GZIP_MEMBERS, BoundedBody
from ingest.fetch.result import RefusedError

ENCODE = {"": bytes, "gzip": gzip.compress, "br": brotli.compress}
LIMIT = 10_000


def read(coding: str, wire: bytes, step: int = 65536, limit: int = 2**20) -> bytes:
    body = BoundedBody(coding, limit)
    for start in range(0, len(wire), step):
        body.feed(wire[start : start + step])
    return body.finish()


def refusal(coding: str, wire: bytes, step: int = 65536, limit: int = 2**20) -> str:
    with pytest.raises(RefusedError) as refused:
        read(coding, wire, step, limit)
    return refused.value.kind


@pytest.mark.parametrize("coding", ENCODE)
@given(data=st.data())
def test_whatever_the_pieces_the_body_is_whole(coding: str, data: st.DataObject) -> None:
    block = data.draw(st.binary(max_size=60))
    body = block * data.draw(st.integers(0, 400))
    step = data.draw(st.integers(1, 999))
    assert read(coding, ENCODE[coding](body), step) == body


@pytest.mark.parametrize("coding", ENCODE)
@pytest.mark.parametrize("step", [1, 7, 65536])
def test_the_limit_is_exact(coding: str, step: int) -> None:
    wire = ENCODE[coding](b"x" * LIMIT)
    assert len(read(coding, wire, step, LIMIT)) == LIMIT
    assert refusal(coding, wire, step, LIMIT - 1) == "too-large"
    assert refusal(coding, ENCODE[coding](b"x" * 50 * LIMIT), step, LIMIT) == "too-large"


@pytest.mark.parametrize("coding", ["gzip", "br"])
@given(data=st.data())
def test_a_cut_is_noticed_wherever_it_is(coding: str, data: st.DataObject) -> None:
    wire = ENCODE[coding](data.draw(st.binary(min_size=1, max_size=300)))
    cut = data.draw(st.integers(1, len(wire) - 1))
    assert refusal(coding, wire[:cut], data.draw(st.integers(1, 99))) == "truncated"


@given(
    wire=st.binary(max_size=400), step=st.integers(1, 99), coding=st.sampled_from(["gzip", "br"])
)
def test_nothing_but_our_own_error(wire: bytes, step: int, coding: str) -> None:
    try:
        assert len(read(coding, wire, step, 1000)) <= 1000
    except RefusedError as refused:
        assert refused.kind in {"bad-encoding", "truncated", "too-large"}


@pytest.mark.parametrize("step", [1, 2, 3, 65536])
def test_members_in_a_row_are_one_body(step: int) -> None:
    wire = b"".join(gzip.compress(part) for part in (b"one ", b"", b"two"))
    assert read("gzip", wire, step) == b"one two"


@pytest.mark.parametrize("tail", [b"\0\0\0", b"\n", b"\x1f", b"\x1f<", b"<!-- cached -->"])
@pytest.mark.parametrize("step", [1, 65536])
def test_what_stands_after_the_end_is_left_alone(tail: bytes, step: int) -> None:
    assert read("gzip", gzip.compress(b"feed") + tail, step) == b"feed"


def test_members_are_counted() -> None:
    assert read("gzip", gzip.compress(b"a") * MAX_GZIP_MEMBERS) == b"a" * MAX_GZIP_MEMBERS
    assert refusal("gzip", gzip.compress(b"a") * (MAX_GZIP_MEMBERS + 1)) == "bad-encoding"


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_nothing_at_all_is_an_empty_body(coding: str) -> None:
    assert read(coding, b"") == b""


@pytest.mark.parametrize("coding", ["", "identity", "Identity", "gzip", "GZIP", "x-gzip", " gzip "])
def test_codings_we_take(coding: str) -> None:
    wire = gzip.compress(b"feed") if "gzip" in coding.lower() else b"feed"
    assert read(coding, wire) == b"feed"


@pytest.mark.parametrize(
    "coding",
    ["gzip, gzip", "gzip,br", "br, gzip, gzip", "deflate", "zstd", "compress", "dcb", "x" * 5000],
)
def test_codings_we_refuse(coding: str) -> None:
    with pytest.raises(RefusedError) as refused:
        BoundedBody(coding, LIMIT)
    assert refused.value.kind == "bad-encoding"
    assert len(refused.value.detail) < 200


def test_identity_beside_one_coding_is_still_one() -> None:
    assert read("identity, gzip", gzip.compress(b"feed")) == b"feed"


def test_a_broken_checksum_is_broken() -> None:
    wire = bytearray(gzip.compress(b"feed" * 100))
    wire[-8] ^= 1
    assert refusal("gzip", bytes(wire)) == "bad-encoding"


def test_flushed_pieces_come_through_at_once() -> None:
    """A body that grows by sync flushes is refused when it is too long, not at its end."""
    packer = zlib.compressobj(wbits=31)
    body = BoundedBody("gzip", LIMIT)
    with pytest.raises(RefusedError):
        for _ in range(100):
            body.feed(packer.compress(b"x" * 1000) + packer.flush(zlib.Z_SYNC_FLUSH))


@pytest.mark.parametrize("coding", ENCODE)
@pytest.mark.parametrize("step", [1000, 65536, 2**20])
def test_a_long_body_keeps_its_tail(coding: str, step: int) -> None:
    """Brotli's decoder says it could take more while it still has output to give."""
    for body, encoded in long_bodies(coding):
        assert read(coding, encoded, step) == body


@cache
def long_bodies(coding: str) -> list[tuple[bytes, bytes]]:
    items = b"".join(b"<item><guid>%d</guid></item>" % (at * at) for at in range(20_000))
    return [(body, ENCODE[coding](body)) for body in (items, bytes(10**6))]
