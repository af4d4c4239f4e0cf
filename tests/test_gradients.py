"""Every gradient of every cell and sequence function, three ways: by hand, by central differences, by torch.autograd."""

import numpy as np
import pytest

from tests.parity import KINDS, Problem, cell_problem, relative, sequence_problem

pytest.importorskip("torch")

SHAPES = {
    "as usual": {},
    "masked": {"masked": True},
    "one example": {"m": 1},
    "one step": {"T_x": 1},
    "one unit, one input": {"n_x": 1, "n_a": 1},
    "n_a = n_x = m = T_x": {"n_x": 3, "n_a": 3, "m": 3, "T_x": 3, "masked": True},
    "bidirectional": {"both": True, "masked": True},
    "deep": {"layers": 3, "masked": True},
    "deep and bidirectional": {"layers": 2, "both": True, "masked": True},
    "deep with dropout": {"layers": 3, "share": 0.4, "masked": True},
    "one deep layer": {"layers": 1, "share": 0.4},
}


TWO_WAYS = ("deep and bidirectional", "deep with dropout")  # by hand and by autograd: central differences take seconds


def assert_all_equal(problem: Problem, *, numerical: bool = True) -> None:
    autograd = problem.autograd()
    central = problem.numerical() if numerical else {}
    assert problem.gradients.keys() == problem.inputs.keys()
    for name, gradient in problem.gradients.items():
        assert gradient.shape == problem.inputs[name].shape, name
        assert relative(gradient, autograd[name]) <= 1e-9, f"{problem.name}: d{name} against autograd"
        assert not numerical or relative(gradient, central[name]) <= 1e-7, (
            f"{problem.name}: d{name} against central differences"
        )


@pytest.mark.parametrize("kind", KINDS)
def test_cells(kind):
    rng = np.random.default_rng(1)
    for sizes in ({}, {"m": 1}, {"n_x": 1, "n_a": 1}, {"n_x": 5, "n_a": 2, "m": 3}):
        assert_all_equal(cell_problem(kind, rng, **sizes))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_sequences(kind, shape):
    assert_all_equal(sequence_problem(kind, np.random.default_rng(2), **SHAPES[shape]), numerical=shape not in TWO_WAYS)


@pytest.mark.parametrize("steps", [1, 2, 3, 9])
@pytest.mark.parametrize("kind", KINDS)
def test_truncated_backpropagation_cuts_between_blocks(kind, steps):
    """Two ways: what is cut off is no gradient of the loss, and central differences cannot find it."""
    problem = sequence_problem(kind, np.random.default_rng(4), T_x=6, masked=True, steps=steps)
    assert_all_equal(problem, numerical=False)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_random_sizes(kind, seed):
    rng = np.random.default_rng(seed)
    sizes = dict(zip(("n_x", "n_a", "m", "T_x"), rng.integers(1, 7, size=4).tolist(), strict=True))
    assert_all_equal(sequence_problem(kind, rng, masked=bool(rng.integers(2)), **sizes))
