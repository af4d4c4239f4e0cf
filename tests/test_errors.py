"""Bad input gets an error that names the argument, what was expected, what came, and the likely cause."""

import numpy as np
import pytest

import seqlib
from seqlib import cells
from tests.test_sequences import N_A, N_X, T_X, M, problem


def rnn(**changes):
    p, x, a0, _ = problem("rnn")
    values = {"x": x, "a0": a0, "params": p, "mask": None} | {k: v(x, a0, p) for k, v in changes.items()}
    return seqlib.rnn_forward(values["x"], values["a0"], values["params"], mask=values["mask"])


BAD = {
    "a list": (
        TypeError,
        "x must be a NumPy array of shape (n_x, m, T_x), got list",
        {"x": lambda x, a0, p: x.tolist()},
    ),
    "integers": (
        TypeError,
        "x must hold floats, got dtype int64; integers would be cut off",
        {"x": lambda x, a0, p: x.astype(int)},
    ),
    "complex": (TypeError, "x must hold floats, got dtype complex128", {"x": lambda x, a0, p: x.astype(complex)}),
    "no batch axis": (ValueError, "a batch of one example still has its axis m", {"x": lambda x, a0, p: x[:, 0]}),
    "no step": (
        ValueError,
        "the axis T_x is empty; a sequence needs at least one step",
        {"x": lambda x, a0, p: x[:, :, :0]},
    ),
    "another m": (
        ValueError,
        f"a0 must be (n_a, m) with m = {M} as in x, got shape",
        {"a0": lambda x, a0, p: a0[:, :1]},
    ),
    "NaN": (ValueError, f"x has 1 NaN of {N_X * M * T_X} elements", {"x": lambda x, a0, p: put(x, np.nan)}),
    "infinite": (ValueError, f"x has 1 infinite of {N_X * M * T_X} elements", {"x": lambda x, a0, p: put(x, -np.inf)}),
    "transposed": (ValueError, "it looks transposed", {"params": lambda x, a0, p: {**p, "Wax": p["Wax"].T.copy()}}),
    "a flat bias": (
        ValueError,
        "params['ba'] must have the axes (n_a, 1)",
        {"params": lambda x, a0, p: {**p, "ba": p["ba"][:, 0]}},
    ),
    "a wide bias": (
        ValueError,
        f"params['ba'] must be (n_a, 1), got shape ({N_A}, 2)",
        {"params": lambda x, a0, p: {**p, "ba": np.repeat(p["ba"], 2, axis=1)}},
    ),
    "missing": (
        ValueError,
        "params lacks Waa",
        {"params": lambda x, a0, p: {k: v for k, v in p.items() if k != "Waa"}},
    ),
    "unknown": (ValueError, "has the unknown 'W'", {"params": lambda x, a0, p: {**p, "W": p["Waa"]}}),
    "half an output": (
        ValueError,
        "both Wya and by, or neither",
        {"params": lambda x, a0, p: {k: v for k, v in p.items() if k != "by"}},
    ),
    "no dict": (TypeError, "params must be a dict of arrays, got list", {"params": lambda x, a0, p: list(p)}),
    "mixed dtypes": (
        TypeError,
        "a0 is float32, x is float64: use one dtype",
        {"a0": lambda x, a0, p: a0.astype(np.float32)},
    ),
    "mask as a list": (TypeError, "mask must be a NumPy array", {"mask": lambda x, a0, p: [[1]]}),
    "mask of another shape": (
        ValueError,
        f"mask must be (m, T_x) = {(M, T_X)}",
        {"mask": lambda x, a0, p: np.ones((T_X, M))},
    ),
    "mask of halves": (
        ValueError,
        "only zeros (padding) and ones (tokens), got 0.5",
        {"mask": lambda x, a0, p: np.full((M, T_X), 0.5)},
    ),
}


def put(x, value):
    x = x.copy()
    x.flat[0] = value
    return x


@pytest.mark.parametrize("what", BAD)
def test_rnn_forward_says_what_is_wrong(what):
    kind, said, changes = BAD[what]
    with pytest.raises(kind) as caught:
        rnn(**changes)
    assert said in str(caught.value)


@pytest.mark.parametrize("cell", cells.CELLS)
def test_every_cell_checks_its_inputs(cell):
    p, x, a0, c0 = problem(cell)
    states = (a0, c0) if cell == "lstm" else (a0,)
    extra = (cells.RESETS[cell],) if cell in cells.RESETS else ()
    step = getattr(seqlib, f"{cell.partition('_')[0]}_cell_forward")
    back = getattr(seqlib, f"{cell.partition('_')[0]}_cell_backward")
    cache = step(x[:, :, 0], *states, p, *extra)[-1]
    with pytest.raises(ValueError, match="x_t must have the axes"):
        step(x, *states, p, *extra)
    with pytest.raises(ValueError, match="with m = "):
        step(x[:, :, 0], *(s[:, :2] for s in states), p, *extra)
    with pytest.raises(ValueError, match="params lacks by"):
        step(x[:, :, 0], *states, {k: v for k, v in p.items() if k != "by"}, *extra)
    with pytest.raises(ValueError, match="_next must be"):
        back(*(s[:, :2] for s in states), cache)


@pytest.mark.parametrize("cell", cells.CELLS)
def test_every_backward_checks_the_shape_of_its_gradient(cell):
    p, x, a0, _ = problem(cell)
    own = {name: value for name, value in p.items() if name in cells.weight_names(cell)}
    a, caches = cells.sequence_forward(cell, x, own, a0=a0)
    with pytest.raises(ValueError, match=r"must be \(n_a, m, T_x\)"):
        cells.sequence_backward(a[:, :, :2].copy(), caches)
    with pytest.raises(ValueError, match="steps must be at least 1"):
        cells.sequence_backward(a, caches, steps=0)
    with pytest.raises(ValueError, match=r"only an lstm|dc must be"):
        cells.sequence_backward(a, caches, dc=a[:, :, :2].copy())


def test_other_names_and_shapes():
    p, x, a0, c0 = problem("lstm")
    with pytest.raises(ValueError, match="reset must be"):
        seqlib.gru_forward(x, a0, problem("gru")[0], "during")
    with pytest.raises(ValueError, match="all three or none"):
        seqlib.lstm_forward(x, a0, {**p, "pf": p["bf"]})
    with pytest.raises(ValueError, match="cell must be one of"):
        cells.sequence_forward("tree", x, p)
    with pytest.raises(ValueError, match="cell must be one of"):
        cells.weight_names("tree")
    with pytest.raises(ValueError, match="only an lstm has a memory cell"):
        cells.sequence_forward("rnn", x, problem("rnn")[0], c0=c0)
    with pytest.raises(ValueError, match="x must be"):
        cells.sequence_forward("lstm", x[0], p)
    with pytest.raises(ValueError, match="params lack Wu"):
        cells.sequence_forward("lstm", x, {})
    with pytest.raises(ValueError, match="no output layer"):
        seqlib.output_forward(a0[:, :, None], {"Wu": p["Wu"]})
    both = {f"{d}/{k}": v for d in ("forward", "backward") for k, v in p.items() if k not in ("Wy", "by")}
    with pytest.raises(ValueError, match="one half for each direction"):
        seqlib.bidirectional_forward(x, both, "lstm", a0=a0)
    _, _, caches = seqlib.bidirectional_forward(x, both, "lstm")
    with pytest.raises(ValueError, match="both directions on one another"):
        seqlib.bidirectional_backward(np.ones((3, M, T_X)), caches)
    with pytest.raises(ValueError, match="name each layer by its number"):
        seqlib.deep_forward(x, {"1/Wu": p["Wu"], "3/Wu": p["Wu"]}, "lstm")
    with pytest.raises(ValueError, match="one array for each of the 1 layers"):
        seqlib.deep_forward(x, {f"1/{k}": v for k, v in p.items() if k not in ("Wy", "by")}, "lstm", a0=[a0, a0])
    for extra in ({"W": p["Wu"]}, {"by": p["by"]}):
        with pytest.raises(ValueError, match=r"unknown 'W'|both Wy and by"):
            seqlib.bidirectional_forward(x, {**both, **extra}, "lstm")
        with pytest.raises(ValueError, match=r"unknown 'W'|both Wy and by"):
            seqlib.deep_forward(x, {**{f"1/{k}": v for k, v in both.items()}, **extra}, "lstm")
    with pytest.raises(ValueError, match="c0 must be"):
        seqlib.lstm_forward(x, a0, p, c0=c0[:2])


def test_the_initial_states_are_zeros_where_they_are_left_out():
    for cell in cells.CELLS:
        p, x, _, _ = problem(cell)
        own = {name: value for name, value in p.items() if name in cells.weight_names(cell)}
        given, _ = cells.sequence_forward(cell, x, own, a0=np.zeros((N_A, M)))
        np.testing.assert_array_equal(cells.sequence_forward(cell, x, own)[0], given)


@pytest.mark.parametrize("call", ["deep x", "deep da", "bidirectional x", "bidirectional a0", "bidirectional da"])
def test_networks_of_several_cells_refuse_what_is_no_array(call):
    p, x, _, _ = problem("rnn")
    own = {name: value for name, value in p.items() if name in ("Wax", "Waa", "ba")}
    deep = {f"1/{name}": value for name, value in own.items()}
    both = {f"{way}/{name}": value for way in ("forward", "backward") for name, value in own.items()}
    calls = {
        "deep x": lambda: seqlib.deep_forward(x.tolist(), deep),
        "deep da": lambda: seqlib.deep_backward(x.tolist(), seqlib.deep_forward(x, deep)[-1]),
        "bidirectional x": lambda: seqlib.bidirectional_forward(x.tolist(), both),
        "bidirectional a0": lambda: seqlib.bidirectional_forward(x, both, a0=[[0.0]]),
        "bidirectional da": lambda: seqlib.bidirectional_backward(
            x.tolist(), seqlib.bidirectional_forward(x, both)[-1]
        ),
    }
    with pytest.raises(TypeError, match=f"{call.split()[1]} must be a NumPy array"):
        calls[call]()


@pytest.mark.parametrize(
    ("x", "mask", "error", "said"),
    [
        (np.zeros((2, 3)), np.ones((2, 3)), TypeError, r"x must be a NumPy array \(n_x, m, T_x\), got \(2, 3\)"),
        ([[[1.0]]], np.ones((1, 1)), TypeError, "got list"),
        (np.zeros((2, 3, 4)), np.ones((4, 3)), ValueError, r"mask must be \(m, T_x\) = \(3, 4\), got \(4, 3\)"),
        (np.zeros((2, 1, 2)), [[1.0, 0.0]], ValueError, r"mask must be \(m, T_x\) = \(1, 2\), got list"),
        (np.zeros((2, 1, 2)), np.array([[1.0, 0.5]]), ValueError, r"only zeros .*, got 0\.5"),
    ],
)
def test_reversing_refuses_what_is_no_batch_or_no_mask(x, mask, error, said):
    with pytest.raises(error, match=said):
        seqlib.reverse_padded(x, mask)


def test_an_empty_batch_is_told_from_an_empty_sequence():
    with pytest.raises(ValueError, match="the axis m is empty; a batch needs at least one example"):
        rnn(x=lambda x, a0, p: x[:, :0])
    with pytest.raises(ValueError, match="the axis T_x is empty; a sequence needs at least one step"):
        rnn(x=lambda x, a0, p: x[:, :, :0])


@pytest.mark.parametrize(
    ("sizes", "error"), [({"n_x": 3.5}, TypeError), ({"biases": -1}, ValueError), ({"layers": True}, TypeError)]
)
def test_sizes_are_whole_numbers(sizes, error):
    with pytest.raises(error, match=f"{next(iter(sizes))} must be"):
        seqlib.count_parameters("rnn", **{"n_x": 3, "n_a": 4, **sizes})


def test_stacked_weights_come_apart_again():
    rng = np.random.default_rng(0)
    Waa, Wax = rng.normal(size=(4, 4)), rng.normal(size=(4, 3))
    apart = seqlib.unstack_weights(seqlib.stack_weights(Waa, Wax))
    np.testing.assert_array_equal(apart[0], Waa)
    np.testing.assert_array_equal(apart[1], Wax)
    with pytest.raises(ValueError, match="wider than high"):
        seqlib.unstack_weights(Waa)
    with pytest.raises(TypeError, match="Wa must be a NumPy array"):
        seqlib.unstack_weights([[1.0]])
