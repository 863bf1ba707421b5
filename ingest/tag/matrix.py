"""Named features as a matrix, for training; tagging needs none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix


def cases_of(rows: Sequence[Sequence[str]], least: int) -> tuple[list[str], csr_matrix]:
    """The features that enough rows name, and which row names which.

    Args:
        rows: names of the features of each case; one named twice counts twice.
        least: times that a feature must be named; one of fewer teaches nothing.

    Returns:
        The names in order of their letters, and a matrix of (cases, names).
    """
    counts = Counter(name for names in rows for name in names)
    vocabulary = sorted(name for name, count in counts.items() if count >= least)
    number = {name: i for i, name in enumerate(vocabulary)}
    kept = [[number[name] for name in names if name in number] for names in rows]
    ends = np.cumsum([0, *map(len, kept)])
    which = np.array([n for row in kept for n in row], np.int32)
    ones = np.ones(len(which), np.float32)
    return vocabulary, csr_matrix((ones, which, ends), (len(rows), len(vocabulary)))
