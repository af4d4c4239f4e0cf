"""The rivals of the benchmarks compute what seqlib computes: a faster wrong answer would prove nothing."""

import numpy as np
import pytest

import seqlib
from benchmarks import plain
from benchmarks.training_step import CELLS, numpy_gradients, problem
from seqlib import fast


@pytest.mark.parametrize("functions", [fast, seqlib], ids=["fast", "loops"])
@pytest.mark.parametrize("cell", CELLS)
def test_the_plain_rival_gives_the_same_gradients(cell, functions):
    p, x, targets = problem(cell, (5, 3, 4, 6), np.float64)
    loss, ours = numpy_gradients(cell, x, targets, p, functions)
    cost, theirs = getattr(plain, cell)(x, targets, p)
    assert cost == pytest.approx(loss, rel=1e-12)
    for name in (*("d" + name for name in p), "dx"):
        np.testing.assert_allclose(theirs[name], ours[name], rtol=1e-9, atol=1e-12)
