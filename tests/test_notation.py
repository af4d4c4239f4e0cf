"""Weights in the notation of d2l and CS231n give the same numbers by those courses' formulas, and come back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seqlib import gru_forward, lstm_forward, rnn_forward, sigmoid
from seqlib.notation import from_cs231n, from_d2l, to_columns, to_cs231n, to_d2l, to_rows

N_X, N_A, N_Y, M, T_X = 3, 4, 2, 5, 6
GATES = {"rnn": "", "gru": "urc", "lstm": "ufco"}


def parameters(cell: str, rng: np.random.Generator) -> dict[str, Any]:
    out = {"Wya" if cell == "rnn" else "Wy": rng.normal(size=(N_Y, N_A)), "by": rng.normal(size=(N_Y, 1))}
    if cell == "rnn":
        out |= {"Wax": rng.normal(size=(N_A, N_X)), "Waa": rng.normal(size=(N_A, N_A))}
        return out | {"ba": rng.normal(size=(N_A, 1))}
    for gate in GATES[cell]:
        out |= {f"W{gate}": rng.normal(size=(N_A, N_A + N_X)), f"b{gate}": rng.normal(size=(N_A, 1))}
    return out


def by_d2l(cell: str, w: dict[str, Any], X: Any) -> Any:
    """The formulas of d2l, chapter 9 and 10, with rows: X (m, T_x, n_x)."""
    H = C = np.zeros((M, N_A))
    states = []
    for t in range(T_X):

        def gate(letter: str, state: Any, X_t: Any = X[:, t]) -> Any:
            return X_t @ w[f"W_x{letter}"] + state @ w[f"W_h{letter}"] + w[f"b_{letter}"]

        if cell == "rnn":
            H = np.tanh(gate("h", H))
        elif cell == "gru":
            Z, R = sigmoid(gate("z", H)), sigmoid(gate("r", H))
            H = Z * H + (1 - Z) * np.tanh(gate("h", R * H))
        else:
            C = sigmoid(gate("f", H)) * C + sigmoid(gate("i", H)) * np.tanh(gate("c", H))
            H = sigmoid(gate("o", H)) * np.tanh(C)
        states.append(H)
    return np.stack(states, axis=1), np.stack(states, axis=1) @ w["W_hq"] + w["b_q"]


def by_cs231n(cell: str, w: dict[str, Any], x: Any) -> Any:
    """The formulas of CS231n's assignment, with rows: x (N, T, D)."""
    h = c = np.zeros((M, N_A))
    states = []
    for t in range(T_X):
        z = x[:, t] @ w["Wx"] + h @ w["Wh"] + w["b"]
        if cell == "rnn":
            h = np.tanh(z)
        else:
            i, f, o, g = np.split(z, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.stack(states, axis=1), np.stack(states, axis=1) @ w["W_vocab"] + w["b_vocab"]


def forward(cell: str, x: Any, params: dict[str, Any]) -> Any:
    start = np.zeros((N_A, M))
    run: Any = {"rnn": rnn_forward, "gru": gru_forward, "lstm": lstm_forward}[cell]
    return run(x, start, params, logits=True)[:2]


@pytest.mark.parametrize(
    ("cell", "there", "formulas"),
    [(cell, to_d2l, by_d2l) for cell in GATES] + [(cell, to_cs231n, by_cs231n) for cell in ("rnn", "lstm")],
)
def test_the_other_course_gives_the_same_numbers(cell: str, there: Any, formulas: Any) -> None:
    rng = np.random.default_rng(7)
    params, x = parameters(cell, rng), rng.normal(size=(N_X, M, T_X))
    a, logits = forward(cell, x, params)
    states, scores = formulas(cell, there(params, cell), to_rows(x))
    np.testing.assert_allclose(to_columns(states), a, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(to_columns(scores), logits, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("cell", "there", "back"),
    [(cell, to_d2l, from_d2l) for cell in GATES] + [(cell, to_cs231n, from_cs231n) for cell in ("rnn", "lstm")],
)
def test_there_and_back(cell: str, there: Any, back: Any) -> None:
    params = parameters(cell, np.random.default_rng(8))
    again = back(there(params, cell), cell)
    assert again.keys() == params.keys()
    for name, value in params.items():
        np.testing.assert_array_equal(again[name], value)


@pytest.mark.parametrize("convert", [to_d2l, from_d2l, to_cs231n, from_cs231n])
def test_an_unknown_cell_is_named(convert: Any) -> None:
    with pytest.raises(ValueError, match="'jordan'"):
        convert({}, "jordan")


@pytest.mark.parametrize("cell", GATES)
@pytest.mark.parametrize("convert", [to_d2l, from_d2l, to_cs231n, from_cs231n])
def test_what_is_missing_is_named(convert: Any, cell: str) -> None:
    if cell == "gru" and convert in (to_cs231n, from_cs231n):
        return
    given = parameters(cell, np.random.default_rng(9))
    given = (
        given if convert in (to_d2l, to_cs231n) else {from_d2l: to_d2l, from_cs231n: to_cs231n}[convert](given, cell)
    )
    for name in given:
        if name not in ("by", "b_q", "b_vocab"):  # without them there is no output layer
            with pytest.raises(ValueError, match=f"lack {name}, which the {cell} needs"):
                convert({other: value for other, value in given.items() if other != name}, cell)


def test_axes_are_moved_and_never_reshaped() -> None:
    x = np.arange(N_X * M * T_X).reshape(N_X, M, T_X)
    assert to_rows(x).shape == (M, T_X, N_X)
    assert (to_rows(x)[1, 2] == x[:, 1, 2]).all()
    assert (to_columns(to_rows(x)) == x).all()
    for convert in (to_rows, to_columns):
        with pytest.raises(ValueError, match="shape"):
            convert(x[0])
