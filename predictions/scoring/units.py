"""Exact scores as whole numbers of 10^-12, whose sums are the same in any order."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SCALE = 10**12
"""A stored score is a whole number of 1/SCALE, so that sums are exact in any order and on any database."""


def to_units(score: ArrayLike) -> Ints:
    """Convert scores in [0, 1] to whole numbers of 10^-12, rounding half to even. Shape is kept."""
    units = _checked(score) * SCALE
    return np.asarray(np.rint(units, out=units) if units.ndim else np.rint(units)).astype(np.int64)


def from_units(units: ArrayLike) -> Floats:
    """Convert whole numbers of 10^-12 to floats, the inverse of ``to_units``. Shape is kept."""
    return np.asarray(units, dtype=np.int64) / SCALE


def _checked(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    # Two reductions take a third of the time of whole arrays of comparisons; NaN fails them too.
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        raise ValueError("every number must lie between 0 and 1")
    return array
