"""Weights to start from."""

from __future__ import annotations

import numpy as np
import pytest

from seqlib import count_parameters, deep_forward, gru_forward, lstm_forward, rnn_forward
from seqlib.cells import CELLS, RESETS, sequence_forward
from seqlib.initialise import (
    glorot,
    initialise_cell,
    initialise_deep,
    initialise_gru,
    initialise_lstm,
    initialise_output,
    initialise_rnn,
    orthogonal,
    scale_to_radius,
    spectral_radius,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_glorot_keeps_the_range_and_the_variance(rng):
    W = glorot(200, 300, rng)
    r = np.sqrt(6 / 500)
    assert W.shape == (200, 300) and np.abs(W).max() <= r
    np.testing.assert_allclose(W.var(), 2 / 500, rtol=0.02)
    np.testing.assert_allclose(W.mean(), 0, atol=0.002)


def test_every_singular_value_of_an_orthogonal_matrix_is_its_radius(rng):
    for n, radius in ((1, 1.0), (7, 1.0), (7, 1.5)):
        np.testing.assert_allclose(np.linalg.svd(orthogonal(n, rng, radius=radius))[1], radius, rtol=1e-12)


def test_scaled_to_a_spectral_radius(rng):
    rotation, triangle = np.array([[0.0, -3.0], [3.0, 0.0]]), np.array([[-2.0, 7.0], [0.0, 1.0]])
    for W in (rng.normal(size=(6, 6)), rotation, triangle, np.array([[-0.5]])):
        before = W.copy()
        for radius in (0.5, 1.5):
            scaled = scale_to_radius(W, radius)
            assert spectral_radius(scaled) == pytest.approx(radius)
            np.testing.assert_allclose(scaled / W.max(), W * (scaled.max() / W.max()) / W.max(), rtol=1e-12)
            assert np.sign(scaled).tolist() == np.sign(W).tolist()
        np.testing.assert_array_equal(W, before)
    assert spectral_radius(triangle) == 2 and scale_to_radius(triangle.astype(np.float32), 1.0).dtype == np.float32


def test_orthogonal_draws_favour_no_sign(rng):
    signs = [np.sign(orthogonal(1, rng)[0, 0]) for _ in range(400)]
    assert abs(np.mean(signs)) < 0.3
    diagonal = np.mean([orthogonal(3, rng)[0, 0] for _ in range(2000)])
    assert abs(diagonal) < 0.06


def test_the_memory_is_kept_at_first_and_other_biases_are_zero(rng):
    params = initialise_lstm(3, 4, rng, n_y=2, peephole=True)
    assert (params["bf"] == 1).all()
    assert all((params[name] == 0).all() for name in ("bu", "bo", "bc", "pf", "pu", "po", "by"))
    assert (initialise_lstm(3, 4, rng, forget_bias=2.5)["bf"] == 2.5).all()
    np.testing.assert_allclose(params["Wf"][:, :4] @ params["Wf"][:, :4].T, np.eye(4), atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_cells_take_them_as_they_are(rng, dtype):
    x, a0 = np.zeros((3, 2, 4), dtype), np.zeros((5, 2), dtype)
    assert rnn_forward(x, a0, initialise_rnn(3, 5, rng, n_y=2, dtype=dtype))[1].dtype == dtype
    assert lstm_forward(x, a0, initialise_lstm(3, 5, rng, n_y=2, peephole=True, dtype=dtype))[1].dtype == dtype
    for reset in RESETS.values():
        params = initialise_gru(3, 5, rng, n_y=2, reset=reset, dtype=dtype)
        assert gru_forward(x, a0, params, reset)[1].dtype == dtype
    for cell in CELLS:
        assert sequence_forward(cell, x, initialise_cell(cell, 3, 5, rng, dtype=dtype))[0].dtype == dtype


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["rnn", "gru", "gru_simplified", "lstm"])
def test_a_stack_has_the_counted_parameters(rng, cell, bidirectional):
    params = initialise_deep(cell, 3, (4, 4), rng, n_y=2, bidirectional=bidirectional)
    total = sum(value.size for value in params.values())
    assert total == count_parameters(cell, 3, 4, 2, layers=2, bidirectional=bidirectional)
    assert deep_forward(np.zeros((3, 2, 4)), params, cell)[1].shape == (2, 2, 4)


def test_the_same_seed_gives_the_same_weights():
    one, other = (initialise_deep("gru", 2, [3], np.random.default_rng(5)) for _ in range(2))
    assert one.keys() == other.keys() and all((one[name] == other[name]).all() for name in one)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda rng: glorot(0, 2, rng), "n_out must be at least 1, got 0"),
        (lambda rng: orthogonal(0, rng), "n must be at least 1"),
        (lambda rng: orthogonal(2, rng, radius=0), "radius must be positive"),
        (lambda rng: scale_to_radius(np.eye(2), 0), "radius must be positive"),
        (lambda rng: scale_to_radius(np.tril(np.ones((3, 3)), -1), 1.0), "all eigenvalues of W are 0"),
        (lambda rng: spectral_radius(np.ones((2, 3))), "W must be"),
        (lambda rng: initialise_rnn(2, 0, rng), "n_a must be at least 1"),
        (lambda rng: initialise_lstm(0, 2, rng), "n_x must be at least 1"),
        (lambda rng: initialise_gru(2, 2, rng, reset="off"), "reset must be"),
        (lambda rng: initialise_output(0, 2, rng), "n_y must be at least 1"),
        (lambda rng: initialise_cell("elman", 2, 2, rng), "cell must be one of"),
        (lambda rng: initialise_deep("rnn", 2, [], rng), "units of each layer"),
    ],
)
def test_errors_say_what_was_expected(rng, call, words):
    with pytest.raises(ValueError, match=words):
        call(rng)
