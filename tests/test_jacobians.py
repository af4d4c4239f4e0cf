"""Jacobians over many steps, three ways: products of matrices, central differences of the state, and torch.autograd."""

from __future__ import annotations

import numpy as np
import pytest

import seqlib
from seqlib.cells import CELLS, sequence_forward


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def weights(cell, rng, n_x=2, n_a=3):
    """A cell's own parameters, none of them zero."""
    params = seqlib.initialise_cell(cell, n_x, n_a, rng)
    return {name: rng.normal(size=value.shape) for name, value in params.items()}


def last_state(cell, x, params, before):
    """The whole state after x (n_x, T) from a whole state before it: a, or [a; c] of an LSTM."""
    n_a = len(before) // 2 if cell == "lstm" else len(before)
    c0 = before[n_a:, None] if cell == "lstm" else None
    a, (_, caches) = sequence_forward(cell, x[:, None], params, a0=before[:n_a, None], c0=c0)
    return np.concatenate([a[:, 0, -1], caches[1][:, 0, -1]]) if cell == "lstm" else a[:, 0, -1]


def states_of(cell, x, params):
    """The whole states s<1> to s<T>."""
    n_a = len(params["Waa"] if cell == "rnn" else params["Wu"])
    state, states = np.zeros(2 * n_a if cell == "lstm" else n_a), []
    for t in range(x.shape[1]):
        state = last_state(cell, x[:, t : t + 1], params, state)
        states.append(state)
    return states


@pytest.mark.parametrize("cell", CELLS)
def test_jacobians_are_those_of_differences(cell, rng):
    params, x, step = weights(cell, rng), rng.normal(size=(2, 5)), 1e-6
    jacobians = seqlib.state_jacobians(cell, x, params)
    states = states_of(cell, x, params)
    assert jacobians.shape == (5, len(states[0]), len(states[0]))
    np.testing.assert_array_equal(jacobians[-1], np.eye(len(states[0])))
    for k in range(4):
        for i in range(len(states[k])):
            up, down = states[k].copy(), states[k].copy()
            up[i] += step
            down[i] -= step
            rest = x[:, k + 1 :]
            column = (last_state(cell, rest, params, up) - last_state(cell, rest, params, down)) / (2 * step)
            np.testing.assert_allclose(jacobians[k][:, i], column, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("n_a", "m", "T_x"), [(4, 3, 6), (3, 3, 3), (1, 2, 5), (5, 1, 4), (3, 2, 1)])
def test_norms_of_a_batch_are_those_of_each_examples_jacobians(n_a, m, T_x, rng):
    params, x = weights("rnn", rng, n_a=n_a), rng.normal(size=(2, m, T_x))
    a, _, _ = seqlib.rnn_forward(x, np.zeros((n_a, m)), params)
    norms = seqlib.jacobian_norms(a, params["Waa"])
    assert norms.shape == (m, T_x)
    for i in range(m):
        jacobians = seqlib.state_jacobians("rnn", x[:, i], params)
        np.testing.assert_allclose(norms[i], np.linalg.svd(jacobians)[1][:, 0], rtol=1e-10)


def test_norms_are_those_of_autograd(rng):
    torch = pytest.importorskip("torch")
    params, x = weights("rnn", rng), rng.normal(size=(2, 1, 5))
    a, _, _ = seqlib.rnn_forward(x, np.zeros((3, 1)), params)
    w = {name: torch.tensor(value) for name, value in params.items()}

    def onward(state, k):
        for t in range(k + 1, 5):
            state = torch.tanh(w["Waa"] @ state + w["Wax"] @ torch.tensor(x[:, 0, t]) + w["ba"][:, 0])
        return state

    jacobians = [
        torch.autograd.functional.jacobian(lambda s, k=k: onward(s, k), torch.tensor(a[:, 0, k])) for k in range(5)
    ]
    expected = [torch.linalg.matrix_norm(jacobian, 2).item() for jacobian in jacobians]
    np.testing.assert_allclose(seqlib.jacobian_norms(a, params["Waa"])[0], expected, rtol=1e-10)


def test_orthogonal_weights_and_small_states_keep_the_norm(rng):
    Waa = seqlib.orthogonal(6, rng)
    np.testing.assert_allclose(seqlib.jacobian_norms(np.zeros((6, 2, 30)), Waa), 1, rtol=1e-12)
    assert seqlib.jacobian_norms(np.full((6, 1, 30), 0.5), Waa)[0, 0] == pytest.approx(0.75**29)


def test_the_norm_is_at_most_that_of_the_weights_to_the_power_of_the_distance(rng):
    a, Waa = np.tanh(rng.normal(size=(5, 3, 8))), rng.normal(size=(5, 5))
    bound = np.linalg.norm(Waa, 2) ** np.arange(7, -1, -1)
    assert (seqlib.jacobian_norms(a, Waa) <= bound * (1 + 1e-12)).all()


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: seqlib.jacobian_norms(np.zeros((2, 3)), np.eye(2)), ValueError, "a must have the axes"),
        (lambda: seqlib.jacobian_norms(np.zeros((2, 1, 3)), np.eye(3)), ValueError, "Waa must be"),
        (lambda: seqlib.jacobian_norms(np.zeros((2, 1, 3), int), np.eye(2)), TypeError, "a must hold floats"),
        (lambda: seqlib.state_jacobians("elman", np.zeros((2, 3)), {}), ValueError, "cell must be one of"),
        (lambda: seqlib.state_jacobians("rnn", np.zeros((2, 1, 3)), {}), ValueError, "x must have the axes"),
        (lambda: seqlib.state_jacobians("gru", np.zeros((2, 3)), {}), ValueError, "params lack Wu"),
    ],
)
def test_bad_arguments_are_told(call, error, text):
    with pytest.raises(error, match=text):
        call()
