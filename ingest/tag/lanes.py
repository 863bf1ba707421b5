"""A row of weights as one number: one sum then adds all its columns.

A place is weighed by some 90 rows of six weights. As tuples they are 630 objects apart in memory, and
adding them up took a fifth of the time of tag(); as numbers they are 90 and an eighth of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_BITS = 20  # of a column
_MASK = (1 << _BITS) - 1
_ZERO = 256  # what stands for a weight of 0: no column is ever negative
MOST = _ZERO - 1  # a weight's largest size; some 2,000 rows may be added


def packed(row: Sequence[int]) -> int:
    """A row of weights, -255 to 255 each, as one number.

    Raises:
        ValueError: a weight is larger.
    """
    if any(abs(weight) > MOST for weight in row):
        raise ValueError(f"weights of {min(row)} to {max(row)}: no more than {MOST} fits")
    return sum((weight + _ZERO) << (_BITS * at) for at, weight in enumerate(row))


def sums(rows: Sequence[int], columns: int) -> list[int]:
    """The sum of each column of packed rows."""
    whole, zero = sum(rows), _ZERO * len(rows)
    return [(whole >> (_BITS * at) & _MASK) - zero for at in range(columns)]


def largest(names: Iterable[str], rows: Iterable[int], column: int, most: int) -> list[str]:
    """Names of the rows that weigh most in a column, and above 0; of equal ones, the last by name."""
    shift = _BITS * column
    weights = [row >> shift & _MASK for row in rows]
    least = max([_ZERO + 1, *sorted(weights, reverse=True)[most - 1 : most]])
    told = [pair for pair in zip(weights, names, strict=True) if pair[0] >= least]
    return [name for _weight, name in sorted(told, reverse=True)[:most]]
