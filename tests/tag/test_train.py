"""Training: weights that its file can hold."""

from __future__ import annotations

import pytest

from ingest.tag.lanes import MOST, packed, sums
from ingest.tag.train import Example, fit


def test_a_weight_too_large_for_its_row_is_cut_and_named(capsys: pytest.CaptureFixture[str]):
    examples: list[Example] = [
        *[(["bias", "plain", "told"], 0, 50_000.0)] * 10,
        *[(["bias", "plain"], 1, 50_000.0)] * 10,
    ]
    weights = fit(examples)
    assert max(map(abs, weights["told"])) == MOST
    assert sums([packed(row) for row in weights.values()], 6)
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in said] == ["bias", "plain", "told"]
    assert all(line.endswith(f"are cut to {MOST}") for line in said)


def test_weights_that_fit_are_left_as_they_are(capsys: pytest.CaptureFixture[str]):
    examples: list[Example] = [(["bias", "a"], 0, 1.0)] * 10 + [(["bias", "b"], 1, 1.0)] * 10
    assert 0 < max(map(abs, fit(examples)["a"])) < MOST
    assert not capsys.readouterr().err
