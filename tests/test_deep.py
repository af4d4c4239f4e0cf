"""What is particular to the deep network: dropout between its layers, last states, and widths of equal budget."""

from __future__ import annotations

import numpy as np
import pytest

import seqlib
from seqlib.deep import last_states


def stack(cell: str, rng: np.random.Generator, widths: tuple[int, ...] = (3, 2, 4)) -> dict[str, np.ndarray]:
    """Parameters of layers of different widths, none of them zero."""
    params = seqlib.initialise_deep(cell, 2, widths, rng)
    return {name: value + 0.3 * rng.normal(size=value.shape) for name, value in params.items()}


def masks(rng: np.random.Generator, widths: tuple[int, ...] = (3, 2), share: float = 0.5) -> list[np.ndarray]:
    return [seqlib.dropout_mask((n_a, 5, 6), share, rng) for n_a in widths]


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_a_dropout_mask_is_zero_with_the_probability_and_has_the_mean_1(share):
    mask = seqlib.dropout_mask((40, 50, 60), share, np.random.default_rng(0))
    assert mask.shape == (40, 50, 60)
    values = {0.0, 1 / (1 - share)} if share else {1.0}
    assert set(np.unique(mask)) == values
    assert abs((mask == 0).mean() - share) < 0.005 and abs(mask.mean() - 1) < 0.02
    # each element by itself: no axis shares its draws
    if share:
        for axis in range(3):
            assert (mask != mask.take([0], axis=axis)).any(axis=axis).mean() > 0.9


def test_a_dropout_mask_comes_from_its_generator():
    one, other, same = (seqlib.dropout_mask((4, 5), 0.5, np.random.default_rng(seed)) for seed in (0, 1, 0))
    assert (one == same).all() and (one != other).any()
    assert seqlib.dropout_mask((4, 5), 0.5, np.random.default_rng(0), dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_dropout_multiplies_what_goes_up_and_nothing_else(cell):
    rng = np.random.default_rng(3)
    params, x, drop = stack(cell, rng), rng.normal(size=(2, 5, 6)), masks(rng)
    a, _, caches = seqlib.deep_forward(x, params, cell, dropout=drop)
    below = x
    for layer in range(3):
        own = {f"1/{name}": value for name, value in seqlib.cells.part(params, f"{layer + 1}/").items()}
        states, _, _ = seqlib.deep_forward(below, own, cell)
        np.testing.assert_array_equal(last_states(caches)[0][layer], states[:, :, -1])  # not multiplied
        below = states * drop[layer] if layer < 2 else states
    np.testing.assert_array_equal(a, below)
    same = seqlib.deep_forward(x, params, cell, dropout=[np.ones_like(one) for one in drop])[0]
    np.testing.assert_array_equal(same, seqlib.deep_forward(x, params, cell)[0])


def test_dropout_keeps_single_precision():
    rng = np.random.default_rng(4)
    params = {name: value.astype(np.float32) for name, value in stack("gru", rng).items()}
    x = rng.normal(size=(2, 5, 6)).astype(np.float32)
    a, _, caches = seqlib.deep_forward(x, params, "gru", dropout=masks(rng))
    assert a.dtype == np.float32
    assert {value.dtype for value in seqlib.deep_backward(a, caches).values() if isinstance(value, np.ndarray)} == {
        np.dtype("float32")
    }


def test_the_last_states_get_their_gradient_past_the_dropout():
    rng = np.random.default_rng(5)
    params, x, drop = stack("gru", rng), rng.normal(size=(2, 5, 6)), masks(rng, share=0.6)
    sent = [rng.normal(size=(n_a, 5)) for n_a in (3, 2, 4)]

    def loss(v: dict[str, np.ndarray]) -> float:
        caches = seqlib.deep_forward(v["x"], {k: v[k] for k in params}, "gru", dropout=drop)[2]
        return sum(float((a * d).sum()) for a, d in zip(last_states(caches)[0], sent, strict=True))

    caches = seqlib.deep_forward(x, params, "gru", dropout=drop)[2]
    gradients = seqlib.deep_backward(np.zeros((4, 5, 6)), caches, last=(sent, None))
    rows = seqlib.gradient_check(loss, {"x": x, **params}, gradients)
    assert {row.name for row in rows} == {"dx", *("d" + name for name in params)} and all(row.passed for row in rows)


@pytest.mark.parametrize("share", [-0.1, 1.0, 1.5, float("nan")])
def test_a_share_outside_0_to_1_is_an_error(share):
    with pytest.raises(ValueError, match="share must be from 0 to below 1"):
        seqlib.dropout_mask((2, 2), share, np.random.default_rng(0))


def test_wrong_dropout_is_an_error_that_says_what_is_missing():
    rng = np.random.default_rng(6)
    params, x, drop = stack("rnn", rng), rng.normal(size=(2, 5, 6)), masks(rng)
    with pytest.raises(ValueError, match="one array for each of the 2 layers below the top one, got 3"):
        seqlib.deep_forward(x, params, dropout=[*drop, drop[0]])
    with pytest.raises(ValueError, match="dropout of layer 2 must be"):
        seqlib.deep_forward(x, params, dropout=[drop[0], drop[0]])
    with pytest.raises(TypeError, match="dropout of layer 1"):
        seqlib.deep_forward(x, params, dropout=[drop[0].tolist(), drop[1]])
    with pytest.raises(ValueError, match=r"shape\[1\]"):
        seqlib.dropout_mask((2, 0), 0.5, rng)


@pytest.mark.parametrize("cell", ["rnn", "gru_simplified", "gru", "lstm"])
@pytest.mark.parametrize("layers", [1, 2, 4])
@pytest.mark.parametrize("n_y", [None, 3])
def test_the_width_is_the_largest_within_the_budget(cell, layers, n_y):
    for n_a in (1, 2, 9):
        exact = seqlib.count_parameters(cell, 5, n_a, n_y, layers=layers)
        for budget, width in ((exact, n_a), (exact + 1, n_a), (exact - 1, n_a - 1)):
            if width:
                assert seqlib.width_within(budget, cell, 5, n_y, layers=layers) == width
    with pytest.raises(ValueError, match="what one unit per layer has"):
        seqlib.width_within(seqlib.count_parameters(cell, 5, 1, n_y, layers=layers) - 1, cell, 5, n_y, layers=layers)
    with pytest.raises(ValueError, match="cell must be one of"):
        seqlib.width_within(100, "tree", 5)


@pytest.mark.parametrize("budget", [float("inf"), float("nan"), 1e4, True, "100"])
def test_a_budget_is_a_whole_number(budget, monkeypatch):
    monkeypatch.setattr(seqlib.deep, "count_parameters", lambda *args, **options: pytest.fail("it was counted"))
    with pytest.raises(TypeError, match="budget must be a whole number, got"):
        seqlib.width_within(budget, "rnn", 5)
